package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// viewStory runs a View of a service with the conferences "1" and "2", in a bubble.
func viewStory(t *testing.T, opts *confopenapi.ViewOptions) (*confopenapi.View, *confopenapitest.Server) {
	t.Helper()
	service := confopenapitest.New(confopenapitest.WithConferences(
		confopenapi.Conference{ConferenceID: "2", EventID: 2, StartTime: 1715600002, Title: "周例会"},
		confopenapi.Conference{ConferenceID: "1", EventID: 1, StartTime: 1715600001},
	))
	client, _ := onWire(t, service, quick)
	view := client.View(nil, opts)
	go func() {
		if err := view.Run(t.Context()); err != nil {
			t.Errorf("Run: got %v, want nil when the context ends", err)
		}
	}()
	return view, service
}

// shownBy are the ids of a View's conferences.
func shownBy(v *confopenapi.View) string {
	ids := make([]string, 0, 2)
	for _, c := range v.List() {
		ids = append(ids, c.ConferenceID)
	}
	return strings.Join(ids, " ")
}

// follow applies what a subscriber gets to its own copy, and keeps the kinds of the events.
type follower struct {
	mu     sync.Mutex
	copied map[confopenapi.Identity]int // attendees
	kinds  []string
}

func (f *follower) follow(ctx context.Context, v *confopenapi.View) {
	for event := range v.Subscribe(ctx) {
		f.take(event)
	}
}

func (f *follower) take(event confopenapi.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch event.Kind {
	case confopenapi.EventBehind:
		f.copied = nil
	case confopenapi.EventEnded:
		delete(f.copied, event.Conference.Identity())
	case confopenapi.EventPollFailed:
	default:
		if f.copied == nil {
			f.copied = map[confopenapi.Identity]int{}
		}
		f.copied[event.Conference.Identity()] = event.Conference.AttendeeCount
	}
	f.kinds = append(f.kinds, strings.TrimSpace(event.Kind.String()+" "+event.Conference.ConferenceID))
}

func (f *follower) got(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff(want, f.kinds); diff != "" {
		t.Errorf("events of a subscriber (-want +got)\n%s", diff)
	}
	f.kinds = nil
}

func (f *follower) wantCopyOf(t *testing.T, v *confopenapi.View) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	want := map[confopenapi.Identity]int{}
	for _, c := range v.List() {
		want[c.Identity()] = c.AttendeeCount
	}
	if diff := cmp.Diff(want, f.copied); diff != "" {
		t.Errorf("a subscriber's copy of the view (-want +got)\n%s", diff)
	}
}

func TestView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		view, service := viewStory(t, nil)
		var early follower
		go early.follow(t.Context(), view)
		if got := view.Status(); len(view.List()) > 0 || !got.At.IsZero() {
			t.Errorf("before the first listing: got %d conferences, %v; want none", len(view.List()), got)
		}
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := shownBy(view); got != "1 2" {
			t.Errorf("after the first listing: got %s, want 1 2", got)
		}
		early.got(t, "existing 2", "existing 1")
		two := service.Live()[0].Identity()
		if c, ok := view.Get(two); !ok || c.Title != "周例会" {
			t.Errorf("Get: got %v, %t; want 周例会", c, ok)
		}
		first := view.Status()
		if first.Report.Verdict != confopenapi.VerdictComplete || !first.At.Equal(first.Report.End) || first.Failed != 0 || first.Err != nil {
			t.Errorf("Status: got %+v, want that of a complete listing", first)
		}

		service.Update(two, func(c *confopenapi.Conference) { c.DurationSeconds, c.AttendeeCount = 600, 7 })
		service.Add(confopenapi.Conference{ConferenceID: "3", EventID: 3, StartTime: 1715600000})
		time.Sleep(40 * time.Second)
		early.got(t, "started 3", "updated 2")
		if c, _ := view.Get(two); c.DurationSeconds != 600 || shownBy(view) != "3 1 2" {
			t.Errorf("got %d seconds and %s, want 600 and 3 1 2", c.DurationSeconds, shownBy(view))
		}
		var late follower
		go late.follow(t.Context(), view)
		late.got(t, "existing 3", "existing 1", "existing 2")

		service.End(two)
		service.Update(service.Live()[0].Identity(), func(c *confopenapi.Conference) { c.DurationSeconds = 60 }) // ticks, which is no event
		time.Sleep(40 * time.Second)
		early.got(t, "ended 2")
		late.got(t, "ended 2")
		if _, ok := view.Get(two); ok || shownBy(view) != "3 1" {
			t.Errorf("after the end of 2: got %s, want 3 1", shownBy(view))
		}
		early.wantCopyOf(t, view)
		late.wantCopyOf(t, view)
	})
}

// Polls that fail leave the state and its time as they are.
func TestViewFailedPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var polled int
		view, service := viewStory(t, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{
			OnPoll: func(*confopenapi.Snapshot) error { polled++; return nil },
		}})
		var f follower
		go f.follow(t.Context(), view)
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := view.Status()
		service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(401)})
		time.Sleep(70 * time.Second)
		got := view.Status()
		if got.Failed != 2 || !errors.Is(got.Err, confopenapi.ErrUnauthorized) || !got.At.Equal(before.At) || got.Report != before.Report || shownBy(view) != "1 2" {
			t.Errorf("after two failed polls: got %+v and %s; want 2 failed with ErrUnauthorized, and the state as before", got, shownBy(view))
		}
		f.got(t, "existing 2", "existing 1", "poll-failed", "poll-failed")
		service.ClearFaults()
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if got := view.Status(); got.Failed != 0 || got.Err != nil || !got.At.After(before.At) || polled != 2 {
			t.Errorf("after a good poll: got %+v, OnPoll called %d times; want none failed, a later time, 2", got, polled)
		}
	})
}

// A poll that proves less than required shows what it has, and the state is not called newer.
func TestViewIncompletePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(400)
		client, _ := onWire(t, service, quick)
		view := client.View(nil, nil)
		go func() { _ = view.Run(t.Context()) }()
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := view.Status()
		service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(403), When: func(r confopenapitest.Request) bool { return r.List.Page > 2 }})
		started := confopenapi.Conference{ConferenceID: "new", EventID: 4711, StartTime: 1815600000}
		service.Add(started)
		time.Sleep(60 * time.Second)
		got := view.Status()
		if _, ok := view.Get(started.Identity()); !ok || len(view.List()) != 401 || !got.At.Equal(before.At) || !errors.Is(got.Err, confopenapi.ErrIncomplete) {
			t.Errorf("got it: %t, %d conferences, %v at %s; want the new one, 401, ErrIncomplete and the time before, %s", ok, len(view.List()), got.Err, got.At, before.At)
		}
	})
}

func TestViewWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(3)
		client, _ := onWire(t, service, quick)
		view := client.View(nil, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := view.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nobody runs it: got %v, want the end of the context", err)
		}

		service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(401)})
		refused := view.Run(t.Context())
		if err := view.Wait(t.Context()); !errors.Is(refused, confopenapi.ErrUnauthorized) || err != refused {
			t.Errorf("refused for good: Run gave %v, Wait %v; want the same ErrUnauthorized", refused, err)
		}
		if got := view.Status(); got.Failed != 1 || got.Err != refused {
			t.Errorf("refused for good: got the status %+v, want one failed poll and its error", got)
		}
		service.ClearFaults()

		service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(503)})
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		running, stop := context.WithCancel(t.Context())
		go func() { _ = view.Run(running) }()
		synctest.Wait()
		if err := view.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, confopenapi.ErrServer) || strings.Contains(err.Error(), "\n") {
			t.Errorf("polls fail: got %v, want the end of the context and ErrServer, in a line", err)
		}
		stop()
		synctest.Wait()
		if err := view.Wait(t.Context()); err == nil {
			t.Error("Run ended before a listing: got no error")
		}
		service.ClearFaults()

		ended := make(chan error)
		running, stop = context.WithCancel(t.Context())
		go func() { ended <- view.Run(running) }()
		synctest.Wait()
		if err := view.Wait(t.Context()); err != nil || len(view.List()) != 3 {
			t.Errorf("a run after the others: got %v, %d conferences; want 3", err, len(view.List()))
		}
		stop()
		if err := <-ended; err != nil || len(view.List()) != 3 || view.Wait(t.Context()) != nil {
			t.Errorf("when the context has ended: got %v, %d conferences; want the 3 still", err, len(view.List()))
		}
		n := 0
		for range view.Subscribe(t.Context()) {
			n++
		}
		if n != 3 {
			t.Errorf("a subscriber after Run got %d events, want 3 and the end", n)
		}
	})
}

// Another Run goes on from what the View knows: what ended meanwhile has ended.
func TestViewRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(3)
		client, _ := onWire(t, service, quick)
		view := client.View(nil, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{OnPoll: func(*confopenapi.Snapshot) error { return errEnough }}})
		for range 2 {
			if err := view.Run(t.Context()); !errors.Is(err, errEnough) {
				t.Fatal(err)
			}
			service.End(service.Live()[0].Identity())
		}
		if got := view.Status(); got.Failed != 0 || !errors.Is(got.Err, errEnough) {
			t.Errorf("OnPoll ended it: got the status %+v, want its error and no failed poll", got)
		}
		if n := len(view.List()); n != 2 {
			t.Errorf("got %d conferences, want 2: the first ended between the runs", n)
		}
	})
}

// A subscriber that is too slow begins anew, and a quick one never notices.
func TestViewSlowSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		view, service := viewStory(t, &confopenapi.ViewOptions{Buffer: 3})
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		var quick, slow follower
		go quick.follow(t.Context(), view)
		wake := make(chan struct{})
		go func() {
			for event := range view.Subscribe(t.Context()) {
				slow.take(event)
				<-wake
			}
		}()
		synctest.Wait()
		for i := range 6 {
			service.Add(confopenapi.Conference{ConferenceID: fmt.Sprint("new ", i), EventID: int64(10 + i), StartTime: confopenapi.UnixTime(1715700000 + i)})
			time.Sleep(40 * time.Second)
		}
		close(wake)
		quick.got(t, "existing 1", "existing 2", "started new 0", "started new 1", "started new 2", "started new 3", "started new 4", "started new 5")
		slow.got(t, "existing 1", "existing 2", "behind",
			"existing 1", "existing 2", "existing new 0", "existing new 1", "existing new 2", "existing new 3", "existing new 4", "existing new 5")
		slow.wantCopyOf(t, view)
	})
}

// Events that no subscriber can get any more take no memory.
func TestViewForgetsDroppedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flag weak.Pointer[bool] // of the conference in the first update
		view, service := viewStory(t, &confopenapi.ViewOptions{Buffer: 1, Watch: confopenapi.WatchOptions{OnPoll: func(s *confopenapi.Snapshot) error {
			if of := s.Conferences[0].IsSecure; of != nil && flag == (weak.Pointer[bool]{}) {
				flag = weak.Make(of)
			}
			return nil
		}}})
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		for attendees, want := range []bool{true, false} { // the second update takes the room of the first
			service.Update(service.Live()[0].Identity(), func(c *confopenapi.Conference) { c.IsSecure, c.AttendeeCount = new(true), 1+attendees })
			time.Sleep(100 * time.Second)
			synctest.Wait()
			runtime.GC()
			runtime.GC() // what waited in pools goes with the second
			if got := flag.Value() != nil; got != want {
				t.Errorf("after update %d: the first one in memory: got %t, want %t", 1+attendees, got, want)
			}
		}
	})
}

// A thousand readers and a hundred subscribers of a moving list cost no requests, and all see what the View sees. One of them
// sleeps: it is told that it is behind, and holds up nobody.
func TestViewManySubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(200, 1)...),
			confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 5, Toggle: .2, Resume: .3, Restart: .3}))
		client, wire := onWire(t, service, quick)
		ctx, cancel := context.WithCancel(t.Context())
		polls, calls, wanted := 0, 0, rounds(10, 15, 15)
		view := client.View(nil, &confopenapi.ViewOptions{Buffer: 50, Watch: confopenapi.WatchOptions{OnPoll: func(s *confopenapi.Snapshot) error {
			if polls, calls = polls+1, calls+s.Report.Calls; polls == wanted {
				cancel()
			}
			return nil
		}}})
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				for ctx.Err() == nil {
					if list := view.List(); len(list) > 0 {
						_, _ = view.Get(list[i%len(list)].Identity())
					}
					time.Sleep(11 * time.Second)
				}
			})
		}
		followers := make([]follower, 99)
		for i := range followers {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 2 * time.Second)
				followers[i].follow(t.Context(), view)
			})
		}
		var asleep follower
		wg.Go(func() {
			for event := range view.Subscribe(t.Context()) {
				if asleep.take(event); len(asleep.kinds) == 1 {
					<-ctx.Done()
				}
			}
		})
		if err := view.Run(ctx); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		for i := range followers {
			followers[i].wantCopyOf(t, view)
		}
		asleep.wantCopyOf(t, view)
		if n := strings.Count(fmt.Sprint(asleep.kinds), "behind"); n != 1 {
			t.Errorf("the subscriber that slept got %d events that it is behind, want 1", n)
		}
		if got := len(wire.sent); got != calls || polls != wanted {
			t.Errorf("got %d requests in %d polls, want %d in %d", got, polls, calls, wanted)
		}
	})
}

func TestViewBadUse(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var none *confopenapi.Client
	var never context.Context
	client := liveList(t, 1).Client()
	for name, run := range map[string]func() error{
		"a client that is nil":  func() error { return none.View(nil, nil).Run(ctx) },
		"a View without Client": func() error { return new(confopenapi.View).Run(ctx) },
		"a context that is nil": func() error { return client.View(nil, nil).Run(never) },
		"Wait without context":  func() error { return client.View(nil, nil).Wait(never) },
		"Buffer":                func() error { return client.View(nil, &confopenapi.ViewOptions{Buffer: -1}).Run(ctx) },
		"Interval": func() error {
			return client.View(nil, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{Interval: -1}}).Run(ctx)
		},
		"Page": func() error { return client.View(&confopenapi.ListByStatusRequest{Page: 2}, nil).Run(ctx) },
		"two runs": func() (err error) {
			var view *confopenapi.View
			view = client.View(nil, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{OnPoll: func(*confopenapi.Snapshot) error {
				err = view.Run(ctx)
				return errEnough
			}}})
			_ = view.Run(t.Context())
			return err
		},
		"a subscriber without context": func() (err error) {
			for event := range client.View(nil, nil).Subscribe(never) {
				err = event.Err
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { mustBe[*confopenapi.RequestError](t, run()) })
	}
	zero := new(confopenapi.View)
	for range zero.Subscribe(ctx) {
		t.Error("a View without Client yields an event")
	}
	if _, ok := zero.Get(confopenapi.Identity{}); ok || len(zero.List()) > 0 || !zero.Status().At.IsZero() || zero.Wait(ctx) == nil {
		t.Error("a View without Client shows something")
	}
}

// restoredView is a View that goes on from a checkpoint of six polls. before is called before the last of these.
func restoredView(t *testing.T, service *confopenapitest.Server, before func()) *confopenapi.View {
	t.Helper()
	client, _ := onWire(t, service, quick)
	old, polls := confopenapi.NewWatcher(), 0
	for _, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: old, OnPoll: func(*confopenapi.Snapshot) error {
		switch polls++; polls {
		case 5:
			before()
		case 6:
			return errEnough
		}
		return nil
	}}) {
		if err != nil && !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
	}
	saved, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	restored := confopenapi.NewWatcher()
	if err := json.Unmarshal(saved, restored); err != nil {
		t.Fatal(err)
	}
	return client.View(nil, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{Watcher: restored}})
}

// The first listing after a restart lacks conferences whose end waits for another poll. When they are back, subscribers get them.
func TestViewRestored(t *testing.T) {
	young := confopenapi.Conference{ConferenceID: "young", EventID: 4711, StartTime: 1815600000}
	for name, gone := range map[string]func(*confopenapitest.Server) []confopenapi.Conference{
		"all":         (*confopenapitest.Server).Live,
		"a new one":   func(*confopenapitest.Server) []confopenapi.Conference { return []confopenapi.Conference{young} },
		"none at all": func(*confopenapitest.Server) []confopenapi.Conference { return nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			service := serviceOf(3)
			view := restoredView(t, service, func() { service.Add(young) })
			lacking := gone(service)
			for _, c := range lacking {
				service.End(c.Identity())
			}
			var f follower
			go f.follow(t.Context(), view)
			go func() { _ = view.Run(t.Context()) }()
			if err := view.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, c := range lacking {
				service.Add(c)
			}
			time.Sleep(3 * time.Minute)
			synctest.Wait()
			if n := len(view.List()); n != 4 {
				t.Errorf("%s were gone for a poll: got %d conferences, want 4", name, n)
			}
			f.wantCopyOf(t, view)
		})
	}
}

// Who waits or subscribes while one Run ends and another begins at once notices the end.
func TestViewRunsInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(3)
		client, _ := onWire(t, service, quick)
		service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(401)})
		view := client.View(nil, nil)
		waited := make(chan error, 1)
		var waitedUntil time.Time
		go func() {
			err := view.Wait(t.Context())
			waitedUntil = time.Now()
			waited <- err
		}()
		synctest.Wait()
		_ = view.Run(t.Context())
		end := time.Now()
		_ = view.Run(t.Context())
		if err := <-waited; !errors.Is(err, confopenapi.ErrUnauthorized) || !waitedUntil.Equal(end) {
			t.Errorf("Wait: got %v at %s, want the error of the first Run, at its end, %s", err, waitedUntil, end)
		}
		service.ClearFaults()

		run := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- view.Run(ctx) }()
			return func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		stop := run()
		synctest.Wait()
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, slow := range []time.Duration{0, 2 * time.Second} {
			ended := make(chan struct{})
			go func() {
				for range view.Subscribe(t.Context()) {
					time.Sleep(slow)
				}
				close(ended)
			}()
			synctest.Wait()
			stop()
			stop = run()
			select {
			case <-ended:
			case <-time.After(10 * time.Minute):
				t.Errorf("a subscriber that takes %s for an event goes on in another Run, want the end", slow)
			}
		}
		stop()
		stop = run()
		synctest.Wait() // its first poll has begun
		seen := map[confopenapi.Identity]int{}
		go func() {
			for event := range view.Subscribe(t.Context()) {
				seen[event.Conference.Identity()]++
			}
		}()
		time.Sleep(3 * time.Minute)
		stop()
		synctest.Wait()
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%v: a subscriber of a later Run got %d events, want one EventExisting", id, n)
			}
		}
	})
}

// A Run that refuses its options ends who waits for it, as any.
func TestViewWaitAfterBadOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := onWire(t, serviceOf(1), quick)
		view := client.View(nil, &confopenapi.ViewOptions{Buffer: -1})
		go func() { _ = view.Run(t.Context()) }()
		mustBe[*confopenapi.RequestError](t, view.Wait(t.Context()))
		for range view.Subscribe(t.Context()) {
			t.Error("got an event of a View that never ran")
		}
	})
}

// Of two conferences with one identity, the View and its subscribers have the same one.
func TestViewOfTwins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := onWire(t, confopenapitest.New(confopenapitest.WithConferences(
			confopenapi.Conference{ConferenceID: "1", EventID: 1, StartTime: 1715600001, AttendeeCount: 1},
			confopenapi.Conference{ConferenceID: "1", EventID: 1, StartTime: 1715600001, AttendeeCount: 2},
		)), quick)
		view := client.View(nil, nil)
		var f follower
		go f.follow(t.Context(), view)
		go func() { _ = view.Run(t.Context()) }()
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		f.wantCopyOf(t, view)
	})
}
