package confopenapi

import (
	"fmt"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// Verdict is what a listing proved about its own result. A larger verdict is worth more.
type Verdict int

const (
	// VerdictDefault, where a verdict is required, stands for VerdictConditional. No Report has it.
	VerdictDefault Verdict = iota
	// VerdictIncomplete: not proven. Something may be missing, and Report.Reason says why.
	VerdictIncomplete
	// VerdictConditional: nothing is missing on one condition, which Report.Reason names: that the service keeps the relative
	// order of its list, or that the list is sorted as it seems to be. Which order it keeps is unknown.
	VerdictConditional
	// VerdictComplete: nothing is missing if either of the two is so, and both seem to be; or a single page held everything.
	VerdictComplete
)

// String is "default", "incomplete", "conditional" or "complete".
func (v Verdict) String() string {
	switch v {
	case VerdictDefault:
		return "default"
	case VerdictIncomplete, VerdictConditional, VerdictComplete:
		return overlap.Verdict(v).String()
	}
	return fmt.Sprintf("verdict %d", int(v))
}

// MarshalText is String, for JSON.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (v *Verdict) UnmarshalText(text []byte) error {
	for known := VerdictDefault; known <= VerdictComplete; known++ {
		if known.String() == string(text) {
			*v = known
			return nil
		}
	}
	return badRequest("Verdict", "it is none of default, incomplete, conditional and complete")
}

// Report says what a listing did and what its result is worth. It holds no personal data.
//
// What a proof rests on: a page is one state of the list; conferences keep their relative order, or the key that sorts the
// list does not change while a conference is in it; and what docs/consistency.md adds. A Complete listing then has every
// conference that was in the list, as the server showed it, during the whole listing, and none that was in it at no moment.
// It is no picture of a single moment, unless it fits on one page.
type Report struct {
	Verdict    Verdict   `json:"verdict"`            // never VerdictDefault
	Reason     string    `json:"reason,omitempty"`   // why not Complete, and what a Conditional one rests on, in a few words for people; "" if Complete
	Received   int       `json:"received"`           // distinct conferences that came; of an All that was ended early, also those not yielded any more
	TotalCount int       `json:"totalCount"`         // what the server said last (totalCount, documented); it need not agree with the list
	Missing    int       `json:"missing,omitempty"`  // estimate of what an Incomplete listing lacks; 0 also where the server's total tells nothing
	Requests   int       `json:"requests"`           // calls made, failed ones included; retries within a call are not counted
	Failed     int       `json:"failed,omitempty"`   // pages that were never answered
	Rounds     int       `json:"rounds"`             // the longest chain of requests of which each needed the answer before it
	Duplicates int       `json:"duplicates"`         // conferences that came again, mostly by intent: pages overlap
	Drift      int       `json:"drift"`              // how many places the list moved between two neighbouring pages, at the most
	Repairs    int       `json:"repairs"`            // requests for places where pages no longer overlapped, and to make sure of the end, which short lists need too
	PageSize   int       `json:"pageSize,omitempty"` // conferences of a full page; 0 if that was not seen, as in a list of one page
	Start      time.Time `json:"start"`              // when the listing began
	End        time.Time `json:"end"`                // and when it ended
}

// String is one line for people, such as "complete: 998 conferences (the server counts 1004) in 12 requests, 1.3s".
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.Verdict.String())
	if r.Reason != "" {
		b.WriteString(" (" + r.Reason + ")")
	}
	b.WriteString(": " + plural(r.Received, "conference"))
	if r.TotalCount != r.Received {
		fmt.Fprintf(&b, " (the server counts %d)", r.TotalCount)
	}
	b.WriteString(" in " + plural(r.Requests, "request"))
	for _, fact := range [...]struct {
		count int
		text  string
	}{
		{r.Failed, "%d never answered"}, {r.Repairs, "%d for repairs"}, {r.Drift, "drift %d"}, {r.Missing, "about %d missing"},
	} {
		if fact.count > 0 {
			fmt.Fprintf(&b, ", "+fact.text, fact.count)
		}
	}
	if took := r.End.Sub(r.Start); took > 0 {
		b.WriteString(", " + took.Round(time.Millisecond).String())
	}
	return b.String()
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func reportOf(r overlap.Report) Report {
	return Report{
		Verdict: Verdict(r.Verdict), Reason: r.Reason, Received: r.Rows, TotalCount: r.TotalCount, Missing: r.Missing,
		Requests: r.Requests, Failed: r.Failed, Rounds: r.Rounds, Duplicates: r.Duplicates, Drift: r.Drift, Repairs: r.Repairs,
		PageSize: r.PageSize, Start: r.Start, End: r.End,
	}
}
