// Package diff turns a series of listings into what happened between them.
//
// A naive difference of two listings takes a row that a page missed for one that ended. A Tracker
// ends a run only on evidence:
//
//   - a Complete listing without it, or a witness: a page of a list verified as sorted that has rows
//     on both sides of the run's place (overlap.Evidence). Both are proof that it was out of the list
//     at some moment of the poll, so the event is Proven.
//   - two Conditional listings without it, or GiveUp fully answered polls of any verdict: the event is
//     not Proven.
//
// An Incomplete listing proves no end, whatever its pages show: a server that answers one page and
// fails the rest ends nothing.
package diff

import (
	"cmp"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// Kind is what happened to a run.
type Kind int

const (
	Existing  Kind = iota + 1 // there at the first look, or after a listing that may have missed it
	Started                   // new since the listing before
	Updated                   // members changed
	Ended                     // out of the list
	Resumed                   // the same run is back
	Restarted                 // the same reservation runs anew; the Ended of its earlier run came before
)

// Row is one row of a listing. Digests stand for the members whose change is an update, one each, in
// an order that never changes; 0 is unknown and no change. Sixteen bits tell a change and are too few to tell what was
// there, if that has many more: see Tracker.Unkept.
type Row[T any] struct {
	Key     overlap.Key
	Digests []uint16
	Item    T
}

// Poll is what the listing was worth.
type Poll struct {
	Verdict  overlap.Verdict
	Answered bool              // no request failed for good
	Evidence *overlap.Evidence // nil = none
	At       time.Time
}

// Event is one change.
type Event[T any] struct {
	Kind     Kind
	Key      overlap.Key
	Item     T     // as last seen; zero for an Ended run known only from a restored state
	Changed  []int // Updated: indexes into Digests
	Proven   bool  // Ended: proven, not inferred
	At       time.Time
	LastSeen time.Time
}

// absences is how many Conditional listings without a run end it.
const absences = 2

// memory is how long an ended run is remembered: a conference can come back for twelve hours.
const memory = 12 * time.Hour

// Tracker follows the runs of a list. The zero Tracker knows none. It marshals as JSON: identities and digests,
// no items. It is not safe for concurrent use.
type Tracker[T any] struct {
	GiveUp int   // fully answered polls without a trace before an Ended that is not proven; 0 = never
	Unkept []int // indexes of digests that the JSON leaves out

	settled bool // the listing before was at least Conditional
	known   map[overlap.Key]*run[T]
	ended   map[overlap.Key]time.Time // when
}

// run is a run that is in the list as far as is known.
type run[T any] struct {
	item     T
	digests  []uint16
	lastSeen time.Time
	absent   int // Conditional listings without it
	missed   int // fully answered polls without it
}

// Step takes in the next listing and returns what changed: what ended first, then what came, then what was updated.
func (t *Tracker[T]) Step(rows []Row[T], poll Poll) []Event[T] {
	change := t.Compare(rows, poll)
	change.Finish()
	return change.Events
}

// Change is what a listing changes. Its events take effect one by one, so that a Tracker that is marshalled, or goes on
// with another listing, between two of them knows exactly those that were told.
type Change[T any] struct {
	Events  []Event[T]
	tracker *Tracker[T]
	poll    Poll
	now     map[overlap.Key]Row[T]
	applied int
}

// Compare finds what changed, in the order of Step. It changes nothing: Next and Finish do.
func (t *Tracker[T]) Compare(rows []Row[T], poll Poll) *Change[T] {
	if t.known == nil {
		t.known, t.ended = map[overlap.Key]*run[T]{}, map[overlap.Key]time.Time{}
	}
	order, now := distinct(rows)
	c := &Change[T]{tracker: t, poll: poll, now: now, Events: t.endings(order, now, poll)}
	gone := runsOf(t.ended)
	for _, e := range c.Events {
		gone.add(e.Key)
	}
	var updates []Event[T]
	for _, k := range order {
		e := Event[T]{Key: k, Item: now[k].Item, At: poll.At, LastSeen: poll.At}
		if r := t.known[k]; r == nil {
			e.Kind = t.arrival(k, gone)
			c.Events = append(c.Events, e)
		} else if e.Changed = changes(r.digests, now[k].Digests); len(e.Changed) > 0 {
			e.Kind = Updated
			updates = append(updates, e)
		}
	}
	c.Events = append(c.Events, updates...)
	return c
}

// Next lets the next event take effect.
func (c *Change[T]) Next() {
	e := c.Events[c.applied]
	c.applied++
	if e.Kind == Ended {
		c.tracker.ended[e.Key] = e.At
		delete(c.tracker.known, e.Key)
		return
	}
	delete(c.tracker.ended, e.Key)
	c.tracker.see(c.now[e.Key], e.At)
}

// Finish lets the events that are left take effect, and what else the listing tells.
func (c *Change[T]) Finish() {
	for c.applied < len(c.Events) {
		c.Next()
	}
	t := c.tracker
	for k, r := range t.known {
		if row, here := c.now[k]; here {
			t.see(row, c.poll.At)
			continue
		}
		r.missed, r.absent = r.missing(c.poll)
	}
	for k, at := range t.ended {
		if c.poll.At.Sub(at) > memory {
			delete(t.ended, k)
		}
	}
	t.settled = c.poll.Verdict >= overlap.Conditional
}

// see notes a row that is in the list.
func (t *Tracker[T]) see(row Row[T], at time.Time) {
	r := t.known[row.Key]
	if r == nil {
		r = &run[T]{}
		t.known[row.Key] = r
	}
	*r = run[T]{item: row.Item, digests: row.Digests, lastSeen: at}
}

// missing counts one more poll without the run.
func (r *run[T]) missing(poll Poll) (missed, absent int) {
	missed, absent = r.missed, r.absent
	if poll.Answered {
		missed++
	}
	if poll.Verdict == overlap.Conditional {
		absent++
	}
	return missed, absent
}

// endings decides which of the known runs that the listing lacks have ended.
func (t *Tracker[T]) endings(order []overlap.Key, now map[overlap.Key]Row[T], poll Poll) []Event[T] {
	latest := map[reservation]int64{} // start of the latest run in the listing
	for _, k := range order {
		latest[reservationOf(k)] = max(latest[reservationOf(k)], k.Start)
	}
	var events []Event[T]
	for k, r := range t.known {
		if _, here := now[k]; here {
			continue
		}
		missed, absent := r.missing(poll)
		proven := poll.Verdict == overlap.Complete || poll.Verdict == overlap.Conditional && poll.Evidence.Gone(k)
		replaced := poll.Verdict >= overlap.Conditional && latest[reservationOf(k)] > k.Start
		if proven || replaced || absent >= absences || t.GiveUp > 0 && poll.Answered && missed >= t.GiveUp {
			events = append(events, Event[T]{Kind: Ended, Key: k, Item: r.item, Proven: proven, At: poll.At, LastSeen: r.lastSeen})
		}
	}
	slices.SortFunc(events, func(a, b Event[T]) int { return compareKeys(a.Key, b.Key) })
	return events
}

// arrival says how a run came that was not known.
func (t *Tracker[T]) arrival(k overlap.Key, gone starts) Kind {
	if _, before := t.ended[k]; before {
		return Resumed
	}
	if start, before := gone[reservationOf(k)]; before && start < k.Start {
		return Restarted
	}
	if t.settled {
		return Started
	}
	return Existing
}

// reservation is what the runs of one conference have in common.
type reservation struct {
	eventID      int64
	conferenceID string
}

func reservationOf(k overlap.Key) reservation { return reservation{k.EventID, k.ConferenceID} }

// starts is the first start among the ended runs of each reservation.
type starts map[reservation]int64

func (s starts) add(k overlap.Key) {
	if start, ok := s[reservationOf(k)]; !ok || k.Start < start {
		s[reservationOf(k)] = k.Start
	}
}

func runsOf(ended map[overlap.Key]time.Time) starts {
	s := make(starts, len(ended))
	for k := range ended {
		s.add(k)
	}
	return s
}

// distinct is one row for each key, in the listing's order. Rows that share a key are taken together, so that their
// order makes no update; rows without any id cannot be followed.
func distinct[T any](rows []Row[T]) (order []overlap.Key, now map[overlap.Key]Row[T]) {
	now = make(map[overlap.Key]Row[T], len(rows))
	for _, row := range rows {
		if row.Key.EventID == 0 && row.Key.ConferenceID == "" {
			continue
		}
		twin, ok := now[row.Key]
		if !ok {
			order = append(order, row.Key)
			now[row.Key] = row
			continue
		}
		twin.Digests = slices.Clone(twin.Digests)
		for i := range min(len(twin.Digests), len(row.Digests)) {
			twin.Digests[i] += row.Digests[i]
		}
		now[row.Key] = twin
	}
	return order, now
}

// changes are the indexes at which digests differ. Digests of another version, with more or fewer members, say nothing.
func changes(before, after []uint16) []int {
	if len(before) != len(after) {
		return nil
	}
	var changed []int
	for i := range before {
		if before[i] != after[i] && before[i] != 0 && after[i] != 0 {
			changed = append(changed, i)
		}
	}
	return changed
}

func compareKeys(a, b overlap.Key) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.ConferenceID, b.ConferenceID))
}
