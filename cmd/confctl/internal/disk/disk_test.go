//go:build unix

package disk_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
)

func put(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte("yesterday"), 0o600), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

func today(w io.Writer) error {
	_, err := io.WriteString(w, "today")
	return err
}

func TestReplaceKeepsMode(t *testing.T) {
	for _, c := range []struct{ had, perm, want fs.FileMode }{
		{0, 0o666, 0o644}, // a new file, less the umask
		{0, 0o600, 0o600},
		{0o600, 0o666, 0o600},
		{0o640, 0o666, 0o640},
		{0o664, 0o666, 0o664},
		{0o755, 0o666, 0o755},
		{0o640, 0o600, 0o640},
		{0o644, 0o600, 0o600}, // what everybody could read held nothing personal
		{0o400, 0o666, 0o400},
	} {
		path := filepath.Join(t.TempDir(), "all.csv")
		if c.had != 0 {
			put(t, path, c.had)
		}
		defer syscall.Umask(syscall.Umask(0o022))
		if err := disk.Replace(path, c.perm, today, nil); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != c.want {
			t.Errorf("had %v, for %v: got %v, want %v", c.had, c.perm, got, c.want)
		}
	}
}

// While a private file is written, nobody else can read it.
func TestReplaceIsPrivateMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all.csv")
	put(t, path, 0o640)
	err := disk.Replace(path, 0o666, func(io.Writer) error {
		info, err := os.Stat(disk.New(path))
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("got %v, want 0600", info.Mode())
		}
		return err
	}, nil)
	if err != nil {
		t.Error(err)
	}
}

func TestReplaceKeepsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give files away")
	}
	path := filepath.Join(t.TempDir(), "all.csv")
	put(t, path, 0o640)
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := disk.Replace(path, 0o666, today, nil); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*syscall.Stat_t); got.Uid != 65534 || got.Gid != 65534 || info.Mode().Perm() != 0o640 {
		t.Errorf("got %d:%d %v, want 65534:65534 0640", got.Uid, got.Gid, info.Mode())
	}
}

func TestReplaceThroughLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "real", "b"), 0o600)
	for _, c := range [][2]string{
		{"absolute", filepath.Join(dir, "real", "a")}, {"relative", "real/b"}, {"second", "relative"}, {"dangling", "real/new"},
	} {
		name, to := c[0], c[1]
		link := filepath.Join(dir, name)
		if err := errors.Join(os.Symlink(to, link), disk.Replace(link, 0o600, today, nil)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(link); err != nil || got != to {
			t.Errorf("%s: got %q and %v, want a link to %s", name, got, err, to)
		}
		if text, err := os.ReadFile(link); err != nil || string(text) != "today" {
			t.Errorf("%s: got %q and %v", name, text, err)
		}
	}
}

func TestReplaceFailed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "all.csv")
	put(t, path, 0o640)
	broken := errors.New("broken")
	if err := disk.Replace(path, 0o666, func(io.Writer) error { return broken }, nil); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := disk.Replace(path, 0o666, today, func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := disk.Replace(dir, 0o666, today, nil); !errors.Is(err, disk.ErrNoFile) {
		t.Errorf("got %v for a directory", err)
	}
	if err := disk.Replace(os.DevNull, 0o666, today, nil); !errors.Is(err, disk.ErrNoFile) {
		t.Errorf("got %v for a device", err)
	}
	text, err := os.ReadFile(path)
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); err != nil || string(text) != "yesterday" || len(names) != 1 {
		t.Errorf("got %q, %v, and the files %v", text, err, names)
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "seen.json"), filepath.Join(dir, "link")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "sub"), 0o700), os.Symlink("seen.json", link), os.WriteFile(path+".lock", nil, 0o600)); err != nil { // as a kill leaves it
		t.Fatal(err)
	}
	lock, err := disk.TakeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	aside := filepath.Join(t.TempDir(), "aside") // a link to the directory
	if err := os.Symlink(dir, aside); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link, filepath.Join(aside, "seen.json"), filepath.Join(aside, "link"), dir + "/./sub/../seen.json"} {
		if _, err := disk.TakeLock(name); !errors.Is(err, disk.ErrBusy) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want it in use", name, err)
		}
	}
	lock.Release()
	if names, _ := filepath.Glob(path + ".*"); len(names) > 0 {
		t.Errorf("got %v left behind", names)
	}
	again, err := disk.TakeLock(link)
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
}
