package livelist

// Lie is a way in which a service half-fails: its response is a success that shows less than it must.
type Lie int

const (
	LieNone    Lie = iota
	LieEmpty       // no rows, and the right total
	LieZero        // no rows, and the total 0
	LieStale       // no rows, and a total that is too small by a twentieth
	LieHole        // a third of the rows is missing in the middle of the page
	LieThin        // every seventh row of the page is missing
	LieShard       // every eighth row of the list is missing, and pages close up
	LieCluster     // a stretch of the list, an eighth of it, is left out of pages after they were cut
	LieDepth       // the last eighth of the list is never shown
	LieCap         // pages hold half as many rows
	LieOld         // the page of some time ago, with its total
)

var lieNames = [...]string{
	"none", "empty", "empty, total 0", "empty, stale total", "hole", "every seventh row", "shard", "hidden stretch", "depth", "smaller pages", "old page",
}

func (l Lie) String() string { return lieNames[l] }

// Lies lists every kind of lie.
func Lies() []Lie {
	lies := make([]Lie, len(lieNames)-1)
	for i := range lies {
		lies[i] = Lie(i + 1)
	}
	return lies
}

// Lying says what a server's responses lack, and which of them. Totals still count what is missing.
type Lying struct {
	Lie   Lie
	First int     // the first response that lies, from 1
	Every int     // and every so many after it; 0 = it alone, 1 = all
	Times int     // so many at most; 0 = no limit
	Age   float64 // LieOld: how old the page is
}

// lies counts a response and reports whether it lies.
func (s *Server) lies() bool {
	p := s.paging.Lying
	s.responses++
	after := s.responses - p.First
	if p.Lie == LieNone || after < 0 || p.Every == 0 && after > 0 || p.Every > 0 && after%p.Every > 0 || p.Times > 0 && s.lied >= p.Times {
		return false
	}
	s.lied++
	return true
}

// withhold is what a lying server pages of the list.
func (s *Server) withhold(rows []*Row) []*Row {
	switch s.paging.Lying.Lie {
	case LieDepth:
		return rows[:len(rows)-(len(rows)+7)/8]
	case LieShard:
		kept := make([]*Row, 0, len(rows))
		for _, r := range rows {
			if r.bytes%8 != 0 {
				kept = append(kept, r)
			}
		}
		return kept
	default:
		return rows
	}
}

// omits reports whether a lying server leaves out the row at an index of the list, and a place in a page of n rows.
func (s *Server) omits(index, of, place, n int) bool {
	switch s.paging.Lying.Lie {
	case LieEmpty, LieZero, LieStale:
		return true
	case LieHole:
		return n > 2 && place >= n/3 && place < n/3+(n+2)/3
	case LieThin:
		return place%7 == 3
	case LieCluster:
		from := of / 3
		return index >= from && index < from+(of+7)/8
	default:
		return false
	}
}

// lyingTotal is what a lying server says that there are.
func (s *Server) lyingTotal(total int) int {
	switch s.paging.Lying.Lie {
	case LieZero:
		return 0
	case LieStale:
		return total - (total+19)/20
	default:
		return total
	}
}
