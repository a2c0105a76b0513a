package livelist

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// This file has what a service needs in addition to a simulation: changes by hand, churn that begins and ends at any time, and
// the truth at the times of requests.

// Replace ends every row and lists items instead. Scheduled changes are cancelled. An epoch of 0 keeps the clock.
func (l *List) Replace(items []Item, epoch int64) {
	for _, r := range slices.Backward(slices.Clone(l.live.rows)) {
		l.end(r)
	}
	l.cfg.Size, l.cfg.Epoch = len(items), cmp.Or(epoch, l.cfg.Epoch)
	for _, it := range items {
		l.Add(it)
	}
	l.cancelScheduled()
}

// Grow raises by n the size that limits how long churn makes the list.
func (l *List) Grow(n int) { l.cfg.Size += n }

// Update replaces the attendee count and the reference of an identity's rows and reports whether there were any.
func (l *List) Update(id Identity, attendees, ref int) bool {
	rows := l.find(id)
	for _, r := range rows {
		r.Ref = ref
		l.setAttendees(r, attendees)
	}
	return len(rows) > 0
}

// SetChurn changes the rates from now on, with a new seed. Scheduled changes are cancelled.
func (l *List) SetChurn(c Config) {
	l.cfg.Churn, l.cfg.Toggle, l.cfg.Return, l.cfg.Restart, l.cfg.Burst = c.Churn, c.Toggle, c.Return, c.Restart, c.Burst
	l.cfg.Single, l.cfg.Round, l.cfg.RisingIDs = c.Single, c.Round, c.RisingIDs
	l.rng = rand.New(rand.NewPCG(c.Seed, 0x6c697665))
	l.next = l.now + l.gap()
	l.cancelScheduled()
}

// cancelScheduled cancels scheduled changes, except bursts.
func (l *List) cancelScheduled() {
	l.pending = nil
	if l.cfg.Burst.Every > 0 {
		l.schedule(l.now+l.cfg.Burst.Every, l.burst)
	}
}

// TruthAt is the truth for requests at the whole times between from and to: Always has what every replica showed at each of them,
// Ever what one replica showed at one of them. With FilterNone the list's own filter counts; any other hides conferences
// with exactly one attendee.
func (s *Server) TruthAt(from, to int, f Filter) Truth {
	lags := s.paging.Lags
	if len(lags) == 0 {
		lags = []float64{0}
	}
	spans := make(map[Identity][]span, len(s.List.rows))
	for _, r := range s.List.rows {
		seen := r.visible
		if f != FilterNone {
			seen = r.company
		}
		id := r.Identity()
		spans[id] = append(spans[id], seen...)
	}
	t := Truth{Always: make(map[Identity]bool, len(spans)), Ever: make(map[Identity]bool, len(spans))}
	for id, seen := range spans {
		n := 0
		for _, lag := range lags {
			n += instants(seen, lag, from, to)
		}
		if n > 0 {
			t.Ever[id] = true
		}
		if n > 0 && n == (to-from+1)*len(lags) {
			t.Always[id] = true
		}
	}
	return t
}

// instants counts the whole times between from and to that are in one of the spans, each moved by a lag.
func instants(spans []span, lag float64, from, to int) int {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	n, next := 0, float64(from)
	for _, s := range spans {
		first := max(next, math.Ceil(s.from+lag))
		end := min(float64(to)+1, math.Ceil(s.to+lag)) // the end of a span is not part of it
		if first < end {
			n += int(end - first)
			next = end
		}
	}
	return n
}

// Ended returns the item of an identity that was listed and has ended.
func (l *List) Ended(id Identity) (Item, bool) {
	for _, r := range slices.Backward(l.rows) {
		if !r.listed && r.Identity() == id {
			return r.Item, true
		}
	}
	return Item{}, false
}

// History returns every item that was ever listed.
func (l *List) History() []Item {
	items := make([]Item, 0, len(l.rows))
	for _, r := range l.rows {
		items = append(items, r.Item)
	}
	return items
}
