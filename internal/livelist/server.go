package livelist

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
)

// ErrCount is returned for a count that the server refuses.
var ErrCount = errors.New("livelist: count refused")

// Paging says how a server cuts a list into pages. The zero value is a server that returns the requested rows and the exact
// total.
type Paging struct {
	Cap         int  // most rows of a page, without an error; 0 = no limit
	Clamp       bool // a count above Cap is treated as Cap, also for where a page begins
	Reject      int  // larger counts are refused; 0 = no limit
	Bytes       int  // most bytes of a page; one row is always returned; 0 = no limit
	Heavy       int  // the last Heavy rows of the list are larger
	HeavyBy     int  // how many times larger; 0 = 4
	Depth       int  // rows beyond this index are never returned; 0 = no limit
	Total       Total
	IgnorePage  bool      // every page is the first
	RepeatLast  bool      // pages beyond the end repeat the last page
	IgnoreCount bool      // every page has DefaultCount rows
	OddCounts   bool      // a count that is not a multiple of ten is treated as DefaultCount
	Lags        []float64 // how far each replica lags; a request goes to one at random
	Lying       Lying
}

// DefaultCount is the count of a request without one.
const DefaultCount = 20

// Total says what a server sends as totalCount.
type Total int

const (
	TotalExact    Total = iota // rows that can be listed now
	TotalRaw                   // rows before the filter
	TotalPage                  // rows of this page
	TotalCached                // exact, up to five units of time ago
	TotalNoisy                 // within 2 % of exact
	TotalDoubled               // twice the exact total
	TotalZero                  // always 0
	TotalNegative              // always -1
	TotalSkipped               // exact, but where the page is short, its last row: many frameworks skip the count there
)

// Totals lists every kind of total.
func Totals() []Total {
	return []Total{TotalExact, TotalRaw, TotalPage, TotalCached, TotalNoisy, TotalDoubled, TotalZero, TotalNegative, TotalSkipped}
}

// Page is one response.
type Page struct {
	Items []Item
	Total int
}

// Server pages a List.
type Server struct {
	List     *List
	paging   Paging
	rng      *rand.Rand
	replicas []view
	cached   int
	cachedAt float64

	responses, lied int
	old             view // LieOld: the list some time ago
}

// cacheTime is how long a cached total is kept.
const cacheTime = 5

// NewServer serves l. Replicas begin with the present state of l. It panics if the kind of total is unknown.
func NewServer(l *List, p Paging) *Server {
	known("total", p.Total, TotalSkipped)
	s := &Server{List: l, paging: p, rng: rand.New(rand.NewPCG(l.cfg.Seed, 0x70616765)), cachedAt: -2 * cacheTime}
	for range p.Lags {
		v := view{order: l.cfg.Order, done: len(l.log)}
		v.rows = append(v.rows, l.live.rows...)
		s.replicas = append(s.replicas, v)
	}
	s.old = view{order: l.cfg.Order, rows: slices.Clone(l.live.rows), done: len(l.log)}
	return s
}

// Request asks for a page. Page and count below 1 mean their defaults.
type Request struct {
	Page, Count int
	Filter      Filter          // in addition to the list's
	Keep        func(Item) bool // the list has only these items; nil = all
	IgnorePage  bool            // as in Paging
	RepeatLast  bool            // as in Paging
	Depth       int             // as in Paging
}

// Page returns a page of the present list. Page and count below 1 mean their defaults.
func (s *Server) Page(page, count int) (Page, error) {
	return s.Serve(Request{Page: page, Count: count})
}

// Serve responds to a request with a page of the present list.
func (s *Server) Serve(q Request) (Page, error) {
	known("filter", q.Filter, FilterAfter)
	page, count := q.Page, q.Count
	if s.paging.Reject > 0 && count > s.paging.Reject {
		return Page{}, ErrCount
	}
	if count < 1 || s.paging.IgnoreCount || s.paging.OddCounts && count%10 != 0 {
		count = DefaultCount
	}
	if s.paging.Clamp && s.paging.Cap > 0 {
		count = min(count, s.paging.Cap)
	}
	if page < 1 || s.paging.IgnorePage || q.IgnorePage {
		page = 1
	}
	lies := s.lies()
	rows := q.rows(s.rows(lies))
	offset := (page - 1) * count
	if (s.paging.RepeatLast || q.RepeatLast) && offset >= len(rows) {
		offset = max(0, len(rows)-1) / count * count
	}
	if s.paging.Cap > 0 {
		count = min(count, s.paging.Cap)
	}
	exact := s.exact(q, rows)
	if lies {
		if rows = s.withhold(rows); s.paging.Lying.Lie == LieCap {
			count = (count + 1) / 2
		}
	}
	if depth := cmp.Or(q.Depth, s.paging.Depth); depth > 0 {
		rows = rows[:min(len(rows), depth)]
	}
	from := max(0, min(offset, len(rows)))
	to := max(from, min(from+count, len(rows)))
	items := make([]Item, 0, to-from)
	bytes, cut := 0, false
	for i, r := range s.List.cfg.Order.cut(rows, from, to, s.rng) {
		bytes += r.bytes
		if from+i >= len(rows)-s.paging.Heavy {
			bytes += (cmp.Or(s.paging.HeavyBy, 4) - 1) * r.bytes
		}
		if cut = s.paging.Bytes > 0 && bytes > s.paging.Bytes && len(items) > 0; cut {
			break
		}
		if lies && s.omits(from+i, len(rows), i, to-from) {
			continue
		}
		if s.List.cfg.Filter != FilterAfter && q.Filter != FilterAfter || r.Attendees != 1 {
			items = append(items, r.Item)
		}
	}
	total := s.total(exact, len(items))
	if s.paging.Total == TotalSkipped && len(items) < count && !cut && (len(items) > 0 || from == 0) {
		total = from + len(items)
	}
	if lies {
		total = s.lyingTotal(total)
	}
	return Page{Items: items, Total: total}, nil
}

// rows are those of a list that meet the request's own conditions.
func (q Request) rows(all []*Row) []*Row {
	if q.Keep == nil && q.Filter != FilterBefore {
		return all
	}
	kept := make([]*Row, 0, len(all))
	for _, r := range all {
		if (q.Filter != FilterBefore || r.Attendees != 1) && (q.Keep == nil || q.Keep(r.Item)) {
			kept = append(kept, r)
		}
	}
	return kept
}

// exact is the true total: before the filter for TotalRaw, otherwise after it.
func (s *Server) exact(q Request, rows []*Row) int {
	switch {
	case s.paging.Total == TotalRaw && q.Filter == FilterBefore:
		q.Filter = FilterNone
		return len(q.rows(s.List.live.rows))
	case s.paging.Total == TotalRaw:
		return len(rows)
	case q.Filter == FilterAfter:
		q.Filter = FilterBefore
		return len(q.rows(rows))
	case s.List.cfg.Filter == FilterAfter:
		return s.List.Len()
	}
	return len(rows)
}

// rows is the list of the replica that responds.
func (s *Server) rows(lies bool) []*Row {
	if lies && s.paging.Lying.Lie == LieOld {
		return s.catchUp(&s.old, s.paging.Lying.Age)
	}
	if len(s.replicas) == 0 {
		return s.List.live.rows
	}
	i := s.rng.IntN(len(s.replicas))
	return s.catchUp(&s.replicas[i], s.paging.Lags[i])
}

// catchUp applies to a view what happened until some time ago.
func (s *Server) catchUp(v *view, lag float64) []*Row {
	for v.done < len(s.List.log) && s.List.log[v.done].at <= s.List.now-lag {
		v.apply(s.List.log[v.done])
		v.done++
	}
	return v.rows
}

func (s *Server) total(exact, onPage int) int {
	switch s.paging.Total {
	case TotalPage:
		return onPage
	case TotalCached:
		if s.List.now >= s.cachedAt+cacheTime {
			s.cached, s.cachedAt = exact, s.List.now
		}
		return s.cached
	case TotalNoisy:
		return exact + int(float64(exact)*(s.rng.Float64()-0.5)*0.04)
	case TotalDoubled:
		return 2 * exact
	case TotalZero:
		return 0
	case TotalNegative:
		return -1
	default:
		return exact
	}
}

// Lag is the largest lag of a replica.
func (s *Server) Lag() float64 {
	lag := s.paging.Lying.Age
	for _, d := range s.paging.Lags {
		lag = max(lag, d)
	}
	return lag
}

// Truth is the list's truth as this server showed it: a row counts as listed while a replica still shows it.
func (s *Server) Truth(from, to float64) Truth { return s.List.Truth(from-s.Lag(), to) }
