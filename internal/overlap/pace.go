package overlap

// What is known of how fast the list moves: rows that come or go before an index move everything behind it.

// pace is how many rows the rows near an index moved by, from one answer to the next.
type pace struct {
	index   int
	rows    float64
	blurred bool // its direction is not known
}

const (
	maxPaces = 16 // that count, the latest
	careful  = 8  // requests in flight after the first page, at most
)

// keepPace learns from the rows that v and the newer w share. If both were under way at once, which of them the server
// answered first is not known. Otherwise as much as is under way now may have been answered between them. Where
// rows are hidden, places are not exact. No list that can be read moves by a quarter of a page with every answer.
func (l *listing) keepPace(v, w *window, shift int) {
	if hidden := v.count - v.n + w.count - w.n; shift > 0 {
		shift = max(0, shift-hidden)
	} else {
		shift = min(0, shift+hidden)
	}
	p := pace{index: w.offset(), rows: float64(shift) / float64(w.seq-v.seq+len(l.flight)), blurred: v.seq >= w.sent}
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

// fastest is the largest pace known, either way.
func (l *listing) fastest() float64 {
	fastest := 0.0
	for _, p := range l.paces {
		fastest = max(fastest, p.rows, -p.rows)
	}
	return fastest
}

// breadth is how many requests may be in flight, so that the list does not move by too much of a page meanwhile. Before
// the pace is known, they are few.
func (l *listing) breadth(limit int) int {
	limit = min(limit, careful+len(l.windows)/2)
	if fastest, most := l.fastest(), float64(l.size)/12; fastest*float64(limit) > most {
		return max(1, int(most/fastest))
	}
	return limit
}

// since is how many rows the list may have moved by since a window came.
func (l *listing) since(seq int) int { return int(l.fastest() * float64(len(l.windows)-seq)) }
