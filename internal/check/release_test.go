package check_test

import (
	"cmp"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/check"
)

const log = "# Changes\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-28\n\n### Added\n\n- `Do`.\n\n## [0.1.0] - 2026-01-31\n"

// newRepository is one that has released v0.1.0.
func newRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	write := func(name, text string) { t.Helper(); mustWrite(t, filepath.Join(dir, name), text) }
	write("go.mod", "module example.com/sdk\n\ngo 1.26\n")
	write("client.go", sdk)
	write("confopenapitest/kit.go", kit)
	write("CHANGELOG.md", "# Changes\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-31\n")
	commit(t, dir)
	git(t, dir, "tag", "-a", "-m", "v0.1.0", "v0.1.0")
	git(t, dir, "tag", "vault") // is no version
	return dir
}

func commit(t *testing.T, dir string) {
	t.Helper()
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "work")
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// aboutToRelease is one whose next version is ready.
func aboutToRelease(t *testing.T, version, code, changes string) string {
	t.Helper()
	dir := newRepository(t)
	mustWrite(t, filepath.Join(dir, "client.go"), strings.Replace(code, "0.1.0", version, 1))
	mustWrite(t, filepath.Join(dir, "CHANGELOG.md"), changes)
	commit(t, dir)
	return dir
}

func well(context.Context) error { return nil }

func TestReleaseRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		version string    // v0.2.0 if empty
		git     string    // what git is told before
		edit    [2]string // of CHANGELOG.md: an old text and a new one
		touch   string    // a file that is not committed
		check   error     // what make check comes to
		want    string
	}{
		"no version":           {version: "0.2.0", want: "no semantic version"},
		"an empty version":     {version: " ", want: "no semantic version"},
		"half a version":       {version: "v0.2", want: "no semantic version"},
		"a candidate":          {version: "v0.2.0-rc.1", want: "no semantic version"},
		"another module":       {version: "v2.0.0", want: "path ends in /v2"},
		"a lower version":      {version: "v0.0.9", want: "lower than the last release, v0.1.0"},
		"a tag that exists":    {git: "tag v0.2.0", want: "tag v0.2.0 exists"},
		"another branch":       {git: "switch -q -c work", want: "this is work"},
		"no branch":            {git: "switch -q --detach", want: "branch main"},
		"a file more":          {touch: "new.txt", want: "not committed is not released"},
		"the code's version":   {version: "v0.3.0", want: "is that of v0.2.0"},
		"no section":           {version: "v0.3.0", want: "no section of v0.3.0"},
		"no date":              {edit: [2]string{"2026-02-28", "not released yet"}, want: "on which day"},
		"nothing said":         {edit: [2]string{"### Added\n\n- `Do`.\n", ""}, want: "says nothing of v0.2.0"},
		"something unreleased": {edit: [2]string{"ed]\n", "ed]\n\n- More.\n"}, want: "below Unreleased"},
		"a later section":      {edit: [2]string{"## [0.2.0]", "## [0.3.0]\n\n## [0.2.0]"}, want: "a later version"},
		"a check that fails":   {check: errors.New("red"), want: "make check: red"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := aboutToRelease(t, "0.2.0", sdk, strings.Replace(log, tt.edit[0], tt.edit[1], 1))
			if tt.git != "" {
				git(t, dir, strings.Fields(tt.git)...)
			}
			if tt.touch != "" {
				mustWrite(t, filepath.Join(dir, tt.touch), "")
			}
			refused(t, check.Release{Root: dir, Version: cmp.Or(tt.version, "v0.2.0"), Check: func(context.Context) error { return tt.check }}, tt.want)
		})
	}
}

func TestReleaseThatBreaksNeedsAMinorVersion(t *testing.T) {
	dir := aboutToRelease(t, "0.1.1", strings.Replace(sdk, "With(", "Without(", 1), strings.Replace(log, "0.2.0", "0.1.1", 1))
	refused(t, check.Release{Root: dir, Version: "v0.1.1", Check: well}, "v0.1.1 breaks what v0.1.0 promised")
}

// refused confirms a release, which must be refused all the same.
func refused(t *testing.T, r check.Release, want string) {
	t.Helper()
	r.Confirm = true
	before := git(t, r.Root, "tag")
	if err := r.Run(t.Context(), t.Output()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if after := git(t, r.Root, "tag"); after != before {
		t.Errorf("it is tagged all the same: %s", after)
	}
}

func TestReleaseRun(t *testing.T) {
	dir := aboutToRelease(t, "0.2.0", strings.Replace(sdk, "With(", "Without(", 1), log)
	r := check.Release{Root: dir, Version: "v0.2.0", Check: well}
	if err := r.Run(t.Context(), t.Output()); err != nil {
		t.Fatal(err)
	}
	if tags := git(t, dir, "tag", "--list", "v0*"); tags != "v0.1.0" {
		t.Fatalf("without a confirmation: tags %s, want v0.1.0 alone", tags)
	}
	r.Confirm = true
	t.Setenv("GIT_COMMITTER_NAME", "test")
	t.Setenv("GIT_COMMITTER_EMAIL", "test@example.com")
	if err := r.Run(t.Context(), t.Output()); err != nil {
		t.Fatal(err)
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

func TestMayBreak(t *testing.T) {
	for numbers, want := range map[[2]string]bool{
		{"v0.1.0", "v0.1.1"}: false, {"v0.1.9", "v0.2.0"}: true, {"v0.9.0", "v1.0.0"}: true, {"v1.0.0", "v1.1.0"}: false,
	} {
		if got := check.MayBreak(numbers[0], numbers[1]); got != want {
			t.Errorf("%v: got %v, want %v", numbers, got, want)
		}
	}
}
