package api_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/repo/api"
)

const baselineFile = "api/go.txt"

const sdk = `// Package confopenapi is like the SDK.
package confopenapi

import "context"

const Version = "0.1.0"

type Kind int

const Kind1 Kind = 1

type Source interface {
	Get(ctx context.Context) (string, error)
}

type Text = string

type Client struct {
	Name string
	inner
	*Meta
	hidden []int
}

type inner struct{ Promoted int }

type Meta struct{ ID Text }

func (c *Client) With(names ...string) *Client { return c }
func (c Client) hide()                         {}

func Call[T any](in T, then func(n int) error) (out T, err error) { return in, nil }

var Err error
`

const preamble = `# The exported Go API of v0.1.0. "make apidiff" fails when a line of it no longer holds; "make api" writes it at a release.
`

const kit = "package confopenapitest\n\ntype Kit struct{ On bool }\n"

// repo writes a module like the SDK's, whose baseline is what it exports.
func repo(t *testing.T, changes string) string {
	t.Helper()
	r := t.TempDir()
	write(t, r, "go.mod", "module example.com/sdk\n\ngo 1.26\n")
	write(t, r, "client.go", sdk)
	write(t, r, "confopenapitest/kit.go", kit)
	write(t, r, "CHANGELOG.md", "# Changes\n\n## [Unreleased]\n\n"+changes)
	write(t, r, "api/.keep", "")
	if err := api.Write(r, t.Output()); err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t *testing.T, r string, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(r, name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWrite(t *testing.T) {
	got, err := os.ReadFile(filepath.Join(repo(t, ""), baselineFile))
	if err != nil {
		t.Fatal(err)
	}
	want := preamble + `pkg confopenapi, const Kind1 Kind = 1
pkg confopenapi, const Version untyped string
pkg confopenapi, func Call[T any](T, func(n int) error) (T, error)
pkg confopenapi, method (*Client) With(...string) *Client
pkg confopenapi, type Client struct
pkg confopenapi, type Client struct, Name string
pkg confopenapi, type Client struct, Promoted int
pkg confopenapi, type Client struct, embedded *Meta
pkg confopenapi, type Kind int
pkg confopenapi, type Kind, comparable
pkg confopenapi, type Meta struct
pkg confopenapi, type Meta struct, ID Text
pkg confopenapi, type Meta, comparable
pkg confopenapi, type Source interface{Get(ctx context.Context) (string, error)}
pkg confopenapi, type Text = string
pkg confopenapi, var Err error
pkg confopenapitest, type Kit struct
pkg confopenapitest, type Kit struct, On bool
pkg confopenapitest, type Kit, comparable
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		old, new string // in the code, after the baseline was written
		changes  string // in the change log
		names    string // what the error says is not named; empty if all is well
	}{
		"nothing":              {},
		"a function more":      {old: "var Err", new: "func More() {}\n\nvar Err"},
		"a field more":         {old: "\tName ", new: "\tMore int\n\tName "},
		"another version":      {old: `"0.1.0"`, new: `"0.2.0"`},
		"another param's name": {old: "names ", new: "others "},
		"what is no Go":        {old: "var Err", new: "vary Err", names: "example.com/sdk"},
		"a method gone":        {old: "With(", new: "without(", names: "Client.With: \""},
		"a method gone, named": {old: "With(", new: "without(", changes: "### Removed\n\n- `Client.With`.\n"},
		"named as a fix":       {old: "With(", new: "without(", changes: "### Fixed\n\n- `Client.With`.\n", names: "Client.With: \""},
		"another named":        {old: "With(", new: "without(", changes: "### Removed\n\n- `Client`.\n", names: "Client.With: \""},
		"another result":       {old: ") *Client", new: ") any", names: "Client.With: \""},
		"another value":        {old: "Kind1 Kind = 1", new: "Kind1 Kind = 2", names: "Kind1: \""},
		"a promoted field":     {old: "Promoted int", new: "Promoted string", names: "Client.Promoted: \""},
		"an embedded one":      {old: "*Meta\n", new: "", names: "Client.Meta: \""},
		"of the kit":           {old: "On bool", new: "Off bool", names: "confopenapitest.Kit.On: \""},
		"an interface grows":   {old: "Get(", new: "Put()\n\tGet(", names: "Source: \""},
		"not comparable":       {old: "ID Text", new: "ID Text; IDs []Text", names: "Meta: \""},
		"named in the next":    {old: "With(", new: "without(", changes: "## [0.2.0] - not released yet\n\n### Removed\n\n- `Client.With`.\n"},
		"named in an old one":  {old: "With(", new: "without(", changes: "## [0.1.0]\n\n### Removed\n\n- `Client.With`.\n", names: `Client.With: "`},
		"incompatible, named":  {old: "ID Text", new: "ID int", changes: "### Changed (incompatible)\n\n- `Meta.ID` is a number.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := repo(t, tt.changes)
			write(t, r, "client.go", strings.Replace(sdk, tt.old, tt.new, 1))
			write(t, r, "confopenapitest/kit.go", strings.Replace(kit, tt.old, tt.new, 1))
			switch err := api.Check(r, t.Output()); {
			case tt.names == "" && err != nil:
				t.Error(err)
			case tt.names != "" && (err == nil || !strings.Contains(err.Error(), tt.names)):
				t.Errorf("%v, which does not say %q", err, tt.names)
			}
		})
	}
}

// Without a whole baseline nothing passes.
func TestCheckNeedsABaseline(t *testing.T) {
	r := repo(t, "")
	const line = "pkg confopenapi, var Err error\n"
	for _, text := range []string{"", preamble, line, strings.Replace(preamble, "v0.1.0", "v0.1", 1) + line, preamble + "var Err error\n", preamble + "pkg p, unknown\n"} {
		write(t, r, baselineFile, text)
		if err := api.Check(r, t.Output()); err == nil {
			t.Errorf("%q is taken for a baseline", text)
		}
	}
	if err := os.Remove(filepath.Join(r, baselineFile)); err != nil {
		t.Fatal(err)
	}
	if err := api.Check(r, t.Output()); err == nil {
		t.Error("it passes without a baseline")
	}
}

func TestWriteKeepsWhatIsReleased(t *testing.T) {
	r := repo(t, "## [0.1.0] - 2026-01-31\n")
	if err := api.Write(r, t.Output()); err == nil || !strings.Contains(err.Error(), "raise Version") {
		t.Errorf("the baseline of a release was written anew: %v", err)
	}
	write(t, r, "client.go", strings.Replace(sdk, "0.1.0", "0.2.0", 1))
	if err := api.Write(r, t.Output()); err != nil {
		t.Error(err)
	}
}

// What apidiff finds is named like the rest.
func TestBreaks(t *testing.T) {
	const found = `! example.com/sdk
Incompatible changes:
- (*Client).With: changed from func(...string) *Client to func() *Client
- ./confopenapitest.Kit: removed
- Meta.ID: removed
- Version: value changed from "0.1.0" to "0.2.0"
`
	r := repo(t, "### Removed\n\n- `Client.With`, `Meta.ID`\n")
	var out bytes.Buffer
	err := api.Breaks(r, "v0.1.0", strings.NewReader(found), &out)
	if err == nil || strings.Count(err.Error(), ": \"") != 1 || !strings.Contains(err.Error(), "confopenapitest.Kit: \"") {
		t.Error(err)
	}
	if want := "apidiff: 3 incompatible changes since v0.1.0\n"; out.String() != want {
		t.Errorf("%q, want %q", &out, want)
	}
	write(t, r, "CHANGELOG.md", "## [Unreleased]\n\n### Removed\n\n- `Client.With`, `Meta.ID`, `confopenapitest.Kit`\n")
	if err := api.Breaks(r, "v0.1.0", strings.NewReader(found), t.Output()); err != nil {
		t.Error(err)
	}
}
