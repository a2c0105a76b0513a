package check

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// A Section is what is said of one version.
type Section struct {
	Version string    // as a tag: "v0.1.0"; empty for what is unreleased
	Date    time.Time // of the release; zero for a version that is prepared, and for what is unreleased
	Entries string    // all below the heading
}

var heading = regexp.MustCompile(`^## \[(.+?)\](?: - (.+))?$`)

// ReadChangelog reads CHANGELOG.md, which is in the form of Keep a Changelog.
func ReadChangelog(root string) ([]Section, error) {
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return nil, err
	}
	sections, err := ParseChangelog(string(text))
	if err != nil {
		return nil, fmt.Errorf("CHANGELOG.md: %w", err)
	}
	return sections, nil
}

// ParseChangelog returns the sections in their order, which is: what is unreleased, then the versions, the newest first.
func ParseChangelog(text string) ([]Section, error) {
	var sections []Section
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "## ") {
			if len(sections) > 0 {
				sections[len(sections)-1].Entries += line
			}
			continue
		}
		match := heading.FindStringSubmatch(strings.TrimSpace(line))
		if match == nil {
			return nil, fmt.Errorf("%q is no heading such as \"## [0.1.0] - 2026-01-31\"", strings.TrimSpace(line))
		}
		section, err := titled(match[1], match[2])
		if err != nil {
			return nil, err
		}
		if n := len(sections); (n == 0) != (section.Version == "") || n > 1 && semver.Compare(sections[n-1].Version, section.Version) <= 0 {
			return nil, fmt.Errorf("section %q is out of place: Unreleased comes first, then the newest version", match[1])
		}
		sections = append(sections, section)
	}
	if len(sections) == 0 {
		return nil, fmt.Errorf("there is no section")
	}
	return sections, nil
}

func titled(version, date string) (Section, error) {
	if version == "Unreleased" {
		return Section{}, nil
	}
	section := Section{Version: "v" + version}
	if semver.Canonical(section.Version) != section.Version {
		return section, fmt.Errorf("section %q is of no version", version)
	}
	if date == "" || date == "not released yet" {
		return section, nil
	}
	var err error
	if section.Date, err = time.Parse(time.DateOnly, date); err != nil {
		return section, fmt.Errorf("section %q has no date, nor \"not released yet\", but %q", version, date)
	}
	return section, nil
}

var (
	subheading = regexp.MustCompile(`(?m)^### (.+)$`)
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
)

// Breaks are the code spans below the headings "Changed (incompatible)" and "Removed": the names of what breaks.
func (s Section) Breaks() []string {
	var names []string
	starts := subheading.FindAllStringSubmatchIndex(s.Entries, -1)
	for i, at := range starts {
		end := len(s.Entries)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		switch s.Entries[at[2]:at[3]] {
		case "Changed (incompatible)", "Removed":
			for _, match := range codeSpan.FindAllStringSubmatch(s.Entries[at[1]:end], -1) {
				names = append(names, match[1])
			}
		}
	}
	return names
}
