package export_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/thedatashed/xlsxreader"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/partial"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

var errEnded = errors.New("the listing ended")

// listing yields conferences, and then an error unless that is nil.
func listing(list []confopenapi.Conference, err error) export.List {
	return func(yield func(confopenapi.Conference, error) bool) {
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(confopenapi.Conference{}, err)
		}
	}
}

// jobOf is a job in a directory of its own.
func jobOf(t *testing.T, format export.Format) export.Job {
	t.Helper()
	return export.Job{
		Target: filepath.Join(t.TempDir(), "all."+string(format)),
		Layout: export.Layout{Format: format, Columns: export.Columns()},
		Origin: export.Origin{Service: "https://conf.example.com"},
	}
}

// outcome is the result of a run, without its files.
type outcome struct {
	err        error
	len, stale int
	resumed    bool
}

func run(ctx context.Context, t *testing.T, job export.Job, list export.List) outcome {
	t.Helper()
	e, err := export.Open(job)
	if err != nil {
		return outcome{err: err}
	}
	defer e.Close()
	_, resumed := e.Resuming()
	err = e.Run(ctx, list, nil)
	return outcome{err, e.Len(), e.Stale(), resumed}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// beside are the names of the files in the target's directory.
func beside(t *testing.T, job export.Job) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(job.Target))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

// However often runs end, and wherever, the file of a list at rest is the one that a single run writes, byte for byte and
// in all formats.
func TestAResumedFileIsThatOfASingleRun(t *testing.T) {
	t.Parallel()
	list := append(confopenapitest.Conferences(50, 1), storable()...)
	list = append(list, confopenapi.Conference{}, confopenapi.Conference{}) // which are equal in every field
	for _, format := range export.Formats() {
		job := jobOf(t, format)
		if got := run(t.Context(), t, job, listing(list, nil)); got.err != nil || got.len != len(list) || got.resumed {
			t.Fatalf("%+v", got)
		}
		whole := read(t, job.Target)
		rng := rand.New(rand.NewPCG(1, 1))
		again := jobOf(t, format)
		again.Resume = true
		for ended := 0; ended < len(list); ended += 1 + rng.IntN(20) {
			if got := run(t.Context(), t, again, listing(list[:ended], errEnded)); !errors.Is(got.err, errEnded) || got.len != ended {
				t.Fatalf("%+v", got)
			}
			if _, err := os.Stat(again.Target); err == nil {
				t.Fatal("a run that was ended has made the file")
			}
		}
		if got := run(t.Context(), t, again, listing(list, nil)); got.err != nil || !got.resumed || got.stale != 0 {
			t.Errorf("%+v", got)
		}
		if !bytes.Equal(whole, read(t, again.Target)) {
			t.Errorf("%s: not the same", format)
		}
		if names := beside(t, again); names != filepath.Base(again.Target) {
			t.Errorf("beside it: %s", names)
		}
	}
}

func TestResumeAfterListChanged(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(30, 1)
	job := jobOf(t, export.NDJSON)
	run(t.Context(), t, job, listing(list[:20], errEnded))
	job.Resume = true
	if got := run(t.Context(), t, job, listing(list[5:], nil)); got.err != nil || got.len != 30 || got.stale != 5 {
		t.Errorf("%+v", got)
	}
	if lines := bytes.Count(read(t, job.Target), []byte("\n")); lines != 30 {
		t.Errorf("%d lines", lines)
	}
}

// A run does not resume a file of another origin or form, or a file that is not an unfinished export, and changes nothing.
func TestResumeRefusesOtherOrigin(t *testing.T) {
	t.Parallel()
	zone := func(name string) *time.Location {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return zone
	}
	for what, change := range map[export.What]func(*export.Job){
		export.Service:      func(j *export.Job) { j.Origin.Service += "/other" },
		export.Admin:        func(j *export.Job) { j.Origin.Admin = 0 },
		export.Filter:       func(j *export.Job) { j.Origin.HideSingle = nil },
		"filter, the other": func(j *export.Job) { j.Origin.HideSingle = new(true) },
		export.PersonalData: func(j *export.Job) { j.Origin.PersonalData = true },
		export.Kind:         func(j *export.Job) { j.Layout.Format = export.XLSX },
		export.Fields:       func(j *export.Job) { j.Layout.Columns = j.Layout.Columns[1:] },
		export.Headings:     func(j *export.Job) { j.Layout.Chinese = false },
		export.Mark:         func(j *export.Job) { j.Layout.BOM = false },
		export.Zone:         func(j *export.Job) { j.Layout.Zone = zone("Asia/Tokyo") },
		export.NoExport:     func(*export.Job) {},
		export.Version:      func(*export.Job) {},
	} {
		job := jobOf(t, export.CSV)
		job.Origin.Admin, job.Origin.HideSingle = 7, new(false)
		job.Layout.Chinese, job.Layout.BOM, job.Layout.Zone = true, true, zone("Asia/Shanghai")
		run(t.Context(), t, job, listing(confopenapitest.Conferences(3, 1), errEnded))
		path := partial.Path(job.Target)
		if what == export.NoExport {
			if err := os.WriteFile(path, []byte("{\"eventId\":1}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if what == export.Version {
			text := bytes.Replace(read(t, path), []byte(`"confctlExport":2`), []byte(`"confctlExport":1`), 1)
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := read(t, path)
		job.Resume = true
		change(&job)
		got := run(t.Context(), t, job, listing(nil, nil))
		wrong, ok := errors.AsType[*export.OriginError](got.err)
		if !ok || !strings.HasPrefix(string(what), string(wrong.What)) || wrong.Path != path {
			t.Errorf("%s: %v", what, got.err)
		}
		if !bytes.Equal(before, read(t, path)) || strings.Contains(beside(t, job), ".lock") {
			t.Errorf("%s: something was changed", what)
		}
	}
}

// Two zones that agree make the same file.
func TestResumeInZoneOfTheSameTime(t *testing.T) {
	t.Parallel()
	job := jobOf(t, export.CSV)
	for i, name := range []string{"Asia/Shanghai", "Asia/Singapore"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		job.Layout.Zone, job.Resume = zone, i > 0
		if got := run(t.Context(), t, job, listing(confopenapitest.Conferences(3, 1), errEnded)); !errors.Is(got.err, errEnded) || got.resumed != (i > 0) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestExistingTargetIsNotReplaced(t *testing.T) {
	t.Parallel()
	job := jobOf(t, export.CSV)
	appear := func() {
		if err := os.WriteFile(job.Target, []byte("yesterday"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	appear()
	if got := run(t.Context(), t, job, listing(nil, nil)); !errors.Is(got.err, export.ErrExists) {
		t.Errorf("%+v", got)
	}
	if err := os.Remove(job.Target); err != nil {
		t.Fatal(err)
	}
	late := iter.Seq2[confopenapi.Conference, error](func(yield func(confopenapi.Conference, error) bool) {
		appear()
		yield(confopenapi.Conference{EventID: 1}, nil)
	})
	if got := run(t.Context(), t, job, late); !errors.Is(got.err, export.ErrExists) || got.len != 1 {
		t.Errorf("%+v", got)
	}
	if text := read(t, job.Target); string(text) != "yesterday" {
		t.Errorf("%q", text)
	}

	empty := jobOf(t, export.CSV) // as mktemp makes it
	if err := os.WriteFile(empty.Target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t.Context(), t, empty, listing(confopenapitest.Conferences(1, 1), nil)); got.err != nil {
		t.Errorf("an empty file: %+v", got)
	}

	job.Replace = true
	got := run(t.Context(), t, job, listing(nil, nil))
	if _, ok := errors.AsType[*export.UnfinishedError](got.err); !ok {
		t.Errorf("what the last run has left is not minded: %+v", got)
	}
	job.Resume = true
	if got := run(t.Context(), t, job, listing(nil, nil)); got.err != nil || got.len != 1 || got.stale != 1 {
		t.Errorf("%+v", got)
	}
}

// Without the flag, no file has personal data. With it, only the owner can read the file.
func TestPersonalData(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(20, 1)
	usual := filepath.Join(t.TempDir(), "usual")
	if err := os.WriteFile(usual, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(usual)
	if err != nil {
		t.Fatal(err)
	}
	umasked := info.Mode().Perm()
	for _, c := range []struct {
		format   export.Format
		personal bool
		columns  string
		mode     os.FileMode
	}{
		{export.CSV, true, "", 0o600},
		{export.CSV, true, "eventId,title", 0o666},
		{export.CSV, true, "eventId,hostName", 0o600},
		{export.CSV, false, "", 0o666},
		{export.NDJSON, true, "eventId", 0o600}, // which has whole conferences
	} {
		job := jobOf(t, c.format)
		job.Origin.PersonalData = c.personal
		var err error
		if job.Layout.Columns, err = export.ParseColumns(c.columns); err != nil {
			t.Fatal(err)
		}
		run(t.Context(), t, job, listing(list, errEnded))
		path := partial.Path(job.Target)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		kept := string(read(t, path))
		if info.Mode().Perm() != 0o600 || strings.Contains(kept, list[0].HostName) != c.personal || strings.Contains(kept, show.Masked) == c.personal {
			t.Errorf("%+v: %v, %.300s", c, info.Mode(), kept)
		}
		job.Resume = true
		if got := run(t.Context(), t, job, listing(list, nil)); got.err != nil {
			t.Fatal(got.err)
		}
		if info, err = os.Stat(job.Target); err != nil {
			t.Fatal(err)
		}
		if want := c.mode & umasked; info.Mode().Perm() != want {
			t.Errorf("%+v: %v, want %v", c, info.Mode(), want)
		}
	}
}

// A value that is too large for the format is reported after everything was listed. The unfinished file is kept, so that
// another run can use it.
func TestTooLargeForFormatKeepsPartial(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(3, 1)
	list[1].Title = strings.Repeat("长", 40_000)
	job := jobOf(t, export.XLSX)
	killed := job.Target + ".scratch" // of a run that was killed while it made the file
	if err := errors.Join(os.Mkdir(killed, 0o700), os.WriteFile(filepath.Join(killed, "excelize-1"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	got := run(t.Context(), t, job, listing(list, nil))
	if large, ok := errors.AsType[*export.TooLargeError](got.err); !ok || large.Column != "title" || got.len != 3 {
		t.Fatalf("%+v", got)
	}
	if names := beside(t, job); names != "all.xlsx.partial" {
		t.Errorf("left behind: %s", names)
	}
}

// A folder that only has the name of the one for temporary files is not deleted.
func TestForeignScratchFolderStays(t *testing.T) {
	t.Parallel()
	job := jobOf(t, export.XLSX)
	kept := filepath.Join(job.Target+".scratch", "notes.txt")
	if err := errors.Join(os.Mkdir(filepath.Dir(kept), 0o700), os.WriteFile(kept, []byte("mine"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if got := run(t.Context(), t, job, listing(confopenapitest.Conferences(3, 1), nil)); !errors.Is(got.err, fs.ErrExist) {
		t.Errorf("got %v, want %v", got.err, fs.ErrExist)
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "mine" {
		t.Errorf("the file in the folder: %q, %v", text, err)
	}
	if err := os.RemoveAll(filepath.Dir(kept)); err != nil {
		t.Fatal(err)
	}
	job.Resume = true
	if got := run(t.Context(), t, job, listing(confopenapitest.Conferences(3, 1), nil)); got.err != nil {
		t.Errorf("without the folder: %v", got.err)
	}
}

// Nor is a file of that name, or what a link of that name leads to.
func TestForeignScratchFileStays(t *testing.T) {
	t.Parallel()
	for _, format := range export.Formats() {
		job, elsewhere := jobOf(t, format), t.TempDir()
		kept := filepath.Join(elsewhere, "excelize-mine")
		if err := errors.Join(os.WriteFile(kept, nil, 0o600), os.Symlink(elsewhere, job.Target+".scratch")); err != nil {
			t.Fatal(err)
		}
		run(t.Context(), t, job, listing(confopenapitest.Conferences(3, 1), nil))
		if _, err := os.Stat(kept); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		if _, err := os.Lstat(job.Target + ".scratch"); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// An interruption while the file is made is one, and loses nothing.
func TestInterruptedWhileWriting(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(9, 1)
	for _, format := range export.Formats() {
		job := jobOf(t, format)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		e, err := export.Open(job)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		err = e.Run(ctx, listing(list, nil), func(stage export.Stage, done int) {
			got = append(got, fmt.Sprint(stage, done))
			if stage == export.Writing && done == 4 {
				cancel()
			}
		})
		e.Close()
		want := "0 1,0 2,0 3,0 4,0 5,0 6,0 7,0 8,0 9,1 1,1 2,1 3,1 4"
		if diff := cmp.Diff(want, strings.Join(got, ",")); diff != "" {
			t.Error(diff)
		}
		if names := beside(t, job); !errors.Is(err, context.Canceled) || names != filepath.Base(job.Target)+".partial" {
			t.Errorf("%s: %v, left behind: %s", format, err, names)
		}
	}
}

// pipe takes so many bytes more.
type pipe struct {
	bytes.Buffer
	left int
}

func (p *pipe) Write(b []byte) (int, error) {
	if len(b) > p.left {
		return 0, syscall.EPIPE
	}
	p.left -= len(b)
	return p.Buffer.Write(b)
}

func TestPipe(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(100, 1)
	layout := export.Layout{Format: export.NDJSON}
	out := &pipe{left: 1 << 20}
	n, err := export.Pipe(out, listing(list, errEnded), layout, false, nil)
	if !errors.Is(err, errEnded) || n != 100 || strings.Count(out.String(), "\n") != 100 || strings.Contains(out.String(), list[0].HostName) {
		t.Errorf("%d, %v, %.200s", n, err, out.String())
	}
	for left := range 10_000 {
		if left%997 != 0 {
			continue
		}
		listed := 0
		n, err = export.Pipe(&pipe{left: left}, func(yield func(confopenapi.Conference, error) bool) {
			listing(list, errEnded)(func(c confopenapi.Conference, err error) bool {
				listed++
				return yield(c, err)
			})
		}, layout, true, nil)
		if _, ok := errors.AsType[*export.WriteError](err); !ok || !errors.Is(err, syscall.EPIPE) || listed > 30 {
			t.Errorf("%d bytes: %d, %v after %d conferences", left, n, err, listed)
		}
	}
}

var large = flag.Bool("export.large", false, "export a million conferences, which takes a gigabyte")

// A sheet that is full can be opened; one conference more is refused, and nothing is lost.
func TestMoreThanASheetHolds(t *testing.T) {
	if !*large {
		t.Skip("it takes a gigabyte: -export.large")
	}
	const limit = 1_048_575
	job := jobOf(t, export.XLSX)
	job.Layout.Columns = export.Columns()[:1]
	many := func(n int) export.List {
		return func(yield func(confopenapi.Conference, error) bool) {
			for i := range n {
				if !yield(confopenapi.Conference{EventID: int64(i)}, nil) {
					return
				}
			}
		}
	}
	got := run(t.Context(), t, job, many(limit+9))
	if limited, ok := errors.AsType[*export.TooLargeError](got.err); !ok || limited.Column != "" || got.len != limit+1 || beside(t, job) != "all.xlsx.partial" {
		t.Fatalf("%+v", got)
	}
	job = jobOf(t, export.XLSX)
	job.Layout.Columns = export.Columns()[:1]
	if got := run(t.Context(), t, job, many(limit)); got.err != nil {
		t.Fatal(got.err)
	}
	book, err := xlsxreader.OpenFile(job.Target)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows := 0
	for row := range book.ReadRows(book.Sheets[0]) {
		if row.Error != nil {
			t.Fatal(row.Error)
		}
		rows++
	}
	if rows != limit+1 {
		t.Errorf("%d rows", rows)
	}
}

func TestProgressLinesAreFew(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	progress := export.Lines(&out, func(_ export.Stage, done int) string { return fmt.Sprint(done) })
	for done := range 25_001 {
		if done > 0 {
			progress(export.Listing, done)
		}
	}
	want := "1000\n2000\n5000\n10000\n20000\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
