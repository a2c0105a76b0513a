package overlap

import "strings"

// request is a place to read, and why.
type request struct {
	place
	round int // 1 + the round of the answers that made it necessary
	tries int // answers that were errors
	epoch int // the walk that it belongs to
	sent  int // windows that had come when it was sent
}

// window is the answer to a request: a stretch of the list at one instant.
type window struct {
	request
	seq         int // windows arrive in this order
	n           int // rows
	total       int // what the server said the list holds
	first, last Key
	firstTies   int     // rows that start at the same time as the first
	lastTies    int     // rows that start at the same time as the last
	rows        []rowID // nil once released; unlinkable ones are negative
	stray       bool    // the server gave what was not asked for: no place in the list
	parent      *window // union-find: windows linked by shared items
	ends        bool    // Evidence: the tail
}

// reached is the index after the last row that came.
func (w *window) reached() int { return w.offset() + w.n }

// short reports whether fewer rows came than were asked for.
func (w *window) short() bool { return w.n < w.count }

// lacks reports whether the server counts many more rows than a list that ends with this window has.
func (w *window) lacks() bool { return w.total-w.reached() > max(w.total/20, 5) }

// head reports whether the window is a prefix of the list.
func (w *window) head() bool { return w.page == 1 && !w.stray }

// group is the representative of all windows that are linked with w.
func (w *window) group() *window {
	for w.parent != w {
		w.parent = w.parent.parent
		w = w.parent
	}
	return w
}

// describe notes what stays of the rows after their release.
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
	shared    int  // rows in both
	strangers int  // rows in one only, though between shared ones
	inverted  bool // shared rows in another relative order
	shift     int  // how far b sees the shared rows behind where a saw them, at the median
}

// meet compares two windows. at is scratch that holds -1 for every row id, and does again on return.
func meet(a, b *window, at []int32) meeting {
	for i, id := range a.rows {
		if id >= 0 {
			at[id] = int32(i)
		}
	}
	var m meeting
	firstA, firstB, lastA, lastB := -1, -1, -1, -1
	middle := 0
	for j, id := range b.rows {
		if id < 0 || at[id] < 0 {
			continue
		}
		i := int(at[id])
		if i < lastA {
			m.inverted = true
		}
		if m.shared == 0 {
			firstA, firstB = i, j
		}
		lastA, lastB = i, j
		if m.shared++; m.shared&1 == 1 {
			middle++
		}
	}
	if m.shared > 0 && !m.inverted {
		m.strangers = (lastA - firstA + 1 - m.shared) + (lastB - firstB + 1 - m.shared)
	}
	for j, id := range b.rows {
		if id < 0 || at[id] < 0 {
			continue
		}
		if middle--; middle == 0 {
			m.shift = (b.offset() + j) - (a.offset() + int(at[id]))
			break
		}
	}
	for _, id := range a.rows {
		if id >= 0 {
			at[id] = -1
		}
	}
	return m
}
