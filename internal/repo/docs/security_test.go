package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/repo/tree"
)

// testFunctions are the names of all tests and fuzz targets.
func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	files, err := tree.Files(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		code, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(code, -1) {
			declared[string(match[1])] = true
		}
	}
	return declared
}

var testName = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")

// A test that a document names is there.
func TestNamedTestsExist(t *testing.T) {
	declared := testFunctions(t)
	for _, doc := range documents(t) {
		text, err := os.ReadFile(filepath.Join(root, doc.Name))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range testName.FindAllSubmatch(text, -1) {
			if name := string(match[1]); !declared[name] {
				t.Errorf("%s: there is no %s", doc.Name, name)
			}
		}
	}
}

// Each defence that SECURITY.md claims is one that a test shows.
func TestDefencesAreShown(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## What the SDK defends against\n")
	section, _, ends := strings.Cut(section, "\n## ")
	if !found || !ends {
		t.Fatal("SECURITY.md does not say what the SDK defends against")
	}
	rows := 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat ") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || !testName.MatchString(cells[2]) {
			t.Errorf("no test shows this: %s", line)
		}
	}
	if rows < 10 {
		t.Errorf("%d threats: some were not found", rows)
	}
}
