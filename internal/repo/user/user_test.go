package user_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/repo/tree"
	"github.com/confopenapi/confopenapi-go/internal/repo/user"
)

const root = "../../.."

// A program that takes the SDK from a module proxy, as a release will be there, builds and does its work. Nothing replaces
// the SDK: what the go command downloads is what is tested.
func TestConsumer(t *testing.T) {
	dir := t.TempDir()
	m, err := user.NewMachine(t.Context(), root, dir)
	if err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(dir, "app")
	if err := os.CopyFS(app, os.DirFS("testdata/consumer")); err != nil {
		t.Fatal(err)
	}
	run := func(command string) string {
		t.Helper()
		out, err := m.Run(t.Context(), app, command)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	run("go mod init example.com/consumer")
	run("go get " + tree.Module + "@latest")
	run("go mod tidy")
	run("go vet ./...")
	run("go test ./...")
	want := "page 10 45\nall 45\nsnapshot 45 complete\nwatch 45 [existing]\ncall 45\n"
	if diff := cmp.Diff(want, run("go run .")); diff != "" {
		t.Error(diff)
	}
	got := strings.TrimSpace(run("go list -m -f '{{.Version}} {{.Replace}} {{.Dir}}' " + tree.Module))
	if !strings.HasPrefix(got, m.Version+" <nil> "+dir) {
		t.Errorf("the program has the SDK in %s, not in %s from the proxy of %s", got, m.Version, dir)
	}
}

// What is downloaded is the SDK with its licence and documents, and none of the other modules.
func TestDownload(t *testing.T) {
	m, err := user.NewMachine(t.Context(), root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	download, err := zip.OpenReader(m.Zip)
	if err != nil {
		t.Fatal(err)
	}
	defer download.Close()
	size, unzipped := int64(0), uint64(0)
	prefix := tree.Module + "@" + m.Version + "/"
	var names []string
	for _, f := range download.File {
		names = append(names, strings.TrimPrefix(f.Name, prefix))
		unzipped += f.UncompressedSize64
	}
	if info, err := os.Stat(m.Zip); err == nil {
		size = info.Size()
	}
	t.Logf("%d files, %d bytes, %d unzipped", len(names), size, unzipped)
	for _, name := range []string{"LICENSE", "README.md", "README.zh-CN.md", "CHANGELOG.md", "go.mod", "client.go", "confopenapitest/server.go"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no %s", name)
		}
	}
	for _, name := range names {
		for _, other := range []string{".bin/", "examples/", "bench/", "internal/contract/", "internal/integration/", "internal/repo/"} {
			if strings.HasPrefix(name, other) {
				t.Errorf("%s is in it", name)
			}
		}
	}
	if size == 0 || size > 2<<20 {
		t.Errorf("it has %d bytes", size)
	}
}
