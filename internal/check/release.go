package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// A Release is a wanted tag of a version.
type Release struct {
	Root    string                      // of the repository
	Version string                      // as the tag will be: "v0.1.0"
	Confirm bool                        // make the tag; else only say whether it can be made
	Check   func(context.Context) error // everything else that must hold
}

// Run reports all reasons against the release at once; or makes its tag, if that is confirmed. It never pushes.
func (r Release) Run(ctx context.Context, out io.Writer) error {
	if semver.Canonical(r.Version) != r.Version || r.Version == "" || semver.Prerelease(r.Version) != "" {
		return fmt.Errorf("VERSION=%q is no semantic version such as v0.1.0", r.Version)
	}
	if major := semver.Major(r.Version); major != "v0" && major != "v1" {
		return fmt.Errorf("%s needs a module whose path ends in /%s", r.Version, major)
	}
	notes, noted := r.notes()
	if err := errors.Join(r.state(ctx), r.number(ctx), noted); err != nil {
		return err
	}
	if err := r.Check(ctx); err != nil {
		return fmt.Errorf("make check: %w", err)
	}
	commit, err := git(ctx, r.Root, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	if !r.Confirm {
		fmt.Fprintf(out, "%s can be released. With CONFIRM=yes this makes its tag, at %s:\n\n%s\n", r.Version, commit, notes)
		return nil
	}
	tag := exec.CommandContext(ctx, "git", "-C", r.Root, "tag", "-a", "--cleanup=verbatim", "-F", "-", r.Version)
	tag.Stdin = strings.NewReader(r.Version + "\n\n" + notes)
	if text, err := tag.CombinedOutput(); err != nil {
		return fmt.Errorf("git tag: %w: %s", err, text)
	}
	fmt.Fprintf(out, "%s is tagged, at %s. It is released when you push it: git push origin main %s\n", r.Version, commit, r.Version)
	return nil
}

// state is that of the working tree.
func (r Release) state(ctx context.Context) error {
	branch, err := git(ctx, r.Root, "rev-parse", "--abbrev-ref", "HEAD")
	if err != nil {
		return err
	}
	changes, err := git(ctx, r.Root, "status", "--porcelain")
	if err != nil {
		return err
	}
	var errs []error
	if branch != "main" {
		errs = append(errs, fmt.Errorf("releases are of branch main, and this is %s", branch))
	}
	if changes != "" {
		errs = append(errs, fmt.Errorf("what is not committed is not released:\n%s", changes))
	}
	return errors.Join(errs...)
}

// number says whether the version follows from the last release and from what broke since, and is the code's.
func (r Release) number(ctx context.Context) error {
	inCode, err := Version(r.Root)
	if err != nil {
		return err
	}
	tags, err := Tags(ctx, r.Root)
	if err != nil {
		return err
	}
	var errs []error
	if inCode != r.Version {
		errs = append(errs, fmt.Errorf("Version in client.go, which the User-Agent names, is that of %s", inCode))
	}
	if len(tags) == 0 {
		return errors.Join(errs...)
	}
	switch last := tags[len(tags)-1]; {
	case slices.Contains(tags, r.Version):
		errs = append(errs, fmt.Errorf("tag %s exists, and a release never changes", r.Version))
	case semver.Compare(last, r.Version) > 0:
		errs = append(errs, fmt.Errorf("%s is lower than the last release, %s", r.Version, last))
	case !MayBreak(last, r.Version):
		breaks, err := Breaks(ctx, r.Root, last)
		if err == nil && len(breaks) > 0 {
			err = fmt.Errorf("%s breaks what %s promised, so that it needs another number: %s", r.Version, last, breaks[0].Text)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// MayBreak says whether the numbers announce that something breaks: before v1, by the minor one.
func MayBreak(last, next string) bool {
	if semver.Major(next) == "v0" {
		return semver.MajorMinor(last) != semver.MajorMinor(next)
	}
	return semver.Major(last) != semver.Major(next)
}

// notes is what CHANGELOG.md says of the version.
func (r Release) notes() (string, error) {
	sections, err := ReadChangelog(r.Root)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(sections, func(s Section) bool { return s.Version == r.Version })
	switch {
	case strings.TrimSpace(sections[0].Entries) != "":
		return "", errors.New("CHANGELOG.md has entries below Unreleased: they belong to this version")
	case i < 0:
		return "", fmt.Errorf("CHANGELOG.md has no section of %s", r.Version)
	case i != 1:
		return "", fmt.Errorf("CHANGELOG.md has a later version than %s", r.Version)
	case sections[i].Date.IsZero():
		return "", fmt.Errorf("CHANGELOG.md does not say on which day %s is released", r.Version)
	}
	notes := strings.TrimSpace(sections[i].Entries)
	if notes == "" {
		return "", fmt.Errorf("CHANGELOG.md says nothing of %s", r.Version)
	}
	return notes + "\n", nil
}
