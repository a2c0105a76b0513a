package overlap

import "slices"

// gap is where two windows should overlap.
type gap struct{ a, b *window }

// linked reports whether both chains hold here, as far as they can still hold at all: the windows share rows, and under
// every order that still fits, b begins among the rows of a.
func (l *listing) linked(g gap) bool {
	fit := l.order.fitting()
	for i, o := range orders {
		if fit.has(i) && !o.linked(g.b.first, g.a.last) {
			return false
		}
	}
	return l.orderChanged || g.a.group() == g.b.group()
}

// checkNeighbours asks for a repair at once if two planned neighbours are not linked.
func (l *listing) checkNeighbours(a, b *window) {
	if g := (gap{a, b}); b.offset() <= a.end() && !l.ignoresCount && !l.linked(g) {
		l.overlap = min(2*l.overlap, max(minOverlap, l.size/3))
		l.repair(g)
	}
}

// center is the index that a repair must have in its middle: where a ended and b began when they were read, or the middle
// of the run of rows that start at the same time. A short page ended after its last row, or, if a filter hid some of its
// rows, where it was to end.
func (g gap) center(filtered bool) int {
	end := g.a.reached()
	if filtered {
		end = g.a.end()
	}
	return (end - g.a.lastTies + g.b.offset() + g.b.firstTies) / 2
}

// repair asks for a window around a gap, unless one is under way or there were too many.
func (l *listing) repair(g gap) bool {
	center := g.center(l.shortPagesOccur && l.repaired%2 == 0)
	age := float64(len(l.windows)+len(l.inFlight)) - float64(g.a.seq+g.b.seq)/2
	center = max(0, center+int(l.paceAt(center)*age))
	r := request{place: around(center, l.size), round: 1 + max(g.a.round, g.b.round), walk: l.walk}
	if r.round > 2+maxRounds || l.tried[g] >= maxTries || l.repaired >= 2*l.pages()+10 {
		return false
	}
	covers := func(q request) bool {
		return q.walk == r.walk && q.offset() <= center-l.overlap && q.end() >= center+l.overlap
	}
	if slices.ContainsFunc(l.inFlight, covers) || slices.ContainsFunc(l.repairs, covers) {
		return true
	}
	l.repaired++
	l.tried[g]++
	l.repairs = append(l.repairs, r)
	return true
}
