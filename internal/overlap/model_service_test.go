package overlap_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// model is a service with a short list, and what may happen while it is listed.
type model struct {
	kind     string // row of the table
	inFlight int    // of the parallel driver, at most; 0 = the streaming driver
	order    livelist.Order
	total    livelist.Total
	rows     int
	size     int  // count of the first request
	limit    int  // rows of a page, at most; 0 = no limit
	repeats  bool // pages behind the end are the last page
	hidden   uint // bits of the rows that are hidden after paging
	hides    bool // rows that follow each other are hidden after paging
	lies     bool // one response, or all from it on, lacks rows
	changes  int  // at most
	block    bool // a change starts or ends rows that follow each other
	sample   bool // only some schedules
}

// choices make a schedule. Each repeats those of the last one, as far as the first that differs.
type choices struct {
	path, of []int
	at       int
	rng      *rand.Rand // makes random schedules; nil = all, one after another
}

// choose returns a number below n.
func (c *choices) choose(n int) int {
	if n <= 1 {
		return 0
	}
	if c.at == len(c.path) {
		c.path, c.of = append(c.path, 0), append(c.of, n)
		if c.rng != nil {
			c.path[c.at] = c.rng.IntN(n)
		}
	}
	if c.of[c.at] != n {
		panic("the same choices led to another listing")
	}
	c.at++
	return c.path[c.at-1]
}

// next goes on to the next schedule, and reports whether there is one.
func (c *choices) next() bool {
	for i := len(c.path) - 1; i >= 0 && c.rng == nil; i-- {
		if c.path[i]++; c.path[i] < c.of[i] {
			return true
		}
		c.path, c.of = c.path[:i], c.of[:i]
	}
	c.path, c.of = c.path[:0], c.of[:0]
	return c.rng != nil
}

// service is the service of a model in one schedule.
type service struct {
	model
	choices
	list, ended []*modelRow
	all         []modelRow // by id
	left        int        // changes
	lie         lie        // that holds from now on
	lied        bool
	responses   int
	most        int  // the largest total
	cached      int  // total
	blank       bool // all rows of a response were hidden
	trace       func(format string, args ...any)
}

type modelRow struct {
	id, rank int // the list is sorted by rank
	key      overlap.Key
	hidden   bool
	seen     int // responses while it was in the list, and not hidden
	found    int // times that the listing returned it
}

// lie hides the rows of a page with an index of from up to to; of the list, before it is paged, if closeUp is set.
type lie struct {
	from, to      int
	closeUp, zero bool // zero: the total is 0
}

// begin starts a schedule.
func (s *service) begin() {
	*s = service{model: s.model, choices: s.choices, list: s.list[:0], ended: s.ended[:0], all: s.all[:0], left: s.changes, trace: s.trace}
	s.at = 0
	s.start(0, s.rows)
	hidden := s.hidden
	if s.hides {
		from := s.choose(s.rows)
		hidden = (2<<s.choose(s.rows-from) - 1) << from
	}
	for i, r := range s.list {
		r.hidden = hidden>>i&1 == 1
	}
	s.tracef("%d rows, hidden: %b", s.rows, hidden)
}

func (s *service) tracef(format string, args ...any) {
	if s.trace != nil {
		s.trace(format, args...)
	}
}

// start adds k rows at a place. The key that the order sorts by follows from the rank.
func (s *service) start(place, k int) {
	const space = 1 << 20 // between ranks
	before := 0
	if place > 0 {
		before = s.list[place-1].rank
	} else if len(s.list) > 0 {
		before = s.list[0].rank - (k+1)*space
	}
	behind := before + (k+1)*space
	if place < len(s.list) {
		behind = s.list[place].rank
	}
	for i := range k {
		id, rank := len(s.all), before+(behind-before)*(i+1)/(k+1)
		key := overlap.Key{EventID: int64(1 + id*37%127), ConferenceID: strconv.Itoa(1000 + id*59%127), Start: livelist.Epoch - int64(id*41%127)}
		switch s.order {
		case livelist.StartDown:
			key.Start = livelist.Epoch - int64(rank)
		case livelist.StartUp:
			key.Start = livelist.Epoch + int64(rank)
		case livelist.EventUp:
			key.EventID = 1<<40 + int64(rank)
		case livelist.StartOnly:
			key.Start = livelist.Epoch - int64(rank/space/2) // two rows have the same
		}
		s.all = append(s.all, modelRow{id: id, rank: rank, key: key})
		s.list = slices.Insert(s.list, place+i, &s.all[id])
	}
	s.tracef("%d rows start at %d", k, place)
}

// places are those where the order allows new rows.
func (s *service) places() (from, n int) {
	switch s.order {
	case livelist.StartDown:
		return 0, 1
	case livelist.StartUp:
		return len(s.list), 1
	case livelist.StartOnly:
		ties := 0
		for ties < len(s.list) && s.list[ties].key.Start == s.list[0].key.Start {
			ties++
		}
		return 0, ties + 1
	default:
		return 0, len(s.list) + 1
	}
}

func (s *service) end(i, k int) {
	s.ended = append(s.ended, s.list[i:i+k]...)
	s.list = slices.Delete(s.list, i, i+k)
	s.tracef("rows %d to %d of the list end", i, i+k-1)
}

// change ends a row, or starts or resumes one, or both at once. In a model with blocks, it ends or starts rows that follow
// each other.
func (s *service) change() {
	if n := len(s.list); s.block && n > 0 && s.choose(2) == 0 {
		i := s.choose(n)
		s.end(i, s.length(n-i))
		return
	}
	from, places := s.places()
	if s.block {
		s.start(from+s.choose(places), s.length(41))
		return
	}
	resumable, nothing := len(s.ended), 0
	if i := s.choose(len(s.list) + 1); i > 0 {
		s.end(i-1, 1)
		from, places = s.places()
		nothing = 1 // may start
	}
	switch c := s.choose(places + resumable + nothing); {
	case c < places:
		s.start(from+c, 1)
	case c < places+resumable:
		r := s.ended[c-places]
		s.ended = slices.Delete(s.ended, c-places, c-places+1)
		place, _ := slices.BinarySearchFunc(s.list, r, func(a, b *modelRow) int { return cmp.Compare(a.rank, b.rank) })
		s.list = slices.Insert(s.list, place, r)
		s.tracef("row %d resumes", r.id)
	}
}

// length is how many rows a block has.
func (s *service) length(most int) int {
	lengths := []int{1, 2, 3, 5, 10, 20}
	n, _ := slices.BinarySearch(lengths, most)
	return append(lengths[:n], most)[s.choose(n+1)]
}

// respond makes the response to a request at this instant.
func (s *service) respond(page, count int) *overlap.Page[int] {
	s.responses++
	shown := 0
	for _, r := range s.list {
		if !r.hidden {
			r.seen++
			shown++
		}
	}
	list, lie := s.list, s.tell(page, count)
	if lie.closeUp {
		list = slices.Delete(slices.Clone(list), min(len(list), lie.from), min(len(list), lie.to))
	}
	offset := (page - 1) * count
	if s.repeats && offset >= len(list) {
		offset = max(0, len(list)-1) / count * count
	}
	if s.limit > 0 {
		count = min(count, s.limit)
	}
	var ids []int
	from := min(offset, len(list))
	for i, r := range list[from:min(from+count, len(list))] {
		if !r.hidden && (lie.closeUp || i < lie.from || i >= lie.to) {
			ids = append(ids, r.id)
		}
	}
	s.blank = s.blank || !s.lies && len(ids) == 0 && from < len(list)
	total := s.count(shown, len(ids))
	if s.total == livelist.TotalSkipped && len(ids) < count && (len(ids) > 0 || from == 0) {
		total = from + len(ids)
	}
	if lie.zero {
		total = 0
	}
	s.most = max(s.most, total)
	s.tracef("response %d: page %d, count %d: rows %v, total %d", s.responses, page, count, ids, total)
	return &overlap.Page[int]{Items: ids, Total: total}
}

// tell decides whether a response lies.
func (s *service) tell(page, count int) lie {
	if !s.lies || s.lied || s.choose(2) == 0 {
		return s.lie
	}
	s.lied = true
	n := len(s.list)
	var l lie
	switch inPage := max(0, min(page*count, n)-(page-1)*count); s.choose(3) {
	case 0:
		l = lie{to: n, zero: true}
	case 1:
		l.from = s.choose(inPage)
		l.to = l.from + 1 + s.choose(inPage-l.from)
	default:
		l.closeUp, l.from = true, s.choose(n)
		l.to = l.from + 1 + s.choose(n-l.from)
	}
	if s.choose(2) == 1 { // for good
		s.lie = l
	}
	s.tracef("lie: %+v, for good: %t", l, s.lie == l)
	return l
}

// count is what the service says that there are.
func (s *service) count(shown, onPage int) int {
	switch s.total {
	case livelist.TotalRaw:
		return len(s.list)
	case livelist.TotalPage:
		return onPage
	case livelist.TotalCached:
		if s.responses%5 == 1 {
			s.cached = shown
		}
		return s.cached
	case livelist.TotalNoisy:
		return max(0, shown+s.responses%3-1)
	case livelist.TotalDoubled:
		return 2 * shown
	case livelist.TotalZero:
		return 0
	case livelist.TotalNegative:
		return -1
	default:
		return shown
	}
}
