package fleet_test

import (
	"flag"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

var rateFor = flag.Duration("fleet.rate", 36*time.Second, "how long TestRate measures; a minute is what a limit is often of")

// All workers together stay within the limit, and use it, while workers join, leave and crash.
func TestRate(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	g := newRig(t, world.New(400, 2, 1), fleet.Retention{EventsBytes: 64 << 20})
	g.limit = 200
	g.schedule(time.Second) // more than the limit allows
	a := g.worker("a", 8)
	g.status("the whole rate", func(s *fleet.Status) bool { return s.Used > 0.9*g.limit })
	began, before, most := time.Now(), g.world.Requests(), 0.0
	var c *worker
	for _, change := range []func(){
		func() {}, func() { g.worker("b", 8) }, func() { c = g.worker("c", 8) }, func() { a.stop() },
		func() { c.conn.Close() }, // as if it crashed
		func() { g.worker("d", 8) },
	} {
		change()
		part, then := time.Now(), g.world.Requests()
		time.Sleep(*rateFor / 6)
		most = max(most, float64(g.world.Requests()-then)/time.Since(part).Seconds())
	}
	mean := float64(g.world.Requests()-before) / time.Since(began).Seconds()
	least := 0.8 * g.limit
	if *rateFor < time.Minute {
		least = 0.7 * g.limit // each change takes the same seconds of less time
	}
	if mean < least || mean > 1.05*g.limit || most > 1.05*g.limit {
		t.Errorf("got %.1f requests a second, %.1f at most, want %g to %g", mean, most, least, 1.05*g.limit)
	}
	t.Logf("%.1f requests a second in %s, %.1f at most in a sixth of that, of 200", mean, time.Since(began).Round(time.Second), most)
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
		return len(s.Workers) == 2 && s.Workers[0].Share+s.Workers[1].Share > 39 && s.Factor > 0.9
	})
}
