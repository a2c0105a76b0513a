package fleet

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/confopenapi/confopenapi-go"
)

// watcher is the SDK's Watcher as the state has it.
func (s *State) watcher() (*confopenapi.Watcher, error) {
	w := confopenapi.NewWatcher()
	if s.Watcher != nil {
		if err := json.Unmarshal(s.Watcher, w); err != nil {
			return nil, &StoreError{Op: "read the state", Kind: KindUnreadable, Err: err}
		}
	}
	return w, nil
}

// take takes a listing into the state, and returns what changed. The listing's times are those of NATS's clock.
func (s *State) take(snapshot *confopenapi.Snapshot, watcher *confopenapi.Watcher) []Event {
	live := make(map[confopenapi.Identity]Run, len(s.Live)+8)
	for _, run := range s.Live {
		live[run.Identity()] = run
	}
	changes := watcher.Step(snapshot)
	events := make([]Event, len(changes))
	for i := range changes {
		e := &changes[i]
		id := e.Conference.Identity()
		run := runOf(&e.Conference)
		if e.Kind == confopenapi.EventEnded {
			if last, known := live[id]; known {
				run = last // the Watcher was restored, and knows no more than the identity
			}
			delete(live, id)
		}
		events[i] = Event{
			Version: Version, ID: eventID(s.Admin, e, s.Listings), Admin: s.Admin, Kind: e.Kind, Proven: e.Proven, Changed: e.Changed,
			At: e.At.UTC(), LastSeen: e.LastSeen, NotBefore: e.NotBefore, Conference: run,
		}
	}
	for i := range snapshot.Conferences {
		c := &snapshot.Conferences[i]
		if c.EventID != 0 || c.ConferenceID != "" {
			live[c.Identity()] = runOf(c)
		}
	}
	s.Live = s.Live[:0]
	for _, run := range live {
		s.Live = append(s.Live, run)
	}
	slices.SortFunc(s.Live, func(a, b Run) int {
		return cmp.Or(cmp.Compare(b.StartTime, a.StartTime), cmp.Compare(b.EventID, a.EventID), cmp.Compare(b.ConferenceID, a.ConferenceID))
	})
	report := snapshot.Report
	s.Listings++
	s.At, s.Verdict, s.Reason = report.End.UTC(), report.Verdict, report.Reason
	if report.Verdict >= confopenapi.VerdictConditional {
		s.Proven = report.Start.UTC()
	}
	return events
}
