package confopenapitest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

// Truth is what the server showed over an interval of requests. It judges a listing that was made within the interval: the
// listing must hold what was in the list at every request, and must not hold what was in it at none.
type Truth struct {
	Always map[confopenapi.Identity]bool // in the list at every request of the interval
	Ever   map[confopenapi.Identity]bool // in the list at some request of the interval
}

// Truth looks up who was in the list at the requests from first to last, as numbered in Request; a last of 0 is the latest:
//
//	first := srv.RequestCount() + 1
//	… list …
//	if err := srv.Truth(first, 0).Check(found); err != nil {
//		t.Error(err)
//	}
func (s *Server) Truth(first, last int) Truth { return s.TruthFor(nil, first, last) }

// TruthFor is Truth for a request with req's FilterOneAttendee and AdminUserID.
func (s *Server) TruthFor(req *confopenapi.ListByStatusRequest, first, last int) Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last == 0 {
		last = s.count
	}
	t := Truth{Always: map[confopenapi.Identity]bool{}, Ever: map[confopenapi.Identity]bool{}}
	model := s.pages.TruthAt(first, last, s.filterOf(req))
	for _, it := range s.list.History() {
		if req != nil && req.AdminUserID != 0 && s.sees != nil && !s.sees(req.AdminUserID, s.catalog.conference(it)) {
			continue
		}
		id := identityOf(it.Identity())
		if model.Always[it.Identity()] {
			t.Always[id] = true
		}
		if model.Ever[it.Identity()] {
			t.Ever[id] = true
		}
	}
	return t
}

// Lost is what of Always is not in found, in the order of the ids; nil if nothing is.
func (t Truth) Lost(found []confopenapi.Conference) []confopenapi.Identity {
	seen := make(map[confopenapi.Identity]bool, len(found))
	for _, c := range found {
		seen[c.Identity()] = true
	}
	var lost []confopenapi.Identity
	for id := range t.Always {
		if !seen[id] {
			lost = append(lost, id)
		}
	}
	slices.SortFunc(lost, func(a, b confopenapi.Identity) int {
		return cmp.Or(cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.ConferenceID, b.ConferenceID), cmp.Compare(a.StartTime, b.StartTime))
	})
	return lost
}

// Check returns nil if found holds everything of Always, nothing that is not in Ever, and nothing twice. Its error has ids
// and no personal data. A program that may repeat conferences, but not lose any, uses Lost.
func (t Truth) Check(found []confopenapi.Conference) error {
	var invented, repeated []confopenapi.Identity
	seen := make(map[confopenapi.Identity]bool, len(found))
	for _, c := range found {
		id := c.Identity()
		if !t.Ever[id] {
			invented = append(invented, id)
		}
		if seen[id] {
			repeated = append(repeated, id)
		}
		seen[id] = true
	}
	var wrong []string
	add := func(what string, ids []confopenapi.Identity) {
		if len(ids) > 0 {
			wrong = append(wrong, fmt.Sprintf("%d %s (such as event %d, conference %q, start %d)",
				len(ids), what, ids[0].EventID, ids[0].ConferenceID, ids[0].StartTime))
		}
	}
	add(fmt.Sprintf("of %d conferences that were always in the list are lost", len(t.Always)), t.Lost(found))
	add(fmt.Sprintf("of %d found were never in it", len(found)), invented)
	add("come again", repeated)
	if wrong == nil {
		return nil
	}
	return errors.New("confopenapitest: " + strings.Join(wrong, "; "))
}
