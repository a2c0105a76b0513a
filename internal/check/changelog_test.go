package check_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/check"
)

const changes = `# Changes

Prose.

## [Unreleased]

### Added

- ` + "`New`" + `.

### Changed (incompatible)

- ` + "`Client.With` and `Gone`" + ` of ` + "`Client`" + `.

### Fixed

- ` + "`Fixed`" + `.

## [0.2.0] - not released yet

### Removed

- ` + "`Old`" + `.

## [0.1.0] - 2026-01-31
`

func TestParseChangelog(t *testing.T) {
	sections, err := check.ParseChangelog(changes)
	if err != nil {
		t.Fatal(err)
	}
	type summary struct {
		Version string
		Date    time.Time
		Breaks  []string
	}
	var got []summary
	for _, s := range sections {
		got = append(got, summary{s.Version, s.Date, s.Breaks()})
	}
	want := []summary{
		{Breaks: []string{"Client.With", "Gone", "Client"}},
		{Version: "v0.2.0", Breaks: []string{"Old"}},
		{Version: "v0.1.0", Date: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseChangelogRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":        "# Changes\n",
		"no Unreleased":  "## [0.1.0]\n",
		"another order":  "## [Unreleased]\n## [0.1.0]\n## [0.2.0]\n",
		"no version":     "## [Unreleased]\n## [0.1]\n",
		"no date":        "## [Unreleased]\n## [0.1.0] - soon\n",
		"two Unreleased": "## [Unreleased]\n## [Unreleased]\n",
		"no brackets":    "## Unreleased\n",
	} {
		if sections, err := check.ParseChangelog(text); err == nil {
			t.Errorf("%s: %v", name, sections)
		}
	}
}

// CHANGELOG.md itself is in that form, and uses only the headings of Keep a Changelog, and ours for what breaks.
func TestChangelog(t *testing.T) {
	if _, err := check.ReadChangelog("."); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(mustRead(t, "CHANGELOG.md")) {
		title, found := strings.CutPrefix(strings.TrimSpace(line), "### ")
		if known := " Added Changed Changed (incompatible) Deprecated Removed Fixed Security "; found && !strings.Contains(known, " "+title+" ") {
			t.Errorf("%q is no heading of Keep a Changelog", title)
		}
	}
}
