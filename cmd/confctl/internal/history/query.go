package history

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"
)

// readers is how many queries run at a time.
const readers = 4

// Reader reads a history. It is safe for concurrent use.
type Reader struct{ db *sql.DB }

// Close ends the reading.
func (r *Reader) Close() error { return r.db.Close() }

// Run is a run of a conference, from its start to its end. Bounds are in whole seconds, by the clock of the machine that polled:
// lower ones are rounded down, upper ones up.
type Run struct {
	ID             int64           `json:"-"`
	EventID        int64           `json:"eventId"`
	ConferenceID   string          `json:"conferenceId"`
	StartTime      time.Time       `json:"startTime,omitzero"` // as the service says
	Title          string          `json:"title"`
	HostOrgID      int64           `json:"hostOrgId"`
	HostOrgName    string          `json:"hostOrgName"`
	StartNotBefore time.Time       `json:"startNotBefore,omitzero"` // it began no earlier; zero = not known
	StartBy        time.Time       `json:"startBy"`                 // it began no later
	EndNotBefore   time.Time       `json:"endNotBefore,omitzero"`   // it ended no earlier; zero = it is live
	EndBy          time.Time       `json:"endBy,omitzero"`          // it ended no later; zero = it is live
	Live           bool            `json:"live"`
	Proven         bool            `json:"proven"`  // the end is proven, not inferred
	Resumes        int             `json:"resumes"` // how often it came back after an end
	Peak           Counts[int]     `json:"peak"`    // the highest that a poll saw
	Mean           Counts[float64] `json:"mean"`    // over the time from the first poll with it to the last
}

// Start is when the service says that the run began, or else the later bound of that.
func (r *Run) Start() time.Time {
	if r.StartTime.IsZero() {
		return r.StartBy
	}
	return r.StartTime
}

// Duration is the time from Start to EndBy; 0 = it is live.
func (r *Run) Duration() time.Duration { return max(0, r.EndBy.Sub(r.Start())) } // the clocks of two machines differ

// Sample is the totals of one listing.
type Sample struct {
	At          time.Time `json:"at"`
	Verdict     string    `json:"verdict"` // what the listing proved
	Conferences int       `json:"conferences"`
	Counts[int]
}

// Filter picks runs or samples. The zero Filter picks all.
type Filter struct {
	From, To     time.Time // what may have been live from From until before To, by the service's start or the bounds; zero = no bound
	Organization string    // a part of its name, whatever the case of ASCII letters, or its id
	Title        string    // a part of the title
	Before       int64     // only those older than the run with this id, or than the sample of this second; 0 = all
	Limit        int       // 0 = all
}

// Runs returns the runs that a filter picks, those that came last first.
func (r *Reader) Runs(ctx context.Context, f Filter) (list []Run, err error) {
	q := query{}
	q.where(!f.To.IsZero(), "(ifnull(start_not_before, start_by) < ? OR start_time > 0 AND start_time < ?)", Up(f.To), Up(f.To))
	q.where(!f.From.IsZero(), "(end_by IS NULL OR end_by >= ?)", f.From.Unix())
	if id, err := strconv.ParseInt(f.Organization, 10, 64); err == nil {
		q.where(true, "(host_org_id = ? OR host_org_name LIKE ? ESCAPE '\\')", id, contains(f.Organization))
	} else {
		q.where(f.Organization != "", "host_org_name LIKE ? ESCAPE '\\'", contains(f.Organization))
	}
	q.where(f.Title != "", "title LIKE ? ESCAPE '\\'", contains(f.Title))
	q.where(f.Before > 0, "id < ?", f.Before)
	columns := "id, event_id, conference_id, start_time, title, host_org_id, host_org_name, start_not_before, start_by, end_not_before, end_by, live, proven, resumes"
	columns += each(", %[1]s_peak, %[1]s_mean")
	rows, err := r.db.QueryContext(ctx, "SELECT "+columns+" FROM runs"+q.String()+" ORDER BY id DESC LIMIT ?", append(q.args, cmp.Or(f.Limit, -1))...)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, rows.Close()) }()
	for rows.Next() {
		var run Run
		into := []any{
			&run.ID, &run.EventID, &run.ConferenceID, (*unix)(&run.StartTime), &run.Title, &run.HostOrgID, &run.HostOrgName,
			(*unix)(&run.StartNotBefore), (*unix)(&run.StartBy), (*unix)(&run.EndNotBefore), (*unix)(&run.EndBy), &run.Live, &run.Proven, &run.Resumes,
		}
		means := run.Mean.List()
		for i, peak := range run.Peak.List() {
			into = append(into, peak, means[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		list = append(list, run)
	}
	return list, rows.Err()
}

// Samples returns the samples that a filter's times pick, the last first.
func (r *Reader) Samples(ctx context.Context, f Filter) (list []Sample, err error) {
	q := query{}
	q.where(!f.To.IsZero(), "at < ?", Up(f.To))
	q.where(!f.From.IsZero(), "at >= ?", Up(f.From))
	q.where(f.Before > 0, "at < ?", f.Before)
	rows, err := r.db.QueryContext(ctx, "SELECT * FROM sample"+q.String()+" ORDER BY at DESC LIMIT ?", append(q.args, cmp.Or(f.Limit, -1))...)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, rows.Close()) }()
	for rows.Next() {
		var s Sample
		into := []any{(*unix)(&s.At), &s.Verdict, &s.Conferences}
		for _, n := range s.List() {
			into = append(into, n)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// State says whose history it is, and how fresh.
type State struct {
	Service  string
	Since    time.Time // when the first sample was taken that is still there; zero = there was none
	PolledAt time.Time // when the last recorded listing began; zero = there was none
	ProvenAt time.Time // when the last one that was at least conditional ended
}

// State returns the state after the last poll.
func (r *Reader) State(ctx context.Context) (s State, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT service, (SELECT min(at) FROM sample), polled_at, proven_at FROM state").
		Scan(&s.Service, (*unix)(&s.Since), (*unix)(&s.PolledAt), (*unix)(&s.ProvenAt))
	return s, err
}

// query collects conditions.
type query struct {
	conditions []string
	args       []any
}

func (q *query) where(wanted bool, condition string, args ...any) {
	if wanted {
		q.conditions, q.args = append(q.conditions, condition), append(q.args, args...)
	}
}

func (q *query) String() string {
	if q.conditions == nil {
		return ""
	}
	return " WHERE " + strings.Join(q.conditions, " AND ")
}

// contains is a pattern of LIKE.
func contains(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}

// unix is a time in a column of Unix seconds; NULL and 0 = the zero time.
type unix time.Time

// Scan implements sql.Scanner.
func (u *unix) Scan(v any) error {
	if n, ok := v.(int64); ok && n != 0 {
		*u = unix(time.Unix(n, 0).UTC())
	}
	return nil
}
