package overlap

import "slices"

// What in the windows speaks against the assumptions: that rows keep their order, and that pages are
// what was asked for.

// reach is how far rows may have moved between two windows without raising doubt.
func (l *listing) reach() int { return l.size/2 + 2*l.drift }

// watchPlaces compares where rows are with where they were. Rows move together; one that went
// elsewhere than the others changed its relative order. Pages that turn up again farther on are
// counted: where most do, the server takes page or count for something else.
func (l *listing) watchPlaces(w *window) {
	repeats := func(v *window) bool {
		return v != w && v.first == w.first && abs(w.offset()-v.offset()) > l.size/4+l.since(v, w)
	}
	again := slices.ContainsFunc(l.line[max(0, len(l.line)-2):], repeats)
	shifts, oldest := l.shifts(w)
	ahead := w.reached() - l.reached
	if ahead > l.size/4 && w.short() && w.total < w.reached() && 2*(w.n-len(shifts)) < min(w.n, ahead) {
		again = true // it came farther than any page before, with rows that are known, and the list is hardly as long
	}
	if len(shifts) > 0 {
		middle := shifts[len(shifts)/2]
		again = again || 2*len(shifts) >= w.n && middle > 3*l.size/4+l.since(oldest, w)
		far := l.size/2 + 2*max(l.drift, abs(middle)) + l.sinceAtMost(oldest, w)
		if shifts[0] < middle-far || shifts[len(shifts)-1] > middle+far {
			l.moved = true
		}
	}
	switch {
	case w.page == 1:
	case again:
		l.displaced++
	default:
		l.displaced = max(0, l.displaced-1)
	}
	for j, id := range w.rows {
		if id >= 0 {
			l.seen.rows[id].index, l.seen.rows[id].by = int32(w.offset()+j), int32(w.seq)
		}
	}
}

// shifts is how far behind their last place the rows of w are that had one, in ascending order, and the window that was asked for
// first of those that showed these places.
func (l *listing) shifts(w *window) (shifts []int, oldest *window) {
	oldest = w
	for j, id := range w.rows {
		if id >= 0 && l.seen.rows[id].index >= 0 {
			shifts = append(shifts, w.offset()+j-int(l.seen.rows[id].index))
			if v := l.windows[l.seen.rows[id].by]; v.sent < oldest.sent {
				oldest = v
			}
		}
	}
	slices.Sort(shifts)
	return shifts, oldest
}

// alike counts the pages that are as long as w, though other numbers of rows were asked for, all of
// them far more: the server has a count of its own.
func (l *listing) alike(w *window) int {
	if w.n < MinPageSize || 4*w.n > 3*w.count {
		return 0
	}
	counts := []int{}
	for _, v := range l.line {
		if v.n == w.n && 4*v.n <= 3*v.count && !slices.Contains(counts, v.count) {
			counts = append(counts, v.count)
		}
	}
	return len(counts)
}

// compareFar holds the window at i of the line against the nearest ones that are so far from it that
// no row can have moved from one to the other.
func (l *listing) compareFar(i int) {
	w := l.line[i]
	for _, v := range slices.Backward(l.line[max(0, i-MaxParallel):i]) {
		if v.reached()+l.reach()+l.sinceAtMost(v, w) <= w.offset() {
			l.evidence.refute(v.last, w.first)
			break
		}
	}
	for _, v := range l.line[i+1 : min(len(l.line), i+1+MaxParallel)] {
		if w.reached()+l.reach()+l.sinceAtMost(v, w) <= v.offset() {
			l.evidence.refute(w.last, v.first)
			break
		}
	}
}
