// Package doctor learns what a live service really does, where the documentation is silent or wrong, and which guarantees
// of the SDK hold there. It sends a bounded number of requests, and changes nothing.
//
// Each check is a probe: what it asks, how many requests at most, and findings. A finding claims no more than was seen: on a
// short list, or one that changes, much stays unknown, and the finding says so.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// DefaultMaxRequests is enough for a list of 2,400 conferences at 100 a page.
const DefaultMaxRequests = 60

// Options say whom to ask, and how often.
type Options struct {
	// Client is of the service, with a token. It is asked through clients derived from it.
	Client *confopenapi.Client
	// Request is the list that is looked at: its AdminUserID and FilterOneAttendee. Its Page and Count are ignored.
	Request confopenapi.ListByStatusRequest
	// MaxRequests is never exceeded, retries included. 0 = DefaultMaxRequests; less than MinRequests is refused.
	MaxRequests int
	// Reason is a report's Reason as a sentence in the language of the reader; nil = the word itself.
	Reason func(confopenapi.Reason) string
	// OnProbe is called before each probe that asks, with what it asks and how many requests were sent; nil = not.
	OnProbe func(asks Sentence, sent int)
}

// probe is one kind of question.
type probe struct {
	checks []string // that it makes findings of
	asks   Sentence
	most   int // requests at most, without retries
	run    func(context.Context, *session) ([]Finding, error)
}

// probes are asked in this order: later ones use what earlier ones learned.
var probes = []probe{
	contact, tokens, fewCount, largestCount, repeats, pageNumbers, oddCounts, beyondEnd, filter, wholeList, depth, heedless,
}

// MinRequests is what the probes take at most on a list so short that reading it whole takes no more than wholeMin.
func MinRequests() int {
	n := wholeMin
	for _, p := range probes {
		n += p.most
	}
	return n
}

// Run asks the service. The error is about the options, before anything is sent; what goes wrong later is in the report.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.MaxRequests == 0 {
		o.MaxRequests = DefaultMaxRequests
	}
	if o.MaxRequests < MinRequests() {
		return nil, fmt.Errorf("%d requests are too few to learn anything: at least %d", o.MaxRequests, MinRequests())
	}
	s := &session{request: o.Request, reason: o.Reason, tap: &tap{limit: o.MaxRequests, fields: newTally()}}
	s.request.Page, s.request.Count = 0, 0
	var err error
	s.client, err = o.Client.With(
		confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 2, MaxWait: time.Second, MaxRetryAfter: 10 * time.Second}),
		confopenapi.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			s.tap.next = next
			return s.tap
		}))
	if err != nil {
		return nil, err
	}
	start := time.Now()
	findings := s.examine(ctx, o.OnProbe)
	if _, unsent := errors.AsType[*confopenapi.RequestError](s.dead); unsent && s.tap.sent == 0 {
		return nil, s.dead
	}
	if len(s.tap.all()) > 0 {
		for _, read := range []func(*session) []Finding{findDefault, findFilled, findOrder, findTotals, findMembers, findTimes} {
			findings = append(findings, read(s)...)
		}
	}
	list, total, order := s.moved()
	kind := s.totals().kind
	moved := list || total && kind != varying && kind != ofPage // which change by themselves
	if i := slices.IndexFunc(findings, func(f Finding) bool { return f.What.Format == still }); i >= 0 && moved {
		findings[i].What.Format = stillThen
	}
	s.findings = findings
	findings = append(findings, findGuarantees(s)...)
	return &Report{
		Requests: s.tap.sent, MaxRequests: o.MaxRequests, Elapsed: time.Since(start),
		Findings: inOrder(findings), Next: s.advice(), Err: s.dead,
		short: s.listing != nil && s.obstacle().Format != "", moved: moved, reordered: order, unheeded: s.unheeded(), retry: s.retry(),
	}, nil
}

// examine runs the probes until the service stops responding.
func (s *session) examine(ctx context.Context, onProbe func(Sentence, int)) []Finding {
	var findings []Finding
	for _, p := range probes {
		var found []Finding
		var err error
		switch left := s.tap.left(); {
		case s.dead != nil:
			err = errDead
		case left < p.most || left == 0 && p.most > 0:
			err = errSpent
		default:
			if onProbe != nil {
				onProbe(p.asks, s.tap.sent)
			}
			found, err = s.try(ctx, p)
		}
		findings = append(findings, found...)
		if err != nil {
			findings = append(findings, missing(p, found, err)...)
		}
	}
	return findings
}

// try runs one probe, whose requests end when the limit is reached.
func (s *session) try(ctx context.Context, p probe) ([]Finding, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.tap.onSpent(func(err error) { cancel(err) })
	found, err := p.run(ctx, s)
	if errors.Is(context.Cause(ctx), errSpent) {
		return found, errSpent
	}
	return found, err
}

var errDead = errors.New("the run has ended")

// missing says of the checks that a probe did not come to why.
func missing(p probe, found []Finding, err error) []Finding {
	var findings []Finding
	for _, check := range p.checks {
		if slices.ContainsFunc(found, func(f Finding) bool { return f.Check == check }) {
			continue
		}
		f := Finding{Check: check, Verdict: Unknown}
		switch {
		case errors.Is(err, errDead):
			f.What = notAsked
		case errors.Is(err, errSpent):
			f.What = say.Sprintf("It was not checked completely, because that takes more requests than were left.")
		case len(findings) > 0:
			f.What = say.Sprintf("It is unknown, because the request for %s failed.", Sentence{Format: findings[0].Check})
		default:
			f.Verdict, f.What = Failed, say.Sprintf("The request failed: %s", err)
		}
		findings = append(findings, f)
	}
	return findings
}

var notAsked = say.Sprintf("It was not checked, because the run ended before it.")
