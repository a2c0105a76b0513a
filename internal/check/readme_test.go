package check_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var readmes = []string{"README.md", "README.zh-CN.md"}

// checkTwins compares what two languages have in common: the headings' order, the code, and the tables' rows for names.
func checkTwins(t *testing.T, english, chinese string) {
	t.Helper()
	first, second := parse(english, mustRead(t, english)), parse(chinese, mustRead(t, chinese))
	if !slices.Equal(first.levels, second.levels) {
		t.Errorf("%s: headings %v, and %s: %v", english, first.levels, chinese, second.levels)
	}
	if a, b := first.rows(), second.rows(); !slices.Equal(a, b) {
		t.Errorf("the tables of %s have rows for\n%q, and of %s for\n%q", english, a, chinese, b)
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
		body := string(code[files.Position(f.Body.Lbrace).Offset+1 : files.Position(f.Body.Rbrace).Offset])
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

func TestREADMETablesAreComplete(t *testing.T) {
	withOptions := exported(t, "options.go", func(decl ast.Decl) []string {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "With") {
			return []string{f.Name.Name}
		}
		return nil
	})
	errorTypes := exported(t, "errors.go", typesAndValues)
	eventKinds := slices.DeleteFunc(exported(t, "watcher.go", typesAndValues), func(name string) bool { return strings.HasPrefix(name, "*") })
	for _, name := range readmes {
		doc := parse(name, mustRead(t, name))
		listed := doc.rows()
		for _, want := range slices.Concat(withOptions, errorTypes, eventKinds) {
			if !slices.Contains(listed, "`"+want+"`") {
				t.Errorf("%s: no table has a row for %s", name, want)
			}
		}
		for _, have := range listed {
			if strings.HasPrefix(have, "`With") && !slices.Contains(withOptions, strings.Trim(have, "`")) {
				t.Errorf("%s: there is no option %s", name, have)
			}
		}
	}
}

// typesAndValues are a declaration's exported types, with a star, and constants and variables.
func typesAndValues(decl ast.Decl) (names []string) {
	if group, ok := decl.(*ast.GenDecl); ok {
		for _, spec := range group.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				names = append(names, spec.Names[0].Name)
			case *ast.TypeSpec:
				names = append(names, "*"+spec.Name.Name)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !ast.IsExported(strings.TrimPrefix(name, "*")) })
}

// exported collects names from a file's declarations.
func exported(t *testing.T, name string, pick func(ast.Decl) []string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, decl := range file.Decls {
		names = append(names, pick(decl)...)
	}
	if len(names) == 0 {
		t.Fatalf("%s declares nothing of the kind", name)
	}
	return names
}
