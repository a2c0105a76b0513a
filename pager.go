package confopenapi

import (
	"cmp"
	"context"
	"iter"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// Pager lists the pages of a request. All yields every conference and proves that none was lost; Pages yields the pages as
// the service gives them. A Pager is immutable and safe for concurrent use. Every range lists again from the first page.
type Pager struct {
	lister  lister
	options PagerOptions
	err     error // of the arguments
}

// PagerOptions adjust a Pager. The zero value and nil mean the defaults.
type PagerOptions struct {
	// PageSize is how many conferences a page is asked for, from 1 to 10,000 (count, 每页条数, documented; its limit is unknown).
	// 0 means the request's Count, or 500. It is lowered to what the service turns out to return, and to 100 and then 20 if the
	// first page is refused. All asks for at least 20, so that pages can overlap.
	PageSize int
	// MaxItems is how many conferences All yields at most; Pages ends after the page that reaches it. 0 = all. It is no error.
	MaxItems int
	// Require is the verdict that All needs: with a lower one it ends with an *IncompleteError. The default is VerdictConditional.
	// With VerdictIncomplete there is no such error.
	Require Verdict
	// OnReport is called once at the end of each range over All, before the error, but not after bad arguments. If the loop broke or
	// MaxItems ended it, the verdict is VerdictIncomplete: nothing proves the rest. Pages does not call it.
	OnReport func(Report)
}

func (o *PagerOptions) check() error {
	if o.MaxItems < 0 {
		return badRequest("MaxItems", "%d is negative", o.MaxItems)
	}
	return checkRequire(o.Require)
}

// Pager returns a Pager for the conferences that req asks for; nil asks for all that the token may see. It sends nothing
// and copies its arguments. The first range yields what is wrong with them, as a *RequestError.
func (c *Client) Pager(req *ListByStatusRequest, opts *PagerOptions) *Pager {
	p := &Pager{options: *cmp.Or(opts, &PagerOptions{})}
	p.lister, p.err = newLister(c, req, p.options.PageSize)
	p.err = cmp.Or(p.err, p.options.check())
	return p
}

// All yields every conference of the list once, as its page comes, with one request in flight. Most callers want All. It reads
// pages that overlap: what two pages share proves that no conference was lost between them.
//
// An error is yielded once, last, with a zero Conference. It is the error of ListByStatus if the first page failed, and an
// *IncompleteError later: what was yielded is good, but something may be missing. If Require is VerdictIncomplete, only the
// error that ended the listing early comes, if there was one. A *RequestError reports bad arguments, such as a request whose
// Page is more than 1. No error comes if the loop breaks, or if MaxItems ends it.
//
// A later page that fails after the client's retries is asked for once more at the end. WithTimeout bounds each request; only ctx
// bounds All.
func (p *Pager) All(ctx context.Context) iter.Seq2[Conference, error] {
	return func(yield func(Conference, error) bool) {
		err := p.check()
		if err == nil {
			err = p.lister.checkWhole(ctx)
		}
		if err != nil {
			yield(Conference{}, err)
			return
		}
		yielded, broken := 0, false
		report, err := p.lister.list(overlap.Options{MaxItems: p.options.MaxItems}, func(o overlap.Options) (overlap.Report, error) {
			return overlap.Stream(ctx, p.lister.source(), o, func(c Conference) bool {
				yielded++
				broken = !yield(c, nil)
				return !broken
			})
		})
		if p.options.OnReport != nil {
			p.options.OnReport(p.lister.reportOf(report))
		}
		if broken || yielded == p.options.MaxItems && yielded > 0 {
			return
		}
		if err := p.lister.outcome(ctx, report, err, p.options.Require); err != nil {
			yield(Conference{}, err)
		}
	}
}

// Pages yields the service's pages as they come, one request for each. It proves nothing: between two pages the list can
// skip and repeat conferences. It is for programs that show pages, or go on later with Page.Next.
//
// The last page has an empty Next, and may have no conferences. A page that repeats an earlier one counts as empty. A page that
// is shorter than its total implies is read again. If all pages from the first on then show less than the last total, or
// there are more than 100,000, an *IncompleteError comes last.
//
// An error is yielded once, last, with a nil Page: also that of ListByStatus if a page failed. Require and OnReport mean nothing here.
func (p *Pager) Pages(ctx context.Context) iter.Seq2[*Page, error] { return p.PagesFrom(ctx, "") }

// PagesFrom is Pages, but goes on at a cursor, also in another process. The page size is that of the cursor. "" begins at
// the request's Page. A cursor that is damaged or of another request is a *RequestError.
func (p *Pager) PagesFrom(ctx context.Context, at Cursor) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		err := p.check()
		if err == nil {
			err = walkPages(ctx, &p.lister, at, p.options.MaxItems, func(page *Page) bool { return yield(page, nil) })
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func (p *Pager) check() error {
	if p == nil {
		return badRequest("pager", "it is nil: use Client.Pager")
	}
	return p.err
}
