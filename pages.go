package confopenapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strconv"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// maxPages bounds Pages for a server that never ends.
const maxPages = 100_000

// Page is one page of a listing by Pager.Pages.
type Page struct {
	*ConfList
	// Number is the page number that the service was asked for (page, 页码, documented), from 1. It goes with the size of
	// the pages: where the first page shows that the service sends fewer than asked for, the numbers go on in its own size.
	Number int
	// Next resumes after this page; "" after the last.
	Next Cursor
}

// String shows the number and counts, and no personal data.
func (p Page) String() string {
	list := ConfList{}
	if p.ConfList != nil {
		list = *p.ConfList
	}
	return fmt.Sprintf("page %d: %s", p.Number, list)
}

// Format prints what String returns, whatever the verb, so that no personal data is printed by accident.
func (p Page) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// LogValue shows the number, counts and the request id, and no personal data.
func (p Page) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Int("number", p.Number)}
	if p.ConfList != nil {
		attrs = append(attrs, p.ConfList.LogValue().Group()...)
	}
	return slog.GroupValue(attrs...)
}

// pageJSON is a Page as JSON, which keeps personal data.
type pageJSON struct {
	Number int       `json:"number"`
	Next   Cursor    `json:"next,omitempty"`
	Result *ConfList `json:"result"`
}

// MarshalJSON writes number, next and result. It keeps personal data and the passcodes.
func (p Page) MarshalJSON() ([]byte, error) {
	return json.Marshal(pageJSON{p.Number, p.Next, p.ConfList})
}

// UnmarshalJSON is the reverse of MarshalJSON.
func (p *Page) UnmarshalJSON(data []byte) error {
	var page pageJSON
	if err := json.Unmarshal(data, &page); err != nil {
		return err
	}
	*p = Page{ConfList: page.Result, Number: page.Number, Next: page.Next}
	return nil
}

// Pages yields the service's pages as they come, one request for each, and proves nothing: between two pages the list can
// skip and repeat conferences. It is for programs that show pages, or go on elsewhere with Page.Next.
//
// The last page is the one whose Next is empty. It is known by its place where the totals agree with all pages before,
// and otherwise by having no conferences; so the last page may be empty, and an empty list is one empty page. A page that
// repeats an earlier one, as a server gives that ignores page numbers or has no more, counts as empty; if the total
// claims more than came, an *IncompleteError is yielded instead. Another ends a listing of 100,000 pages.
//
// An error is yielded once, last, with a nil Page, as ListByStatus returns it; it is a *RequestError if nothing was sent, as
// for a Cursor of another request or one that is damaged. If the first page of a listing is refused, 100 and then 20
// conferences a page are tried; nothing else is tried again beyond the client's retries. Require and OnReport mean nothing
// to Pages.
func (p *Pager) Pages(ctx context.Context) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		w, err := p.walk()
		for range maxPages {
			var page *Page
			if err == nil {
				page, err = w.next(ctx)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(page, nil) || page.Next == "" || p.options.MaxItems > 0 && w.received >= p.options.MaxItems {
				return
			}
		}
		yield(nil, w.incomplete(overlap.ReasonBudget))
	}
}

// walk is a range over Pages.
type walk struct {
	lister   *lister
	at       position
	resumed  bool
	start    time.Time
	total    int
	requests int
	received int
	pages    map[uint64]bool // digests of those that came
}

// position is where a walk goes on, and what it knows of the pages before.
type position struct {
	page, count int
	seen        int    // conferences on all pages from the first on; -1 = it began elsewhere
	last        uint64 // digest of the page before; 0 = none
}

func (p *Pager) walk() (*walk, error) {
	switch {
	case p == nil:
		return nil, errNoPager
	case p.err != nil:
		return nil, p.err
	}
	w := &walk{lister: &p.lister, start: time.Now(), pages: map[uint64]bool{}}
	w.at = position{page: max(1, p.lister.request.Page), count: p.lister.pageSize}
	if w.at.page > 1 {
		w.at.seen = -1
	}
	if p.options.Start == "" {
		return w, nil
	}
	var err error
	w.at, err = p.options.Start.decode(p.lister.filter())
	w.resumed = true
	w.pages[w.at.last] = true
	return w, err
}

// next reads a page and moves on.
func (w *walk) next(ctx context.Context) (*Page, error) {
	list, err := w.read(ctx)
	if err != nil {
		return nil, err
	}
	n, digest := len(list.Conferences), digestOf(list.Conferences)
	w.total = list.TotalCount
	page := &Page{ConfList: list, Number: w.at.page}
	if n == 0 || w.pages[digest] {
		if n > 0 && w.total > max(w.at.seen, w.received) {
			return nil, w.incomplete(overlap.ReasonCounts)
		}
		list.Conferences = []Conference{}
		return page, nil
	}
	w.pages[digest] = true
	w.received += n
	end := (w.at.page-1)*w.at.count + n
	if w.at.seen >= 0 {
		w.at.seen += n
	}
	whole := n < w.at.count && n < overlap.MinPageSize // less than the service's own default
	last := w.total == end && w.total == w.at.seen && (w.at.page > 1 || whole)
	if !w.resumed && w.requests == 1 && n < w.at.count { // it may be all that the service gives: go on right behind it
		w.at.count, w.at.page = n, end/n
	}
	w.at.page++
	w.at.last = digest
	if !last {
		page.Next = w.at.encode(w.lister.filter())
	}
	return page, nil
}

// read asks for the page. The first of a listing is asked for in smaller pieces if the service does not like its size.
func (w *walk) read(ctx context.Context) (*ConfList, error) {
	for {
		list, err := w.lister.page(ctx, w.at.page, w.at.count, false)
		if err == nil {
			w.requests++
			return list, nil
		}
		smaller := overlap.SmallerPage(w.at.count)
		if w.resumed || w.requests > 0 || smaller == 0 || !refusesCount(err) {
			return nil, err
		}
		w.at.page, w.at.count = (w.at.page-1)*w.at.count/smaller+1, smaller
	}
}

func (w *walk) incomplete(reason string) error {
	report := Report{
		Verdict: VerdictIncomplete, Reason: reason, Received: w.received, TotalCount: w.total, Missing: max(0, w.total-w.received),
		Requests: w.requests, Rounds: w.requests, PageSize: w.at.count, Start: w.start, End: time.Now(),
	}
	return &IncompleteError{Report: report, name: w.lister.name()}
}

// digestOf tells pages apart by what is on them.
func digestOf(list []Conference) uint64 {
	d := newDigest()
	for i := range list {
		c := &list[i]
		d.add(strconv.FormatInt(c.EventID, 10), c.ConferenceID, strconv.FormatInt(int64(c.StartTime), 10))
	}
	return d.sum()
}
