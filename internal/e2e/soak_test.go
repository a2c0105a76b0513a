//go:build linux

package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	toxics "github.com/Shopify/toxiproxy/v2/client"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

var soakTime = flag.Duration("soak.time", 20*time.Second, "how long TestSoak takes")

const (
	soakWorkers = 4
	soakListed  = 400
	roundTime   = 8 * time.Second        // of one service and one client
	weather     = 300 * time.Millisecond // of one set of toxics, on average
)

// soak is the figures of a soak.
type soak struct {
	tally
	rounds        int
	took          time.Duration
	before, after level
}

// round is one service with its client, and the toxics before it.
type round struct {
	*testing.T
	*soak
	kit    *confopenapitest.Server
	client *confopenapi.Client
	host   atomic.Pointer[string] // of the proxy
	rng    *rand.Rand             // of the weather
}

var soakOrders = []confopenapitest.Order{
	confopenapitest.OrderStartDown, confopenapitest.OrderGiven, confopenapitest.Order(livelist.EventUp), confopenapitest.OrderArbitrary,
}

func TestSoak(t *testing.T) {
	s := &soak{}
	proxies := startProxies(t)
	defer proxies.kill()
	s.round(t, proxies, roundTime/4) // in which buffers, pools and tables grow to their size
	proxies.kill()
	*s = soak{before: measure(t)}
	proxies.restart(t)
	start := time.Now()
	for time.Since(start) < *soakTime && !t.Failed() {
		s.round(t, proxies, min(roundTime, *soakTime-time.Since(start)))
		s.rounds++
	}
	s.took = time.Since(start)
	proxies.kill()
	s.after = settle(t, s.before)
	t.Log(s)
	if s.found.Load() != s.always.Load() || s.falseEnded.Load() != 0 || s.untyped.Load() != 0 || s.late.Load() != 0 {
		t.Errorf("got %d of %d conferences, %d false ends, %d errors without a type, %d late calls; want all, 0, 0, 0",
			s.found.Load(), s.always.Load(), s.falseEnded.Load(), s.untyped.Load(), s.late.Load())
	}
	if s.complete.Load() == 0 || s.provenEnded.Load() == 0 || s.retries.Load() == 0 || s.toxics.Load() == 0 {
		t.Error("got no complete listing, proven end, retry or toxic, want some of each")
	}
	record.soak = s.String()
}

// round lets workers call through changing toxics for a while.
func (s *soak) round(t *testing.T, p *proxies, length time.Duration) {
	t.Helper()
	seed := uint64(s.rounds)
	faults := []confopenapitest.Rule{
		{Fault: confopenapitest.Status(503), Probability: .02},
		{Fault: confopenapitest.RetryAfter(429, "1"), Probability: .003},
		{Fault: confopenapitest.Truncate(), Probability: .01},
		{Fault: confopenapitest.Reset(), Probability: .01},
		{Fault: confopenapitest.FaultNamed("stale connection"), Probability: .02},
		{Fault: confopenapitest.HTML(502), Probability: .01},
		{Fault: confopenapitest.FaultNamed("gzip"), Probability: .1},
	}
	for i := range faults {
		faults[i].Seed = seed + uint64(i)
	}
	kit, err := confopenapitest.Start(confopenapitest.WithToken(token), confopenapitest.WithRequestLog(100_000),
		confopenapitest.WithConferences(confopenapitest.Conferences(soakListed, seed)...),
		confopenapitest.WithOrder(soakOrders[s.rounds%len(soakOrders)]), confopenapitest.WithFaults(faults...),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: seed, Rate: 1, Resume: .1, Restart: .1}))
	if err != nil {
		t.Fatal(err)
	}
	r := &round{T: t, soak: s, kit: kit, rng: rand.New(rand.NewPCG(seed, 1))}
	defer r.end()
	r.client = kit.Client(confopenapi.WithMiddleware(r.route), confopenapi.WithLogger(slog.New(attemptLog{slog.DiscardHandler, s})),
		confopenapi.WithAttemptTimeout(time.Second),
		confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Millisecond, MaxWait: 100 * time.Millisecond}))
	r.change(p)
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var workers sync.WaitGroup
	for i := range soakWorkers {
		workers.Go(func() { r.work(ctx, rand.New(rand.NewPCG(seed, uint64(i)+2))) })
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(weather/2 + rand.N(weather)):
			r.change(p)
		}
	}
	workers.Wait()
}

func (r *round) end() {
	r.client.CloseIdleConnections()
	for _, request := range r.kit.Requests() {
		if request.Fault != "" && request.Fault != "gzip" {
			r.injectedFaults.Add(1)
		}
	}
	if err := r.kit.Close(); err != nil {
		r.Error(err)
	}
}

// change changes the weather: mostly to one or two toxics, sometimes to none. Rarely toxiproxy is killed and started again.
func (r *round) change(p *proxies) {
	var with []toxics.Toxic
	n := r.rng.IntN(40)
	if n == 0 {
		p.kill()
		r.proxiesKilled.Add(1)
		p.restart(r.T)
	}
	if n >= 12 {
		with = append(with, anyToxic(r.rng))
	}
	if n >= 32 {
		with = append(with, anyToxic(r.rng))
	}
	host, err := p.change(strings.TrimPrefix(r.kit.URL, "http://"), with...)
	if err != nil {
		r.Error(err)
		return
	}
	r.toxics.Add(int64(len(with)))
	r.host.Store(&host)
}

// route sends a request to the present proxy.
func (r *round) route(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.URL.Host = *r.host.Load()
		return next.RoundTrip(req)
	})
}

// work calls until the round ends. What is under way then is finished.
func (r *round) work(round context.Context, rng *rand.Rand) {
	for round.Err() == nil {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		start := time.Now()
		u := &user{T: r.T, tally: &r.tally, kit: r.kit, client: r.client, parallel: 1 + rng.IntN(8), polls: 2 + rng.IntN(4), goesOn: r.fails}
		r.fails(calls[rng.IntN(len(calls))].do(u, ctx))
		if time.Since(start) > patience+time.Second {
			r.late.Add(1)
		}
		cancel()
	}
}

// fails counts an error, which must have a type. A watch goes on after it.
func (r *round) fails(err error) bool {
	if err == nil || errors.Is(err, errEnded) {
		return true
	}
	_, typed := confopenapi.MetaOf(err)
	if errors.Is(err, confopenapi.ErrIncomplete) {
		r.refused.Add(1)
		typed = true
	} else {
		r.failed.Add(1)
	}
	if !typed || strings.Contains(err.Error(), token) {
		r.untyped.Add(1)
		r.Errorf("got a %T, want an error with a type and without the token: %v", err, err)
	}
	return true
}

// attemptLog counts what the client logs of its attempts.
type attemptLog struct {
	slog.Handler
	*soak
}

func (attemptLog) Enabled(context.Context, slog.Level) bool { return true }

func (l attemptLog) Handle(_ context.Context, r slog.Record) error {
	l.attempts.Add(1)
	if r.Level >= slog.LevelWarn {
		l.badAttempts.Add(1)
	}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "retryIn" {
			l.retries.Add(1)
		}
		return true
	})
	return nil
}

// grouped is a number with commas.
func grouped(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

func (s *soak) String() string {
	n := func(v *atomic.Int64) string { return grouped(v.Load()) }
	sum := grouped(s.single.Load() + s.listings.Load() + s.snapshots.Load() + s.polled.Load())
	recall := float64(s.found.Load()) / float64(max(1, s.always.Load()))
	text := "| what | how much |\n|---|---|\n"
	for _, row := range [][]any{
		{"time", s.took.Round(time.Second)},
		{"services and clients, one after the other", s.rounds},
		{"calls", sum, ": ", n(&s.single), " of ListByStatus and Call, ", n(&s.listings), " of All, ", n(&s.snapshots), " of Snapshot, ", n(&s.polled), " polls of Watch"},
		{"attempts", n(&s.attempts), ", of which ", n(&s.badAttempts), " failed and ", n(&s.retries), " were repeated"},
		{"faults", n(&s.toxics), " toxics set, ", n(&s.proxiesKilled), " times toxiproxy killed, ", n(&s.injectedFaults), " bad responses of the service"},
		{"listings", n(&s.complete), " complete, ", n(&s.conditional), " conditional, ", n(&s.refused), " refused as incomplete"},
		{"calls without a result", n(&s.failed), ", all with an error of a type"},
		{"recall of complete and conditional listings", fmt.Sprintf("%.1f", recall), ": ", n(&s.found), " of ", n(&s.always), " conferences"},
		{"events of watches", n(&s.events), ", of which ", n(&s.provenEnded), " proven ends, ", n(&s.falseEnded), " of them false"},
		{"at the start", s.before},
		{"at the end", s.after},
	} {
		text += fmt.Sprintf("| %s | ", row[0])
		for _, part := range row[1:] {
			text += fmt.Sprint(part)
		}
		text += " |\n"
	}
	return text
}
