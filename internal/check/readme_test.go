package check_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var readmes = []string{"README.md", "README.zh-CN.md"}

// checkTwins compares what two languages have in common: the headings' order, the code, and the tables' rows for names.
func checkTwins(t *testing.T, english, chinese string) {
	t.Helper()
	first, second := parse(english, mustRead(t, english)), parse(chinese, mustRead(t, chinese))
	if !slices.Equal(first.levels, second.levels) {
		t.Errorf("%s: headings %v, and %s: %v", english, first.levels, chinese, second.levels)
	}
	if diff := cmp.Diff(first.rows(), second.rows()); diff != "" {
		t.Errorf("first cells of tables (-%s +%s):\n%s", english, chinese, diff)
	}
	if diff := cmp.Diff(first.code(), second.code()); diff != "" {
		t.Errorf("code in tables and headings (-%s +%s):\n%s", english, chinese, diff)
	}
	if len(first.blocks) != len(second.blocks) {
		t.Errorf("%s: %d code blocks, and %s: %d", english, len(first.blocks), chinese, len(second.blocks))
		return
	}
	for i := range first.blocks {
		if first.blocks[i] != second.blocks[i] {
			t.Errorf("code block %d of %s differs from that of %s:\n%s\n%s", i+1, english, chinese, first.blocks[i].text, second.blocks[i].text)
		}
	}
}

func TestREADMECodeIsCompiled(t *testing.T) {
	files, err := filepath.Glob("example*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var compiled strings.Builder
	for _, name := range files {
		compiled.WriteString(unindented(exampleBodies(t, name, mustRead(t, name))))
	}
	compiled.WriteString(unindented(mustRead(t, "examples/first/main.go"))) // which make check runs
	for _, name := range readmes {
		for _, b := range parse(name, mustRead(t, name)).blocks {
			switch b.lang {
			case "go":
				if !strings.Contains(compiled.String(), "\n"+unindented(b.text)) {
					t.Errorf("%s: this is in no example:\n%s", name, b.text)
				}
			case "sh":
			default:
				t.Errorf("%s: a code block in %q", name, b.lang)
			}
		}
	}
}

// exampleBodies are the bodies of the Examples in a file that go test runs: those with an Output comment.
func exampleBodies(t *testing.T, name string, code string) string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, code, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var bodies strings.Builder
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(f.Name.Name, "Example") {
			continue
		}
		body := code[files.Position(f.Body.Lbrace).Offset+1 : files.Position(f.Body.Rbrace).Offset]
		if !strings.Contains(body, "\t// Output:") {
			t.Errorf("%s has no output, so it is not run", f.Name.Name)
		}
		bodies.WriteString(body)
	}
	return bodies.String()
}

// unindented is text without the white space that begins its lines, so that a block cut out of a function compares equal.
func unindented(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(strings.TrimLeft(line, " \t"))
	}
	return out.String()
}

// TestREADMETablesAreComplete finds options, fields of options, errors and kinds of events without a row in a table of a README or a
// guide, in each language.
func TestREADMETablesAreComplete(t *testing.T) {
	scope := load(t, ".")[0].Scope()
	isError := types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
	var wanted []string
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		_, isType := obj.(*types.TypeName)
		switch {
		case !obj.Exported():
		case strings.HasPrefix(name, "With"), strings.HasPrefix(name, "Event") && !isType, !isType && types.Implements(obj.Type(), isError):
			wanted = append(wanted, "`"+name+"`")
		case types.Implements(types.NewPointer(obj.Type()), isError):
			wanted = append(wanted, "`*"+name+"`")
		case isType && strings.HasSuffix(name, "Options"):
			for field := range obj.Type().Underlying().(*types.Struct).Fields() {
				wanted = append(wanted, "`"+name+"."+field.Name()+"`")
			}
		}
	}
	for _, name := range readmes {
		var rows []string
		for _, doc := range documents(t, "README*.md", "docs/*.md") {
			if isChinese(doc.name) == isChinese(name) {
				rows = append(rows, doc.rows()...)
			}
		}
		for _, want := range wanted {
			if !slices.Contains(rows, want) {
				t.Errorf("%s and the guides in its language: no table has a row for %s", name, want)
			}
		}
		for _, have := range rows {
			if strings.HasPrefix(have, "`With") && !slices.Contains(wanted, have) {
				t.Errorf("%s: there is no option %s", name, have)
			}
		}
	}
	if len(wanted) < 50 {
		t.Errorf("%d options, fields, errors and events: some were not found", len(wanted))
	}
}
