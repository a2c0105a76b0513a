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
	maxPlace = math.MaxInt32 // the last place in a list that is asked for
)

// Page is one page of a listing by Pager.Pages.
type Page struct {
	*ConfList
	// Number is the page that the service was asked for (page, 页码, documented), from 1. If the first page shows that the
	// service returns fewer conferences than asked for, the numbers go on in its own size.
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

// position is where a walk goes on, and what it knows of the pages before.
type position struct {
	page, count int
	seen        int    // conferences on all pages from the first on; -1 = it began elsewhere
	last        uint64 // digest of the page before; 0 = none
}

func (at position) cursor(filter ListByStatusRequest) Cursor {
	filter.Page, filter.Count = at.page, at.count
	text := fmt.Sprintf("v=1&%s&seen=%d&last=%x", filter, at.seen, at.last)
	return Cursor(fmt.Sprintf("%s&sum=%x", text, digest([]byte(text))))
}

// place is the position of a cursor that was made for the same request.
func (c Cursor) place(filter ListByStatusRequest) (position, error) {
	bad := func(why string) (position, error) { return position{}, badRequest("Cursor", "%s", why) }
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
	at := position{page: number("page"), count: number("count"), seen: number("seen")}
	at.last, _ = strconv.ParseUint(values.Get("last"), 16, 64)
	switch {
	case sum != fmt.Sprintf("%x", digest([]byte(text))):
		return bad("it is damaged")
	case at.count < 1 || at.count > overlap.MaxPageSize || at.page < 1 || at.page > maxPlace/at.count || at.seen < -1 || at.seen > maxPlace:
		return bad("a number in it is out of range")
	case at.cursor(filter) != c:
		return bad("it is of another request")
	}
	return at, nil
}

type walk struct {
	lister *lister
	at     position
	pages  map[uint64]bool // digests of those that came
	report Report
}

// walkPages reads pages until the last one, until most conferences came, or until yield returns false.
func walkPages(ctx context.Context, l *lister, from Cursor, most int, yield func(*Page) bool) error {
	w := &walk{lister: l, pages: map[uint64]bool{}, report: Report{Start: time.Now()}}
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
	return w.incomplete(ReasonEffort)
}

func (w *walk) begin(from Cursor) (err error) {
	if from != "" {
		w.at, err = from.place(w.lister.filter)
		w.pages[w.at.last] = true
		return err
	}
	w.at = position{page: max(1, w.lister.first), count: w.lister.pageSize}
	if w.at.page > maxPlace/w.at.count {
		return badRequest("Page", "%d is out of range", w.at.page)
	}
	if w.at.page > 1 {
		w.at.seen = -1
	}
	return nil
}

func (w *walk) next(ctx context.Context) (*Page, error) {
	list, err := w.read(ctx)
	if err != nil {
		return nil, err
	}
	page := &Page{ConfList: list, Number: w.at.page}
	n, sum, place := len(list.Conferences), digestOf(list.Conferences), (w.at.page-1)*w.at.count
	w.report.TotalCount = list.TotalCount
	if n == 0 || w.pages[sum] {
		place = max(place, w.at.seen)
		switch {
		case list.TotalCount > place && n > 0:
			return nil, w.incomplete(ReasonPaging)
		case list.TotalCount > place:
			return nil, w.incomplete(ReasonTotal)
		}
		list.Conferences = []Conference{}
		return page, nil
	}
	w.pages[sum] = true
	w.report.Received += n
	if w.at.seen >= 0 {
		w.at.seen += n
	}
	end := place + n
	whole := n < w.at.count && n < overlap.MinPageSize // less than the service's own default
	last := list.TotalCount == end && end == w.at.seen && (w.at.page > 1 || whole)
	if len(w.pages) == 1 && n < w.at.count { // it may be all that the service gives: go on right behind it
		w.at.count, w.at.page = n, end/n
	}
	w.at.page++
	w.at.last = sum
	if !last {
		page.Next = w.at.cursor(w.lister.filter)
	}
	return page, nil
}

// read asks for the page. The first page of a listing is asked for in smaller pieces if the service refuses its size.
func (w *walk) read(ctx context.Context) (*ConfList, error) {
	for {
		list, err := w.lister.page(ctx, w.at.page, w.at.count, nil)
		w.report.Calls++
		if err == nil {
			w.report.Attempts += list.Meta.Attempts
			return list, nil
		}
		meta, _ := MetaOf(err)
		w.report.Attempts += meta.Attempts
		smaller := overlap.SmallerPage(w.at.count)
		if len(w.pages) > 0 || smaller == 0 || !refusesCount(err) {
			return nil, err
		}
		w.at.page, w.at.count = (w.at.page-1)*w.at.count/smaller+1, smaller
	}
}

func (w *walk) incomplete(reason Reason) error {
	r := w.report
	r.Verdict, r.Reason, r.End = VerdictIncomplete, reason, time.Now()
	r.Missing = max(0, r.TotalCount-max((w.at.page-1)*w.at.count, w.at.seen))
	r.Stats = Stats{Rounds: r.Calls, PageSize: w.at.count}
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
