// Package livelist models a list that changes while it is read: conferences start, end, resume and move while a client reads
// the pages.
//
// A List is the data: rows in some order, random changes from a seed, and the history of which row was visible when. A Server
// cuts the list into pages, with the limits, filters, totals and replicas of real servers. The same seed and the same calls
// give the same pages. List.Truth uses the history alone, so that it can judge any algorithm that reads the pages.
//
// Time is a float64 in units of one request and does not depend on a clock. Neither List nor Server is safe for concurrent
// use.
package livelist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Item is one conference as the list knows it.
type Item struct {
	EventID      int64
	ConferenceID string
	Start        int64 // Unix seconds
	Attendees    int
	Ref          int // the caller's own reference; 0 = the list generated the item
}

// Identity names one run of a conference.
type Identity struct {
	EventID      int64
	ConferenceID string
	Start        int64
}

// Identity is how a client recognises the item.
func (it Item) Identity() Identity { return Identity{it.EventID, it.ConferenceID, it.Start} }

// Row is an item with its place in the list. Its identity never changes. Two rows can have the same one.
type Row struct {
	Item
	rank    uint64 // its unique place in orders without a visible key
	bytes   int    // its size in a page
	listed  bool   // not ended
	shown   bool   // listed, and not hidden by the filter
	visible []span // when it was shown
	company []span // when it was listed with an attendee count other than one
}

type span struct{ from, to float64 }

// Epoch is the Unix time of time 0.
const Epoch = 1_715_600_000

// List is a live list. Make one with New.
type List struct {
	cfg     Config
	rng     *rand.Rand
	now     float64
	rows    []*Row // all rows, ended ones included
	live    view   // the present
	log     []change
	pending []event // scheduled changes
	next    float64 // time of the next random change
	nextID  int64
	created uint64 // rows so far
}

// New makes a list of cfg.Size rows, which has changed for cfg.Warm before time 0. It panics if the order or the filter is
// unknown.
func New(cfg Config) *List {
	known("order", cfg.Order, Shuffled)
	known("filter", cfg.Filter, FilterAfter)
	l := &List{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x6c697665)), now: -cfg.Warm, nextID: 1_000_000}
	l.live.order = cfg.Order
	first := make([]*Row, 0, cfg.Size)
	for _, it := range cfg.Items {
		l.nextID = max(l.nextID, it.EventID)
		first = append(first, l.newRows(it)...)
	}
	for range cfg.Size - len(cfg.Items) {
		age := int64(l.rng.IntN(7200)) + int64(cfg.Warm) + 1
		first = append(first, l.newRows(l.newItem(Epoch-age))...)
	}
	l.now = -forever // also for a replica that lags
	for _, r := range first {
		r.listed = true
		l.show(r)
	}
	l.now = -cfg.Warm
	l.rows = first
	l.live.fill(first, cfg.Filter)
	l.startChurn()
	l.Advance(0)
	l.log = l.log[:0]
	return l
}

// known panics if a value is not one of the constants from 0 to last.
func known[T ~int](what string, value, last T) {
	if value < 0 || value > last {
		panic(fmt.Sprintf("livelist: unknown %s %d", what, int(value)))
	}
}

// Now is the present time.
func (l *List) Now() float64 { return l.now }

// Len is the number of rows that are visible now.
func (l *List) Len() int {
	n := 0
	for _, r := range l.live.rows {
		if r.shown {
			n++
		}
	}
	return n
}

// Items returns the visible items in the list's order.
func (l *List) Items() []Item {
	items := make([]Item, 0, len(l.live.rows))
	for _, r := range l.live.rows {
		if r.shown {
			items = append(items, r.Item)
		}
	}
	return items
}

// Add lists an item from now on.
func (l *List) Add(it Item) { l.start(it) }

// End removes the rows of an identity and reports whether there were any.
func (l *List) End(id Identity) bool {
	rows := l.find(id)
	for _, r := range rows {
		l.end(r)
	}
	return len(rows) > 0
}

// Resume lists the ended rows of an identity again and reports whether there were any.
func (l *List) Resume(id Identity) bool {
	found := false
	for _, r := range l.rows {
		if !r.listed && r.Identity() == id {
			l.resume(r)
			found = true
		}
	}
	return found
}

// SetAttendees changes the attendee count of an identity's rows and reports whether there were any.
func (l *List) SetAttendees(id Identity, n int) bool {
	rows := l.find(id)
	for _, r := range rows {
		l.setAttendees(r, n)
	}
	return len(rows) > 0
}

func (l *List) find(id Identity) []*Row {
	var rows []*Row
	for _, r := range l.live.rows {
		if r.Identity() == id {
			rows = append(rows, r)
		}
	}
	return rows
}

// newItem generates a conference that starts at start.
func (l *List) newItem(start int64) Item {
	if l.cfg.Round > 0 {
		start -= start % l.cfg.Round
	}
	it := Item{Start: start, Attendees: 2 + l.rng.IntN(8)}
	if l.rng.Float64() < l.cfg.Single {
		it.Attendees = 1
	}
	if l.rng.Float64() < l.cfg.Anonymous {
		return it
	}
	l.nextID += 1 + int64(l.rng.IntN(5))
	it.EventID = l.nextID
	if !l.cfg.RisingIDs {
		it.EventID = 1 + l.rng.Int64N(1<<40)
	}
	it.ConferenceID = strconv.FormatInt(100_000+l.rng.Int64N(1e13), 10)
	if l.cfg.Now != nil { // as the kit's Conferences have them
		it.ConferenceID = strconv.FormatInt(18_693_083+3*it.EventID, 10)
	}
	return it
}

// newRows makes the row of an item, or two with the chance of Twins.
func (l *List) newRows(it Item) []*Row {
	rows := []*Row{{Item: it, rank: l.rng.Uint64(), bytes: 300 + l.rng.IntN(1200)}}
	if l.rng.Float64() < l.cfg.Twins {
		rows = append(rows, &Row{Item: it, rank: l.rng.Uint64(), bytes: 300})
	}
	if l.cfg.Order == Given {
		for _, r := range rows {
			l.created++
			r.rank = l.created
		}
	}
	return rows
}

func (l *List) start(it Item) {
	for _, r := range l.newRows(it) {
		l.rows = append(l.rows, r)
		l.resume(r)
	}
}

func (l *List) resume(r *Row) {
	r.listed = true
	l.show(r)
	if r.shown || l.cfg.Filter != FilterBefore {
		l.change(change{at: l.now, row: r, in: true})
	}
}

func (l *List) end(r *Row) {
	inView := r.shown || l.cfg.Filter != FilterBefore
	r.listed = false
	l.show(r)
	if inView {
		l.change(change{at: l.now, row: r})
	}
}

func (l *List) setAttendees(r *Row, n int) {
	before := r.shown
	r.Attendees = n
	l.show(r)
	if l.cfg.Filter == FilterBefore && r.shown != before {
		l.change(change{at: l.now, row: r, in: r.shown})
	}
}

// show records whether the row is visible from now on.
func (l *List) show(r *Row) {
	shown := r.listed && (l.cfg.Filter == FilterNone || r.Attendees != 1)
	r.visible = record(r.visible, l.now, shown)
	r.company = record(r.company, l.now, r.listed && r.Attendees != 1)
	r.shown = shown
}

// record begins or ends a span, if that is a change.
func record(spans []span, at float64, on bool) []span {
	open := len(spans) > 0 && spans[len(spans)-1].to == forever
	switch {
	case on && !open:
		return append(spans, span{at, forever})
	case !on && open:
		spans[len(spans)-1].to = at
	}
	return spans
}

// change is one row entering or leaving the paged list.
type change struct {
	at  float64
	row *Row
	in  bool
}

func (l *List) change(c change) {
	l.live.apply(c)
	l.log = append(l.log, c)
}

// view is the list of one replica.
type view struct {
	order Order
	rows  []*Row
	done  int // how many changes of the log are applied
}

func (v *view) fill(rows []*Row, f Filter) {
	v.rows = slices.DeleteFunc(slices.Clone(rows), func(r *Row) bool { return f == FilterBefore && !r.shown })
	if compare := v.order.compare(); compare != nil {
		slices.SortStableFunc(v.rows, compare)
	}
}

func (v *view) apply(c change) {
	compare := v.order.compare()
	switch {
	case c.in && compare != nil:
		i, _ := slices.BinarySearchFunc(v.rows, c.row, compare)
		v.rows = slices.Insert(v.rows, i, c.row)
	case c.in && v.order == Reentry:
		v.rows = slices.Insert(v.rows, 0, c.row)
	case c.in:
		v.rows = append(v.rows, c.row)
	default:
		v.remove(c.row)
	}
}

func (v *view) remove(r *Row) {
	i := slices.Index(v.rows, r)
	if i < 0 {
		return
	}
	if v.order == SwapRemove {
		last := len(v.rows) - 1
		v.rows[i] = v.rows[last]
		v.rows = v.rows[:last]
		return
	}
	v.rows = slices.Delete(v.rows, i, i+1)
}
