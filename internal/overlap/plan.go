package overlap

// place is what a request asks for: count rows from offset (page-1)*count on.
type place struct{ page, count int }

func (p place) offset() int { return (p.page - 1) * p.count }
func (p place) end() int    { return p.page * p.count }

// following is the place that starts at or before the index from and reaches farthest, with at
// most size rows. Offsets must be multiples of the count, so it tries the counts.
func following(from, size int) place {
	from, size = max(from, 0), max(size, 1)
	best := place{1, size}
	for count := size; count > 0 && count > size/2; count-- {
		if p := (place{from/count + 1, count}); p.end() > best.end() {
			best = p
		}
	}
	return best
}

// nearest is the place that starts at or as little as possible before the index from.
func nearest(from, size int) place {
	from, size = max(from, 0), max(size, 1)
	best := place{from/size + 1, size}
	for count := size; count > 0 && count > size/2; count-- {
		if p := (place{from/count + 1, count}); p.offset() > best.offset() {
			best = p
		}
	}
	return best
}

// around is the place with at most size rows that reaches farthest to both sides of the index center.
func around(center, size int) place {
	center, size = max(center, 0), max(size, 1)
	best, bestReach := place{1, size}, -1
	for count := size; count > 0 && count > size/2; count-- {
		for _, page := range [2]int{max(1, (center-count/2)/count+1), (center-count/2)/count + 2} {
			p := place{page, count}
			reach := p.end() - center
			if page > 1 { // the first page needs no reach before it
				reach = min(reach, center-p.offset())
			}
			if reach > bestReach {
				best, bestReach = p, reach
			}
		}
	}
	return best
}

// leanest is the place that begins back rows before the index end, or more, and has the smallest share of rows before it.
func leanest(end, back, size int) place {
	from := max(end-back, 0)
	best := place{from/size + 1, size}
	for count := size; count > 0 && count > size/4; count-- {
		if p := (place{from/count + 1, count}); (end-p.offset())*best.count < (end-best.offset())*p.count {
			best = p
		}
	}
	return best
}
