package check_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/semver"
)

// section is what CHANGELOG.md, in the form of Keep a Changelog, says of one version.
type section struct {
	version string // as a tag: "v0.1.0"; empty for what is unreleased
	date    string // of the release: "2026-01-31"; empty before it
	entries string // all below the heading
}

var heading = regexp.MustCompile(`^\[(?:Unreleased|(\d+\.\d+\.\d+))\](?: - (?:(\d{4}-[01]\d-[0-3]\d)|not released yet))?$`)

// parseChangelog returns the sections in their order: what is unreleased, then the versions, the newest first.
func parseChangelog(text string) ([]section, error) {
	var sections []section
	for _, part := range strings.Split("\n"+text, "\n## ")[1:] {
		title, entries, _ := strings.Cut(part, "\n")
		match := heading.FindStringSubmatch(strings.TrimSpace(title))
		if match == nil {
			return nil, fmt.Errorf("%q is no heading such as \"## [0.1.0] - 2026-01-31\"", title)
		}
		s := section{date: match[2], entries: entries}
		if match[1] != "" {
			s.version = "v" + match[1]
		}
		if n := len(sections); (n == 0) != (s.version == "") || n > 1 && semver.Compare(sections[n-1].version, s.version) <= 0 {
			return nil, fmt.Errorf("%q is out of place: Unreleased comes first, then the newest version", title)
		}
		sections = append(sections, s)
	}
	if len(sections) == 0 {
		return nil, errors.New("there is no section")
	}
	return sections, nil
}

// breaks are the code spans below the headings "Changed (incompatible)" and "Removed": the names of what breaks.
func (s section) breaks() []string {
	var names []string
	for _, part := range strings.Split("\n"+s.entries, "\n### ")[1:] {
		title, entries, _ := strings.Cut(part, "\n")
		if title == "Changed (incompatible)" || title == "Removed" {
			for _, span := range codeSpan.FindAllString(entries, -1) {
				names = append(names, strings.Trim(span, "`"))
			}
		}
	}
	return names
}

const changes = "# Changes\n\nProse.\n\n## [Unreleased]\n\n### Added\n\n- `New`.\n\n### Changed (incompatible)\n\n- `Client.With` and `Gone`\n  of `Client`.\n\n" +
	"### Fixed\n\n- `Fixed`.\n\n## [0.2.0] - not released yet\n\n### Removed\n\n- `Old`.\n\n## [0.1.0] - 2026-01-31\n"

func TestParseChangelog(t *testing.T) {
	sections, err := parseChangelog(changes)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, s := range sections {
		got = append(got, append([]string{s.version, s.date}, s.breaks()...))
	}
	want := [][]string{{"", "", "Client.With", "Gone", "Client"}, {"v0.2.0", "", "Old"}, {"v0.1.0", "2026-01-31"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("version, date and breaks (-want +got):\n%s", diff)
	}
	for name, text := range map[string]string{
		"nothing":        "# Changes\n",
		"no Unreleased":  "## [0.1.0]\n",
		"another order":  "## [Unreleased]\n## [0.1.0]\n## [0.2.0]\n",
		"no version":     "## [Unreleased]\n## [0.1]\n",
		"no date":        "## [Unreleased]\n## [0.1.0] - soon\n",
		"two Unreleased": "## [Unreleased]\n## [Unreleased]\n",
		"no brackets":    "## Unreleased\n",
	} {
		if sections, err := parseChangelog(text); err == nil {
			t.Errorf("%s: got %v, want an error", name, sections)
		}
	}
}

// CHANGELOG.md itself is in that form, and uses only the headings of Keep a Changelog, and ours for what breaks.
func TestChangelog(t *testing.T) {
	if _, err := parseChangelog(mustRead(t, "CHANGELOG.md")); err != nil {
		t.Error(err)
	}
	known := regexp.MustCompile(`^### (Added|Changed|Changed \(incompatible\)|Deprecated|Removed|Fixed|Security)$`)
	for _, title := range regexp.MustCompile(`(?m)^###.*$`).FindAllString(mustRead(t, "CHANGELOG.md"), -1) {
		if !known.MatchString(title) {
			t.Errorf("%q is no heading of Keep a Changelog", title)
		}
	}
}
