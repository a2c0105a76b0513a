// Package diff turns a series of listings into what happened between them.
//
// A row that is not in a listing may have ended, or a page may have missed it. A Tracker ends a run only on evidence:
//
//   - Proven: a Complete listing without it, or a Conditional one with a page that has rows on both sides of its place
//     (overlap.Evidence). Both show that it was out of the list at some moment of the poll.
//   - Not proven: two Conditional listings without it, a listing with a later run of its reservation, or GiveUp fully
//     answered polls of any verdict without it.
package diff

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// Kind is what happened to a run.
type Kind int

const (
	Existing  Kind = iota + 1 // there at the first look, or after a listing that may have missed it
	Started                   // new since the listing before
	Updated                   // fields changed
	Ended                     // out of the list
	Resumed                   // the same run is back
	Restarted                 // the same reservation runs anew; the Ended of its earlier run came before
)

// Row is one row of a listing.
type Row[T any] struct {
	Key     overlap.Key
	Digests []uint16 // of the fields whose change is an update, always in one order; 0 = unknown, which is no change
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

const (
	absences = 2              // Conditional listings without a run that end it
	memory   = 12 * time.Hour // of an ended run: a conference can come back for so long
)

// Tracker follows the runs of a list. The zero Tracker knows none. It marshals as JSON: identities and digests, no items. It
// is not safe for concurrent use.
type Tracker[T any] struct {
	GiveUp int   // fully answered polls without a run before an Ended that is not proven; 0 = never
	Unkept []int // indexes of digests that the JSON leaves out: sixteen bits show much of a field with few values

	settled bool // the listing before was at least Conditional
	known   map[overlap.Key]run[T]
	ended   map[overlap.Key]time.Time // when
}

// run is a run that is in the list as far as is known.
type run[T any] struct {
	item     *T // nil after a restore
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

// Change is what a listing changes. Its events take effect one by one: a Tracker that is marshalled between two of them
// knows exactly those before.
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
		t.known, t.ended = map[overlap.Key]run[T]{}, map[overlap.Key]time.Time{}
	}
	order, now := distinct(rows)
	c := &Change[T]{tracker: t, poll: poll, now: now, Events: t.endings(order, now, poll)}
	gone := map[overlap.Key]int64{} // first start among the ended runs
	ended := slices.Collect(maps.Keys(t.ended))
	for _, e := range c.Events {
		ended = append(ended, e.Key)
	}
	for _, k := range ended {
		if start, ok := gone[reservation(k)]; !ok || k.Start < start {
			gone[reservation(k)] = k.Start
		}
	}
	var updates []Event[T]
	for _, k := range order {
		e := Event[T]{Key: k, Item: now[k].Item, At: poll.At, LastSeen: poll.At}
		if r, known := t.known[k]; !known {
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
	c.see(e.Key)
}

// Finish lets the events that are left take effect, and notes what else the listing shows.
func (c *Change[T]) Finish() {
	for c.applied < len(c.Events) {
		c.Next()
	}
	t := c.tracker
	for k, r := range t.known {
		if _, here := c.now[k]; here {
			c.see(k)
		} else {
			t.known[k] = r.without(c.poll)
		}
	}
	maps.DeleteFunc(t.ended, func(_ overlap.Key, at time.Time) bool { return c.poll.At.Sub(at) > memory })
	t.settled = c.poll.Verdict >= overlap.Conditional
}

// see notes a row that is in the list.
func (c *Change[T]) see(k overlap.Key) {
	row := c.now[k]
	c.tracker.known[k] = run[T]{item: &row.Item, digests: row.Digests, lastSeen: c.poll.At}
}

// without is the run after one more poll without it.
func (r run[T]) without(poll Poll) run[T] {
	if poll.Answered {
		r.missed++
	}
	if poll.Verdict == overlap.Conditional {
		r.absent++
	}
	return r
}

// endings decides which of the known runs that the listing lacks have ended.
func (t *Tracker[T]) endings(order []overlap.Key, now map[overlap.Key]Row[T], poll Poll) []Event[T] {
	latest := map[overlap.Key]int64{} // start of the latest run in the listing
	for _, k := range order {
		latest[reservation(k)] = max(latest[reservation(k)], k.Start)
	}
	var events []Event[T]
	for k, r := range t.known {
		if _, here := now[k]; here {
			continue
		}
		r = r.without(poll)
		proven := poll.Verdict == overlap.Complete || poll.Verdict == overlap.Conditional && poll.Evidence.Gone(k)
		replaced := poll.Verdict >= overlap.Conditional && latest[reservation(k)] > k.Start
		if proven || replaced || r.absent >= absences || t.GiveUp > 0 && poll.Answered && r.missed >= t.GiveUp {
			events = append(events, Event[T]{Kind: Ended, Key: k, Item: *cmp.Or(r.item, new(T)), Proven: proven, At: poll.At, LastSeen: r.lastSeen})
		}
	}
	slices.SortFunc(events, func(a, b Event[T]) int { return compareKeys(a.Key, b.Key) })
	return events
}

// arrival says how a run came that was not known.
func (t *Tracker[T]) arrival(k overlap.Key, gone map[overlap.Key]int64) Kind {
	if _, before := t.ended[k]; before {
		return Resumed
	}
	if start, before := gone[reservation(k)]; before && start < k.Start {
		return Restarted
	}
	if t.settled {
		return Started
	}
	return Existing
}

// reservation is what the runs of one conference have in common: the key without the start.
func reservation(k overlap.Key) overlap.Key {
	k.Start = 0
	return k
}

// distinct is one row for each key, in the listing's order. The digests of rows that share a key are added up, so that
// their order makes no update. Rows without any id cannot be followed.
func distinct[T any](rows []Row[T]) (order []overlap.Key, now map[overlap.Key]Row[T]) {
	now = make(map[overlap.Key]Row[T], len(rows))
	for _, row := range rows {
		if reservation(row.Key) == (overlap.Key{}) {
			continue
		}
		if twin, ok := now[row.Key]; ok {
			twin.Digests = slices.Clone(twin.Digests)
			for i := range min(len(twin.Digests), len(row.Digests)) {
				twin.Digests[i] += row.Digests[i]
			}
			row = twin
		} else {
			order = append(order, row.Key)
		}
		now[row.Key] = row
	}
	return order, now
}

// changes are the indexes at which digests differ. Digests of another version, with more or fewer fields, say nothing.
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
