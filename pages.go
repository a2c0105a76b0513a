package confopenapi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

const (
	maxPages = 100_000       // of one range, for a server that never ends
	maxRow   = math.MaxInt32 // the last row of a list that is asked for
)

// Page is one page of a listing by Pager.Pages.
type Page struct {
	*ConfList
	// Number is the page that the service was asked for (page, 页码, documented), from 1. If the first page
	// shows that the service returns fewer conferences than asked for, later numbers are for pages of that size.
	Number int
	Next   Cursor // resumes after this page; "" after the last
}

// Format prints the number and counts, whatever the verb, and no personal data.
func (p Page) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "page %d: %s", p.Number, cmp.Or(p.ConfList, &ConfList{}))
}

// LogValue shows the number, counts and the request id, and no personal data.
func (p Page) LogValue() slog.Value {
	list := cmp.Or(p.ConfList, &ConfList{}).LogValue().Group()
	return slog.GroupValue(append([]slog.Attr{slog.Int("number", p.Number)}, list...)...)
}

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
	err := json.Unmarshal(data, &page)
	if err == nil {
		*p = Page{ConfList: page.Result, Number: page.Number, Next: page.Next}
	}
	return err
}

// Cursor resumes Pages at a page. It is text that may be kept, sent and put into a URL, without secrets and personal data.
// What changed in the list meanwhile can be skipped or repeated. "" is the end in Page.Next, and the beginning for PagesFrom.
type Cursor string

// bookmark is where a walk goes on, and what it knows of the pages before.
type bookmark struct {
	page, count int
	seen        int    // conferences on all pages from the first on; -1 = it began elsewhere
	last        uint64 // digest of the page before; 0 = none
}

func (b bookmark) cursor(filter ListByStatusRequest) Cursor {
	filter.Page, filter.Count = b.page, b.count
	text := fmt.Sprintf("v=1&%s&seen=%d&last=%x", filter, b.seen, b.last)
	return Cursor(fmt.Sprintf("%s&sum=%x", text, digest([]byte(text))))
}

// before is the number of rows in front of the page, if all pages are full.
func (b bookmark) before() int { return (b.page - 1) * b.count }

// came is the number of rows from the first on that were read, as far as is known.
func (b bookmark) came() int {
	if b.seen < 0 {
		return b.before()
	}
	return b.seen
}

// bookmark is that of a cursor that was made for the same request.
func (c Cursor) bookmark(filter ListByStatusRequest) (bookmark, error) {
	bad := func(why string) (bookmark, error) { return bookmark{}, badRequest("Cursor", "%s", why) }
	text, sum, whole := strings.Cut(string(c), "&sum=")
	values, err := url.ParseQuery(text)
	if err != nil || !whole || !values.Has("v") {
		return bad("it is no cursor of this package")
	}
	if values.Get("v") != "1" {
		return bad("it is of another version of this package")
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(values.Get(name))
		return n
	}
	b := bookmark{page: number("page"), count: number("count"), seen: number("seen")}
	b.last, _ = strconv.ParseUint(values.Get("last"), 16, 64)
	switch {
	case sum != fmt.Sprintf("%x", digest([]byte(text))):
		return bad("it is damaged")
	case b.count < 1 || b.count > overlap.MaxPageSize || b.page < 1 || b.page > maxRow/b.count || b.seen < -1 || b.seen > maxRow:
		return bad("a number in it is out of range")
	case b.cursor(filter) != c:
		return bad("it is of another request")
	}
	return b, nil
}

type walk struct {
	bookmark

	lister *lister
	pages  map[uint64]bool // digests of those that came
	known  overlap.Facts
	checks overlap.Facts // facts that are not used, but checked
	ended  bool          // by them, the first page was the last one
	sparse bool          // pages are not full on this service: one was as short a second time
	report Report
}

// walkPages reads pages until the last one, until most conferences came, or until yield returns false.
func walkPages(ctx context.Context, l *lister, from Cursor, most int, yield func(*Page) bool) error {
	w := &walk{lister: l, pages: map[uint64]bool{}, report: Report{Start: time.Now(), TotalsIgnored: l.client.service.settings.ignoreTotals}}
	if err := w.begin(from); err != nil {
		return err
	}
	for range maxPages {
		page, err := w.next(ctx)
		if err != nil {
			return err
		}
		if !yield(page) || page.Next == "" || most > 0 && w.report.Received >= most {
			return nil
		}
	}
	return w.incomplete(ctx, ReasonEffort)
}

func (w *walk) begin(from Cursor) (err error) {
	if from != "" {
		w.bookmark, err = from.bookmark(w.lister.filter)
		w.pages[w.last] = true
		return err
	}
	w.bookmark = bookmark{page: max(1, w.lister.first), count: w.lister.pageSize}
	facts, checks := w.lister.client.service.memory.recallForPages(filterIndex(w.lister.filter.FilterOneAttendee))
	if checks {
		w.checks = facts
	} else {
		w.known = facts
	}
	if w.page == 1 && w.known.PageSize > 0 {
		w.count = min(w.count, w.known.PageSize)
	}
	if w.page > maxRow/w.count {
		return badRequest("Page", "%d is out of range", w.page)
	}
	if w.page > 1 {
		w.seen = -1
	}
	return nil
}

// next reads the page of the bookmark, decides whether it is the last, and moves the bookmark on.
func (w *walk) next(ctx context.Context) (*Page, error) {
	list, err := w.read(ctx)
	if err == nil && w.lacks(list) {
		list, err = w.readAgain(ctx, list)
	}
	if err != nil {
		return nil, err
	}
	page := &Page{ConfList: list, Number: w.page}
	n, sum, before := len(list.Conferences), digestOf(list.Conferences), w.before()
	w.report.TotalCount = list.TotalCount
	if n == 0 || w.pages[sum] {
		switch {
		case w.total(list) > w.came() && n > 0:
			return nil, w.incomplete(ctx, ReasonPaging)
		case w.total(list) > w.came():
			return nil, w.incomplete(ctx, ReasonTotal)
		}
		list.Conferences = []Conference{}
		return page, nil
	}
	if w.ended {
		w.lister.client.service.memory.forget(filterIndex(w.lister.filter.FilterOneAttendee))
		w.ended = false
	}
	w.pages[sum] = true
	w.report.Received += n
	if w.seen >= 0 {
		w.seen += n
	}
	end := before + n
	tiny := n < w.count && n < overlap.MinPageSize // less than the service's own default
	all := w.total(list) == end && end == w.seen
	last := all && (w.page > 1 || tiny || showWhole(w.known))
	w.ended = all && !last && showWhole(w.checks)
	if len(w.pages) == 1 && n < w.count { // it may be all that the service gives: go on right behind it
		w.count, w.page = n, end/n
	}
	w.page++
	w.last = sum
	if !last {
		page.Next = w.cursor(w.lister.filter)
	}
	return page, nil
}

// showWhole reports whether a first page whose total is its rows is the list.
func showWhole(f overlap.Facts) bool {
	return f.Pages == overlap.PagesFilled && f.Totals == overlap.TotalsOfList
}

// total is what is believed of a page's totalCount: nothing with WithIgnoredTotals.
func (w *walk) total(list *ConfList) int {
	if w.report.TotalsIgnored {
		return 0
	}
	return list.TotalCount
}

// lacks reports whether a page shows less than its total says is there. A short first page may be all that the service gives.
func (w *walk) lacks(list *ConfList) bool {
	n := len(list.Conferences)
	whole := n >= w.count || n > 0 && (len(w.pages) == 0 || w.sparse)
	return !whole && w.total(list) > w.before()+n
}

// readAgain asks for a page that lacks conferences once more, and returns the fuller one.
func (w *walk) readAgain(ctx context.Context, list *ConfList) (*ConfList, error) {
	again, err := w.read(ctx)
	if err != nil {
		return nil, err
	}
	switch n := len(again.Conferences) - len(list.Conferences); {
	case n < 0:
		return list, nil
	case n == 0 && len(list.Conferences) > 0 && w.lacks(again):
		w.sparse = true
	}
	return again, nil
}

// read asks for the page. The first page of a listing is asked for in smaller pieces if the service refuses its size.
func (w *walk) read(ctx context.Context) (*ConfList, error) {
	for {
		list, err := w.lister.page(ctx, w.page, w.count, nil)
		w.report.Calls++
		if err == nil {
			w.report.Attempts += list.Meta.Attempts
			return list, nil
		}
		meta, _ := MetaOf(err)
		w.report.Attempts += meta.Attempts
		smaller := overlap.SmallerPage(w.count)
		if len(w.pages) > 0 || smaller == 0 || !refusesCount(err) {
			return nil, err
		}
		w.page, w.count = w.before()/smaller+1, smaller
	}
}

func (w *walk) incomplete(ctx context.Context, reason Reason) error {
	r := w.report
	r.Verdict, r.Reason, r.End = VerdictIncomplete, reason, time.Now()
	if !r.TotalsIgnored {
		r.Missing = max(0, r.TotalCount-w.came())
	}
	r.Stats = Stats{Rounds: r.Calls, PageSize: w.count}
	w.lister.logTotals(ctx, r, r.TotalCount)
	return &IncompleteError{Report: r, name: w.lister.name()}
}

// digestOf is a digest of the conferences of a page.
func digestOf(list []Conference) uint64 {
	var ids []byte
	for i := range list {
		ids = fmt.Appendf(ids, "%d %q %d\n", list[i].EventID, list[i].ConferenceID, list[i].StartTime)
	}
	return digest(ids)
}
