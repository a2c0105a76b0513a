package overlap

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// rowID numbers the rows of a listing in the order in which they were first seen.
type rowID = int32

const none rowID = -1

// rowSet knows a row by a hash of its identity, which takes less memory than the identity. A collision would hide a row. The
// seed is secret, so nobody can make one; by chance, one list of a million rows in 37 million has one.
type rowSet struct {
	seed  maphash.Seed
	ids   map[uint64]rowID
	known []sighting // by id
}

func newRowSet(expected int) rowSet {
	return rowSet{
		seed:  maphash.MakeSeed(),
		ids:   make(map[uint64]rowID, expected),
		known: make([]sighting, 0, expected),
	}
}

// sighting is where a row was seen last.
type sighting struct {
	index int32 // in the list; -1 = not seen yet
	by    int32 // seq of the window
	at    int32 // scratch: index in the current window; -1 = not in it
}

// occurrence is the identity of a row, and how often the page had it before. A row without an id is identified by its start
// and the row before it.
type occurrence struct {
	Key
	n     int
	after rowID
}

// number returns the id of an occurrence, and whether it is new.
func (s *rowSet) number(row occurrence) (id rowID, fresh bool) {
	id = rowID(len(s.known))
	if !row.anonymous() || row.after != none {
		hash := maphash.Comparable(s.seed, row)
		if before, ok := s.ids[hash]; ok {
			return before, false
		}
		s.ids[hash] = id
	}
	s.known = append(s.known, sighting{index: -1, at: -1})
	return id, true
}

// number gives every row of a window its id. Those of rows with the same key are negative: they link no windows.
func (l *listing) number(w *window, keys []Key) []rowID {
	ids := make([]rowID, len(keys))
	w.rows = make([]rowID, len(keys))
	previous := none // the last row with an identity of its own
	copies := map[occurrence]int{}
	for i, k := range keys {
		row := occurrence{Key: k, after: none}
		if k.anonymous() {
			row.after = previous
		}
		first := row
		id, isNew := l.rows.number(row)
		unique := !k.anonymous()
		for !isNew && l.rows.known[id].at >= 0 { // the page has it already
			w.rows[l.rows.known[id].at] = ^id
			unique = false
			copies[first]++
			row.n = copies[first]
			id, isNew = l.rows.number(row)
		}
		l.rows.known[id].at = int32(i)
		ids[i], w.rows[i] = id, id
		if unique {
			previous = id
		} else {
			w.rows[i] = ^id
			l.ambiguousKeys = true
		}
	}
	for _, id := range ids {
		l.rows.known[id].at = -1
	}
	return ids
}

// sequence returns the ids of all rows in the server's order, as far as windows show it. It merges windows one by one, those of
// the latest walk first. A new row comes behind the row before it, or else before the first one behind it.
func (l *listing) sequence() []rowID {
	windows := slices.SortedStableFunc(slices.Values(l.windows), func(a, b *window) int {
		return cmp.Or(cmp.Compare(b.walk, a.walk), cmp.Compare(a.offset(), b.offset()))
	})
	size := len(l.rows.known)
	root := rowID(size) // of a doubly linked ring
	next, prev := slices.Repeat([]rowID{none}, size+1), make([]rowID, size+1)
	next[root], prev[root] = root, root
	for _, w := range windows {
		after := prev[root]
		if i := slices.IndexFunc(w.rows, func(id rowID) bool { return next[plain(id)] != none }); i >= 0 {
			after = prev[plain(w.rows[i])]
		} else if w.head() {
			after = root
		}
		for _, id := range w.rows {
			id = plain(id)
			if next[id] == none {
				next[id], prev[id] = next[after], after
				prev[next[id]], next[after] = id, id
			}
			after = id
		}
	}
	ids := make([]rowID, 0, size)
	for id := next[root]; id != root; id = next[id] {
		ids = append(ids, id)
	}
	return ids
}

// plain is the id of a row, also of one that links nothing.
func plain(id rowID) rowID { return max(id, ^id) }
