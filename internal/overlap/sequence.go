package overlap

import (
	"cmp"
	"slices"
)

// sequence is the ids of all rows in the server's order, as far as the windows show it: the windows
// are laid over each other, the latest walk first, and a row stands where the first of them has it.
func (l *listing) sequence() []rowID {
	windows := slices.Clone(l.windows)
	slices.SortStableFunc(windows, func(a, b *window) int {
		return cmp.Or(cmp.Compare(b.epoch, a.epoch), cmp.Compare(a.offset(), b.offset()))
	})
	s := newChain(len(l.seen.rows))
	for _, w := range windows {
		s.lay(w)
	}
	ids := make([]rowID, 0, len(l.seen.rows))
	for id := s.next[s.root]; id != s.root; id = s.next[id] {
		ids = append(ids, id)
	}
	return ids
}

// chain is a ring of rows, linked both ways.
type chain struct {
	next, prev []rowID
	root       rowID
}

func newChain(rows int) *chain {
	c := &chain{next: make([]rowID, rows+1), prev: make([]rowID, rows+1), root: rowID(rows)}
	for i := range c.next {
		c.next[i] = none
	}
	c.next[c.root], c.prev[c.root] = c.root, c.root
	return c
}

// lay puts the window's rows that have no place yet next to those that have: behind the one before
// them, or, if there is none, in front of the first one behind them.
func (c *chain) lay(w *window) {
	after := c.prev[c.root]
	if first := slices.IndexFunc(w.rows, func(id rowID) bool { return c.next[plain(id)] != none }); first >= 0 {
		after = c.prev[plain(w.rows[first])]
	} else if w.head() {
		after = c.root
	}
	for _, id := range w.rows {
		id = plain(id)
		if c.next[id] == none {
			c.next[id], c.prev[id] = c.next[after], after
			c.prev[c.next[after]], c.next[after] = id, id
		}
		after = id
	}
}

// plain is the id of a row, linkable or not.
func plain(id rowID) rowID {
	if id < 0 {
		return ^id
	}
	return id
}
