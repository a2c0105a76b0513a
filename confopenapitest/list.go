package confopenapitest

import (
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// Order is the order of the list. The real service's is unknown.
type Order int

// The orders. The verdict for a changing list depends on them: usually VerdictComplete with OrderStartDown, and with
// OrderGiven if the ids increase as those of Conferences do; VerdictConditional with OrderArbitrary; VerdictIncomplete with
// OrderShuffled.
const (
	OrderGiven     Order = Order(livelist.Given)     // as given; a new conference is added at the end, a resumed one takes its old place
	OrderStartDown Order = Order(livelist.StartDown) // by start time, latest first; then by event id, largest first
	OrderArbitrary Order = Order(livelist.Arbitrary) // arbitrary but stable
	OrderShuffled  Order = Order(livelist.Shuffled)  // shuffled by every request
)

// String names the order.
func (o Order) String() string { return livelist.Order(o).String() }

// Churn says how the list changes by itself. Rates are per request and do not depend on the clock. The list never grows far
// beyond twice its length. The zero value is a list at rest.
type Churn struct {
	Seed    uint64  // the same seed and the same requests give the same changes
	Rate    float64 // starts and ends, half each; one in five new conferences has one attendee
	Toggle  float64 // conferences whose attendee count becomes one, or two if it was one
	Resume  float64 // share of the ended ones that resume as the same run, a few requests later
	Restart float64 // share of the ended ones that restart as another run, with a later start
}

func (c Churn) model() livelist.Config {
	return livelist.Config{
		Seed: c.Seed, Churn: c.Rate, Toggle: c.Toggle, Return: c.Resume, Restart: c.Restart, Single: 0.2, RisingIDs: true,
	}
}

// newList makes the list that the first request sees.
func (s *Server) newList(list []confopenapi.Conference) {
	cfg := s.churn.model()
	cfg.Order, cfg.Items, cfg.Size, cfg.Epoch = livelist.Order(s.order), s.catalog.add(list...), len(list), s.epochAfter(list)
	if s.clock {
		cfg.Now = func() int64 { return time.Now().Unix() }
	}
	s.list = livelist.New(cfg)
	s.pages = livelist.NewServer(s.list, s.paging)
}

// epochAfter is the time of request 0 for which churn's conferences start later than all of list; 0 = any.
func (s *Server) epochAfter(list []confopenapi.Conference) int64 {
	latest := int64(0)
	for _, c := range list {
		latest = max(latest, int64(c.StartTime))
	}
	if latest == 0 {
		return 0
	}
	return latest + 1 - int64(s.count)
}

// change calls f between the last request and the next.
func (s *Server) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count > 0 {
		s.list.Advance(float64(s.count) + 0.5)
	}
	f()
}

// SetChurn replaces the churn. Resumes and restarts that were planned are cancelled.
func (s *Server) SetChurn(c Churn) {
	s.change(func() {
		s.churn = c
		s.list.SetChurn(c.model())
	})
}

// SetConferences replaces the live conferences, in this order with OrderGiven.
func (s *Server) SetConferences(list ...confopenapi.Conference) {
	s.change(func() {
		if s.count == 0 {
			s.newList(list)
			return
		}
		s.list.Replace(s.catalog.add(list...), s.epochAfter(list))
	})
}

// Add starts conferences. With OrderGiven they are added at the end.
func (s *Server) Add(list ...confopenapi.Conference) {
	s.change(func() {
		s.list.Grow(len(list))
		for _, it := range s.catalog.add(list...) {
			s.list.Add(it)
		}
	})
}

// Live returns the live conferences in the order of the list.
func (s *Server) Live() []confopenapi.Conference {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := s.list.Items()
	list := make([]confopenapi.Conference, len(items))
	for i, it := range items {
		list[i] = s.catalog.conference(it)
	}
	return list
}

// Update changes a live conference and reports whether it is live. Changes of its identity are ignored: Restart makes
// another run. change must not call the server.
func (s *Server) Update(id confopenapi.Identity, change func(*confopenapi.Conference)) (live bool) {
	s.change(func() {
		it, ok := s.find(id)
		if !ok {
			return
		}
		c := s.catalog.conference(it)
		change(&c)
		c.EventID, c.ConferenceID, c.StartTime = id.EventID, id.ConferenceID, id.StartTime
		it = s.catalog.add(c)[0]
		live = s.list.Update(modelOf(id), it.Attendees, it.Ref)
	})
	return live
}

// End takes a conference out of the list and reports whether it was live.
func (s *Server) End(id confopenapi.Identity) (live bool) {
	s.change(func() { live = s.list.End(modelOf(id)) })
	return live
}

// Resume lists an ended conference again, as the same run, and reports whether there was one. The vendor's page of another
// endpoint says that this can happen within 12 hours.
func (s *Server) Resume(id confopenapi.Identity) (ended bool) {
	s.change(func() { ended = s.list.Resume(modelOf(id)) })
	return ended
}

// Restart ends a conference if it is live, and starts it again at another time. It returns the new run; ok is false if the
// server never listed the conference.
func (s *Server) Restart(id confopenapi.Identity, at confopenapi.UnixTime) (run confopenapi.Conference, ok bool) {
	s.change(func() {
		var it livelist.Item
		if it, ok = s.find(id); ok {
			s.list.End(modelOf(id))
			it.Start = int64(at)
			s.list.Add(it)
			run = s.catalog.conference(it)
		}
	})
	return run, ok
}

// find searches the live conferences, then the ended ones.
func (s *Server) find(id confopenapi.Identity) (livelist.Item, bool) {
	for _, it := range s.list.Items() {
		if it.Identity() == modelOf(id) {
			return it, true
		}
	}
	return s.list.Ended(modelOf(id))
}

func modelOf(id confopenapi.Identity) livelist.Identity {
	return livelist.Identity{EventID: id.EventID, ConferenceID: id.ConferenceID, Start: int64(id.StartTime)}
}

func identityOf(id livelist.Identity) confopenapi.Identity {
	return confopenapi.Identity{EventID: id.EventID, ConferenceID: id.ConferenceID, StartTime: confopenapi.UnixTime(id.Start)}
}
