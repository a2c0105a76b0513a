package overlap

import "strings"

// window is a page that was read: a stretch of the list at one instant.
type window struct {
	request
	seq         int // windows are numbered as they come
	n           int // rows
	total       int // what the server said that the list holds
	first, last Key
	firstTies   int     // rows that start at the same time as the first
	lastTies    int     // rows that start at the same time as the last
	rows        []rowID // nil once released; those that cannot be linked are negative
	misplaced   bool    // the server gave something else than was asked for
	parent      *window // union-find: windows linked by shared rows
}

// reached is the index after the last row that came.
func (w *window) reached() int { return w.offset() + w.n }

// short reports whether fewer rows came than were asked for.
func (w *window) short() bool { return w.n < w.count }

// endsEarly reports whether the server counts many more rows than a list that ends with this window has.
func (w *window) endsEarly() bool { return w.total-w.reached() > max(w.total/20, 5) }

// head reports whether the window is a prefix of the list.
func (w *window) head() bool { return w.page == 1 && !w.misplaced }

// group is the representative of all windows that are linked with w.
func (w *window) group() *window {
	for w.parent != w {
		w.parent = w.parent.parent
		w = w.parent
	}
	return w
}

// describe notes what remains of the rows after their release.
func (w *window) describe(keys []Key) {
	w.first, w.last = keys[0], keys[len(keys)-1]
	w.first.ConferenceID = strings.Clone(w.first.ConferenceID) // a key must not keep a page alive
	w.last.ConferenceID = strings.Clone(w.last.ConferenceID)
	for w.firstTies < len(keys) && keys[w.firstTies].Start == w.first.Start {
		w.firstTies++
	}
	for w.lastTies < len(keys) && keys[len(keys)-1-w.lastTies].Start == w.last.Start {
		w.lastTies++
	}
}

// meeting is what two windows have in common.
type meeting struct {
	shared   int  // rows in both
	foreign  int  // rows in one only, though between shared ones
	inverted bool // shared rows in another relative order
	shift    int  // how far b shows the shared rows behind where a showed them, at the median
}

// meet compares two windows.
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
