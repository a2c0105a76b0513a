package release_test

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/repo/api"
	"github.com/confopenapi/confopenapi-go/internal/repo/release"
)

const (
	code = "package confopenapi\n\nconst Version = \"0.2.0\"\n\nfunc Do() {}\n"
	log  = "# Changes\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-28\n\n### Added\n\n- `Do`.\n\n## [0.1.0] - 2026-01-31\n"
)

// repo is a repository that has released v0.1.0, and is about to release v0.2.0.
func repo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	write(t, dir, "go.mod", "module example.com/sdk\n\ngo 1.26\n")
	write(t, dir, "confopenapitest/kit.go", "package confopenapitest\n")
	write(t, dir, "CHANGELOG.md", "## [Unreleased]\n\n## [0.1.0] - 2026-01-31\n")
	commit(t, dir, strings.Replace(code, "0.2.0", "0.1.0", 1))
	git(t, dir, "tag", "-a", "-m", "v0.1.0", "v0.1.0")
	git(t, dir, "tag", "vault") // is no version
	write(t, dir, "CHANGELOG.md", log)
	commit(t, dir, code)
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// commit commits all, with that code and with its API.
func commit(t *testing.T, dir, code string) {
	t.Helper()
	write(t, dir, "client.go", code)
	write(t, dir, "api/.keep", "")
	if err := api.Write(dir, t.Output()); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "work")
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

func well(context.Context) error { return nil }

func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		version string    // v0.2.0 if empty
		git     string    // what git is told before
		edit    [3]string // of a file, an old text and a new one: that is committed
		touch   string    // a new file, which is not
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
		"no date":              {edit: [3]string{"CHANGELOG.md", "2026-02-28", "not released yet"}, want: "on which day"},
		"nothing said":         {edit: [3]string{"CHANGELOG.md", "### Added\n\n- `Do`.\n", ""}, want: "says nothing of v0.2.0"},
		"something unreleased": {edit: [3]string{"CHANGELOG.md", "ed]\n", "ed]\n\n- More.\n"}, want: "below Unreleased"},
		"a later section":      {edit: [3]string{"CHANGELOG.md", "## [0.2.0]", "## [0.3.0]\n\n## [0.2.0]"}, want: "a later version"},
		"an old list":          {edit: [3]string{"client.go", "func Do", "func More() {}\n\nfunc Do"}, want: "run make api"},
		"a list of another":    {edit: [3]string{"api/go.txt", "v0.2.0", "v0.1.0"}, want: "run make api"},
		"a check that fails":   {check: errors.New("red"), want: "make check: red"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := repo(t)
			if tt.git != "" {
				git(t, dir, strings.Fields(tt.git)...)
			}
			if name := tt.edit[0]; name != "" {
				text, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				write(t, dir, name, strings.Replace(string(text), tt.edit[1], tt.edit[2], 1))
				git(t, dir, "commit", "-q", "-a", "-m", "edit")
			}
			if tt.touch != "" {
				write(t, dir, tt.touch, "")
			}
			refused(t, release.Release{Root: dir, Version: cmp.Or(tt.version, "v0.2.0"), Check: func(context.Context) error { return tt.check }}, tt.want)
		})
	}
}

func TestABreakNeedsAMinorVersion(t *testing.T) {
	dir := repo(t)
	write(t, dir, "CHANGELOG.md", strings.Replace(log, "0.2.0", "0.1.1", 1))
	commit(t, dir, strings.NewReplacer("0.2.0", "0.1.1", "Do", "Undo").Replace(code))
	refused(t, release.Release{Root: dir, Version: "v0.1.1", Check: well}, "v0.1.1 breaks what v0.1.0 promised")
}

// refused confirms a release, which must be refused all the same.
func refused(t *testing.T, r release.Release, want string) {
	t.Helper()
	r.Confirm = true
	before := git(t, r.Root, "tag")
	err := r.Run(t.Context(), t.Output())
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, which does not say %q", err, want)
	}
	t.Log(err)
	if after := git(t, r.Root, "tag"); after != before {
		t.Errorf("it is tagged all the same: %s", after)
	}
}

// A break is well if the minor number says so.
func TestRun(t *testing.T) {
	dir := repo(t)
	write(t, dir, "CHANGELOG.md", strings.Replace(log, "2026-02-28", "not released yet", 1))
	commit(t, dir, strings.Replace(code, "Do", "Undo", 1))
	write(t, dir, "CHANGELOG.md", log)
	git(t, dir, "commit", "-q", "-a", "-m", "Release v0.2.0")
	r := release.Release{Root: dir, Version: "v0.2.0", Check: well}
	if err := r.Run(t.Context(), t.Output()); err != nil {
		t.Fatal(err)
	}
	if tags := git(t, dir, "tag", "--list", "v0*"); tags != "v0.1.0" {
		t.Fatalf("it was not confirmed, and there are %s", tags)
	}
	r.Confirm = true
	t.Setenv("GIT_COMMITTER_NAME", "test")
	t.Setenv("GIT_COMMITTER_EMAIL", "test@example.com")
	if err := r.Run(t.Context(), t.Output()); err != nil {
		t.Fatal(err)
	}
	if kind := git(t, dir, "cat-file", "-t", "v0.2.0"); kind != "tag" {
		t.Errorf("v0.2.0 is a %s, and has no annotation", kind)
	}
	if of, head := git(t, dir, "rev-parse", "v0.2.0^{commit}"), git(t, dir, "rev-parse", "HEAD"); of != head {
		t.Errorf("v0.2.0 is of %s, not of %s", of, head)
	}
	if text := git(t, dir, "tag", "--list", "--format=%(contents)", "v0.2.0"); text != "v0.2.0\n\n### Added\n\n- `Do`." {
		t.Errorf("it says %q", text)
	}
}

func TestMayBreak(t *testing.T) {
	for numbers, want := range map[[2]string]bool{
		{"v0.1.0", "v0.1.1"}: false,
		{"v0.1.9", "v0.2.0"}: true,
		{"v0.9.0", "v1.0.0"}: true,
		{"v1.0.0", "v1.1.0"}: false,
	} {
		if got := release.MayBreak(numbers[0], numbers[1]); got != want {
			t.Errorf("%v: %v", numbers, got)
		}
	}
}
