package check_test

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/check"
)

var writeAPI = flag.Bool("api.write", false, "write api/go.txt")

const apiFile = "api/go.txt"

// Each change of the exported API is a line of api/go.txt, so that a review sees it.
func TestAPIIsAsWritten(t *testing.T) {
	features, err := check.Features(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, feature := range features {
		name, _, _ := strings.Cut(strings.TrimPrefix(feature, "pkg "), ",")
		count[name]++
	}
	t.Logf("exported features: %d of the SDK, %d of the kit", count["confopenapi"], count["confopenapitest"])
	if count["confopenapi"] < 100 || count["confopenapitest"] < 50 {
		t.Error("some were not found")
	}
	const head = "# The exported Go API. \"make api\" writes this file."
	if *writeAPI {
		mustWrite(t, apiFile, head+"\n"+strings.Join(features, "\n")+"\n")
	}
	written := strings.Split(strings.TrimSpace(mustRead(t, apiFile)), "\n")
	for i, of := range [][2][]string{{written, append(features, head)}, {features, written}} {
		for _, line := range of[0] {
			if !slices.Contains(of[1], line) {
				t.Errorf("%s: %s; make api writes it", []string{"gone", "new"}[i], line)
			}
		}
	}
}

// What broke since the last release is named in CHANGELOG.md. Before the first release there is nothing to break.
func TestAPIBreaksAreNamed(t *testing.T) {
	tags, err := check.Tags(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(tags) == 0 {
		t.Skip("nothing is released")
	}
	last := tags[len(tags)-1]
	for _, b := range unnamed(t, ".", last) {
		t.Errorf("incompatible since %s, and not named below \"Changed (incompatible)\" or \"Removed\" in CHANGELOG.md: %s: %s", last, b.Name, b.Text)
	}
}

func unnamed(t *testing.T, root, tag string) []check.Break {
	t.Helper()
	breaks, err := check.Breaks(t.Context(), root, tag)
	if err != nil {
		t.Fatal(err)
	}
	left, err := check.Unnamed(root, tag, breaks)
	if err != nil {
		t.Fatal(err)
	}
	return left
}

const (
	sdk = `package confopenapi

const Version = "0.1.0"

type Kind int

const Kind1 Kind = 1

type Source interface{ Get() string }

type Client struct{ Name string }

func (c *Client) With(names ...string) *Client { return c }
`
	kit = "package confopenapitest\n\ntype Kit struct{ On bool }\n"
)

func TestBreaks(t *testing.T) {
	for name, tt := range map[string]struct {
		old, new string // in the code, since the tag
		changes  string // in the change log
		want     string // the break that is not named; "" = none
	}{
		"nothing":              {},
		"a function more":      {old: "type Kind", new: "func More() {}\n\ntype Kind"},
		"another version":      {old: `"0.1.0"`, new: `"0.2.0"`},
		"another param's name": {old: "names ", new: "others "},
		"a method gone":        {old: "With(", new: "without(", want: "Client.With"},
		"a method gone, named": {old: "With(", new: "without(", changes: "### Removed\n\n- `Client.With`.\n"},
		"named as a fix":       {old: "With(", new: "without(", changes: "### Fixed\n\n- `Client.With`.\n", want: "Client.With"},
		"another named":        {old: "With(", new: "without(", changes: "### Removed\n\n- `Client`.\n", want: "Client.With"},
		"named in the next":    {old: "With(", new: "without(", changes: "## [0.2.0]\n\n### Removed\n\n- `Client.With`.\n"},
		"named in an old one":  {old: "With(", new: "without(", changes: "## [0.1.0]\n\n### Removed\n\n- `Client.With`.\n", want: "Client.With"},
		"another value":        {old: "Kind1 Kind = 1", new: "Kind1 Kind = 2", want: "Kind1"},
		"of the kit":           {old: "On bool", new: "Off bool", want: "confopenapitest.Kit.On"},
		"an interface grows":   {old: "Get()", new: "Put(); Get()", want: "Source.Put"},
		"not comparable":       {old: "Name string", new: "Name string; More []int", want: "Client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newRepository(t)
			mustWrite(t, filepath.Join(dir, "client.go"), strings.Replace(sdk, tt.old, tt.new, 1))
			mustWrite(t, filepath.Join(dir, "confopenapitest/kit.go"), strings.Replace(kit, tt.old, tt.new, 1))
			mustWrite(t, filepath.Join(dir, "CHANGELOG.md"), "# Changes\n\n## [Unreleased]\n\n"+tt.changes)
			got := ""
			for _, b := range unnamed(t, dir, "v0.1.0") {
				got += b.Name
				t.Log(b.Text)
			}
			if got != tt.want {
				t.Errorf("not named: %q, want %q", got, tt.want)
			}
		})
	}
}
