package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/programtest"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

// Unfinished files of another masking, request or service are not gone on with.
func TestJobsAreNotMixed(t *testing.T) {
	t.Parallel()
	j, other := jobOf(t), jobOf(t)
	other.target = j.target
	interrupted := func(j *job, args ...string) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		got := j.runOn(ctx, func(w io.Writer) io.Writer { return &programtest.AtWrite{Writer: w, N: 50, F: cancel} }, args...)
		got.Must(t, program.Failed, "interrupted")
		if strings.Contains(got.Stderr, "Going on") {
			t.Errorf("%v went on with what is of another job: %q", args, got.Stderr)
		}
	}
	interrupted(j)
	interrupted(j, "-with-personal-data")
	interrupted(j, "-hide-single")
	interrupted(j, "-admin", "7")
	interrupted(other)
	if n := len(j.partials()); n != 5 {
		t.Errorf("%d unfinished files, want 5", n)
	}

	personal := confopenapitest.Conferences(300, 1)[0].HostName
	j.run("-with-personal-data").Must(t, program.OK, "Going on with")
	for line := range j.set(j.target) {
		if strings.Contains(line, show.Masked) {
			t.Fatalf("masked: %s", line)
		}
	}
	j.run().Must(t, program.OK, "Going on with")
	for line := range j.set(j.target) {
		if strings.Contains(line, personal) || !strings.Contains(line, show.Masked) {
			t.Fatalf("not masked: %s", line)
		}
	}
}

func TestADamagedFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j.runOn(ctx, func(w io.Writer) io.Writer { return &programtest.AtWrite{Writer: w, N: 100, F: cancel} }).Must(t, program.Failed, "interrupted")
	path := j.partials()[0]
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	middle := bytes.IndexByte(good, '\n') + 1 // of line 2
	for name, damaged := range map[string][]byte{
		"zeros":         slices.Concat(good[:middle], make([]byte, 500), []byte("\n"), good[middle:]),
		"half a line":   slices.Concat(good[:middle+40], []byte("\n"), good[middle:]),
		"an empty line": slices.Concat(good[:middle], []byte("\n"), good[middle:]),
	} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		sent := j.srv.RequestCount()
		j.run().Must(t, program.Unsent, "line 2 of", "is damaged", "-fresh")
		now, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(now, damaged) || j.srv.RequestCount() != sent {
			t.Errorf("%s: the file was changed, or something sent: %v", name, err)
		}
	}
	j.run("-fresh").Must(t, program.OK)
	if n := len(j.set(j.target)); n != 300 {
		t.Errorf("%d lines", n)
	}
	if diff := cmp.Diff([]string{"ndjson"}, j.files()); diff != "" {
		t.Error(diff)
	}
}

// A line that a crash has cut is no conference, also if nothing is left to write after it.
func TestHalfALineIsCutOff(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	j.run().Must(t, program.OK)
	want := j.set(j.target)
	j.srv.Intercept(func(x *confopenapitest.Exchange) {
		if x.List.Page > 5 {
			x.Fail(confopenapitest.RetryAfter(503, "3600")) // which is not waited for
		}
	})
	j.run().Must(t, program.Failed, "incomplete")
	j.srv.Intercept(nil)
	all, err := os.ReadFile(j.target)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(j.partials()[0], append(all, `{"eventId":1,"conferenceId":"1","title":"周`...), 0o600); err != nil {
		t.Fatal(err)
	}
	j.run().Must(t, program.OK, "Going on with 300")
	if diff := cmp.Diff(want, j.set(j.target)); diff != "" {
		t.Error(diff)
	}
}

func TestBadTargets(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for target, words := range map[string]string{
		t.TempDir():                      "is a directory or a device",
		os.DevNull:                       "is a directory or a device",
		filepath.Join(file, "x"):         "not a directory",
		filepath.Join(file+"-no", "x"):   "no such file",
		strings.Repeat("x", 300) + ".nd": "too long",
	} {
		j.target = target
		j.run().Must(t, program.Unsent, words, "hint: ")
	}
	if n := j.srv.RequestCount(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// A directory that takes the target's place meanwhile costs nothing but this run.
func TestATargetThatCannotBeReplaced(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	j.srv.Intercept(func(*confopenapitest.Exchange) { _ = os.MkdirAll(filepath.Join(j.target, "sub"), 0o700) })
	j.run().Must(t, program.Failed, "writing the result", "300 conferences are kept in")
	j.srv.Intercept(nil)
	if err := os.RemoveAll(j.target); err != nil {
		t.Fatal(err)
	}
	j.run().Must(t, program.OK, "Going on with 300")
}

func TestOneRunATime(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	lock := flock.New(j.target + ".lock")
	if mine, err := lock.TryLock(); err != nil || !mine {
		t.Fatal(mine, err)
	}
	j.run().Must(t, program.Unsent, "another run is writing")
	if n := j.srv.RequestCount(); n != 0 {
		t.Errorf("%d requests", n)
	}
	if err := lock.Close(); err != nil { // as a kill does, it leaves the lock's file
		t.Fatal(err)
	}
	j.run().Must(t, program.OK)
	if diff := cmp.Diff([]string{"ndjson"}, j.files()); diff != "" {
		t.Error(diff)
	}
}

func TestALinkStaysALink(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	file := j.target
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	j.target = filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, j.target); err != nil {
		t.Skip(err)
	}
	j.run().Must(t, program.OK)
	if info, err := os.Lstat(j.target); err != nil || info.Mode().IsRegular() || len(j.set(file)) != 300 {
		t.Errorf("%v, %v", info, err)
	}
}
