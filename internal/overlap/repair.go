package overlap

import "slices"

// gap is where two windows should overlap.
type gap struct{ a, b *window }

// checkNeighbours plans a repair at once if two neighbours are not linked by each chain that can still hold: they share rows,
// and b begins among the rows of a, under every order that still fits.
func (l *listing) checkNeighbours(a, b *window) {
	linked, fit := l.orderChanged || a.group() == b.group(), l.order.fitting()
	for i, o := range orders {
		linked = linked && (!fit.has(i) || o.linked(b.first, a.last))
	}
	if !linked && b.offset() <= a.end() && !l.ignoresCount && a.lacks+b.lacks == 0 {
		if a.depth+b.depth > 0 { // a repair came back too short
			l.overlap = min(2*l.overlap, max(minOverlap, l.size/3))
		}
		l.repair(gap{a, b}, maxRounds)
	}
}

// repair plans a request around a gap, unless there is one already. It reports false if there were too many, or too many
// in a row. The center of the gap is in the middle between a and b, without the rows of one start time around it.
func (l *listing) repair(g gap, depth int) bool {
	end := g.a.reached()
	if l.shortPagesOccur && l.repaired%2 == 0 { // if a filter hid rows, a short page ends where its place ends
		end = g.a.end()
	}
	center := (end - g.a.lastTies + g.b.offset() + g.b.firstTies) / 2
	age := float64(len(l.windows)+len(l.inFlight)) - float64(g.a.seq+g.b.seq)/2
	center = max(0, center+int(l.paceAt(center)*age))
	r := request{place: around(center, l.size), round: 1 + max(g.a.round, g.b.round), depth: 1 + max(g.a.depth, g.b.depth), walk: l.walk}
	if r.depth > depth || l.tried[g] >= maxTries || l.movement == 0 && l.timesRead(r.place) >= maxTries || l.repaired >= 2*l.pages()+10 {
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
