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
	calls, single                   atomic.Int64 // ListByStatus and Call
	listings, snapshots, polls      atomic.Int64
	complete, conditional, refused  atomic.Int64 // listings by what they were worth
	failed                          atomic.Int64 // calls without a result
	attempts, badAttempts, retries  atomic.Int64
	toxics, proxies, injected       atomic.Int64 // faults: toxics set, processes of toxiproxy killed, answers of the service
	events, provenEnded, falseEnded atomic.Int64
	always, found                   atomic.Int64 // conferences that proven results must have, and those that they have
	untyped, late                   atomic.Int64
	rounds                          int
	took                            time.Duration
	before, after                   level
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
	confopenapitest.OrderStartDown, confopenapitest.OrderGiven, confopenapitest.OrderEventUp, confopenapitest.OrderArbitrary,
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
			confopenapitest.Rule{Fault: confopenapitest.StaleConnection(), Probability: .02, Seed: seed + 4},
			confopenapitest.Rule{Fault: confopenapitest.HTML(502), Probability: .01, Seed: seed + 5},
			confopenapitest.Rule{Fault: confopenapitest.Gzip(), Probability: .1, Seed: seed + 6},
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
			r.injected.Add(1)
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
		r.proxies.Add(1)
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
		switch rng.IntN(5) {
		case 0:
			r.list(ctx)
		case 1:
			r.call(ctx)
		case 2:
			r.all(ctx)
		case 3:
			r.snapshot(ctx, 1+rng.IntN(8))
		case 4:
			r.watch(ctx, 2+rng.IntN(4))
		}
		if time.Since(start) > patience+time.Second {
			r.late.Add(1)
		}
		cancel()
	}
}

func (r *round) list(ctx context.Context) {
	r.calls.Add(1)
	r.single.Add(1)
	page, err := r.client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: 1, Count: pageSize})
	if err != nil {
		r.fails(err)
	} else if len(page.Conferences) != pageSize {
		r.Errorf("a page of %d", len(page.Conferences))
	}
}

func (r *round) call(ctx context.Context) {
	r.calls.Add(1)
	r.single.Add(1)
	_, _, err := confopenapi.Call[*confopenapi.ConfList](ctx, r.client, "confopenapi/conference/listbystatus",
		map[string]int{"page": 1, "count": pageSize})
	r.fails(err)
}

func (r *round) all(ctx context.Context) {
	r.calls.Add(1)
	r.listings.Add(1)
	first := r.kit.RequestCount() + 1
	var found []confopenapi.Conference
	var report confopenapi.Report
	pager := r.client.Pager(nil, &confopenapi.PagerOptions{PageSize: pageSize, OnReport: func(of confopenapi.Report) { report = of }})
	for c, err := range pager.All(ctx) {
		if err != nil {
			r.fails(err)
			return
		}
		found = append(found, c)
	}
	r.judge(report, first, found)
}

func (r *round) snapshot(ctx context.Context, parallel int) {
	r.calls.Add(1)
	r.snapshots.Add(1)
	first := r.kit.RequestCount() + 1
	snap, err := r.client.Snapshot(ctx, nil, &confopenapi.SnapshotOptions{PageSize: pageSize, Parallel: parallel})
	if err != nil {
		r.fails(err)
		return
	}
	r.judge(snap.Report, first, snap.Conferences)
}

// judge compares a listing that is said to lack nothing with what the service knows.
func (r *round) judge(report confopenapi.Report, first int, found []confopenapi.Conference) {
	if report.Verdict == confopenapi.VerdictComplete {
		r.complete.Add(1)
	} else {
		r.conditional.Add(1)
	}
	truth := r.kit.Truth(first, 0)
	r.always.Add(int64(len(truth.Always)))
	r.found.Add(int64(len(truth.Always) - len(truth.Lost(found))))
	if err := truth.Check(found); err != nil {
		r.Errorf("%v: %v", report, err)
	}
}

// watch polls so often, and compares what is said to have ended for sure.
func (r *round) watch(ctx context.Context, polls int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first := r.kit.RequestCount() + 1
	left := polls
	done := func(report confopenapi.Report) error {
		r.calls.Add(1)
		r.polls.Add(1)
		first = r.kit.RequestCount() + 1
		switch report.Verdict {
		case confopenapi.VerdictComplete:
			r.complete.Add(1)
		case confopenapi.VerdictConditional:
			r.conditional.Add(1)
		}
		if left--; left == 0 {
			cancel()
		}
		return nil
	}
	options := &confopenapi.WatchOptions{Interval: 1, Snapshot: confopenapi.SnapshotOptions{PageSize: pageSize}, OnPoll: done}
	for event, err := range r.client.Watch(ctx, nil, options) {
		if err != nil {
			r.fails(err)
			continue
		}
		r.events.Add(1)
		if event.Kind != confopenapi.EventEnded || !event.Proven {
			continue
		}
		r.provenEnded.Add(1)
		if r.kit.Truth(first, 0).Always[event.Conference.Identity()] {
			r.falseEnded.Add(1)
			r.Errorf("%v was there all the time", event)
		}
	}
}

// fails books an error, which must be of a type.
func (r *round) fails(err error) {
	if err == nil {
		return
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
func (s *soak) recall() float64 {
	if s.always.Load() == 0 {
		return 0
	}
	return float64(s.found.Load()) / float64(s.always.Load())
}

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
		{"calls", fmt.Sprintf("%s: %s of ListByStatus and Call, %s of All, %s of Snapshot, %s polls of Watch", n(&s.calls), n(&s.single), n(&s.listings), n(&s.snapshots), n(&s.polls))},
		{"attempts", fmt.Sprintf("%s, of which %s failed and %s were repeated", n(&s.attempts), n(&s.badAttempts), n(&s.retries))},
		{"faults", fmt.Sprintf("%s toxics set, %s times toxiproxy killed, %s bad answers of the service", n(&s.toxics), n(&s.proxies), n(&s.injected))},
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
