package overlap

import "slices"

// Some servers answer a page beyond the end with their last page once more. Such an answer is as good as an empty page: at its
// instant there was nothing where it was asked for. Its rows are in the list, but not there, so they have no part in a chain.

// repeated reports whether w may be the last page once more, and where that page begins: w begins at or behind the total that
// came with it, where there is nothing to have, and has as many rows as the last page of its count.
func (w *window) repeated() (from int, ok bool) {
	from = (w.total - 1) / w.count * w.count
	return from, w.offset() >= w.total && w.n == w.total-from
}

// standing is what an answer beyond its own total is.
type standing int

const (
	unclear  standing = iota
	asAsked           // the rows that were asked for: the total is too small
	asRepeat          // the last page once more
)

// standing holds w against the page that it may repeat. A total that counts the rows of its page makes every page look like the
// first one, so the total of another page must have been more; of a list of one row there is none. No page behind the first
// has a total of its rows alone, unless that is what totals count.
func (l *listing) standing(w *window) standing {
	page := l.original(w)
	same := page != nil && l.same(page, w)
	counted := l.countsAll()
	switch {
	case l.exact || l.rigid || !counted && (!same || l.line[len(l.line)-1].page > 1):
		return asAsked
	case l.repeats || same && (counted || w.n == 1):
		return asRepeat
	case !same && page != nil && page.seq > w.seq && 4*w.n > l.size: // a few rows come and go, a large page does not
		return asAsked
	default:
		return unclear
	}
}

// original is the page that w may repeat, as it was read last in this walk.
func (l *listing) original(w *window) *window {
	from, _ := w.repeated()
	var last *window
	for _, v := range l.line {
		if v.offset() == from && (last == nil || v.seq > last.seq) {
			last = v
		}
	}
	return last
}

// same reports whether two windows that were asked for as two, a before b, are one page: if more than what they overlap by is in
// both, which an honest server gives only if the list moved by much of a page meanwhile.
func (l *listing) same(a, b *window) bool {
	shared := meet(a, b, l.at).shared - max(0, a.end()-b.offset())
	return 2*shared >= min(a.n, b.n) && 4*abs(a.n-b.n) <= l.size
}

// putAside takes in an answer that is the last page once more, or may be, and reports whether it did.
func (l *listing) putAside(w *window) bool {
	if _, ok := w.repeated(); !ok || l.standing(w) == asAsked {
		return false
	}
	w.stray = true
	l.aside = append(l.aside, w)
	l.judge()
	return true
}

// judge looks once more at what was put aside, since more is known now.
func (l *listing) judge() {
	for _, w := range slices.Clone(l.aside) {
		switch l.standing(w) {
		case unclear:
			continue
		case asAsked:
			l.disown()
			return
		case asRepeat:
			l.repeats = true
			if w.epoch == l.walk {
				l.voids = append(l.voids, w)
			}
		}
		l.aside = slices.DeleteFunc(l.aside, func(v *window) bool { return v == w })
	}
}

// disown takes in that the server does not repeat its last page, since it has an empty one, or since a page that it might repeat is
// another: whatever seemed to come again came from where it was asked for.
func (l *listing) disown() {
	l.exact = true
	back := slices.DeleteFunc(slices.Concat(l.voids, l.aside), func(v *window) bool { return v.n == 0 })
	l.voids = slices.DeleteFunc(l.voids, func(v *window) bool { return v.n > 0 })
	l.aside = nil
	for _, w := range back {
		if w.epoch != l.walk {
			l.unfilled = true // its place was forgotten, and may have been behind a short page
			continue
		}
		w.stray = false
		l.place(w)
	}
}

// askAside asks for what tells more about a page that was put aside: one in the middle of the list, whose total is then more
// than its rows; the page that it may repeat; or, if that was read since and is another, its own place once more.
func (l *listing) askAside(w *window) bool {
	from, _ := w.repeated()
	page := l.original(w)
	switch {
	case !l.countsAll() && w.n > 1:
		return l.ask(place{2, w.n / 2})
	case page != nil && page.seq > w.seq:
		return l.ask(w.place)
	default:
		return l.ask(place{from/w.count + 1, w.count})
	}
}
