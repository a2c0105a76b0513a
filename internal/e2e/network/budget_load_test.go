package network_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

const (
	withoutBudget = -1
	responseTime  = 20 * time.Millisecond
)

func title(budget int) string {
	switch budget {
	case withoutBudget:
		return "without a budget"
	case 0:
		return "with the default"
	}
	return fmt.Sprint("with a budget of ", budget)
}

// load is what a client does to a service in memory that responds within responseTime, and the results of its calls.
type load struct {
	client                             *confopenapi.Client
	attempts, calls, succeeded, denied atomic.Int64 // denied by the budget
}

func newLoad(t *testing.T, policy confopenapi.RetryPolicy, fails func() bool) *load {
	t.Helper()
	l := new(load)
	transport := func(req *http.Request) (*http.Response, error) {
		l.attempts.Add(1)
		time.Sleep(responseTime)
		if fails() {
			return says(req, 503, ""), nil
		}
		return says(req, 200, emptyPage), nil
	}
	var err error
	l.client, err = confopenapi.NewClient(base, confopenapi.WithRetry(policy), confopenapi.WithPacing(false),
		confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(transport)}))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *load) call(ctx context.Context) {
	err := list(ctx, l.client)
	l.calls.Add(1)
	switch {
	case err == nil:
		l.succeeded.Add(1)
	case strings.Contains(err.Error(), exhausted):
		l.denied.Add(1)
	}
}

// loop has callers call one after another, each with a pause after each call, until more is false.
func (l *load) loop(ctx context.Context, callers int, pause time.Duration, more func() bool) {
	inParallel(callers, func() {
		for more() {
			l.call(ctx)
			time.Sleep(pause)
		}
	})
}

// arrive has calls come evenly, whatever becomes of those before them.
func (l *load) arrive(ctx context.Context, calls int, within time.Duration) {
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() {
			time.Sleep(within * time.Duration(i) / time.Duration(calls))
			l.call(ctx)
		})
	}
	all.Wait()
}

// perCall is how many attempts a call took.
func (l *load) perCall() float64 { return float64(l.attempts.Load()) / float64(l.calls.Load()) }

// share is how many of the calls succeeded.
func (l *load) share() float64 { return float64(l.succeeded.Load()) / float64(l.calls.Load()) }

func (l *load) String() string {
	return fmt.Sprintf("%d calls, %d attempts, %.3f a call, %.2f %% succeeded, %d ended by the budget",
		l.calls.Load(), l.attempts.Load(), l.perCall(), 100*l.share(), l.denied.Load())
}

// Callers that wait for each call make more calls when calls fail sooner, so what a budget spares the service as a whole
// shows best in calls that come whatever became of earlier ones.
func TestAnOutageIsNotMultiplied(t *testing.T) {
	t.Parallel()
	for name, work := range map[string]func(context.Context, *load){
		"100 callers with pauses of 100 ms": func(ctx context.Context, l *load) {
			end := time.Now().Add(time.Minute)
			l.loop(ctx, 100, 100*time.Millisecond, func() bool { return time.Now().Before(end) })
		},
		"300 calls a second": func(ctx context.Context, l *load) { l.arrive(ctx, 60*300, time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := func(budget int) (perCall float64) {
				synctest.Test(t, func(t *testing.T) {
					up := new(atomic.Bool)
					l := newLoad(t, confopenapi.RetryPolicy{Budget: budget}, func() bool { return !up.Load() })
					work(t.Context(), l)
					t.Logf("a minute of 503, %s: %v", title(budget), l)
					if perCall = l.perCall(); budget != withoutBudget {
						recovers(t, l.client, up)
					}
				})
				return perCall
			}
			without, with := run(withoutBudget), run(0)
			t.Logf("attempts a call: %.3f without a budget, %.3f with the default", without, with)
			if without != 4 || with > 1.2 {
				t.Error("want 4, and at most 1.2")
			}
		})
	}
}

// recovers fails unless a client whose budget is exhausted works with the service as soon as that does, is good for a
// retry after three responses, and for all 3,000 after 9,000.
func recovers(t *testing.T, client *confopenapi.Client, up *atomic.Bool) {
	t.Helper()
	succeed := func(calls int) {
		up.Store(true)
		defer up.Store(false)
		start := time.Now()
		for range calls {
			if err := list(t.Context(), client); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != time.Duration(calls)*responseTime {
			t.Errorf("%d calls that succeed took %s", calls, took)
		}
	}
	wantTries(t, client, 1, true)
	succeed(3)
	wantTries(t, client, 2, true)
	succeed(9000)
	for range 1000 {
		wantTries(t, client, 4, false)
	}
	wantTries(t, client, 1, true)
}

// Three responses give a retry back, so a service that fails a fifth of all attempts never exhausts even a tenth of the
// default budget.
func TestBudgetLastsWhenAFifthFails(t *testing.T) {
	t.Parallel()
	for maxAttempts, least := range map[int]float64{
		4: .995, // 0.9984 is expected, since four attempts in a row fail
		5: .999, // 0.9997
	} {
		t.Run(fmt.Sprint("20 % fail, attempts ", maxAttempts), func(t *testing.T) {
			t.Parallel()
			for _, budget := range []int{withoutBudget, 0, 300} {
				synctest.Test(t, func(t *testing.T) {
					l := newLoad(t, confopenapi.RetryPolicy{MaxAttempts: maxAttempts, Budget: budget},
						func() bool { return rand.Float64() < .2 })
					var left atomic.Int64
					left.Store(10_000)
					l.loop(t.Context(), 50, 100*time.Millisecond, func() bool { return left.Add(-1) >= 0 })
					t.Logf("%s: %v", title(budget), l)
					if l.denied.Load() > 0 || l.share() < least {
						t.Error("the budget costs calls")
					}
				})
			}
		})
	}
}

func TestBurstDuringShortOutage(t *testing.T) {
	t.Parallel()
	for name, within := range map[string]time.Duration{"at once": 0, "all through the outage": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, budget := range []int{withoutBudget, 0} {
				synctest.Test(t, func(t *testing.T) {
					end := time.Now().Add(time.Second)
					l := newLoad(t, confopenapi.RetryPolicy{Budget: budget}, func() bool { return time.Now().Before(end) })
					l.arrive(t.Context(), 1000, within)
					t.Logf("%s: %v", title(budget), l)
					if l.denied.Load() > 0 || l.share() < .95 {
						t.Error("the budget costs calls")
					}
				})
			}
		})
	}
}
