package check_test

import (
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/confopenapi/confopenapi-go/internal/check"
)

func TestFiles(t *testing.T) {
	files := tracked(t)
	for _, name := range []string{"go.mod", "internal/check/tree_test.go", "README.zh-CN.md"} {
		if !slices.Contains(files, name) {
			t.Errorf("there is no %s", name)
		}
	}
	if i := slices.IndexFunc(files, func(name string) bool { return strings.HasPrefix(name, ".bin/") || strings.HasPrefix(name, ".git/") }); i >= 0 {
		t.Errorf("%s is not to be committed", files[i])
	}
}

func TestVersion(t *testing.T) {
	version, err := check.Version(".")
	if err != nil || !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(version) {
		t.Error(version, err)
	}
	if version, err := check.Version(t.TempDir()); err == nil {
		t.Errorf("an empty folder has version %s", version)
	}
}

// What an importer compiles is the same code on every platform, and all of it is safe Go. Two platforms that share neither
// system nor processor show files that are for one alone.
func TestNothingIsForSomePlatformsOnly(t *testing.T) {
	seen := map[string]bool{}
	for _, env := range [][]string{{"GOOS=linux", "GOARCH=amd64"}, {"GOOS=windows", "GOARCH=386"}} {
		loaded, err := packages.Load(&packages.Config{
			Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
			Env:  append(os.Environ(), env...),
		}, ".", "./confopenapitest")
		if err != nil {
			t.Fatal(err)
		}
		packages.Visit(loaded, nil, func(p *packages.Package) {
			if p.Module == nil || p.Module.Path != check.Module {
				return
			}
			for _, name := range slices.Concat(p.IgnoredFiles, p.OtherFiles) {
				if !strings.HasSuffix(name, "_test.go") {
					t.Errorf("%s: not compiled for %v", name, env)
				}
			}
			for _, name := range p.GoFiles {
				if !seen[name] {
					isPlain(t, name)
				}
				seen[name] = true
			}
		})
	}
	if len(seen) < 30 {
		t.Errorf("%d files: some were not found", len(seen))
	}
}

func isPlain(t *testing.T, name string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if constraint.IsGoBuild(comment.Text) || constraint.IsPlusBuild(comment.Text) {
				t.Errorf("%s: %s", name, comment.Text)
			}
		}
	}
	for _, spec := range file.Imports {
		if path := spec.Path.Value; path == `"C"` || path == `"unsafe"` || path == `"syscall"` {
			t.Errorf("%s imports %s", name, path)
		}
	}
}
