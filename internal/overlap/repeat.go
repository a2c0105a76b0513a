package overlap

import "slices"

// Some servers return their last page for any page beyond the end. Such a page is as good as an empty one, and no part of a
// chain. A page may be a repeat if, by its own total, nothing is at its place, and the last page has as many rows. That page,
// read at its own place, must have the same rows. Until then no tail is sure that ends before the possible repeat.

// repeatKind is the kind of a page beyond its own total.
type repeatKind int

const (
	undecided repeatKind = iota
	realPage             // the rows at its place: its total is too small
	lastPage             // a repeated last page
)

// lastOffset is the offset of the last page, by the total of w.
func (w *window) lastOffset() int { return max(0, w.total-1) / w.count * w.count }

// repeatKind compares w with the page that it may repeat. If totals count the rows of their page, every page looks like a
// repeated first one. So some total must have been larger than its page, unless the list has one row.
func (l *listing) repeatKind(w *window) repeatKind {
	original := l.original(w)
	same := original != nil && l.samePage(original, w)
	counted := l.someTotalCountsAll() // what is known may be of a service that has changed
	switch {
	case l.neverRepeatsLast || l.ignoresCount || !counted && (!same || l.byOffset[len(l.byOffset)-1].page > 1):
		return realPage
	case l.alwaysRepeatsLast || same && (counted || w.n == 1):
		return lastPage
	case !same && original != nil && original.seq > w.seq && 4*w.n > l.size: // a few rows may have come or gone, a large page has not
		return realPage
	default:
		return undecided
	}
}

// original is the page that w may repeat, as this walk read it last, or nil.
func (l *listing) original(w *window) *window {
	var last *window
	for _, v := range l.byOffset {
		if v.offset() == w.lastOffset() && (last == nil || v.seq > last.seq) {
			last = v
		}
	}
	return last
}

// samePage reports whether two windows, a before b, show the same page: they share half of their rows, without those that their
// places overlap by. If they are two pages, that needs a list that moved by much of a page.
func (l *listing) samePage(a, b *window) bool {
	shared := l.meet(a, b).shared - max(0, a.end()-b.offset())
	return 2*shared >= min(a.n, b.n) && 4*abs(a.n-b.n) <= l.size
}

// decideRepeats decides about the possible repeats, as far as it can.
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

// treatAsRealPages notes that the server does not repeat its last page. All pages that seemed to be repeats are at their places.
func (l *listing) treatAsRealPages() {
	l.neverRepeatsLast = true
	pages := slices.Concat(l.emptyPages, l.possibleRepeats)
	l.emptyPages = slices.DeleteFunc(l.emptyPages, func(v *window) bool { return v.n > 0 })
	l.possibleRepeats = nil
	for _, w := range pages {
		switch {
		case w.n == 0:
		case w.walk != l.walk:
			l.shortPagesOccur = true // w may have been behind a short page of its walk
		default:
			w.misplaced = false
			l.enter(w)
		}
	}
}

// askAboutRepeat plans a request that helps to decide whether w is a repeat: a small page, whose total may be larger; the page
// that w may repeat; or, if that was read since and differs, the place of w once more.
func (l *listing) askAboutRepeat(w *window) bool {
	original := l.original(w)
	switch {
	case !l.someTotalCountsAll() && w.n > 1:
		return l.ask(place{2, w.n / 2})
	case original != nil && original.seq > w.seq:
		return l.ask(w.place)
	default:
		return l.ask(place{w.lastOffset()/w.count + 1, w.count})
	}
}
