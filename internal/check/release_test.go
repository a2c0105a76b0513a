package check_test

import (
	"cmp"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const notes = "# Changes\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-28\n\n### Added\n\n- `Do`.\n\n## [0.1.0] - 2026-01-31\n\n- All.\n"

// newRepository is one that has released v0.1.0.
func newRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	commit(t, dir, "go.mod", "module example.com/sdk\n\ngo 1.26\n")
	commit(t, dir, "client.go", sdk)
	commit(t, dir, "confopenapitest/kit.go", kit)
	git(t, dir, "tag", "-a", "-m", "v0.1.0", "v0.1.0")
	git(t, dir, "tag", "vault") // is no version
	return dir
}

func commit(t *testing.T, dir, name, text string) {
	t.Helper()
	mustWrite(t, filepath.Join(dir, name), text)
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "work")
}

// aboutToRelease is one whose v0.2.0 is ready, and where "make check" says that it is well.
func aboutToRelease(t *testing.T, changelog string) string {
	t.Helper()
	dir := newRepository(t)
	commit(t, dir, "client.go", strings.Replace(sdk, "0.1.0", "0.2.0", 1))
	commit(t, dir, "Makefile", "check:\n\t@echo checked\n")
	commit(t, dir, "CHANGELOG.md", changelog)
	return dir
}

func release(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	script, err := filepath.Abs("internal/check/release.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), script, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.com", "MAKEFLAGS=", "MAKELEVEL=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestReleaseRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		version string    // v0.2.0 if empty
		git     string    // what git is told before
		edit    [2]string // of CHANGELOG.md: an old text and a new one
		file    string    // one that is not committed
		red     bool      // make check fails
		want    string
	}{
		"no version":           {version: "0.2.0", want: "no version"},
		"an empty version":     {version: " ", want: "no version"},
		"half a version":       {version: "v0.2", want: "no version"},
		"a candidate":          {version: "v0.2.0-rc.1", want: "no version"},
		"a leading zero":       {version: "v0.02.0", want: "no version"},
		"another module":       {version: "v2.0.0", want: "no version"},
		"a lower version":      {version: "v0.0.9", want: "lower than the last release"},
		"a tag that exists":    {git: "tag v0.2.0", want: "tag v0.2.0 exists"},
		"another branch":       {git: "switch -q -c work", want: "of branch main"},
		"no branch":            {git: "switch -q --detach", want: "of branch main"},
		"a file more":          {file: "new.txt", want: "not committed is not released"},
		"the code's version":   {version: "v0.3.0", want: "Version in client.go"},
		"no section":           {version: "v0.3.0", want: "is not v0.3.0"},
		"no date":              {edit: [2]string{"2026-02-28", "not released yet"}, want: "day of the release"},
		"nothing said":         {edit: [2]string{"### Added\n\n- `Do`.\n", ""}, want: "says nothing of v0.2.0"},
		"something unreleased": {edit: [2]string{"ed]\n", "ed]\n\n- More.\n"}, want: "below Unreleased"},
		"a later section":      {edit: [2]string{"## [0.2.0]", "## [0.3.0]\n\n## [0.2.0]"}, want: "is not v0.2.0"},
		"a check that fails":   {red: true, want: "Error 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := aboutToRelease(t, strings.Replace(notes, tt.edit[0], tt.edit[1], 1))
			if tt.git != "" {
				git(t, dir, strings.Fields(tt.git)...)
			}
			if tt.file != "" {
				mustWrite(t, filepath.Join(dir, tt.file), "")
			}
			if tt.red {
				commit(t, dir, "Makefile", "check:\n\t@false\n")
			}
			before := git(t, dir, "tag")
			if out, err := release(t, dir, cmp.Or(tt.version, "v0.2.0"), "yes"); err == nil || !strings.Contains(out, tt.want) {
				t.Errorf("got %v, %s; want %q", err, out, tt.want)
			}
			if after := git(t, dir, "tag"); after != before {
				t.Errorf("it is tagged all the same: %s", after)
			}
		})
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	dir := aboutToRelease(t, notes)
	if out, err := release(t, dir, "v0.2.0"); err != nil || !strings.Contains(out, "checked") || !strings.Contains(out, "- `Do`.") {
		t.Fatalf("%v: %s", err, out)
	}
	if tags := git(t, dir, "tag", "--list", "v0*"); tags != "v0.1.0" {
		t.Fatalf("without a confirmation: tags %s, want v0.1.0 alone", tags)
	}
	if out, err := release(t, dir, "v0.2.0", "yes"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if kind := git(t, dir, "cat-file", "-t", "v0.2.0"); kind != "tag" {
		t.Errorf("v0.2.0 is a %s, want an annotated tag", kind)
	}
	if of, head := git(t, dir, "rev-parse", "v0.2.0^{commit}"), git(t, dir, "rev-parse", "HEAD"); of != head {
		t.Errorf("v0.2.0 is of %s, want %s", of, head)
	}
	if text, want := git(t, dir, "tag", "--list", "--format=%(contents)", "v0.2.0"), "v0.2.0\n\n### Added\n\n- `Do`."; text != want {
		t.Errorf("the tag says %q, want %q", text, want)
	}
}
