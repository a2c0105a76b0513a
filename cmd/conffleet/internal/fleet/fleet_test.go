package fleet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a fleet in this process.
type rig struct {
	t        *testing.T
	world    *world.World
	service  *httptest.Server
	embedded *fleet.Embedded
	store    *fleet.Store
	limit    float64
	admins   atomic.Pointer[[]int64] // nil = those of world
}

func newRig(t *testing.T, w *world.World, r fleet.Retention) *rig {
	t.Helper()
	return newRigIn(t, t.TempDir(), w, r)
}

func newRigIn(t *testing.T, dir string, w *world.World, r fleet.Retention) *rig {
	t.Helper()
	g := &rig{t: t, world: w, service: httptest.NewServer(w), limit: 1000}
	t.Cleanup(g.service.Close)
	var err error
	if g.embedded, err = fleet.StartEmbedded(dir, "127.0.0.1:0", false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.embedded.Close)
	if g.store, err = fleet.Open(t.Context(), g.connect(), r); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *rig) connect() *nats.Conn {
	g.t.Helper()
	conn, err := fleet.Connect(g.embedded.URL)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(conn.Close)
	return conn
}

// only lets the scheduler list these administrators, beginning with its next interval.
func (g *rig) only(admins ...int64) { g.admins.Store(&admins) }

// schedule and work start a part of the fleet. It ends with the test, or when stop is called.
func (g *rig) schedule(interval time.Duration) (stop func()) {
	s := &fleet.Scheduler{Store: g.store, ID: "test", Interval: interval, Admins: func() ([]int64, error) {
		if only := g.admins.Load(); only != nil {
			return *only, nil
		}
		return g.world.Admins(), nil
	}, Log: slog.New(slog.DiscardHandler)}
	return g.start(s.Run)
}

func (g *rig) work(id string, slots int) (stop func()) { g.t.Helper(); return g.worker(id, slots).stop }

// worker is one with a connection of its own.
type worker struct {
	conn *nats.Conn
	stop func()
}

func (g *rig) worker(id string, slots int) *worker {
	g.t.Helper()
	conn := g.connect()
	store, err := fleet.Attach(g.t.Context(), conn)
	if err != nil {
		g.t.Fatal(err)
	}
	w, err := fleet.NewWorker(store, id, g.service.URL, g.limit, confopenapi.WithToken(world.Token), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		g.t.Fatal(err)
	}
	w.Slots, w.Timeout = slots, 5*time.Second
	return &worker{conn, g.start(w.Run)}
}

func (g *rig) start(run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(g.t.Context()))
	var group sync.WaitGroup
	group.Go(func() { run(ctx) })
	stop = func() { cancel(); group.Wait() }
	g.t.Cleanup(stop)
	return stop
}

// status is the fleet's status as soon as it is good.
func (g *rig) status(what string, good func(*fleet.Status) bool) *fleet.Status {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), 40*time.Second)
	defer cancel()
	picture, err := fleet.NewPicture(ctx, g.store)
	if err != nil {
		g.t.Fatal(err)
	}
	for {
		s, err := picture.Status(ctx)
		if err == nil && good(s) {
			return s
		}
		select {
		case <-ctx.Done():
			g.t.Fatalf("got %+v, %v, want %s", s, err, what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// rounds waits until each administrator has been listed so many times more.
func (g *rig) rounds(n int) {
	g.t.Helper()
	for range n {
		then := time.Now()
		g.status("another listing of each administrator", func(s *fleet.Status) bool { return s.OldestProven.After(then) })
	}
}

// events are the events of the stream.
func (g *rig) events() (all []fleet.Event) {
	g.t.Helper()
	var out bytes.Buffer
	if _, err := g.store.Replay(g.t.Context(), &out, fleet.Replay{}); err != nil {
		g.t.Fatal(err)
	}
	return parse(g.t, out.String())
}

func parse(t *testing.T, text string) (all []fleet.Event) {
	t.Helper()
	for line := range strings.Lines(text) {
		var e fleet.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

// check compares the events with the world.
func (g *rig) check() world.Verdict {
	g.t.Helper()
	var seen []world.Event
	for _, e := range g.events() {
		seen = append(seen, world.Event{ID: e.ID, Admin: e.Admin, Kind: e.Kind, Conference: e.Conference.Identity(), At: e.At})
	}
	return g.world.Check(seen, 0)
}

func TestReadAdmins(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "admins")
	for text, want := range map[string]string{
		"1001\n\n# all of them\n 1002 # the second\n1001\n": "[1001 1002] <nil>",
		"1001\nbob\n": "[] " + file + `:2: "bob" is no user id`,
		"-1\n":        "[] " + file + `:1: "-1" is no user id`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		admins, err := fleet.ReadAdmins(file)
		if got := fmt.Sprint(admins, err); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// An administrator who left the list counts nowhere, and goes on with the stored state when they are back.
func TestPicture_RemovedAdministrator(t *testing.T) {
	t.Parallel()
	w := world.New(3, 5, 3)
	var refuse atomic.Bool
	w.Before = func(rw http.ResponseWriter, _ *http.Request, admin int64) bool {
		if refuse.Load() && admin == 1001 {
			http.Error(rw, "{}", http.StatusForbidden)
		}
		return refuse.Load() && admin == 1001
	}
	g := newRig(t, w, fleet.Retention{})
	g.schedule(time.Second)
	g.work("a", 4)
	g.status("three administrators", func(s *fleet.Status) bool { return s.Admins == 3 && s.Unproven == 0 })
	refuse.Store(true)
	g.status("one that fails", func(s *fleet.Status) bool { return s.Failing["forbidden"] == 1 })
	g.only(1002, 1003)
	g.status("only those who are left", func(s *fleet.Status) bool {
		return s.Admins == 2 && s.Unproven == 0 && len(s.Failing) == 0 && s.OldestAdmin != 1001 && s.Live == len(w.Live(1002))+len(w.Live(1003))
	})
	refuse.Store(false)
	g.only(1001, 1002, 1003)
	g.status("three again", func(s *fleet.Status) bool { return s.Admins == 3 && s.Unproven == 0 && len(s.Failing) == 0 })
	if v := g.check(); !v.OK() {
		t.Errorf("got %+v, want nothing lost, twice or false", v)
	}
}

// What differs between the processes of a fleet, and a list of nobody, is in the log once.
func TestFleet_Warnings(t *testing.T) {
	t.Parallel()
	g := newRig(t, world.New(2, 1, 3), fleet.Retention{})
	g.only()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	scheduler := func(id string, interval time.Duration) *fleet.Scheduler {
		return &fleet.Scheduler{Store: g.store, ID: id, Interval: interval, Admins: func() ([]int64, error) { return nil, nil }, Log: logger}
	}
	stops := []func(){g.start(scheduler("a", time.Second).Run)}
	time.Sleep(1500 * time.Millisecond)
	stops = append(stops, g.start(scheduler("b", 2*time.Second).Run), g.work("other", 1))
	w, err := fleet.NewWorker(g.store, "w", g.service.URL, g.limit/2, confopenapi.WithToken(world.Token))
	if err != nil {
		t.Fatal(err)
	}
	w.Log = logger
	stops = append(stops, g.start(w.Run))
	time.Sleep(4 * time.Second)
	for _, stop := range slices.Backward(stops) {
		stop()
	}
	for _, want := range []string{"nobody is listed", "another --interval than the one that schedules: give all the same\" here=2s there=1s", "another --rate: give all the same\" here=500 there=1000 worker=other"} {
		if n := strings.Count(log.String(), want); n != 1 {
			t.Errorf("got %q %d times, want once:\n%s", want, n, &log)
		}
	}
}

// A scheduler with another interval than one that was killed says nothing of it: it schedules when the lease ends.
func TestScheduler_LeaseOfTheDead(t *testing.T) {
	t.Parallel()
	g := newRig(t, world.New(1, 1, 3), fleet.Retention{})
	g.schedule(time.Second)
	g.work("a", 1)
	g.rounds(1)
	bucket, err := g.raw().KeyValue(t.Context(), "conffleet_alive")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.PutString(t.Context(), "scheduler", "dead"); err != nil { // the first one stops
		t.Fatal(err)
	}
	var log bytes.Buffer
	scheduler := &fleet.Scheduler{Store: g.store, ID: "b", Interval: 10 * time.Second, Admins: func() ([]int64, error) { return g.world.Admins(), nil }, Log: slog.New(slog.NewTextHandler(&log, nil))}
	stop := g.start(scheduler.Run)
	time.Sleep(2 * time.Second)
	stop()
	if text := log.String(); strings.Contains(text, "--interval") {
		t.Errorf("got the log\n%s\nwant nothing of an interval", text)
	}
}

// A scheduler that ends leaves the lease to the one that has it.
func TestScheduler_LeaseOfAnother(t *testing.T) {
	t.Parallel()
	g := newRig(t, world.New(1, 1, 3), fleet.Retention{})
	bucket, err := g.raw().KeyValue(t.Context(), "conffleet_alive")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.PutString(t.Context(), "scheduler", "another"); err != nil {
		t.Fatal(err)
	}
	g.schedule(time.Second)()
	if entry, err := bucket.Get(t.Context(), "scheduler"); err != nil || string(entry.Value()) != "another" {
		t.Errorf("got %v, %v, want the lease of another", entry, err)
	}
}

// A replay that is ended goes on after the last event that it wrote, and filters leave out the others.
func TestReplayResumes(t *testing.T) {
	t.Parallel()
	g := newRig(t, world.New(5, 6, 3), fleet.Retention{})
	g.schedule(time.Second)
	g.work("a", 4)
	g.status("five administrators", func(s *fleet.Status) bool { return s.Admins == 5 && s.Unproven == 0 })
	began := time.Now()
	file := filepath.Join(t.TempDir(), "checkpoint")
	replay := func(r fleet.Replay) []fleet.Event {
		t.Helper()
		var out bytes.Buffer
		n, err := g.store.Replay(t.Context(), &out, r)
		all := parse(t, out.String())
		if err != nil || n != len(all) {
			t.Errorf("got %d events and %v, want %d", n, err, len(all))
		}
		return all
	}
	before := replay(fleet.Replay{Checkpoint: file})
	if again := replay(fleet.Replay{Checkpoint: file}); len(before) == 0 || len(again) != 0 {
		t.Errorf("got %d events, and then %d, want some and then none", len(before), len(again))
	}
	for range 20 {
		g.world.Change()
	}
	g.status("more events", func(s *fleet.Status) bool { return int(s.Events) > len(before) })
	g.rounds(1) // so that the others are there, too
	after, since := replay(fleet.Replay{Checkpoint: file}), replay(fleet.Replay{Since: began})
	if len(after) == 0 || len(since) < len(after) || slices.ContainsFunc(after, func(e fleet.Event) bool { return e.ID == before[0].ID }) {
		t.Errorf("got %d events after the checkpoint, and %d since then, want only new ones", len(after), len(since))
	}
	for _, e := range replay(fleet.Replay{Admin: 1001, Kind: "existing"}) {
		if e.Admin != 1001 || e.Kind != confopenapi.EventExisting {
			t.Errorf("got %s of %d, want existing of 1001", e.Kind, e.Admin)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if n, err := g.store.Replay(ctx, &bytes.Buffer{}, fleet.Replay{Follow: true}); err != nil || n < len(before)+len(after) {
		t.Errorf("following: got %d events and %v, want all", n, err)
	}
}

// Events and state hold no personal data beyond titles, and no token.
func TestNothingPersonalIsStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := newRigIn(t, dir, world.New(3, 10, 3), fleet.Retention{})
	g.schedule(time.Second)
	stop := g.work("a", 4)
	g.status("three administrators", func(s *fleet.Status) bool { return s.Admins == 3 && s.Live > 0 && s.Unproven == 0 })
	stop()
	var all strings.Builder
	for _, e := range g.events() {
		fmt.Fprintf(&all, "%+v\n", e)
	}
	for _, admin := range g.world.Admins() {
		state, _, err := g.store.State(t.Context(), admin)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%+v %s\n", state, state.Watcher)
		for _, c := range g.world.Live(admin) {
			for name, value := range map[string]string{
				"token": world.Token, "host": c.HostName, "e-mail": c.HostEmail, "mobile": c.HostMobile, "address": c.HostIP, "passcode": c.Passcode.Reveal(),
			} {
				if value != "" && strings.Contains(all.String(), value) {
					t.Errorf("the %s of a conference is in the events or in the state", name)
				}
			}
			if !strings.Contains(all.String(), c.Title) {
				t.Errorf("the title %q is nowhere, so the test proves nothing", c.Title)
			}
		}
	}
}
