package partial_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/partial"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func target(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "all.txt")
}

func open(t *testing.T, target string, opts partial.Options) *partial.File {
	t.Helper()
	file, err := partial.Open(target, opts)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func add(t *testing.T, file *partial.File, list ...confopenapi.Conference) {
	t.Helper()
	for i := range list {
		if err := file.Add(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
}

func rows(t *testing.T, file *partial.File) (ids []string) {
	t.Helper()
	for conf, err := range file.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, fmt.Sprint(conf.EventID, conf.Title))
	}
	return ids
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// A service may list conferences that are equal in every field: each counts, and a run that continues takes each for one of those.
func TestTwinsAreKept(t *testing.T) {
	t.Parallel()
	path := target(t)
	alike := func(title string) confopenapi.Conference { return confopenapi.Conference{EventID: 7, Title: title} }
	file := open(t, path, partial.Options{})
	add(t, file, alike("a"), alike("b"))
	file.Close()

	file = open(t, path, partial.Options{})
	defer file.Close()
	add(t, file, alike("A"))
	if file.Len() != 2 || file.Stale() != 1 {
		t.Errorf("%d in the file, %d stale", file.Len(), file.Stale())
	}
	add(t, file, alike("B"), alike("C"))
	if file.Len() != 3 || file.Stale() != 0 {
		t.Errorf("%d in the file, %d stale", file.Len(), file.Stale())
	}
	if diff := cmp.Diff([]string{"7a", "7b", "7C"}, rows(t, file)); diff != "" {
		t.Error(diff)
	}
}

func TestTheHeadIsJudged(t *testing.T) {
	t.Parallel()
	path, list := target(t), confopenapitest.Conferences(3, 1)
	file := open(t, path, partial.Options{Head: `{"of":1}`})
	add(t, file, list[:2]...)
	if _, err := partial.Open(path, partial.Options{}); !errors.Is(err, disk.ErrBusy) {
		t.Errorf("opened twice: %v", err)
	}
	file.Close()
	before, err := os.ReadFile(partial.Path(path))
	if err != nil {
		t.Fatal(err)
	}

	other := errors.New("of another")
	_, err = partial.Open(path, partial.Options{Head: `{"of":2}`, Judge: func(head string) error {
		if head != `{"of":1}` {
			t.Errorf("head %q", head)
		}
		return other
	}})
	after, readErr := os.ReadFile(partial.Path(path))
	if !errors.Is(err, other) || readErr != nil || string(before) != string(after) {
		t.Errorf("%v, %v, changed: %t", err, readErr, string(before) != string(after))
	}

	file = open(t, path, partial.Options{Head: `{"of":1}`, Judge: func(string) error { return nil }})
	defer file.Close()
	add(t, file, list...)
	if file.Len() != 3 || len(rows(t, file)) != 3 {
		t.Errorf("%d conferences, %d rows", file.Len(), len(rows(t, file)))
	}
}

// A run that was killed in the middle of the head has left nothing.
func TestOpenHalfWrittenHead(t *testing.T) {
	t.Parallel()
	path := target(t)
	if err := os.WriteFile(partial.Path(path), []byte(`{"of"`), 0o600); err != nil {
		t.Fatal(err)
	}
	file := open(t, path, partial.Options{Head: `{"of":1}`, Judge: func(string) error { return errors.New("judged") }})
	defer file.Close()
	add(t, file, confopenapitest.Conferences(1, 1)...)
	if err := file.Flush(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file.Path())
	if err != nil || !strings.HasPrefix(string(text), "{\"of\":1}\n{\"eventId\":") {
		t.Errorf("%q, %v", text, err)
	}
}

// The target is whole or not there, and what was there before stays until then.
func TestConvert(t *testing.T) {
	t.Parallel()
	path := target(t)
	if err := os.WriteFile(path, []byte("yesterday"), 0o644); err != nil {
		t.Fatal(err)
	}
	file := open(t, path, partial.Options{Head: "{}"})
	add(t, file, confopenapitest.Conferences(2, 1)...)
	if err := os.WriteFile(path+".new", []byte("of a run that was killed"), 0o644); err != nil {
		t.Fatal(err)
	}

	broken := errors.New("broken")
	err := file.Convert(0o600, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return broken
	})
	if text, readErr := os.ReadFile(path); !errors.Is(err, broken) || readErr != nil || string(text) != "yesterday" || exists(path+".new") {
		t.Errorf("%v, %v, %q", err, readErr, text)
	}

	err = file.Convert(0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(rows(t, file), "\n"))
		return err
	})
	info, statErr := os.Stat(path)
	if err != nil || statErr != nil || info.Mode().Perm() != 0o600 || info.Size() < 20 {
		t.Errorf("%v, %v, %v", err, statErr, info)
	}
	file.Close()
	if names, _ := filepath.Glob(path + ".*"); len(names) > 0 {
		t.Errorf("left behind: %q", names)
	}
}
