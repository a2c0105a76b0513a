package live

import (
	"maps"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// maxLog is how many events can be shown at most.
const maxLog = 200

// state is what the watch has delivered.
type state struct {
	now    time.Time
	live   map[confopenapi.Identity]confopenapi.Conference
	log    []entry // the latest first
	counts map[confopenapi.EventKind]int
	polled *confopenapi.Report // of the last poll that listed something
	failed string              // what went wrong since; "" = nothing
	old    bool                // the last poll listed nothing
	next   time.Time           // when the next poll is about to begin; zero = it is under way
}

// entry is an event, and what the conference was before; or a problem.
type entry struct {
	confopenapi.Event
	before  confopenapi.Conference
	late    bool   // it is not of the first poll
	problem string // "" = it is an event
}

// clone is the state as it is now, whatever comes.
func (s *state) clone() *state {
	c := *s
	c.live, c.log, c.counts = maps.Clone(s.live), slices.Clone(s.log), maps.Clone(s.counts)
	return &c
}

// take books the events of a poll.
func (s *state) take(p Poll) {
	for i, e := range p.Events {
		id := e.Conference.Identity()
		s.counts[e.Kind]++
		if i >= len(p.Events)-maxLog {
			s.log = slices.Insert(s.log, 0, entry{Event: e, before: s.live[id], late: s.polled != nil})
		}
		if e.Kind == confopenapi.EventEnded {
			delete(s.live, id)
		} else {
			s.live[id] = e.Conference
		}
	}
	s.log = s.log[:min(len(s.log), maxLog)]
	s.polled, s.failed, s.old = &p.Report, "", false
}

// note puts a problem among the events.
func (s *state) note(p Problem) {
	s.log = slices.Insert(s.log, 0, entry{Event: confopenapi.Event{At: p.At}, problem: p.Text})
	s.log = s.log[:min(len(s.log), maxLog)]
}

// events is the number of events.
func (s *state) events() (n int) {
	for _, count := range s.counts {
		n += count
	}
	return n
}

// attending is how many take part in all live conferences.
func (s *state) attending() (n int) {
	for _, c := range s.live {
		n += c.AttendeeCount
	}
	return n
}
