package history_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stretch is when a run was really listed.
type stretch struct{ start, end time.Time } // zero = before the test, and still

// world is a service whose list changes by the clock, with the truth about it.
type world struct {
	mu    sync.Mutex
	srv   *confopenapitest.Server
	truth map[confopenapi.Identity]*stretch
	next  int
	rng   *rand.Rand
}

func newWorld(srv *confopenapitest.Server, seed uint64) *world {
	w := &world{srv: srv, truth: map[confopenapi.Identity]*stretch{}, next: 1_000_000, rng: rand.New(rand.NewPCG(seed, 1))}
	for _, c := range srv.Live() {
		w.truth[c.Identity()] = &stretch{}
	}
	return w
}

// live changes the list until ctx ends: about every two seconds something starts, ends, restarts or changes.
func (w *world) live(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(w.rng.ExpFloat64() * float64(2*time.Second))):
		}
		w.change()
	}
}

func (w *world) change() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, list := time.Now(), w.srv.Live()
	id := list[w.rng.IntN(len(list))].Identity()
	switch n := w.rng.IntN(10); {
	case n < 3:
		c := confopenapitest.ConferencesFrom(w.next, 1, 1)[0]
		w.next++
		w.srv.Add(c)
		w.truth[c.Identity()] = &stretch{start: now}
	case n < 6:
		w.srv.End(id)
		w.truth[id].end = now
	case n < 7:
		if run, ok := w.srv.Restart(id, id.StartTime+1+confopenapi.UnixTime(w.rng.IntN(1000))); ok {
			w.truth[id].end, w.truth[run.Identity()] = now, &stretch{start: now}
		}
	default:
		w.srv.Update(id, func(c *confopenapi.Conference) { c.AttendeeCount = 1 + w.rng.IntN(300) })
	}
}

// opened is a store of the service "fake".
func opened(t *testing.T, path string, o history.Options) *history.Store {
	t.Helper()
	o.Service = "fake"
	store, err := history.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// span is a poll that met what is required.
type span struct{ start, end time.Time }

// An hour of a list that changes while it is read, with requests that fail: each run's true start and end lie within the bounds,
// what two good polls could see is there, and no end is proven that was none.
func TestHistoryIsTrue(t *testing.T) {
	for name, c := range map[string]struct {
		order    confopenapitest.Order
		restarts int // one after so many polls; 0 = none
	}{
		"proven": {order: confopenapitest.OrderStartDown}, "conditional": {order: confopenapitest.OrderArbitrary},
		"restarts": {order: confopenapitest.OrderStartDown, restarts: 4},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { anHour(t, c.order, c.restarts) }) })
	}
}

func anHour(t *testing.T, order confopenapitest.Order, restarts int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	srv := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(300, 1)...),
		confopenapitest.WithMaxCount(50), confopenapitest.WithOrder(order), confopenapitest.WithFaults(
			confopenapitest.Rule{Fault: confopenapitest.Status(503), Probability: .02, Seed: 1},
			confopenapitest.Rule{Fault: confopenapitest.Delay(200 * time.Millisecond)}))
	store := opened(t, path, history.Options{})
	defer func() { _ = store.Close() }()
	w := newWorld(srv, 1)
	ctx, stop := context.WithTimeout(t.Context(), time.Hour)
	defer stop()
	var polls []span
	view := srv.Client(confopenapi.WithPacing(false)).View(nil, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{OnPoll: func(s *confopenapi.Snapshot) error {
		if s.Report.Verdict >= confopenapi.VerdictConditional {
			polls = append(polls, span{s.Report.Start, s.Report.End})
		}
		if restarts > 0 && len(polls)%restarts == 0 {
			_ = store.Close()
			store = opened(t, path, history.Options{})
		}
		return store.Record(s)
	}}})
	go w.live(ctx)
	if err := view.Run(ctx); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()

	runs, err := store.Runs(t.Context(), history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[confopenapi.Identity]history.Run{}
	ended, proven, early := 0, 0, 0
	for _, r := range runs {
		id := confopenapi.Identity{EventID: r.EventID, ConferenceID: r.ConferenceID, StartTime: confopenapi.UnixTime(r.StartTime.Unix())}
		if _, twice := recorded[id]; twice || r.Resumes > 0 {
			t.Errorf("%v: got it twice or %d times resumed, want it once", id, r.Resumes)
		}
		recorded[id] = r
		truth, ok := w.truth[id]
		if !ok {
			t.Errorf("%v was never listed", id)
			continue
		}
		if truth.start.After(r.StartBy) || truth.start.Before(r.StartNotBefore) && !truth.start.IsZero() {
			t.Errorf("%v: started at %s, got bounds %s and %s", id, truth.start, r.StartNotBefore, r.StartBy)
		}
		if !truth.start.IsZero() && r.StartNotBefore.IsZero() {
			early++
		}
		if r.Live {
			continue
		}
		ended++
		if r.Proven {
			proven++
		}
		if truth.end.IsZero() || truth.end.Before(r.EndNotBefore) || truth.end.After(r.EndBy) {
			t.Errorf("%v (proven: %t): ended at %s, got bounds %s and %s", id, r.Proven, truth.end, r.EndNotBefore, r.EndBy)
		}
	}
	could, short := 0, 0
	for id, s := range w.truth {
		seen := 0
		for _, p := range polls {
			if !s.start.After(p.start) && (s.end.IsZero() || s.end.After(p.end)) {
				seen++
			}
		}
		if _, ok := recorded[id]; seen >= 2 && !ok {
			t.Errorf("%v was there for %d polls, and is missing", id, seen)
		} else if !ok {
			short++
		}
		if seen >= 2 {
			could++
		}
	}
	if len(polls) < 60 || ended < 300 || order == confopenapitest.OrderStartDown && proven < 300 {
		t.Errorf("%d polls, %d ends, %d proven: this test shows nothing", len(polls), ended, proven)
	}
	t.Logf("%d polls; %d runs, of which two polls could see %d, and %d too short were missed; %d ends, %d proven; %d of the starts without a lower bound",
		len(polls), len(w.truth), could, short, ended, proven, early)
}
