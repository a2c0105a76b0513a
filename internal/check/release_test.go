package check_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// newRepository is one whose v0.1.0 is released.
func newRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                 "module example.com/sdk\n\ngo 1.26\n",
		"client.go":              "package sdk\n\nconst Version = \"0.1.0\"\n\ntype Client struct{}\n\nfunc (c *Client) With(name string) {}\n",
		"confopenapitest/kit.go": "package confopenapitest\n\ntype Kit struct{ On bool }\n",
	} {
		mustWrite(t, filepath.Join(dir, name), text)
	}
	sh(t, dir, "git init -q -b main; git add -A; git commit -q -m work; git tag -a -m v0.1.0 v0.1.0; git tag vault")
	return dir
}

// aboutToRelease is one whose v0.2.0 is ready, with a "make check" that passes.
func aboutToRelease(t *testing.T) string {
	t.Helper()
	dir := newRepository(t)
	mustWrite(t, filepath.Join(dir, "Makefile"), "check:\n\t@echo checked\n")
	mustWrite(t, filepath.Join(dir, "CHANGELOG.md"), "## [Unreleased]\n\n## [0.2.0] - 2026-02-28\n\n### Added\n\n- `Do`.\n\n## [0.1.0] - 2026-01-31\n\n- All.\n")
	sh(t, dir, "sed -i s/0.1.0/0.2.0/ client.go; git add -A; git commit -q -m work")
	return dir
}

func release(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	script, err := filepath.Abs("internal/check/release.sh")
	if err != nil {
		t.Fatal(err)
	}
	return execute(t, dir, script, args...)
}

func TestReleaseRefusals(t *testing.T) {
	const commit = "; git commit -qam work"
	for name, tt := range map[string]struct{ version, before, want string }{
		"no v":                 {version: "0.2.0", want: "no version"},
		"empty":                {version: " ", want: "no version"},
		"candidate":            {version: "v0.2.0-rc.1", want: "no version"},
		"leading zero":         {version: "v0.02.0", want: "no version"},
		"other module":         {version: "v2.0.0", want: "no version"},
		"lower":                {version: "v0.0.9", want: "lower than the last release"},
		"tagged":               {before: "git tag v0.2.0", want: "tag v0.2.0 exists"},
		"other branch":         {before: "git switch -q -c work", want: "of branch main"},
		"no branch":            {before: "git switch -q --detach", want: "of branch main"},
		"uncommitted file":     {before: "touch new.txt", want: "not committed is not released"},
		"code's version":       {version: "v0.3.0", want: "Version in client.go"},
		"no section":           {version: "v0.3.0", want: "is not v0.3.0"},
		"no date":              {before: "sed -i 's/2026-02-28/not released yet/' CHANGELOG.md" + commit, want: "day of the release"},
		"no entries":           {before: "sed -i '/Added/d;/Do/d' CHANGELOG.md" + commit, want: "says nothing of v0.2.0"},
		"something unreleased": {before: "sed -i 's/^## .Unreleased./&\\n\\n- More./' CHANGELOG.md" + commit, want: "below Unreleased"},
		"later section":        {before: "sed -i 's/^## .0.2.0/## [0.3.0]\\n\\n&/' CHANGELOG.md" + commit, want: "is not v0.2.0"},
		"failing check":        {before: "sed -i s/echo.checked/false/ Makefile" + commit, want: "Error 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := aboutToRelease(t)
			if tt.version == "" {
				tt.version = "v0.2.0"
			}
			sh(t, dir, tt.before)
			before := git(t, dir, "tag")
			if out, err := release(t, dir, tt.version, "yes"); err == nil || !strings.Contains(out, tt.want) {
				t.Errorf("got %v, %s; want a refusal with %q", err, out, tt.want)
			}
			if after := git(t, dir, "tag"); after != before {
				t.Errorf("got the tags %q, want %q as before", after, before)
			}
		})
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	dir := aboutToRelease(t)
	if out, err := release(t, dir, "v0.2.0"); err != nil || !strings.Contains(out, "checked") || !strings.Contains(out, "- `Do`.") {
		t.Fatalf("got %v, %s; want the check and the notes", err, out)
	}
	if tags := git(t, dir, "tag", "--list", "v0*"); tags != "v0.1.0" {
		t.Fatalf("got the tags %q without a confirmation, want v0.1.0 alone", tags)
	}
	if out, err := release(t, dir, "v0.2.0", "yes"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := git(t, dir, "for-each-ref", "--format=%(objecttype) %(*objectname) %(contents)", "refs/tags/v0.2.0")
	if want := "tag " + git(t, dir, "rev-parse", "HEAD") + " v0.2.0\n\n### Added\n\n- `Do`."; got != want {
		t.Errorf("got the tag %q, want %q", got, want)
	}
}
