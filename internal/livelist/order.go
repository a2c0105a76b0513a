package livelist

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Order is the order of the list.
type Order int

// The orders. The first group sorts by visible keys. In the second the relative order of rows is stable, but no visible key
// explains it. In the third it is not stable.
const (
	StartDown  Order = iota // start time, latest first; event id, largest first
	StartUp                 // start time, earliest first; event id, smallest first
	EventUp                 // event id
	EventDown               // event id, largest first
	NumberUp                // conference id as a number
	NumberDown              // conference id as a number, largest first
	TextUp                  // conference id as text
	TextDown                // conference id as text, largest first

	StartOnly // start time, latest first; ties in an arbitrary but stable order
	Arbitrary // arbitrary but stable
	Given     // in the order of creation: new rows last; a resumed row takes its old place

	LooseTies  // start time, latest first; ties shuffled by every request
	SwapRemove // new rows last; when a row ends, the last row takes its place
	Reentry    // latest listed first: a resumed row moves to the top
	SortedPage // arbitrary but stable; each page is sorted by start time after it was cut
	Shuffled   // shuffled by every request
)

var orderNames = [...]string{
	"start down", "start up", "event up", "event down", "number up", "number down", "text up",
	"text down", "start only", "arbitrary", "given", "loose ties", "swap-remove", "re-entry", "sorted page", "shuffled",
}

func (o Order) String() string {
	if o < 0 || int(o) >= len(orderNames) {
		return "order " + strconv.Itoa(int(o))
	}
	return orderNames[o]
}

// Orders lists every order.
func Orders() []Order {
	orders := make([]Order, len(orderNames))
	for i := range orders {
		orders[i] = Order(i)
	}
	return orders
}

// Sorted reports whether visible keys explain the order.
func (o Order) Sorted() bool { return o <= TextDown }

// Stable reports whether two rows always keep their relative order.
func (o Order) Stable() bool { return o <= Given }

// compare compares two rows; nil if the order depends on history. The rank breaks ties, so that no two rows are equal.
func (o Order) compare() func(a, b *Row) int {
	by := func(major func(a, b *Row) int) func(a, b *Row) int {
		return func(a, b *Row) int { return cmp.Or(major(a, b), cmp.Compare(a.rank, b.rank)) }
	}
	switch o {
	case StartDown:
		return by(func(a, b *Row) int { return cmp.Or(cmp.Compare(b.Start, a.Start), cmp.Compare(b.EventID, a.EventID)) })
	case StartUp:
		return by(func(a, b *Row) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.EventID, b.EventID)) })
	case EventUp:
		return by(func(a, b *Row) int { return cmp.Compare(a.EventID, b.EventID) })
	case EventDown:
		return by(func(a, b *Row) int { return cmp.Compare(b.EventID, a.EventID) })
	case NumberUp:
		return by(func(a, b *Row) int { return compareNumbers(a.ConferenceID, b.ConferenceID) })
	case NumberDown:
		return by(func(a, b *Row) int { return compareNumbers(b.ConferenceID, a.ConferenceID) })
	case TextUp:
		return by(func(a, b *Row) int { return cmp.Compare(a.ConferenceID, b.ConferenceID) })
	case TextDown:
		return by(func(a, b *Row) int { return cmp.Compare(b.ConferenceID, a.ConferenceID) })
	case StartOnly, LooseTies:
		return by(func(a, b *Row) int { return cmp.Compare(b.Start, a.Start) })
	case Arbitrary, Given, SortedPage, Shuffled:
		return by(func(a, b *Row) int { return 0 })
	default:
		return nil
	}
}

func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// cut returns the rows from index from to index to, as one request sees them.
func (o Order) cut(rows []*Row, from, to int, rng *rand.Rand) []*Row {
	switch o {
	case LooseTies:
		lo, hi := from, to
		for lo > 0 && lo < len(rows) && rows[lo-1].Start == rows[lo].Start {
			lo--
		}
		for hi > 0 && hi < len(rows) && rows[hi-1].Start == rows[hi].Start {
			hi++
		}
		run := slices.Clone(rows[lo:hi])
		for i := 0; i < len(run); {
			j := i + 1
			for j < len(run) && run[j].Start == run[i].Start {
				j++
			}
			tie := run[i:j]
			rng.Shuffle(len(tie), func(a, b int) { tie[a], tie[b] = tie[b], tie[a] })
			i = j
		}
		return run[from-lo : to-lo]
	case SortedPage:
		page := slices.Clone(rows[from:to])
		slices.SortStableFunc(page, func(a, b *Row) int { return cmp.Compare(b.Start, a.Start) })
		return page
	case Shuffled:
		page := make([]*Row, 0, to-from)
		for _, i := range rng.Perm(len(rows))[from:to] {
			page = append(page, rows[i])
		}
		return page
	default:
		return rows[from:to]
	}
}
