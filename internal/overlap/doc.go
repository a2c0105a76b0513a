// Package overlap lists a list that changes while it is read page by page, and says whether it can
// prove that nothing was lost.
//
// # The problem
//
// A row that leaves the list moves all later rows up by one. Whoever has read page 1 and now reads
// page 2 misses the row that moved from the second page to the first. It was in the list all the time,
// nothing failed, and nothing shows it.
//
// # Windows
//
// A page starts at the offset (page-1)·count, so offsets are multiples of the count. But the count may
// differ from request to request: (page 2, count 97) starts at 97. Hence windows of the list can be
// planned to overlap by a few rows. Each is a stretch of the list at one instant, the instants differ.
// A window that starts at offset 0 is a head: a prefix of the list. A window behind whose last row nothing was
// in the list is a tail.
//
// # Theorem
//
// Assume that rows keep their relative order: of two rows that are in the list together, always the
// same one comes first. Take windows W₁, …, Wₙ, read at any instants in any order, of which W₁ is a
// head, Wₙ is a tail, and each Wᵢ shares a row xᵢ with Wᵢ₊₁. Then every row that was in the list from
// the first instant to the last is in their union.
//
// Proof. Let y be such a row and in none of the windows. We show y > xᵢ (y comes after xᵢ) for all
// i < n. W₁ is a prefix that lacks y, though y was in the list at its instant, so y comes after all of
// W₁, x₁ among them. If y > xᵢ: xᵢ is in Wᵢ₊₁, a stretch without gaps that lacks y, though y was in the
// list; so y, being after one of its rows, is after all of them, xᵢ₊₁ among them. Thus y > xₙ₋₁. But
// xₙ₋₁ is in Wₙ, which holds all that comes after it. So y is in Wₙ: a contradiction. ∎
//
// The instants play no part, so windows may be read in parallel and out of order, and a seam that came
// apart is mended by one more window at any later time. Without any assumption on the order, sharing
// is necessary, too: a row may always have slipped between two windows that share none.
//
// # The two chains
//
// The theorem is the first chain, and its assumption cannot be observed in full: a row that moves from
// a part not yet read to one already read is never seen. The second chain assumes something else. If
// the list is sorted by a key that a row keeps, a window shows all rows between its first and its last key at
// its instant; if such ranges cover every key from a head to a tail, a row that was there all the time
// has its key in one of them and was seen. Which key that is nobody says, so the ranges must hold under
// every order that the rows seen fit. (Ties: unless the order is total, rows equal to the last may
// follow it, so ranges must overlap by more than ties.)
//
// Each chain is checked for contradictions to its assumption: shared rows in another order, rows that went
// elsewhere than their neighbours, more strangers than shared rows between two shared ones; a step against
// the order, in a page or between distant pages. Complete asks for both chains, Conditional for one.
//
// # The end
//
// A short page is not yet the end: a cap, a filter that runs after paging, or a limit in bytes makes short
// pages, too, and a list that shrinks has empty pages where it had rows. So a tail must be lean, which
// is seen at one instant: at most half as full as any page that had rows behind it. And its own total
// must agree and the server have filled its pages, or the page behind it be empty, which counts by itself only
// if it was read before. A limit in bytes cuts a page of large rows that short, too, so without an agreeing total the tail
// must be meagre, or nothing be right behind its last row. (With totals that tell nothing, a server that hides a whole page
// of rows in the middle of the list is indistinguishable from one that ends there; that it does not is assumed.) One
// contradiction, rows beyond a short page, and fullness is never believed again.
//
// # The last page again
//
// Some servers answer a page beyond the end with their last page once more. To the end rule that is an empty page: it shows that
// there was nothing where it was asked for. It is no window of the theorem, neither head nor tail nor between them, so the proof
// stands as it is, if the answer is what it seems to be. Its own total must say that there is nothing where it was asked for, and
// the number of its rows be what that total leaves for the last page. That page, read by itself, must have the same
// rows: an honest server cuts two places that do not overlap into pages that share none, unless the list moved by much of a
// page from one to the other, and its totals are too small besides. And another page must have shown that totals are more than
// the number of their page's rows, or every page would look like the first one again. Until then the answer is put aside, and
// no tail is believed that ends before it. Once it is known, others are believed by their totals. An empty page shows that the
// server does not repeat, and so does a large page that is another than the one that it might repeat: then all that was put aside
// or believed is a window where it was asked for.
//
// # The pace
//
// Requests in flight together see different states of the list, so with many in flight neighbours come apart. Rows that two
// windows share tell how fast the list moves: that bounds the requests in flight, and says where a seam has moved to
// by the time that it is mended.
//
// # How to read the code
//
// plan.go chooses places, window.go links two windows, order.go gathers evidence of the order, listing.go decides what is
// worth reading next, clamp.go tells the last page again from another page, pace.go knows how fast the list moves, prove.go
// applies the end rule and both chains. Two drivers bring the requests to a Source: Snapshot with several in flight, and Stream
// with one, which forgets rows as soon as their window is linked.
package overlap
