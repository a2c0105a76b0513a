// Package overlap lists a list that changes while it is read page by page, and reports whether it can prove that
// nothing was lost. docs/consistency.md explains the problem, proves the method and has measurements.
//
// A page starts at the offset (page-1)·count, and the count may differ from request to request: so pages can be planned to
// overlap by a few rows. A page that was read is a window: a stretch of the list at one instant. A window at offset 0 is a
// head. A window is a tail if the list had no row behind its last one.
//
// Two arguments, called chains, each show that nothing was lost. Complete needs both, Conditional one.
//
//   - Shared rows: each window shares a row with the next, from a head to a tail. It assumes that rows keep their relative
//     order. Seen against it: shared rows in another order, rows that moved differently from their neighbours, more foreign
//     rows than shared ones between two shared ones.
//   - Keys: the list is sorted by a key that a row keeps, and the key ranges of windows leave no gap from a head to a tail.
//     Nobody says which key it is, so this must hold under every order that the rows fit. Rows with equal keys may follow
//     the last row of a window, so ranges must overlap by more than ties. Seen against an order: a step against it, in a
//     page or between distant pages.
//
// Windows can be read at any time and in any order, so also in parallel, and one more window closes a gap.
//
// driver.go sends the requests, several at a time (Snapshot) or one (Stream). listing.go decides what to read next,
// receive.go adds a page, rows.go numbers its rows. place.go chooses offsets and counts, window.go compares two pages,
// repair.go closes gaps, movement.go estimates how fast the list moves. order.go collects evidence of the order, end.go
// finds the end, repeat.go recognises a last page that is repeated, prove.go checks the two chains, report.go reports.
package overlap
