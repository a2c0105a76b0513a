package confopenapitest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

// Truth is what the server listed during an interval of requests. It judges a listing that was made in the interval: the
// listing must contain everything that was listed at every request, and nothing that was never listed.
type Truth struct {
	Always map[confopenapi.Identity]bool // listed at every request of the interval
	Ever   map[confopenapi.Identity]bool // listed at one request of the interval or more
}

// Truth returns what was listed at the requests from first to last, as numbered in Request; a last of 0 is the latest:
//
//	first := srv.RequestCount() + 1
//	found := listEverything(srv.Client()) // the code under test
//	if err := srv.Truth(first, 0).Check(found); err != nil {
//		t.Error(err)
//	}
func (s *Server) Truth(first, last int) Truth { return s.TruthFor(nil, first, last) }

// TruthFor is Truth for requests with req's FilterOneAttendee and AdminUserID.
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

// Lost returns the identities of Always that are not in found, ordered by id; nil if there are none.
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

// Check returns nil if found contains everything in Always, nothing outside Ever, and nothing twice. Its error names ids and
// no personal data. For a program that may repeat conferences but must not miss any, use Lost.
func (t Truth) Check(found []confopenapi.Conference) error {
	var neverListed, repeated []confopenapi.Identity
	seen := make(map[confopenapi.Identity]bool, len(found))
	for _, c := range found {
		id := c.Identity()
		if !t.Ever[id] {
			neverListed = append(neverListed, id)
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
	add(fmt.Sprintf("of %d conferences that were always listed are missing", len(t.Always)), t.Lost(found))
	add(fmt.Sprintf("of %d found conferences were never listed", len(found)), neverListed)
	add("found more than once", repeated)
	if wrong == nil {
		return nil
	}
	return errors.New("confopenapitest: " + strings.Join(wrong, "; "))
}
