package overlap

import "hash/maphash"

// rowID numbers the rows of a listing in the order in which they were first seen.
type rowID = int32

// seen knows every row by a 128-bit hash of its identity, so that a list of a million needs no million keys.
// Two identities that collide would hide one row; at 128 bits with seeds of its own no list meets that.
type seen struct {
	seeds [2]maphash.Seed
	ids   map[[2]uint64]rowID
	rows  []sighting
}

// sighting is what is remembered of a row once its window is released.
type sighting struct {
	index  int32 // where in the list it was seen last
	by     int32 // by which window
	window int32 // the last that had it, wherever
}

func newSeen() *seen {
	return &seen{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, ids: make(map[[2]uint64]rowID)}
}

// nth is an identity and which of its occurrences in one page is meant. A row without any id is told by its start and the
// row that it follows.
type nth struct {
	Key
	n     int
	after rowID
}

// none is the id of no row.
const none rowID = -1

// number returns the id of an occurrence of a key, and whether it is new.
func (s *seen) number(row nth) (id rowID, fresh bool) {
	id = rowID(len(s.rows))
	if !row.nameless() || row.after != none {
		h := [2]uint64{maphash.Comparable(s.seeds[0], row), maphash.Comparable(s.seeds[1], row)}
		if old, ok := s.ids[h]; ok {
			return old, false
		}
		s.ids[h] = id
	}
	s.rows = append(s.rows, sighting{index: -1, window: -1})
	return id, true
}
