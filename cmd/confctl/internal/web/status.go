package web

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// Text is a sentence in the languages of the page.
type Text struct {
	English string `json:"en"`
	Chinese string `json:"zh"`
}

// State is what the list is worth now.
type State string

// The states, the best first.
const (
	StateComplete    State = "complete"    // the last poll proved it
	StateConditional State = "conditional" // on one condition
	StateWaiting     State = "waiting"     // no poll has ended
	StateFailing     State = "failing"     // the last poll failed; the list is that of an earlier one, and not stale
	StateIncomplete  State = "incomplete"  // the last poll proved too little: something may be missing
	StateStale       State = "stale"       // no poll has met the requirement for Options.StaleAfter
	StateRefused     State = "refused"     // the service refused for good, and is asked again at NextPoll
	StateCut         State = "cut"         // NATS does not respond, or a record of the fleet cannot be read
)

// status is what the page and GET /api/v1/live say about the list. Times are in Unix milliseconds; 0 = none.
type status struct {
	Service      string `json:"service"`
	Embedded     bool   `json:"embedded"`     // a made-up service
	PersonalData bool   `json:"personalData"` // is shown
	State        State  `json:"state"`
	Stale        bool   `json:"stale"`
	Verdict      string `json:"verdict"` // of the last listing that met the requirement; "" = there was none
	Reason       string `json:"reason"`
	ReasonText   Text   `json:"reasonText"`
	Since        int64  `json:"since"` // when that listing began: the list is no older than this
	At           int64  `json:"at"`    // when it ended
	Conferences  int    `json:"conferences"`
	TotalCount   int    `json:"totalCount"`
	Calls        int    `json:"calls"`
	Failed       int    `json:"failedPolls"` // since then
	Error        Text   `json:"error"`       // of the last poll; "" = none
	Recording    bool   `json:"recording"`   // into a history
	Unrecorded   Text   `json:"unrecorded"`  // why the last poll was not recorded; "" = it was, or there is no history
	NextPoll     int64  `json:"nextPoll"`    // about
	StaleAfter   int64  `json:"staleAfter"`  // milliseconds
	Fleet        bool   `json:"fleet"`       // many administrators; Since is that of the oldest
	Hidden       bool   `json:"hidden"`      // there are too many conferences to show those of all administrators together
}

// status says what the list is worth at a moment.
func (h *hub) status(s confopenapi.ViewStatus, conferences int, now time.Time) status {
	o, r := &h.options, s.Report
	out := status{
		Service: o.Service, Embedded: o.Embedded, PersonalData: o.WithPersonalData,
		Conferences: conferences, TotalCount: r.TotalCount, Calls: r.Calls, Failed: s.Failed, StaleAfter: o.StaleAfter.Milliseconds(),
		Stale: !s.At.IsZero() && now.Sub(r.Start) > o.StaleAfter,
	}
	if !s.At.IsZero() {
		out.Verdict, out.Reason, out.Since, out.At = r.Verdict.String(), string(r.Reason), r.Start.UnixMilli(), s.At.UnixMilli()
	}
	if r.Reason != "" {
		out.ReasonText = o.Because(r.Reason)
	}
	out.Recording = o.Record != nil
	if h.lost != nil {
		out.Unrecorded = o.ExplainStore(h.lost)
	}
	if s.Err != nil {
		out.Error = o.Explain(s.Err)
	}
	out.NextPoll = h.polled.Add(o.Interval).UnixMilli()
	if h.polled.IsZero() {
		out.NextPoll = 0
	}
	incomplete, isIncomplete := asIncomplete(s.Err)
	switch {
	case refused(s.Err), h.ended != nil && errors.Is(s.Err, h.ended): // and no poll has ended since
		if out.State = StateRefused; h.ended != nil {
			out.NextPoll = h.again.UnixMilli()
		}
	case out.Stale:
		out.State = StateStale
	case isIncomplete:
		out.State, out.ReasonText = StateIncomplete, o.Because(incomplete.Report.Reason)
	case s.Err != nil:
		out.State = StateFailing
	case s.At.IsZero():
		out.State = StateWaiting
	case r.Verdict == confopenapi.VerdictComplete:
		out.State = StateComplete
	case r.Verdict == confopenapi.VerdictConditional:
		out.State = StateConditional
	default:
		out.State = StateIncomplete
	}
	return out
}

// entry is one line of the event feed.
type entry struct {
	Number int    `json:"n"`
	At     int64  `json:"at"`   // Unix milliseconds
	Kind   string `json:"kind"` // of the event, or "problem"
	ID     string `json:"id,omitempty"`
	Title  string `json:"title,omitempty"`
	Org    string `json:"org,omitempty"`
	Proven bool   `json:"proven,omitempty"`
	Error  *Text  `json:"error,omitempty"`
}

func mustMarshal(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil { // which no value of this package has
		panic("web: " + err.Error())
	}
	return text
}
