package overlap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Facts are what listings learn of a service, and of one value of its filter. "" and 0 mean not known.
type Facts struct {
	PageSize int    `json:"pageSize,omitzero"` // the largest count that it honours, if a listing asked for more
	Pages    string `json:"pages,omitzero"`    // what a page before the end holds
	Totals   string `json:"totals,omitzero"`   // what its totals count
	Beyond   string `json:"beyond,omitzero"`   // what a page beyond the end holds
	Order    string `json:"order,omitzero"`    // an order that all rows fitted
}

// The values of Facts. Listings rely on PagesFilled and TotalsOfList.
const (
	PagesFilled    = "filled"    // as many rows as requested
	PagesShort     = "short"     // sometimes fewer
	TotalsOfList   = "list"      // all rows
	TotalsOfPage   = "page"      // the rows of the page
	TotalsZero     = "zero"      // nothing: they are always 0
	TotalsOther    = "other"     // something else
	BeyondEmpty    = "empty"     // no rows
	BeyondLastPage = "last-page" // the rows of the last page
)

// Valid reports whether all values are known.
func (f Facts) Valid() bool {
	among := func(value string, of ...string) bool { return value == "" || slices.Contains(of, value) }
	return (f.PageSize == 0 || f.PageSize >= MinPageSize && f.PageSize <= MaxPageSize) && among(f.Pages, PagesFilled, PagesShort) &&
		among(f.Totals, TotalsOfList, TotalsOfPage, TotalsZero, TotalsOther) && among(f.Beyond, BeyondEmpty, BeyondLastPage) &&
		(f.Order == "" || slices.ContainsFunc(orders[:], func(o order) bool { return o.name == f.Order }))
}

// factWords is what String says of a value.
var factWords = map[string]string{
	PagesFilled: "pages are filled", PagesShort: "pages have fewer conferences than they could",
	TotalsOfList: "totals count the list", TotalsOfPage: "totals count the page", TotalsZero: "totals are 0", TotalsOther: "totals count something else",
	BeyondEmpty: "pages beyond the end are empty", BeyondLastPage: "pages beyond the end repeat the last one",
}

// String is one line for people.
func (f Facts) String() string {
	var parts []string
	if f.PageSize > 0 {
		parts = append(parts, fmt.Sprintf("at most %d a page", f.PageSize))
	}
	for _, value := range []string{f.Pages, f.Totals, f.Beyond} {
		if value != "" {
			parts = append(parts, factWords[value])
		}
	}
	if f.Order != "" {
		parts = append(parts, "ordered by "+f.Order)
	}
	return strings.Join(parts, ", ")
}

// Update returns the facts with what a later listing learned, except for the page size.
func (f Facts) Update(later Facts) Facts {
	return Facts{
		PageSize: f.PageSize, Pages: cmp.Or(later.Pages, f.Pages), Totals: cmp.Or(later.Totals, f.Totals),
		Beyond: cmp.Or(later.Beyond, f.Beyond), Order: cmp.Or(later.Order, f.Order),
	}
}

// A page is one state of the list: a first page whose rows equal its total is the list, if totals count the list and either the page
// is full, or the service fills its pages. Without facts, a page that lies within the first one shows both: it must be full, with the
// same total. No cap is below MinPageSize; from there on, one that begins at its last rows must then show that no row follows.

// worthLearning reports whether such a request is worth it.
func (l *listing) worthLearning(first *window) bool {
	return first.head() && first.n > 1 && first.n == first.total && !l.learned && !l.learning && !l.ignoresCount &&
		(l.known.Totals == "" || l.known.Totals == TotalsOfList) && l.known.Pages != PagesShort && !l.shortPagesOccur
}

// askToLearn plans the next of these requests.
func (l *listing) askToLearn(first *window) {
	r := request{place: place{2, first.n / 2}, learn: first.n / 2, round: 1 + l.rounds, walk: l.walk}
	if l.lessons > 0 {
		r.place, r.learn = place{2, first.n - minShared}, minShared
	}
	l.learning = true
	l.repaired++
	l.repairs = append(l.repairs, r)
}

// learn compares the response with the first page. It reports whether it agrees.
func (l *listing) learn(w *window) bool {
	if len(l.byOffset) == 0 { // the list shrank, and is read again
		return false
	}
	first := l.byOffset[0]
	m := l.meet(first, w)
	if !first.head() || w.total != first.total || w.n != w.learn || m.shared != w.n || m.shift != 0 || m.inverted {
		return false
	}
	l.learning = false
	l.lessons++
	l.learned = l.lessons == 2 || first.n < MinPageSize
	return true
}

// fills reports whether the service fills its pages, as far as this listing and those before know.
func (l *listing) fills() bool {
	return !l.cutsPages() && (l.learned || l.known.Pages == PagesFilled && !l.contradicts())
}

// isWhole reports whether a first page is the whole list, by its total: a full one, if earlier listings showed what totals count;
// any, if the service fills its pages and the list has not shrunk meanwhile.
func (l *listing) isWhole(first *window) bool {
	if first.n != first.total || first.n == 0 {
		return false
	}
	full := first.n == first.count && (!l.capped || first.walk > 0) && first.again == 0
	return l.totalsKnown() && full || l.totalsCountAll() && l.fills() && first.walk == 0 || first.n == 1 && l.wasTiny
}

// contradicts reports whether the service does not do what was known of it.
func (l *listing) contradicts() bool {
	return l.known.Pages == PagesFilled && l.cutsPages() || l.known.Totals == TotalsOfList && l.totalsBelow
}

// review completes a report with what rests on earlier listings, and with what this one learned without them. p is what the
// windows prove with them.
func (l *listing) review(r *Report, p proof) {
	r.Contradicted = l.contradicts()
	if known, wasTiny := l.known, l.wasTiny; known != (Facts{}) || wasTiny {
		defer func() { l.known, l.wasTiny = known, wasTiny }()
		l.known, l.wasTiny = Facts{}, false
		p = l.prove()
		r.Assumed = r.Verdict > p.verdict() || r.Verdict > Incomplete && wasTiny && len(l.windows) == 1
	}
	r.Facts = l.facts(p, min(r.Verdict, p.verdict()))
}

// facts returns what this listing learned. A verdict above Incomplete is needed to learn that a service does well.
func (l *listing) facts(p proof, verdict Verdict) (f Facts) {
	if len(l.windows) == 0 {
		return f
	}
	f.PageSize = l.accepted
	real := slices.DeleteFunc(slices.Clone(l.windows), func(w *window) bool { return w.n == 0 || w.misplaced })
	all := func(is func(*window) bool) bool {
		return len(real) > 0 && !slices.ContainsFunc(real, func(w *window) bool { return !is(w) })
	}
	allCame := verdict > Incomplete && len(real) > 1 && l.reached > real[0].n && all(func(w *window) bool {
		return w.total == l.reached && (!w.short() || w.n == l.size && w.page == 1 || w.reached() == l.reached)
	})
	if l.size < l.firstCount && l.fullest == l.size && (l.reached >= 2*l.size || allCame) {
		f.PageSize = l.size
	}
	switch {
	case l.ignoreTotals:
	case all(func(w *window) bool { return w.total == 0 }):
		f.Totals = TotalsZero
	case len(real) > 1 && l.reached > real[0].n && all(func(w *window) bool { return w.total == w.n }):
		f.Totals = TotalsOfPage
	case verdict > Incomplete && p.tail.total != p.tail.reached():
		f.Totals = TotalsOther
	case verdict > Incomplete && slices.ContainsFunc(l.windows, func(w *window) bool { return w.total > w.n }):
		f.Totals = TotalsOfList
	}
	switch {
	case verdict == Incomplete:
	case l.cutsPages():
		f.Pages, f.PageSize = PagesShort, l.accepted
	case l.learned || allCame || l.pagesFull():
		f.Pages = PagesFilled
	}
	switch {
	case l.alwaysRepeatsLast:
		f.Beyond = BeyondLastPage
	case verdict > Incomplete && slices.ContainsFunc(l.emptyPages, func(w *window) bool { return w.n == 0 && w.page > 1 }):
		f.Beyond = BeyondEmpty
	}
	fit := l.order.fitting()
	for i, o := range orders {
		if fit.has(i) && f.Order == "" {
			f.Order = o.name
		}
	}
	return f
}
