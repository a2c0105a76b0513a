// Package overlap lists a list that changes while it is read page by page, and reports whether it can prove that
// nothing was lost.
//
// # The problem
//
// A row that leaves the list moves all later rows up by one. Whoever has read page 1 and now reads page 2 misses the row
// that moved from page 2 to page 1. It was in the list all the time, no request failed, and nothing shows the loss.
//
// # Windows
//
// A page starts at the offset (page-1)·count. The count may differ from request to request: (page 2, count 97) starts at
// 97. So pages can be planned to overlap by a few rows. Each page read is a window: a stretch of the list at one instant.
// A window at offset 0 is a head. A window is a tail if the list had no row behind its last one.
//
// # Theorem
//
// Assume that rows keep their relative order. Take windows W₁, …, Wₙ, read at any instants in any order. W₁ is a head, Wₙ
// is a tail, and each Wᵢ shares a row xᵢ with Wᵢ₊₁. Then every row that was in the list from the first instant to the last
// is in one of the windows.
//
// Proof. Let y be such a row that is in none of them. By induction, y comes after xᵢ for all i < n. W₁ is a prefix of the
// list without y, so y comes after all of W₁, and so after x₁. If y comes after xᵢ: xᵢ is in Wᵢ₊₁, a stretch without gaps
// and without y, so y comes after all of Wᵢ₊₁, and so after xᵢ₊₁. Thus y comes after xₙ₋₁. But xₙ₋₁ is in Wₙ, which holds
// everything after it. So y is in Wₙ: a contradiction. ∎
//
// Windows may therefore be read in parallel, and a gap is closed by one more window at any later time.
//
// # Two chains
//
// The first chain is the theorem. Its assumption is only partly visible: a row that moves from a part not yet read to a
// part already read is never seen.
//
// The second chain assumes that the list is sorted by a key that a row keeps. A window then shows all rows between its
// first and its last key. If such ranges cover every key from a head to a tail, nothing was lost. Nobody says which key it
// is, so the ranges must hold under every order that the rows fit. Rows with equal keys may follow the last row of a
// window, so ranges must overlap by more than ties, unless no two rows are equal.
//
// Each chain is checked for what contradicts its assumption. First chain: shared rows in another order, rows that moved
// differently from their neighbours, more foreign rows than shared ones between two shared ones. Second chain: a step
// against the order, in a page or between distant pages. Complete needs both chains, Conditional one.
//
// # The end
//
// A short page may not be the end: a cap, a filter after paging, or a limit in bytes makes short pages too. A list that
// shrinks has empty pages where it had rows. A tail is therefore at most half as full as any page with rows behind it, and
// its own total or an empty page behind it must agree; end.go has the rule. Assumed: a server whose totals say nothing does
// not hide a whole page of rows in the middle of the list.
//
// Some servers return their last page for any page beyond the end. It counts as an empty page; repeat.go recognises it.
//
// # How to read the code
//
// driver.go sends the requests, several at a time (Snapshot) or one (Stream). listing.go decides what to read next,
// receive.go takes in a page, rows.go numbers its rows. place.go chooses offsets and counts, window.go compares two pages,
// repair.go closes gaps, movement.go estimates how fast the list moves. order.go collects evidence of the order, end.go
// finds the end, prove.go applies the two chains, report.go reports.
package overlap
