package confopenapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"weak"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
	"github.com/confopenapi/confopenapi-go/internal/redact"
	"github.com/confopenapi/confopenapi-go/internal/send"
)

// Verdict is what a listing proved about its own result. A larger verdict is worth more.
type Verdict int

const (
	VerdictDefault     Verdict = iota // as a required verdict, VerdictConditional; no Report has it
	VerdictIncomplete                 // not proven: something may be missing, and Report.Reason says why
	VerdictConditional                // nothing is missing if one assumption holds, which Report.Reason names
	VerdictComplete                   // nothing is missing if one of two assumptions holds, ReasonAssumesOrder or ReasonAssumesKey, or one page held everything; see also Report.Assumed
)

var verdicts = []string{"default", "incomplete", "conditional", "complete"}

// String is "default", "incomplete", "conditional" or "complete".
func (v Verdict) String() string { return nameOf("verdict", verdicts, int(v)) }

// MarshalText is String, for JSON.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (v *Verdict) UnmarshalText(text []byte) error { return setByName(v, "Verdict", verdicts, text) }

// Reason is why a listing is not Complete. Programs compare it; Report.String explains it to people.
type Reason string

// ReasonAssumesOrder, ReasonAssumesKey and ReasonIdentity are of a VerdictConditional, the others of a VerdictIncomplete.
const (
	ReasonGap           Reason = overlap.ReasonGap           // "gap": two neighbouring pages shared nothing
	ReasonNoEnd         Reason = overlap.ReasonNoEnd         // "no-end": the end of the list was not seen
	ReasonOrder         Reason = overlap.ReasonOrder         // "order": the list has no stable order
	ReasonTies          Reason = overlap.ReasonTies          // "ties": more conferences start at one time than a page holds
	ReasonTotal         Reason = overlap.ReasonTotal         // "total": the server counts more than it showed
	ReasonContradiction Reason = overlap.ReasonContradiction // "contradiction": responses that cannot all be true
	ReasonPaging        Reason = overlap.ReasonPaging        // "paging": page or count mean something else to the server
	ReasonEffort        Reason = overlap.ReasonEffort        // "effort": it took more requests than the list is worth
	ReasonIdentity      Reason = overlap.ReasonIdentity      // "identity": some conferences have the same identity, or none
	ReasonLimit         Reason = overlap.ReasonLimit         // "limit": there are more than SnapshotOptions.Limit
	ReasonFailed        Reason = overlap.ReasonFailed        // "failed": a request failed, see IncompleteError.Err
	ReasonStopped       Reason = overlap.ReasonStopped       // "stopped": the caller ended it
	ReasonAssumesOrder  Reason = overlap.ReasonAssumesOrder  // "assumes-order": complete if the server keeps the relative order
	ReasonAssumesKey    Reason = overlap.ReasonAssumesKey    // "assumes-key": complete if the list is sorted as it seems to be
)

// explained is what a Report prints of a Reason.
var explained = map[Reason]string{
	ReasonGap:           "two neighbouring pages shared nothing",
	ReasonNoEnd:         "the end of the list was not seen",
	ReasonOrder:         "the list has no stable order",
	ReasonTies:          "more conferences start at one time than a page holds",
	ReasonTotal:         "the server counts more than it showed",
	ReasonContradiction: "its responses cannot all be true",
	ReasonPaging:        "page or count mean something else to the server",
	ReasonEffort:        "it took more requests than the list is worth",
	ReasonIdentity:      "some conferences have the same identity",
	ReasonLimit:         "there are more conferences than the limit",
	ReasonFailed:        "a request failed",
	ReasonStopped:       "ended by the caller",
	ReasonAssumesOrder:  "if the server keeps the relative order of its list",
	ReasonAssumesKey:    "if the list is sorted as it seems to be",
}

// Report says what a listing did and what its result is worth. It holds no personal data.
//
// A Complete listing has every conference that was in the list, as the server showed it, during the whole listing, and
// nothing that was never listed. If Assumed, that needs a service that works as before. docs/consistency.md says what the proof
// rests on.
type Report struct {
	Verdict       Verdict   `json:"verdict"`                 // never VerdictDefault
	Reason        Reason    `json:"reason,omitempty"`        // why not Complete, or what a Conditional verdict assumes; "" if Complete
	Received      int       `json:"received"`                // distinct conferences in the pages that were read; All yields fewer if its loop breaks
	TotalCount    int       `json:"totalCount"`              // what the server said last (totalCount, documented); it need not agree with the list
	Missing       int       `json:"missing,omitempty"`       // estimate of what an Incomplete listing lacks; 0 also where the total is no help
	Calls         int       `json:"calls"`                   // calls of the listing, failed ones included
	Attempts      int       `json:"attempts"`                // attempts of these calls, with their retries
	Failed        int       `json:"failed,omitempty"`        // pages of which no response was good
	Assumed       bool      `json:"assumed,omitempty"`       // the verdict rests on what earlier listings learned: see Facts
	TotalsIgnored bool      `json:"totalsIgnored,omitempty"` // totals were no evidence: WithIgnoredTotals
	Start         time.Time `json:"start"`                   // when the listing began
	End           time.Time `json:"end"`                     // when it ended
	Stats         Stats     `json:"stats"`                   // how it went
}

// Stats are details of a listing, for tuning. Fields may change in any version.
type Stats struct {
	Rounds     int `json:"rounds"`             // longest chain of calls that each needed the response before
	Duplicates int `json:"duplicates"`         // conferences that came again, mostly because pages overlap
	Drift      int `json:"drift"`              // how many places the list moved between two neighbouring pages, at the most
	Repairs    int `json:"repairs"`            // calls to close gaps and to make sure of the end
	Pauses     int `json:"pauses,omitempty"`   // attempts that were refused as too many, or waited for their turn
	PageSize   int `json:"pageSize,omitempty"` // conferences of a full page; 0 = not seen, as in a list of one page
}

// String is one line for people, such as "complete: 998 conferences (the server counts 1004) in 12 calls, 1.3s".
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.Verdict.String())
	if r.Reason != "" {
		b.WriteString(" (" + cmp.Or(explained[r.Reason], string(r.Reason)) + ")")
	}
	if r.Assumed {
		b.WriteString(" (if the service works as before)")
	}
	b.WriteString(": " + plural(r.Received, "conference"))
	if r.TotalsIgnored {
		fmt.Fprintf(&b, " (the server counts %d, which is ignored)", r.TotalCount)
	} else if r.TotalCount != r.Received {
		fmt.Fprintf(&b, " (the server counts %d)", r.TotalCount)
	}
	b.WriteString(" in " + plural(r.Calls, "call"))
	if r.Attempts > r.Calls {
		fmt.Fprintf(&b, ", %d attempts", r.Attempts)
	}
	if r.Failed > 0 {
		fmt.Fprintf(&b, ", %d failed", r.Failed)
	}
	if r.Missing > 0 {
		fmt.Fprintf(&b, ", about %d missing", r.Missing)
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

func (l *lister) reportOf(r overlap.Report) Report {
	return Report{
		Verdict: Verdict(r.Verdict), Reason: Reason(r.Reason), Received: r.Rows, TotalCount: r.TotalCount, Missing: r.Missing,
		Calls: r.Requests, Attempts: r.Attempts, Failed: r.Failed, Assumed: r.Assumed, TotalsIgnored: l.client.service.settings.ignoreTotals, Start: r.Start, End: r.End,
		Stats: Stats{r.Rounds, r.Duplicates, r.Drift, r.Repairs, r.Pauses, r.PageSize},
	}
}

// IncompleteError says that a listing proved less than was required of it: something may be missing from its result. What the
// result has is good. It matches ErrIncomplete, and the context's error if that ended the listing.
type IncompleteError struct {
	Report Report // what was proven, and in Reason why not more
	Err    error  // of the last request that failed for good, or of the context that ended the listing; nil = neither. Only the context's is unwrapped
	name   string // the endpoint and the request's canonical text
}

// Error is one line: what was listed, what was proven, and what ended the listing.
func (e *IncompleteError) Error() string {
	text := "confopenapi: "
	if e.name != "" {
		text += e.name + ": "
	}
	text += "listing " + e.Report.String()
	if r := e.Report.Reason; r == ReasonTotal || r == ReasonContradiction {
		text += "; if its totals always count more than it shows, see WithIgnoredTotals"
	}
	if e.Err != nil {
		text += ": " + redact.Line(strings.TrimPrefix(e.Err.Error(), "confopenapi: "), redact.MaxLine)
	}
	return text
}

// Format prints what Error returns, whatever the verb.
func (e IncompleteError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error.
func (e IncompleteError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Is matches ErrIncomplete.
func (e *IncompleteError) Is(target error) bool { return target == ErrIncomplete }

// Unwrap returns Err if it is the context's, and otherwise nil.
func (e *IncompleteError) Unwrap() error {
	if isCallersEnd(e.Err) {
		return e.Err
	}
	return nil
}

func (e *IncompleteError) brokenBy() error { return e.Err }

// isRetryable is true if the list moved too much, or if what broke the listing is retryable.
func (e *IncompleteError) isRetryable() bool {
	switch e.Report.Reason {
	case ReasonGap, ReasonNoEnd, ReasonTotal, ReasonContradiction, ReasonEffort:
		return !isCallersEnd(e.Err)
	case ReasonFailed:
		return IsRetryable(e.Err)
	}
	return false
}

// lister reads pages of one list for Pager, Snapshot and Watch.
type lister struct {
	client   *Client
	filter   ListByStatusRequest // a private copy of the request, without its place in the list
	first    int                 // the request's Page
	pageSize int

	forgetful bool // uses nothing that earlier listings learned
}

// newLister checks what the listings have in common.
func newLister(c *Client, req *ListByStatusRequest, pageSize int) (lister, error) {
	req = cmp.Or(req, &ListByStatusRequest{})
	l := lister{client: c, filter: *req, first: req.Page, pageSize: cmp.Or(pageSize, req.Count, overlap.DefaultPageSize)}
	l.filter.Page, l.filter.Count = 0, 0
	if filter := req.FilterOneAttendee; filter != nil {
		l.filter.FilterOneAttendee = new(*filter)
	}
	switch err := req.validate(); {
	case err != nil:
		return l, err
	case c == nil || c.service == nil:
		return l, errZeroClient()
	case l.pageSize < 0 || l.pageSize > overlap.MaxPageSize:
		return l, badRequest("PageSize", "%d is not in 0 to %d", l.pageSize, overlap.MaxPageSize)
	}
	return l, nil
}

// checkWhole refuses what a listing of everything cannot begin with.
func (l *lister) checkWhole(ctx context.Context) error {
	if ctx == nil {
		return badRequest("ctx", "the context is nil")
	}
	if l.first > 1 {
		return badRequest("Page", "%d: a listing of everything begins with page 1; Pager.Pages begins anywhere", l.first)
	}
	return nil
}

func checkRequire(v Verdict) error {
	if v < VerdictDefault || v > VerdictComplete {
		return badRequest("Require", "%s is not a verdict", v)
	}
	return nil
}

// page reads one page, with everything else as in the request.
func (l *lister) page(ctx context.Context, number, count int, pauses *int) (*ConfList, error) {
	req := l.filter
	req.Page, req.Count = number, count
	return l.client.listByStatus(ctx, &req, pauses)
}

// name is the endpoint and the filter in one line.
func (l *lister) name() string { return operation{path: listByStatusPath, request: &l.filter}.name() }

// source is the list as the listing algorithm reads it.
func (l *lister) source() overlap.Source[Conference] {
	return overlap.Source[Conference]{
		Fetch: func(ctx context.Context, page, count int) (overlap.Page[Conference], error) {
			got := overlap.Page[Conference]{}
			list, err := l.page(ctx, page, count, &got.Pauses)
			if err != nil {
				meta, _ := MetaOf(err)
				got.Attempts = meta.Attempts
				return got, err
			}
			got.Items, got.Total, got.Attempts = list.Conferences, list.TotalCount, list.Meta.Attempts
			return got, nil
		},
		Key:      keyOf,
		Classify: l.classify,
	}
}

func keyOf(c *Conference) overlap.Key {
	return overlap.Key{EventID: c.EventID, ConferenceID: c.ConferenceID, Start: int64(c.StartTime)}
}

// classify says what a listing does about an error of one of its pages.
func (l *lister) classify(err error) overlap.Fault {
	_, bad := errors.AsType[*RequestError](err)
	switch {
	case bad, errors.Is(err, ErrUnauthorized), errors.Is(err, ErrForbidden), errors.Is(err, ErrRedirect),
		askedToWait(err) > l.client.service.settings.retry.MaxRetryAfter:
		return overlap.Fatal
	case errors.Is(err, ErrTooLarge):
		return overlap.TooLarge
	case refusesCount(err):
		return overlap.CountRejected
	}
	return overlap.Failed
}

// askedToWait is the Retry-After of a refusal, also of one that broke a listing.
func askedToWait(err error) time.Duration {
	meta, _ := MetaOf(err)
	return send.RetryAfter(meta.Header, time.Now())
}

// refusesCount reports whether an error may mean that the service does not accept so large a count. Which it accepts, and
// how it refuses one, is unknown.
func refusesCount(err error) bool {
	if refusal, ok := errors.AsType[*StatusError](err); ok {
		return refusal.kind == nil
	}
	if refusal, ok := errors.AsType[*HTTPError](err); ok {
		counts := []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}
		return refusal.kind == nil && slices.Contains(counts, refusal.StatusCode)
	}
	return errors.Is(err, ErrTooLarge)
}

// list runs a listing with what is known, and keeps what it learned.
func (l *lister) list(o overlap.Options, run func(overlap.Options) (overlap.Report, error)) (report overlap.Report, err error) {
	memory, filter := l.client.service.memory, filterIndex(l.filter.FilterOneAttendee)
	name := listName{weak.Make(l.client.service.tokens), l.filter.String()}
	known := recalled{}
	if !l.forgetful {
		known = memory.recall(filter, name)
	}
	defer func() { memory.learn(filter, name, report, known) }() // also if the caller's code panics
	o.PageSize, o.IgnoreTotals = l.pageSize, l.client.service.settings.ignoreTotals
	o.Known, o.WasTiny = known.facts, known.wasTiny
	return run(o)
}

// outcome is the error that a listing ends with, or nil: that of its first page, or an *IncompleteError.
func (l *lister) outcome(ctx context.Context, report overlap.Report, err error, require Verdict) error {
	if require == VerdictDefault {
		require = VerdictConditional
	}
	if _, ofCall := errors.AsType[callError](err); err != nil && ctx.Err() != nil && !(ofCall && isCallersEnd(err)) {
		err = &TransportError{Err: send.ContextError(ctx), call: failedCall{name: l.name()}}
	}
	switch {
	case err != nil && (report.Pages == 0 || require == VerdictIncomplete):
		return err
	case err == nil && Verdict(report.Verdict) >= require:
		return nil
	case err == nil:
		err = report.Err
	}
	r := l.reportOf(report)
	l.logTotals(ctx, r, report.Largest)
	return &IncompleteError{Report: r, Err: err, name: l.name()}
}

// logTotals logs the numbers that disagree, if that is why a listing is not proven.
func (l *lister) logTotals(ctx context.Context, r Report, largest int) {
	if r.Reason == ReasonTotal || r.Reason == ReasonContradiction {
		l.client.service.settings.logger.LogAttrs(ctx, slog.LevelDebug, "confopenapi listing", slog.String("request", l.name()),
			slog.String("reason", string(r.Reason)), slog.Int("received", r.Received), slog.Int("totalCount", r.TotalCount), slog.Int("largestTotal", largest))
	}
}

func nameOf(what string, names []string, i int) string {
	if i < 0 || i >= len(names) || names[i] == "" {
		return fmt.Sprintf("%s %d", what, i)
	}
	return names[i]
}

// setByName sets an enumeration's value to the one that has the name.
func setByName[E ~int](value *E, what string, names []string, name []byte) error {
	i := slices.Index(names, string(name))
	if i < 0 || len(name) == 0 {
		return badRequest(what, "it is none of %s", strings.Trim(strings.Join(names, ", "), ", "))
	}
	*value = E(i)
	return nil
}

// digest is the same in every process. It shows changes and damage, and keeps no secret.
func digest(text []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(text)
	return h.Sum64()
}
