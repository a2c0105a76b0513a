package doctor

import (
	"context"
	"errors"
	"slices"

	"github.com/confopenapi/confopenapi-go"
)

// wholeMin is what reading the whole list takes if it is short.
const wholeMin = 4

// wholeList has the SDK list everything, if the requests that are left are enough for it.
var wholeList = probe{
	checks: nil, // its result is in the findings of findTotals and findGuarantees
	asks:   say.Sprintf("what a whole listing proves"),
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		need := s.listingTakes()
		for range 2 { // a list that moves can be unlucky once
			if s.tap.left() < need+depth.most {
				break
			}
			if err := s.list(ctx); err != nil {
				s.cut = errors.Is(context.Cause(ctx), errSpent)
				return nil, err
			}
			if s.listing != nil && s.listing.Verdict == confopenapi.VerdictComplete {
				break
			}
		}
		return nil, nil
	},
}

// listingTakes estimates the requests of a listing from what is known of the list.
func (s *session) listingTakes() int {
	rows := s.length()
	if !s.pageless {
		rows = max(rows, s.lastTotal())
	}
	size := s.size
	switch { // what the SDK tries after a refusal
	case s.refuses && size >= 100:
		size = 100
	case s.refuses:
		size = 20
	}
	return wholeMin + (rows+size-1)/size*6/5
}

func (s *session) lastTotal() int {
	for _, r := range slices.Backward(s.tap.all()) {
		if sameFilter(r.filter, s.request.FilterOneAttendee) {
			return r.total
		}
	}
	return 0
}

// list keeps the better of two listings. One of which a page could not be read says nothing of how the service lists.
func (s *session) list(ctx context.Context) error {
	snap, err := s.client.Snapshot(ctx, &s.request, &confopenapi.SnapshotOptions{
		Parallel: 1, Require: confopenapi.VerdictComplete,
	})
	incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err)
	if err != nil && (!ok || incomplete.Err != nil) {
		s.fail(ctx, err) // a listing asks more than once for what got no response
		return err
	}
	if r := snap.Report; s.listing == nil || r.Verdict > s.listing.Verdict {
		s.listing = &r
	}
	return nil
}

// findTotals compares what totals say with what pages give.
func findTotals(s *session) []Finding {
	f := Finding{Check: checkTotal}
	reads := s.tap.all()
	least, most, ofPage, distinct := 0, 0, 0, map[int]bool{}
	for i, r := range reads {
		if i == 0 {
			least, most = r.total, r.total
		}
		least, most = min(least, r.total), max(most, r.total)
		if r.total == len(r.rows) {
			ofPage++
			distinct[len(r.rows)] = true
		}
	}
	length := s.length()
	f.Evidence = Evidence{"least": least, "most": most, "seen": length}
	if s.listing != nil {
		f.Evidence["listed"], f.Evidence["counted"] = s.listing.Received, s.listing.TotalCount
	}
	switch {
	case length == 0:
		f.Verdict, f.What = Unknown, say.Sprintf("The list is empty.")
	case most < 0:
		f.Verdict, f.What = Unusual, say.Sprintf("The total is always below 0.")
	case most == 0:
		f.Verdict, f.What = Unusual, say.Sprintf("The total is always 0.")
	case ofPage == len(reads) && len(distinct) > 2:
		f.Verdict, f.What = Unusual, say.Sprintf("The total counts the conferences of the page, not of the list.")
	case s.pageless:
		f.Verdict, f.What = Unknown, say.Sprintf("The page number is ignored, so that the list cannot be counted.")
	case s.shuffled:
		f.Verdict, f.What = Unknown, say.Sprintf("The order changes too much to find out.")
	default:
		s.compareTotal(&f, most, length)
	}
	return []Finding{f}
}

// compareTotal does so where totals seem to be totals.
func (s *session) compareTotal(f *Finding, most, length int) {
	if s.listing == nil {
		f.Verdict, f.What = Unknown, say.Sprintf("The list was not read to its end; the total was up to %d.", most)
		if most < length-slack(length) {
			f.Verdict, f.What = Unusual, say.Sprintf("The total was at most %d, but %d conferences were seen.", most, length)
		}
		return
	}
	got, counted, margin := s.listing.Received, s.listing.TotalCount, s.margin()
	switch {
	case abs(counted-got) > margin && !s.ended():
		f.Verdict, f.What = Unknown, say.Sprintf("The list was not read to its end; the total was up to %d.", most)
	case counted > got+margin:
		f.Verdict, f.What = Unusual, say.Sprintf("The total is %d, but the pages have %d.", counted, got)
	case counted < got-margin:
		f.Verdict, f.What = Unusual, say.Sprintf("The total is only %d, but the pages have %d.", counted, got)
	case s.jumps():
		f.Verdict, f.What = Unusual, say.Sprintf("The total varies while the list does not.")
	case counted != got:
		f.Verdict, f.What = OK, say.Sprintf("The total is %d and the pages have %d: near enough for a list that changes.", counted, got)
	default:
		f.Verdict, f.What = OK, say.Sprintf("The total and the pages agree: %d.", got)
	}
}

// slack is how far a total and the conferences of a list may be apart.
func slack(n int) int { return max(5, n/20) }

// margin is how far the total and the listing may be apart, for how far the list moved meanwhile. A listing that ended for
// its total has allowed for that.
func (s *session) margin() int {
	if s.listing.Reason == confopenapi.ReasonTotal {
		return 5
	}
	return slack(s.listing.Received) + 3*(s.listing.Stats.Drift+s.listing.Stats.Repairs)
}

// ended reports whether the listing saw the end of the list: by its own proof, which needs pages of the documented 20, or
// by a page that was empty although the total says that there are more.
func (s *session) ended() bool {
	r := s.listing
	return r.Verdict > confopenapi.VerdictIncomplete || r.Reason == confopenapi.ReasonTotal && s.size >= 20 ||
		slices.ContainsFunc(s.tap.all(), func(page read) bool {
			return len(page.rows) == 0 && s.placed(&page) && sameFilter(page.filter, s.request.FilterOneAttendee) &&
				page.offset() >= r.Received && page.offset() < r.TotalCount-s.margin()
		})
}

// overcounted reports whether the service counts more conferences than it lists.
func (s *session) overcounted() bool {
	return s.listing.TotalCount > s.listing.Received+s.margin() && s.ended()
}

// jumps reports whether two pages in a row that held the whole list had the same conferences and other totals.
func (s *session) jumps() bool {
	reads := s.tap.all()
	for i := 1; i < len(reads); i++ {
		a, b := reads[i-1], reads[i]
		whole := a.page == 1 && b.page == 1 && a.count == s.size && b.count == s.size && len(a.rows) < s.size && !s.thin && !s.uneven
		if whole && len(a.rows) == len(b.rows) && shared(a.rows, b.rows) == len(a.rows) && abs(a.total-b.total) > 1 {
			return true
		}
	}
	return false
}

func abs(n int) int { return max(n, -n) }

// depth finds out why the total is larger than the list: it counts too much, or conferences far down are not shown. In the
// second case the shorter list of a filter ends at the same place, or is shown whole.
var depth = probe{
	checks: []string{checkListDepth},
	asks:   say.Sprintf("whether conferences far down are shown"),
	most:   4,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		f := Finding{Check: checkListDepth, Verdict: Unknown}
		if s.pageless || s.loose || s.rounding || s.shuffled || s.far > 0 {
			f.What = say.Sprintf("Pages are not as requested, so that it cannot be found out.")
			return []Finding{f}, nil
		}
		if err := s.lookBehind(ctx); err != nil {
			return nil, err
		}
		switch {
		case s.listing == nil, abs(s.listing.TotalCount-s.listing.Received) > s.margin() && !s.ended():
			f.What = say.Sprintf("The list was not read to its end.")
			return []Finding{f}, nil
		case s.listing.TotalCount < s.listing.Received-s.margin():
			f.What = say.Sprintf("Totals that are too small do not show whether conferences are missing.")
			return []Finding{f}, nil
		case s.listing.TotalCount <= s.listing.Received+s.margin():
			f.Verdict, f.What = OK, say.Sprintf("The total counts no conference that is not listed.")
			return []Finding{f}, nil
		}
		if !s.hides { // the shorter list ends where the longer one does
			f.What = say.Sprintf("Either the total is too large, or conferences beyond %d are not listed.", s.listing.Received)
			return []Finding{f}, nil
		}
		return s.filteredEnd(ctx, f)
	},
}

// lookBehind asks, where a listing that counted more did not see the end, for the last conferences and for what is behind them:
// ended heeds an empty page there.
func (s *session) lookBehind(ctx context.Context) error {
	if s.listing == nil || s.listing.TotalCount <= s.listing.Received+s.margin() || s.ended() {
		return nil
	}
	const count = 10
	pages := s.listing.Received / count
	last, err := s.ask(ctx, max(1, pages), count)
	if err == nil && len(last.rows) > 0 {
		_, err = s.ask(ctx, pages+2, count)
	}
	return err
}

// filteredEnd looks where the list ends with the filter on.
func (s *session) filteredEnd(ctx context.Context, f Finding) ([]Finding, error) {
	end, counted := s.listing.Received, s.listing.TotalCount
	page, err := s.askFiltered(ctx, 1, 5, new(true))
	if err != nil {
		return nil, err
	}
	limited := min(end, page.total)        // where it ends if nothing is shown beyond the limit
	inflated := page.total * end / counted // where it ends if totals count too much in proportion
	last, err := s.askFiltered(ctx, max(1, limited/5), 5, new(true))
	if err != nil {
		return nil, err
	}
	f.Evidence = Evidence{"end": end, "total": counted, "filteredTotal": page.total, "rows": len(last.rows)}
	switch {
	case inflated+maxShift > last.offset():
		f.What = say.Sprintf("Either the total is too large, or conferences beyond %d are not listed.", end)
	case len(last.rows) > 0:
		f.Verdict, f.What = Unusual, say.Sprintf("Conferences beyond the first %d are never listed.", end)
	default:
		f.Verdict, f.What = OK, say.Sprintf("The total is too large; nothing suggests that conferences are missing.")
	}
	return []Finding{f}, nil
}
