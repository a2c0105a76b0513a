package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGeneratedCodeIsUpToDate(t *testing.T) {
	members, err := read(filepath.Join("..", "..", source))
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(members)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", output))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what %s says: run go generate (-generated +found)\n%s", output, source, diff)
	}
}

func TestMembersAreReadFromTags(t *testing.T) {
	members, err := readText(t, "EventID int64 `json:\"eventId\"`\n Title string `json:\"title\" wire:\"or=confName\"`\n"+
		"Org string `json:\"org\" wire:\"repeats\"`\n Flag *bool `json:\"flag\"`\n Extra map[string]string `json:\"-\"`")
	if err != nil {
		t.Fatal(err)
	}
	want := []member{
		{Index: 0, Name: "eventId", Field: "EventID", Type: "int64"},
		{Index: 1, Name: "title", Field: "Title", Type: "string", Or: "confName"},
		{Index: 3, Name: "org", Field: "Org", Type: "string", Repeats: true},
		{Index: 4, Name: "flag", Field: "Flag", Type: "*bool"},
	}
	if diff := cmp.Diff(want, members); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ fields, want string }{
		"no tag":              {"A int", "tag of its own"},
		"two of a line":       {"A, B int `json:\"a\"`", "tag of its own"},
		"the same name twice": {"A int `json:\"a\"`\n B string `json:\"b\" wire:\"or=a\"`", "B is called a like another"},
		"a name twice":        {"A int `json:\"a\"`\n B string `json:\"b\" wire:\"or=a\"`", "B is called a like another"},
		"no name":             {"A int `wire:\"repeats\"`", "A has no name"},
		"unknown tag":         {"A string `json:\"a\" wire:\"often\"`", `wire:"often"`},
		"unknown type":        {"A float64 `json:\"a\"`", "A is a float64"},
		"compound type":       {"A []string `json:\"a\"`", "A is a"},
		"no such struct":      {"", "has no struct Conference"},
		"tag out of place":    {"A int `json:\"a\" wire:\"repeats\"`", "A is a int"},
	} {
		t.Run(name, func(t *testing.T) {
			members, err := readText(t, c.fields)
			if err == nil {
				_, err = generate(members)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

// readText reads a model with these fields; none without any.
func readText(t *testing.T, fields string) ([]member, error) {
	t.Helper()
	text := "package p\n"
	if fields != "" {
		text += "type Conference struct {\n" + fields + "\n}\n"
	}
	path := filepath.Join(t.TempDir(), source)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return read(path)
}
