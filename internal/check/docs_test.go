package check_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// These tests hold docs/ to what is true of the code, as readme_test.go does for the READMEs.

// inOneLanguage are the documents of docs that have no Chinese twin: notes for maintainers.
var inOneLanguage = []string{"docs/architecture.md", "docs/releasing.md"}

const chineseEnding = ".zh-CN.md"

func isChinese(name string) bool { return strings.HasSuffix(name, chineseEnding) }

func TestDocsTwins(t *testing.T) {
	var names []string
	for _, doc := range documents(t, "docs/*.md", "api/*.md", "README*.md") {
		names = append(names, doc.name)
	}
	for _, name := range names {
		english := strings.TrimSuffix(name, ".md")
		if isChinese(name) {
			english = strings.TrimSuffix(name, chineseEnding)
		}
		english, chinese := english+".md", english+chineseEnding
		switch {
		case slices.Contains(inOneLanguage, english):
		case !slices.Contains(names, english) || !slices.Contains(names, chinese):
			t.Errorf("%s has no twin", name)
		case name == english:
			checkTwins(t, english, chinese)
		}
	}
}

// TestDocsStayInTheirLanguage finds links of Chinese documents to English ones that have a twin. The first link, to the
// document's own twin, is meant.
func TestDocsStayInTheirLanguage(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s#]+)\.md[^)]*\)`)
	for _, doc := range documents(t, "*"+chineseEnding, "api/*"+chineseEnding, "docs/*"+chineseEnding) {
		own := strings.TrimSuffix(path.Base(doc.name), chineseEnding)
		for _, target := range link.FindAllStringSubmatch(doc.prose, -1) {
			if isChinese(target[1]+".md") || target[1] == own {
				continue
			}
			if _, err := os.Stat(filepath.FromSlash(path.Join(path.Dir(doc.name), target[1]+chineseEnding))); err == nil {
				t.Errorf("%s links to %s.md, which there is in Chinese", doc.name, target[1])
			}
		}
	}
}

// TestDocsAreShort has the first page and each guide be read in a few minutes. The proof of the listings is longer: make prove writes
// its tables.
func TestDocsAreShort(t *testing.T) {
	for _, doc := range documents(t, "README*.md", "docs/*.md") {
		most := 150
		switch {
		case strings.HasPrefix(doc.name, "README"):
			most = 200
		case strings.HasPrefix(doc.name, "docs/consistency"):
			continue
		}
		if lines := strings.Count(mustRead(t, doc.name), "\n"); lines > most {
			t.Errorf("%s: got %d lines, want at most %d", doc.name, lines, most)
		}
	}
}

func TestDocsCodeIsCompiled(t *testing.T) {
	compiled := sources(t, func(name string) bool {
		dir, file := path.Split(name)
		switch dir {
		case "", "confopenapitest/":
			return strings.HasPrefix(file, "example") || !strings.HasSuffix(file, "_test.go")
		}
		return strings.HasPrefix(dir, "examples/")
	})
	blocks := 0
	for _, doc := range documents(t) {
		for _, b := range doc.blocks {
			switch {
			case b.lang != "go":
			case !strings.Contains(compiled, "\n"+unindented(b.text)):
				t.Errorf("%s: nothing that is compiled has this:\n%s", doc.name, b.text)
			default:
				blocks++
			}
		}
	}
	if blocks < 50 {
		t.Errorf("%d code blocks: the reader has lost some", blocks)
	}
}

// TestDocsExtendingIsWhole compiles what a reader gets who copies all code of the guide to extending: nothing is left undefined.
func TestDocsExtendingIsWhole(t *testing.T) {
	paths := []string{"context", "encoding/json", "fmt", "io", "net/http", module, module + "/confopenapitest"}
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	imports := importer{}
	code := "package guide\n"
	for _, p := range loaded {
		imports[p.PkgPath] = p.Types
		code += "import " + strconv.Quote(p.PkgPath) + "\n"
	}
	for _, b := range parse("", mustRead(t, "docs/extending.md")).blocks {
		code += b.text
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "extending.go", code, 0)
	if err == nil {
		_, err = (&types.Config{Importer: imports}).Check("guide", files, []*ast.File{file}, nil)
	}
	if err != nil {
		t.Errorf("docs/extending.md: its code does not compile: %v", err)
	}
}

type importer map[string]*types.Package

func (i importer) Import(path string) (*types.Package, error) { return i[path], nil }

// sources is the text of the Go files whose names, with slashes, are wanted, without indentation.
func sources(t *testing.T, want func(name string) bool) string {
	t.Helper()
	var text strings.Builder
	for _, name := range tracked(t) {
		if path.Ext(name) == ".go" && !strings.Contains(name, "testdata/") && want(name) {
			text.WriteString("\n" + unindented(mustRead(t, name)))
		}
	}
	if text.Len() == 0 {
		t.Fatal("no sources")
	}
	return text.String()
}

var testName = regexp.MustCompile("`((?:Test|Fuzz|Example|Benchmark)[A-Z_]\\w*)`")

// TestDocsNameTestsThatExist lets a document say where something is tested.
func TestDocsNameTestsThatExist(t *testing.T) {
	code := sources(t, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	exist := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example|Benchmark)\w+)\(`).FindAllStringSubmatch(code, -1) {
		exist[match[1]] = true
	}
	found := 0
	for _, doc := range documents(t) {
		for _, match := range testName.FindAllStringSubmatch(doc.prose, -1) {
			if found++; !exist[match[1]] {
				t.Errorf("%s: there is no %s", doc.name, match[1])
			}
		}
	}
	if found == 0 {
		t.Error("no document names a test: the reader has lost them")
	}
}

// TestDocsNameWhatExists looks up what the guides name of the two packages: a name alone, or a type and its member.
func TestDocsNameWhatExists(t *testing.T) {
	exist := map[string]bool{}
	for _, pkg := range load(t, ".") {
		for _, f := range features(pkg) {
			_, member, _ := strings.Cut(f.name, ".")
			exist[f.name], exist[member] = true, true
		}
	}
	named := regexp.MustCompile("`\\*?(?:confopenapi\\.|confopenapitest\\.)?([A-Z]\\w*[a-z]\\w*(?:\\.[A-Z]\\w*)?)(?:\\(\\))?`")
	isTest := regexp.MustCompile(`^(Test|Fuzz|Example|Benchmark)[A-Z_]`)
	for _, doc := range documents(t, "docs/*.md", "README*.md") {
		if slices.Contains(inOneLanguage, doc.name) {
			continue
		}
		for _, match := range named.FindAllStringSubmatch(doc.prose, -1) {
			if what := match[1]; !exist[what] && !isTest.MatchString(what) && !slices.Contains(ofOthers, what) {
				t.Errorf("%s: nothing exported is called %s", doc.name, what)
			}
		}
	}
}

// ofOthers are names in the guides that are net/http's, or a transport's.
var ofOthers = []string{"Transport", "Jar", "Timeout"}

// TestDocsTerms keeps to one word for one thing. The patterns are mistakes that were made or are close at hand, and no
// dictionary: a spelling checker finds others.
func TestDocsTerms(t *testing.T) {
	// In Chinese: the wrong word, and the one that is used here.
	chinese := []struct{ wrong, right string }{
		{`会议室`, "会议, of which a room is none"},
		{`光标|指针位置`, "游标"},
		{`快照图|截图`, "快照"},
		{`直播会议|在线会议列表|活动会议|现场会议`, "实时会议列表"},
		{`与会者|与会人|出席者|参与者`, "参会方, 参会人数"},
		{`认证令牌|口令|身份验证`, "令牌, 鉴权"},
		{`速率限制|限速`, "限流"},
		{`服务器端|服务侧`, "服务端"},
		{`端点`, "接口"},
		{`成员`, "字段"},
		{`环回`, "回环"},
		{`个人数据|隐私数据`, "个人信息"},
		{`打码`, "脱敏"},
		{`应答`, "响应"},
		{`内嵌`, "内置"},
		{`入会密码|会议密码`, "参会人密码"},
		{`仅有? ?[1一] ?个参会方`, "仅 1 人, as the vendor has it"},
		{`\p{Han}[,;:!?(]`, "the punctuation of Chinese"},
		{`\p{Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Han}`, "a space between Chinese and Latin"},
		{"[\\p{Han}，、；：。]\n[\\p{Han}“`]", "no line break, which shows as a space,"},
	}
	// In English: American spellings in documents that are British.
	english := []struct{ wrong, right string }{
		{`(?i)\b(behavior|color|favor|honor|neighbor)\w*`, "-our"},
		{`(?i)\b(cancel|marshal|label|travel|model|signal)(ed|ing|er)\b`, "a double l"},
		{`(?i)\b\w+(iz(e|es|ed|ing|ation)|yz(e|es|ed))\b`, "-ise"},
		{`(?i)\b(center|fiber|meter)s?\b`, "-re"},
		{`(?i)\banswer(s|ed|ing)?\b`, "response"},
		{`(?i)\bmembers?\b`, "field"},
		{`(?i)\bto tell\b`, "to report"},
		{`(?i)\bsuch a page\b`, "the page"},
		{`(?i)\bwhat came\b`, "the result"},
	}
	for _, doc := range documents(t) {
		terms := english
		if isChinese(doc.name) {
			terms = chinese
		}
		text := proseAlone(doc.prose)
		for _, term := range terms {
			for _, found := range regexp.MustCompile(term.wrong).FindAllString(text, -1) {
				if !slices.Contains(rightAfterAll, strings.ToLower(found)) {
					t.Errorf("%s: %q, where %s belongs", doc.name, found, term.right)
				}
			}
		}
	}
}

// TestDocsBoldEnds finds bold text that ends in punctuation before a letter: Markdown shows its asterisks then.
func TestDocsBoldEnds(t *testing.T) {
	wrong := regexp.MustCompile(`^[^*]*\pP\*\*[\pL\pN]`)
	for _, doc := range documents(t) {
		for line := range strings.Lines(proseAlone(doc.prose)) {
			for parts := strings.SplitN(line, "**", 3); len(parts) == 3; parts = strings.SplitN(parts[2], "**", 3) {
				if wrong.MatchString(parts[1] + "**" + parts[2]) {
					t.Errorf("%s: got bold %q without a space behind it", doc.name, parts[1])
				}
			}
		}
	}
}

// rightAfterAll are words that only look wrong.
var rightAfterAll = []string{"size", "sizes", "sized", "prize", "resize", "capsize", "seize"}

// proseAlone takes out what is quoted: code, and the targets of links.
func proseAlone(text string) string {
	text = codeSpan.ReplaceAllString(text, "``")
	return regexp.MustCompile(`\]\([^)]*\)|https?://\S+`).ReplaceAllString(text, "]()")
}

// The files of CONTRIBUTING and of the guide to extending are partly those that a reader makes.
func TestDocsNameFilesThatExist(t *testing.T) {
	for _, doc := range documents(t, "*.md", "docs/*.md", "docs/decisions/*.md") {
		if strings.HasPrefix(doc.name, "CONTRIBUTING") || strings.HasPrefix(doc.name, "docs/extending") {
			continue
		}
		for _, match := range regexp.MustCompile("`([a-z_/]+\\.go)`").FindAllStringSubmatch(doc.prose, -1) {
			found := 0
			for _, in := range []string{"", "*/", "internal/*/", "internal/*/*/", "cmd/*/"} {
				paths, err := filepath.Glob(in + match[1])
				if err != nil {
					t.Fatal(err)
				}
				found += len(paths)
			}
			if found == 0 {
				t.Errorf("%s: there is no %s", doc.name, match[1])
			}
		}
	}
}
