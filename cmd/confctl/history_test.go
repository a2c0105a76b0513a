package main

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/thedatashed/xlsxreader"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// A day as --from and --to is that whole day.
func TestHistoryOfOneDay(t *testing.T) {
	t.Parallel()
	before := time.Now()
	list := confopenapitest.Conferences(3, 7)
	for i := range list {
		list[i].StartTime = confopenapi.UnixTime(before.Unix())
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...))
	store := filepath.Join(t.TempDir(), "meetings.db")
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "1").must(t, 0)
	day := func(at time.Time) string { return at.Format(time.DateOnly) }
	for _, c := range []struct{ from, to, want string }{
		{day(before), day(time.Now()), "3 runs, as of"},
		{day(before.AddDate(0, 0, -2)), day(before.AddDate(0, 0, -1)), "0 runs, as of"},
		{day(before.AddDate(0, 0, -2)), day(before.AddDate(0, 0, -1)), "The record begins at " + day(before)},
		{day(before.AddDate(0, 0, 2)), day(before.AddDate(0, 0, 3)), "--from is after the last poll"},
	} {
		got := confctl(t.Context(), srv, "history", "--store", store, "--from", c.from, "--to", c.to)
		if got.must(t, 0); !strings.Contains(got.Stdout, c.want) {
			t.Errorf("--from %s --to %s: got %q, want %q", c.from, c.to, got.Stdout, c.want)
		}
	}
}

// Days may be a time ago, and what is not understood is answered with what is. An old record says that it is old.
func TestHistoryFromDaysAgo(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...))
	store := filepath.Join(t.TempDir(), "meetings.db")
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "1").must(t, 0)
	const old = "what started or ended since is not recorded"
	if got := confctl(t.Context(), srv, "history", "--store", store, "--from", "7d"); got.Code != 0 || !strings.Contains(got.Stdout, "3 runs, as of") || strings.Contains(got.Stdout, old) {
		t.Errorf("--from 7d: got exit code %d and %q %q, want 3 runs", got.Code, got.Stdout, got.Stderr)
	}
	for _, bad := range []string{"yesterday", "d", "-1d", "18:00"} {
		confctl(t.Context(), srv, "history", "--store", store, "--from", bad).must(t, program.Unsent, "--from 7d")
	}
	db, err := sql.Open("sqlite", store)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "UPDATE state SET polled_at = polled_at - 3600")
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if got := confctl(t.Context(), srv, "history", "--store", store); !strings.Contains(strings.Join(strings.Fields(got.Stdout), " "), "The last poll was 1h0m0s ago: "+old) {
		t.Errorf("an old record: got %q, want that it is old", got.Stdout)
	}
}

// Of those that ran when the watch began, the last 20 are those that started last.
func TestHistoryIsSortedByStart(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(3, 7) // the latest first
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...))
	store := filepath.Join(t.TempDir(), "meetings.db")
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "1").must(t, 0)
	got := confctl(t.Context(), srv, "history", "--store", store, "-o", "-")
	got.must(t, 0)
	for i, line := range strings.Split(strings.TrimSpace(got.Stdout), "\n")[1:] {
		if want := strconv.FormatInt(list[i].EventID, 10) + ","; !strings.HasPrefix(line, want) {
			t.Errorf("row %d: got %q, want %q", i, line, want)
		}
	}
}

// A duration is from the service's start to the later bound of the end; what is live has none.
func TestHistoryDuration(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(2, 7)
	for i := range list {
		list[i].StartTime = confopenapi.UnixTime(time.Now().Add(-90 * time.Minute).Unix())
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...))
	store := filepath.Join(t.TempDir(), "meetings.db")
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "1").must(t, 0)
	srv.End(list[0].Identity())
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "2", "--interval", "1ns").must(t, 0)

	got := confctl(t.Context(), srv, "history", "--store", store, "-o", "-")
	got.must(t, 0)
	rows, err := csv.NewReader(strings.NewReader(got.Stdout)).ReadAll()
	if err != nil || len(rows) != 3 || !slices.Contains(rows[0], "durationSeconds") {
		t.Fatalf("got %q, %v, want a heading with durationSeconds, and 2 runs", rows, err)
	}
	table := strings.Join(strings.Fields(confctl(t.Context(), srv, "history", "--store", store).Stdout), " ")
	cell := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	for _, row := range rows[1:] {
		want, minutes := "", "live now -"
		if end, err := time.Parse(time.RFC3339, cell(row, "endBy")); err == nil {
			lasted := end.Sub(list[0].StartTime.Time())
			want, minutes = strconv.Itoa(int(lasted.Seconds())), end.Local().Format("01-02 15:04:05")+" "+strconv.FormatFloat(lasted.Minutes(), 'f', 1, 64)
		}
		if got := cell(row, "durationSeconds"); got != want || want == "" != (cell(row, "eventId") == strconv.FormatInt(list[1].EventID, 10)) {
			t.Errorf("event %s, to %q: got a duration of %q, want %q", cell(row, "eventId"), cell(row, "endBy"), got, want)
		}
		if !strings.Contains(table, minutes) {
			t.Errorf("got %q, want %q in it", table, minutes)
		}
	}
}

// A conference that ran before the watch began has started when the service says, and not when it was first seen.
func TestHistoryHasTheServicesStart(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(2, 7)
	list[0].StartTime, list[1].StartTime = 1793608200, 0 // 2 November 2026, 07:50 UTC; and what the service does not say
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...))
	dir := t.TempDir()
	store, file := filepath.Join(dir, "meetings.db"), filepath.Join(dir, "meetings.xlsx")
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "1").must(t, 0)
	got := confctl(t.Context(), srv, "history", "--store", store)
	got.must(t, 0)
	if started := list[0].StartTime.Time().Local().Format(" 01-02 15:04:05 "); strings.Count(got.Stdout, started) != 1 || strings.Contains(got.Stdout, "01-01") {
		t.Errorf("got %q, want the start %q once", got.Stdout, started)
	}

	confctl(t.Context(), srv, "history", "--store", store, "-o", file, "--chinese-headings").must(t, 0)
	book, err := xlsxreader.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var rows [][]string
	for row := range book.ReadRows("历史记录") {
		var cells []string
		for _, cell := range row.Cells {
			cells = append(cells, cell.Value)
		}
		rows = append(rows, cells)
	}
	if len(rows) != 3 || rows[0][0] != "会议预约 ID" || !strings.HasPrefix(rows[0][2], "开始时间 (UTC") {
		t.Errorf("got %q", rows)
	}
}
