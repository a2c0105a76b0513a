package doctor

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// wholeMin is what reading the whole list takes if it is short.
const wholeMin = 4

// wholeList has the SDK list everything, if the requests that are left are enough for it.
var wholeList = probe{
	checks: nil, // its result is in the findings of findTotals and findGuarantees
	asks:   say.Sprintf("what a whole listing proves"),
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		for range 2 { // a list that moves can be unlucky once
			if s.tap.left() < s.listingTakes()+depth.most {
				break
			}
			r, err := s.list(ctx, s.client)
			if err != nil {
				s.cut = errors.Is(context.Cause(ctx), errSpent)
				return nil, err
			}
			if s.listing == nil || r.Verdict > s.listing.Verdict {
				s.listing = r
			}
			if r.Verdict == confopenapi.VerdictComplete || s.changes == 0 && s.totals().misleads() { // which leaves requests for heedless
				break
			}
		}
		return nil, nil
	},
}

// listingTakes estimates the requests of a listing from what is known of the list.
func (s *session) listingTakes() int {
	rows := s.length()
	if !s.pageless && s.totals().kind != tooLarge { // else pages show where it ends
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

// list lists everything. A listing of which a page could not be read says nothing of how the service lists.
func (s *session) list(ctx context.Context, client *confopenapi.Client) (*confopenapi.Report, error) {
	snap, err := client.Snapshot(ctx, &s.request, &confopenapi.SnapshotOptions{Require: confopenapi.VerdictComplete}) // as the commands list
	incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err)
	if ok && incomplete.Err != nil {
		err = incomplete.Err // of the service, and no verdict on how it lists
	}
	if err != nil && (!ok || incomplete.Err != nil) {
		s.fail(ctx, err) // a listing asks more than once for what got no response
		return nil, err
	}
	return &snap.Report, nil
}

// kind is what totals are, held against what pages show.
type kind int

const (
	unsure   kind = iota // pages do not show it
	exact                // the length of the list
	tooLarge             // always
	tooSmall             // always
	varying              // at times too large, at times not
	constant             // 0, or below
	ofPage               // the length of the page
)

// totals is what they are.
type totals struct {
	kind
	least, most int // by how much they were larger than what pages showed
	end, total  int // of the list and its total at one instant; 0, 0 = unsure
}

// misleads reports whether listings that heed totals end as incomplete for them.
func (t totals) misleads() bool { return t.kind == tooLarge || t.kind == varying }

// own are the pages of the list that is examined, not of another filter.
func (s *session) own() []read {
	return slices.DeleteFunc(slices.Clone(s.tap.all()), func(r read) bool { return !sameFilter(r.filter, s.request.FilterOneAttendee) })
}

// totals compares totals with what pages show. A page at the end of the list shows how long it was at the instant of its total, however
// much it moves. Where no page does, there is only the listing.
func (s *session) totals() totals {
	lengths, ofPages, largest := map[int]bool{}, true, math.MinInt
	for _, r := range s.tap.all() {
		largest, lengths[len(r.rows)] = max(largest, r.total), true
		ofPages = ofPages && r.total == len(r.rows)
	}
	switch {
	case s.length() == 0 && s.lastTotal() > 0: // which is the total of an empty page
		return totals{kind: tooLarge, least: s.lastTotal(), most: s.lastTotal(), total: s.lastTotal()}
	case s.length() == 0 || s.pageless && largest > 0:
		return totals{}
	case largest <= 0:
		return totals{kind: constant, total: largest}
	case ofPages && len(lengths) > 2:
		return totals{kind: ofPage}
	}
	t := totals{kind: unsure, least: math.MaxInt, most: math.MinInt}
	for _, r := range s.ends() {
		t.least, t.most = min(t.least, r.total-r.end()), max(t.most, r.total-r.end())
		t.kind, t.end, t.total = varying, r.end(), r.total
	}
	switch {
	case t.kind == unsure:
	case t.least == 0 && t.most == 0:
		t.kind = exact
		if far := s.farAbove(t.end); far > 0 {
			t.kind, t.most = varying, far
		}
	case t.least > 0:
		t.kind = tooLarge
	case 2*t.most < t.least: // so far below 0 that it varies no farther
		t.kind = tooSmall
	}
	if s.listing != nil && (t.kind == unsure || s.lacking() && !t.misleads() && !s.shuffled) {
		t = s.listedTotals()
	}
	if length := s.length(); t.kind == unsure && !s.gappy() && largest+s.mayHaveMoved(s.tap.sent) < length {
		t = totals{kind: tooSmall, least: largest - length, most: largest - length, end: length, total: largest}
	}
	return t
}

// farAbove is by how much the largest total of any page is above the end of the list, if the list cannot have been so long during this
// run; else 0. Some services put what they listed so far on the last page in place of the total.
func (s *session) farAbove(end int) int {
	far, moved := 0, s.changes*float64(s.tap.sent)
	for _, r := range s.own() {
		far = max(far, r.total-end)
	}
	found := s.listing != nil && s.listing.Reason == confopenapi.ReasonTotal && !s.lacking() // it knows better how far the list moved
	if far <= 2*maxShift+int(moved+2*math.Sqrt(moved)) && !found {
		return 0
	}
	return far
}

// lacking reports whether the listing ended as incomplete for totals, which allows for how much the list moved.
func (s *session) lacking() bool {
	return program.ReasonOf(*s.listing) == confopenapi.ReasonTotal && s.listing.TotalCount > s.listing.Received
}

// listedTotals compares the total at the end of the listing with what was listed, as far apart as the list has moved meanwhile.
func (s *session) listedTotals() totals {
	r := s.listing
	more := r.TotalCount - r.Received
	t := totals{kind: unsure, least: more, most: more, end: r.Received, total: r.TotalCount}
	moved := r.Stats.Drift + s.mayHaveMoved(r.Calls)
	least, most := r.TotalCount, r.TotalCount
	for _, page := range s.own() {
		least, most = min(least, page.total), max(most, page.total)
	}
	if list, _, _ := s.moved(); !list { // as far as pages show: at most totals know better
		moved = most - least
	}
	switch {
	case s.lacking() && more > moved:
		t.kind = tooLarge
	case r.Verdict == confopenapi.VerdictIncomplete:
	case jumps(s.own()) && least-r.Received <= moved:
		t.kind, t.least, t.most = varying, least-r.Received, most-r.Received
	case abs(more) <= moved:
		t.kind = exact
	case more > 0:
		t.kind = tooLarge
	default:
		t.kind = tooSmall
	}
	return t
}

// mayHaveMoved is how many conferences may have started and ended in the time of some requests, by how many did between readings, and by
// how far totals moved.
func (s *session) mayHaveMoved(requests int) int {
	reads, far := s.own(), 0
	for i := range len(reads) - 1 {
		far += abs(reads[i+1].total - reads[i].total)
	}
	changes := max(s.changes, float64(far)/float64(len(reads))) * float64(requests)
	return int(changes + 2*math.Sqrt(changes))
}

// jumps reports whether two pages in a row have the same conferences, and totals that one that came or left behind them does not explain.
func jumps(reads []read) bool {
	for i := range len(reads) - 1 {
		a, b := reads[i], reads[i+1]
		if a.page == b.page && a.count == b.count && slices.EqualFunc(a.rows, b.rows, func(x, y row) bool { return x.id == y.id }) && abs(a.total-b.total) > 1 {
			return true
		}
	}
	return false
}

// ends are pages at the end of the list: they have fewer conferences than requested and than a page can have.
func (s *session) ends() []read {
	if s.uneven {
		return nil
	}
	var sure, capped []read
	fullest, ending, gappy := 0, map[int]bool{}, s.gappy()
	for _, r := range s.tap.all() {
		fullest = max(fullest, len(r.rows))
	}
	for _, r := range s.own() {
		n := len(r.rows)
		switch {
		case n == 0 || n >= min(r.count, s.size) || !s.placed(&r) || s.again(&r) || s.listing != nil && r.end()+s.mayHaveMoved(s.tap.sent) < s.listing.Received:
		case gappy && (r.page > 1 || r.count < fullCount || s.size < fullCount): // what is hidden has a place
		case r.count > fullest && n%10 == 0 && n >= 20: // which may be all that a page can have
			capped = append(capped, r)
		default:
			sure = append(sure, r)
			ending[r.end()] = true
		}
	}
	for _, r := range capped {
		if ending[r.end()] {
			sure = append(sure, r)
		}
	}
	return sure
}

// readEnd reads the end of the list, some times in a row.
func (s *session) readEnd(ctx context.Context) error {
	if s.listing == nil || s.gappy() || s.uneven || s.loose || s.totals().kind == constant || s.totals().kind == ofPage {
		return nil
	}
	end, fullest, step := s.listing.Received, 0, 10
	for _, r := range s.tap.all() {
		fullest = max(fullest, len(r.rows))
	}
	if end >= 26 && !s.rounding { // then uneven page sizes are known to work
		step = 1
	}
	page, count, room := 0, 0, 0
	for c := step; c <= min(s.size, max(fullest, 20)); c += step {
		if r := min(end%c, c-end%c); r > room { // as far as possible from where a page begins
			page, count, room = end/c+1, c, r
		}
	}
	for range repeatReads {
		if room == 0 || len(s.ends()) >= repeatReads || s.tap.left() <= 2 {
			break
		}
		if _, err := s.ask(ctx, page, count); err != nil {
			return err
		}
	}
	return nil
}

// findTotals says what totals are.
func findTotals(s *session) []Finding {
	t, length := s.totals(), s.length()
	f := Finding{Check: checkTotal, Verdict: Unusual, Evidence: Evidence{"seen": length}}
	least, most := math.MaxInt, math.MinInt
	for _, r := range s.own() {
		least, most = min(least, r.total), max(most, r.total)
	}
	f.Evidence["least"], f.Evidence["most"] = least, most
	if s.listing != nil {
		f.Evidence["listed"], f.Evidence["counted"] = s.listing.Received, s.listing.TotalCount
	}
	if t.end > 0 {
		f.Evidence["leastMore"], f.Evidence["mostMore"] = t.least, t.most
	}
	useless := say.Sprintf("Totals prove nothing: what the service never lists is not noticed.")
	switch t.kind {
	case exact:
		f.Verdict, f.What = OK, say.Sprintf("The total and the pages agree: %d.", t.end)
		if t.most != 0 { // of a whole listing
			f.What = say.Sprintf("The total is %d and the pages have %d, as far apart as the list moved meanwhile.", t.total, t.end)
		}
	case tooLarge:
		f.What, f.Matters = say.Sprintf("The total is %d, but the pages have %d.", t.total, t.end), say.Sprintf("Listings without --ignore-totals end with exit code 3.")
	case tooSmall:
		f.What, f.Matters = say.Sprintf("The total is only %d, but the pages have %d.", t.total, t.end), useless
	case varying:
		f.What = say.Sprintf("The total varies: compared with what the pages have, it is between %+d and %+d.", t.least, t.most)
		f.Matters = say.Sprintf("Without --ignore-totals a listing ends with exit code 3 whenever the total is too large by chance.")
	case constant:
		f.What, f.Matters = say.Sprintf("The total is always 0."), useless
		if t.total < 0 {
			f.What = say.Sprintf("The total is always below 0.")
		}
	case ofPage:
		f.What, f.Matters = say.Sprintf("The total counts the conferences of the page, not of the list."), useless
	case unsure:
		f.Verdict, f.What = Unknown, say.Sprintf("The list was not read to its end; the total was up to %d.", most)
		switch {
		case length == 0:
			f.What = say.Sprintf("The list is empty.")
		case s.pageless:
			f.What = say.Sprintf("The page number is ignored, so that the list cannot be counted.")
		}
	}
	return []Finding{f}
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
		if s.pageless || s.loose || s.rounding || s.far > 0 {
			f.What = say.Sprintf("Pages are not as requested, so that it cannot be found out.")
			return []Finding{f}, nil
		}
		if err := s.readEnd(ctx); err != nil {
			return nil, err
		}
		switch t := s.totals(); {
		case t.kind == unsure || s.listing == nil:
			f.What = say.Sprintf("The list was not read to its end.")
		case t.kind == exact:
			f.Verdict, f.What = OK, say.Sprintf("The total counts no conference that is not listed.")
		case t.kind != tooLarge:
			f.What = say.Sprintf("Such totals do not show whether conferences are missing.")
		case !s.hides || s.shuffled: // the shorter list ends where the longer one does
			f.What = say.Sprintf("Either the total is too large, or some conferences are never listed.")
		default:
			return s.filteredEnd(ctx, f, t)
		}
		return []Finding{f}, nil
	},
}

// heedless lists without totals, where these mislead, to find out what that proves.
var heedless = probe{
	asks: say.Sprintf("what a whole listing proves without totals"),
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		if s.listing == nil || s.listing.TotalsIgnored || !s.totals().misleads() || s.tap.left() < s.listingTakes() {
			return nil, nil
		}
		client, err := s.client.With(confopenapi.WithIgnoredTotals())
		if err != nil {
			return nil, err
		}
		r, err := s.list(ctx, client)
		if err == nil {
			s.withoutTotals = r
		}
		return nil, err
	},
}

// filteredEnd looks where the list ends with the filter on.
func (s *session) filteredEnd(ctx context.Context, f Finding, t totals) ([]Finding, error) {
	page, err := s.askFiltered(ctx, 1, 5, new(true))
	if err != nil {
		return nil, err
	}
	limited := min(t.end, page.total)        // where it ends if nothing is shown beyond the limit
	inflated := page.total * t.end / t.total // where it ends if totals count too much in proportion
	last, err := s.askFiltered(ctx, max(1, limited/5), 5, new(true))
	if err != nil {
		return nil, err
	}
	f.Evidence = Evidence{"end": t.end, "total": t.total, "filteredTotal": page.total, "rows": len(last.rows)}
	switch {
	case inflated+maxShift > last.offset():
		f.What = say.Sprintf("Either the total is too large, or some conferences are never listed.")
	case len(last.rows) > 0:
		f.Verdict, f.What = Unusual, say.Sprintf("Conferences beyond the first %d are never listed.", t.end)
	default:
		f.Verdict, f.What = OK, say.Sprintf("The total is too large; nothing suggests that conferences are missing.")
	}
	return []Finding{f}, nil
}
