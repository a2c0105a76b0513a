package doctor

import (
	"slices"

	"github.com/confopenapi/confopenapi-go"
)

// places are the indexes of the conferences of a page.
func places(rows []row) map[confopenapi.Identity]int {
	at := make(map[confopenapi.Identity]int, len(rows))
	for i, r := range rows {
		at[r.id] = i
	}
	return at
}

// shared is how many rows of a are in b as well.
func shared(a, b []row) int {
	at, n := places(b), 0
	for _, r := range a {
		if _, ok := at[r.id]; ok {
			n++
		}
	}
	return n
}

// alike reports whether two pages are the same page, apart from what has changed meanwhile.
func alike(a, b []row) bool {
	return len(a) > 0 && len(b) > 0 && 10*shared(a, b) >= 8*max(len(a), len(b))
}

// within reports whether a page has hardly anything that another has not.
func within(page, other []row) bool { return 10*shared(page, other) >= 8*len(page) }

// begins is the index in whole at which a page begins, by the median of what both have; false if that is too little, or not
// one stretch of it.
func begins(whole, page []row) (int, bool) {
	at := places(whole)
	var shifts []int
	for i, r := range page {
		if j, ok := at[r.id]; ok {
			shifts = append(shifts, j-i)
		}
	}
	if 2*len(shifts) < len(page) || len(shifts) == 0 {
		return 0, false
	}
	slices.Sort(shifts)
	if few := len(shifts) / 8; shifts[len(shifts)-1-few]-shifts[few] > maxShift {
		return 0, false
	}
	return shifts[len(shifts)/2], true
}

// change is what happened between two readings of the same place.
type change struct {
	left, entered []confopenapi.Identity // what the place alone does not explain
	common        int                    // conferences of both
	moved         int                    // of these, how many changed their place among the others
	loose         int                    // of the moved, how many did so only among those of the same start
}

// compare two readings, each of the whole list or else of a page of which the rest is on the next one.
func compare(earlier, later *read, whole bool) change {
	var c change
	before, after := earlier.rows, later.rows
	inBefore, inAfter := places(before), places(after)
	var order []int // places in after, in the order of before
	lastBefore, lastAfter := -1, -1
	for i, r := range before {
		if j, both := inAfter[r.id]; both {
			order = append(order, j)
			lastBefore, lastAfter = i, max(lastAfter, j)
		}
	}
	c.common = len(order)
	switch {
	case whole:
		c.left, c.entered = strangers(before, inAfter), strangers(after, inBefore)
	case c.common > 0:
		edges := func(rows []row, last int) []confopenapi.UnixTime {
			if earlier.page <= 1 {
				return []confopenapi.UnixTime{rows[last].id.StartTime}
			}
			return []confopenapi.UnixTime{rows[last].id.StartTime, rows[0].id.StartTime}
		}
		c.left = strangers(before[:lastBefore], inAfter, edges(before, lastBefore)...)
		c.entered = strangers(after[:lastAfter], inBefore, edges(after, lastAfter)...)
	}
	c.moved = len(order) - longestRising(order)
	at := make(map[confopenapi.UnixTime]int) // where conferences of a start begin: for a moment they share that place
	for j, r := range slices.Backward(after) {
		at[r.id.StartTime] = j
	}
	for i, j := range order {
		order[i] = at[after[j].id.StartTime]*(len(order)+1) + i
	}
	c.loose = max(0, c.moved-(len(order)-longestRising(order)))
	return c
}

// strangers are the conferences that are not among others. Those that start with one at an edge of the page may have changed places
// with what is on the next page, or on the one before.
func strangers(rows []row, others map[confopenapi.Identity]int, edges ...confopenapi.UnixTime) (ids []confopenapi.Identity) {
	for _, r := range rows {
		if _, there := others[r.id]; !there && !slices.Contains(edges, r.id.StartTime) {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// longestRising is the length of the longest rising subsequence: the rest must have moved.
func longestRising(s []int) int {
	var tails []int
	for _, v := range s {
		i, _ := slices.BinarySearch(tails, v)
		if i == len(tails) {
			tails = append(tails, v)
		} else {
			tails[i] = v
		}
	}
	return len(tails)
}
