// Package diff reports what changed between listings. A run is one row of the list: a conference from its start to its end.
//
// A run that a listing lacks may have ended, or a page may have missed it. A Tracker reports its end only on evidence:
//
//   - Proven: a Complete listing lacks it, or a Conditional one whose pages show that it is gone. The listing must not assume what
//     earlier ones learned.
//   - Not proven: two Conditional listings lack it, or one that has a later run of the same conference, or GiveUp polls of
//     any verdict in which no request failed.
//
// Some ends are doubtful, and wait for the second listing that lacks the run: those of runs that came in the last polls, which
// a replica that is behind does not have yet, and those of most runs at once, which a service that half-fails does not show. A
// later run of the same conference leaves no doubt of the end, but does not prove that of a fresh run.
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
	Existing  Kind = iota + 1 // in the first listing, or in one after a listing that may have missed it
	Started                   // new since the last listing
	Updated                   // fields changed
	Ended                     // out of the list
	Resumed                   // an ended run is in the list again
	Restarted                 // a new run of a conference whose earlier run has ended
)

// Row is one row of a listing.
type Row[T any] struct {
	Key     overlap.Key
	Digests []uint32 // of the fields whose change is an update, always in one order; 0 = unknown, which is no change
	Item    T
}

// Poll says how much a listing proved.
type Poll struct {
	Verdict   overlap.Verdict
	Assumed   bool                   // the verdict rests on what earlier listings learned
	Answered  bool                   // every page was read
	Gone      func(overlap.Key) bool // the pages show that a run without a row was out of the list; nil = they show none
	Start, At time.Time              // when the listing began and ended
}

func (p *Poll) start() time.Time { return cmp.Or(p.Start, p.At) }

// Event is one change.
type Event[T any] struct {
	Kind      Kind
	Key       overlap.Key
	Item      T     // as last seen; zero for an Ended run known only from a restored state
	Changed   []int // Updated: indexes into Digests
	Proven    bool  // Ended: proven, not inferred
	At        time.Time
	LastSeen  time.Time // the start of the last listing with the run
	NotBefore time.Time // of a run that came: the start of the last Complete listing, which lacks it; zero = there was none
}

const (
	absences = 2              // listings without a run that end it, Conditional or better
	freshFor = 3              // polls from the first with a run to the last whose successor doubts its end
	massFrom = 10             // ends of most runs at once that are doubtful
	memory   = 12 * time.Hour // how long an ended run can resume
)

// Tracker follows the runs of a list. The zero Tracker knows none. Its JSON form holds identities and digests, but no items.
// It is not safe for concurrent use.
type Tracker[T any] struct {
	GiveUp int   // polls with every page, but without a run, before an Ended that is not proven; 0 = never
	Unkept []int // indexes of digests that the JSON omits: a digest of sixteen bits reveals a field with few values

	last    time.Time // end of the last listing
	whole   span      // of the last Complete listing
	polls   int       // listings so far
	settled bool      // the last listing was at least Conditional
	known   map[overlap.Key]run[T]
	ended   map[overlap.Key]time.Time // time of the end
}

type span struct{ start, end time.Time }

// run is a run that may still be in the list.
type run[T any] struct {
	item     *T // nil after a restore
	digests  []uint32
	first    int // the poll that saw it first, from 2; 0 = the first one, or long ago
	lastSeen time.Time
	absent   int // listings without it, Conditional or better
	missed   int // polls with every page, but without it
}

// Change is the difference of two listings. Its events are applied to the Tracker one by one, so that one that is marshalled
// between two events knows exactly those before.
type Change[T any] struct {
	Events  []Event[T]
	tracker *Tracker[T] // nil = the listing is too old to change anything
	poll    Poll
	now     map[overlap.Key]Row[T]
	applied int
}

// Compare returns what changed: ended runs, then new ones, then updates. Next and Finish apply it to the Tracker. A listing that
// began before the last one ended changes nothing.
func (t *Tracker[T]) Compare(rows []Row[T], poll Poll) *Change[T] {
	if t.known == nil {
		t.known, t.ended = map[overlap.Key]run[T]{}, map[overlap.Key]time.Time{}
	}
	if start := poll.start(); !start.IsZero() && start.Before(t.last) {
		return &Change[T]{}
	}
	order, now := distinct(rows)
	c := &Change[T]{tracker: t, poll: poll, now: now, Events: t.endings(now, poll)}
	ended := slices.Collect(maps.Keys(t.ended))
	for _, e := range c.Events {
		ended = append(ended, e.Key)
	}
	firstEnded := map[overlap.Key]int64{} // by conference, the start of its first ended run that stays out of the list
	for _, k := range ended {
		if _, back := now[k]; back {
			continue
		}
		if start, ok := firstEnded[conference(k)]; !ok || k.Start < start {
			firstEnded[conference(k)] = k.Start
		}
	}
	var updates []Event[T]
	for _, k := range order {
		e := Event[T]{Key: k, Item: now[k].Item, At: poll.At, LastSeen: poll.start()}
		if r, known := t.known[k]; !known {
			e.Kind = t.arrival(k, firstEnded)
			if !t.whole.end.Before(t.ended[k]) { // else that listing may have had the run, which ended later
				e.NotBefore = t.whole.start
			}
			c.Events = append(c.Events, e)
		} else if e.Changed = changes(r.digests, now[k].Digests); len(e.Changed) > 0 {
			e.Kind = Updated
			updates = append(updates, e)
		}
	}
	c.Events = append(c.Events, updates...)
	return c
}

// Next applies the next event.
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

// Finish applies the remaining events, and what else the listing shows.
func (c *Change[T]) Finish() {
	for c.applied < len(c.Events) {
		c.Next()
	}
	t := c.tracker
	if t == nil {
		return
	}
	for k, r := range t.known {
		if _, here := c.now[k]; here {
			c.see(k)
		} else {
			t.known[k] = r.without(c.poll)
		}
	}
	maps.DeleteFunc(t.ended, func(_ overlap.Key, at time.Time) bool {
		old := c.poll.At.Sub(at) > memory
		if old && at.After(t.whole.end) {
			t.whole = span{} // it may have the run, whose end may not be true
		}
		return old
	})
	t.settled = c.poll.Verdict >= overlap.Conditional
	if c.poll.Verdict == overlap.Complete {
		t.whole = span{c.poll.start(), c.poll.At}
	}
	t.last, t.polls = cmp.Or(c.poll.At, t.last), t.polls+1
}

// see records a row that is in the list.
func (c *Change[T]) see(k overlap.Key) {
	row := c.now[k]
	first := c.tracker.polls + 1
	if r, known := c.tracker.known[k]; known {
		first = r.first
	} else if c.tracker.polls == 0 {
		first = 0 // nothing says that it is new
	}
	c.tracker.known[k] = run[T]{item: &row.Item, digests: row.Digests, first: first, lastSeen: c.poll.start()}
}

// without is the run after one more poll without it.
func (r run[T]) without(poll Poll) run[T] {
	if poll.Answered {
		r.missed++
	}
	if poll.Verdict >= overlap.Conditional {
		r.absent++
	}
	return r
}

// fresh reports whether a run came in the last polls.
func (t *Tracker[T]) fresh(r run[T]) bool { return r.first > 0 && t.polls-r.first < freshFor }

// endings decides which of the known runs have ended, of those that the listing lacks. What it decides is the same after some
// of the change's events were applied.
func (t *Tracker[T]) endings(now map[overlap.Key]Row[T], poll Poll) []Event[T] {
	latest := map[overlap.Key]int64{} // by conference, the start of its latest run in the listing
	for k := range now {
		latest[conference(k)] = max(latest[conference(k)], k.Start)
	}
	var ends, single []Event[T] // single: on the word of this listing alone
	held, others := 0, 0        // fresh runs that end on that word; known runs that do not end
	for k, r := range t.known {
		if _, here := now[k]; here {
			if r.first <= t.polls { // it did not come in this poll
				others++
			}
			continue
		}
		r = r.without(poll)
		proven := !poll.Assumed && (poll.Verdict == overlap.Complete || poll.Verdict == overlap.Conditional && poll.Gone != nil && poll.Gone(k))
		givenUp := t.GiveUp > 0 && poll.Answered && r.missed >= t.GiveUp
		twice := r.absent >= absences || givenUp && r.missed >= absences
		replaced := poll.Verdict >= overlap.Conditional && latest[conference(k)] > k.Start
		e := Event[T]{
			Kind: Ended, Key: k, Item: *cmp.Or(r.item, new(T)), Proven: proven && (twice || !t.fresh(r)), At: poll.At, LastSeen: r.lastSeen,
		}
		switch {
		case twice || replaced:
			ends = append(ends, e)
		case !proven && !givenUp:
			others++
		case t.fresh(r):
			held++
		default:
			single = append(single, e)
		}
	}
	n := len(single) + held
	if mass := n >= massFrom && n > others; !mass && len(now) > 0 {
		ends = append(ends, single...)
	}
	slices.SortFunc(ends, func(a, b Event[T]) int { return compareKeys(a.Key, b.Key) })
	return ends
}

// Lacks reports whether a listing with these keys lacks a known run.
func (t *Tracker[T]) Lacks(keys map[overlap.Key]bool) bool {
	for k := range t.known {
		if !keys[k] {
			return true
		}
	}
	return false
}

// arrival is the kind of event for a run that was not known.
func (t *Tracker[T]) arrival(k overlap.Key, firstEnded map[overlap.Key]int64) Kind {
	if _, before := t.ended[k]; before {
		return Resumed
	}
	if start, before := firstEnded[conference(k)]; before && start < k.Start {
		return Restarted
	}
	if t.settled {
		return Started
	}
	return Existing
}

// conference is the part of a key that all runs of one conference share.
func conference(k overlap.Key) overlap.Key {
	k.Start = 0
	return k
}

// distinct keeps one row for each key, in the listing's order, and none without an id. The digests of rows with the same key
// are added, so that another order of them is no update.
func distinct[T any](rows []Row[T]) (order []overlap.Key, now map[overlap.Key]Row[T]) {
	now = make(map[overlap.Key]Row[T], len(rows))
	for _, row := range rows {
		if conference(row.Key) == (overlap.Key{}) {
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

// changes returns the indexes at which digests differ. Digests of a version with more or fewer fields are not compared.
func changes(before, after []uint32) []int {
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
