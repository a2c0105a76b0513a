package check_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// machine has a Go toolchain, and of this repository only what can be downloaded: the working tree, tagged as a release.
type machine struct {
	*testing.T
	dir string
	env []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{T: t, dir: t.TempDir()}
	origin := filepath.Join(m.dir, "origin")
	git(t, ".", "init", "-q", "--bare", origin)
	for _, args := range [][]string{{"add", "-A"}, {"commit", "-q", "-m", "release"}, {"tag", version(t)}} {
		git(t, ".", append([]string{"--git-dir=" + origin, "--work-tree=."}, args...)...)
	}
	known, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, proxy, _ := strings.Cut(strings.TrimSpace(string(known)), "\n")
	// The cache of modules is its own, or this version would be in everybody's; the other modules come from there.
	m.env = append(os.Environ(), "GOMODCACHE="+filepath.Join(m.dir, "modules"), "GOPROXY=file://"+cache+"/cache/download,"+proxy,
		"GONOPROXY="+module, "GOPRIVATE=", "GOSUMDB=off", "GOWORK=off", "GOFLAGS=-modcacherw",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+origin+".insteadOf", "GIT_CONFIG_VALUE_0=https://"+module)
	return m
}

// run runs a command of the shell in the machine's program, and returns what it printed.
func (m *machine) run(command string) string {
	m.Helper()
	cmd := exec.CommandContext(m.Context(), "sh", "-euc", command)
	cmd.Dir, cmd.Env = filepath.Join(m.dir, "app"), m.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// In a module that downloads the SDK, every Example passes its tests, and the README's first program runs.
func TestConsumer(t *testing.T) {
	m := newMachine(t)
	examples, err := filepath.Glob("example*_test.go")
	if err != nil || len(examples) == 0 {
		t.Fatalf("got no Examples: %v", err)
	}
	for _, name := range append(examples, "examples/first/main.go") {
		mustWrite(t, filepath.Join(m.dir, "app", strings.TrimPrefix(name, "examples/")), mustRead(t, name))
	}
	for _, command := range []string{"go mod init example.com/app", "go get " + module + "@latest", "go mod tidy", "go test ./..."} {
		m.run(command)
	}
	if got, want := m.run("go run ./first"), "3 of 44 conferences\n"; !strings.HasPrefix(got, want) {
		t.Errorf("the first program printed %q, want it to begin with %q", got, want)
	}
	got, want := m.run("go list -m -f '{{.Version}} {{.Replace}} {{.Dir}}' "+module), version(t)+" <nil> "+m.dir
	if !strings.HasPrefix(got, want) {
		t.Errorf("the program uses the SDK %q, want %q", got, want)
	}

	download, err := zip.OpenReader(filepath.Join(m.dir, "modules/cache/download", module, "@v", version(t)+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer download.Close()
	missing, size := []string{"LICENSE", "README.md", "README.zh-CN.md", "CHANGELOG.md", "confopenapitest/server.go"}, uint64(0)
	for _, f := range download.File {
		name := strings.TrimPrefix(f.Name, module+"@"+version(t)+"/")
		missing = slices.DeleteFunc(missing, func(want string) bool { return want == name })
		size += f.CompressedSize64
		if regexp.MustCompile(`^(\.bin|bench|cmd/\w+|examples|internal/check|internal/e2e)/`).MatchString(name) {
			t.Errorf("the download has %s, which is of another module", name)
		}
	}
	if len(missing) > 0 || size > 2<<20 {
		t.Errorf("a download of %d bytes without %q, want at most 2 MB with all of them", size, missing)
	}
}
