package overlap

import (
	"cmp"
	"slices"
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

// Update returns the facts with what a later listing learned.
func (f Facts) Update(later Facts) Facts {
	return Facts{
		PageSize: cmp.Or(later.PageSize, f.PageSize), Pages: cmp.Or(later.Pages, f.Pages), Totals: cmp.Or(later.Totals, f.Totals),
		Beyond: cmp.Or(later.Beyond, f.Beyond), Order: cmp.Or(later.Order, f.Order),
	}
}

// A page is one state of the list: a first page whose rows equal its total is the list, if totals count the list and either the page
// is full, or the service fills its pages. Without facts, one request for fewer rows than the page has shows both.

// worthLearning reports whether that request is worth it.
func (l *listing) worthLearning(first *window) bool {
	return first.head() && first.n > 1 && first.n == first.total && !l.asked && !l.ignoresCount &&
		(l.known.Totals == "" || l.known.Totals == TotalsOfList) && l.known.Pages != PagesShort && !l.shortPagesOccur
}

// learn compares the response to that request with the first page.
func (l *listing) learn(w *window) {
	first := l.byOffset[0]
	m := l.meet(first, w)
	l.learned = first.head() && !w.short() && w.total == first.total && m.shared == w.n && m.shift == 0 && !m.inverted
}

// fills reports whether the service fills its pages, as far as this listing and those before know.
func (l *listing) fills() bool {
	return !l.shortPagesOccur && !l.pagesShowLess && (l.learned || l.known.Pages == PagesFilled)
}

// isWhole reports whether a first page is the whole list, by its total.
func (l *listing) isWhole(first *window) bool {
	if first.n != first.total || first.n == 0 {
		return false
	}
	full := first.n == first.count && (!l.capped || first.walk > 0)
	return l.totalsCountAll() && (full || l.fills()) || first.n == 1 && l.wasTiny
}

// assumed reports whether the verdict rests on what was known before.
func (l *listing) assumed(verdict Verdict) bool {
	known, wasTiny := l.known, l.wasTiny
	defer func() { l.known, l.wasTiny = known, wasTiny }()
	l.known, l.wasTiny = Facts{}, false
	return verdict > Incomplete && (l.prove().verdict() < verdict || wasTiny && len(l.windows) == 1)
}

// facts returns what this listing learned. A verdict above Incomplete is needed to learn that a service does well.
func (l *listing) facts(p proof, verdict Verdict) (f Facts) {
	if l.accepted > 0 {
		f.PageSize = l.accepted
	}
	if l.fullest == l.size && l.reached >= 2*l.size && l.size < l.firstCount {
		f.PageSize = l.size
	}
	real := slices.DeleteFunc(slices.Clone(l.windows), func(w *window) bool { return w.n == 0 || w.misplaced })
	all := func(is func(*window) bool) bool {
		return len(real) > 0 && !slices.ContainsFunc(real, func(w *window) bool { return !is(w) })
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
	case l.shortPagesOccur || l.pagesShowLess:
		f.Pages = PagesShort
	case verdict > Incomplete && (l.learned || slices.ContainsFunc(real, func(w *window) bool { return w.page > 1 && !w.short() && w.endsEarly() })):
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
