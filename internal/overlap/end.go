package overlap

import "slices"

// findTail is the end rule. A short page may be the tail if nothing came from behind it and its own total does not claim
// more. It is sure if it also has clearly fewer rows than any page before the end, and its total agrees where the server
// fills its pages, or a page behind it was empty. That page must have been read before the tail was asked for, or pages be
// full, since a list that shrank has empty pages, too. A limit in bytes cuts a page of large rows short: without an agreeing
// total, the tail must have very few rows, or the empty page begin right behind its last one.
func (l *listing) findTail() (tail *window, sure bool) {
	if len(l.byOffset) == 0 {
		if i := slices.IndexFunc(l.emptyPages, (*window).head); i >= 0 {
			return l.emptyPages[i], l.walk > 0 || len(l.emptyPages) > 1 || l.fullest > 0
		}
		return nil, false
	}
	for _, w := range l.byOffset { // the tail that begins first is the best to link
		behind := func(v *window) bool {
			return v.offset() >= w.end() || v.offset() >= w.reached() && v.seq > w.seq
		}
		if !w.short() || w.endsEarly() || slices.ContainsFunc(l.byOffset, behind) || slices.ContainsFunc(l.possibleRepeats, behind) {
			continue
		}
		fewer, agrees, full := l.clearlyShort(w), l.totalAgrees(w), l.pagesFull(w)
		empty, before := l.emptyBehind(w)
		byEmpty := empty && (before || full) && (agrees || l.veryFewRows(w) || l.emptyRightBehind(w))
		if fewer && (agrees && full || byEmpty) || w.head() && l.isWholeList(w) {
			return w, true
		}
		if tail == nil || fewer || !l.clearlyShort(tail) {
			tail = w
		}
	}
	return tail, false
}

// totalAgrees reports whether the total that came with w is its end, and no mere count of the page's rows.
func (l *listing) totalAgrees(w *window) bool {
	return w.total == w.reached() && (w.page > 1 || l.totalsCountAll())
}

// totalsCountAll reports whether totals were seen to be more than the rows of their page.
func (l *listing) totalsCountAll() bool {
	return slices.ContainsFunc(l.windows, func(w *window) bool { return w.total > w.n })
}

// emptyBehind reports whether a page that begins where w ends was empty, and whether one was read before w was asked for.
func (l *listing) emptyBehind(w *window) (empty, before bool) {
	for _, v := range l.emptyPages {
		if v.offset() >= w.reached() && v.offset() <= w.end() && 2*v.count >= w.count { // a filter hides few rows easily
			empty = true
			before = before || v.seq < w.sent
		}
	}
	return empty, before
}

// emptyRightBehind reports whether a window that begins right behind the last row of w was empty. A limit in bytes leaves
// room for one row at least.
func (l *listing) emptyRightBehind(w *window) bool {
	return slices.ContainsFunc(l.emptyPages, func(v *window) bool { return v.offset() == w.reached() })
}

// veryFewRows reports whether w has so few rows that a limit in bytes would have cut it there only if the next row is many
// times as large as those of the fullest page.
func (l *listing) veryFewRows(w *window) bool { return w.n <= max(minOverlap, l.fullest/10) }

// clearlyShort reports whether w has at most half the share of rows of any page that had others after it.
func (l *listing) clearlyShort(w *window) bool {
	n, count := l.leastFull(w)
	return 2*w.n*count <= n*w.count
}

// leastFull is the rows and the count of the page with the smallest share of rows among those that had others after them.
// As long as the server is not known to fill pages, these are all that do not go beyond the tail.
func (l *listing) leastFull(tail *window) (n, count int) {
	limit := tail.end()
	switch {
	case l.pagesFull(tail):
		limit = tail.reached()
	case l.veryFewRows(tail): // those that overlap it are short for the same reason
		limit = tail.offset() + l.overlap
	}
	n, count = 1, 1
	for _, w := range l.byOffset {
		if w.reached() > tail.offset()+l.overlap && w.short() { // for the same reason
			continue
		}
		if w.place != tail.place && w.end() <= limit && w.n*count < n*w.count {
			n, count = w.n, w.count
		}
	}
	return n, count
}

// pagesFull reports whether pages other than the first and the tail were full, and enough of them.
func (l *listing) pagesFull(tail *window) bool {
	full := 0
	for _, w := range l.byOffset {
		if w != tail && w.page > 1 && !w.short() {
			full++
		}
	}
	return !l.shortPagesOccur && full >= minFull
}

// onePageHeldAll reports whether one page held the whole list at its instant: it had room for more than came.
func (l *listing) onePageHeldAll(tail *window) bool {
	if tail.n == 0 {
		return true
	}
	first := l.byOffset[0]
	switch {
	case !first.head() || l.shortPagesOccur:
		return false
	case tail == first:
		return first.count <= l.fullest || l.isWholeList(first)
	default: // The first page's own total may be its number of rows on any page: the tail's is not.
		return first.n == first.total && tail.total == tail.reached() && len(l.byOffset) == 2
	}
}

// isWholeList reports whether a first page of less than MinPageSize rows is all there is, though a filter may have thinned
// it. Either its total says so, and does not just count the page's rows. Or nothing was behind it before it was read, and,
// if its total claims more, nothing new was right behind its rows either.
func (l *listing) isWholeList(first *window) bool {
	if first.n >= MinPageSize {
		return false
	}
	nothingMore := first.total <= first.n || first.n == len(l.rows.known) && l.readBehindRows(first)
	return slices.ContainsFunc(l.emptyPages, func(v *window) bool {
		return 2*v.count >= first.count && (first.total == first.n && v.total == first.n || v.seq < first.sent && nothingMore)
	})
}

// readBehindRows reports whether a page was read that begins right behind the rows of the first one.
func (l *listing) readBehindRows(first *window) bool {
	return slices.ContainsFunc(l.windows, func(v *window) bool { return v.offset() == first.n && v.walk == first.walk })
}

// findEnd looks for the tail: farther on, or where the rows stopped, or, if the list shrank far behind that, from the first
// page again. It reports whether there is something to ask for.
func (l *listing) findEnd(tail *window) bool {
	if n := len(l.possibleRepeats); n > 0 {
		return l.askAboutRepeat(l.possibleRepeats[n-1])
	}
	if !l.ended() {
		if first := l.windows[0]; len(l.windows) == 1 && first.total <= first.n {
			// It looks like the whole list: see first that nothing is behind it, then read the tail.
			return l.ask(place{3, following(first.n-l.overlap, l.size).count})
		}
		return l.extend()
	}
	if len(l.byOffset) == 0 {
		if l.walk == 0 && l.windows[0].n == 0 {
			return l.ask(place{2, l.size})
		}
		return l.startOver()
	}
	last := l.byOffset[len(l.byOffset)-1]
	end := last.reached()
	if len(l.emptyPages) > 0 {
		empty := l.emptyPages[len(l.emptyPages)-1]
		shrank := last.total >= end-l.size/4 && empty.total < end-l.size/2 // by totals that seem to be totals
		if shrank || end >= empty.offset()+l.size/2 {
			return l.startOver()
		}
		if last.endsEarly() {
			return false
		}
		end = min(end, empty.offset())
	}
	if tail != nil && (l.clearlyShort(tail) || tail.head() && tail.n < MinPageSize) {
		return l.ask(l.confirming(tail, end))
	}
	back := max(minOverlap, l.size/8)
	p := nearest(end-back, l.size)
	if l.wasRead(p, -1) {
		p = emptiest(end, back, l.size)
	}
	if l.wasRead(p, -1) {
		p = emptiest(end, minShared, l.size)
	}
	return l.ask(p)
}

// confirming is the place that may show that the tail is sure.
func (l *listing) confirming(tail *window, end int) place {
	margin := max(minOverlap, l.size/20) // rows of a tail that has very few, and shares some
	empty, _ := l.emptyBehind(tail)
	switch {
	case tail.head() && tail.n < MinPageSize && tail.total > tail.n && !l.readBehindRows(tail):
		return place{2, tail.n}
	case !empty:
		return place{tail.page + 1, tail.count}
	case l.totalAgrees(tail) || l.veryFewRows(tail) || l.emptyRightBehind(tail):
		if l.wasRead(tail.place, tail.seq) { // the list moved on: the tail is not clearly short any more
			return emptiest(min(end, tail.reached()), margin*(1+l.endRequests/2), l.size)
		}
		return tail.place
	case tail.n > 2*margin:
		return nearest(tail.reached()-margin, l.size)
	default:
		return startingAt(tail.reached(), l.size)
	}
}

// wasRead reports whether this walk has read a place later than the window since.
func (l *listing) wasRead(p place, since int) bool {
	return slices.ContainsFunc(l.windows, func(w *window) bool { return w.place == p && w.walk == l.walk && w.seq > since })
}
