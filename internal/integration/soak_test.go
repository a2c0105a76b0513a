//go:build linux

package integration_test

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
	season      = 8 * time.Second        // of one service and one client
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
	seasons                         int
	took                            time.Duration
	before, after                   level
}

// year is one service with its client, and the toxics before it.
type year struct {
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
	s.season(t, &proxies, season/4) // in which buffers, pools and tables come to their size
	*s = soak{before: measure(t)}
	start := time.Now()
	for time.Since(start) < *soakTime && !t.Failed() {
		s.season(t, &proxies, min(season, *soakTime-time.Since(start)))
		s.seasons++
	}
	s.took = time.Since(start)
	s.after = settle(t, s.before)
	t.Log(s)
	s.check(t)
	record.soak = s.String()
}

// season lets workers call through changing toxics for a while.
func (s *soak) season(t *testing.T, p **proxies, length time.Duration) {
	seed := uint64(s.seasons)
	kit, err := confopenapitest.Start(confopenapitest.WithToken(token), confopenapitest.WithRequestLog(100_000),
		confopenapitest.WithConferences(confopenapitest.Conferences(soakListed, seed)...),
		confopenapitest.WithOrder(soakOrders[s.seasons%len(soakOrders)]),
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
	y := &year{T: t, soak: s, kit: kit, rng: rand.New(rand.NewPCG(seed, 1))}
	defer y.end()
	y.client = kit.Client(confopenapi.WithMiddleware(y.route), confopenapi.WithLogger(slog.New(attemptLog{s})),
		confopenapi.WithAttemptTimeout(time.Second),
		confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Millisecond, MaxWait: 100 * time.Millisecond}))
	y.change(p)
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var workers sync.WaitGroup
	for i := range soakWorkers {
		workers.Go(func() { y.work(ctx, rand.New(rand.NewPCG(seed, uint64(i)+2))) })
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(weather/2 + rand.N(weather)):
			y.change(p)
		}
	}
	workers.Wait()
}

func (y *year) end() {
	y.client.CloseIdleConnections()
	for _, request := range y.kit.Requests() {
		if request.Fault != "" && !strings.HasPrefix(request.Fault, "Gzip") {
			y.injected.Add(1)
		}
	}
	if err := y.kit.Close(); err != nil {
		y.Error(err)
	}
}

// change changes the weather: mostly to one or two toxics, sometimes to none, and rarely toxiproxy dies and is replaced.
func (y *year) change(p **proxies) {
	var with []toxic
	switch n := y.rng.IntN(40); {
	case n == 0:
		(*p).kill()
		y.proxies.Add(1)
		next, err := startProxies()
		if err != nil {
			y.Error(err)
			return
		}
		*p = next
	case n < 12:
	case n < 32:
		with = []toxic{anyToxic(y.rng)}
	default:
		with = []toxic{anyToxic(y.rng), anyToxic(y.rng)}
	}
	host, err := (*p).change(strings.TrimPrefix(y.kit.URL, "http://"), with...)
	if err != nil {
		y.Error(err)
		return
	}
	y.toxics.Add(int64(len(with)))
	y.host.Store(&host)
}

// route sends a request to the present proxy.
func (y *year) route(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.URL.Host = *y.host.Load()
		return next.RoundTrip(req)
	})
}

// work calls until the season ends. What is under way then is finished.
func (y *year) work(season context.Context, rng *rand.Rand) {
	for season.Err() == nil {
		ctx, cancel := context.WithTimeout(y.Context(), patience)
		start := time.Now()
		switch rng.IntN(5) {
		case 0:
			y.list(ctx)
		case 1:
			y.call(ctx)
		case 2:
			y.all(ctx)
		case 3:
			y.snapshot(ctx, 1+rng.IntN(8))
		case 4:
			y.watch(ctx, 2+rng.IntN(4))
		}
		if time.Since(start) > patience+time.Second {
			y.late.Add(1)
		}
		cancel()
	}
}

func (y *year) list(ctx context.Context) {
	y.calls.Add(1)
	y.single.Add(1)
	page, err := y.client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: 1, Count: pageSize})
	if err != nil {
		y.fails(err)
	} else if len(page.Conferences) != pageSize {
		y.Errorf("a page of %d", len(page.Conferences))
	}
}

func (y *year) call(ctx context.Context) {
	y.calls.Add(1)
	y.single.Add(1)
	_, _, err := confopenapi.Call[*confopenapi.ConfList](ctx, y.client, "confopenapi/conference/listbystatus",
		map[string]int{"page": 1, "count": pageSize})
	y.fails(err)
}

func (y *year) all(ctx context.Context) {
	y.calls.Add(1)
	y.listings.Add(1)
	first := y.kit.RequestCount() + 1
	var found []confopenapi.Conference
	var report confopenapi.Report
	pager := y.client.Pager(nil, &confopenapi.PagerOptions{PageSize: pageSize, OnReport: func(r confopenapi.Report) { report = r }})
	for c, err := range pager.All(ctx) {
		if err != nil {
			y.fails(err)
			return
		}
		found = append(found, c)
	}
	y.judge(report, first, found)
}

func (y *year) snapshot(ctx context.Context, parallel int) {
	y.calls.Add(1)
	y.snapshots.Add(1)
	first := y.kit.RequestCount() + 1
	snap, err := y.client.Snapshot(ctx, nil, &confopenapi.SnapshotOptions{PageSize: pageSize, Parallel: parallel})
	if err != nil {
		y.fails(err)
		return
	}
	y.judge(snap.Report, first, snap.Conferences)
}

// judge compares a listing that is said to lack nothing with what the service knows.
func (y *year) judge(report confopenapi.Report, first int, found []confopenapi.Conference) {
	if report.Verdict == confopenapi.VerdictComplete {
		y.complete.Add(1)
	} else {
		y.conditional.Add(1)
	}
	truth := y.kit.Truth(first, 0)
	y.always.Add(int64(len(truth.Always)))
	y.found.Add(int64(len(truth.Always) - len(truth.Lost(found))))
	if err := truth.Check(found); err != nil {
		y.Errorf("%v: %v", report, err)
	}
}

// watch polls so often, and compares what is said to have ended for sure.
func (y *year) watch(ctx context.Context, polls int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first := y.kit.RequestCount() + 1
	left := polls
	done := func(r confopenapi.Report) error {
		y.calls.Add(1)
		y.polls.Add(1)
		first = y.kit.RequestCount() + 1
		switch r.Verdict {
		case confopenapi.VerdictComplete:
			y.complete.Add(1)
		case confopenapi.VerdictConditional:
			y.conditional.Add(1)
		}
		if left--; left == 0 {
			cancel()
		}
		return nil
	}
	options := &confopenapi.WatchOptions{Interval: 1, Snapshot: confopenapi.SnapshotOptions{PageSize: pageSize}, OnPoll: done}
	for event, err := range y.client.Watch(ctx, nil, options) {
		if err != nil {
			y.fails(err)
			continue
		}
		y.events.Add(1)
		if event.Kind != confopenapi.EventEnded || !event.Proven {
			continue
		}
		y.provenEnded.Add(1)
		if y.kit.Truth(first, 0).Always[event.Conference.Identity()] {
			y.falseEnded.Add(1)
			y.Errorf("%v was there all the time", event)
		}
	}
}

// fails books an error, which must be of a type.
func (y *year) fails(err error) {
	if err == nil {
		return
	}
	if errors.Is(err, confopenapi.ErrIncomplete) {
		y.refused.Add(1)
	} else {
		y.failed.Add(1)
	}
	_, answered := confopenapi.MetaOf(err)
	if !answered && !errors.Is(err, confopenapi.ErrIncomplete) || strings.Contains(err.Error(), token) {
		y.untyped.Add(1)
		y.Errorf("%T: %v", err, err)
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
		{"services and clients, one after the other", fmt.Sprint(s.seasons)},
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
