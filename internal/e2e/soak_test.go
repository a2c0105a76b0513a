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

// soak is what a soak has come to.
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
	proxies, err := startProxies()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { proxies.kill() }()
	s.round(t, &proxies, roundTime/4) // in which buffers, pools and tables come to their size
	*s = soak{before: measure(t)}
	start := time.Now()
	for time.Since(start) < *soakTime && !t.Failed() {
		s.round(t, &proxies, min(roundTime, *soakTime-time.Since(start)))
		s.rounds++
	}
	s.took = time.Since(start)
	s.after = settle(t, s.before)
	t.Log(s)
	s.check(t)
	record.soak = s.String()
}

// round lets workers call through changing toxics for a while.
func (s *soak) round(t *testing.T, p **proxies, length time.Duration) {
	t.Helper()
	seed := uint64(s.rounds)
	kit, err := confopenapitest.Start(confopenapitest.WithToken(token), confopenapitest.WithRequestLog(100_000),
		confopenapitest.WithConferences(confopenapitest.Conferences(soakListed, seed)...),
		confopenapitest.WithOrder(soakOrders[s.rounds%len(soakOrders)]),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: seed, Rate: 1, Resume: .1, Restart: .1}),
		confopenapitest.WithFaults(
			confopenapitest.Rule{Fault: confopenapitest.Status(503), Probability: .02, Seed: seed},
			confopenapitest.Rule{Fault: confopenapitest.RetryAfter(429, "1"), Probability: .003, Seed: seed + 1},
			confopenapitest.Rule{Fault: confopenapitest.Truncate(), Probability: .01, Seed: seed + 2},
			confopenapitest.Rule{Fault: confopenapitest.Reset(), Probability: .01, Seed: seed + 3},
			confopenapitest.Rule{Fault: confopenapitest.FaultNamed("stale connection"), Probability: .02, Seed: seed + 4},
			confopenapitest.Rule{Fault: confopenapitest.HTML(502), Probability: .01, Seed: seed + 5},
			confopenapitest.Rule{Fault: confopenapitest.FaultNamed("gzip"), Probability: .1, Seed: seed + 6},
		))
	if err != nil {
		t.Fatal(err)
	}
	r := &round{T: t, soak: s, kit: kit, rng: rand.New(rand.NewPCG(seed, 1))}
	defer r.end()
	r.client = kit.Client(confopenapi.WithMiddleware(r.route), confopenapi.WithLogger(slog.New(attemptLog{s})),
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
		if request.Fault != "" && !strings.HasPrefix(request.Fault, "Gzip") {
			r.injectedFaults.Add(1)
		}
	}
	if err := r.kit.Close(); err != nil {
		r.Error(err)
	}
}

// change changes the weather: mostly to one or two toxics, sometimes to none, and rarely toxiproxy dies and is replaced.
func (r *round) change(p **proxies) {
	var with []toxic
	switch n := r.rng.IntN(40); {
	case n == 0:
		(*p).kill()
		r.proxiesKilled.Add(1)
		next, err := startProxies()
		if err != nil {
			r.Error(err)
			return
		}
		*p = next
	case n < 12:
	case n < 32:
		with = []toxic{anyToxic(r.rng)}
	default:
		with = []toxic{anyToxic(r.rng), anyToxic(r.rng)}
	}
	host, err := (*p).change(strings.TrimPrefix(r.kit.URL, "http://"), with...)
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

// fails books an error, which must be of a type. A watch goes on after it.
func (r *round) fails(err error) bool {
	if err == nil || errors.Is(err, errEnded) {
		return true
	}
	if errors.Is(err, confopenapi.ErrIncomplete) {
		r.refused.Add(1)
	} else {
		r.failed.Add(1)
	}
	_, answered := confopenapi.MetaOf(err)
	if !answered && !errors.Is(err, confopenapi.ErrIncomplete) || strings.Contains(err.Error(), token) {
		r.untyped.Add(1)
		r.Errorf("%T: %v", err, err)
	}
	return true
}

// attemptLog counts what the client logs of its attempts.
type attemptLog struct{ *soak }

func (attemptLog) Enabled(context.Context, slog.Level) bool { return true }
func (l attemptLog) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l attemptLog) WithGroup(string) slog.Handler          { return l }

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

// recall is the share of what proven results must have that they have.
func (s *soak) recall() float64 { return float64(s.found.Load()) / float64(max(1, s.always.Load())) }

func (s *soak) check(t *testing.T) {
	t.Helper()
	if s.recall() != 1 || s.falseEnded.Load() != 0 || s.untyped.Load() != 0 || s.late.Load() != 0 {
		t.Error("a promise is broken")
	}
	if s.complete.Load() == 0 || s.provenEnded.Load() == 0 || s.retries.Load() == 0 || s.toxics.Load() == 0 {
		t.Error("this soak shows nothing")
	}
	s.after.check(t, s.before)
}

func (s *soak) String() string {
	n := func(v *atomic.Int64) string { return grouped(v.Load()) }
	rows := [][2]string{
		{"time", s.took.Round(time.Second).String()},
		{"services and clients, one after the other", fmt.Sprint(s.rounds)},
		{"calls", fmt.Sprintf("%s: %s of ListByStatus and Call, %s of All, %s of Snapshot, %s polls of Watch",
			grouped(s.single.Load()+s.listings.Load()+s.snapshots.Load()+s.polled.Load()), n(&s.single), n(&s.listings), n(&s.snapshots), n(&s.polled))},
		{"attempts", fmt.Sprintf("%s, of which %s failed and %s were repeated", n(&s.attempts), n(&s.badAttempts), n(&s.retries))},
		{"faults", fmt.Sprintf("%s toxics set, %s times toxiproxy killed, %s bad answers of the service", n(&s.toxics), n(&s.proxiesKilled), n(&s.injectedFaults))},
		{"listings", fmt.Sprintf("%s complete, %s conditional, %s refused as incomplete", n(&s.complete), n(&s.conditional), n(&s.refused))},
		{"calls without a result", n(&s.failed) + ", all with an error of a type"},
		{"recall of complete and conditional listings", fmt.Sprintf("%.1f: %s of %s conferences", s.recall(), n(&s.found), n(&s.always))},
		{"events of watches", fmt.Sprintf("%s, of which %s proven ends, %s of them false", n(&s.events), n(&s.provenEnded), n(&s.falseEnded))},
		{"at the start", s.before.String()},
		{"at the end", s.after.String()},
	}
	var b strings.Builder
	b.WriteString("| what | how much |\n|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	return b.String()
}
