//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

var kills = flag.Int("kills", 5, "how often exports and watches are killed")

// killed starts a process, kills it after a while, and reports whether it was still running.
func killed(t *testing.T, cmd *exec.Cmd, after time.Duration) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	exit, _ := errors.AsType[*exec.ExitError](err)
	return exit != nil && exit.ExitCode() < 0
}

func namesIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// Wherever an export is killed, its file is whole or not there, and the next runs finish it and clean up.
func TestKilledExport(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(2000, 1)...), confopenapitest.WithMaxCount(100),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithRequestLog(0))
	formats := []string{"ndjson", "csv", "xlsx", "parquet"}
	if testing.Short() {
		formats = formats[:1]
	}
	for _, format := range formats {
		dir := t.TempDir()
		whole, file := filepath.Join(dir, "whole."+format), filepath.Join(dir, "all."+format)
		began := time.Now()
		if out, err := process(t, srv, "export", "-q", "-o", whole).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		takes := time.Since(began)
		want, err := os.ReadFile(whole)
		if err != nil {
			t.Fatal(err)
		}
		died, runs := 0, 0
		for ; died < *kills && runs < 10**kills; runs++ { // some end before they are killed
			if killed(t, process(t, srv, "export", "-q", "--resume", "--force", "-o", file), time.Duration(rand.Int64N(int64(takes)))) {
				died++
			}
			if got, err := os.ReadFile(file); err == nil && !bytes.Equal(got, want) {
				t.Errorf("%s: the file has %d bytes, want %d or no file", format, len(got), len(want))
			}
		}
		if out, err := process(t, srv, "export", "-q", "--resume", "--force", "-o", file).CombinedOutput(); err != nil {
			t.Errorf("%s: after %d kills: %v: %s", format, died, err, out)
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: after %d kills: not the file of a single run: %v", format, died, err)
		}
		if got, want := namesIn(t, dir), filepath.Base(file)+" "+filepath.Base(whole); got != want {
			t.Errorf("%s: left behind: %s, want %s", format, got, want)
		}
		if died < *kills {
			t.Errorf("%s: got %d kills in %d runs, want %d", format, died, runs, *kills)
		}
		t.Logf("%s: %d of %d runs were killed", format, died, runs)
	}
}

// Whenever a page is asked for, what was listed before is in the unfinished file, so that a kill loses none of it.
func TestExportKeepsWhatWasListed(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(50, 1)...), confopenapitest.WithMaxCount(20))
	file := filepath.Join(t.TempDir(), "all.csv")
	var kept []int
	srv.Intercept(func(*confopenapitest.Exchange) {
		text, _ := os.ReadFile(file + ".partial")
		kept = append(kept, bytes.Count(text, []byte("\n"))-1) // less the head
	})
	confctl(t.Context(), srv, "export", "-q", "-o", file).must(t, 0)
	if len(kept) < 3 || kept[1] != 20 || kept[2] <= 20 {
		t.Errorf("got %d conferences kept at each request, want 0, 20, and then more", kept)
	}
}

// The environment says how often memory is collected, where it says anything.
func TestExportHeedsGOGC(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(2000, 1)...), confopenapitest.WithRequestLog(0))
	cmd := process(t, srv, "export", "-q", "-o", filepath.Join(t.TempDir(), "all.csv"))
	cmd.Env = append(cmd.Env, "GOGC=off", "GODEBUG=gctrace=1")
	out, err := cmd.CombinedOutput()
	if n := strings.Count(string(out), "gc "); err != nil || n > 0 {
		t.Errorf("got %d collections and %v with GOGC=off, want none", n, err)
	}
}

// --resume does not call a file complete beside which there is an unfinished export, such as of a run with --force.
func TestExportResumeBesideAFile(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(50, 1)...), confopenapitest.WithMaxCount(20))
	file := filepath.Join(t.TempDir(), "all.csv")
	confctl(t.Context(), srv, "export", "-q", "-o", file).must(t, 0)
	confctl(t.Context(), srv, "export", "-q", "--resume", "-o", file).must(t, 2, file+" is complete: there is no unfinished export")
	ctx, cancel := context.WithCancel(t.Context())
	requests := 0
	srv.Intercept(func(*confopenapitest.Exchange) {
		if requests++; requests == 3 {
			cancel()
		}
	})
	confctl(ctx, srv, "export", "-q", "--force", "-o", file).must(t, 130, "conferences are kept in "+file+".partial")
	confctl(t.Context(), srv, "export", "-q", "--resume", "-o", file).must(t, 2, file+" already exists", "--force replaces it")
	confctl(t.Context(), srv, "export", "-q", "--resume", "--force", "-o", file).must(t, 0)
}

// Wherever a watch is killed, its checkpoint is whole, and what is reported after it fits.
func TestKilledWatch(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(40, 1)...),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithRequestLog(0))
	dir := t.TempDir()
	file := filepath.Join(dir, "seen.json")
	watch := func(args ...string) *exec.Cmd {
		return process(t, srv, append([]string{"watch", "--json", "--interval", "1ms", "--checkpoint", file}, args...)...)
	}
	for n := range *kills {
		srv.SetChurn(confopenapitest.Churn{Seed: uint64(n), Rate: .5, Toggle: .5})
		cmd := watch()
		cmd.Stdout = io.Discard
		if !killed(t, cmd, time.Duration(rand.Int64N(int64(300*time.Millisecond)))) {
			t.Error("the watch ended before it was killed")
		}
		if text, err := os.ReadFile(file); err == nil && !json.Valid(text) {
			t.Errorf("after %d kills the checkpoint is %.100q", n, text)
		}
	}
	srv.SetChurn(confopenapitest.Churn{})
	if out, err := watch("--polls", "3").CombinedOutput(); err != nil { // a checkpoint that lags repeats, and what is not proven ends with the second
		t.Fatalf("%v: %s", err, out)
	}
	srv.Update(srv.Live()[0].Identity(), func(c *confopenapi.Conference) { c.AttendeeCount += 7 })
	out, err := watch("--polls", "1").Output()
	if err != nil || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), `"kind":"updated"`) {
		t.Errorf("got %v and %s, want the one change", err, out)
	}
	if diff := cmp.Diff("seen.json", namesIn(t, dir)); diff != "" {
		t.Errorf("left behind (-want +got)\n%s", diff)
	}
}

// soundness is what SQLite says of all that is in a history; "ok" = it is sound.
func soundness(t *testing.T, file string) (result string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check(1)").Scan(&result); err != nil {
		t.Fatal(err)
	}
	return result
}

// Wherever a watch that records is killed, its history opens and is sound, has nothing twice, and lacks nothing but the last poll.
func TestKilledRecording(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(40, 1)...),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithRequestLog(0))
	dir := t.TempDir()
	file := filepath.Join(dir, "meetings.db")
	watch := func(args ...string) *exec.Cmd {
		return process(t, srv, append([]string{"watch", "--json", "--interval", "1ms", "--store", file}, args...)...)
	}
	// recorded are the runs in the file, by identity.
	recorded := func() map[confopenapi.Identity]history.Run {
		t.Helper()
		reader, err := history.OpenReader(file)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			t.Fatalf("the history does not open: %v", err)
		}
		defer func() { _ = reader.Close() }()
		if sound := soundness(t, file); sound != "ok" {
			t.Errorf("the history is damaged: %s", sound)
		}
		list, err := reader.Runs(t.Context(), history.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		runs := map[confopenapi.Identity]history.Run{}
		for _, r := range list {
			runs[confopenapi.Identity{EventID: r.EventID, ConferenceID: r.ConferenceID, StartTime: confopenapi.UnixTime(r.StartTime.Unix())}] = r
			if r.Resumes > 0 {
				t.Errorf("%+v came back, and no run did", r)
			}
		}
		if len(runs) != len(list) {
			t.Errorf("got %d runs twice", len(list)-len(runs))
		}
		return runs
	}
	events := 0
	for n := range *kills {
		srv.SetChurn(confopenapitest.Churn{Seed: uint64(n), Rate: .5, Toggle: .5})
		cmd := watch()
		var out bytes.Buffer
		cmd.Stdout = &out
		if !killed(t, cmd, time.Duration(rand.Int64N(int64(400*time.Millisecond)))) {
			t.Error("the watch ended before it was killed")
		}
		var printed []confopenapi.Event
		for line := range strings.Lines(out.String()) {
			var e confopenapi.Event
			if strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(line), &e) == nil {
				printed = append(printed, e)
			}
		}
		runs := recorded()
		for _, e := range printed {
			if e.At.Equal(printed[len(printed)-1].At) {
				break // the last poll
			}
			events++
			if _, ok := runs[e.Conference.Identity()]; !ok {
				t.Errorf("after %d kills: %v is lost", n, e)
			}
		}
	}
	srv.SetChurn(confopenapitest.Churn{})
	if out, err := watch("--polls", "4").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	live := 0
	for _, r := range recorded() {
		if r.Live {
			live++
		}
	}
	if live != len(srv.Live()) {
		t.Errorf("got %d live runs, want %d", live, len(srv.Live()))
	}
	if got := namesIn(t, dir); got != "meetings.db" {
		t.Errorf("left behind: %s", got)
	}
	t.Logf("%d kills, %d events before the last polls", *kills, events)
}
