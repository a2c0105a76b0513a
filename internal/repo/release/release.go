// Package release decides whether a version can be released, and makes its tag. It never pushes.
package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/confopenapi/confopenapi-go/internal/repo/api"
	"github.com/confopenapi/confopenapi-go/internal/repo/changelog"
	"github.com/confopenapi/confopenapi-go/internal/repo/tree"
)

// A Release is one that is wanted.
type Release struct {
	Root    string                      // of the repository
	Version string                      // as the tag will be: "v0.1.0"
	Confirm bool                        // make the tag; else only say so
	Check   func(context.Context) error // everything else that must hold
}

// Run refuses the release for every reason that there is; or says what it does, and does it if that is confirmed.
func (r Release) Run(ctx context.Context, out io.Writer) error {
	if semver.Canonical(r.Version) != r.Version || r.Version == "" || semver.Prerelease(r.Version) != "" {
		return fmt.Errorf("VERSION=%q is no semantic version such as v0.1.0", r.Version)
	}
	if major := semver.Major(r.Version); major != "v0" && major != "v1" {
		return fmt.Errorf("%s needs a module whose path ends in /%s", r.Version, major)
	}
	notes, noted := r.changelog()
	if err := errors.Join(r.state(ctx), r.tags(ctx), r.code(), noted, r.promise(ctx)); err != nil {
		return err
	}
	if err := r.Check(ctx); err != nil {
		return fmt.Errorf("make check: %w", err)
	}
	commit, err := r.git(ctx, "rev-parse", "HEAD")
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
	branch, err := r.git(ctx, "rev-parse", "--abbrev-ref", "HEAD")
	if err != nil {
		return err
	}
	changes, err := r.git(ctx, "status", "--porcelain")
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

func (r Release) tags(ctx context.Context) error {
	all, err := r.releases(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(all, r.Version) {
		return fmt.Errorf("tag %s exists, and a release never changes", r.Version)
	}
	if n := len(all); n > 0 && semver.Compare(all[n-1], r.Version) > 0 {
		return fmt.Errorf("%s is lower than the last release, %s", r.Version, all[n-1])
	}
	return nil
}

// releases are the tags of versions, the last one last.
func (r Release) releases(ctx context.Context) ([]string, error) {
	text, err := r.git(ctx, "tag", "--list", "v*")
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(strings.Fields(text), func(tag string) bool { return semver.Canonical(tag) != tag })
	semver.Sort(all)
	return all, nil
}

func (r Release) code() error {
	version, err := tree.Version(r.Root)
	if err != nil {
		return err
	}
	if version != r.Version {
		return fmt.Errorf("Version in client.go, which the User-Agent names, is that of %s", version)
	}
	return nil
}

// changelog is what CHANGELOG.md says of the version.
func (r Release) changelog() (string, error) {
	sections, err := changelog.Read(r.Root)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(sections, func(s changelog.Section) bool { return s.Version == r.Version })
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

// promise is what the release promises of the API, and whether it keeps what the last one promised.
func (r Release) promise(ctx context.Context) error {
	base, err := api.Read(r.Root)
	if err != nil {
		return err
	}
	now, err := api.Current(r.Root)
	if err != nil {
		return err
	}
	var errs []error
	if base.Version != r.Version || len(base.Gone(now)) > 0 || len(base.Added(now)) > 0 {
		errs = append(errs, fmt.Errorf("api/go.txt is not the API of %s: run make api", r.Version))
	}
	all, err := r.releases(ctx)
	if err != nil {
		return err
	}
	before := slices.DeleteFunc(all, func(tag string) bool { return semver.Compare(tag, r.Version) >= 0 })
	if len(before) == 0 {
		return errors.Join(errs...)
	}
	last := before[len(before)-1]
	text, err := r.git(ctx, "show", last+":api/go.txt")
	if err != nil {
		return err
	}
	promised, err := api.Decode(text)
	if err != nil {
		return fmt.Errorf("%s: %w", last, err)
	}
	if gone := promised.Gone(now); len(gone) > 0 && !MayBreak(last, r.Version) {
		errs = append(errs, fmt.Errorf("%s breaks what %s promised, so that it needs another number: %s", r.Version, last, gone[0]))
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

func (r Release) git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", r.Root}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}
