package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var root = filepath.Join("..", "..", "..")

func TestGeneratedCodeIsUpToDate(t *testing.T) {
	all, err := read(filepath.Join(root, source))
	if err != nil {
		t.Fatal(err)
	}
	for name, output := range outputs {
		want, err := generate(name, all)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(root, output))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what %s says: run go generate (-generated +found)\n%s", output, source, diff)
		}
	}
}

func TestFieldsAreReadFromTags(t *testing.T) {
	got, err := readText(t, "EventID int64 `json:\"eventId\" zh:\"号\"`\n Title Secret `json:\"title\" zh:\"题\" wire:\"or=confName\"`\n"+
		"Org string `json:\"org\" zh:\"组\" wire:\"repeats,personal,evidence=sibling\"`\n Length int `json:\"length\" zh:\"长\" wire:\"ticks\"`\n"+
		"Tags []string `json:\"tags\" zh:\"标\"`\n Extra map[string]string `json:\"-\"`")
	if err != nil {
		t.Fatal(err)
	}
	want := table{
		{Index: 0, Name: "eventId", Go: "EventID", Chinese: "号", Type: "int64", form: form{"ID", "Int64At"}, Evidence: "Documented"},
		{Index: 1, Name: "title", Or: "confName", Go: "Title", Chinese: "题", Type: "Secret", form: form{"Secret", "BoxedAt"}, Evidence: "Documented", Personal: true},
		{Index: 3, Name: "org", Go: "Org", Chinese: "组", Type: "string", form: form{"Text", "RepeatedAt"}, Evidence: "Sibling", Personal: true},
		{Index: 4, Name: "length", Go: "Length", Chinese: "长", Type: "int", form: form{"Integer", "IntAt"}, Evidence: "Documented", Ticks: true},
		{Index: 5, Name: "tags", Go: "Tags", Chinese: "标", Type: "[]string", form: form{"Texts", ""}, Evidence: "Documented"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(field{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestBadFieldsAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ fields, want string }{
		"no tag":             {"A int", "tag of its own"},
		"two on a line":      {"A, B int `json:\"a\" zh:\"a\"`", "tag of its own"},
		"a name twice":       {"A int `json:\"a\" zh:\"a\"`\n B string `json:\"a\" zh:\"a\"`", "B is called a like A"},
		"a spelling twice":   {"A int `json:\"a\" zh:\"a\"`\n B string `json:\"b\" zh:\"a\" wire:\"or=a\"`", "B is called a like A"},
		"no name":            {"A int `zh:\"a\"`", "A has no json"},
		"no Chinese":         {"A int `json:\"a\"`", "A has no json or no zh"},
		"unknown word":       {"A string `json:\"a\" zh:\"a\" wire:\"often\"`", `"often" is unknown`},
		"unknown evidence":   {"A string `json:\"a\" zh:\"a\" wire:\"evidence=hearsay\"`", `"evidence=hearsay" is unknown`},
		"word with type":     {"A int `json:\"a\" zh:\"a\" wire:\"repeats\"`", `"repeats" is unknown, or does not go with a int`},
		"spelling with type": {"A []string `json:\"a\" zh:\"a\" wire:\"or=b\"`", "does not go with a []string"},
		"a float":            {"A float64 `json:\"a\" zh:\"a\"`", "A is a float64; a field is a string"},
		"no such struct":     {"", "has no struct Conference"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readText(t, c.fields); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// readText reads a model with these fields; no model without any.
func readText(t *testing.T, fields string) (table, error) {
	t.Helper()
	text := "package p\n"
	if fields != "" {
		text += "type Conference struct {\n" + fields + "\n}\n"
	}
	return read(write(t, source, text))
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A model may have lists of texts. This compiles the package with one more, as an overlay, and runs a program that checks it.
func TestListOfTexts(t *testing.T) {
	full, absErr := filepath.Abs(root)
	model, readErr := os.ReadFile(filepath.Join(root, source))
	const extra = "\tExtra map[string]json.RawMessage `json:\"-\"`\n}\n\n// Identity names"
	changed := write(t, source, strings.Replace(string(model), extra, "\tTestTexts []string `json:\"testTexts\" zh:\"试\"`\n"+extra, 1))
	all, parseErr := read(changed)
	code, genErr := generate("models.go.tmpl", all)
	if err := errors.Join(absErr, readErr, parseErr, genErr); err != nil || !all.HaveTexts() {
		t.Fatalf("got no list of texts in the model: %v", err)
	}
	overlay := fmt.Sprintf(`{"Replace":{%q:%q,%q:%q}}`,
		filepath.Join(full, source), changed, filepath.Join(full, "models_gen.go"), write(t, "models_gen.go", string(code)))
	run := exec.CommandContext(t.Context(), "go", "run", "-overlay", write(t, "overlay.json", overlay), "./internal/fields/gen/testdata/texts")
	run.Dir = full
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
