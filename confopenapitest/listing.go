package confopenapitest

import (
	"slices"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// Order is the order of the list. The real service's is unknown. Options panic on values that are none of these.
type Order int

// The orders. From OrderStartDown to OrderConferenceTextDown they sort by what a client can see; OrderGiven, OrderStart and
// OrderArbitrary keep the relative order of conferences without showing why; the others do not keep it.
const (
	OrderGiven                Order = iota // as set; what is added comes last, what comes back takes its old place
	OrderStartDown                         // start time, latest first; event id, largest first
	OrderStartUp                           // start time, earliest first; event id, smallest first
	OrderEventUp                           // event id
	OrderEventDown                         // event id, largest first
	OrderConferenceNumberUp                // conference id as a number
	OrderConferenceNumberDown              // conference id as a number, largest first
	OrderConferenceTextUp                  // conference id as text
	OrderConferenceTextDown                // conference id as text, largest first
	OrderStart                             // start time, latest first; ties in an arbitrary but stable order
	OrderArbitrary                         // arbitrary but stable
	OrderLooseTies                         // start time, latest first; ties shuffled by every request
	OrderSwapRemove                        // what is added comes last; the last moves into the place of one that ends
	OrderReentry                           // latest to enter first; what comes back moves to the top
	OrderSortedPage                        // arbitrary but stable, and every page is sorted by start time after it was cut
	OrderShuffled                          // shuffled by every request
)

var orders = [...]livelist.Order{
	livelist.Given, livelist.StartDown, livelist.StartUp, livelist.EventUp, livelist.EventDown, livelist.NumberUp,
	livelist.NumberDown, livelist.TextUp, livelist.TextDown, livelist.StartOnly, livelist.Arbitrary, livelist.LooseTies,
	livelist.SwapRemove, livelist.Reentry, livelist.SortedPage, livelist.Shuffled,
}

func (o Order) model() livelist.Order {
	if o < 0 || int(o) >= len(orders) {
		panic("confopenapitest: no such order")
	}
	return orders[o]
}

// String names the order.
func (o Order) String() string { return o.model().String() }

// Orders lists every order.
func Orders() []Order {
	all := make([]Order, len(orders))
	for i := range all {
		all[i] = Order(i)
	}
	return all
}

// Stable reports whether two conferences of such a list always stay in the same relative order.
func (o Order) Stable() bool { return o.model().Stable() }

// Total is what the service puts into totalCount. In the vendor's own example the total and the list do not agree.
type Total int

// The totals.
const (
	TotalExact    Total = iota // conferences that can be listed now
	TotalRaw                   // conferences before filterOneAttendee
	TotalPage                  // conferences of this page
	TotalCached                // exact, up to five requests ago
	TotalNoisy                 // within 2 % of exact
	TotalDoubled               // twice as many
	TotalZero                  // always 0
	TotalNegative              // always -1
)

func (t Total) model() livelist.Total {
	all := livelist.Totals() // in the same order
	if t < 0 || int(t) >= len(all) {
		panic("confopenapitest: no such total")
	}
	return all[t]
}

// Oddities is how the listing differs from one that gives exactly what it is asked for. All of it models what servers are
// known to do; what this service does is unknown. The zero value is a listing without oddities.
type Oddities struct {
	MaxCount          int  // at most so many conferences a page, silently; pages are then so long; 0 = no cap
	MaxRows           int  // at most so many conferences a page, silently, though pages are as far apart as was asked; 0 = no cap
	RejectCount       int  // a larger count is answered with HTTP 400; 0 = none is
	MaxPageBytes      int  // a page ends before the conference that would make it larger, reckoned at 300 to 1,500 bytes each; 0 = no limit
	MaxDepth          int  // conferences beyond so many are never shown; 0 = no limit
	FilterAfterPaging bool // filterOneAttendee thins the pages out instead of the list
	IgnorePage        bool // every page is the first
	RepeatLastPage    bool // pages beyond the end are the last one again
	IgnoreCount       bool // every page has 20 conferences
	RoundCounts       bool // a count that is no multiple of ten is taken as 20
	Total             Total
	// Lags is how many requests each of the replicas is behind that answer at random, by the seed of Churn; nil = one that
	// is up to date.
	Lags []float64
}

func (o Oddities) model() livelist.Paging {
	p := livelist.Paging{
		Cap: o.MaxRows, Reject: o.RejectCount, Bytes: o.MaxPageBytes, Depth: o.MaxDepth, Total: o.Total.model(),
		IgnorePage: o.IgnorePage, RepeatLast: o.RepeatLastPage, IgnoreCount: o.IgnoreCount, OddCounts: o.RoundCounts,
		Lags: slices.Clone(o.Lags),
	}
	if o.MaxCount > 0 {
		p.Cap, p.Clamp = o.MaxCount, true
	}
	return p
}

// Churn is how the list lives by itself. Rates are per request: the list moves on by one unit with every request, whatever
// the clock says. A list stays roughly as long as it is: beyond twice that, nothing starts. The zero value is a list at
// rest.
type Churn struct {
	Seed uint64 // the same seed and the same requests give the same changes

	Rate    float64 // starts and ends, half each
	Toggle  float64 // conferences whose attendees become one, or two if there was one
	Resume  float64 // share of the ended that come back as the same run, a few requests later
	Restart float64 // share of the ended that run anew, with a later start

	SingleShare float64 // share of new conferences that have exactly one attendee
	RoundStarts int64   // new starts are multiples of so many seconds, which makes ties; 0 = to the second
	BurstEvery  float64 // every so many requests …
	BurstSize   int     // … so many conferences start, all at the same second, and as many end
}

func (c Churn) model() livelist.Config {
	return livelist.Config{
		Seed: c.Seed, Churn: c.Rate, Toggle: c.Toggle, Return: c.Resume, Restart: c.Restart, Single: c.SingleShare,
		Round: c.RoundStarts, RisingIDs: true, Burst: livelist.Burst{Every: c.BurstEvery, Size: c.BurstSize},
	}
}

// newList makes the list that nobody has read yet.
func (s *Service) newList(list []confopenapi.Conference) {
	cfg := s.churn.model()
	cfg.Order, cfg.Items, cfg.Size, cfg.Epoch = s.order.model(), s.catalog.add(list), len(list), epochAfter(list, 0)
	s.list = livelist.New(cfg)
	s.pages = livelist.NewServer(s.list, s.oddities.model())
}

// epochAfter is the time at request 0 that makes conferences which start by themselves the youngest; 0 = any.
func epochAfter(list []confopenapi.Conference, count int) int64 {
	latest := int64(0)
	for _, c := range list {
		latest = max(latest, int64(c.StartTime))
	}
	if latest == 0 {
		return 0
	}
	return latest + 1 - int64(count)
}

// SetChurn replaces how the list lives by itself, from the next request on. Conferences that were to come back by
// themselves do not.
func (s *Service) SetChurn(c Churn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.between()
	s.churn = c
	s.list.SetChurn(c.model())
}

// SetOddities replaces how the listing differs from one that gives what it is asked for, from the next request on.
// Replicas begin with the list as it is now.
func (s *Service) SetOddities(o Oddities) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.between()
	s.oddities = o
	s.pages = livelist.NewServer(s.list, o.model())
}

// visibleTo is the condition of an administrator, or nil.
func (s *Service) visibleTo(adminUserID int64) func(livelist.Item) bool {
	if s.sees == nil || adminUserID == 0 {
		return nil
	}
	return func(it livelist.Item) bool { return s.sees(adminUserID, s.catalog.conference(it)) }
}
