package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// limited is a service that serves so many requests in each second, and says what it did in each.
type limited struct {
	limit      int
	retryAfter string
	latency    time.Duration

	mu              sync.Mutex
	start           time.Time
	served, refused map[int]int // by second
}

func (l *limited) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(l.latency)
	l.mu.Lock()
	second := int(time.Since(l.start) / time.Second)
	serve := l.served[second] < l.limit
	if serve {
		l.served[second]++
	} else {
		l.refused[second]++
	}
	l.mu.Unlock()
	if serve {
		return says(200, `{"status":0,"result":{"totalCount":1,"confList":[{"eventId":7,"conferenceId":"7","startTime":7}]}}`)(req)
	}
	if l.retryAfter == "" {
		return says(429, "")(req)
	}
	return says(429, "", "Retry-After", l.retryAfter)(req)
}

func (l *limited) sums(from int) (served, refused int) {
	for second, n := range l.served {
		if second >= from {
			served += n
		}
	}
	for second, n := range l.refused {
		if second >= from {
			refused += n
		}
	}
	return served, refused
}

func clientOf(t *testing.T, transport http.RoundTripper, opts ...confopenapi.Option) *confopenapi.Client {
	t.Helper()
	opts = append([]confopenapi.Option{
		confopenapi.WithToken(mockToken), confopenapi.WithHTTPClient(&http.Client{Transport: transport}),
	}, opts...)
	client, err := confopenapi.NewClient(mockBase, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Nothing is lost at a service that refuses more than 20 requests a second, and few requests are refused.
func TestPacingLosesNothing(t *testing.T) {
	const listings = 100 // each is of one page
	for _, c := range []struct {
		name       string
		retryAfter string
		processes  int
	}{
		{"Retry-After", "1", 1},
		{"no Retry-After", "", 1},
		{"five processes", "1", 5},
		{"five processes, no Retry-After", "", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := &limited{limit: 20, retryAfter: c.retryAfter, latency: 20 * time.Millisecond, start: time.Now(), served: map[int]int{}, refused: map[int]int{}}
				var running sync.WaitGroup
				var lost atomic.Int64
				for range c.processes {
					client := clientOf(t, service)
					work := make(chan struct{}, listings)
					for range listings {
						work <- struct{}{}
					}
					close(work)
					for range 32 {
						running.Go(func() {
							for range work {
								if _, err := client.Snapshot(t.Context(), nil, nil); err != nil {
									lost.Add(1)
									t.Logf("a listing is lost: %v", err)
								}
							}
						})
					}
				}
				running.Wait()
				took := time.Since(service.start)
				if lost.Load() > 0 {
					t.Errorf("got %d listings lost of %d, want none", lost.Load(), listings*c.processes)
				}
				served, refused := service.sums(0)
				allowed := time.Duration(served) * time.Second / 20
				t.Logf("%d served, %d refused, %s of %s", served, refused, took, allowed)
				if c.processes == 1 && (refused > served/3 || took > 2*allowed+4*time.Second) {
					t.Errorf("got %d served and %d refused in %s; the limit allows %s", served, refused, took, allowed)
				}
				if served, refused := service.sums(5); refused > served/3 {
					t.Errorf("after five seconds: got %d refused beside %d served, want at most a third", refused, served)
				}
			})
		})
	}
}

// failing is a service that fails while broken says so.
type failing struct {
	broken  func(n int, since time.Duration) bool
	latency time.Duration
	start   time.Time

	mu   sync.Mutex
	n    int
	sent map[int]int // by second
	good map[int]int
}

func (f *failing) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(f.latency)
	f.mu.Lock()
	defer f.mu.Unlock()
	since := time.Since(f.start)
	f.n++
	f.sent[int(since/time.Second)]++
	if f.broken(f.n, since) {
		return says(503, "")(req)
	}
	f.good[int(since/time.Second)]++
	return says(200, emptyPage)(req)
}

// load has 50 loops call for so long, and returns what the service saw by the second.
func load(t *testing.T, broken func(int, time.Duration) bool, lasts time.Duration, opts ...confopenapi.Option) (sent, good map[int]int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		service := &failing{broken: broken, latency: 50 * time.Millisecond, start: time.Now(), sent: map[int]int{}, good: map[int]int{}}
		client := clientOf(t, service, opts...)
		ctx, cancel := context.WithTimeout(t.Context(), lasts)
		defer cancel()
		var running sync.WaitGroup
		for range 50 {
			running.Go(func() {
				for ctx.Err() == nil {
					_ = list(ctx, client)
				}
			})
		}
		running.Wait()
		sent, good = service.sent, service.good
	})
	return sent, good
}

func between(counts map[int]int, from, to int) (sum int) {
	for second := from; second < to; second++ {
		sum += counts[second]
	}
	return sum
}

func TestPacingInAnOutage(t *testing.T) {
	down := func(_ int, since time.Duration) bool { return since >= 5*time.Second && since < 40*time.Second }
	naked, _ := load(t, down, 40*time.Second, confopenapi.WithPacing(false), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
	sent, good := load(t, down, 49*time.Second, confopenapi.WithRetry(confopenapi.RetryPolicy{Budget: 100}))
	t.Logf("a second in the outage: %d without pacing, %.1f with; before %d, after it %v", between(naked, 15, 40)/25, float64(between(sent, 15, 40))/25, good[3], []int{good[40], good[41], good[42], good[43], good[44], good[45], good[46], good[47], good[48]})
	if got, most := between(sent, 15, 40), between(naked, 15, 40)/10; got > most || got == 0 {
		t.Errorf("from its tenth second on an outage gets %d requests, want at most a tenth of %d, and some", got, 10*most)
	}
	if got, want := good[47], good[3]*8/10; got < want {
		t.Errorf("eight seconds after the outage %d requests a second are served, want at least %d", got, want)
	}
}

func TestPacingWithSomeFailures(t *testing.T) {
	third := func(n int, _ time.Duration) bool { return n%10 < 3 }
	seconds := rounds(15, 60, 60)
	_, without := load(t, third, time.Duration(seconds)*time.Second, confopenapi.WithPacing(false))
	_, with := load(t, third, time.Duration(seconds)*time.Second)
	got, want := between(with, 0, seconds), between(without, 0, seconds)
	t.Logf("%d with pacing, %d without", got, want)
	if got*10 < want*9 {
		t.Errorf("got %d successes, want nine tenths of the %d without pacing", got, want)
	}
}

// A refusal in a business status makes all wait, as long as Retry-After asks.
func TestPacingAfterMappedStatus(t *testing.T) {
	busy := confopenapi.WithStatusErrors(map[int]error{1001: confopenapi.ErrRateLimited})
	for name, call := range map[string]func(context.Context, *confopenapi.Client) error{
		"ListByStatus": list,
		"Snapshot": func(ctx context.Context, c *confopenapi.Client) error {
			_, err := c.Snapshot(ctx, nil, nil)
			return err
		},
		"All": func(ctx context.Context, c *confopenapi.Client) error {
			for _, err := range c.Pager(nil, nil).All(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent []time.Duration
				start := time.Now()
				client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
					sent = append(sent, time.Since(start))
					if len(sent) == 1 {
						return says(200, `{"status":1001}`, "Retry-After", "2")(req)
					}
					return says(200, emptyPage)(req)
				}), busy)
				if err := call(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				if len(sent) < 2 || sent[1] < 2*time.Second {
					t.Errorf("requests were sent at %v, want none within 2 s of the refusal", sent)
				}
			})
		})
	}
}

// In an outage a call fails after MaxWait without having sent anything, and the error says so.
func TestPacingErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientOf(t, roundTripper(says(503, "")), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
		for range 60 {
			_ = list(t.Context(), client)
		}
		start := time.Now()
		var running sync.WaitGroup
		failures := make(chan error, 20)
		for range cap(failures) {
			running.Go(func() { failures <- list(t.Context(), client) })
		}
		running.Wait()
		if took := time.Since(start); took > 6*time.Second {
			t.Errorf("20 calls in an outage took %s, want MaxWait, 5 s, and little more", took)
		}
		close(failures)
		var unsent error
		for err := range failures {
			if !errors.As(err, new(*confopenapi.HTTPError)) {
				unsent = err
			}
		}
		failure := mustBe[*confopenapi.TransportError](t, unsent)
		want := "confopenapi: conference/listbystatus: nothing was sent: the service is failing; its turn did not come within 5s"
		if unsent.Error() != want || failure.Attempts != 0 || !errors.Is(unsent, confopenapi.ErrServer) || !confopenapi.IsRetryable(unsent) {
			t.Errorf("got %q, %d attempts, want %q, which is ErrServer and retryable", unsent, failure.Attempts, want)
		}
	})
}

// A waiter who is cancelled leaves at once, and his turn goes to the next.
func TestPacingCancelledWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			if sent++; sent == 1 {
				return says(429, "", "Retry-After", "20")(req)
			}
			return says(200, emptyPage)(req)
		}))
		go func() { _ = list(t.Context(), client) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := list(ctx, client)
		if took := time.Since(start); took > time.Second || err == nil {
			t.Errorf("the call took %s and ended with %v, want an error within its second", took, err)
		}
		err = list(t.Context(), client)
		if took := time.Since(start); err != nil || took < 20*time.Second || took > 24*time.Second {
			t.Errorf("got %v after %s, want success after the pause of 20 to 22 s", err, took)
		}
	})
}

// Clients of other token sources, and of other HTTP clients, are not held back.
func TestPacingIsPerTokenSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.Header.Get("Token") == mockToken {
				return says(429, "", "Retry-After", "20")(req)
			}
			return says(200, emptyPage)(req)
		})
		client := clientOf(t, transport, confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
		_ = list(t.Context(), client)
		start := time.Now()
		for name, opt := range map[string]confopenapi.Option{
			"WithToken":      confopenapi.WithToken("another-token"),
			"WithHTTPClient": confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(says(200, emptyPage))}),
			"WithPacing":     confopenapi.WithPacing(false),
		} {
			other, err := client.With(opt)
			if err != nil {
				t.Fatal(err)
			}
			if _ = list(t.Context(), other); time.Since(start) > 0 {
				t.Errorf("a client with %s waited %s after the other's refusal, want 0s", name, time.Since(start))
			}
		}
		same, err := client.With(confopenapi.WithUserAgent("batch"))
		if err != nil {
			t.Fatal(err)
		}
		if _ = list(t.Context(), same); time.Since(start) < 20*time.Second {
			t.Errorf("a relative waited %s after the refusal, want 20 s", time.Since(start))
		}
	})
}

// Many waiters cost little: the test takes seconds where a turn costs time that grows with their number.
func TestPacingManyWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			if first {
				first = false
				return says(429, "", "Retry-After", "2")(req)
			}
			return says(200, emptyPage)(req)
		}), confopenapi.WithTimeout(2500*time.Millisecond))
		go func() { _ = list(t.Context(), client) }()
		synctest.Wait()
		var running sync.WaitGroup
		for range rounds(500, 20_000, 20_000) {
			running.Go(func() { _ = list(t.Context(), client) })
		}
		running.Wait()
	})
}

func ExampleWithPacing() {
	client, err := confopenapi.NewClient("https://conf.example.com", confopenapi.WithToken("token"),
		confopenapi.WithPacing(false)) // a limiter of ours does it for all processes
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = client
	// Output:
}

// BenchmarkPacing reports what a call to a service that is well costs with pacing, as a ratio to what it costs without. Both take
// turns, and the ratio is the median of many.
func BenchmarkPacing(b *testing.B) {
	transport := confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(says(200, emptyPage))})
	time1000 := func(on bool) func() time.Duration {
		client, err := confopenapi.NewClient(mockBase, transport, confopenapi.WithPacing(on))
		if err != nil {
			b.Fatal(err)
		}
		return func() time.Duration {
			start := time.Now()
			for range 1000 {
				_ = list(b.Context(), client)
			}
			return time.Since(start)
		}
	}
	with, without := time1000(true), time1000(false)
	var ratios []float64
	for b.Loop() {
		on, off := with(), without()
		off += without()
		on += with()
		ratios = append(ratios, float64(on)/float64(off))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "with/without")
}

// A call whose time is used up by a limiter says so, and that nothing was sent.
func TestTimeoutNamesTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{}) // net/http goes on dialing for other calls
		defer close(over)
		for what, c := range map[string]struct {
			want string
			opt  confopenapi.Option
		}{
			"limiter": {"nothing was sent: context deadline exceeded: the call took longer than 1s; while waiting for the limiter", confopenapi.WithLimiter(stuckLimiter{})},
			"token": {"nothing was sent: context deadline exceeded: the call took longer than 1s; while fetching a token", confopenapi.WithTokenSource(
				confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
					<-ctx.Done()
					return confopenapi.Token{}, ctx.Err()
				}))},
			"connection": {"no response: context deadline exceeded: the call took longer than 1s; while waiting for a connection", confopenapi.WithHTTPClient(&http.Client{
				Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
					<-over
					return nil, errors.New("over")
				}},
			})},
			"response": {"no response: context deadline exceeded: the call took longer than 1s", confopenapi.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
				return roundTripper(func(req *http.Request) (*http.Response, error) {
					<-req.Context().Done()
					return nil, req.Context().Err()
				})
			})},
		} {
			client, err := confopenapi.NewClient(mockBase, confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(says(200, emptyPage))}),
				confopenapi.WithTimeout(time.Second), c.opt)
			if err != nil {
				t.Fatal(err)
			}
			err = list(t.Context(), client)
			if want := "confopenapi: conference/listbystatus: " + c.want; err == nil || err.Error() != want {
				t.Errorf("%s: got %v, want %s", what, err, want)
			}
		}
	})
}

type stuckLimiter struct{}

func (stuckLimiter) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A pause holds back also those who got their turn before it began, and wait for the limiter.
func TestPacingHoldsThoseAtTheLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var sent []time.Duration
		client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			sent = append(sent, time.Since(start))
			first := len(sent) == 1
			mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			if first {
				return says(429, "", "Retry-After", "20")(req)
			}
			return says(200, emptyPage)(req)
		}), confopenapi.WithLimiter(&spaced{gap: 50 * time.Millisecond}))
		inParallel(20, func() {
			if err := list(t.Context(), client); err != nil {
				t.Error(err)
			}
		})
		if sent[1] < 20*time.Second {
			t.Errorf("a request was sent after %s, want none within the 20 s that the service asked for", sent[1])
		}
	})
}

// spaced is a limiter with time between requests.
type spaced struct {
	gap  time.Duration
	mu   sync.Mutex
	next time.Time
}

func (l *spaced) Wait(ctx context.Context) error {
	l.mu.Lock()
	now := time.Now()
	wait := max(0, l.next.Sub(now))
	l.next = now.Add(wait + l.gap)
	l.mu.Unlock()
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Results that do not fit the type of a Call, or are too large, are no outage: the service works.
func TestPacingAfterResultsThatDoNotFit(t *testing.T) {
	for name, call := range map[string]func(context.Context, *confopenapi.Client) error{
		"misfit": func(ctx context.Context, c *confopenapi.Client) error {
			_, _, err := confopenapi.Call[int](ctx, c, "x/y", nil)
			return err
		},
		"too large": func(ctx context.Context, c *confopenapi.Client) error {
			return list(ctx, derive(t, c, confopenapi.WithMaxResponseBytes(10)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := clientOf(t, roundTripper(says(200, emptyPage)))
				for range 60 {
					if err := call(t.Context(), client); err == nil {
						t.Fatal("got no error")
					}
				}
				start := time.Now()
				if err := list(t.Context(), client); err != nil || time.Since(start) > 0 {
					t.Errorf("got %v after %s, want success at once", err, time.Since(start))
				}
			})
		})
	}
}

// With pacing, MaxAttempts refusals of a call are not counted while others are served: it waits for its turn again.
func TestPacedRefusalsAreNotCounted(t *testing.T) {
	for _, c := range []struct {
		maxAttempts int
		responses   string // their statuses; the last one for good
		pacing      bool
		served      bool // another call, just before
		want        int
	}{
		{4, "429", true, true, 8},
		{4, "429", true, false, 4},
		{4, "429", false, true, 4},
		{2, "429", true, true, 4},
		{1, "429", true, true, 1},
		{4, "503", true, true, 4},
		{4, "429 429 503", true, true, 6},
		{4, "503 503 503 429", true, true, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			served, sent, statuses := !c.served, 0, strings.Fields(c.responses)
			client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
				if !served {
					served = true
					return says(200, emptyPage)(req)
				}
				status, _ := strconv.Atoi(statuses[min(sent, len(statuses)-1)])
				sent++
				return says(status, "", "Retry-After", "1")(req)
			}), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: c.maxAttempts}), confopenapi.WithPacing(c.pacing))
			if c.served {
				_ = list(t.Context(), client)
			}
			err := list(t.Context(), client)
			if meta, _ := confopenapi.MetaOf(err); sent != c.want || meta.Attempts != sent {
				t.Errorf("MaxAttempts %d, pacing %t, others served %t, %s: got %d requests and %q, want %d", c.maxAttempts, c.pacing, c.served, c.responses, sent, err, c.want)
			}
		})
	}
}

// They take nothing from the budget either: the pacing already bounds what they cost the service.
func TestPacedRefusalsTakeNoBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statuses := []int{200, 429, 429, 429, 200}
		client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			status := statuses[0]
			statuses = statuses[1:]
			return says(status, emptyPage, "Retry-After", "1")(req)
		}), confopenapi.WithRetry(confopenapi.RetryPolicy{Budget: 1}))
		for i := range 2 {
			if err := list(t.Context(), client); err != nil {
				t.Errorf("call %d, with a budget of one retry: got %v, want success", i+1, err)
			}
		}
	})
}

// An outage holds back also those who wait for the limiter when it begins.
func TestOutageHoldsThoseAtTheLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, sent := time.Now(), 0
		client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			sent++
			return says(503, "")(req)
		}), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}), confopenapi.WithLimiter(&spaced{gap: 10 * time.Millisecond}))
		inParallel(500, func() { _ = list(t.Context(), client) })
		if took := time.Since(start); sent > 60 || took > 10*time.Second {
			t.Errorf("an outage got %d requests in %s, want the 50 that show it and few more", sent, took)
		}
	})
}

// A WithTimeout that is too short for the service does not slow down the relatives for which it works. A service that hangs
// is an outage.
func TestOutageByTimeouts(t *testing.T) {
	for _, c := range []struct {
		name     string
		hangs    bool
		from, to int // requests a second
	}{
		{"a service that works", false, 60, 150},
		{"a service that hangs", true, 0, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int64
				client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
					sent.Add(1)
					latency := 200 * time.Millisecond
					if c.hangs {
						latency = time.Hour
					}
					select {
					case <-time.After(latency):
						return says(200, emptyPage)(req)
					case <-req.Context().Done():
						return nil, req.Context().Err()
					}
				}))
				hasty := derive(t, client, confopenapi.WithTimeout(100*time.Millisecond))
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				var running sync.WaitGroup
				for i := range 11 {
					client := client
					if i > 0 {
						client = hasty
					}
					running.Go(func() {
						for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) { // a call without a turn fails at once
							_ = list(ctx, client)
						}
					})
				}
				time.Sleep(10 * time.Second)
				before := sent.Load()
				running.Wait()
				if got := int(sent.Load()-before) / 10; got < c.from || got > c.to {
					t.Errorf("got %d requests a second, want %d to %d", got, c.from, c.to)
				}
			})
		})
	}
}

// A response that refused a token counts when another token has come. By then the counts can be those of later seconds.
func TestOutageAfterSlowTokenFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := roundTripper(func(req *http.Request) (*http.Response, error) {
			switch req.Header.Get("Token") {
			case "1":
				return says(401, "")(req)
			case "2":
				return says(200, emptyPage)(req)
			}
			return says(503, "")(req)
		})
		fetches := 0
		source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			if fetches++; fetches == 2 {
				time.Sleep(11*time.Second + 500*time.Millisecond) // the counts have eleven seconds
			}
			return confopenapi.Token{Value: confopenapi.NewSecret(strconv.Itoa(fetches))}, nil
		})
		slow, err := confopenapi.NewClient(mockBase, confopenapi.WithHTTPClient(&http.Client{Transport: fails}), confopenapi.WithTokenSource(source))
		if err != nil {
			t.Fatal(err)
		}
		failing, err := slow.With(confopenapi.WithToken(mockToken), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = list(t.Context(), slow) }()
		time.Sleep(11 * time.Second)
		for range 49 {
			_ = list(t.Context(), failing)
		}
		time.Sleep(600 * time.Millisecond) // the token has come
		_ = list(t.Context(), failing)
		start := time.Now()
		if err := list(t.Context(), failing); err == nil || time.Since(start) == 0 {
			t.Errorf("got %v after %s, want a wait for the turn: 50 attempts failed", err, time.Since(start))
		}
	})
}
