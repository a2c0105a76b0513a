package overlap

import (
	"hash/maphash"
	"math/bits"
	"slices"
)

// rowID numbers the rows of a listing in the order in which they were first seen.
type rowID = int32

// seen knows every row by a 128-bit hash of its identity, so that a list of a million needs no million keys.
// Two identities that collide would hide one row; at 128 bits with seeds of its own no list meets that.
//
// It is a hash table with linear probing, since Go's maps would hash the hash again, and keep it apart from what else is
// known of the row: a listing spends most of its own time here.
type seen struct {
	seeds [2]maphash.Seed
	slots []slot // a power of two, at most ¾ of them taken
	taken int
	rows  []sighting
}

// slot has half of a row's hash, so that hardly any other row must be looked at.
type slot struct {
	half uint32
	row  uint32 // 1 + its id; 0 = free
}

// sighting is what is remembered of a row once its window is released.
type sighting struct {
	hash   [2]uint64
	index  int32 // where in the list it was seen last
	by     int32 // by which window
	window int32 // the last that had it, wherever
}

const firstSlots = 256

func newSeen() *seen {
	return &seen{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, slots: make([]slot, firstSlots)}
}

// expect makes room for as many rows as a server says there are, within reason.
func (s *seen) expect(rows int) {
	const most = 1 << 16
	rows = min(rows, most)
	s.rows = slices.Grow(s.rows, rows)
	for len(s.slots)*3/4 < rows {
		s.slots = make([]slot, 2*len(s.slots)) // nothing was seen yet
	}
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
	if row.nameless() && row.after == none {
		s.rows = append(s.rows, sighting{index: -1, window: -1})
		return id, true
	}
	hash := [2]uint64{s.hash(0, row), s.hash(1, row)}
	i := s.find(hash)
	if at := s.slots[i]; at.row > 0 {
		return rowID(at.row - 1), false
	}
	s.rows = append(s.rows, sighting{hash: hash, index: -1, window: -1})
	s.take(i, hash, id)
	if s.taken++; s.taken > len(s.slots)*3/4 {
		s.grow()
	}
	return id, true
}

// hash folds an identity with one of two secret seeds.
func (s *seen) hash(i int, row nth) uint64 {
	const k1, k2, k3 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3
	h := maphash.String(s.seeds[i], row.ConferenceID)
	h = fold(h^uint64(row.EventID), k1)
	h = fold(h^uint64(row.Start), k2)
	return fold(h^uint64(uint32(row.after))^uint64(row.n)<<32, k3)
}

// fold mixes 64 bits so that each bears on all.
func fold(x, k uint64) uint64 {
	high, low := bits.Mul64(x, k)
	return high ^ low ^ x
}

// find is the slot of a hash, or the free one where it belongs.
func (s *seen) find(hash [2]uint64) int {
	mask := len(s.slots) - 1
	i := int(hash[0]) & mask
	for at := s.slots[i]; at.row > 0 && (at.half != uint32(hash[1]) || s.rows[at.row-1].hash != hash); at = s.slots[i] {
		i = (i + 1) & mask
	}
	return i
}

func (s *seen) take(i int, hash [2]uint64, id rowID) {
	s.slots[i] = slot{half: uint32(hash[1]), row: uint32(id) + 1}
}

// grow moves all to twice as many slots.
func (s *seen) grow() {
	old := s.slots
	s.slots = make([]slot, 2*len(old))
	for _, at := range old {
		if at.row > 0 {
			hash := s.rows[at.row-1].hash
			s.take(s.find(hash), hash, rowID(at.row-1))
		}
	}
}
