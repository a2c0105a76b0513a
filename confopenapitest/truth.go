package confopenapitest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

// Truth is what the service showed over an interval of requests. It judges any listing that was made within it: who was in
// the list at every request must have been found, and who was there at none cannot have been.
type Truth struct {
	Always map[confopenapi.Identity]bool // in the list at every request of the interval
	Ever   map[confopenapi.Identity]bool // in the list at some request of the interval
}

// Truth looks up who was in the list at the requests from first to last, numbered as in Request, both included; a last of
// 0 means the latest. Requests that met a fault or an interceptor count like the others: the list lived on. Typically
//
//	first := srv.RequestCount() + 1
//	… list …
//	if err := srv.Truth(first, 0).Check(found); err != nil {
//		t.Error(err)
//	}
func (s *Service) Truth(first, last int) Truth { return s.TruthFor(nil, first, last) }

// TruthFor is Truth as a request with req's FilterOneAttendee and AdminUserID sees it; its page and count do not matter.
func (s *Service) TruthFor(req *confopenapi.ListByStatusRequest, first, last int) Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last == 0 {
		last = s.count
	}
	model := s.pages.TruthAt(first, last, s.filterOf(req))
	keep := func(confopenapi.Identity) bool { return true }
	if req != nil && req.AdminUserID != 0 && s.sees != nil {
		mine := map[confopenapi.Identity]bool{}
		for _, it := range s.list.History() {
			mine[identityOf(it.Identity())] = s.sees(req.AdminUserID, s.catalog.conference(it))
		}
		keep = func(id confopenapi.Identity) bool { return mine[id] }
	}
	t := Truth{Always: map[confopenapi.Identity]bool{}, Ever: map[confopenapi.Identity]bool{}}
	for id := range model.Always {
		if id := identityOf(id); keep(id) {
			t.Always[id] = true
		}
	}
	for id := range model.Ever {
		if id := identityOf(id); keep(id) {
			t.Ever[id] = true
		}
	}
	return t
}

// Recall is the share of Always that is in found, from 0 to 1; 1 if Always is empty.
func (t Truth) Recall(found []confopenapi.Conference) float64 {
	if len(t.Always) == 0 {
		return 1
	}
	return 1 - float64(len(t.Lost(found)))/float64(len(t.Always))
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

// Repeated is what is in found more than once, in the order in which it came again; nil if nothing is.
func (Truth) Repeated(found []confopenapi.Conference) []confopenapi.Identity {
	var repeated []confopenapi.Identity
	seen := make(map[confopenapi.Identity]bool, len(found))
	for _, c := range found {
		if seen[c.Identity()] {
			repeated = append(repeated, c.Identity())
		}
		seen[c.Identity()] = true
	}
	return repeated
}

// Check returns an error, with ids and no personal data, unless found holds everything of Always, nothing beyond Ever, and
// nothing twice. A program that may repeat conferences, but not lose any, asks Lost.
func (t Truth) Check(found []confopenapi.Conference) error {
	var invented []confopenapi.Identity
	for _, c := range found {
		if id := c.Identity(); !t.Ever[id] {
			invented = append(invented, id)
		}
	}
	var faults []string
	for _, fault := range [...]struct {
		what string
		ids  []confopenapi.Identity
	}{
		{fmt.Sprintf("of %d conferences that were always in the list are lost", len(t.Always)), t.Lost(found)},
		{fmt.Sprintf("of %d found were never in it", len(found)), invented},
		{"come again", t.Repeated(found)},
	} {
		if len(fault.ids) > 0 {
			faults = append(faults, fmt.Sprintf("%d %s (such as event %d, conference %q, start %d)",
				len(fault.ids), fault.what, fault.ids[0].EventID, fault.ids[0].ConferenceID, fault.ids[0].StartTime))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New("confopenapitest: " + strings.Join(faults, "; "))
}
