package doctor

import (
	"cmp"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

const (
	enoughRows = 10 // of a page, for its order to say something
	enoughTies = 5  // neighbours that start together, for a second key to be no accident
)

// key is what a list may be sorted by, as far as a client sees it.
type key struct {
	name    Sentence
	compare func(a, b confopenapi.Identity) int
}

func ids(name Sentence, compare func(a, b confopenapi.Identity) int) []key {
	return []key{
		{say.Sprintf("%s, smallest first", name), compare},
		{say.Sprintf("%s, largest first", name), func(a, b confopenapi.Identity) int { return compare(b, a) }},
	}
}

var (
	startKeys = []key{
		{say.Sprintf("start time, earliest first"), func(a, b confopenapi.Identity) int { return cmp.Compare(a.StartTime, b.StartTime) }},
		{say.Sprintf("start time, latest first"), func(a, b confopenapi.Identity) int { return cmp.Compare(b.StartTime, a.StartTime) }},
	}
	eventKeys = ids(say.Sprintf("event id"), func(a, b confopenapi.Identity) int { return cmp.Compare(a.EventID, b.EventID) })
	// As numbers, and as text.
	numberKeys = ids(say.Sprintf("conference id as a number"), func(a, b confopenapi.Identity) int {
		a.ConferenceID, b.ConferenceID = strings.TrimLeft(a.ConferenceID, "0"), strings.TrimLeft(b.ConferenceID, "0")
		return cmp.Or(cmp.Compare(len(a.ConferenceID), len(b.ConferenceID)), cmp.Compare(a.ConferenceID, b.ConferenceID))
	})
	textKeys = ids(say.Sprintf("conference id as text"), func(a, b confopenapi.Identity) int { return cmp.Compare(a.ConferenceID, b.ConferenceID) })
)

// idKeys are tried as second keys, and after the start time as first ones.
func idKeys() []key { return append(append(append([]key{}, eventKeys...), numberKeys...), textKeys...) }

// sorted reports whether every page is, with at least one that says something.
func (k key) sorted(reads []read) bool {
	telling := false
	for _, r := range reads {
		for i := 1; i < len(r.rows); i++ {
			if k.compare(r.rows[i-1].id, r.rows[i].id) > 0 {
				return false
			}
		}
		telling = telling || len(r.rows) >= enoughRows
	}
	return telling
}

// across counts conferences of a later page that sort before the last of the page in front of it and were not on that: a
// list that is sorted has few, those that came meanwhile.
func (k key) across(reads []read) (strays, of int) {
	for i := range reads {
		for j := range reads {
			a, b := &reads[i], &reads[j]
			if !sameFilter(a.filter, b.filter) || len(a.rows) < enoughRows || len(b.rows) == 0 || a.count == 0 || b.offset() < a.offset()+len(a.rows)-maxShift || b.offset() > a.offset()+2*len(a.rows) {
				continue
			}
			at, last := places(a.rows), a.rows[len(a.rows)-1].id
			for _, r := range b.rows {
				if _, both := at[r.id]; !both {
					of++
					if k.compare(r.id, last) < 0 {
						strays++
					}
				}
			}
		}
	}
	return strays, of
}

// findOrder finds out by what the pages that came are sorted.
func findOrder(s *session) []Finding {
	reads := s.tap.all()
	first, ties := Finding{Check: checkOrderKey}, Finding{Check: checkOrderTies}
	if s.big == nil || len(s.big.rows) < enoughRows {
		first.Verdict, first.What = Unknown, say.Sprintf("Too few conferences were seen to find out.")
		ties.Verdict, ties.What = Unknown, say.Sprintf("Too few conferences were seen to find out.")
		return []Finding{first, ties}
	}
	var fit []key
	for _, k := range append(append([]key{}, startKeys...), idKeys()...) {
		if k.sorted(reads) {
			fit = append(fit, k)
		}
	}
	if len(fit) == 0 {
		first.Verdict, first.What = Unusual, say.Sprintf("No visible key explains the order of the list.")
		first.Evidence = Evidence{"keys": 0}
		ties.Verdict, ties.What = Unknown, say.Sprintf("The list is not sorted by the start time.")
		return []Finding{first, ties}
	}
	placed := slices.DeleteFunc(slices.Clone(reads), func(r read) bool { return !s.placed(&r) || s.again(&r) })
	strays, of := fit[0].across(placed)
	first.Evidence = Evidence{"keys": len(fit), "strays": strays, "compared": of}
	if 10*strays > of {
		first.Verdict, first.What = Unusual, say.Sprintf("Each page is sorted by the %s, but the list is not.", fit[0].name)
		ties.Verdict, ties.What = Unknown, say.Sprintf("The list is not sorted by the start time.")
		return []Finding{first, ties}
	}
	first.Verdict, first.What = OK, say.Sprintf("The list is sorted by the %s.", fit[0].name)
	if len(fit) > 1 {
		first.What = say.Sprintf("The list is sorted by the %s; %d other keys also fit so far.", fit[0].name, len(fit)-1)
	}
	return []Finding{first, findTies(reads, fit)}
}

// findTies looks for a second key among neighbours that start together.
func findTies(reads []read, fit []key) Finding {
	f := Finding{Check: checkOrderTies}
	for _, k := range fit {
		if k.compare(confopenapi.Identity{EventID: 1, ConferenceID: "1"}, confopenapi.Identity{EventID: 2, ConferenceID: "2"}) != 0 {
			f.Verdict, f.What = OK, say.Sprintf("The list is sorted by the %s, which leaves no ties.", k.name)
			return f
		}
	}
	type pair [2]confopenapi.Identity
	pairs, longest := map[pair]bool{}, 1
	for _, r := range reads {
		run := 1
		for i := 1; i < len(r.rows); i++ {
			if r.rows[i-1].id.StartTime != r.rows[i].id.StartTime {
				run = 1
				continue
			}
			run++
			longest = max(longest, run)
			pairs[pair{r.rows[i-1].id, r.rows[i].id}] = true
		}
	}
	var second *key
	for _, k := range idKeys() {
		fits := true
		for p := range pairs {
			fits = fits && k.compare(p[0], p[1]) <= 0
		}
		if fits && second == nil {
			second = &k
		}
	}
	f.Evidence = Evidence{"neighbours": len(pairs), "longest": longest}
	switch {
	case len(pairs) < enoughTies:
		f.Verdict, f.What = Unknown, say.Sprintf("Too few conferences have the same start to find out their order: %d pairs.", len(pairs))
	case second == nil:
		f.Verdict, f.What = Unusual, say.Sprintf("No visible key explains the order of conferences with the same start; at most %d of them follow each other.", longest)
	default:
		f.Verdict, f.What = OK, say.Sprintf("Conferences with the same start are sorted by the %s; at most %d of them follow each other.", second.name, longest)
	}
	return f
}
