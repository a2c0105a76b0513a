// Package overlap lists a list that changes while it is read page by page, and reports whether it can prove that nothing
// was lost. docs/consistency.md explains the problem, proves the method and has measurements.
//
// A page starts at the offset (page-1)·count, and the count may differ from request to request: so pages can be planned to
// overlap by a few rows. A page that was read is a window: a stretch of the list at one instant. A window at offset 0 is a
// head. A window is a tail if the list had no row behind its last one. Two chains of windows, from a head to a tail, each
// show that nothing was lost; Complete needs both, Conditional one.
//
//   - The chain of shared rows: each window shares a row with the next. It assumes that rows keep their relative order.
//   - The chain of keys: the key ranges of the windows leave no gap. It assumes that the list is sorted by a key that a row
//     keeps. Which key is unknown, so this must hold under every order that the rows fit.
//
// driver.go sends the requests, listing.go decides what to read next, receive.go takes in a page, place.go chooses page and
// count. window.go, movement.go and order.go compare pages; end.go and repeat.go find the end; evidence.go
// compares totals with rows; prove.go checks the chains,
// repair.go closes their gaps.
package overlap
