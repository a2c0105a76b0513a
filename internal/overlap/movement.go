package overlap

import (
	"math"
	"slices"
)

// pace is how far the rows near an index moved from one response to the next, since rows before it came or went.
type pace struct {
	index     int
	rows      float64 // at least
	most      float64 // if no response was delayed
	direction bool    // the sign of rows is known
}

const (
	maxPaces      = 16 // paces kept, the latest
	firstInFlight = 8  // requests in flight after the first page, at most
)

// keepPace learns from rows that v and the newer w share. Since responses can be delayed, all that came since v was sent may
// have been answered between them, and v later than w if both were in flight at once. Where rows are hidden, places are not
// exact. A list that moves by a quarter of a page with every response cannot be read; rows is NaN if w was put aside.
func (l *listing) keepPace(v, w *window, shift int) {
	hidden := v.count - v.n + w.count - w.n
	shift = max(0, shift-hidden) + min(0, shift+hidden)
	most := float64(abs(shift)) / float64(w.seq-v.seq)
	rows := float64(shift) / float64(max(w.seq-v.sent, w.seq-v.seq+len(l.inFlight)))
	if 4*math.Abs(rows) <= float64(l.size) {
		l.paces = append(l.paces[max(0, len(l.paces)+1-maxPaces):], pace{w.offset(), rows, most, v.seq < w.sent})
	}
}

// paceAt is the pace of rows near an index.
func (l *listing) paceAt(index int) float64 {
	rows, distance := 0., math.MaxInt
	for _, p := range l.paces {
		if d := abs(p.index - index); p.direction && d <= distance {
			rows, distance = p.rows, d
		}
	}
	return rows
}

// maxInFlight limits the requests in flight: pages share no rows if the list moves too far between them. It takes the third
// quartile of the paces, so that one delayed response does not slow the listing down.
func (l *listing) maxInFlight(limit int) int {
	limit = min(limit, firstInFlight+len(l.windows)/2)
	if len(l.paces) == 0 {
		return limit
	}
	var paces []float64
	for _, p := range l.paces {
		paces = append(paces, math.Abs(p.rows))
	}
	slices.Sort(paces)
	if pace, most := paces[len(paces)*3/4], float64(l.size)/12; pace*float64(limit) > most {
		return max(1, int(most/pace))
	}
	return limit
}

// movedSince is how far the list probably moved since the earlier of two windows was sent, and how far at most.
func (l *listing) movedSince(a, b *window) (probably, atMost int) {
	var rows, most float64
	for _, p := range l.paces {
		rows, most = max(rows, math.Abs(p.rows)), max(most, p.most)
	}
	responses := float64(len(l.windows) - min(a.sent, b.sent))
	return int(rows * responses), int(most * responses)
}

// reach is how far rows may move between two windows that can be linked.
func (l *listing) reach() int { return l.size/2 + 2*l.drift }

// comparePlaces compares the places of the rows of w with their last ones. Rows move together: one that moved differently
// changed its relative order. It counts pages that come again farther on: where most do, the server ignores page or count.
func (l *listing) comparePlaces(w *window) {
	again := slices.ContainsFunc(l.byOffset[max(0, len(l.byOffset)-2):], func(v *window) bool {
		moved, _ := l.movedSince(v, w)
		return v.first == w.first && abs(w.offset()-v.offset()) > l.size/4+moved
	})
	var shifts []int // how far rows are behind their last places
	oldest := w      // of the windows that showed these places, the one that was sent first
	for j, id := range w.rows {
		if id < 0 {
			continue
		}
		row, index := &l.rows.known[id], w.offset()+j
		if row.index >= 0 {
			if v := l.windows[row.by]; v.sent < oldest.sent {
				oldest = v
			}
			shifts = append(shifts, index-int(row.index))
		}
		row.index, row.by = int32(index), int32(w.seq)
	}
	ahead := w.reached() - l.reached
	if ahead > l.size/4 && w.short() && w.total < w.reached() && 2*(w.n-len(shifts)) < min(w.n, ahead) {
		again = true // it has known rows, at a place where no page was before, and behind its total
	}
	if len(shifts) > 0 {
		slices.Sort(shifts)
		middle := shifts[len(shifts)/2]
		moved, atMost := l.movedSince(oldest, w)
		again = again || 2*len(shifts) >= w.n && middle > 3*l.size/4+moved
		far := l.size/2 + 2*max(l.drift, abs(middle)) + atMost
		if shifts[0] < middle-far || shifts[len(shifts)-1] > middle+far {
			l.orderChanged = true
		}
	}
	switch {
	case w.page == 1:
	case again:
		l.repeatedPages++
	default:
		l.repeatedPages = max(0, l.repeatedPages-1)
	}
}

// compareFar compares the keys of the window at i of byOffset with those of the nearest ones that are so far from it that no
// row can have moved from one to the other.
func (l *listing) compareFar(i int) {
	w := l.byOffset[i]
	apart := func(a, b *window) bool {
		_, atMost := l.movedSince(a, b)
		return a.reached()+l.reach()+atMost <= b.offset()
	}
	for _, v := range slices.Backward(l.byOffset[max(0, i-MaxParallel):i]) {
		if apart(v, w) {
			l.order.refute(v.last, w.first)
			break
		}
	}
	for _, v := range l.byOffset[i+1 : min(len(l.byOffset), i+1+MaxParallel)] {
		if apart(w, v) {
			l.order.refute(w.last, v.first)
			break
		}
	}
}

func abs(n int) int { return max(n, -n) }
