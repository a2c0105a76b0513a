package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

// Workers that list the same administrator at the same time, and workers that stop between events and state, publish every
// change once.
func TestLostRacesPublishNothingTwice(t *testing.T) {
	t.Parallel()
	service := world.New(1, 20, 5)
	server := httptest.NewServer(service)
	defer server.Close()
	store := newStore(t)
	client, err := confopenapi.NewClient(server.URL, confopenapi.WithToken(world.Token))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	w := &Worker{store: store, id: "w", share: NewShare(store, "w", 100), Log: slog.New(slog.DiscardHandler)}
	w.learned.client.Store(client)
	admin := service.Admins()[0]
	var raced atomic.Int64
	for range 30 {
		for range 3 {
			service.Change()
		}
		// One worker publishes the events and crashes before it replaces the state:
		state, _, err := store.State(t.Context(), admin)
		if err != nil {
			t.Fatal(err)
		}
		watcher, err := state.watcher()
		if err != nil {
			t.Fatal(err)
		}
		snapshot, err := client.Snapshot(t.Context(), &confopenapi.ListByStatusRequest{AdminUserID: admin}, &confopenapi.SnapshotOptions{Watcher: watcher})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.advance(t.Context(), state, 1<<40, watcher, snapshot); !errors.Is(err, errRaced) {
			t.Fatalf("got %v, want a lost race", err)
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if err := w.list(context.WithoutCancel(t.Context()), admin); errors.Is(err, errRaced) {
					raced.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	var out bytes.Buffer
	if _, err := store.Replay(t.Context(), &out, Replay{}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(out.String()) {
		var e Event
		if err := decode([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		kind := e.Kind.String()
		if e.Kind == confopenapi.EventStarted {
			kind = "existing" // a run comes once
		}
		name := fmt.Sprint(kind, e.Conference.Identity())
		if seen[name]++; seen[name] > 1 {
			t.Errorf("got %s %d times, want it once", name, seen[name])
		}
	}
	if raced.Load() == 0 || len(seen) < 30 {
		t.Errorf("got %d lost races and %d events, want some", raced.Load(), len(seen))
	}
}

func TestEventID(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	base := confopenapi.Event{Kind: confopenapi.EventEnded, Conference: confopenapi.Conference{EventID: 1, ConferenceID: "2", StartTime: 3}, LastSeen: at}
	with := func(change func(*confopenapi.Event)) *confopenapi.Event {
		e := base
		change(&e)
		return &e
	}
	came := with(func(e *confopenapi.Event) { e.Kind = confopenapi.EventStarted })
	for _, c := range []struct {
		name string
		a, b string
		same bool
	}{
		{"noticed at another time", eventID(9, &base, 1), eventID(9, with(func(e *confopenapi.Event) { e.At = at }), 2), true},
		{"another administrator", eventID(9, &base, 1), eventID(8, &base, 1), false},
		{"with a proof", eventID(9, &base, 1), eventID(9, with(func(e *confopenapi.Event) { e.Proven = true }), 1), false},
		{"after it was seen again", eventID(9, &base, 1), eventID(9, with(func(e *confopenapi.Event) { e.LastSeen = at.Add(time.Second) }), 1), false},
		{"existing and started", eventID(9, came, 1), eventID(9, with(func(e *confopenapi.Event) { e.Kind = confopenapi.EventExisting }), 2), true},
		{"a later run", eventID(9, came, 1), eventID(9, with(func(e *confopenapi.Event) { e.Kind = confopenapi.EventStarted; e.Conference.StartTime++ }), 1), false},
	} {
		if same := c.a == c.b; same != c.same {
			t.Errorf("%s: got the same id: %v, want %v", c.name, same, c.same)
		}
	}
}
