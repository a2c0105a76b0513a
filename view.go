package confopenapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync/atomic"
	"time"
)

// View keeps the live list in memory, for any number of readers and subscribers, with one poller. Make it with Client.View, start
// Run, and Wait for the first listing: before, it is empty. It is safe for concurrent use, and readers wait for nobody.
type View struct {
	client  *Client
	req     *ListByStatusRequest
	options ViewOptions
	running atomic.Bool
	state   atomic.Pointer[viewState] // only Run writes it
}

// viewState is what a View shows at one moment. It does not change.
type viewState struct {
	existing []Event // an EventExisting for each conference, by start time
	index    map[Identity]int
	status   ViewStatus
	kept     [][]Event     // events of the last polls, for subscribers that are behind
	dropped  int           // how many polls were before these
	ready    bool          // a listing met Require
	running  bool          // Run has not ended
	ends     int           // how often it ended
	ended    error         // Run's last error, or errEnded
	outdone  chan struct{} // closed when there is a newer state
}

var errEnded = errors.New("confopenapi: Run ended, and no listing met Require")

// ViewOptions adjust a View. The zero value and nil mean the defaults.
type ViewOptions struct {
	// Watch is how the View polls; Existing is always on. Without a Watcher the View has one of its own, which another Run goes
	// on from. A Watcher from a checkpoint has no conferences, so with it, too, the View is empty until the first listing.
	Watch WatchOptions
	// Buffer is how many events a subscriber may be behind before it gets an EventBehind. The default is 1,024. The events of
	// the last poll are kept for it, however many they are.
	Buffer int
}

const defaultBuffer = 1024

// ViewStatus says how fresh and how good the state of a View is.
type ViewStatus struct {
	Report Report    // of the last listing that met WatchOptions.Snapshot.Require. The View also shows conferences that it lacks, until their ends are sure
	At     time.Time // its end, as in Report.End; zero = there was none. A poll that fails leaves it as it is
	Failed int       // polls since then that failed or proved less
	Err    error     // of the last poll, or what ended Run; nil = the last poll met Require, or there was none
}

// View returns a View of everything that req asks for. It sends nothing: Run polls, and reports bad arguments.
func (c *Client) View(req *ListByStatusRequest, opts *ViewOptions) *View {
	v := &View{client: c, options: *cmp.Or(opts, &ViewOptions{})}
	if req != nil {
		v.req = new(*req)
	}
	v.options.Watch.Watcher = cmp.Or(v.options.Watch.Watcher, NewWatcher())
	v.options.Watch.Existing = true
	v.state.Store(&viewState{outdone: make(chan struct{})})
	return v
}

// Format prints nothing of what the View shows, whatever the verb: that has personal data.
func (v *View) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "confopenapi view") }

// Run polls until ctx ends, and returns nil then. It ends with an error as Client.Watch does: for bad arguments, if its first
// poll fails for good (not IsRetryable, such as a refused token), or if OnPoll returns one. Later failures are in Status, and
// Run goes on. What the View shows stays. Run may be called again, but a second Run at the same time is a *RequestError.
func (v *View) Run(ctx context.Context) (err error) {
	switch {
	case v.state.Load() == nil:
		return badRequest("View", "it was not made by Client.View")
	case !v.running.CompareAndSwap(false, true):
		return badRequest("View", "Run is running already")
	}
	defer v.running.Store(false)
	v.publish(nil, nil, func(s *viewState) { s.running = true })
	var events []Event // of this poll
	var stop error     // what OnPoll returned
	defer func() {
		v.publish(events, nil, func(*viewState) {})
		v.publish([]Event{}, nil, func(s *viewState) {
			s.running, s.ended, s.ends = false, cmp.Or(err, errEnded), s.ends+1
			if err != nil {
				s.status.Err = err
			}
			if err != nil && stop == nil {
				s.status.Failed++
			}
		})
	}()
	if v.options.Buffer < 0 {
		return badRequest("Buffer", "%d is negative", v.options.Buffer)
	}
	var failedAt time.Time // when the last failed poll had ended
	options := v.options.Watch
	options.OnPoll = func(snapshot *Snapshot) error {
		v.publish(events, snapshot, func(s *viewState) {
			if snapshot.Report.Start.After(failedAt) {
				s.ready, s.status = true, ViewStatus{Report: snapshot.Report, At: snapshot.Report.End}
			}
		})
		events = nil
		if v.options.Watch.OnPoll == nil {
			return nil
		}
		stop = v.options.Watch.OnPoll(snapshot)
		return stop
	}
	for event, err := range v.client.watch(ctx, v.req, &options, v.now().existing) {
		switch {
		case err != nil:
			return err
		case event.Kind == EventPollFailed:
			failedAt = event.At
			v.publish([]Event{event}, nil, func(s *viewState) { s.status.Failed, s.status.Err = s.status.Failed+1, event.Err })
		default:
			events = append(events, event)
		}
	}
	return nil
}

// publish shows the next state and wakes who waits for it. A state follows from events, from what a listing shows, and by change.
func (v *View) publish(events []Event, snapshot *Snapshot, change func(*viewState)) {
	before := v.state.Load()
	next := *before
	next.outdone = make(chan struct{})
	next.merge(events, snapshot)
	if events != nil { // an empty batch is the end of Run
		next.keep(events, cmp.Or(v.options.Buffer, defaultBuffer))
	}
	change(&next)
	v.state.Store(&next)
	close(before.outdone)
}

// merge takes in the events of a poll, and all conferences of a listing, as it shows them.
func (s *viewState) merge(events []Event, snapshot *Snapshot) {
	changed := map[Identity]Event{}
	for _, e := range events {
		if e.Kind != EventPollFailed {
			changed[e.Conference.Identity()] = e
		}
	}
	if snapshot != nil {
		for _, c := range slices.Backward(snapshot.Conferences) { // of two with one identity the first counts
			if id := c.Identity(); id.EventID != 0 || id.ConferenceID != "" {
				changed[id] = Event{Conference: c, At: snapshot.Report.End, LastSeen: snapshot.Report.Start}
			}
		}
	}
	if len(changed) == 0 {
		return
	}
	for _, e := range s.existing {
		if _, ok := changed[e.Conference.Identity()]; !ok {
			changed[e.Conference.Identity()] = e
		}
	}
	ids := make([]Identity, 0, len(changed)) // which are moved quicker than events
	for id, e := range changed {
		if e.Kind != EventEnded {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b Identity) int {
		return cmp.Or(cmp.Compare(a.StartTime, b.StartTime), cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.ConferenceID, b.ConferenceID))
	})
	s.existing, s.index = make([]Event, len(ids)), make(map[Identity]int, len(ids))
	for i, id := range ids {
		e := changed[id]
		s.existing[i], s.index[id] = Event{Kind: EventExisting, Conference: e.Conference, At: e.At, LastSeen: e.LastSeen}, i
	}
}

// keep adds a batch of events, and drops the oldest ones that there is no room for. An older state keeps those that it has.
func (s *viewState) keep(events []Event, room int) {
	s.kept = append(slices.Clip(s.kept), events)
	n := 0
	for i, batch := range slices.Backward(s.kept) {
		if n += max(1, len(batch)); n > room && i < len(s.kept)-1 {
			s.kept, s.dropped = slices.Clone(s.kept[i+1:]), s.dropped+i+1
			return
		}
	}
}

func (v *View) now() *viewState { return cmp.Or(v.state.Load(), &viewState{}) }

// Wait returns nil once a listing met WatchOptions.Snapshot.Require. If Run ends before, or has ended and was not called again,
// it returns Run's error. If ctx ends before, its error matches ctx's and that of the last poll.
func (v *View) Wait(ctx context.Context) error {
	if ctx == nil {
		return badRequest("ctx", "the context is nil")
	}
	for ends := v.now().ends; ; {
		s := v.now()
		switch {
		case s.ready:
			return nil
		case s.ended != nil && !s.running, s.ends != ends:
			return s.ended
		}
		select {
		case <-s.outdone:
		case <-ctx.Done():
			if s.status.Err != nil {
				return fmt.Errorf("confopenapi: %w, the last poll failed: %w", ctx.Err(), s.status.Err)
			}
			return fmt.Errorf("confopenapi: %w, no poll has ended", ctx.Err())
		}
	}
}

// Get returns the conference as it was seen last, and whether it is in the list.
func (v *View) Get(id Identity) (Conference, bool) {
	s := v.now()
	i, ok := s.index[id]
	if !ok {
		return Conference{}, false
	}
	return s.existing[i].Conference, true
}

// List returns all conferences of one state, by start time. The slice is the caller's; what conferences point to (booleans and
// Extra) is shared and must not be changed.
func (v *View) List() []Conference {
	s := v.now()
	list := make([]Conference, len(s.existing))
	for i := range list {
		list[i] = s.existing[i].Conference
	}
	return list
}

// Status says how fresh and how good the state is. Call it before List: the list is then at least as new.
func (v *View) Status() ViewStatus { return v.now().status }

// Subscribe yields what is there as EventExisting, then every change and every EventPollFailed, until ctx or Run ends or the
// loop breaks. A subscriber that is more than ViewOptions.Buffer events behind gets an EventBehind: it forgets what it has, and gets
// what is there anew. It never holds up the poller or others.
//
// Before the first Run, Subscribe waits for it. Between two Runs it yields what is there, and ends, so it can miss events. A program
// that must handle every change once does so in OnPoll: see Watcher.Step.
func (v *View) Subscribe(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		switch {
		case ctx == nil:
			yield(Event{Kind: EventPollFailed, Err: badRequest("ctx", "the context is nil"), At: time.Now()})
			return
		case v.state.Load() == nil:
			return
		}
		all := func(events []Event) bool {
			for _, e := range events {
				if ctx.Err() != nil || !yield(e) {
					return false
				}
			}
			return true
		}
		for next, ends := -1, 0; ; {
			s := v.now()
			switch i := next - s.dropped; {
			case i < 0:
				if next >= 0 && !all([]Event{{Kind: EventBehind, At: time.Now()}}) || !all(s.existing) {
					return
				}
				if next >= 0 && s.ends != ends {
					return
				}
				next, ends = s.dropped+len(s.kept), s.ends
				continue
			case i < len(s.kept):
				if len(s.kept[i]) == 0 || !all(s.kept[i]) {
					return
				}
				next++
				continue
			case s.ended != nil && !s.running:
				return
			}
			select {
			case <-s.outdone:
			case <-ctx.Done():
				return
			}
		}
	}
}
