package overlap

import (
	"cmp"
	"slices"
)

// add adds a page and returns the ids of its rows.
func (l *listing) add(r request, keys []Key, total int) []rowID {
	l.land(r)
	l.failedInRow = 0
	l.totalCount = max(0, min(total, maxTotal))
	w := &window{request: r, seq: len(l.windows), n: len(keys)}
	w.parent = w
	if !l.ignoreTotals {
		w.total = l.totalCount
	}
	doubtful := l.showsLess(w)
	if !doubtful {
		l.follow(w)
	}
	if !l.ignoresCount {
		w.walk = l.walk
	}
	l.windows = append(l.windows, w)
	l.received += w.n
	w.misplaced = w.n > w.count || doubtful
	if l.rows.slots == nil {
		l.rows = newRowSet(min(w.total, 1<<16)) // a total may be wrong
	}
	known := len(l.rows.known)
	ids := l.number(w, keys)
	fresh := len(l.rows.known) - known
	if w.n > 0 {
		w.describe(keys)
		l.barren++
	}
	if fresh > 0 {
		l.barren = 0
	}
	if doubtful {
		l.largest = max(l.largest, w.total)
		if w.learn == 0 {
			l.askAgain(w, 0)
		}
		return ids
	}
	if l.horizon == 0 {
		l.learnSize(w)
	}
	if w.n == 0 {
		if w.walk == l.walk {
			l.emptyPages = append(l.emptyPages, w)
			l.treatAsRealPages()
		}
		return ids
	}
	l.fullest = max(l.fullest, w.n)
	switch {
	case w.walk != l.walk: // sent before it was known that the server ignores page or count
		w.misplaced = true
	case w.misplaced:
		l.readPlainPages(w.n)
	case w.learn > 0 && l.learn(w):
	case w.learn > 0 && w.count < MinPageSize: // a filter may hide all of a few rows
		w.misplaced = true
	default:
		l.order.see(keys)
		w.misplaced = w.offset() >= w.total && w.n == w.total-w.lastOffset() && l.repeatKind(w) != realPage
		if w.misplaced {
			l.possibleRepeats = append(l.possibleRepeats, w)
		} else {
			l.totalsBelow = l.totalsBelow || !l.ignoreTotals && w.total < w.reached()
			l.enter(w)
		}
		l.decideRepeats()
		if fresh == 0 && !w.doubtful { // it lacked nothing: the list moves more than totals show
			l.exchanged = max(l.exchanged, w.lacks)
		}
	}
	return ids
}

// learnSize learns the page size from the first page. If it has fewer rows than requested, a cap is assumed until the end is
// seen.
func (l *listing) learnSize(w *window) {
	l.capped = w.n < w.count
	if l.capped && !l.isWhole(w) {
		w.count = min(w.count, max(w.n, MinPageSize))
		l.size = w.count
	}
	l.planned, l.horizon = w.end(), w.end()
	if !w.short() && !l.isWhole(w) && !l.worthLearning(w) {
		l.horizon = max(w.total, w.n) + l.overlap + 1
	}
}

// enter adds a page to the current walk.
func (l *listing) enter(w *window) {
	l.comparePlaces(w)
	l.reached = max(l.reached, w.reached())
	if l.repeatedPages >= maxRepeated {
		l.readPlainPages(l.size)
		return
	}
	l.link(w)
	i, _ := slices.BinarySearchFunc(l.byOffset, w, compareWindows)
	l.byOffset = slices.Insert(l.byOffset, i, w)
	if !l.shortPagesOccur {
		if w.short() {
			l.shortPages = append(l.shortPages, w)
		}
		last := l.byOffset[len(l.byOffset)-1]
		l.shortPagesOccur = slices.ContainsFunc(l.shortPages, func(v *window) bool { return v.end() <= last.offset() })
	}
	l.compareFar(i)
	for j := max(i, 1); j < min(i+2, len(l.byOffset)); j++ {
		l.checkNeighbours(l.byOffset[j-1], l.byOffset[j])
	}
	if l.sameLength(w) >= maxRepeated {
		l.readPlainPages(l.size)
	}
}

// link links the new window with those that it shares rows with.
func (l *listing) link(w *window) {
	reach, at := l.reach(), func(v *window, offset int) int { return cmp.Compare(v.offset(), offset) }
	from, _ := slices.BinarySearchFunc(l.linkable, w.offset()-reach-l.fullest, at)
	to, _ := slices.BinarySearchFunc(l.linkable, w.reached()+reach+1, at)
	for _, v := range l.linkable[from:max(from, to)] {
		if v.reached()+reach < w.offset() {
			continue
		}
		m := l.meet(v, w)
		l.orderChanged = l.orderChanged || m.inverted
		if !m.inverted && m.shared >= min(minShared, v.n, w.n) && m.foreign <= m.shared && abs(m.shift) <= l.reach() {
			l.drift = max(l.drift, abs(m.shift))
			l.keepPace(v, w, m.shift)
			l.weigh(v, w, m.shift)
			v.group().parent = w.group()
		}
	}
	i, _ := slices.BinarySearchFunc(l.linkable, w, compareWindows)
	l.linkable = slices.Insert(l.linkable, i, w)
}

// sameLength counts the different counts to which the server answered with as few rows as in w: it has a count of its own.
func (l *listing) sameLength(w *window) int {
	farLess := func(v *window) bool { return 4*v.n <= 3*v.count }
	if w.n < MinPageSize || !farLess(w) {
		return 0
	}
	counts := map[int]bool{}
	for _, v := range l.byOffset {
		if v.n == w.n && farLess(v) {
			counts[v.count] = true
		}
	}
	return len(counts)
}
