package overlap

import "slices"

const (
	minOverlap   = 3       // rows that neighbours are planned to share, at least
	maxTries     = 3       // repairs of one seam
	minShared    = 2       // rows that two windows must share to be linked
	minFilled    = 3       // full pages that show that a server fills its pages
	maxDisplaced = 3       // pages that turn up again farther on, before page and count are held to be ignored
	maxRounds    = 8       // requests that each repair the one before
	maxPolish    = 3       // the same, once the verdict is Conditional already
	maxWalks     = 3       // times that the walk starts at the first page
	maxRequests  = 100_000 // for a server that never ends
	maxTotal     = 1 << 30 // larger totals are not believed
)

// listing is the state of one listing: what was read, and what is worth reading next.
// A driver takes requests from next, brings their answers to add or fail, and reads the
// report when nothing is left to do. It is not safe for concurrent use.
type listing struct {
	size    int // rows that a page holds; before the first answer, what is asked for
	sized   bool
	overlap int // rows that neighbours are planned to share
	seen    *seen
	at      []int32 // scratch of meet

	windows []*window // all, as they came
	open    []*window // those whose rows are still known
	line    []*window // those of this walk, by offset, empty ones left out
	walk    int       // number of this walk, from 0
	shorts  []*window // the short ones in line, until they are known to mean nothing
	voids   []*window // the empty ones of this walk, and those that are as good as empty
	aside   []*window // those that may be as good as empty
	front   int       // this walk has planned everything before this index
	horizon int       // and plans ahead until this one
	extends int       // times that the horizon was moved

	evidence  evidence
	moved     bool // rows were seen to change their relative order
	unfilled  bool // short pages are not the end
	exact     bool // a page beyond the end is never the last one once more
	repeats   bool // it always is
	rigid     bool // the server does not cut pages as asked: no overlap is possible
	weak      bool // rows without a unique identity
	full      int  // rows of the fullest page
	displaced int  // pages that turned up again farther on
	paces     []pace

	flight  []request    // sent
	repairs []request    // to be sent first
	again   []request    // to be sent once nothing is in flight
	tried   map[seam]int // repairs by seam
	stopped string       // reason to give up

	requests, failed, rounds, repaired, received, drift, total, streak, asked, reached int
}

func newListing(pageSize int) *listing {
	return &listing{size: pageSize, overlap: minOverlap, seen: newSeen(), tried: map[seam]int{}}
}

// next is the next request worth sending. Without one, the driver waits for what is in flight;
// with nothing in flight, the listing is over.
func (l *listing) next() (request, bool) {
	for l.stopped == "" {
		r, ok := l.pick()
		if ok {
			if l.requests >= min(4*l.pages()+40, maxRequests) {
				l.stopped = ReasonBudget
				break
			}
			l.requests++
			r.sent = len(l.windows)
			l.flight = append(l.flight, r)
			return r, true
		}
		if len(l.flight) > 0 || !l.settle() {
			break
		}
	}
	return request{}, false
}

// pick takes work that is already known: seams that came apart, then the plan, then what failed.
func (l *listing) pick() (request, bool) {
	switch {
	case !l.sized:
		if len(l.flight) > 0 {
			return request{}, false
		}
		return request{place: place{1, l.size}, round: 1}, true
	case len(l.repairs) > 0:
		r := l.repairs[0]
		l.repairs = l.repairs[1:]
		return r, true
	case !l.ended() && l.front < l.horizon:
		return l.plan(), true
	case len(l.flight) == 0 && len(l.again) > 0:
		r := l.again[0]
		l.again = l.again[1:]
		return r, true
	default:
		return request{}, false
	}
}

// plan is the window that overlaps the last planned one.
func (l *listing) plan() request {
	from := l.front - l.overlap
	if l.front > l.total && l.total > l.size { // the tail is planned, but too full to be sure of
		from = min(from, l.total-l.size/8)
	}
	p := following(from, l.size)
	if from < l.front-l.overlap {
		p = nearest(from, l.size)
	}
	if l.rigid || p.end() <= l.front {
		p = place{l.front/l.size + 1, l.size}
	}
	l.front = p.end()
	if l.walk > 0 {
		for _, w := range l.line { // what came before this walk got here is still good
			if w.offset() <= l.front-l.overlap {
				l.front = max(l.front, w.end())
			}
		}
	}
	if p.end() >= l.horizon && 2*(l.horizon-p.offset()) > p.count {
		l.horizon = p.end() + 1
	}
	return request{place: p, round: l.round() + 1, epoch: l.walk}
}

// round is the round of the answers that the plan rests on: the first page's, or those that did not reach the end.
func (l *listing) round() int {
	if l.extends > 0 || l.walk > 0 {
		return max(1, l.rounds)
	}
	return 1
}

// ended reports whether this walk came to what may be the end.
func (l *listing) ended() bool {
	behind := func(w *window) bool { return w.offset() <= l.front }
	return slices.ContainsFunc(l.voids, behind) || !l.unfilled && slices.ContainsFunc(l.shorts, behind)
}

// land takes a request out of flight.
func (l *listing) land(r request) {
	if i := slices.Index(l.flight, r); i >= 0 {
		l.flight = slices.Delete(l.flight, i, i+1)
	}
	l.rounds = max(l.rounds, r.round)
}

// fail takes in that a request was not answered. It is sent once more when nothing is in flight.
func (l *listing) fail(r request) {
	l.land(r)
	l.streak++
	if r.tries++; r.tries < 2 {
		l.again = append(l.again, r)
		return
	}
	l.failed++
}

// putBack returns a request that the server was too busy for.
func (l *listing) putBack(r request) {
	l.land(r)
	if l.sized {
		l.again = append(l.again, r)
	}
}

// settle decides, with nothing in flight, what else is worth a request. It reports whether there is more to do.
func (l *listing) settle() bool {
	p := l.prove()
	switch {
	case l.rigid:
		return !l.ended() && l.extend()
	case p.tail == nil || !p.sure:
		return l.findEnd(p.tail)
	}
	rounds := maxRounds
	switch p.verdict() {
	case Complete:
		return false
	case Conditional:
		rounds = maxPolish
	}
	if l.moved && l.evidence.fitting() == 0 {
		return false
	}
	asked := false
	for _, gap := range p.gaps {
		if max(gap.a.round, gap.b.round) < 2+rounds && l.repair(gap) {
			asked = true
		}
	}
	return asked
}

// extend plans farther ahead, twice as far each time.
func (l *listing) extend() bool {
	l.horizon = max(l.front, l.horizon) + l.size<<min(l.extends, 20)
	l.extends++
	return true
}

// ask plans one request that the proof needs, unless there were too many.
func (l *listing) ask(p place) bool {
	r := request{place: p, round: 1 + l.rounds, epoch: l.walk}
	if l.asked++; l.asked > maxRounds || l.repaired >= 2*l.pages()+10 {
		return false
	}
	l.repaired++
	l.repairs = append(l.repairs, r)
	return true
}

// goRigid starts over with plain pages: the server decides what a page is.
func (l *listing) goRigid(size int) {
	if l.rigid {
		l.stopped = ReasonCounts
		return
	}
	l.rigid, l.displaced = true, 0
	l.size = size
	l.startOver()
}

// startOver begins another walk at the first page. What was read stays.
func (l *listing) startOver() bool {
	if l.walk+1 >= maxWalks {
		return false
	}
	l.walk++
	l.line, l.shorts, l.voids, l.repairs, l.again = nil, nil, nil, nil, nil
	l.front, l.extends = 0, 0
	l.horizon = l.total + l.overlap + 1
	return true
}

// pages is how many pages it takes to come as far as the listing came.
func (l *listing) pages() int { return l.reached/l.size + 1 }

// release forgets the rows of windows that need no more links: all but the last, as far back as
// they are linked on both sides.
func (l *listing) release() {
	if len(l.repairs)+len(l.aside) > 0 {
		return
	}
	for i := len(l.line) - 3; i >= 0 && l.line[i].rows != nil; i-- {
		w := l.line[i]
		if w.group() == l.line[i+1].group() && (i == 0 || w.group() == l.line[i-1].group()) {
			w.rows = nil
		}
	}
	l.open = slices.DeleteFunc(l.open, func(w *window) bool { return w.rows == nil })
}

func abs(n int) int { return max(n, -n) }
