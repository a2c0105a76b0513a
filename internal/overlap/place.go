package overlap

// place is a page of count rows, which begins at the offset (page-1)*count.
type place struct{ page, count int }

func (p place) offset() int { return (p.page - 1) * p.count }
func (p place) end() int    { return p.page * p.count }

// request is a place to read, and why.
type request struct {
	place
	round int // 1 + the round of the response that it depends on
	depth int // repairs in a row, of which it is the last
	tries int // how often it failed
	again int // how often its response was not believed
	came  int // rows of the last of these
	lacks int // rows that it seemed to lack
	walk  int // the walk that it belongs to
	sent  int // windows received before it was sent
	learn int // rows of the first page that must come, to learn whether it is the list; 0 = no such request
}

// choose returns the best place that begins at or before the index from, with more than least and at most size rows.
func choose(from, size, least int, better func(p, best place) bool) place {
	from, size = max(from, 0), max(size, 1)
	best := place{from/size + 1, size}
	for count := size - 1; count > least; count-- {
		if p := (place{from/count + 1, count}); better(p, best) {
			best = p
		}
	}
	return best
}

// following returns the place that begins at or before the index from and reaches farthest.
func following(from, size int) place {
	return choose(from, size, size/2, func(p, best place) bool { return p.end() > best.end() })
}

// nearest returns the place that begins at the index from, or as little as possible before it.
func nearest(from, size int) place {
	return choose(from, size, size/2, func(p, best place) bool { return p.offset() > best.offset() })
}

// emptiest returns the place that begins back or more rows before the index end, and has the smallest share of rows before end.
func emptiest(end, back, size int) place {
	return choose(end-back, size, size/4, func(p, best place) bool {
		return (end-p.offset())*best.count < (end-best.offset())*p.count
	})
}

// around returns the place with at most size rows that reaches farthest to both sides of the index center.
func around(center, size int) place {
	center, size = max(center, 0), max(size, 1)
	best, bestReach := place{1, size}, -1
	for count := size; count > size/2; count-- {
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

// startingAt returns the largest place that begins exactly at the index from.
func startingAt(from, size int) place {
	for count := min(size, from); count > 1; count-- {
		if from%count == 0 {
			return place{from/count + 1, count}
		}
	}
	return place{from + 1, 1}
}
