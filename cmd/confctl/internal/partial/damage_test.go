package partial_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/partial"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// unfinished writes an unfinished file with a head and two conferences, and returns what is in it.
func unfinished(t *testing.T, path string) []byte {
	t.Helper()
	file := open(t, path, partial.Options{Head: "{}"})
	add(t, file, confopenapitest.Conferences(2, 1)...)
	file.Close()
	text, err := os.ReadFile(partial.Path(path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A damaged file is an error, and stays as it is.
func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	path := target(t)
	good := unfinished(t, path)
	second := bytes.IndexByte(good, '\n') + 1 // where line 2 begins
	for name, damaged := range map[string][]byte{
		"zeros":         slices.Concat(good[:second], make([]byte, 500), []byte("\n"), good[second:]),
		"half a line":   slices.Concat(good[:second+40], []byte("\n"), good[second:]),
		"an empty line": slices.Concat(good[:second], []byte("\n"), good[second:]),
	} {
		if err := os.WriteFile(partial.Path(path), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := partial.Open(path, partial.Options{Head: "{}"})
		wrong, ok := errors.AsType[*partial.DamagedError](err)
		if !ok || wrong.Line != 2 {
			t.Errorf("%s: got %v, want line 2 to be damaged", name, err)
		}
		if now, err := os.ReadFile(partial.Path(path)); err != nil || !bytes.Equal(now, damaged) || exists(path+".lock") {
			t.Errorf("%s: the file was changed, or the lock left: %v", name, err)
		}
	}
}

// A last line that a crash has cut is no conference.
func TestOpenCutsHalfALine(t *testing.T) {
	t.Parallel()
	path := target(t)
	good := unfinished(t, path)
	if err := os.WriteFile(partial.Path(path), append(slices.Clone(good), `{"eventId":1,"conferenceId":"1","title":"周`...), 0o600); err != nil {
		t.Fatal(err)
	}
	file := open(t, path, partial.Options{Head: "{}"})
	defer file.Close()
	if now, err := os.ReadFile(file.Path()); err != nil || file.Len() != 2 || !bytes.Equal(now, good) {
		t.Errorf("got %d conferences, want 2; %v in\n%s", file.Len(), err, now)
	}
}

// A kill leaves the lock's file, which does not lock out the next run.
func TestOpenWithStaleLock(t *testing.T) {
	t.Parallel()
	path := target(t)
	if err := os.WriteFile(path+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, path, partial.Options{}).Close()
	if exists(path + ".lock") {
		t.Error("the lock's file is left")
	}
}

// A kill while the target gets its name has either made the target, or left what the next run continues with.
func TestOpenAfterKillWhileServing(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]bool{"the target is made": true, "the target is not made": false} {
		path := target(t)
		good := unfinished(t, path)
		if err := os.Rename(partial.Path(path), partial.Path(path)+".done"); err != nil {
			t.Fatal(err)
		}
		if !made {
			if err := os.WriteFile(path+".new", []byte("whole"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		file := open(t, path, partial.Options{Head: "{}"})
		text, err := os.ReadFile(file.Path())
		if err != nil || (file.Len() == 0) != made || !made && !bytes.Equal(text, good) {
			t.Errorf("%s: got %d conferences, %v", name, file.Len(), err)
		}
		file.Close()
		if exists(path+".new") || exists(partial.Path(path)+".done") || exists(partial.Path(path)) == made {
			t.Errorf("%s: something is left behind, or the unfinished file is gone", name)
		}
	}
}

// What somebody made beforehand for everybody to read gets private before anything is in it.
func TestOpenMakesPrivate(t *testing.T) {
	t.Parallel()
	path := target(t)
	if err := errors.Join(os.WriteFile(partial.Path(path), nil, 0o600), os.Chmod(partial.Path(path), 0o644)); err != nil {
		t.Fatal(err)
	}
	file := open(t, path, partial.Options{Head: "{}"})
	defer file.Close()
	if info, err := os.Stat(file.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want 0600", info.Mode(), err)
	}
}

// A directory that takes the target's place meanwhile costs nothing but this run.
func TestConvertOntoDirectory(t *testing.T) {
	t.Parallel()
	path := target(t)
	good := unfinished(t, path)
	file := open(t, path, partial.Options{Head: "{}"})
	if err := os.MkdirAll(filepath.Join(path, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := file.Convert(0o600, nothing); err == nil {
		t.Error("a directory was replaced")
	}
	file.Close()
	if now, err := os.ReadFile(partial.Path(path)); err != nil || !bytes.Equal(now, good) {
		t.Errorf("the unfinished file was changed: %v", err)
	}
}

func TestConvertThroughALink(t *testing.T) {
	t.Parallel()
	path, link := target(t), target(t)
	if err := os.WriteFile(path, []byte("yesterday"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	file := open(t, link, partial.Options{})
	defer file.Close()
	if err := file.Convert(0o600, nothing); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode().IsRegular() {
		t.Errorf("got %v, %v, want still a link", info, err)
	}
	if text, err := os.ReadFile(path); err != nil || len(text) > 0 {
		t.Errorf("got %q, %v, want the file behind the link replaced", text, err)
	}
}

func nothing(io.Writer) error { return nil }
