package overlap

import (
	"cmp"
	"strings"
)

// window is a page that was read: a stretch of the list at one instant.
type window struct {
	request
	seq         int // index in listing.windows
	n           int // rows
	total       int // rows of the list, as the server counts them
	first, last Key
	firstTies   int     // rows with the start time of the first one, at the beginning
	lastTies    int     // rows with the start time of the last one, at the end
	rows        []rowID // nil once released; negative for rows that link nothing
	misplaced   bool    // the rows are not those at the requested place
	less        bool    // it showed less than its total, again
	doubtful    bool    // its place is read again
	parent      *window // union-find: windows linked by shared rows
}

// reached is the index behind the last row.
func (w *window) reached() int { return w.offset() + w.n }

func (w *window) short() bool { return w.n < w.count }

// endsEarly reports whether the list, by its total, goes on behind the window.
func (w *window) endsEarly() bool { return w.total > w.reached() }

// head reports whether the window is a prefix of the list.
func (w *window) head() bool { return w.page == 1 && !w.misplaced }

// compareWindows sorts windows by offset.
func compareWindows(a, b *window) int {
	return cmp.Or(cmp.Compare(a.offset(), b.offset()), cmp.Compare(a.reached(), b.reached()), cmp.Compare(a.seq, b.seq))
}

// group returns the window that represents all those linked with w, and shortens the way to it.
func (w *window) group() *window {
	for w.parent != w {
		w.parent = w.parent.parent
		w = w.parent
	}
	return w
}

// describe records what is kept of the rows after their release.
func (w *window) describe(keys []Key) {
	w.first, w.last = keys[0], keys[len(keys)-1]
	w.first.ConferenceID = strings.Clone(w.first.ConferenceID) // a key must not keep the memory of a page
	w.last.ConferenceID = strings.Clone(w.last.ConferenceID)
	for w.firstTies < len(keys) && keys[w.firstTies].Start == w.first.Start {
		w.firstTies++
	}
	for w.lastTies < len(keys) && keys[len(keys)-1-w.lastTies].Start == w.last.Start {
		w.lastTies++
	}
}

// meeting compares two windows.
type meeting struct {
	shared   int  // rows in both
	foreign  int  // rows of only one window, between shared ones
	inverted bool // shared rows have another order
	shift    int  // how far the shared rows moved back from a to b, at the median
}

func (l *listing) meet(a, b *window) (m meeting) {
	for i, id := range a.rows {
		if id >= 0 {
			l.rows.known[id].at = int32(i)
		}
	}
	type pair struct{ a, b int }
	var shared []pair
	for j, id := range b.rows {
		if id < 0 || l.rows.known[id].at < 0 {
			continue
		}
		i := int(l.rows.known[id].at)
		m.inverted = m.inverted || len(shared) > 0 && i < shared[len(shared)-1].a
		shared = append(shared, pair{i, j})
	}
	for _, id := range a.rows {
		if id >= 0 {
			l.rows.known[id].at = -1
		}
	}
	if m.shared = len(shared); m.shared == 0 {
		return m
	}
	first, middle, last := shared[0], shared[(m.shared-1)/2], shared[m.shared-1]
	m.shift = b.offset() + middle.b - a.offset() - middle.a
	if !m.inverted {
		m.foreign = last.a - first.a + last.b - first.b + 2 - 2*m.shared
	}
	return m
}
