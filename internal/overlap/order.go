package overlap

import (
	"cmp"
	"math/bits"
	"strings"
)

// Key is the identity of a row, and what the list may be sorted by.
type Key struct {
	EventID      int64  `json:"eventId,omitempty"`
	ConferenceID string `json:"conferenceId,omitempty"`
	Start        int64  `json:"start,omitempty"`
}

// anonymous reports whether the key identifies nothing.
func (k Key) anonymous() bool { return k.EventID == 0 && k.ConferenceID == "" }

func byStart(a, b Key) int  { return cmp.Compare(a.Start, b.Start) }
func byEvent(a, b Key) int  { return cmp.Compare(a.EventID, b.EventID) }
func byText(a, b Key) int   { return cmp.Compare(a.ConferenceID, b.ConferenceID) }
func byNumber(a, b Key) int { return compareNumbers(a.ConferenceID, b.ConferenceID) }

// compareNumbers compares digits as a number of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// order is one way in which a server may sort the list.
type order struct {
	name    string
	compare func(a, b Key) int
	total   bool // no two rows compare equal
}

// linked reports whether a window with this first key begins among the rows up to a last key. Unless the order is total,
// rows that tie with the last may follow it.
func (o order) linked(first, last Key) bool {
	c := o.compare(first, last)
	return c < 0 || c == 0 && o.total
}

// orders are those that are tried. Start time alone leaves ties.
var orders = [...]order{
	startUp:   {"start up", byStart, false},
	startDown: {"start down", func(a, b Key) int { return byStart(b, a) }, false},
	2:         {"start up, event up", func(a, b Key) int { return cmp.Or(byStart(a, b), byEvent(a, b)) }, true},
	3:         {"start up, event down", func(a, b Key) int { return cmp.Or(byStart(a, b), byEvent(b, a)) }, true},
	4:         {"start down, event up", func(a, b Key) int { return cmp.Or(byStart(b, a), byEvent(a, b)) }, true},
	5:         {"start down, event down", func(a, b Key) int { return cmp.Or(byStart(b, a), byEvent(b, a)) }, true},
	6:         {"event up", byEvent, true},
	7:         {"event down", func(a, b Key) int { return byEvent(b, a) }, true},
	8:         {"conference up", byNumber, true},
	9:         {"conference down", func(a, b Key) int { return byNumber(b, a) }, true},
	10:        {"conference as text, up", byText, true},
	11:        {"conference as text, down", func(a, b Key) int { return byText(b, a) }, true},
}

const startUp, startDown = 0, 1

// orderSet is a set of orders, one bit each.
type orderSet uint16

const everyOrder = orderSet(1)<<len(orders) - 1

func (s orderSet) has(i int) bool { return s>>i&1 == 1 }

const (
	minSteps    = 7  // strict steps that an order needs: a random list has them with a chance of 1 in 7!
	minTieSteps = 16 // of these between rows of one start time, to exclude the order by start time alone
)

// orderEvidence is what the windows showed of the list's order.
type orderEvidence struct {
	refuted  orderSet
	steps    [len(orders)]int // strict steps
	tieSteps [len(orders)]int // of these, between rows of one start time
}

// see adds the rows of one window.
func (e *orderEvidence) see(keys []Key) {
	for row := 1; row < len(keys) && e.refuted != everyOrder; row++ {
		a, b := keys[row-1], keys[row]
		for left := everyOrder &^ e.refuted; left != 0; left &= left - 1 {
			i := bits.TrailingZeros16(uint16(left))
			switch c := orders[i].compare(a, b); {
			case c < 0:
				e.steps[i]++
				if a.Start == b.Start {
					e.tieSteps[i]++
				}
			case c > 0 || orders[i].total:
				e.refuted |= 1 << i
			}
		}
	}
}

// refute excludes the orders in which b comes before a, since a was listed far before b.
func (e *orderEvidence) refute(a, b Key) {
	for i, o := range orders {
		if o.compare(a, b) > 0 {
			e.refuted |= 1 << i
		}
	}
}

// fitting returns the orders that the list may be sorted by.
func (e *orderEvidence) fitting() orderSet {
	var fit orderSet
	for i := range orders {
		if !e.refuted.has(i) && e.steps[i] >= minSteps {
			fit |= 1 << i
		}
	}
	tiesBroken := func(i int) bool { return !e.refuted.has(i) && e.tieSteps[i] >= minTieSteps }
	if tiesBroken(2) || tiesBroken(3) {
		fit &^= 1 << startUp
	}
	if tiesBroken(4) || tiesBroken(5) {
		fit &^= 1 << startDown
	}
	return fit
}
