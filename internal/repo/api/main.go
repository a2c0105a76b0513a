// Command api keeps what programs may rely on: the exported API of the SDK and of its kit for tests, as it was in the last
// release. That is written in api/go.txt, one line a feature, so that it is there in every clone, with tags or without.
//
//	api check ROOT        fails if something of it is gone or is different, and CHANGELOG.md does not name it
//	api breaks ROOT TAG   reads what apidiff -incompatible printed of the changes since a tag, and fails likewise
//	api write ROOT        writes api/go.txt anew, for the version that client.go says; not for one that is released
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	switch {
	case len(args) == 2 && args[0] == "check":
		return repository(args[1]).check(out)
	case len(args) == 3 && args[0] == "breaks":
		return repository(args[1]).breaks(args[2], in, out)
	case len(args) == 2 && args[0] == "write":
		return repository(args[1]).write(out)
	}
	return errors.New("usage: api check ROOT, api breaks ROOT TAG, or api write ROOT")
}

// repository is the folder of the SDK's module.
type repository string

func (r repository) path(elem ...string) string {
	return filepath.Join(append([]string{string(r)}, elem...)...)
}

// current is the API of the working tree.
func (r repository) current() ([]feature, error) {
	return exported(string(r), ".", "./confopenapitest")
}

func (r repository) check(out io.Writer) error {
	base, err := r.baseline()
	if err != nil {
		return err
	}
	now, err := r.current()
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(base.features), func(f feature) bool { return slices.Contains(now, f) })
	added := slices.DeleteFunc(slices.Clone(now), func(f feature) bool { return slices.Contains(base.features, f) })
	fmt.Fprintf(out, "%d features of %s: %d are gone or different, %d were added\n", len(base.features), base.version, len(missing), len(added))
	return r.named(base.version, missing)
}

// breaks reads lines such as "- Client.With: removed", each below a line with the package.
func (r repository) breaks(tag string, in io.Reader, out io.Writer) error {
	if semver.Canonical(tag) != tag {
		return fmt.Errorf("%q is no tag of a version", tag)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var broken []feature
	for line := range strings.Lines(string(text)) {
		name, what, found := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "- ")), ": ")
		if !strings.HasPrefix(line, "- ") || !found || name == "Version" && strings.HasPrefix(what, "value changed") {
			continue
		}
		name = strings.NewReplacer("(*", "", ")", "", "./", "").Replace(name)
		broken = append(broken, feature{pkg: "apidiff", name: name, text: strings.TrimSpace(line[2:])})
	}
	fmt.Fprintf(out, "apidiff: %d incompatible changes since %s\n", len(broken), tag)
	return r.named(tag, broken)
}

func (r repository) write(out io.Writer) error {
	version, err := r.version()
	if err != nil {
		return err
	}
	sections, err := r.changelog()
	if err != nil {
		return err
	}
	base, err := r.baseline()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, s := range sections {
		if s.Version == version && base.version == version && !s.Date.IsZero() {
			return fmt.Errorf("CHANGELOG.md says when %s was released, and what that promised stays: raise Version in client.go", version)
		}
	}
	now, err := r.current()
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.path(baselineFile), encode(baseline{version, now}), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d features of %s\n", baselineFile, len(now), version)
	return nil
}
