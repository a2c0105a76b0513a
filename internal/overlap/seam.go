package overlap

import "slices"

// look asks for a repair at once if two planned neighbours are not linked.
func (l *listing) look(a, b *window) {
	if b.offset() > a.end() || l.rigid || l.linked(a, b) {
		return
	}
	l.overlap = min(2*l.overlap, max(minOverlap, l.size/3))
	l.repair(seam{a, b})
}

// linked reports whether both chains hold at a seam, as far as they can still hold at all.
func (l *listing) linked(a, b *window) bool {
	return (l.moved || a.group() == b.group()) && l.keysOverlap(a, b)
}

// keysOverlap reports whether, under every order that still fits, b begins among the rows of a.
func (l *listing) keysOverlap(a, b *window) bool {
	fit := l.evidence.fitting()
	s := compareKeys(b.first, a.last)
	for i := range orders {
		if fit.has(i) && !orders[i].linked(s) {
			return false
		}
	}
	return true
}

// seam is where two windows should overlap.
type seam struct{ a, b *window }

// center is the index that a repair must have in its middle: where a ended and b began when they
// were read, or the middle of the run of rows that start at the same time. A short page ended where
// its rows did, or, if a filter hid some, where it was to end.
func (s seam) center(filtered bool) int {
	end := s.a.reached()
	if filtered {
		end = s.a.end()
	}
	return (end - s.a.lastTies + s.b.offset() + s.b.firstTies) / 2
}

// repair asks for a window around a seam, unless one is under way or there were too many.
func (l *listing) repair(s seam) bool {
	center := s.center(l.unfilled && l.repaired%2 == 0)
	age := float64(len(l.windows)+len(l.flight)) - float64(s.a.seq+s.b.seq)/2
	center = max(0, center+int(l.paceAt(center)*age))
	r := request{place: around(center, l.size), round: 1 + max(s.a.round, s.b.round), epoch: l.walk}
	if r.round > 2+maxRounds || l.tried[s] >= maxTries || l.repaired >= 2*l.pages()+10 {
		return false
	}
	covers := func(q request) bool {
		return q.epoch == r.epoch && q.offset() <= center-l.overlap && q.end() >= center+l.overlap
	}
	if slices.ContainsFunc(l.flight, covers) || slices.ContainsFunc(l.repairs, covers) {
		return true
	}
	l.repaired++
	l.tried[s]++
	l.repairs = append(l.repairs, r)
	return true
}
