package overlap

import "slices"

const (
	minOverlap  = 3       // rows that neighbours are planned to share, at least
	maxTries    = 3       // repairs of one gap
	minShared   = 2       // rows that two windows must share to be linked
	minFull     = 3       // full pages that show that the server fills pages
	maxRepeated = 3       // pages that come again farther on, if the server honours page and count
	maxRounds   = 8       // repairs that each depend on the one before
	maxPolish   = 3       // the same, once the verdict is Conditional
	maxWalks    = 3       // how often a listing starts at the first page
	maxRequests = 100_000 // the list may never end
	maxTotal    = 1 << 30 // a larger total is cut to this
)

// listing is the state of one listing. A driver takes requests from next, and brings each response to add or fail. It
// is not safe for concurrent use.
type listing struct {
	size    int // rows of a full page; before the first response, the count to request
	overlap int // rows that neighbours are planned to share
	rows    rowSet

	windows         []*window // all, as they came
	linkable        []*window // those that are not released, by offset
	walk            int       // number of the current walk from the first page to the end, from 0
	byOffset        []*window // windows of this walk by offset, without empty ones
	shortPages      []*window // the short ones of byOffset, until shortPagesOccur
	emptyPages      []*window // of this walk; a repeated last page counts as empty
	possibleRepeats []*window // pages that may be a repeated last page
	planned         int       // end of what this walk has planned
	horizon         int       // end of what this walk plans
	extensions      int       // how often the horizon was moved

	order             orderEvidence
	orderChanged      bool // rows changed their relative order
	shortPagesOccur   bool // before the end
	neverRepeatsLast  bool // no page beyond the end is the last page
	alwaysRepeatsLast bool // every page beyond the end is the last page
	ignoresCount      bool // the server ignores page or count: windows cannot overlap
	ambiguousKeys     bool // some rows have no unique identity
	fullest           int  // rows of the fullest page
	repeatedPages     int  // pages that came again farther on
	paces             []pace

	inFlight []request
	repairs  []request   // sent first
	again    []request   // sent once nothing is in flight
	tried    map[gap]int // repairs by gap
	stopped  string      // Report.Reason of a listing that ended early

	known      Facts // from earlier listings
	wasTiny    bool  // the last listing of the same request had at most one row
	firstCount int   // of the first request
	accepted   int   // the first count that was not rejected, if one was
	capped     bool  // the first page had fewer rows than requested, which may be a cap
	learning   bool  // a request was planned to learn whether the first page is the list, and no response agreed
	lessons    int   // those that agreed
	learned    bool  // it is: totals count the list, and pages are filled

	ignoreTotals  bool // totals are taken for 0
	totalsBelow   bool // a total was less than its page shows
	pagesShowLess bool // the server showed less than its total at one place, twice: so it does elsewhere
	total         int  // the last total that is believed
	totalCount    int  // the last total
	largest       int  // the largest total since rows came in this walk
	movement      int  // how far the total went up and down in this walk
	counted       int  // the last total that is not just the place of a last row
	countMoved    int  // how far these totals went up and down in this walk
	counts        int  // how many they are in this walk
	walkedAgain   bool // since the total counts more than came
	unexplained   bool // rows have places that do not fit the totals
	exchanged     int  // rows that came and left at once, as a page read again showed
	barren        int  // the last pages, of which all rows were known

	requests, failed, failedInRow, rounds, repaired, endRequests, received, drift, reached int
}

func newListing(pageSize int, known Facts) *listing {
	if known.PageSize >= MinPageSize {
		pageSize = min(pageSize, known.PageSize)
	}
	return &listing{size: pageSize, firstCount: pageSize, known: known, overlap: minOverlap, tried: map[gap]int{}}
}

// next returns the next request. Without one, the driver waits for those in flight; if there are none, the listing is over.
func (l *listing) next() (request, bool) {
	for l.stopped == "" {
		r, ok := l.pick()
		switch {
		case ok && (l.requests >= min(4*l.pages()+40, maxRequests) || l.barren >= 4*(len(l.rows.known)/l.size+1)+40):
			l.stopped = ReasonEffort
		case ok:
			l.requests++
			r.sent = len(l.windows)
			l.inFlight = append(l.inFlight, r)
			return r, true
		case len(l.inFlight) > 0 || !l.findWork():
			return request{}, false
		}
	}
	return request{}, false
}

// pick returns a repair, or what is planned next, or a request that failed.
func (l *listing) pick() (r request, ok bool) {
	switch {
	case len(l.windows) == 0:
		return request{place: place{1, l.size}, round: 1}, len(l.inFlight) == 0
	case len(l.repairs) > 0:
		r, l.repairs = l.repairs[0], l.repairs[1:]
		return r, true
	case !l.ended() && l.planned < l.horizon:
		return l.plan(), true
	case len(l.inFlight) == 0 && len(l.again) > 0:
		r, l.again = l.again[0], l.again[1:]
		return r, true
	default:
		return request{}, false
	}
}

// plan returns the request that overlaps the last planned one.
func (l *listing) plan() request {
	p := following(l.planned-l.overlap, l.size)
	// The end is planned, but the tail will be too full to be sure of.
	if from := l.total - l.size/8; l.planned > l.total && l.total > l.size && from < l.planned-l.overlap {
		p = nearest(from, l.size)
	}
	if l.ignoresCount || p.end() <= l.planned {
		p = place{l.planned/l.size + 1, l.size}
	}
	l.planned = p.end()
	if l.walk > 0 {
		for _, w := range l.byOffset { // a request of an earlier walk may have returned after the walk began
			if w.offset() <= l.planned-l.overlap {
				l.planned = max(l.planned, w.end())
			}
		}
	}
	if p.end() >= l.horizon && !(l.pagesFull() && l.totalsCountAll()) && 2*(min(l.horizon, max(l.total, p.offset()+1))-p.offset()) > p.count {
		l.horizon = p.end() + 1
	}
	round := 1 // the plan depends on the first page, or on those that did not reach the end
	if l.extensions > 0 || l.walk > 0 {
		round = max(1, l.rounds)
	}
	return request{place: p, round: round + 1, walk: l.walk}
}

// ended reports whether this walk reached a possible end.
func (l *listing) ended() bool {
	planned := func(w *window) bool { return w.offset() <= l.planned }
	return slices.ContainsFunc(l.emptyPages, planned) || !l.shortPagesOccur && slices.ContainsFunc(l.shortPages, planned)
}

// land notes that a request is not in flight any more.
func (l *listing) land(r request) {
	if i := slices.Index(l.inFlight, r); i >= 0 {
		l.inFlight = slices.Delete(l.inFlight, i, i+1)
	}
	l.rounds = max(l.rounds, r.round)
}

// fail notes that a request failed. It is sent once more when nothing is in flight.
func (l *listing) fail(r request) {
	l.land(r)
	l.failedInRow++
	if r.tries++; r.tries < 2 {
		l.again = append(l.again, r)
		return
	}
	l.failed++
}

// findWork plans further requests when nothing is in flight. It reports whether it planned any.
func (l *listing) findWork() bool {
	p := l.prove()
	switch {
	case l.ignoresCount:
		return !l.ended() && l.extend()
	case p.tail == nil || !p.sure:
		return l.findEnd(p.tail)
	}
	depth := maxRounds
	v := p.verdict()
	if v > Incomplete && !l.walkedAgain && l.lacks(p.tail) { // some answers may have lacked rows
		l.walkedAgain = true
		return l.startOver()
	}
	switch v {
	case Complete:
		return false
	case Conditional:
		depth = maxPolish
	}
	asked := false
	for _, g := range p.gaps {
		asked = l.repair(g, depth) || asked
	}
	return asked
}

// extend plans farther ahead, twice as far each time.
func (l *listing) extend() bool {
	l.horizon = max(l.planned, l.horizon) + l.size<<min(l.extensions, 20)
	l.extensions++
	return true
}

// ask plans a request that shows more of the end, unless there were too many.
func (l *listing) ask(p place) bool {
	if l.endRequests++; l.endRequests > maxRounds || l.repaired >= 2*l.pages()+10 || l.movement == 0 && l.timesRead(p) >= maxTries {
		return false
	}
	l.repaired++
	l.repairs = append(l.repairs, request{place: p, round: 1 + l.rounds, walk: l.walk})
	return true
}

// timesRead is how often this walk has read a place.
func (l *listing) timesRead(p place) (n int) {
	for _, w := range l.windows {
		if w.place == p && w.walk == l.walk {
			n++
		}
	}
	return n
}

// readPlainPages starts over with pages of one size that do not overlap.
func (l *listing) readPlainPages(size int) {
	if l.ignoresCount {
		l.stopped = ReasonPaging
		return
	}
	l.ignoresCount, l.repeatedPages, l.size = true, 0, size
	l.startOver()
}

// startOver begins another walk at the first page. All windows are kept.
func (l *listing) startOver() bool {
	if l.walk+1 >= maxWalks {
		return false
	}
	l.walk++
	l.byOffset, l.shortPages, l.emptyPages, l.repairs, l.again = nil, nil, nil, nil, nil
	l.planned, l.extensions, l.horizon = 0, 0, l.total+l.overlap+1
	return true
}

func (l *listing) pages() int { return l.reached/l.size + 1 }

// release forgets the rows of windows that are linked with both neighbours, except for the last two.
func (l *listing) release() {
	if len(l.repairs)+len(l.possibleRepeats) > 0 {
		return
	}
	l.linkable = slices.DeleteFunc(l.linkable, func(w *window) bool {
		i, found := slices.BinarySearchFunc(l.byOffset, w, compareWindows)
		if !found || i > len(l.byOffset)-3 || w.group() != l.byOffset[i+1].group() || i > 0 && w.group() != l.byOffset[i-1].group() {
			return false
		}
		w.rows = nil
		return true
	})
}
