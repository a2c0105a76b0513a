package overlap

import "slices"

// findTail finds the end. A short page may be the tail if no row came from behind it and its total does not claim more. To
// be sure it must have clearly fewer rows than the pages before it, and either its total agrees and pages are full, or the
// page behind it was empty. A list that shrank has empty pages too, so this one was read before the tail, or pages are full.
// A limit in bytes must not have made it short.
func (l *listing) findTail() (tail *window, sure bool) {
	if i := slices.IndexFunc(l.emptyPages, (*window).head); i >= 0 {
		return l.emptyPages[i], true // there was no list at that instant
	}
	if len(l.byOffset) > 0 && l.byOffset[0].head() && l.isWhole(l.byOffset[0]) {
		return l.byOffset[0], true
	}
	for _, w := range l.byOffset { // the first tail is the easiest to link
		behind := func(v *window) bool { // not what was asked for counts, but what came
			return v.reached() > w.end() || v.offset() >= w.reached() && v.seq > w.seq
		}
		if !w.short() || w.endsEarly() || slices.ContainsFunc(l.byOffset, behind) || slices.ContainsFunc(l.possibleRepeats, behind) {
			continue
		}
		fewer, agrees, full := l.clearlyShort(w), l.totalAgrees(w), l.pagesFull()
		empty, before := l.emptyBehind(w)
		byEmpty := empty && (before || full) && l.notCut(w)
		if agrees && full && w.count-w.n >= minOverlap || fewer && byEmpty || w.head() && l.isWholeList(w) {
			return w, true
		}
		if tail == nil || fewer && w.seq > tail.seq || !l.clearlyShort(tail) { // the list may end before an older one now
			tail = w
		}
	}
	return tail, false
}

// notCut reports whether a short page w is short because the list ends, and not because of a limit in bytes.
func (l *listing) notCut(w *window) bool {
	return l.totalAgrees(w) || l.veryFewRows(w) || l.emptyRightBehind(w)
}

// totalAgrees reports whether the total of w is the end of w, and does not just count the rows of the page. Where pages are not
// filled, a total that moves may agree by chance.
func (l *listing) totalAgrees(w *window) bool {
	return w.total == w.reached() && (w.page > 1 || l.totalsCountAll()) && (!l.cutsPages() || l.movement == 0)
}

// totalsCountAll reports whether totals count the list, as far as this listing and those before know.
func (l *listing) totalsCountAll() bool { return l.totalsKnown() || l.someTotalCountsAll() }

// totalsKnown reports whether earlier listings showed that totals count the list, and nothing contradicts it.
func (l *listing) totalsKnown() bool { return l.known.Totals == TotalsOfList && !l.contradicts() }

// someTotalCountsAll reports whether some total was larger than its page.
func (l *listing) someTotalCountsAll() bool {
	return slices.ContainsFunc(l.windows, func(w *window) bool { return w.total > w.n })
}

// emptyBehind reports whether a page that begins where w ends was empty, and whether it was read before w was requested.
func (l *listing) emptyBehind(w *window) (empty, before bool) {
	for _, v := range l.emptyPages {
		if v.offset() >= w.reached() && v.offset() <= w.end() && 2*v.count >= w.count { // a filter may hide all of a few rows
			empty = true
			before = before || v.seq < w.sent
		}
	}
	return empty, before
}

// emptyRightBehind reports whether a page that begins right behind the last row of w was empty. No limit in bytes makes a page
// empty.
func (l *listing) emptyRightBehind(w *window) bool {
	return slices.ContainsFunc(l.emptyPages, func(v *window) bool {
		return v.offset() == w.reached() && (v.count > 1 || !l.shortPagesOccur) // one row may be hidden
	})
}

// veryFewRows reports whether w has so few rows that only a row many times as large as others could hit a limit in bytes.
func (l *listing) veryFewRows(w *window) bool { return w.n <= max(minOverlap, l.fullest/10) }

// clearlyShort reports whether the tail is at most half as full, for its count, as any page that had rows behind it. As long
// as pages are not known to be full, that is any page that does not end behind the tail.
func (l *listing) clearlyShort(tail *window) bool {
	limit, overlapping := tail.end(), tail.offset()+l.overlap // pages that overlap the tail are short for the same reason
	switch {
	case l.pagesFull():
		limit = tail.reached()
	case l.veryFewRows(tail):
		limit = overlapping
	}
	return 2*tail.n <= tail.count && !slices.ContainsFunc(l.byOffset, func(w *window) bool {
		return w.place != tail.place && w.end() <= limit && (!w.short() || w.reached() <= overlapping) &&
			2*tail.n*w.count > w.n*tail.count
	})
}

// pagesFull reports whether enough pages behind the first were full, and none was short before the end.
func (l *listing) pagesFull() bool {
	full := 0
	for _, w := range l.byOffset {
		if w.page > 1 && !w.short() {
			full++
		}
	}
	return !l.shortPagesOccur && full >= minFull || l.fills()
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
	case tail == first && l.isWhole(first):
		return true
	case tail == first:
		return first.count <= l.fullest || l.isWholeList(first)
	default: // the total of the first page may just count its rows, that of the tail does not
		return first.n == first.total && tail.total == tail.reached() && len(l.byOffset) == 2 && tail.reached() <= first.reached()
	}
}

// isWholeList reports whether a first page of less than MinPageSize rows, whose total claims no more, is the whole list, also if
// a filter hid some. No page that begins behind it had rows. Either its total says so, and an empty page has the same total, as all
// pages; or a page behind it was empty before it was read.
func (l *listing) isWholeList(first *window) bool {
	last := l.byOffset[len(l.byOffset)-1]
	if first.n >= MinPageSize || last.offset() > first.reached() {
		return false
	}
	return slices.ContainsFunc(l.emptyPages, func(v *window) bool {
		return 2*v.count >= first.count && (first.total == first.n && v.total == first.n && l.movement == 0 || v.seq < first.sent)
	})
}

// findEnd plans requests that look for the tail: farther on, or where the rows stopped, or from the first page again if the
// list shrank. It reports whether it planned any.
func (l *listing) findEnd(tail *window) bool {
	if len(l.byOffset) > 0 && l.worthLearning(l.byOffset[0]) {
		l.askToLearn(l.byOffset[0])
		return true
	}
	if n := len(l.possibleRepeats); n > 0 {
		return l.askAboutRepeat(l.possibleRepeats[n-1])
	}
	if !l.ended() {
		return l.extend()
	}
	if len(l.byOffset) == 0 {
		return l.startOver()
	}
	last := l.byOffset[len(l.byOffset)-1]
	end := last.reached()
	if len(l.emptyPages) > 0 {
		empty := l.emptyPages[len(l.emptyPages)-1]
		shrank := last.total >= end-l.size/4 && empty.total < end-l.size/2 // if totals are right
		if shrank || end >= empty.offset()+l.size/2 {
			return l.startOver()
		}
		if last.short() && last.endsEarly() {
			return false
		}
		end = min(end, empty.offset())
	}
	if tail != nil && (l.clearlyShort(tail) || tail.head() && tail.n < MinPageSize) {
		return l.ask(l.confirming(tail, end))
	}
	back := max(minOverlap, l.size/8)
	p := nearest(end-back, l.size)
	for _, rows := range [...]int{back, minShared} {
		if l.wasRead(p, -1) {
			p = emptiest(end, rows, l.size)
		}
	}
	return l.ask(p)
}

// confirming returns the place that may make sure of the tail.
func (l *listing) confirming(tail *window, end int) place {
	margin := max(minOverlap, l.size/20) // rows of a tail with very few rows, which shares some
	empty, _ := l.emptyBehind(tail)
	switch {
	case !empty:
		return place{tail.page + 1, tail.count}
	case l.notCut(tail):
		if l.wasRead(tail.place, tail.seq) { // the list moved: the tail is not clearly short any more
			return emptiest(min(end, tail.reached()), margin*(1+l.endRequests/2), l.size)
		}
		return tail.place
	case tail.n > 2*margin:
		return nearest(tail.reached()-margin, l.size)
	default:
		return startingAt(tail.reached(), l.size)
	}
}

// wasRead reports whether this walk has read a place, later than the window numbered since.
func (l *listing) wasRead(p place, since int) bool {
	return slices.ContainsFunc(l.windows, func(w *window) bool { return w.place == p && w.walk == l.walk && w.seq > since })
}
