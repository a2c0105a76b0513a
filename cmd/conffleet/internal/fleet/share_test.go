package fleet_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

// sender is a worker that sends as much as it may.
type sender struct {
	conn interface{ Close() }
	stop func()
}

// send starts a sender, which counts what it sends.
func (g *rig) send(id string, count *atomic.Int64) *sender {
	g.t.Helper()
	conn := g.connect()
	store, err := fleet.Attach(g.t.Context(), conn)
	if err != nil {
		g.t.Fatal(err)
	}
	share := fleet.NewShare(store, id, g.limit)
	stop := g.start(func(ctx context.Context) {
		var group sync.WaitGroup
		group.Go(func() { share.Run(ctx, func() fleet.WorkerRecord { return fleet.WorkerRecord{Version: 1, ID: id} }) })
		for range 8 {
			group.Go(func() {
				for share.Wait(ctx) == nil {
					count.Add(1)
				}
			})
		}
		group.Wait()
	})
	return &sender{conn, stop}
}

// All workers together stay within the limit, and use it, while workers join, leave and crash.
func TestRate(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	g := newRig(t, world.New(1, 1, 1), fleet.Retention{})
	g.limit = 200
	var sent atomic.Int64
	a := g.send("a", &sent)
	time.Sleep(3 * time.Second) // a joins
	began, before := time.Now(), sent.Load()
	_, most := before, 0.0
	rate := func(d time.Duration) {
		second, then := time.Now(), sent.Load()
		time.Sleep(d)
		most = max(most, float64(sent.Load()-then)/time.Since(second).Seconds())
	}
	rate(5 * time.Second)
	g.send("b", &sent)
	rate(5 * time.Second)
	c := g.send("c", &sent)
	rate(6 * time.Second)
	a.stop()
	rate(6 * time.Second)
	c.conn.Close() // as if it crashed
	rate(9 * time.Second)
	g.send("d", &sent)
	rate(6 * time.Second)
	mean := float64(sent.Load()-before) / time.Since(began).Seconds()
	if mean < 0.8*g.limit || mean > 1.05*g.limit || most > 1.05*g.limit {
		t.Errorf("got %.1f requests a second, %.1f at most, want 160 to 210", mean, most)
	}
	t.Logf("%.1f requests a second, %.1f at most, of 200", mean, most)
}

// A refusal of one worker's request slows all workers, which recover.
func TestRefusalSlowsTheFleet(t *testing.T) {
	t.Parallel()
	w := world.New(40, 2, 3)
	var refuse atomic.Bool
	var requests atomic.Int64
	w.Before = func(rw http.ResponseWriter, _ *http.Request, _ int64) bool {
		requests.Add(1)
		if refuse.CompareAndSwap(true, false) {
			http.Error(rw, `{"status":429}`, http.StatusTooManyRequests)
			return true
		}
		return false
	}
	g := newRig(t, w, fleet.Retention{})
	g.limit = 40
	g.schedule(time.Second)
	g.work("a", 8)
	g.work("b", 8)
	g.status("the whole rate", func(s *fleet.Status) bool { return s.Used > 30 })
	refuse.Store(true)
	s := g.status("half of the rate for both", func(s *fleet.Status) bool {
		return len(s.Workers) == 2 && s.Workers[0].Share+s.Workers[1].Share < 26
	})
	if s.Factor < 0.4 || s.Factor > 0.6 {
		t.Errorf("got the factor %.2f, want 0.5", s.Factor)
	}
	g.status("the whole rate again", func(s *fleet.Status) bool {
		return len(s.Workers) == 2 && s.Workers[0].Share+s.Workers[1].Share > 39
	})
}
