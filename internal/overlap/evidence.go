package overlap

import (
	"math"
	"slices"
)

// The rules of this file compare totals with rows. A total and its page are of one instant.

const maxAgain = 2 // how often a response that shows less than its total is asked for again, unless it is the same again

// showsLess reports whether a response shows fewer rows than its total says that there are at its place: it is asked for again
// before it counts. Where pages are not filled, no total is evidence for a place. The first page may be capped: a cap is a
// round number.
func (l *listing) showsLess(w *window) bool {
	if l.cutsPages() || l.ignoresCount || !w.short() {
		return false
	}
	less := w.total > w.reached()
	if w.n == 0 && w.total == 0 {
		less = l.total > w.offset() || w.page == 1 && !l.wasTiny // a list that is gone, or a response that knows nothing
	}
	first := l.horizon == 0
	if !less || first && l.known.PageSize == 0 && w.n >= MinPageSize && w.n%10 == 0 {
		return false
	}
	if w.again >= maxAgain || w.again > 0 && w.n == w.came {
		w.less = true
		l.unexplained = l.unexplained || first && w.n > 0 && w.n < MinPageSize // no cap is so small
		if w.n > 0 && !first {
			l.believe()
		}
		return false
	}
	return true
}

// cutsPages reports whether the service does not fill its pages.
func (l *listing) cutsPages() bool { return l.shortPagesOccur || l.pagesShowLess }

// believe accepts that pages are not filled, and all that was put aside since.
func (l *listing) believe() {
	l.pagesShowLess = true
	l.again = slices.DeleteFunc(l.again, func(r request) bool { return r.again > 0 })
	for _, w := range l.windows {
		if w.n > 0 && w.doubtful && w.misplaced && w.walk == l.walk && w.place != l.windows[0].place {
			w.doubtful, w.misplaced = false, false
			l.enter(w)
		}
	}
}

// askAgain plans to read a window again that seems to lack rows: one at once, others when nothing is in flight.
func (l *listing) askAgain(w *window, lacks int) {
	r := w.request
	r.again, r.came, r.lacks = r.again+1, w.n, lacks
	w.doubtful = true
	r.round++
	doubted := func(r request) bool { return r.again > 0 }
	if slices.ContainsFunc(l.inFlight, doubted) || slices.ContainsFunc(l.repairs, doubted) {
		l.again = append(l.again, r)
	} else {
		l.repairs = append(l.repairs, r)
	}
}

// follow keeps track of the totals.
func (l *listing) follow(w *window) {
	before := l.total
	l.total = w.total
	if l.total+max(l.size, before/4) < before && l.totalsCountAll() {
		l.startOver() // the list shrank: rows have other places now
	}
	if len(l.windows) > 0 {
		l.movement += abs(l.total - before)
	}
	if w.n > 0 && len(l.byOffset) == 0 {
		l.largest, l.movement = 0, 0
	}
	l.largest = max(l.largest, l.total)
	l.count(w)
}

// count keeps track of the totals that are not just the place of a last row.
func (l *listing) count(w *window) {
	if len(l.byOffset) == 0 {
		l.counts, l.countMoved = 0, 0
	}
	if w.n > 0 && w.short() && !w.endsEarly() {
		return
	}
	if l.counts > 0 {
		l.countMoved += abs(w.total - l.counted)
	}
	l.counted = w.total
	l.counts++
}

// lacks reports whether a total counts more rows than came and may have come into the list since their place was read: that of the
// tail, or the last one that is not just the place of a last row, which is all that some services count on a short page.
func (l *listing) lacks(tail *window) bool {
	rows := len(l.rows.known)
	return tail != nil && tail.total > rows+l.mayHaveMoved(len(l.windows), 4) ||
		l.counts > 0 && l.counted > rows+mayHaveMoved(l.countMoved, l.counts, l.counts, 4)+minOverlap
}

// mayHaveMoved is how many rows may have come, and as many left, in the time of some responses: so many as fit how far totals
// moved in all, and some standard deviations more.
func (l *listing) mayHaveMoved(responses int, deviations float64) int {
	return mayHaveMoved(l.movement, len(l.windows), responses, deviations)
}

func mayHaveMoved(movement, windows, responses int, deviations float64) int {
	moved, share := float64(movement), float64(responses)/float64(windows)
	// If two rates are equal, their difference moves by |d| in one step: the rate is |d|/2 if it is small, else π/4·d².
	rows := max(moved/2, math.Pi/4*moved*moved/float64(windows)) * share
	return int(rows + deviations*math.Sqrt(rows))
}

// collapsed reports whether most of the list was never shown and then gone. A service that lost its list looks the same.
func (l *listing) collapsed(tail *window) bool {
	rows := len(l.rows.known)
	return l.largest > 2*rows+20 || tail != nil && tail.n == 0 && l.largest > rows
}

// weigh compares the places of the rows that two windows share. While the list moves, as many rows may come before them as
// leave behind them, so that the total stays the same. If they are more than totals moved meanwhile, the window that has them
// nearer to the top seems to lack rows before them, and is read again. Where pages are not filled, it is only noted: a filter
// has the same effect, but its totals do not count what it hides.
func (l *listing) weigh(v, w *window, shift int) {
	behind := w.total - v.total - shift
	if l.orderChanged || l.largest <= l.fullest || (shift > 0) == (behind > 0) {
		return
	}
	suspect, other := v, w
	if shift < 0 {
		suspect, other = w, v
	}
	exchanged := min(abs(shift), abs(behind))
	moved := l.mayHaveMoved(len(l.windows)-1-min(v.sent, w.sent), 2)
	switch {
	case l.cutsPages() || suspect.less: // rows may be hidden
		l.unexplained = l.unexplained || exchanged > moved+2
	case exchanged > moved+2*max(l.exchanged, other.lacks) && !suspect.doubtful && suspect.again < maxAgain:
		l.askAgain(suspect, exchanged)
	}
}

// hides reports whether the service leaves rows out of its pages that the total of the tail counts: then the total is at least
// the place where the tail ends. While totals stand still, as many rows as the total counts are all.
func (l *listing) hides(tail *window) bool {
	whole := l.movement == 0 && tail != nil && tail.total <= len(l.rows.known)
	return tail != nil && l.unexplained && !whole && tail.total >= tail.reached()
}
