package livelist

import (
	"cmp"
	"math"
	"slices"
)

// Config says how a list is made and how it lives. Rates are per unit of time.
type Config struct {
	Seed      uint64
	Size      int     // rows at the beginning
	Items     []Item  // the first of them; the rest is invented
	Epoch     int64   // the Unix time of time 0; 0 = Epoch
	Warm      float64 // time that the list lives before time 0
	Order     Order
	Round     int64   // starts are multiples of so many seconds: ties; 0 = to the second
	RisingIDs bool    // event ids are handed out in the order of starting
	Single    float64 // share with exactly one attendee
	Anonymous float64 // share without any id
	Twins     float64 // share listed on two rows
	Filter    Filter

	Churn   float64 // starts plus ends, half each
	Toggle  float64 // conferences that go from one attendee to two or back
	Return  float64 // share of the ended that come back as the same run
	Restart float64 // share of the ended that run anew, with another start
	Burst   Burst
	Shrink  Shrink
}

// Burst makes Size conferences start, all at the same second, and as many end, at Every and its multiples.
type Burst struct {
	Every float64
	Size  int
}

// Shrink ends conferences at time At until To are left; At 0 is never.
type Shrink struct {
	At float64
	To int
}

// Filter says what becomes of conferences with exactly one attendee.
type Filter int

const (
	FilterNone   Filter = iota // they are listed
	FilterBefore               // they are hidden, and the rest is paged
	FilterAfter                // all are paged, and they are left out of the pages
)

const forever = math.MaxFloat64

// secondsPerUnit is how far the clock that stamps starts moves in a unit of time.
const secondsPerUnit = 1

type event struct {
	at   float64
	what func()
}

func (l *List) startChurn() {
	l.next = l.now + l.gap()
	if l.cfg.Burst.Every > 0 {
		l.schedule(l.cfg.Burst.Every, l.burst)
	}
	if l.cfg.Shrink.At > 0 {
		l.schedule(l.cfg.Shrink.At, func() {
			for len(l.live.rows) > l.cfg.Shrink.To {
				l.end(l.live.rows[l.rng.IntN(len(l.live.rows))])
			}
		})
	}
}

func (l *List) gap() float64 {
	rate := l.cfg.Churn + l.cfg.Toggle
	if rate <= 0 {
		return forever
	}
	return l.rng.ExpFloat64() / rate
}

func (l *List) schedule(at float64, what func()) {
	i, _ := slices.BinarySearchFunc(l.pending, at, func(e event, at float64) int {
		if e.at <= at {
			return -1
		}
		return 1
	})
	l.pending = slices.Insert(l.pending, i, event{at, what})
}

// Advance lets the list live until the time to; earlier times are ignored.
func (l *List) Advance(to float64) {
	for {
		scheduled := forever
		if len(l.pending) > 0 {
			scheduled = l.pending[0].at
		}
		if min(l.next, scheduled) > to {
			break
		}
		if scheduled <= l.next {
			e := l.pending[0]
			l.pending = slices.Delete(l.pending, 0, 1)
			l.now = max(l.now, e.at)
			e.what()
			continue
		}
		l.now = l.next
		l.next = l.now + l.gap()
		l.strike()
	}
	l.now = max(l.now, to)
}

// strike is one change by chance.
func (l *List) strike() {
	switch p := l.rng.Float64() * (l.cfg.Churn + l.cfg.Toggle); {
	case p < l.cfg.Churn/2:
		l.startNew()
	case p < l.cfg.Churn:
		if r := l.any(); r != nil {
			l.endForNow(r)
		}
	default:
		if r := l.any(); r != nil {
			n := 1
			if r.Attendees == 1 {
				n = 2
			}
			l.setAttendees(r, n)
		}
	}
}

// startNew starts a new conference, unless returns and bursts have made the list far longer than it began:
// a list that grows faster than it is read has no end.
func (l *List) startNew() {
	if len(l.live.rows) <= 2*l.cfg.Size+50 {
		l.start(l.newItem(l.clock()))
	}
}

// any is a listed row, hidden ones included.
func (l *List) any() *Row {
	if l.cfg.Filter != FilterBefore {
		if len(l.live.rows) == 0 {
			return nil
		}
		return l.live.rows[l.rng.IntN(len(l.live.rows))]
	}
	for range 50 { // rows never leave l.rows, so try until one is still listed
		if len(l.rows) == 0 {
			return nil
		}
		if r := l.rows[l.rng.IntN(len(l.rows))]; r.listed {
			return r
		}
	}
	return nil
}

// endForNow ends a row, and maybe plans its return.
func (l *List) endForNow(r *Row) {
	l.end(r)
	back := l.now + 0.5 + 2*l.rng.ExpFloat64()
	switch p := l.rng.Float64(); {
	case p < l.cfg.Return:
		l.schedule(back, func() {
			if !r.listed {
				l.resume(r)
			}
		})
	case p < l.cfg.Return+l.cfg.Restart:
		l.schedule(back, func() {
			it := r.Item
			it.Start = max(l.clock(), it.Start+1)
			l.start(it)
		})
	}
}

func (l *List) burst() {
	for range l.cfg.Burst.Size {
		l.startNew()
		if r := l.any(); r != nil {
			l.endForNow(r)
		}
	}
	l.schedule(l.now+l.cfg.Burst.Every, l.burst)
}

func (l *List) clock() int64 {
	return cmp.Or(l.cfg.Epoch, Epoch) + int64(math.Floor(l.now*secondsPerUnit))
}
