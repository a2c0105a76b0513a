package locale_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
)

func TestTheEnvironmentChoosesTheLanguage(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want language.Tag
	}{
		{nil, language.English},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, language.Chinese},
		{map[string]string{"LANG": "zh_TW@radical"}, language.Chinese},
		{map[string]string{"LANG": "de_DE.UTF-8"}, language.English},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB"}, language.English},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, language.English},
		{map[string]string{"LANG": "en", "LC_ALL": "zh"}, language.Chinese},
		{map[string]string{"LC_ALL": "zh_CN.GBK"}, language.English}, // in which UTF-8 is garbled
		{map[string]string{"LANG": "zh_CN.GB18030"}, language.English},
		{map[string]string{"LANG": "zh_TW.Big5@stroke"}, language.English},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_CTYPE": "zh_CN.gb2312"}, language.English},
		{map[string]string{"LANG": "zh_CN.GBK", "LC_ALL": "zh_CN.utf8"}, language.Chinese},
		{map[string]string{"LC_MESSAGES": "zh_CN.UTF-8", "LC_CTYPE": "C.UTF-8"}, language.Chinese},
		{map[string]string{"LC_ALL": "zh_CN.eucCN"}, language.English},
		{map[string]string{"LC_ALL": "zh_HK.big5hkscs"}, language.English},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "POSIX"}, language.English},
		{map[string]string{"LANG": "zh_CN.UTF8@pinyin"}, language.Chinese},
	} {
		if got := locale.FromEnv(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %v, want %v", c.env, got, c.want)
		}
	}
}

func TestLanguagesHaveNames(t *testing.T) {
	for name, want := range map[string]language.Tag{"en": language.English, "zh-CN": language.Chinese, "fr": language.Und, "": language.Und, "中": language.Und} {
		if got, err := locale.Parse(name); got != want || (err == nil) != (want != language.Und) {
			t.Errorf("%q: %v, %v, want %v", name, got, err, want)
		}
	}
}

func TestSentencesAreTranslated(t *testing.T) {
	p := locale.Printer(language.Chinese)
	if got := p.Sprintf("unknown command %q", "周"); got != `未知的命令 "周"` {
		t.Error(got)
	}
	if got := locale.Printer(language.English).Sprintf("unknown command %q", "周"); got != `unknown command "周"` {
		t.Error(got)
	}
}

func TestNumbersHaveTheirForms(t *testing.T) {
	p := locale.Printer(language.English)
	for n, want := range map[int]string{
		1: "It took one request and 2ms.", 2: "It took 2 requests and 2ms.", 1234: "It took 1,234 requests and 2ms.",
	} {
		if got := p.Sprintf("It took %d requests and %s.", n, "2ms"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestEverySentenceHasItsChinese looks for calls of the printer in all sources of confctl.
func TestEverySentenceHasItsChinese(t *testing.T) {
	chinese, printed := locale.Chinese(), make(map[string]bool)
	for _, s := range sentencesIn(t, "../..") {
		printed[s.text] = true
		text, ok := chinese[s.text]
		switch {
		case !ok:
			t.Errorf("%s: no Chinese for %q", s.where, s.text)
		case !cmp.Equal(verbs(s.text), verbs(text)):
			t.Errorf("%s: %q takes %v, and its Chinese %v", s.where, s.text, verbs(s.text), verbs(text))
		case placeholder.FindString(s.text) != placeholder.FindString(text):
			t.Errorf("%s: %q and its Chinese name the value differently", s.where, s.text)
		}
		if s.args >= 0 && s.args != len(verbs(s.text)) {
			t.Errorf("%s: %q gets %d arguments", s.where, s.text, s.args)
		}
	}
	if len(printed) < 50 {
		t.Errorf("only %d sentences were found", len(printed))
	}
	for _, text := range append(slices.Sorted(maps.Keys(chinese)), locale.English()...) {
		if !printed[text] {
			t.Errorf("nothing prints %q", text)
		}
	}
}

// sentence is one that a printer gets.
type sentence struct {
	text, where string
	args        int // how many come with it; -1 = unknown
}

// sentencesIn finds them: the formats of all methods Sprintf and Fprintf, which only printers have, and the arguments of
// locale.Mark.
func sentencesIn(t *testing.T, dir string) (found []sentence) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			format, marked, ok := formatOf(call)
			if !ok {
				return true
			}
			s := sentence{where: files.Position(call.Pos()).String(), args: len(call.Args) - format - 1}
			if marked || call.Ellipsis.IsValid() {
				s.args = -1
			}
			if s.text, ok = literal(call.Args[format]); ok {
				found = append(found, s)
			} else if marked {
				t.Errorf("%s: what is marked must be a literal", s.where)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// formatOf says which argument of a call is a sentence, if one is.
func formatOf(call *ast.CallExpr) (index int, marked, ok bool) {
	callee, isMethod := call.Fun.(*ast.SelectorExpr)
	if !isMethod {
		return 0, false, false
	}
	pkg, _ := callee.X.(*ast.Ident)
	switch {
	case pkg != nil && pkg.Name == "locale":
		return 0, true, callee.Sel.Name == "Mark"
	case pkg != nil && (pkg.Name == "fmt" || pkg.Name == "log"):
		return 0, false, false
	case callee.Sel.Name == "Sprintf":
		return 0, false, true
	case callee.Sel.Name == "Fprintf":
		return 1, false, true
	}
	return 0, false, false
}

// literal is the value of a string that is written out.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, also := literal(e.Y)
		return left + right, ok && also
	}
	return "", false
}

var (
	verb        = regexp.MustCompile(`%(\[\d+\])?[-+# 0]*\d*(\.\d+)?[a-zA-Z]`)
	placeholder = regexp.MustCompile("`.*`")
)

// verbs are those of a format, by the argument that each takes: a translation may take them in another order.
func verbs(format string) map[int]string {
	found, next := make(map[int]string), 1
	for _, v := range verb.FindAllStringSubmatch(strings.ReplaceAll(format, "%%", ""), -1) {
		if v[1] != "" {
			next, _ = strconv.Atoi(strings.Trim(v[1], "[]"))
		}
		found[next] = strings.Replace(v[0], v[1], "", 1)
		next++
	}
	return found
}
