package overlap

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"slices"
)

// rowID numbers the rows of a listing in the order in which they were first seen.
type rowID = int32

const none rowID = -1

// rowSet knows a row by a hash of its identity, which takes less memory than the identity. A collision would hide a row. The
// seed is secret, so nobody can make one; by chance, one list of a million rows in 37 million has one.
type rowSet struct {
	seed  maphash.Seed
	slots []uint64   // a hash table at most 3/4 full: the upper half of a hash, and 1 + the id; 0 = free
	known []sighting // by id
}

func newRowSet(expected int) rowSet {
	return rowSet{
		seed:  maphash.MakeSeed(),
		slots: make([]uint64, 1<<bits.Len(uint(expected+expected/2+15))),
		known: make([]sighting, 0, expected),
	}
}

// sighting is where a row was seen last.
type sighting struct {
	hash  uint32 // the lower half
	index int32  // in the list; -1 = not seen yet
	by    int32  // seq of the window
	at    int32  // scratch: index in the current window; -1 = not in it
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
	if row.anonymous() && row.after == none {
		s.known = append(s.known, sighting{index: -1, at: -1})
		return id, true
	}
	hash := maphash.Comparable(s.seed, row)
	slot := s.slot(hash)
	if *slot != 0 {
		return rowID(uint32(*slot) - 1), false
	}
	*slot = hash>>32<<32 | uint64(id+1)
	s.known = append(s.known, sighting{hash: uint32(hash), index: -1, at: -1})
	if len(s.known) > len(s.slots)/4*3 {
		s.grow()
	}
	return id, true
}

// slot returns the slot of a row, or the free one for it.
func (s *rowSet) slot(hash uint64) *uint64 {
	for i := hash; ; i++ {
		slot := &s.slots[i&uint64(len(s.slots)-1)]
		if *slot == 0 || *slot>>32 == hash>>32 && s.known[uint32(*slot)-1].hash == uint32(hash) {
			return slot
		}
	}
}

// grow doubles the table. A slot lacks the lower half of its hash, which is in the sighting.
func (s *rowSet) grow() {
	old := s.slots
	s.slots = make([]uint64, 2*len(old))
	for _, slot := range old {
		if slot != 0 {
			*s.slot(slot>>32<<32 | uint64(s.known[uint32(slot)-1].hash)) = slot
		}
	}
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
