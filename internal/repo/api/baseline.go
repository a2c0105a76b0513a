package api

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/confopenapi/confopenapi-go/internal/repo/changelog"
)

const baselineFile = "api/go.txt"

func baselinePath(root string) string { return filepath.Join(root, filepath.FromSlash(baselineFile)) }

const preamble = `# The exported Go API of %s. "make apidiff" fails when a line of it no longer holds; "make api" writes it at a release.
`

// A Baseline is what a release promised.
type Baseline struct {
	Version  string
	Features []Feature
}

// Gone are the features that are not there now, or not as they were.
func (b Baseline) Gone(now []Feature) []Feature { return without(b.Features, now) }

// Added are the features that are there now, or are different.
func (b Baseline) Added(now []Feature) []Feature { return without(now, b.Features) }

func without(features, others []Feature) []Feature {
	return slices.DeleteFunc(slices.Clone(features), func(f Feature) bool { return slices.Contains(others, f) })
}

func encode(b Baseline) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, preamble, b.Version)
	for _, f := range b.Features {
		fmt.Fprintf(&text, "%s\n", f)
	}
	return []byte(text.String())
}

// Read reads api/go.txt.
func Read(root string) (Baseline, error) {
	text, err := os.ReadFile(baselinePath(root))
	if err != nil {
		return Baseline{}, err
	}
	return Decode(string(text))
}

var (
	versionLine = regexp.MustCompile(`^# The exported Go API of (v[0-9.]+)\. `)
	featureLine = regexp.MustCompile(`^pkg (\w+), (.+)$`)
	// A feature's own name: of a method (Client) or (*Client), of a field after "struct, ", else the word after its kind.
	featureName = regexp.MustCompile(`^(?:method \(\*?(\w+)\) (\w+)|type (\w+) struct, (?:embedded \*?(?:.*\.)?)?(\w+)|(?:const|func|type|var) (\w+))`)
)

// Decode reads the text of api/go.txt.
func Decode(text string) (Baseline, error) {
	head := versionLine.FindStringSubmatch(text)
	if head == nil || semver.Canonical(head[1]) != head[1] {
		return Baseline{}, fmt.Errorf("%s does not begin with the version whose API it is", baselineFile)
	}
	b := Baseline{Version: head[1]}
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
		b.Features = append(b.Features, newFeature(match[1], strings.Join(parts, "."), match[2]))
	}
	if len(b.Features) == 0 {
		return b, fmt.Errorf("%s has no feature", baselineFile)
	}
	return b, nil
}

// named fails unless CHANGELOG.md says of everything that broke since a version that it did.
func named(root, since string, broken []Feature) error {
	sections, err := changelog.Read(root)
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
			unnamed = append(unnamed, fmt.Errorf("%s: %q", f.name, f.text))
		}
	}
	if len(unnamed) == 0 {
		return nil
	}
	return fmt.Errorf("incompatible, and not named below \"Changed (incompatible)\" or \"Removed\" in CHANGELOG.md:\n%w", errors.Join(unnamed...))
}
