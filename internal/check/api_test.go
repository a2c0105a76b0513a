package check_test

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
)

var writeAPI = flag.Bool("api.write", false, "write api/go.txt")

const apiFile = "api/go.txt"

// Each change of the exported API is a line of api/go.txt, so that a review sees it.
func TestAPIIsAsWritten(t *testing.T) {
	loaded := load(t, ".")
	ofSDK, ofKit := features(loaded[0]), features(loaded[1])
	t.Logf("exported features: %d of the SDK, %d of the kit", len(ofSDK), len(ofKit))
	if len(ofSDK) < 100 || len(ofKit) < 50 {
		t.Error("some were not found")
	}
	const head = "# The exported Go API. \"make api\" writes this file."
	exported := []string{head}
	for _, f := range slices.Concat(ofSDK, ofKit) {
		exported = append(exported, f.text)
	}
	if *writeAPI {
		mustWrite(t, apiFile, strings.Join(exported, "\n")+"\n")
	}
	written := strings.Split(strings.TrimSpace(mustRead(t, apiFile)), "\n")
	for _, line := range exported {
		if !slices.Contains(written, line) {
			t.Errorf("new: %s; make api writes it", line)
		}
	}
	for _, line := range written {
		if !slices.Contains(exported, line) {
			t.Errorf("gone: %s; make api writes it", line)
		}
	}
}

// What broke since the last release is named in CHANGELOG.md, and the number says that something did.
func TestAPIBreaksAreAnnounced(t *testing.T) {
	tags := strings.Fields(git(t, ".", "tag", "--list", "v[0-9]*.[0-9]*.[0-9]*", "--merged", "HEAD"))
	if len(tags) == 0 {
		t.Skip("nothing is released")
	}
	semver.Sort(tags)
	last := tags[len(tags)-1]
	found := breaks(t, ".", last)
	if len(found) > 0 && !mayBreak(last, version(t)) {
		t.Errorf("%s breaks what %s promised, so that it needs another number", version(t), last)
	}
	for _, b := range unnamed(t, found, last, mustRead(t, "CHANGELOG.md")) {
		t.Errorf("%s, since %s, is not named below \"Changed (incompatible)\" or \"Removed\" in CHANGELOG.md: %s", b.name, last, b.text)
	}
}

func TestMayBreak(t *testing.T) {
	for numbers, want := range map[[2]string]bool{
		{"v0.1.0", "v0.1.1"}: false, {"v0.1.9", "v0.2.0"}: true, {"v0.9.0", "v1.0.0"}: true, {"v1.0.0", "v1.1.0"}: false,
	} {
		if got := mayBreak(numbers[0], numbers[1]); got != want {
			t.Errorf("%v: got %v, want %v", numbers, got, want)
		}
	}
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
			var got []string
			for _, b := range unnamed(t, breaks(t, dir, "v0.1.0"), "v0.1.0", "## [Unreleased]\n\n"+tt.changes) {
				got = append(got, b.name)
				t.Log(b.text)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("not named: %q, want %q", got, tt.want)
			}
		})
	}
}
