package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// story is a watch in a bubble, step by step.
type story struct {
	t       *testing.T
	service *confopenapitest.Server
	next    func() (confopenapi.Event, error, bool)
}

// watchStory begins a watch of a service with the conferences "1" and "2".
func watchStory(t *testing.T, opts *confopenapi.WatchOptions) *story {
	t.Helper()
	service := confopenapitest.New(confopenapitest.WithConferences(
		confopenapi.Conference{ConferenceID: "1", EventID: 1, StartTime: 1715600001, AttendeeCount: 5},
		confopenapi.Conference{ConferenceID: "2", EventID: 2, StartTime: 1715600002, AttendeeCount: 5},
	))
	client, _ := onWire(t, service, quick)
	ctx, cancel := context.WithCancel(t.Context())
	next, stop := iter.Pull2(client.Watch(ctx, nil, opts))
	t.Cleanup(func() { stop(); cancel() })
	return &story{t, service, next}
}

// tells fails unless the next events are these, each as "kind id".
func (s *story) tells(want ...string) []confopenapi.Event {
	s.t.Helper()
	var events []confopenapi.Event
	var got []string
	for range want {
		event, err, ok := s.next()
		if err != nil || !ok {
			s.t.Fatalf("after %v: got error %v, more events: %t; want %v", got, err, ok, want)
		}
		events = append(events, event)
		got = append(got, fmt.Sprint(event.Kind, " ", event.Conference.ConferenceID))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Fatalf("events (-want +got)\n%s", diff)
	}
	return events
}

func (s *story) id(conferenceID string) confopenapi.Identity {
	s.t.Helper()
	for _, c := range s.service.Live() {
		if c.ConferenceID == conferenceID {
			return c.Identity()
		}
	}
	s.t.Fatalf("%s is not live", conferenceID)
	return confopenapi.Identity{}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := watchStory(t, nil)
		first := s.tells("existing 1", "existing 2")
		if e := first[0]; e.Conference.AttendeeCount != 5 || e.At.Sub(e.LastSeen) != 2*time.Second || e.Proven {
			t.Errorf("got %v at %s, last seen %s; want 5 attendees, seen by a poll of two seconds", e, e.At, e.LastSeen)
		}
		one, two := s.id("1"), s.id("2")

		s.service.Add(confopenapi.Conference{ConferenceID: "3", EventID: 3, StartTime: 1715600003, AttendeeCount: 2})
		if e := s.tells("started 3")[0]; !e.NotBefore.Equal(first[0].LastSeen) || !e.LastSeen.After(first[0].At) {
			t.Errorf("got it not before %s, last seen %s; want not before %s, when the poll without it began, and seen by a later one", e.NotBefore, e.LastSeen, first[0].LastSeen)
		}

		s.service.Update(one, func(c *confopenapi.Conference) {
			c.AttendeeCount, c.Title, c.Passcode, c.DurationSeconds = 6, "周例会", confopenapi.NewSecret("1234"), 600
		})
		updated := s.tells("updated 1")[0]
		if diff := cmp.Diff([]string{"title", "pcode2", "attendeeCnt"}, updated.Changed); diff != "" || updated.Conference.Title != "周例会" {
			t.Errorf("got %v; changed fields (-want +got)\n%s", updated, diff)
		}

		s.service.Update(two, func(c *confopenapi.Conference) { c.DurationSeconds, c.DurationMinutes = 660, 11 }) // ticks
		seen := updated.At.Add(-time.Second)                                                                      // the start of the poll that found it last: one request, with facts
		s.service.End(one)
		ended := s.tells("ended 1")[0]
		if !ended.Proven || ended.Conference.Title != "周例会" || !ended.LastSeen.Equal(seen) || !ended.At.After(seen) {
			t.Errorf("got %v at %s, last seen %s; want it proven, with its title, last seen %s", ended, ended.At, ended.LastSeen, seen)
		}

		s.service.Resume(one)
		s.tells("resumed 1")

		s.service.Restart(two, 1715609999)
		again := s.tells("ended 2", "restarted 2")
		if again[0].Conference.StartTime != two.StartTime || again[1].Conference.StartTime != 1715609999 {
			t.Errorf("got %v, want the end of the run from %d, and a run from 1715609999", again, two.StartTime)
		}
	})
}

// What a log shows of an event is what means something for its kind.
func TestEventLogValue(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	conf := confopenapi.Conference{EventID: 1, Title: "周例会"}
	for want, event := range map[string]confopenapi.Event{
		"kind conference at":                 {Kind: confopenapi.EventExisting, Conference: conf, At: at},
		"kind conference at notBefore":       {Kind: confopenapi.EventStarted, Conference: conf, At: at, NotBefore: at},
		"kind conference changed at":         {Kind: confopenapi.EventUpdated, Conference: conf, At: at, Changed: []string{"attendeeCnt"}},
		"kind conference proven at lastSeen": {Kind: confopenapi.EventEnded, Conference: conf, At: at, LastSeen: at},
		"kind err at":                        {Kind: confopenapi.EventPollFailed, Err: errors.New("broken"), At: at},
		"kind at":                            {Kind: confopenapi.EventBehind, At: at},
	} {
		var got []string
		for _, attr := range event.LogValue().Group() {
			got = append(got, attr.Key)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v: got %v, want %s", event, got, want)
		}
	}
}

func TestWatchFailedPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls := 0
		s := watchStory(t, &confopenapi.WatchOptions{OnPoll: func(*confopenapi.Snapshot) error { polls++; return nil }})
		s.service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(503), Times: 4}) // the first poll with its retries
		fails := func() {
			t.Helper()
			failed := s.tells("poll-failed ")[0]
			if !errors.Is(failed.Err, confopenapi.ErrServer) || !failed.At.Equal(time.Now()) {
				t.Errorf("got %v at %v, want ErrServer now", failed.Err, failed.At)
			}
			text, err := json.Marshal(failed)
			var got map[string]string
			want := map[string]string{"kind": "poll-failed", "at": failed.At.Format(time.RFC3339), "err": failed.Err.Error()}
			if err != nil || json.Unmarshal(text, &got) != nil || !maps.Equal(got, want) {
				t.Errorf("%v as JSON: got %s, want %v", err, text, want)
			}
			var back confopenapi.Event
			if err := json.Unmarshal(text, &back); err != nil || back.Kind != failed.Kind || !back.At.Equal(failed.At) {
				t.Errorf("read again from JSON: got %v, %v, want %v", back, err, failed)
			}
			if got := failed.LogValue().String(); !strings.Contains(got, "kind=poll-failed") || !strings.Contains(got, "err="+failed.Err.Error()) {
				t.Errorf("got the log value %s, want the kind and the error", got)
			}
			if got := fmt.Sprint(failed); got != "poll-failed: "+failed.Err.Error() {
				t.Errorf("got %q, want the kind and the error", got)
			}
		}
		fails()
		s.tells("existing 1", "existing 2")
		s.service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(401), Times: 2}) // for good, but the watch has begun
		for range 2 {
			failed := s.tells("poll-failed ")[0]
			if !errors.Is(failed.Err, confopenapi.ErrUnauthorized) {
				t.Fatalf("got %v, want ErrUnauthorized", failed.Err)
			}
		}
		s.service.End(s.id("1"))
		s.tells("ended 1")
		if polls != 1 {
			t.Errorf("OnPoll was called %d times before the loop consumed the second poll, want 1", polls)
		}
	})
}

// A first poll that fails for good ends the watch.
func TestWatchFirstPollFailsForGood(t *testing.T) {
	for _, fault := range []confopenapitest.Fault{confopenapitest.Status(401), confopenapitest.HTML(200), confopenapitest.Redirect(307, "http://192.0.2.1/")} {
		synctest.Test(t, func(t *testing.T) {
			s := watchStory(t, nil)
			s.service.Inject(confopenapitest.Rule{Fault: fault})
			event, err, ok := s.next()
			if diff := cmp.Diff(confopenapi.Event{}, event, cmp.AllowUnexported(confopenapi.Secret{})); !ok || !isTyped(err) || confopenapi.IsRetryable(err) || diff != "" {
				t.Errorf("%v: got %v, %v, want the error of the poll", fault, event, err)
			}
			if event, err, ok := s.next(); ok {
				t.Errorf("%v: got %v, %v after the error, want no more", fault, event, err)
			}
		})
	}
}

// A first poll that is incomplete for good shows what it has, and the watch goes on.
func TestWatchFirstPollIncomplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(400)
		service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(403), When: func(r confopenapitest.Request) bool { return r.List.Page > 2 }})
		client, _ := onWire(t, service)
		kinds := map[confopenapi.EventKind]int{}
		for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{OnPoll: endAfter(2)}) {
			if err == nil {
				kinds[event.Kind]++
			} else if !errors.Is(err, errEnough) {
				t.Fatal(err)
			}
		}
		if kinds[confopenapi.EventPollFailed] != 2 || kinds[confopenapi.EventExisting] < 100 {
			t.Errorf("got %v, want two failed polls, and the conferences of the pages that came", kinds)
		}
	})
}

// An incomplete poll yields no EventEnded, also of a conference that its pages show to be gone.
func TestWatchPartialPollEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(400)
		client, _ := onWire(t, service, quick)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		kinds := map[confopenapi.EventKind]int{}
		polls, failures := 0, 0
		for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{OnPoll: func(s *confopenapi.Snapshot) error {
			if incomplete := s.Report.Verdict == confopenapi.VerdictIncomplete; incomplete != (polls > 0 && polls < 11) {
				t.Errorf("poll %d: got %v, want it incomplete: %t", polls+1, s, !incomplete)
			}
			switch polls++; polls {
			case 1:
				live := service.Live()
				for _, c := range append(live[20:25:25], live[300:305]...) { // on a page that comes, and on one that does not
					service.End(c.Identity())
				}
				service.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(503), When: func(r confopenapitest.Request) bool { return r.List.Page > 2 }})
			case 11:
				service.ClearFaults()
			case 12:
				cancel()
			}
			return nil
		}}) {
			switch {
			case err != nil:
				t.Errorf("the watch ended with %v", err)
			case event.Kind == confopenapi.EventPollFailed:
				mustBe[*confopenapi.IncompleteError](t, event.Err)
				failures++
			case event.Kind == confopenapi.EventEnded && polls < 11:
				t.Errorf("poll %d, which is incomplete: got %v", polls+1, event)
			default:
				kinds[event.Kind]++
			}
		}
		want := map[confopenapi.EventKind]int{confopenapi.EventExisting: 400, confopenapi.EventEnded: 10}
		if diff := cmp.Diff(want, kinds); diff != "" || failures != 10 {
			t.Errorf("got %d failed polls, want 10; other events (-want +got)\n%s", failures, diff)
		}
	})
}

func TestWatchInterval(t *testing.T) {
	for _, c := range []struct{ interval, want time.Duration }{{0, 30 * time.Second}, {time.Hour, time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := onWire(t, serviceOf(10))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var ends []time.Time
			pauses := map[time.Duration]bool{}
			for _, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{Interval: c.interval, OnPoll: func(s *confopenapi.Snapshot) error {
				if n := len(ends); n > 0 {
					pause := s.Report.Start.Sub(ends[n-1])
					pauses[pause] = true
					if pause < c.want*9/10 || pause > c.want*11/10+1 {
						t.Errorf("got a pause of %s, want %s with 10 %% more or less", pause, c.want)
					}
				}
				if ends = append(ends, s.Report.End); len(ends) == 20 {
					cancel()
				}
				return nil
			}}) {
				if err != nil {
					t.Fatal(err)
				}
			}
			if len(pauses) < 15 {
				t.Errorf("got %d different pauses of 19, want jitter", len(pauses))
			}
		})
	}
}

// After a 429, the pause is at least what the service asks for, up to five minutes.
func TestWatchRetryAfter(t *testing.T) {
	for _, c := range []struct {
		asked string
		page  int // that is refused
		want  time.Duration
	}{
		{"120", 1, 2 * time.Minute},
		{"120", 2, 2 * time.Minute},
		{"10", 1, 30 * time.Second}, // which retries wait for already
		{"86400", 1, 5 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			service := serviceOf(1200)
			client, _ := onWire(t, service, confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var refused time.Time
			service.Inject(confopenapitest.Rule{
				Fault: confopenapitest.RetryAfter(429, c.asked), Times: 1,
				When: func(r confopenapitest.Request) bool { return r.List.Page == c.page },
			})
			for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{OnPoll: func(s *confopenapi.Snapshot) error {
				if pause := s.Report.Start.Sub(refused); !refused.IsZero() && pause >= 0 { // the poll after that
					if pause < c.want*9/10 || pause > c.want*11/10+1 {
						t.Errorf("page %d, asked for %s s: got a pause of %s, want %s with 10 %% more or less", c.page, c.asked, pause, c.want)
					}
					cancel()
				}
				return nil
			}}) {
				if err != nil {
					t.Errorf("the watch ended with %v", err)
				}
				if event.Kind == confopenapi.EventPollFailed {
					if meta, _ := confopenapi.MetaOf(event.Err); meta.HTTPStatus != 429 {
						t.Errorf("got %v, want HTTP 429", event.Err)
					}
					refused = time.Now()
				}
			}
			if refused.IsZero() {
				t.Error("got no failed poll: the test shows nothing")
			}
		})
	}
}

// A watch ends with its context: in a poll, between polls, or between two events.
func TestWatchContext(t *testing.T) {
	for _, after := range []time.Duration{0, 500 * time.Millisecond, 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := onWire(t, serviceOf(400))
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(after, cancel)
			start := time.Now()
			for event, err := range client.Watch(ctx, nil, nil) {
				if err != nil {
					t.Errorf("got %v, %v, want no error", event, err)
				}
			}
			if took := time.Since(start); took != after {
				t.Errorf("it ended after %s, want %s", took, after)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		client, _ := onWire(t, serviceOf(400))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range client.Watch(ctx, nil, nil) {
			if err != nil {
				t.Errorf("the watch ended with %v", err)
			}
			if n++; n == 7 {
				cancel()
			}
		}
		if n != 7 {
			t.Errorf("got %d events, want 7", n)
		}
	})
}

// After a break between two events of a poll, another watch goes on with the next one.
func TestWatchResumesAfterBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := onWire(t, serviceOf(250))
		watcher := confopenapi.NewWatcher()
		times := map[confopenapi.Identity]int{}
		for len(times) < 250 {
			n := 0
			for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: watcher}) {
				if err != nil {
					t.Fatal(err)
				}
				times[event.Conference.Identity()]++
				if n++; n == 60 || len(times) == 250 {
					break
				}
			}
		}
		for id, n := range times {
			if n != 1 {
				t.Errorf("got %d events of %v, want 1", n, id)
			}
		}
	})
}

func TestWatchOnPollError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errFull := errors.New("the disk is full")
		s := watchStory(t, &confopenapi.WatchOptions{OnPoll: func(s *confopenapi.Snapshot) error {
			if len(s.Conferences) == 3 {
				return errFull
			}
			return nil
		}})
		s.tells("existing 1", "existing 2")
		s.service.Add(confopenapi.Conference{ConferenceID: "3", EventID: 3, StartTime: 1715600003, AttendeeCount: 2})
		s.tells("started 3")
		if event, err, ok := s.next(); err != errFull || event.Kind != 0 || !ok {
			t.Fatalf("got %v, %v, %t, want the error of OnPoll", event, err, ok)
		}
		if event, err, ok := s.next(); ok {
			t.Errorf("got %v, %v after the error, want no more", event, err)
		}
	})
}

// If no listing proves anything, a conference ends only by GiveUp.
func TestWatchGiveUp(t *testing.T) {
	for _, c := range []struct{ giveUp, after int }{{0, 0}, {3, 3}} {
		synctest.Test(t, func(t *testing.T) {
			service := serviceOf(300, confopenapitest.WithPaging(livelist.Paging{Total: livelist.TotalDoubled}))
			client, _ := onWire(t, service)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			polls, ended := 0, 0
			var gone confopenapi.Identity
			for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{
				GiveUp: c.giveUp, Snapshot: confopenapi.SnapshotOptions{Require: confopenapi.VerdictIncomplete},
				OnPoll: func(*confopenapi.Snapshot) error {
					switch polls++; polls {
					case 3:
						gone = service.Live()[0].Identity()
						service.End(gone)
					case 12:
						cancel()
					}
					return nil
				},
			}) {
				if err != nil {
					t.Fatal(err)
				}
				if event.Kind == confopenapi.EventEnded && event.Conference.Identity() == gone {
					ended = polls - 3 + 1
					if event.Proven {
						t.Errorf("got %v, want an end without proof", event)
					}
				}
			}
			if ended != c.after {
				t.Errorf("GiveUp %d: ended after %d polls, want %d", c.giveUp, ended, c.after)
			}
		})
	}
}

func TestWatchBadArguments(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 10)
	client := srv.Client()
	used := confopenapi.NewWatcher()
	for _, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: used}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	sent := srv.RequestCount()
	var none *confopenapi.Client
	var never context.Context
	for _, c := range []struct {
		field  string
		ctx    context.Context
		client *confopenapi.Client
		req    *confopenapi.ListByStatusRequest
		opts   confopenapi.WatchOptions
	}{
		{"client", t.Context(), none, nil, confopenapi.WatchOptions{}},
		{"ctx", never, client, nil, confopenapi.WatchOptions{}},
		{"Page", t.Context(), client, &confopenapi.ListByStatusRequest{Page: 2}, confopenapi.WatchOptions{}},
		{"Interval", t.Context(), client, nil, confopenapi.WatchOptions{Interval: -1}},
		{"GiveUp", t.Context(), client, nil, confopenapi.WatchOptions{GiveUp: -1}},
		{"Parallel", t.Context(), client, nil, confopenapi.WatchOptions{Snapshot: confopenapi.SnapshotOptions{Parallel: 99}}},
		{"PageSize", t.Context(), client, nil, confopenapi.WatchOptions{Snapshot: confopenapi.SnapshotOptions{PageSize: -1}}},
		{"Watcher", t.Context(), client, &confopenapi.ListByStatusRequest{AdminUserID: 7}, confopenapi.WatchOptions{Watcher: used}},
	} {
		n := 0
		for _, err := range c.client.Watch(c.ctx, c.req, &c.opts) {
			n++
			if bad := mustBe[*confopenapi.RequestError](t, err); bad.Field != c.field {
				t.Errorf("got %v, want a *RequestError of %s", err, c.field)
			}
		}
		if n != 1 {
			t.Errorf("%s: got %d errors, want 1", c.field, n)
		}
	}
	if n := srv.RequestCount(); n != sent {
		t.Errorf("got %d requests, want 0", n-sent)
	}
}

// A list of one page says nothing of the page size: later polls ask for as many as the first.
func TestWatchShortListKeepsPageSize(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(25, 1)...),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 1}))
	polls := 0
	for _, err := range srv.Client().Watch(t.Context(), nil, &confopenapi.WatchOptions{
		Interval: time.Nanosecond,
		Snapshot: confopenapi.SnapshotOptions{Require: confopenapi.VerdictIncomplete},
		OnPoll: func(s *confopenapi.Snapshot) error {
			if polls++; s.Report.Stats.PageSize != 0 {
				t.Errorf("poll %d of a list of one page: got page size %d, want 0", polls, s.Report.Stats.PageSize)
			}
			return nil
		},
	}) {
		if err != nil {
			t.Errorf("the watch ended with %v", err)
		}
		if polls >= 20 {
			break
		}
	}
}

// Each range is a watch of its own. One that is refused does not change the next.
func TestWatchRangesAreIndependent(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	client := srv.Client()
	watcher := confopenapi.NewWatcher()
	for _, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: watcher}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	other := client.Watch(t.Context(), &confopenapi.ListByStatusRequest{AdminUserID: 7}, &confopenapi.WatchOptions{Watcher: watcher})
	for _, err := range other {
		mustBe[*confopenapi.RequestError](t, err)
	}
	fresh, err := confopenapi.NewWatcher().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := watcher.UnmarshalJSON(fresh); err != nil {
		t.Fatal(err)
	}
	for _, err := range other {
		if err != nil {
			t.Errorf("the watch of the other request ended with %v", err)
		}
		break
	}
	var both sync.WaitGroup
	twice := client.Watch(t.Context(), nil, nil)
	for range 2 {
		both.Go(func() {
			for _, err := range twice {
				if err != nil {
					t.Errorf("the watch ended with %v", err)
				}
				break
			}
		})
	}
	both.Wait()
}

func TestWatchLongestInterval(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			client, sent := onWire(t, serviceOf(3))
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			for _, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{Interval: math.MaxInt64}) {
				if err != nil {
					t.Errorf("the watch ended with %v", err)
				}
			}
			if n := len(sent.sent); n > 5 {
				t.Errorf("got %d requests in an hour, want those of one poll", n)
			}
		})
	}
}

// Every change of a count is an event, also between counts whose digests would be equal.
func TestWatcherSeesEveryCountChange(t *testing.T) {
	t.Parallel()
	watcher := confopenapi.NewWatcher()
	conf := confopenapi.Conference{EventID: 1, ConferenceID: "1", StartTime: 1}
	at := time.Now()
	step := func(attendees int) []confopenapi.Event {
		conf.AttendeeCount = attendees
		at = at.Add(time.Minute)
		return watcher.Step(&confopenapi.Snapshot{
			Conferences: []confopenapi.Conference{conf},
			Report:      confopenapi.Report{Verdict: confopenapi.VerdictComplete, Received: 1, TotalCount: 1, End: at},
		})
	}
	step(0)
	for n := 1; n < 5000; n++ {
		for _, attendees := range []int{n, 0} {
			if events := step(attendees); len(events) != 1 {
				t.Fatalf("after a change to or from %d attendees: got %v, want one event", n, events)
			}
		}
	}
	for _, attendees := range []int{143, 266, 143} { // alike for FNV, folded to 16 bits
		if events := step(attendees); len(events) != 1 {
			t.Errorf("after a change to %d attendees: got %v, want one event", attendees, events)
		}
	}
}
