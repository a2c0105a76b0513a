package confopenapitest

import (
	"slices"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// between is the instant of a change by hand: after the last request, before the next.
func (s *Service) between() {
	if s.count > 0 {
		s.list.Advance(float64(s.count) + 0.5)
	}
}

// SetConferences replaces the live conferences; with OrderGiven they are listed in this order. The service keeps a copy.
func (s *Service) SetConferences(list ...confopenapi.Conference) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count == 0 {
		s.newList(list)
		return
	}
	s.between()
	s.list.Replace(s.catalog.add(list), epochAfter(list, s.count))
}

// Add starts conferences beside those that are live. With OrderGiven they come last.
func (s *Service) Add(list ...confopenapi.Conference) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.between()
	s.list.Grow(len(list))
	for _, it := range s.catalog.add(list) {
		s.list.Add(it)
	}
}

// Live returns the live conferences in the order of the list, as a request without conditions could see them now.
func (s *Service) Live() []confopenapi.Conference {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := s.list.Items()
	list := make([]confopenapi.Conference, len(items))
	for i, it := range items {
		list[i] = s.catalog.copy(it)
	}
	return list
}

// Update changes a live conference and reports whether it is live. What change does to the members that make its
// identity is undone: a run of a conference keeps its identity, and Restart makes another. change must not call the
// service.
func (s *Service) Update(id confopenapi.Identity, change func(*confopenapi.Conference)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.between()
	it, ok := s.find(id)
	if !ok {
		return false
	}
	c := s.catalog.copy(it)
	change(&c)
	c.EventID, c.ConferenceID, c.StartTime = id.EventID, id.ConferenceID, id.StartTime
	it = s.catalog.add([]confopenapi.Conference{c})[0]
	return s.list.Update(modelOf(id), it.Attendees, it.Ref)
}

// End takes a conference out of the list and reports whether it was live.
func (s *Service) End(id confopenapi.Identity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.between()
	return s.list.End(modelOf(id))
}

// Resume lists an ended conference again, as the same run, and reports whether there was one. A sibling endpoint documents
// that this happens within 12 hours.
func (s *Service) Resume(id confopenapi.Identity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.between()
	return s.list.Resume(modelOf(id))
}

// Restart ends a conference, if it is still live, and starts it anew at another time. It returns the new run, and false if
// the service has never had such a conference.
func (s *Service) Restart(id confopenapi.Identity, at confopenapi.UnixTime) (confopenapi.Conference, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.between()
	it, ok := s.find(id)
	if !ok {
		return confopenapi.Conference{}, false
	}
	s.list.End(modelOf(id))
	it.Start = int64(at)
	s.list.Add(it)
	return s.catalog.copy(it), true
}

// find looks among the live, then among the ended.
func (s *Service) find(id confopenapi.Identity) (livelist.Item, bool) {
	items := s.list.Items()
	i := slices.IndexFunc(items, func(it livelist.Item) bool { return it.Identity() == modelOf(id) })
	if i >= 0 {
		return items[i], true
	}
	return s.list.Ended(modelOf(id))
}

func modelOf(id confopenapi.Identity) livelist.Identity {
	return livelist.Identity{EventID: id.EventID, ConferenceID: id.ConferenceID, Start: int64(id.StartTime)}
}

func identityOf(id livelist.Identity) confopenapi.Identity {
	return confopenapi.Identity{EventID: id.EventID, ConferenceID: id.ConferenceID, StartTime: confopenapi.UnixTime(id.Start)}
}
