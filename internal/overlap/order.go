package overlap

import (
	"cmp"
	"math/bits"
	"strings"
)

// Key is the identity of one run of a conference, which is also all that a list can be sorted by here.
type Key struct {
	EventID      int64
	ConferenceID string
	Start        int64
}

// nameless reports whether the key names nothing.
func (k Key) nameless() bool { return k.EventID == 0 && k.ConferenceID == "" }

// signs is how one key compares with another, member by member.
type signs struct{ start, event, number, text int }

func compareKeys(a, b Key) signs {
	s := compareIntegers(a, b)
	s.number, s.text = compareNumbers(a.ConferenceID, b.ConferenceID), cmp.Compare(a.ConferenceID, b.ConferenceID)
	return s
}

// compareIntegers is compareKeys without the conference ids, which take their time.
func compareIntegers(a, b Key) signs {
	return signs{start: cmp.Compare(a.Start, b.Start), event: cmp.Compare(a.EventID, b.EventID)}
}

// compareNumbers compares digits as a number of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// order is one way in which a server may sort the list.
type order struct {
	name  string
	by    func(signs) int
	total bool // no two rows compare equal
}

// linked reports whether a window whose first row is s away from the last row known so far
// begins among what is known. Without a total order, rows that tie with the last may follow it.
func (o order) linked(s signs) bool {
	c := o.by(s)
	return c < 0 || c == 0 && o.total
}

// orders are the ways that are tried. Start time alone leaves ties open.
var orders = [...]order{
	startUp:   {"start time", func(s signs) int { return s.start }, false},
	startDown: {"start time, latest first", func(s signs) int { return -s.start }, false},
	2:         {"start time, event id", func(s signs) int { return cmp.Or(s.start, s.event) }, true},
	3:         {"start time, largest event id first", func(s signs) int { return cmp.Or(s.start, -s.event) }, true},
	4:         {"start time, latest first, event id", func(s signs) int { return cmp.Or(-s.start, s.event) }, true},
	5:         {"start time, latest first, largest event id first", func(s signs) int { return cmp.Or(-s.start, -s.event) }, true},
	6:         {"event id", func(s signs) int { return s.event }, true},
	7:         {"event id, largest first", func(s signs) int { return -s.event }, true},
	8:         {"conference id as a number", func(s signs) int { return s.number }, true},
	9:         {"conference id as a number, largest first", func(s signs) int { return -s.number }, true},
	10:        {"conference id as text", func(s signs) int { return s.text }, true},
	11:        {"conference id as text, largest first", func(s signs) int { return -s.text }, true},
}

const (
	startUp   = 0
	startDown = 1
)

// orderSet is a set of orders, one bit each.
type orderSet uint16

const (
	everyOrder    = orderSet(1)<<len(orders) - 1
	integerOrders = orderSet(1)<<8 - 1 // those that no conference id has part in
)

func (s orderSet) has(i int) bool { return s>>i&1 == 1 }

// minSteps is how many strictly ascending steps an order must have been seen to take
// before it is believed: by chance, 1 in 7! lists takes them.
const minSteps = 7

// minTieSteps is how many ties of one start time must be broken by event id, all the same way,
// before the possibility is dropped that nothing breaks them.
const minTieSteps = 16

// evidence is what the windows have shown of the list's order.
type evidence struct {
	refuted  orderSet
	steps    [len(orders)]int // strict steps
	tieSteps [len(orders)]int // of these, between rows of one start time
}

// see takes in the rows of one window.
func (e *evidence) see(keys []Key) {
	for i := 1; i < len(keys); i++ {
		e.step(keys[i-1], keys[i])
	}
}

// step takes in that a was listed before b.
func (e *evidence) step(a, b Key) {
	if e.refuted == everyOrder {
		return
	}
	compare := compareKeys
	if e.refuted|integerOrders == everyOrder {
		compare = compareIntegers
	}
	s := compare(a, b)
	for left := everyOrder &^ e.refuted; left != 0; left &= left - 1 {
		i := bits.TrailingZeros16(uint16(left))
		switch c := orders[i].by(s); {
		case c < 0:
			e.steps[i]++
			if s.start == 0 {
				e.tieSteps[i]++
			}
		case c > 0 || orders[i].total:
			e.refuted |= 1 << i
		}
	}
}

// refute drops the orders in which b comes before a, though a was listed far ahead of b.
func (e *evidence) refute(a, b Key) {
	s := compareKeys(a, b)
	for i := range orders {
		if orders[i].by(s) > 0 {
			e.refuted |= 1 << i
		}
	}
}

// fitting is the set of orders that the list may be sorted by: every one of them must be reckoned with.
func (e *evidence) fitting() orderSet {
	var fit orderSet
	for i := range orders {
		if !e.refuted.has(i) && e.steps[i] >= minSteps {
			fit |= 1 << i
		}
	}
	if e.tiesBroken(2, 3) {
		fit &^= 1 << startUp
	}
	if e.tiesBroken(4, 5) {
		fit &^= 1 << startDown
	}
	return fit
}

func (e *evidence) tiesBroken(orders ...int) bool {
	for _, i := range orders {
		if !e.refuted.has(i) && e.tieSteps[i] >= minTieSteps {
			return true
		}
	}
	return false
}
