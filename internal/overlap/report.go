package overlap

import (
	"slices"
	"time"
)

// Verdict is what a listing proved.
type Verdict int

const (
	Incomplete  Verdict = iota + 1 // nothing is proven; Report.Reason says why
	Conditional                    // one chain holds; Report.Reason says which
	Complete                       // both chains hold, or one page held everything
)

// Reasons why a listing is not Complete.
const (
	ReasonStopped       = "stopped"
	ReasonLimit         = "limit"
	ReasonFailed        = "failed"
	ReasonPaging        = "paging"
	ReasonNoEnd         = "no-end"
	ReasonEffort        = "effort"
	ReasonTies          = "ties"
	ReasonOrder         = "order"
	ReasonGap           = "gap"
	ReasonTotal         = "total"
	ReasonContradiction = "contradiction"
	ReasonIdentity      = "identity"
	ReasonAssumesOrder  = "assumes-order"
	ReasonAssumesKey    = "assumes-key"
)

// Report says what a listing did and what it proved.
type Report struct {
	Verdict      Verdict
	Reason       string // why not Complete, one of the Reasons
	Rows         int    // distinct rows received
	Pages        int    // pages received
	Requests     int    // requests sent, also failed ones
	Attempts     int    // attempts of these requests, as the Source reports them
	Pauses       int    // of these attempts, those that were refused as too many or waited for their turn
	Failed       int    // pages that failed for good
	Rounds       int    // longest chain of requests that each depend on the response before
	Duplicates   int    // rows received again
	Drift        int    // how far the list moved between two linked windows, at most
	Repairs      int    // requests that closed gaps or confirmed the end
	TotalCount   int    // the last total
	Largest      int    // the largest total since rows came
	Missing      int    // estimate of what an Incomplete listing lacks
	PageSize     int    // rows of a full page; 0 = not seen
	Fullest      int    // rows of the fullest page
	Assumed      bool   // the verdict rests on Options.Known or WasTiny
	Facts        Facts  // what the listing learned
	Contradicted bool   // the service did something else than Options.Known says
	Start, End   time.Time
	Err          error // the last error of a request, if Failed > 0 or it ended the listing
}

func (l *listing) report() Report {
	p := l.prove()
	rows := len(l.rows.known)
	r := Report{
		Verdict: p.verdict(), Rows: rows, Pages: len(l.windows), Requests: l.requests, Failed: l.failed, Rounds: l.rounds,
		Duplicates: l.received - rows, Drift: l.drift, Repairs: l.repaired, TotalCount: l.totalCount, Largest: l.largest, Fullest: l.fullest,
	}
	if l.stopped == ReasonFailed { // what failed is not requested again
		r.Failed = max(1, l.failed+len(l.again))
	}
	if l.fullest == l.size && l.reached >= 2*l.size { // less may be a short list that grew by a few rows
		r.PageSize = l.size
	}
	if l.ambiguousKeys {
		r.Verdict = min(r.Verdict, Conditional)
	}
	lacks, contradicted := l.lacks(p.tail), l.collapsed(p.tail) || l.hides(p.tail)
	if l.stopped != "" || l.ignoresCount || lacks || contradicted {
		r.Verdict = Incomplete
	}
	if r.Verdict == Incomplete && !l.ignoreTotals {
		r.Missing = max(0, l.totalCount-rows, l.counted-rows)
	}
	l.review(&r, p)
	r.Reason = l.reason(r.Verdict, p, lacks, contradicted)
	return r
}

func (l *listing) reason(v Verdict, p proof, lacks, contradicted bool) string {
	switch {
	case v == Complete:
		return ""
	case l.stopped != "":
		return l.stopped
	case l.ignoresCount:
		return ReasonPaging
	case v == Conditional && l.ambiguousKeys && p.verdict() == Complete:
		return ReasonIdentity
	case v == Conditional && p.keys:
		return ReasonAssumesKey
	case v == Conditional:
		return ReasonAssumesOrder
	case l.failed > 0:
		return ReasonFailed
	case contradicted:
		return ReasonContradiction
	case lacks || len(l.byOffset) > 0 && l.byOffset[len(l.byOffset)-1].endsEarly():
		return ReasonTotal
	case p.tail == nil || !p.sure:
		return ReasonNoEnd
	case slices.ContainsFunc(l.byOffset, func(w *window) bool { return w.firstTies == w.n && w.n == l.size && w.n > 1 }):
		return ReasonTies
	case l.orderChanged:
		return ReasonOrder
	default:
		return ReasonGap
	}
}
