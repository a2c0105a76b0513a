package overlap

import "slices"

// Some servers return their last page for any page beyond the end. Such a page is as good as an empty one: at its instant
// there was nothing where it was asked for. Its rows are in the list, but not there, so they have no part in a chain.
//
// A page may be a repeat if its own total says that there is nothing where it was asked for, and leaves as many rows for the
// last page as came. The last page, read by itself, must then have the same rows. Until that is known, the page is one of
// possibleRepeats, and no tail is believed that ends before it.

// repeatKind is what a page beyond its own total is.
type repeatKind int

const (
	undecided repeatKind = iota
	realPage             // the rows that were asked for: the total is too small
	lastPage             // the last page once more
)

// lastOffset is where the last page begins, by the total that came with w.
func (w *window) lastOffset() int { return (w.total - 1) / w.count * w.count }

// mayRepeat reports whether w is the last page once more, or may be.
func (l *listing) mayRepeat(w *window) bool {
	return w.offset() >= w.total && w.n == w.total-w.lastOffset() && l.repeatKind(w) != realPage
}

// repeatKind compares w with the page that it may repeat. Where totals count the rows of their page, every page looks like
// the first one again, so another page must have shown a larger total, unless the list has one row.
func (l *listing) repeatKind(w *window) repeatKind {
	original := l.original(w)
	same := original != nil && l.samePage(original, w)
	counted := l.totalsCountAll()
	switch {
	case l.neverRepeatsLast || l.ignoresCount || !counted && (!same || l.byOffset[len(l.byOffset)-1].page > 1):
		return realPage
	case l.alwaysRepeatsLast || same && (counted || w.n == 1):
		return lastPage
	case !same && original != nil && original.seq > w.seq && 4*w.n > l.size: // a few rows come and go, a large page does not
		return realPage
	default:
		return undecided
	}
}

// original is the page that w may repeat, as it was read last in this walk.
func (l *listing) original(w *window) *window {
	var last *window
	for _, v := range l.byOffset {
		if v.offset() == w.lastOffset() && (last == nil || v.seq > last.seq) {
			last = v
		}
	}
	return last
}

// samePage reports whether two windows that were asked for as two, a before b, are one page: they share at least half of
// their rows beyond those that they overlap by. An honest server gives that only if the list moved by much of a page.
func (l *listing) samePage(a, b *window) bool {
	shared := l.meet(a, b).shared - max(0, a.end()-b.offset())
	return 2*shared >= min(a.n, b.n) && 4*abs(a.n-b.n) <= l.size
}

// decideRepeats looks once more at the possible repeats, since more is known now.
func (l *listing) decideRepeats() {
	for _, w := range slices.Clone(l.possibleRepeats) {
		switch l.repeatKind(w) {
		case undecided:
			continue
		case realPage:
			l.treatAsRealPages()
			return
		case lastPage:
			l.alwaysRepeatsLast = true
			if w.walk == l.walk {
				l.emptyPages = append(l.emptyPages, w)
			}
		}
		l.possibleRepeats = slices.DeleteFunc(l.possibleRepeats, func(v *window) bool { return v == w })
	}
}

// treatAsRealPages takes in that the server does not repeat its last page: it has an empty page, or one that differs from
// the page that it might repeat. Every page that seemed to be a repeat is what was asked for.
func (l *listing) treatAsRealPages() {
	l.neverRepeatsLast = true
	pages := slices.Concat(l.emptyPages, l.possibleRepeats)
	l.emptyPages = slices.DeleteFunc(l.emptyPages, func(v *window) bool { return v.n > 0 })
	l.possibleRepeats = nil
	for _, w := range pages {
		switch {
		case w.n == 0:
		case w.walk != l.walk:
			l.shortPagesOccur = true // its place was forgotten, and may have been behind a short page
		default:
			w.misplaced = false
			l.enter(w)
		}
	}
}

// askAboutRepeat asks for what decides whether w is a repeat: a page in the middle of the list, whose total is then more
// than its rows; the page that it may repeat; or, if that was read since and differs, its own place once more.
func (l *listing) askAboutRepeat(w *window) bool {
	original := l.original(w)
	switch {
	case !l.totalsCountAll() && w.n > 1:
		return l.ask(place{2, w.n / 2})
	case original != nil && original.seq > w.seq:
		return l.ask(w.place)
	default:
		return l.ask(place{w.lastOffset()/w.count + 1, w.count})
	}
}
