package overlap

import "slices"

// The rules of this file weigh totals against rows. A total and its page are of one instant.

const maxAgain = 2 // how often a response that shows less than its total is asked for again

// showsLess reports whether a response shows fewer rows than its total says that there are at its place: it is asked for again
// before it counts. Where pages are not filled, no total is evidence for a place. The first page may be capped.
func (l *listing) showsLess(w *window) bool {
	if l.showsLessFor || l.shortPagesOccur || l.ignoresCount || !w.short() {
		return false
	}
	less, times := w.total > w.reached(), maxAgain
	if w.n == 0 && w.total == 0 {
		less, times = l.total > w.offset() || l.horizon == 0, 1 // a list that is gone, or a response that knows nothing
	}
	if l.horizon == 0 && w.n >= MinPageSize {
		less = false
	}
	if less && w.again >= times {
		l.showsLessFor = w.total > 0
		return false
	}
	return less
}

// askAgain plans to send a request again: one at once, others when nothing is in flight.
func (l *listing) askAgain(r request) {
	r.again++
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
}

// endsEarly reports whether the list, by its total, goes on behind the window. Where pages are not filled, rows may be hidden
// behind its last one.
func (l *listing) endsEarly(w *window) bool {
	if l.shortPagesOccur {
		return w.total > w.end()
	}
	return w.total > w.reached()
}

// lacks is how many rows that the total of the tail counts did not come, beyond those that may have come into the list since
// their place was read.
func (l *listing) lacks(tail *window) int {
	if tail == nil {
		return 0
	}
	return tail.total - len(l.rows.known) - 3*l.movement
}

// collapsed reports whether most of the list went away without a trace. So does a list whose server lost it.
func (l *listing) collapsed() bool {
	rows := len(l.rows.known)
	return l.largest > 2*rows+20 || len(l.byOffset) == 0 && l.largest > rows
}
