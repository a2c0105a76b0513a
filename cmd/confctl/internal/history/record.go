package history

import (
	"bytes"
	"cmp"
	"compress/flate"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// recorder writes one poll.
type recorder struct {
	tx      *sql.Tx
	poll    Poll
	keep    time.Duration
	watcher *confopenapi.Watcher
	part    int // the number of the next one of its state; 0 is the whole
}

// sampleEvery is how much time is between two samples at least.
const sampleEvery = 10

func (r *recorder) record(sampled *int64) error {
	report := &r.poll.Snapshot.Report
	if err := r.events(); err != nil {
		return err
	}
	if at := report.End.Unix(); at >= *sampled+sampleEvery {
		*sampled = at
		if err := r.sample(at); err != nil {
			return err
		}
	}
	if err := r.state(); err != nil {
		return err
	}
	set, args := "polled_at = ?", []any{report.Start.Unix()}
	if report.Verdict >= confopenapi.VerdictConditional {
		set, args = set+", proven_at = ?", append(args, report.End.Unix())
	}
	if _, err := r.tx.Exec("UPDATE state SET "+set, args...); err != nil { //nolint:noctx // it ends by itself
		return err
	}
	return r.forget(report.End)
}

// state writes what the Watcher knows. At rest that is little, and from time to time it is everything, so that there are few parts.
func (r *recorder) state() error {
	text, err := r.watcher.MarshalChanges()
	whole := r.part%partsOfState == 0
	if err == nil && whole && r.part > 0 {
		text, err = r.watcher.MarshalJSON() // json.Marshal would read it all once more
	}
	if err == nil && whole {
		_, err = r.tx.Exec("DELETE FROM watcher") //nolint:noctx // it ends by itself
	}
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		_, err = r.tx.Exec("INSERT INTO watcher (part) VALUES (?)", b.Bytes()) //nolint:noctx // it ends by itself
	}
	return err
}

// partsOfState is how many parts there are at most.
const partsOfState = 100

// The statements on runs. Sums grow by what held since the counts changed last.
var (
	came = "INSERT INTO run (event_id, conference_id, start_time, title, host_org_id, host_org_name, start_not_before, start_by, counted_at" +
		each(", %[1]s_now, %[1]s_peak") + ") VALUES (" + strings.Repeat("?, ", 8+2*len(kinds)) + "?) ON CONFLICT DO UPDATE SET end_not_before = NULL, " +
		"end_by = NULL, proven = 0, resumes = resumes + (end_by IS NOT NULL), title = excluded.title, host_org_id = excluded.host_org_id, " +
		"host_org_name = excluded.host_org_name, counted_at = excluded.counted_at" +
		each(", %[1]s_now = excluded.%[1]s_now, %[1]s_peak = max(%[1]s_peak, excluded.%[1]s_now)")
	changed = "UPDATE run SET " + sums("?1") + ", title = ?, host_org_id = ?, host_org_name = ?, counted_at = ?1" +
		each(", %[1]s_now = ?, %[1]s_peak = max(%[1]s_peak, ?)") + named
	ended = "UPDATE run SET " + sums("?1") + ", counted_at = NULL, end_not_before = ?1, end_by = ?2, proven = ?3" + named
)

const named = " WHERE event_id = ? AND conference_id = ? AND start_time = ?"

// sums adds to the sums what held until a time.
func sums(until string) string {
	held := "max(0, ifnull(" + until + " - counted_at, 0))"
	return "counted_for = counted_for + " + held + each(", %[1]s_sum = %[1]s_sum + %[1]s_now * "+held)
}

// each is SQL for each of the counts.
func each(format string) string {
	parts := make([]string, len(kinds))
	for i, k := range kinds {
		parts[i] = fmt.Sprintf(format, k)
	}
	return strings.Join(parts, "")
}

func (r *recorder) events() (err error) {
	if len(r.poll.Events) == 0 {
		return nil
	}
	var stmts [3]*sql.Stmt
	for i, query := range []string{came, changed, ended} {
		if stmts[i], err = r.tx.Prepare(query); err != nil { //nolint:noctx // it ends by itself
			return err
		}
		defer func() { err = errors.Join(err, stmts[i].Close()) }()
	}
	events := make([]*confopenapi.Event, len(r.poll.Events))
	for i := range events {
		events[i] = &r.poll.Events[i]
	}
	slices.SortStableFunc(events, func(a, b *confopenapi.Event) int { // so that ids rise with starts
		return cmp.Compare(a.Conference.StartTime, b.Conference.StartTime)
	})
	for _, e := range events {
		c := &e.Conference
		id := []any{c.EventID, c.ConferenceID, int64(c.StartTime)}
		about := []any{c.Title, c.HostOrgID, c.HostOrgName}
		stmt := stmts[0]
		var args []any
		switch e.Kind {
		case confopenapi.EventUpdated:
			stmt = stmts[1]
			args = append([]any{e.LastSeen.Unix()}, about...)
		case confopenapi.EventEnded:
			stmt = stmts[2]
			args = append([]any{e.LastSeen.Unix(), Up(e.At), e.Proven}, id...)
		default:
			args = append(append(id, about...), null(e.NotBefore), Up(e.At), e.LastSeen.Unix())
		}
		if e.Kind != confopenapi.EventEnded {
			for _, n := range CountsOf(c).List() {
				args = append(args, *n, *n)
			}
		}
		if e.Kind == confopenapi.EventUpdated {
			args = append(args, id...)
		}
		if _, err := stmt.Exec(args...); err != nil { //nolint:noctx // it ends by itself
			return err
		}
	}
	return nil
}

// sample writes the totals of a listing.
func (r *recorder) sample(at int64) error {
	totals := Counts[int]{}
	list := r.poll.Snapshot.Conferences
	for i := range list {
		totals.add(CountsOf(&list[i]))
	}
	args := []any{at, r.poll.Snapshot.Report.Verdict.String(), len(list)}
	for _, n := range totals.List() {
		args = append(args, *n)
	}
	_, err := r.tx.Exec("INSERT OR REPLACE INTO sample VALUES (?, ?, ?"+strings.Repeat(", ?", len(kinds))+")", args...) //nolint:noctx // it ends by itself
	return err
}

// atOnce bounds how many rows a poll deletes.
const atOnce = 1000

// forget deletes what is older than it is kept.
func (r *recorder) forget(now time.Time) error {
	if r.keep <= 0 {
		return nil
	}
	for _, query := range []string{
		"DELETE FROM run WHERE id IN (SELECT id FROM run WHERE end_by < ? LIMIT ?)",
		"DELETE FROM sample WHERE at IN (SELECT at FROM sample WHERE at < ? LIMIT ?)",
	} {
		if _, err := r.tx.Exec(query, now.Add(-r.keep).Unix(), atOnce); err != nil { //nolint:noctx // it ends by itself
			return err
		}
	}
	return nil
}

// Up is a time in Unix seconds, rounded up.
func Up(t time.Time) int64 { return t.Add(time.Second - 1).Unix() }

// null is a time in Unix seconds, rounded down; NULL = not known.
func null(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}
