package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/confopenapi/confopenapi-go/internal/repo/changelog"
)

const baselineFile = "api/go.txt"

const preamble = `# The exported Go API of %s. "make apidiff" fails when a line of it no longer holds; "make api" writes it at a release.
`

// baseline is what a release promised.
type baseline struct {
	version  string
	features []feature
}

func encode(b baseline) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, preamble, b.version)
	for _, f := range b.features {
		fmt.Fprintf(&text, "%s\n", f)
	}
	return []byte(text.String())
}

func (r repository) baseline() (baseline, error) {
	text, err := os.ReadFile(r.path(baselineFile))
	if err != nil {
		return baseline{}, err
	}
	return decode(string(text))
}

var (
	versionLine = regexp.MustCompile(`^# The exported Go API of (v[0-9.]+)\. `)
	featureLine = regexp.MustCompile(`^pkg (\w+), (.+)$`)
	// A feature's own name: of a method (Client) or (*Client), of a field after "struct, ", else the word after its kind.
	featureName = regexp.MustCompile(`^(?:method \(\*?(\w+)\) (\w+)|type (\w+) struct, (?:embedded \*?(?:.*\.)?)?(\w+)|(?:const|func|type|var) (\w+))`)
)

func decode(text string) (baseline, error) {
	head := versionLine.FindStringSubmatch(text)
	if head == nil || semver.Canonical(head[1]) != head[1] {
		return baseline{}, fmt.Errorf("%s does not begin with the version whose API it is", baselineFile)
	}
	b := baseline{version: head[1]}
	for line := range strings.Lines(text[strings.Index(text, "\n")+1:]) {
		match := featureLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if match == nil {
			return b, fmt.Errorf("%s: %q is no feature", baselineFile, line)
		}
		name := featureName.FindStringSubmatch(match[2])
		if name == nil {
			return b, fmt.Errorf("%s: %q is no feature", baselineFile, line)
		}
		parts := slices.DeleteFunc(name[1:], func(part string) bool { return part == "" })
		b.features = append(b.features, newFeature(match[1], strings.Join(parts, "."), match[2]))
	}
	if len(b.features) == 0 {
		return b, fmt.Errorf("%s has no feature", baselineFile)
	}
	return b, nil
}

var versionConst = regexp.MustCompile(`(?m)^const Version = "(.+)"$`)

// version is what the SDK says of itself, also in its User-Agent.
func (r repository) version() (string, error) {
	code, err := os.ReadFile(r.path("client.go"))
	if err != nil {
		return "", err
	}
	match := versionConst.FindSubmatch(code)
	if match == nil {
		return "", errors.New("client.go has no Version")
	}
	return "v" + string(match[1]), nil
}

func (r repository) changelog() ([]changelog.Section, error) {
	text, err := os.ReadFile(r.path("CHANGELOG.md"))
	if err != nil {
		return nil, err
	}
	sections, err := changelog.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("CHANGELOG.md: %w", err)
	}
	return sections, nil
}

// named fails unless CHANGELOG.md says of everything that broke since a version that it did.
func (r repository) named(since string, broken []feature) error {
	sections, err := r.changelog()
	if err != nil {
		return err
	}
	var names []string
	for _, s := range sections {
		if s.Version == "" || semver.Compare(s.Version, since) > 0 {
			names = append(names, s.Breaks()...)
		}
	}
	var unnamed []error
	for _, f := range broken {
		if !slices.Contains(names, f.name) {
			unnamed = append(unnamed, fmt.Errorf("%s: was %q", f.name, f))
		}
	}
	if len(unnamed) == 0 {
		return nil
	}
	return fmt.Errorf("incompatible, and not named below \"Changed (incompatible)\" or \"Removed\" in CHANGELOG.md:\n%w", errors.Join(unnamed...))
}
