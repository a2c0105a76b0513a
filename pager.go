package confopenapi

import (
	"context"
	"iter"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// Pager lists all pages of a request: All yields conferences and proves that none was lost, Pages yields the pages as the
// service gives them. A Pager is immutable and safe for concurrent use; each range over it lists afresh.
type Pager struct {
	lister  lister
	options PagerOptions
	err     error // of the arguments
}

// PagerOptions adjust a Pager. The zero value and nil mean the defaults.
type PagerOptions struct {
	// PageSize is how many conferences a page is asked for, from 1 to 10,000 (count, 每页条数, documented; its limit is unknown).
	// 0 means the request's Count, or 500 if that is 0 too. It is lowered to what the service turns out to return, and to 100 and
	// then 20 if the first page is refused. All asks for 20 at least, which is the documented default, since smaller pages
	// could not overlap.
	PageSize int
	// MaxItems ends All after so many conferences, without an error, and Pages after the page that reaches it; 0 = all.
	// The report of such an All is VerdictIncomplete, since nothing proves the rest.
	MaxItems int
	// Require is the verdict below which All ends with an *IncompleteError. The default is VerdictConditional;
	// VerdictIncomplete = never.
	Require Verdict
	// Start is where Pages begins, instead of the request's Page, and with the page size that its Cursor was made with, whatever
	// PageSize says; "" = at the request's Page. All refuses it.
	Start Cursor
	// OnReport is called once at the end of each range over All, before the error if there is one, also if the loop was
	// broken off; the verdict of a range that the caller ended, by a break or by MaxItems, is VerdictIncomplete. A range
	// that sent nothing has no report. Pages does not call it.
	OnReport func(Report)
}

// Pager returns a Pager for the conferences that req asks for; a nil req asks for all that the token may see. Pager sends
// nothing and copies its arguments; what is wrong with them, the first range yields as a *RequestError.
func (c *Client) Pager(req *ListByStatusRequest, opts *PagerOptions) *Pager {
	p := &Pager{}
	if opts != nil {
		p.options = *opts
	}
	p.lister, p.err = newLister(c, req, p.options.PageSize)
	if p.err == nil && p.options.MaxItems < 0 {
		p.err = badRequest("MaxItems", "%d is negative", p.options.MaxItems)
	}
	if p.err == nil {
		p.err = checkRequire(p.options.Require)
	}
	return p
}

// All yields every conference of the list once, as its page comes, with one request in flight. While it reads, the list
// changes; All reads pages that overlap, and proves by what they share that nothing was lost between them. If it cannot
// prove as much as PagerOptions.Require asks, an *IncompleteError comes last: what was yielded is good, but something may
// be missing. A conference is as its page showed it first. Most callers want All, and Snapshot if they want the list at
// once and fast.
//
// An error is yielded once, last, with a zero Conference: a *RequestError if nothing was sent, the first page's error as
// ListByStatus returns it, and otherwise an *IncompleteError, which wraps what broke the listing. The context's end stops
// All at once. A request whose Page is more than 1, or a PagerOptions.Start, is a *RequestError: Pages begins anywhere.
//
// The *IncompleteError also matches what broke the listing, so test ErrIncomplete before ErrServer and the others. With
// VerdictIncomplete required there is none: what ended the listing early, such as ctx or a token that is refused, is then
// the error itself. If the loop breaks, or MaxItems ends it, no error comes.
//
// A page that fails, beyond the client's own retries, is asked for once more before the end. A refusal for too many requests
// (429) is repeated after a pause: as long as the server asks, or as RetryPolicy has it, and as often in a row as
// RetryPolicy.MaxAttempts allows, but ten times at the most. WithTimeout bounds each request of All, with its retries; only ctx
// bounds All as a whole, and nothing does if ctx has no deadline.
//
// A list at rest of a few pages costs up to three requests more than Pages takes, and one of 10,000 conferences a sixth more at
// 100 a page and a tenth at 500; pages of fewer than 50 cost more. It takes some 60 bytes of memory a conference for not
// yielding it twice; conferences are not kept.
func (p *Pager) All(ctx context.Context) iter.Seq2[Conference, error] {
	return func(yield func(Conference, error) bool) {
		if err := p.checkAll(ctx); err != nil {
			yield(Conference{}, err)
			return
		}
		yielded, broken := 0, false
		options := overlap.Options{PageSize: p.lister.pageSize, MaxItems: p.options.MaxItems}
		report, err := overlap.Stream(ctx, p.lister.source(ctx), options, func(c Conference) bool {
			yielded++
			broken = !yield(c, nil)
			return !broken
		})
		if p.options.OnReport != nil {
			p.options.OnReport(reportOf(report))
		}
		if broken || yielded == p.options.MaxItems && yielded > 0 {
			return
		}
		if err := p.lister.outcome(ctx, report, err, p.options.Require); err != nil {
			yield(Conference{}, err)
		}
	}
}

func (p *Pager) checkAll(ctx context.Context) error {
	switch {
	case p == nil:
		return errNoPager
	case p.err != nil:
		return p.err
	case p.options.Start != "":
		return badRequest("Start", "All lists from the beginning; Pages resumes")
	}
	return p.lister.checkWhole(ctx)
}

var errNoPager = badRequest("pager", "it is nil: use Client.Pager")
