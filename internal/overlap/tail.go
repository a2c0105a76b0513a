package overlap

import "slices"

// findTail is the end rule. A short page may be the tail if nothing came from beyond it and its own total
// does not claim more. It is for sure if it is also lean, as no filter and no limit in bytes leaves a full
// page, and two more agree: its own total; pages before that were full; a page behind it that was empty; and
// that one read before this was asked for, since a list that shrank afterwards has empty pages, too.
func (l *listing) findTail() (tail *window, sure bool) {
	if len(l.line) == 0 {
		if i := slices.IndexFunc(l.voids, (*window).head); i >= 0 {
			return l.voids[i], l.walk > 0 || len(l.voids) > 1 || l.full > 0
		}
		return nil, false
	}
	for _, w := range l.line { // the tail that begins first is the best to link
		beyond := func(v *window) bool { return v.offset() >= w.end() || v.offset() >= w.reached() && v.seq > w.seq }
		if !w.short() || w.lacks() || slices.ContainsFunc(l.line, beyond) || slices.ContainsFunc(l.aside, beyond) {
			continue
		}
		lean := l.lean(w)
		agrees := l.agrees(w)
		void, early := l.voidBehind(w)
		filled := l.filled(w)
		if lean && (agrees && filled || void && (early || filled) && (agrees || l.meagre(w) || l.bare(w))) || w.head() && l.alone(w) {
			return w, true
		}
		if tail == nil || lean || !l.lean(tail) {
			tail = w
		}
	}
	return tail, false
}

// agrees reports whether the total that came with w is its end, and no mere count of the page's rows.
func (l *listing) agrees(w *window) bool {
	return w.total == w.reached() && (w.page > 1 || l.countsAll())
}

// countsAll reports whether totals were seen to be more than the number of a page's rows.
func (l *listing) countsAll() bool {
	return slices.ContainsFunc(l.windows, func(w *window) bool { return w.total > w.n })
}

// voidBehind reports whether a page that begins where w ends was empty, and whether one was read before w was asked for.
func (l *listing) voidBehind(w *window) (void, early bool) {
	for _, v := range l.voids {
		if v.offset() >= w.reached() && v.offset() <= w.end() && 2*v.count >= w.count { // a filter hides few rows easily
			void = true
			early = early || v.seq < w.sent
		}
	}
	return void, early
}

// meagre reports whether w has so few rows that a limit in bytes would have cut it short only before rows that are
// many times as large as those of the fullest page.
func (l *listing) meagre(w *window) bool { return w.n <= max(minOverlap, l.full/10) }

// margin is how many rows before the last a window begins that is to be meagre and to share rows with others.
func (l *listing) margin() int { return max(minOverlap, l.size/20) }

// bare reports whether a window that begins right behind the last row of w was empty: a limit in bytes leaves room for one
// row at least.
func (l *listing) bare(w *window) bool {
	return slices.ContainsFunc(l.voids, func(v *window) bool { return v.offset() == w.reached() })
}

// reread reports whether the place of a window was read once more after it.
func (l *listing) reread(w *window) bool {
	return slices.ContainsFunc(l.windows, func(v *window) bool { return v.place == w.place && v.epoch == w.epoch && v.seq > w.seq })
}

// behind is the place that begins right behind the index end, with as many rows as that allows.
func behind(end, size int) place {
	for count := min(size, end); count > 1; count-- {
		if end%count == 0 {
			return place{end/count + 1, count}
		}
	}
	return place{end + 1, 1}
}

// lean reports whether w has at most half as many rows as any page that had others after it: no
// filter and no limit in bytes would cut it so short.
func (l *listing) lean(w *window) bool {
	worst := l.worst(w)
	return 2*w.n*worst.count <= worst.n*w.count
}

// filled reports whether pages other than the first and the tail were full, and enough of them.
func (l *listing) filled(tail *window) bool {
	n := 0
	for _, w := range l.line {
		if w != tail && w.page > 1 && !w.short() {
			n++
		}
	}
	return !l.unfilled && n >= minFilled
}

// worst is the place and the rows of the window with the smallest share of rows among those that had
// others after them; as long as the server is not known to fill pages, among all that do not go beyond the tail.
func (l *listing) worst(tail *window) (worst struct{ n, count int }) {
	limit := tail.end()
	switch {
	case l.filled(tail):
		limit = tail.reached()
	case l.meagre(tail): // those that overlap it are short for the same reason
		limit = tail.offset() + l.overlap
	}
	worst.n, worst.count = 1, 1
	for _, w := range l.line {
		if w.reached() > tail.offset()+l.overlap && w.short() { // for the same reason
			continue
		}
		if w.place != tail.place && w.end() <= limit && w.n*worst.count < worst.n*w.count {
			worst.n, worst.count = w.n, w.count
		}
	}
	return worst
}

// single reports whether one page held the whole list at its instant: it had room for more than came.
func (l *listing) single(p proof) bool {
	if p.tail.n == 0 {
		return true
	}
	first := l.line[0]
	if !first.head() || l.unfilled {
		return false
	}
	if p.tail == first {
		return first.count <= l.full || l.alone(first)
	}
	// The first page's own total may be its number of rows on any page: the tail's tells.
	return first.n == first.total && p.tail.total == p.tail.reached() && len(l.line) == 2
}

// alone reports whether a first page of less than MinPageSize rows is all there is, though a filter may have
// thinned it: its total says so, and is no mere count of the page's rows; or nothing was behind it before
// it was read, and, should its total claim more, nothing new right behind its rows either.
func (l *listing) alone(first *window) bool {
	if first.n >= MinPageSize {
		return false
	}
	behind := first.total <= first.n || first.n == len(l.seen.rows) && l.readBehind(first)
	return slices.ContainsFunc(l.voids, func(v *window) bool {
		return 2*v.count >= first.count && (first.total == first.n && v.total == first.n || v.seq < first.sent && behind)
	})
}

// readBehind reports whether a page was read that begins right behind the rows of the first one.
func (l *listing) readBehind(first *window) bool {
	return slices.ContainsFunc(l.windows, func(v *window) bool { return v.offset() == first.n && v.epoch == first.epoch })
}

// findEnd looks for the tail: further on, or where the rows stopped, or, if the list shrank far
// behind that, from the first page again.
func (l *listing) findEnd(tail *window) bool {
	if n := len(l.aside); n > 0 {
		return l.askAside(l.aside[n-1])
	}
	if !l.ended() {
		if first := l.windows[0]; len(l.windows) == 1 && first.total <= first.n {
			// It looks like the whole list: see first that nothing is behind it, then read the tail.
			return l.ask(place{3, following(first.n-l.overlap, l.size).count})
		}
		return l.extend()
	}
	if len(l.line) == 0 {
		if l.walk == 0 && l.windows[0].n == 0 {
			return l.ask(place{2, l.size})
		}
		return l.startOver()
	}
	last := l.line[len(l.line)-1]
	end := last.reached()
	if len(l.voids) > 0 {
		void := l.voids[len(l.voids)-1]
		told := last.total >= end-l.size/4 && void.total < end-l.size/2 // by totals that seem to be totals
		if told || end >= void.offset()+l.size/2 {
			return l.startOver()
		}
		end = min(end, void.offset())
		if last.lacks() {
			return false
		}
	}
	if tail != nil && (l.lean(tail) || tail.head() && tail.n < MinPageSize) {
		if tail.head() && tail.n < MinPageSize && tail.total > tail.n && !l.readBehind(tail) {
			return l.ask(place{2, tail.n})
		}
		switch void, _ := l.voidBehind(tail); {
		case !void:
			return l.ask(place{tail.page + 1, tail.count})
		case l.agrees(tail) || l.meagre(tail) || l.bare(tail):
			if l.reread(tail) { // the list moved on: there is no lean page any more
				return l.ask(leanest(min(end, tail.reached()), l.margin()*(1+l.asked/2), l.size))
			}
			return l.ask(tail.place)
		case tail.n > 2*l.margin():
			return l.ask(nearest(tail.reached()-l.margin(), l.size))
		default:
			return l.ask(behind(tail.reached(), l.size))
		}
	}
	back := max(minOverlap, l.size/8)
	p := nearest(end-back, l.size)
	if l.wasRead(p) {
		p = leanest(end, back, l.size) // a smaller share of a larger page
	}
	if l.wasRead(p) {
		p = leanest(end, minShared, l.size)
	}
	return l.ask(p)
}

// wasRead reports whether this walk has read a place.
func (l *listing) wasRead(p place) bool {
	return slices.ContainsFunc(l.windows, func(w *window) bool { return w.place == p && w.epoch == l.walk })
}
