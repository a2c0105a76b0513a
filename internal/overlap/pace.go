package overlap

import "slices"

// What is known of how fast the list moves: rows that come or go before an index move everything behind it.

// pace is how many rows the rows near an index moved by, from one answer to the next.
type pace struct {
	index   int
	rows    float64 // at the least
	most    float64 // if nothing was held up
	blurred bool    // its direction is not known
}

const (
	maxPaces = 16 // that count, the latest
	careful  = 8  // requests in flight after the first page, at most
)

// keepPace learns from the rows that v and the newer w share. If both were under way at once, which of them the server
// answered first is not known. Otherwise all that came since v was asked for may have been answered between them: an answer
// can be held up on its way. Where rows are hidden, places are not exact. No list that can be read moves by a quarter of a
// page with every answer.
func (l *listing) keepPace(v, w *window, shift int) {
	if hidden := v.count - v.n + w.count - w.n; shift > 0 {
		shift = max(0, shift-hidden)
	} else {
		shift = min(0, shift+hidden)
	}
	answers := max(w.seq-v.sent, w.seq-v.seq+len(l.flight))
	p := pace{
		index: w.offset(), rows: float64(shift) / float64(answers), most: float64(abs(shift)) / float64(w.seq-v.seq),
		blurred: v.seq >= w.sent,
	}
	if 4*max(p.rows, -p.rows) > float64(l.size) {
		return
	}
	if len(l.paces) == maxPaces {
		l.paces = append(l.paces[:0], l.paces[1:]...)
	}
	l.paces = append(l.paces, p)
}

// paceAt is the pace of rows near an index.
func (l *listing) paceAt(index int) float64 {
	known, nearest := false, pace{}
	for _, p := range l.paces {
		if !p.blurred && (!known || abs(p.index-index) <= abs(nearest.index-index)) {
			known, nearest = true, p
		}
	}
	return nearest.rows
}

// usual is the larger pace of the ordinary ones: a single answer that was held up must not slow all down.
func (l *listing) usual() float64 {
	if len(l.paces) == 0 {
		return 0
	}
	var rows []float64
	for _, p := range l.paces {
		rows = append(rows, max(p.rows, -p.rows))
	}
	slices.Sort(rows)
	return rows[len(rows)*3/4]
}

// breadth is how many requests may be in flight, so that the list does not move by too much of a page meanwhile. Before
// the pace is known, they are few.
func (l *listing) breadth(limit int) int {
	limit = min(limit, careful+len(l.windows)/2)
	if usual, most := l.usual(), float64(l.size)/12; usual*float64(limit) > most {
		return max(1, int(most/usual))
	}
	return limit
}

// since is how many rows the list is likely to have moved by, since one of two windows was asked for.
func (l *listing) since(a, b *window) int {
	rows := 0.0
	for _, p := range l.paces {
		rows = max(rows, p.rows, -p.rows)
	}
	return int(rows * float64(len(l.windows)-min(a.sent, b.sent)))
}

// sinceAtMost is how many it may have moved by.
func (l *listing) sinceAtMost(a, b *window) int {
	most := 0.0
	for _, p := range l.paces {
		most = max(most, p.most)
	}
	return int(most * float64(len(l.windows)-min(a.sent, b.sent)))
}
