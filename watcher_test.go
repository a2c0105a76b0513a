package confopenapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// restored is a watcher as another process would have it.
func restored(t *testing.T, w *confopenapi.Watcher) *confopenapi.Watcher {
	t.Helper()
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	back := confopenapi.NewWatcher()
	if err := json.Unmarshal(data, back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(data) {
		t.Errorf("a restored Watcher marshals differently (%v)\n%s\n%s", err, data, again)
	}
	return back
}

func TestWatchRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := watchStory(t, nil)
		client, _ := onWire(t, s.service)
		watcher := afterOnePoll(t, client)
		one, two := s.id("1"), s.id("2")
		s.service.End(one)
		s.service.Update(two, func(c *confopenapi.Conference) { c.AttendeeCount = 9 })
		s.service.Add(confopenapi.Conference{ConferenceID: "3", EventID: 3, StartTime: 1715600003, AttendeeCount: 2})
		s.service.End(s.id("3")) // in the gap: it was never there
		s.service.Add(confopenapi.Conference{ConferenceID: "4", EventID: 4, StartTime: 1715600004, AttendeeCount: 2})
		gap := []string{
			`ended (proven) conference "1" (event 1, status 0, 0 attendees, started 2024-05-13T11:33:21Z)`,
			`started conference "4" (event 4, status 0, 2 attendees, started 2024-05-13T11:33:24Z)`,
			`updated conference "2" (event 2, status 0, 9 attendees, started 2024-05-13T11:33:22Z): attendeeCnt`,
		}
		there := `existing conference "2" (event 2, status 0, 9 attendees, started 2024-05-13T11:33:22Z)`
		for existing, want := range map[bool][]string{false: gap, true: {there, gap[0], gap[1], gap[2]}} {
			var got []string
			for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{
				Watcher: restored(t, watcher), Existing: existing, OnPoll: endAfter(2),
			}) {
				if errors.Is(err, errEnough) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprint(event))
				if event.Kind == confopenapi.EventEnded && (event.Conference.Identity() != one || event.Conference.AttendeeCount != 0 || !event.Proven) {
					t.Errorf("got %v, want the proven end of %v, of which only the identity is known", event, one)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Existing %t: events (-want +got)\n%s", existing, diff)
			}
		}
	})
}

// afterOnePoll is a watcher that has seen the list once.
func afterOnePoll(t *testing.T, client *confopenapi.Client) *confopenapi.Watcher {
	t.Helper()
	watcher := confopenapi.NewWatcher()
	for _, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: watcher, OnPoll: endAfter(1)}) {
		if err != nil && !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
	}
	return watcher
}

// endAfter is an OnPoll that ends a watch after so many polls.
func endAfter(polls int) func(*confopenapi.Snapshot) error {
	return func(*confopenapi.Snapshot) error {
		if polls--; polls == 0 {
			return errEnough
		}
		return nil
	}
}

// With Existing, each conference is yielded once, also if the first poll shows only some.
func TestWatchExistingAfterAnIncompletePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(400)
		client, _ := onWire(t, service, quick)
		watcher := afterOnePoll(t, client)
		service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(503), When: func(r confopenapitest.Request) bool { return r.List.Page > 2 }})
		kinds, seen := map[confopenapi.EventKind]int{}, map[confopenapi.Identity]int{}
		polls := endAfter(3)
		for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{
			Watcher: restored(t, watcher), Existing: true, OnPoll: func(s *confopenapi.Snapshot) error {
				service.ClearFaults()
				return polls(s)
			},
		}) {
			if err == nil {
				kinds[event.Kind]++
				seen[event.Conference.Identity()]++
			} else if !errors.Is(err, errEnough) {
				t.Fatal(err)
			}
		}
		want := map[confopenapi.EventKind]int{confopenapi.EventPollFailed: 1, confopenapi.EventExisting: 400}
		if diff := cmp.Diff(want, kinds); diff != "" || len(seen) != 401 {
			t.Errorf("got %d conferences, want 400; events (-want +got)\n%s", len(seen)-1, diff)
		}
	})
}

func TestWatchExistingBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := watchStory(t, nil)
		s.service.Add(confopenapi.Conference{Title: "without ids"})
		client, _ := onWire(t, s.service)
		watcher := afterOnePoll(t, client)
		options := &confopenapi.WatchOptions{Watcher: restored(t, watcher), Existing: true, OnPoll: endAfter(1)}
		for _, err := range client.Watch(t.Context(), nil, options) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		var got []string
		for event, err := range client.Watch(t.Context(), nil, options) {
			if err == nil {
				got = append(got, fmt.Sprint(event.Kind, " ", event.Conference.ConferenceID))
			}
		}
		if diff := cmp.Diff([]string{"existing 1", "existing 2"}, got); diff != "" {
			t.Errorf("events after a break (-want +got)\n%s", diff)
		}
	})
}

// Once two polls found the same page size, later ones ask for it. A client remembers it, and not the Watcher.
func TestWatchKeepsPageSize(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 250)
	client, watcher := srv.Client(), confopenapi.NewWatcher()
	// polls returns the count of the first request of each poll.
	polls := func(n int) (counts []int) {
		first, end := srv.RequestCount(), endAfter(n)
		for _, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: watcher, Interval: 1, OnPoll: func(s *confopenapi.Snapshot) error {
			counts = append(counts, srv.Requests()[first].List.Count)
			first = srv.RequestCount()
			return end(s)
		}}) {
			if err != nil && !errors.Is(err, errEnough) {
				t.Fatal(err)
			}
		}
		return counts
	}
	if diff := cmp.Diff([]int{500, 500, 100}, polls(3)); diff != "" {
		t.Errorf("counts of a new watch (-want +got)\n%s", diff)
	}
	watcher = restored(t, watcher)
	if diff := cmp.Diff([]int{100}, polls(1)); diff != "" {
		t.Errorf("count of a restored watch (-want +got)\n%s", diff)
	}
	client = srv.Client()
	if diff := cmp.Diff([]int{500}, polls(1)); diff != "" {
		t.Errorf("count of a restored watch with a new client (-want +got)\n%s", diff)
	}
}

// A checkpoint in parts is that of the Watcher. A part is small where little changed.
func TestWatcherMarshalChanges(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(100, 1)
	now, kept := confopenapi.NewWatcher(), confopenapi.NewWatcher()
	var sizes []int
	for poll := range 8 {
		at := time.Date(2026, 11, 2, 9, poll, 0, 0, time.UTC)
		now.Step(&confopenapi.Snapshot{Conferences: list, Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete, Start: at, End: at}})
		part, err := now.MarshalChanges()
		if err == nil {
			err = json.Unmarshal(part, kept)
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(part))
		list[0].AttendeeCount++
		list = append(slices.Clone(list[:50]), list[51:]...)
	}
	want, err := json.Marshal(now)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(kept); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if least := len(want) / 2; sizes[0] < least || slices.Max(sizes[1:]) > least/10 {
		t.Errorf("the parts have %d bytes, want one with more than %d, and then some hundred", sizes, least)
	}
}

func TestWatcherUnmarshalInvalid(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`7`, `"x"`, `{}`, `{"state":null}`, `{"state":{}}`, `{"state":{"version":99}}`, `{"state":[]}`, `{"state":{"version":1,"changes":true}}`, `{"state":{"version":1,"known":[{"seen":1}]}}`} {
		w := confopenapi.NewWatcher()
		mustBe[*confopenapi.RequestError](t, json.Unmarshal([]byte(text), w))
	}
	var zero confopenapi.Watcher
	if events := zero.Step(nil); events != nil {
		t.Errorf("got %v of a nil snapshot, want no events", events)
	}
	odd := confopenapi.NewWatcher()
	if err := json.Unmarshal([]byte(`{"state":{"version":1,"known":[{"eventId":1,"digests":[1],"seen":-1}]}}`), odd); err != nil {
		t.Fatal(err)
	}
	srv := liveList(t, 3)
	for _, err := range srv.Client().Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: odd}) {
		if err != nil {
			t.Errorf("the watch ended with %v", err)
		}
		break
	}
}

func FuzzWatcher(f *testing.F) {
	f.Add(`{"list":"","state":{"version":1,"settled":true,"known":[{"eventId":1,"conferenceId":"1","start":1715600000,"seen":1715600000000,"digests":[1,2]}]}}`)
	f.Add(`{"state":{"version":1,"ended":[{"seen":0}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		w := confopenapi.NewWatcher()
		if err := json.Unmarshal([]byte(text), w); err != nil {
			return
		}
		w.Step(&confopenapi.Snapshot{
			Conferences: confopenapitest.Conferences(3, 1), Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete},
		})
		restored(t, w)
	})
}

func TestEventKindText(t *testing.T) {
	t.Parallel()
	for kind := confopenapi.EventExisting; kind <= confopenapi.EventPollFailed; kind++ {
		text, err := kind.MarshalText()
		var back confopenapi.EventKind
		if err != nil || back.UnmarshalText(text) != nil || back != kind {
			t.Errorf("got %v after text, want %v", back, kind)
		}
	}
	var none confopenapi.EventKind
	if none.UnmarshalText([]byte("exploded")) == nil || none.UnmarshalText(nil) == nil || none.String() != "event kind 0" {
		t.Errorf("got %v, want errors for unknown names, and \"event kind 0\"", none)
	}
}

// ledger is what a program knows that believes the events.
type ledger map[confopenapi.Identity]confopenapi.Conference

// post takes in an event and reports whether it fits those before.
func (l ledger) post(e confopenapi.Event) bool {
	id := e.Conference.Identity()
	_, live := l[id]
	switch e.Kind {
	case confopenapi.EventEnded:
		delete(l, id)
		return live
	case confopenapi.EventUpdated:
		l[id] = e.Conference
		return live
	case confopenapi.EventExisting, confopenapi.EventStarted, confopenapi.EventResumed, confopenapi.EventRestarted:
		l[id] = e.Conference
		return !live
	}
	panic("a ledger does not know " + e.Kind.String())
}

var errEnough = errors.New("enough")

// The list changes all the time, and requests fail now and then. A proven end is true, and a complete poll misses no end and no start.
func TestWatchEventsAreTrue(t *testing.T) {
	t.Parallel()
	for _, order := range []confopenapitest.Order{confopenapitest.OrderStartDown, confopenapitest.OrderArbitrary} {
		t.Run(order.String(), func(t *testing.T) {
			t.Parallel()
			wanted := rounds(30, 60, 400)
			srv := liveList(t, 500, confopenapitest.WithOrder(order),
				confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 5, Resume: .2, Restart: .2}),
				confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Status(503), Probability: .25, Seed: 1}))
			client := srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			polls, complete, ended, proven, failed, first := 0, 0, 0, 0, 0, 1
			known := ledger{}
			held := map[confopenapi.Identity]bool{} // gone from one poll
			var truth *confopenapitest.Truth        // of this poll
			look := func() *confopenapitest.Truth {
				if truth == nil {
					truth = new(srv.Truth(first, 0))
				}
				return truth
			}
			for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{Interval: 1, OnPoll: func(s *confopenapi.Snapshot) error {
				if polls++; polls == wanted {
					cancel()
				}
				maps.DeleteFunc(held, func(id confopenapi.Identity, _ bool) bool { return look().Ever[id] })
				if s.Report.Verdict == confopenapi.VerdictComplete {
					complete++
					for id := range known {
						if held[id] {
							t.Errorf("poll %d: got no event of the end of %v", polls, id)
						}
						if !look().Ever[id] {
							held[id] = true
						}
					}
					for id := range look().Always {
						if _, ok := known[id]; !ok {
							t.Errorf("poll %d: got no event of %v, which is there", polls, id)
						}
					}
				}
				first, truth = srv.RequestCount()+1, nil
				return nil
			}}) {
				if err != nil {
					t.Fatal(err)
				}
				if event.Kind == confopenapi.EventPollFailed {
					failed++
					continue
				}
				if !known.post(event) {
					t.Errorf("poll %d: got %v, which does not fit the events before", polls+1, event)
				}
				if event.Kind == confopenapi.EventEnded {
					ended++
				}
				if event.Kind == confopenapi.EventEnded && event.Proven {
					proven++
					if look().Always[event.Conference.Identity()] {
						t.Errorf("poll %d: got %v, though it was there all the time", polls+1, event)
					}
				}
			}
			if ended == 0 || failed == 0 || order == confopenapitest.OrderStartDown && (complete < wanted/2 || proven < 5*wanted) {
				t.Errorf("%d polls, %d of them complete, %d with an error; %d ended, %d of them proven: this test shows nothing",
					polls, complete, failed, ended, proven)
			}
			t.Logf("%d polls, %d complete, %d with an error; %d ended, %d proven", polls, complete, failed, ended, proven)
		})
	}
}

// A program is killed between polls, again and again, and goes on from its last checkpoint: it gets each event once.
func TestWatchKilledRepeatedly(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	srv := liveList(t, 150)
	told := ledger{}
	checkpoint, err := json.Marshal(confopenapi.NewWatcher())
	if err != nil {
		t.Fatal(err)
	}
	kills, events := 0, 0
	held := ledger{} // ended, but too soon or too many at once for one poll
	for kills < rounds(5, 20, 200) {
		client := srv.Client() // of a new process
		watcher := confopenapi.NewWatcher()
		if err := json.Unmarshal(checkpoint, watcher); err != nil {
			t.Fatal(err)
		}
		for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Interval: 1, Watcher: watcher, OnPoll: func(*confopenapi.Snapshot) error {
			var err error
			if checkpoint, err = json.Marshal(watcher); err != nil {
				return err
			}
			live := ledger{}
			for _, c := range srv.Live() {
				live[c.Identity()] = c
			}
			before := held
			held = ledger{}
			for id, c := range told {
				if _, ok := live[id]; !ok && before[id].ConferenceID == "" {
					held[id], live[id] = c, c
				}
			}
			if diff := cmp.Diff(attendees(live), attendees(told)); diff != "" {
				t.Errorf("after %d kills: attendees (-want +got)\n%s", kills, diff)
			}
			change(srv, rng)
			if rng.IntN(2) == 0 {
				return errEnough
			}
			return nil
		}}) {
			if errors.Is(err, errEnough) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if events++; !told.post(event) {
				t.Errorf("after %d kills: got %v, which does not fit %v", kills, event, told[event.Conference.Identity()])
			}
		}
		kills++
		change(srv, rng)
	}
	t.Logf("%d kills, %d events", kills, events)
}

func attendees(l ledger) map[confopenapi.Identity]int {
	counts := map[confopenapi.Identity]int{}
	for id, c := range l {
		counts[id] = c.AttendeeCount
	}
	return counts
}

// change ends, resumes, restarts, starts and updates some.
func change(srv *confopenapitest.Server, rng *rand.Rand) {
	live := srv.Live()
	rng.Shuffle(len(live), func(i, j int) { live[i], live[j] = live[j], live[i] })
	for i, c := range live[:20] {
		switch i % 4 {
		case 0:
			srv.End(c.Identity())
		case 1:
			srv.Update(c.Identity(), func(c *confopenapi.Conference) { c.AttendeeCount = 2 + rng.IntN(500) })
		case 2:
			srv.Restart(c.Identity(), c.StartTime+1+confopenapi.UnixTime(rng.IntN(100)))
		case 3:
			srv.End(c.Identity())
			srv.Resume(c.Identity())
		}
	}
	srv.Add(confopenapitest.ConferencesFrom(1000+rng.IntN(1_000_000), 5, 1)...)
}
