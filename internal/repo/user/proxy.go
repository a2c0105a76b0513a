package user

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/confopenapi/confopenapi-go/internal/repo/tree"
)

// writeProxy makes a folder that serves the SDK of a working tree as the Go module proxy would, if it were tagged with the
// version that it says of itself. It fails if the go command would refuse the download.
func writeProxy(ctx context.Context, root, dir string) (module.Version, error) {
	version, err := tree.Version(root)
	if err != nil {
		return module.Version{}, err
	}
	mod := module.Version{Path: tree.Module, Version: version}
	names, err := tree.Files(ctx, root)
	if err != nil {
		return mod, err
	}
	files := make([]zip.File, len(names)) // zip leaves out those of nested modules
	for i, name := range names {
		files[i] = file{root, name}
	}
	escaped, err := module.EscapePath(mod.Path)
	if err != nil {
		return mod, err
	}
	base := filepath.Join(dir, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(base, 0o755); err != nil {
		return mod, err
	}
	info, err := json.Marshal(struct {
		Version string    `json:"Version"`
		Time    time.Time `json:"Time"`
	}{version, time.Now().UTC()})
	if err != nil {
		return mod, err
	}
	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return mod, err
	}
	for name, text := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": goMod} {
		if err := os.WriteFile(filepath.Join(base, name), text, 0o644); err != nil {
			return mod, err
		}
	}
	out, err := os.Create(filepath.Join(base, version+".zip"))
	if err != nil {
		return mod, err
	}
	return mod, errors.Join(zip.Create(out, mod, files), out.Close())
}

// file is one of the working tree.
type file struct{ root, name string }

func (f file) local() string                { return filepath.Join(f.root, filepath.FromSlash(f.name)) }
func (f file) Path() string                 { return f.name }
func (f file) Lstat() (os.FileInfo, error)  { return os.Lstat(f.local()) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(f.local()) }
