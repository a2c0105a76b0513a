// Package api keeps what programs may rely on: the exported API of the SDK and of its kit for tests, as it was in the last
// release. That is written in api/go.txt, one line a feature, so that it is there in every clone, with tags or without.
package api

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/confopenapi/confopenapi-go/internal/repo/changelog"
	"github.com/confopenapi/confopenapi-go/internal/repo/tree"
)

// Check fails if something of the baseline is gone or is different, and CHANGELOG.md does not name it.
func Check(root string, out io.Writer) error {
	base, err := Read(root)
	if err != nil {
		return err
	}
	now, err := Current(root)
	if err != nil {
		return err
	}
	gone, added := base.Gone(now), base.Added(now)
	fmt.Fprintf(out, "%d features of %s: %d are gone or different, %d were added\n", len(base.Features), base.Version, len(gone), len(added))
	return named(root, base.Version, gone)
}

// Breaks reads what apidiff -incompatible printed of the changes since a tag, such as "- (*Client).With: removed", and fails
// as Check does.
func Breaks(root, tag string, in io.Reader, out io.Writer) error {
	if semver.Canonical(tag) != tag {
		return fmt.Errorf("%q is no tag of a version", tag)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var broken []Feature
	for line := range strings.Lines(string(text)) {
		name, what, found := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "- ")), ": ")
		if !strings.HasPrefix(line, "- ") || !found || name == "Version" && strings.HasPrefix(what, "value changed") {
			continue
		}
		name = strings.NewReplacer("(*", "", ")", "", "./", "").Replace(name)
		broken = append(broken, Feature{pkg: "apidiff", name: name, text: strings.TrimSpace(line[2:])})
	}
	fmt.Fprintf(out, "apidiff: %d incompatible changes since %s\n", len(broken), tag)
	return named(root, tag, broken)
}

// Write writes api/go.txt anew, for the version that client.go says. It does not do so for one that is released.
func Write(root string, out io.Writer) error {
	version, err := tree.Version(root)
	if err != nil {
		return err
	}
	sections, err := changelog.Read(root)
	if err != nil {
		return err
	}
	base, err := Read(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, s := range sections {
		if s.Version == version && base.Version == version && !s.Date.IsZero() {
			return fmt.Errorf("CHANGELOG.md says when %s was released, and what that promised stays: raise Version in client.go", version)
		}
	}
	now, err := Current(root)
	if err != nil {
		return err
	}
	if err := os.WriteFile(baselinePath(root), encode(Baseline{version, now}), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d features of %s\n", baselineFile, len(now), version)
	return nil
}
