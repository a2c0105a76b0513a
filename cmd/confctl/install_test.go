package main

import (
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go"
)

var install = flag.Bool("install", false, "install confctl from a module proxy made of the working tree, which compiles everything that it needs")

const (
	sdk  = "github.com/confopenapi/confopenapi-go"
	tool = sdk + "/cmd/confctl"
)

// TestGoModCanBeInstalled checks what go install requires of a go.mod: it names a release, and replaces nothing.
func TestGoModCanBeInstalled(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\t" + sdk + " v" + confopenapi.Version + "\n"; !strings.Contains(string(text), want) || strings.Contains(string(text), "replace") {
		t.Errorf("got\n%s\nwant no replace, and%s", text, want)
	}
}

// TestInstall installs and runs confctl as somebody does who has nothing of this repository. The module proxy serves the
// working tree, as if it were tagged.
func TestInstall(t *testing.T) {
	if !*install {
		t.Skip("it takes a minute: -install")
	}
	proxy, bin, version := t.TempDir(), t.TempDir(), "v"+confopenapi.Version
	files := treeFiles(t)
	release(t, proxy, sdk, version, "", slices.DeleteFunc(slices.Clone(files), nested(files)))
	release(t, proxy, tool, version, "cmd/confctl/", slices.DeleteFunc(files, func(f string) bool { return !strings.HasPrefix(f, "cmd/confctl/") }))

	known, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, next, _ := strings.Cut(strings.TrimSpace(string(known)), "\n")
	env := append(os.Environ(), "GOBIN="+bin,
		"GOMODCACHE="+t.TempDir(), // so that nobody else gets these versions
		"GOPROXY=file://"+filepath.ToSlash(proxy)+",file://"+filepath.ToSlash(filepath.Join(cache, "cache", "download"))+","+next,
		"GONOPROXY=none", "GOPRIVATE=", "GOSUMDB=off", "GOWORK=", "GOFLAGS=-modcacherw -trimpath",
		"CONFOPENAPI_BASE_URL=", "CONFOPENAPI_TOKEN=", "LC_ALL=C")
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = t.TempDir(), env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run("go", "install", tool+"@"+version)
	if got, want := run(filepath.Join(bin, "confctl"), "snapshot"), "Complete: nothing was missed"; !strings.Contains(got, want) {
		t.Errorf("confctl snapshot: got\n%s\nwant %q in it", got, want)
	}
	if got := run("go", "version", "-m", filepath.Join(bin, "confctl")); !strings.Contains(got, "dep\t"+sdk+"\t"+version) || strings.Contains(got, "=>") {
		t.Errorf("got\n%s\nwant %s %s, and nothing replaced", got, sdk, version)
	}
}

// treeFiles are the files of the working tree that git does not ignore, from its root, with slashes.
func treeFiles(t *testing.T) (files []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name))); err == nil { // else it is deleted, and not committed yet
			files = append(files, name)
		}
	}
	return files
}

const root = "../.."

// nested reports whether a file belongs to a module below the root.
func nested(files []string) func(string) bool {
	var modules []string
	for _, name := range files {
		if dir, ok := strings.CutSuffix(name, "/go.mod"); ok {
			modules = append(modules, dir+"/")
		}
	}
	return func(name string) bool {
		return slices.ContainsFunc(modules, func(dir string) bool { return strings.HasPrefix(name, dir) })
	}
}

// release adds a module to a folder that is a module proxy. Prefix is where it is in the tree.
func release(t *testing.T, proxy, module, version, prefix string, files []string) {
	t.Helper()
	var archive bytes.Buffer
	packed := zip.NewWriter(&archive)
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		w, err := packed.Create(module + "@" + version + "/" + strings.TrimPrefix(name, prefix))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	goMod, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(prefix), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-02T15:04:05Z"}`, version),
		version + ".mod":  goMod,
		version + ".zip":  archive.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
