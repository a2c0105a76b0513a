package doctor

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// Verdict is the result of a check.
type Verdict string

// The verdicts.
const (
	OK      Verdict = "ok"      // as documented, or as the SDK expects
	Unusual Verdict = "unusual" // otherwise
	Unknown Verdict = "unknown" // what was seen does not show it
	Failed  Verdict = "failed"  // asking failed
)

// Sentence is a text in the language of the reader: a format, which is the key of its translation, and its arguments, of
// which some may be Sentences or lists of names.
type Sentence struct {
	Format string
	Args   []any
}

// say makes sentences. Its method has the name by which the test of the catalogue finds what is translated.
var say phrasebook

type phrasebook struct{}

func (phrasebook) Sprintf(format string, args ...any) Sentence { return Sentence{format, args} }

// In is the sentence in a printer's language.
func (s Sentence) In(p *message.Printer) string {
	args := make([]any, len(s.Args))
	for i, arg := range s.Args {
		switch inner := arg.(type) {
		case Sentence:
			arg = inner.In(p)
		case []string:
			arg = locale.List(p, inner)
		case error:
			arg = program.Describe(p, inner)
		}
		args[i] = arg
	}
	return p.Sprintf(s.Format, args...)
}

// Evidence is the numbers behind a finding, by names that stay. It holds no personal data and no token.
type Evidence map[string]any

// Finding is what one check found.
type Finding struct {
	Check    string // a name that stays
	Verdict  Verdict
	What     Sentence
	Evidence Evidence
	Matters  Sentence // what hangs on it
}

// Step is something to do, and the command for it.
type Step struct {
	What    Sentence
	Command string
}

// Report is what a run found.
type Report struct {
	Requests    int // that were sent, retries included
	MaxRequests int
	Elapsed     time.Duration
	Findings    []Finding // in the order of the checks
	Next        []Step    // what to do next
	Err         error     // why the service could not be asked, or not to the end

	short     bool    // the guarantees hold only because the list is short
	moved     bool    // the list or its total changed meanwhile
	reordered bool    // its order did
	unheeded  *totals // that are too large, and ignored
	retry     Sentence
}

// Find is the finding of a check; its verdict is Unknown if there is none.
func (r *Report) Find(check string) Finding {
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Check == check })
	if i < 0 {
		return Finding{Check: check, Verdict: Unknown}
	}
	return r.Findings[i]
}

// Hindered reports whether some guarantee of the SDK does not hold at this service.
func (r *Report) Hindered() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return isGuarantee(f.Check) && f.Verdict == Unusual })
}

// FailedChecks is how many checks failed.
func (r *Report) FailedChecks() (n int) {
	for _, f := range r.Findings {
		if f.Verdict == Failed {
			n++
		}
	}
	return n
}

// unreachable reports whether the service gave no usable response at all.
func (r *Report) unreachable() bool { return r.Err != nil && r.Find(checkService).Verdict != OK }

// Summary is the report in a few words.
func (r *Report) Summary() []Sentence {
	count := map[Verdict]int{}
	broken, open := 0, 0
	for _, f := range r.Findings {
		switch {
		case !isGuarantee(f.Check):
			count[f.Verdict]++
		case f.Verdict == Unusual:
			broken++
		case f.Verdict != OK:
			open++
		}
	}
	out := []Sentence{say.Sprintf("Checks: %d. As expected: %d, unusual: %d, unknown: %d, failed: %d. Requests: %d of at most %d.",
		count[OK]+count[Unusual]+count[Unknown]+count[Failed], count[OK], count[Unusual], count[Unknown], count[Failed], r.Requests, r.MaxRequests)}
	switch {
	case r.unreachable():
		return []Sentence{say.Sprintf("The service could not be called, so nothing is known.")}
	case errors.Is(r.Err, confopenapi.ErrUnauthorized), errors.Is(r.Err, confopenapi.ErrForbidden):
		out = append(out, say.Sprintf("The service no longer accepts requests with this token, so the rest is unknown."))
	case r.Err != nil:
		out = append(out, say.Sprintf("The service stopped responding, so the rest is unknown."))
	}
	switch {
	case broken > 0:
		out = append(out, say.Sprintf("Guarantees that do not hold at this service: %d of %d.", broken, len(guarantees)))
	case r.unheeded != nil && r.Err == nil:
		out = append(out, say.Sprintf("Guarantees that are not known to hold: %d of %d: the service counts %d conferences, of which %d came.", open, len(guarantees), r.unheeded.total, r.unheeded.end))
	case open > 0:
		out = append(out, say.Sprintf("No guarantee was found not to hold. Not tried: %d of %d.", open, len(guarantees)))
	case r.short:
		out = append(out, say.Sprintf("All %d guarantees hold as long as the list is as short as it is now; for a longer list nothing could be proven.", len(guarantees)))
	default:
		out = append(out, say.Sprintf("All %d guarantees hold at this service, as far as one run shows.", len(guarantees)))
	}
	switch {
	case len(r.Next) == 0:
	case r.moved:
		out = append(out, say.Sprintf("The list or its total changed during this run. What to do next rests on what this run saw: another run may find, and advise, something else."))
	case r.reordered:
		out = append(out, say.Sprintf("The order of the list changed during this run; no conference was seen to start or end. What to do next rests on what this run saw: another run may find, and advise, something else."))
	}
	if len(r.Next) > 0 && (r.moved || r.reordered) && r.retry.Format != "" {
		out = append(out, r.retry)
	}
	return out
}
