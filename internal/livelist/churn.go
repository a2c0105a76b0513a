package livelist

import (
	"cmp"
	"math"
	"slices"
)

// Config says how a list begins and how it changes. Rates are per unit of time.
type Config struct {
	Seed      uint64
	Size      int          // rows at the beginning
	Items     []Item       // the first rows; the others are generated
	Epoch     int64        // the Unix time of time 0; 0 = the constant Epoch
	Now       func() int64 // the Unix time, and the list stays lifelike however long it runs; nil = time passes as the list's does, from Epoch
	Warm      float64      // how long the list changes before time 0
	Order     Order
	Round     int64   // start times are multiples of Round seconds, which makes ties; 0 = whole seconds
	RisingIDs bool    // a later start gets a larger event id
	Single    float64 // share with exactly one attendee
	Anonymous float64 // share without any id
	Twins     float64 // share listed on two rows
	Filter    Filter

	Churn   float64 // starts and ends, half each
	Toggle  float64 // changes from one attendee to two or back
	Return  float64 // share of the ended ones that resume as the same run
	Restart float64 // share of the ended ones that restart with another start time
	Burst   Burst
	Shrink  Shrink
}

// Burst starts Size conferences in the same second and ends as many, at Every and its multiples.
type Burst struct {
	Every float64
	Size  int
}

// Shrink ends conferences at time At until To are left; At 0 = never.
type Shrink struct {
	At float64
	To int
}

// Filter says how conferences with exactly one attendee are listed.
type Filter int

const (
	FilterNone   Filter = iota // like all others
	FilterBefore               // not at all: they are removed before the list is paged
	FilterAfter                // not at all: they are removed from the pages, which become shorter
)

const forever = math.MaxFloat64

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

// Advance changes the list up to the time to; an earlier time is ignored.
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
		l.changeOne()
	}
	l.now = max(l.now, to)
}

// changeOne makes one random change.
func (l *List) changeOne() {
	switch p := l.rng.Float64() * (l.cfg.Churn + l.cfg.Toggle); {
	case p < l.cfg.Churn*l.starting():
		l.startNew()
	case p < l.cfg.Churn:
		if r := l.any(); r != nil {
			l.endAtRandom(r)
		}
	default:
		if r := l.any(); r != nil {
			l.setAttendees(r, l.attendees(r))
		}
	}
}

// starting is the share of starts among starts and ends. A lifelike list tends to its first length.
func (l *List) starting() float64 {
	if l.cfg.Now == nil {
		return 0.5
	}
	return 0.5 + float64(l.cfg.Size-len(l.live.rows))/float64(max(1, l.cfg.Size))
}

// attendees is how many a row has next. In a lifelike list some come or go.
func (l *List) attendees(r *Row) int {
	switch {
	case l.cfg.Now != nil:
		return min(max(1, r.Attendees-2+l.rng.IntN(6)), 30)
	case r.Attendees == 1:
		return 2
	}
	return 1
}

// startNew starts a new conference, unless the list is already far longer than at its beginning: nobody can read a list to
// its end that grows faster than it is read.
func (l *List) startNew() {
	if len(l.live.rows) <= 2*l.cfg.Size+50 {
		l.start(l.newItem(l.clock()))
	}
}

// any is a random listed row, hidden ones included; nil if there is none.
func (l *List) any() *Row {
	if l.cfg.Filter != FilterBefore {
		if len(l.live.rows) == 0 {
			return nil
		}
		return l.live.rows[l.rng.IntN(len(l.live.rows))]
	}
	for range 50 { // l.rows also has the ended ones: try until one is listed
		if len(l.rows) == 0 {
			return nil
		}
		if r := l.rows[l.rng.IntN(len(l.rows))]; r.listed {
			return r
		}
	}
	return nil
}

// endAtRandom ends a row, and schedules its return or restart with the configured chance.
func (l *List) endAtRandom(r *Row) {
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
			if it.Start = max(l.clock(), it.Start+1); l.cfg.Now == nil || it.Start <= l.clock() {
				l.start(it)
			}
		})
	}
}

func (l *List) burst() {
	for range l.cfg.Burst.Size {
		l.startNew()
		if r := l.any(); r != nil {
			l.endAtRandom(r)
		}
	}
	l.schedule(l.now+l.cfg.Burst.Every, l.burst)
}

// clock is the present Unix time: a unit of the list's time is a second.
func (l *List) clock() int64 {
	if l.cfg.Now != nil {
		return l.cfg.Now()
	}
	return cmp.Or(l.cfg.Epoch, Epoch) + int64(math.Floor(l.now))
}
