package check_test

import (
	"archive/zip"
	"cmp"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	modpath "golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

// published are the folders of the modules that people download. A tool that is to be installed with "go install" is one
// more of them, and a command more in TestConsumer.
var published = []string{"."}

// A machine has a Go toolchain, and of this repository only what can be downloaded: the working tree, as a release will be.
type machine struct {
	*testing.T
	dir, version string
	env          []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{T: t, dir: t.TempDir(), version: version(t)}
	files := tracked(t)
	for _, folder := range published {
		m.publish(folder, files)
	}
	known, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, next, _ := strings.Cut(strings.TrimSpace(string(known)), "\n")
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	m.env = append(os.Environ(),
		// Its own cache of modules, or this version would be in everybody's; the other modules come from there.
		"GOMODCACHE="+filepath.Join(m.dir, "modules"), "GOPROXY=file://"+filepath.ToSlash(filepath.Join(m.dir, "proxy"))+
			",file://"+filepath.ToSlash(filepath.Join(cache, "cache", "download"))+","+next,
		"GOSUMDB=off", "GONOPROXY=none", "GOPRIVATE=", "GOWORK=off", "GOFLAGS=-modcacherw",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+filepath.ToSlash(root)+".insteadOf", "GIT_CONFIG_VALUE_0=https://"+module,
	)
	return m
}

// publish puts the module of a folder on the machine's proxy, and fails if the go command would refuse the download.
func (m *machine) publish(folder string, files []string) {
	m.Helper()
	mod := modpath.Version{Path: path.Join(module, folder), Version: m.version}
	var inside []modzip.File // modzip leaves out those of nested modules
	for _, name := range files {
		if within, err := filepath.Rel(folder, name); err == nil && filepath.IsLocal(within) {
			inside = append(inside, file{folder, filepath.ToSlash(within)})
		}
	}
	info, err := json.Marshal(map[string]any{"Version": m.version, "Time": time.Now().UTC()})
	if err != nil {
		m.Fatal(err)
	}
	goMod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		m.Fatal(err)
	}
	base := filepath.Dir(m.zip(folder))
	mustWrite(m.T, filepath.Join(base, "list"), m.version+"\n")
	mustWrite(m.T, filepath.Join(base, m.version+".info"), string(info))
	mustWrite(m.T, filepath.Join(base, m.version+".mod"), string(goMod))
	out, err := os.Create(m.zip(folder))
	if err != nil {
		m.Fatal(err)
	}
	if err := cmp.Or(modzip.Create(out, mod, inside), out.Close()); err != nil {
		m.Fatal(err)
	}
}

// zip is the file that the go command downloads.
func (m *machine) zip(folder string) string {
	return filepath.Join(m.dir, "proxy", filepath.FromSlash(path.Join(module, folder)), "@v", m.version+".zip")
}

// file is one of the working tree.
type file struct{ folder, name string }

func (f file) local() string                { return filepath.Join(f.folder, filepath.FromSlash(f.name)) }
func (f file) Path() string                 { return f.name }
func (f file) Lstat() (os.FileInfo, error)  { return os.Lstat(f.local()) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(f.local()) }

// run runs a command of the shell in a folder of the machine, and returns what it printed.
func (m *machine) run(folder, command string) string {
	m.Helper()
	cmd := exec.CommandContext(m.Context(), "sh", "-euc", command)
	cmd.Dir, cmd.Env = filepath.Join(m.dir, folder), m.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// A program that takes the SDK from a module proxy, as a release will be there, builds and does its work. Nothing replaces
// the SDK: what the go command downloads is what is tested.
func TestConsumer(t *testing.T) {
	m := newMachine(t)
	if err := os.CopyFS(filepath.Join(m.dir, "app"), os.DirFS("internal/check/testdata/consumer")); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"go mod init example.com/consumer", "go get " + module + "@latest", "go mod tidy", "go vet ./...", "go test ./..."} {
		m.run("app", command)
	}
	want := "page 10 45\nall 45\nsnapshot 45 complete\nwatch 45 [existing]\ncall 45\n"
	if diff := gocmp.Diff(want, m.run("app", "go run .")); diff != "" {
		t.Errorf("the program printed (-want +got):\n%s", diff)
	}
	got := m.run("app", "go list -m -f '{{.Version}} {{.Replace}} {{.Dir}}' "+module)
	if want := m.version + " <nil> " + m.dir; !strings.HasPrefix(got, want) {
		t.Errorf("the program has the SDK in %q, want %q", got, want)
	}
}

// What is downloaded is the SDK with its licence and documents, and none of the other modules.
func TestDownload(t *testing.T) {
	m := newMachine(t)
	info, err := os.Stat(m.zip("."))
	if err != nil || info.Size() > 2<<20 {
		t.Fatalf("a download of %v, want at most 2 MB; %v", info, err)
	}
	download, err := zip.OpenReader(m.zip("."))
	if err != nil {
		t.Fatal(err)
	}
	defer download.Close()
	var names []string
	for _, f := range download.File {
		name := strings.TrimPrefix(f.Name, module+"@"+m.version+"/")
		names = append(names, name)
		for _, other := range []string{".bin/", "bench/", "cmd/", "examples/", "internal/check/", "internal/e2e/"} {
			if strings.HasPrefix(name, other) && name != "cmd/go.work" { // cmd itself is no module, so this goes along
				t.Errorf("the download has %s", name)
			}
		}
	}
	for _, name := range []string{"LICENSE", "README.md", "README.zh-CN.md", "CHANGELOG.md", "go.mod", "client.go", "confopenapitest/server.go"} {
		if !slices.Contains(names, name) {
			t.Errorf("the download lacks %s", name)
		}
	}
	t.Logf("%d files, %d bytes", len(names), info.Size())
}
