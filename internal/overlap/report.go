package overlap

import (
	"slices"
	"time"
)

// Verdict is what a listing proved.
type Verdict int

const (
	// Incomplete: not proven; Report.Reason says why.
	Incomplete Verdict = iota + 1
	// Conditional: complete if the server keeps the relative order of rows, or sorts by the key it seems to.
	Conditional
	// Complete: both chains hold, or a single page held everything.
	Complete
)

func (v Verdict) String() string {
	switch v {
	case Incomplete:
		return "incomplete"
	case Conditional:
		return "conditional"
	case Complete:
		return "complete"
	default:
		return "none"
	}
}

// Reasons why a listing is not Complete, in the order in which they are looked for.
const (
	ReasonStopped  = "stopped"
	ReasonFailed   = "failed"
	ReasonCounts   = "paging"
	ReasonEnd      = "no-end"
	ReasonBudget   = "effort"
	ReasonTies     = "ties"
	ReasonUnstable = "order"
	ReasonGap      = "gap"
	ReasonMismatch = "total"
	ReasonWeak     = "identity"
	ReasonUnsorted = "assumes-order"
	ReasonMoved    = "assumes-key"
	ReasonShared   = "assumes-order"
	ReasonKeys     = "assumes-key"
)

// Report says what a listing did and what its result is worth.
type Report struct {
	Verdict    Verdict
	Reason     string // why not Complete, one of the Reasons
	Rows       int    // distinct ones that came
	Pages      int    // answers that were taken
	Requests   int    // sent, failed ones included
	Failed     int    // places that were never answered
	Rounds     int    // longest chain of requests of which each needed the answer before
	Duplicates int    // rows that came again, mostly by intent
	Drift      int    // how far the list moved between two linked windows at most
	Repairs    int    // requests for seams that had come apart
	TotalCount int    // what the server said last
	Missing    int    // estimate of what an Incomplete listing lacks
	PageSize   int    // rows of a full page, 0 when that was not seen, as in a short list
	Attempts   int    // of all requests
	Pauses     int    // waits after a refusal for too many requests
	Start, End time.Time
	Err        error // the last error of a request, if a place was never answered
}

// report says what came of it.
func (l *listing) report() Report {
	p := l.prove()
	rows := len(l.seen.rows)
	r := Report{
		Verdict: p.verdict(), Rows: rows, Pages: len(l.windows), Requests: l.requests, Failed: l.failed, Rounds: l.rounds, Duplicates: l.received - rows,
		Drift: l.drift, Repairs: l.repaired, TotalCount: l.total,
	}
	if l.stopped == ReasonFailed { // what was not answered is not asked for again
		r.Failed = max(1, l.failed+len(l.again))
	}
	if l.full == l.size && l.reached >= 2*l.size { // less may be a short list that grew by a few rows
		r.PageSize = l.size
	}
	if l.weak {
		r.Verdict = min(r.Verdict, Conditional)
	}
	if l.stopped != "" || l.rigid {
		r.Verdict = Incomplete
	}
	mismatch := rows < l.total-max(l.total/20, 3*(l.drift+l.repaired)+5)
	if mismatch {
		r.Verdict = Incomplete
	}
	if r.Verdict == Incomplete {
		r.Missing = max(0, l.total-rows)
	}
	r.Reason = l.reason(r.Verdict, p, mismatch)
	return r
}

func (l *listing) reason(v Verdict, p proof, mismatch bool) string {
	switch {
	case v == Complete:
		return ""
	case l.stopped != "":
		return l.stopped
	case l.rigid:
		return ReasonCounts
	case v == Conditional && l.weak && p.verdict() == Complete:
		return ReasonWeak
	case v == Conditional && p.keys && l.moved:
		return ReasonMoved
	case v == Conditional && p.keys:
		return ReasonKeys
	case v == Conditional && l.evidence.fitting() == 0:
		return ReasonUnsorted
	case v == Conditional:
		return ReasonShared
	case l.failed > 0:
		return ReasonFailed
	case mismatch || len(l.line) > 0 && l.line[len(l.line)-1].lacks():
		return ReasonMismatch
	case p.tail == nil || !p.sure:
		return ReasonEnd
	case slices.ContainsFunc(l.line, func(w *window) bool { return w.firstTies == w.n && w.n == l.size && w.n > 1 }):
		return ReasonTies
	case l.moved:
		return ReasonUnstable
	default:
		return ReasonGap
	}
}
