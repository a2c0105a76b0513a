package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// ledger is what a program knows that believes the events.
type ledger map[confopenapi.Identity]confopenapi.Conference

// post books an event and reports whether it fits what was told before.
func (l ledger) post(e confopenapi.Event) bool {
	id := e.Conference.Identity()
	_, live := l[id]
	if e.Kind == confopenapi.EventEnded {
		delete(l, id)
		return live
	}
	l[id] = e.Conference
	return live == (e.Kind == confopenapi.EventUpdated)
}

var errEnough = errors.New("enough")

// A list that moves all the time, and a server that fails now and then: what is said to be proven is so, and what ended
// is not missed by a poll that proves everything.
func TestWatchTellsTheTruth(t *testing.T) {
	t.Parallel()
	for _, order := range []confopenapitest.Order{confopenapitest.OrderStartDown, confopenapitest.OrderArbitrary} {
		t.Run(order.String(), func(t *testing.T) {
			t.Parallel()
			srv := liveList(t, 1000, confopenapitest.WithOrder(order),
				confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 5, Resume: .2, Restart: .2}),
				confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Status(503), Probability: .05, Seed: 1}))
			client := srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			polls, complete, ended, proven, failed, first := 0, 0, 0, 0, 0, 1
			known := ledger{}
			var truth *confopenapitest.Truth // of this poll
			look := func() *confopenapitest.Truth {
				if truth == nil {
					truth = new(srv.Truth(first, 0))
				}
				return truth
			}
			for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{Interval: 1, OnPoll: func(r confopenapi.Report) error {
				if polls++; polls == 120 {
					cancel()
				}
				if r.Verdict == confopenapi.VerdictComplete {
					complete++
					for id := range known {
						if !look().Ever[id] {
							t.Errorf("poll %d: the end of %v was missed", polls, id)
						}
					}
					for id := range look().Always {
						if _, ok := known[id]; !ok {
							t.Errorf("poll %d: %v was missed", polls, id)
						}
					}
				}
				first, truth = srv.RequestCount()+1, nil
				return nil
			}}) {
				if err != nil {
					failed++
					continue
				}
				if !known.post(event) {
					t.Errorf("poll %d: %v does not fit", polls+1, event)
				}
				if event.Kind == confopenapi.EventEnded {
					ended++
				}
				if event.Kind == confopenapi.EventEnded && event.Proven {
					proven++
					if look().Always[event.Conference.Identity()] {
						t.Errorf("poll %d: %v was there all the time", polls+1, event)
					}
				}
			}
			if ended == 0 || failed == 0 || order == confopenapitest.OrderStartDown && (complete < 60 || proven < 600) {
				t.Errorf("%d polls, %d of them complete, %d with an error; %d ended, %d of them proven: this test shows nothing",
					polls, complete, failed, ended, proven)
			}
			t.Logf("%d polls, %d complete, %d with an error; %d ended, %d proven", polls, complete, failed, ended, proven)
		})
	}
}

// A program that is killed between polls, at random, and goes on from its last checkpoint tells everything once.
func TestAWatchThatIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	srv := liveList(t, 250)
	told := ledger{}
	checkpoint, err := json.Marshal(confopenapi.NewWatcher())
	if err != nil {
		t.Fatal(err)
	}
	kills, events := 0, 0
	for kills < 100 {
		client := srv.Client() // of a new process
		watcher := confopenapi.NewWatcher()
		if err := json.Unmarshal(checkpoint, watcher); err != nil {
			t.Fatal(err)
		}
		for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Interval: 1, Watcher: watcher, OnPoll: func(confopenapi.Report) error {
			var err error
			if checkpoint, err = json.Marshal(watcher); err != nil {
				return err
			}
			live := ledger{}
			for _, c := range srv.Live() {
				live[c.Identity()] = c
			}
			if diff := cmp.Diff(attendees(live), attendees(told)); diff != "" {
				t.Errorf("after %d kills:\n%s", kills, diff)
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
				t.Errorf("after %d kills, %v does not fit: %+v", kills, event, told[event.Conference.Identity()])
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
