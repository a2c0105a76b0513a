package history_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// nine is when the tests' first poll begins.
var nine = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// polled is a complete listing that took a second.
func polled(after time.Duration, list ...confopenapi.Conference) *confopenapi.Snapshot {
	return &confopenapi.Snapshot{Conferences: list, Report: confopenapi.Report{
		Verdict: confopenapi.VerdictComplete, Received: len(list), TotalCount: len(list), Start: nine.Add(after), End: nine.Add(after + time.Second),
	}}
}

func meeting(id int64, attendees int) confopenapi.Conference {
	return confopenapi.Conference{
		EventID: id, ConferenceID: "c", StartTime: 1715600000, Title: "周例会 100%", HostOrgID: 7, HostOrgName: "研发部", HostName: "张三",
		AttendeeCount: attendees, VoIPCount: attendees / 2,
	}
}

func record(t *testing.T, store *history.Store, snapshots ...*confopenapi.Snapshot) {
	t.Helper()
	for _, s := range snapshots {
		if err := store.Record(s); err != nil {
			t.Fatal(err)
		}
	}
}

func runsOf(t *testing.T, r *history.Reader, f history.Filter) []history.Run {
	t.Helper()
	runs, err := r.Runs(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// The mean counts how long each count held, a gap between two stretches does not count, and an end before a restart is noticed.
func TestRecordRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "我的 history?.db")
	store := opened(t, path, history.Options{})
	other := meeting(9, 1)
	record(t, store, polled(0, other), polled(time.Minute, other, meeting(1, 10)), polled(2*time.Minute, other, meeting(1, 10)), polled(3*time.Minute, other, meeting(1, 40)), polled(4*time.Minute, other, meeting(1, 40)))
	if got := runsOf(t, store.Reader, history.Filter{Limit: 1})[0]; !got.Live || got.Mean.Attendees != 20 || got.Mean.VoIP != 10 || got.Peak.Attendees != 40 {
		t.Errorf("while it is live: got %+v, want a mean of 20 over three minutes", got)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = opened(t, path, history.Options{})
	record(t, store, polled(5*time.Minute, other))
	second := func(after time.Duration) time.Time { return nine.Add(after) }
	want := history.Run{
		ID: 2, EventID: 1, ConferenceID: "c", StartTime: time.Unix(1715600000, 0).UTC(), Title: "周例会 100%", HostOrgID: 7, HostOrgName: "研发部",
		StartNotBefore: second(0), StartBy: second(61 * time.Second), EndNotBefore: second(4 * time.Minute), EndBy: second(301 * time.Second), Proven: true,
		Peak: history.Counts[int]{Attendees: 40, VoIP: 20}, Mean: history.Counts[float64]{Attendees: 20, VoIP: 10},
	}
	if diff := cmp.Diff(want, runsOf(t, store.Reader, history.Filter{Limit: 1})[0]); diff != "" {
		t.Errorf("after its end (-want +got)\n%s", diff)
	}
	record(t, store, polled(60*time.Minute, other, meeting(1, 100)), polled(63*time.Minute, other, meeting(1, 100)))
	got := runsOf(t, store.Reader, history.Filter{Limit: 1})[0]
	if !got.Live || got.Resumes != 1 || got.Mean.Attendees != 60 || got.Peak.Attendees != 100 || got.StartBy != want.StartBy || got.Proven {
		t.Errorf("resumed: got %+v, want a mean of 60 over six minutes", got)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(names) != 1 {
		t.Errorf("got %v, want the history alone", names)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want 0600", info.Mode(), err)
	}
}

// No other personal data than the title is in the file.
func TestFileHasNoPersonalData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	store := opened(t, path, history.Options{})
	c := meeting(1, 10)
	c.HostEmail, c.HostMobile, c.HostIP, c.Passcode = "zhangsan@example.com", "13800000000", "192.0.2.7", confopenapi.NewSecret("424242")
	record(t, store, polled(0, c), polled(time.Minute))
	_ = store.Close()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"张三", "zhangsan", "13800000000", "192.0.2.7", "424242"} {
		if bytes.Contains(content, []byte(text)) {
			t.Errorf("%s is in the file", text)
		}
	}
}

func TestFilters(t *testing.T) {
	store := opened(t, filepath.Join(t.TempDir(), "history.db"), history.Options{})
	defer func() { _ = store.Close() }()
	board := meeting(2, 5)
	board.Title, board.HostOrgName, board.HostOrgID = "Board_meeting", "HQ", 8
	early := meeting(1, 10)
	early.StartTime, board.StartTime = confopenapi.UnixTime(nine.Add(-40*time.Minute).Unix()), confopenapi.UnixTime(nine.Add(2*time.Minute).Unix())
	record(t, store, polled(0), polled(time.Minute, early), polled(time.Hour, board), polled(2*time.Hour, board))
	for _, c := range []struct {
		f    history.Filter
		want []int64
	}{
		{history.Filter{}, []int64{2, 1}},
		{history.Filter{Limit: 1}, []int64{2}},
		{history.Filter{Before: 2}, []int64{1}},
		{history.Filter{Organization: "研发"}, []int64{1}},
		{history.Filter{Organization: "8"}, []int64{2}},
		{history.Filter{Organization: "hq", Title: "board"}, []int64{2}},
		{history.Filter{Title: "d_m"}, []int64{2}},
		{history.Filter{Title: "100%"}, []int64{1}},
		{history.Filter{Title: "_"}, []int64{2}},
		{history.Filter{To: nine.Add(-40 * time.Minute)}, nil},
		{history.Filter{To: nine.Add(-39 * time.Minute)}, []int64{1}}, // as the service says
		{history.Filter{To: nine.Add(time.Minute)}, []int64{1}},
		{history.Filter{To: nine.Add(2 * time.Minute)}, []int64{2, 1}}, // by the bounds
		{history.Filter{From: nine.Add(121 * time.Minute)}, []int64{2}},
		{history.Filter{From: nine.Add(30 * time.Minute), To: nine.Add(40 * time.Minute)}, []int64{2, 1}}, // each may have been
	} {
		var got []int64
		for _, r := range runsOf(t, store.Reader, c.f) {
			got = append(got, r.EventID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: events (-want +got)\n%s", c.f, diff)
		}
	}
	samples, err := store.Samples(t.Context(), history.Filter{From: nine.Add(time.Minute), Limit: 2})
	want := []history.Sample{
		{At: nine.Add(2*time.Hour + time.Second), Verdict: "complete", Conferences: 1, Counts: history.Counts[int]{Attendees: 5, VoIP: 2}},
		{At: nine.Add(time.Hour + time.Second), Verdict: "complete", Conferences: 1, Counts: history.Counts[int]{Attendees: 5, VoIP: 2}},
	}
	if diff := cmp.Diff(want, samples); err != nil || diff != "" {
		t.Errorf("samples: %v (-want +got)\n%s", err, diff)
	}
}

func TestKeep(t *testing.T) {
	store := opened(t, filepath.Join(t.TempDir(), "history.db"), history.Options{Keep: time.Hour})
	defer func() { _ = store.Close() }()
	record(t, store, polled(0, meeting(1, 10), meeting(2, 10), meeting(3, 10)), polled(time.Minute, meeting(2, 10), meeting(3, 10)), polled(50*time.Minute, meeting(3, 10)))
	if got := len(runsOf(t, store.Reader, history.Filter{})); got != 3 {
		t.Errorf("within the hour: got %d runs, want 3", got)
	}
	record(t, store, polled(70*time.Minute, meeting(3, 10)))
	runs := runsOf(t, store.Reader, history.Filter{})
	if len(runs) != 2 || runs[1].EventID != 2 || !runs[0].Live {
		t.Errorf("after 70 minutes: got %v, want the live one and what ended 20 minutes ago", runs)
	}
	if samples, err := store.Samples(t.Context(), history.Filter{}); err != nil || len(samples) != 2 {
		t.Errorf("got %d samples, %v, want 2", len(samples), err)
	}
}

// A file that takes no more loses nothing: the next poll that can be written makes up for it.
func TestRecordFull(t *testing.T) {
	store := opened(t, filepath.Join(t.TempDir(), "history.db"), history.Options{})
	defer func() { _ = store.Close() }()
	pages := func(pragma string) (n int) {
		t.Helper()
		if err := store.Update(func(tx *sql.Tx) error { return tx.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&n) }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	list := confopenapitest.Conferences(1000, 1)
	record(t, store, polled(0, list[:10]...))
	pages("max_page_count = 1") // which SQLite takes for as many as there are
	err := store.Record(polled(time.Minute, list[5:]...))
	if full, ok := errors.AsType[*sqlite.Error](err); !ok || full.Code() != sqlite3.SQLITE_FULL {
		t.Errorf("got %v, want that it is full", err)
	}
	if got := len(runsOf(t, store.Reader, history.Filter{})); got != 10 {
		t.Errorf("after the failure: got %d runs, want the 10 from before", got)
	}
	pages("max_page_count = 100000")
	record(t, store, polled(2*time.Minute, list[5:]...))
	live := 0
	runs := runsOf(t, store.Reader, history.Filter{})
	for _, r := range runs {
		if r.Live {
			live++
		}
		if r.Resumes > 0 {
			t.Errorf("got %+v, which never came back", r)
		}
	}
	if len(runs) != 1000 || live != 995 {
		t.Errorf("then: got %d runs, %d of them live, want 1000 and 995", len(runs), live)
	}
}

func TestOpenBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	store := opened(t, path, history.Options{})
	record(t, store, polled(0, meeting(1, 1)))
	if _, err := history.Open(path, history.Options{Service: "fake"}); !errors.Is(err, disk.ErrBusy) {
		t.Errorf("got %v, want that it is in use", err)
	}
	reader, err := history.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	record(t, store, polled(time.Minute, meeting(1, 1), meeting(2, 1)))
	if got := len(runsOf(t, reader, history.Filter{})); got != 2 {
		t.Errorf("a reader of a store that is written: got %d runs, want 2", got)
	}
	_ = store.Close()
	if got := len(runsOf(t, reader, history.Filter{})); got != 2 {
		t.Errorf("a reader after the writer: got %d runs, want 2", got)
	}
	_ = reader.Close()
	_ = opened(t, path, history.Options{}).Close()
}

// What is refused stays as it was.
func TestOpenRefused(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	store := opened(t, good, history.Options{})
	record(t, store, polled(0, meeting(1, 1)))
	_ = store.Close()
	altered := func(statement string) []byte {
		t.Helper()
		content, err := os.ReadFile(good)
		path := filepath.Join(dir, "altered.db")
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", path)
		if err == nil {
			_, err = db.ExecContext(t.Context(), statement)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = db.Close()
		content, err = os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	foreign := func(err error) bool { return errors.Is(err, history.ErrForeign) }
	for name, c := range map[string]struct {
		content []byte
		service string
		is      func(error) bool
	}{
		"text":             {[]byte("notes\n"), "fake", foreign},
		"another database": {altered("PRAGMA application_id = 7"), "fake", foreign},
		"newer": {altered("PRAGMA user_version = 99"), "fake", func(err error) bool {
			wrong, ok := errors.AsType[*history.VersionError](err)
			return ok && wrong.Has == 99
		}},
		"another service": {altered("SELECT 1"), "other", func(err error) bool {
			wrong, ok := errors.AsType[*history.OtherError](err)
			return ok && wrong.Service == "fake"
		}},
		"half": {altered("SELECT 1")[:5000], "fake", func(err error) bool { return err != nil }},
	} {
		path := filepath.Join(dir, "file.db")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := history.Open(path, history.Options{Service: c.service}); !c.is(err) {
			t.Errorf("%s: got %v", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, c.content) {
			t.Errorf("%s: the file was changed: %d bytes, had %d", name, len(now), len(c.content))
		}
		for _, beside := range []string{"-wal", "-shm", ".lock", ".new"} {
			_ = os.Remove(path + beside)
		}
	}
	if _, err := history.Open(dir, history.Options{}); !errors.Is(err, disk.ErrNoFile) {
		t.Errorf("a directory: got %v", err)
	}
	if _, err := history.OpenReader(filepath.Join(dir, "none.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing to read: got %v", err)
	}
}

// A store with an older schema is brought to this one; the oldest has nothing but its mark.
func TestOpenOlder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := sql.Open("sqlite", path)
	if err == nil {
		_, err = db.ExecContext(t.Context(), "PRAGMA application_id = 0x63666374; PRAGMA user_version = 0")
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	if _, err := history.OpenReader(path); err == nil {
		t.Error("a reader took an older schema")
	}
	store := opened(t, path, history.Options{})
	defer func() { _ = store.Close() }()
	record(t, store, polled(0, meeting(1, 1)))
	if got := len(runsOf(t, store.Reader, history.Filter{})); got != 1 {
		t.Errorf("got %d runs, want 1", got)
	}
}

// Whenever a store is opened again, it knows what was recorded, and takes nothing for new.
func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	random := rand.New(rand.NewPCG(1, 2))
	var events []confopenapi.Event
	open := func() *history.Store {
		return opened(t, path, history.Options{Polled: func(_ *sql.Tx, poll history.Poll) error { events = poll.Events; return nil }})
	}
	list := confopenapitest.Conferences(30, 1)
	store := open()
	for poll := range 300 {
		at := time.Duration(2*poll) * time.Minute
		record(t, store, polled(at, list...))
		if poll%7 == 0 || poll%100 > 97 || poll%100 < 3 {
			_ = store.Close()
			store = open()
			if record(t, store, polled(at+time.Minute, list...)); len(events) > 0 {
				t.Fatalf("poll %d, again after a restart: got %v, want no event", poll, events)
			}
		}
		list[random.IntN(len(list))].AttendeeCount++
		if poll%10 == 9 {
			list = append(slices.Delete(list, 5, 6), confopenapitest.ConferencesFrom(100+poll, 1, 1)...)
		}
	}
	_ = store.Close()
}

// An empty file, as mktemp makes it, and what a kill left of a new store, are a new start.
func TestOpenEmpty(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	for _, name := range []string{path, path + ".new", path + ".new-journal", path + ".lock"} {
		content := []byte("half")
		if name == path {
			content = nil
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store := opened(t, path, history.Options{})
	record(t, store, polled(0, meeting(1, 1)))
	_ = store.Close()
	if names, _ := filepath.Glob(path + "*"); len(names) != 1 {
		t.Errorf("got %v, want the history alone", names)
	}
}
