package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/google/go-cmp/cmp"
)

type observedBy struct{}

// diary keeps what an Observer sees, a line each, with the context's trail.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(ctx context.Context, format string, args ...any) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	trail, _ := ctx.Value(observedBy{}).(string)
	d.lines = append(d.lines, trail+fmt.Sprintf(format, args...))
	return ctx
}

func (d *diary) observer(name string) confopenapi.Observer {
	down := func(ctx context.Context, step string) context.Context {
		trail, _ := ctx.Value(observedBy{}).(string)
		return context.WithValue(ctx, observedBy{}, trail+name+step+"/")
	}
	return confopenapi.Observer{
		StartCall: func(ctx context.Context, i confopenapi.CallInfo) context.Context {
			return down(d.write(ctx, "call %s", i.Operation), "call")
		},
		StartAttempt: func(ctx context.Context, i confopenapi.AttemptInfo) context.Context {
			return down(d.write(ctx, "attempt %d", i.Number), fmt.Sprint(i.Number))
		},
		EndAttempt: func(ctx context.Context, i confopenapi.AttemptInfo) {
			d.write(ctx, "attempt %d: HTTP %d %q %v in %s, retry %t in %s", i.Number, i.HTTPStatus, i.Kind, i.Err != nil, i.Elapsed, i.Retry, i.RetryIn.Round(time.Second))
		},
		EndCall: func(ctx context.Context, i confopenapi.CallInfo) {
			d.write(ctx, "call: %d attempts, %q %v in %s, %s", i.Attempts, i.Kind, i.Err != nil, i.Elapsed.Round(time.Second), i.RequestID)
		},
	}
}

func TestObserverSeesCallAndAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		n := 0
		client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			d.write(req.Context(), "sent")
			time.Sleep(time.Second)
			if n++; n == 1 {
				return says(503, "", "Retry-After", "3")(req)
			}
			return says(200, `{"status":0,"request_id":"r-2","result":{"totalCount":0,"confList":[]}}`)(req)
		}), confopenapi.WithObserver(d.observer("a")))
		if err := list(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"call conference/listbystatus",
			"acall/attempt 1",
			"acall/a1/sent",
			`acall/a1/attempt 1: HTTP 503 "http" true in 1s, retry true in 3s`,
			"acall/attempt 2",
			"acall/a2/sent",
			`acall/a2/attempt 2: HTTP 200 "" false in 1s, retry false in 0s`,
			`acall/call: 2 attempts, "" false in 5s, r-2`,
		}
		if diff := cmp.Diff(want, d.lines); diff != "" {
			t.Errorf("what the observer saw (-want +got):\n%s", diff)
		}
	})
}

// Observers nest: the first begins first and ends last.
func TestObserversNest(t *testing.T) {
	t.Parallel()
	var d diary
	client := clientOf(t, roundTripper(says(200, emptyPage)), confopenapi.WithObserver(d.observer("a")), confopenapi.WithObserver(d.observer("b")))
	if err := list(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	d.lines = slices.DeleteFunc(d.lines, func(line string) bool {
		return strings.Contains(line, "attempt 1: ") || strings.Contains(line, "call: ")
	})
	want := []string{
		"call conference/listbystatus", "acall/call conference/listbystatus",
		"acall/bcall/attempt 1", "acall/bcall/a1/attempt 1",
	}
	if diff := cmp.Diff(want, d.lines); diff != "" {
		t.Errorf("what the observers saw (-want +got):\n%s", diff)
	}
	other, err := client.With(confopenapi.WithObserver(confopenapi.Observer{}))
	if err != nil {
		t.Fatal(err)
	}
	d.lines = nil
	if err := list(t.Context(), other); err != nil || len(d.lines) != 8 {
		t.Errorf("got %q, %v, want the eight lines of the two observers also of a derived client with an empty one", d.lines, err)
	}
}

// Each kind of error has its own word, also where nothing was sent.
func TestObserverKinds(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, c := range []struct {
		kind      string
		ctx       context.Context
		transport http.RoundTripper
		opts      []confopenapi.Option
		req       *confopenapi.ListByStatusRequest
		attempts  int
	}{
		{kind: "", transport: roundTripper(says(200, emptyPage)), attempts: 1},
		{kind: "http", transport: roundTripper(says(404, "")), attempts: 1},
		{kind: "status", transport: roundTripper(says(200, `{"status":7}`)), attempts: 1},
		{kind: "decode", transport: roundTripper(says(200, `[]`)), attempts: 1},
		{kind: "transport", transport: roundTripper(breaks(errors.New("broken pipe"))), attempts: 1},
		{kind: "canceled", ctx: cancelled, transport: roundTripper(says(200, emptyPage))},
		{kind: "timeout", ctx: late, transport: roundTripper(says(200, emptyPage))},
		{kind: "limiter", transport: roundTripper(says(200, emptyPage)), opts: []confopenapi.Option{confopenapi.WithLimiter(noLimit{errors.New("no")})}},
		{kind: "token", transport: roundTripper(says(200, emptyPage)), opts: []confopenapi.Option{confopenapi.WithTokenSource(
			confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) { return confopenapi.Token{}, errors.New("no") }))}},
	} {
		var calls []confopenapi.CallInfo
		var attempts []confopenapi.AttemptInfo
		opts := []confopenapi.Option{
			confopenapi.WithHTTPClient(&http.Client{Transport: c.transport}),
			confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}),
			confopenapi.WithObserver(confopenapi.Observer{
				EndCall:    func(_ context.Context, i confopenapi.CallInfo) { calls = append(calls, i) },
				EndAttempt: func(_ context.Context, i confopenapi.AttemptInfo) { attempts = append(attempts, i) },
			}),
		}
		client, err := confopenapi.NewClient(mockBase, append(opts, c.opts...)...)
		if err != nil {
			t.Fatal(err)
		}
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		err = list(c.ctx, client)
		if len(calls) != 1 || calls[0].Kind != c.kind || calls[0].Err != err || calls[0].Attempts != c.attempts || len(attempts) != c.attempts {
			t.Errorf("%q: got calls %+v and attempts %+v for %v", c.kind, calls, attempts, err)
		}
		if len(attempts) > 0 && attempts[0].Kind != c.kind {
			t.Errorf("got kind %q of the attempt, want %q", attempts[0].Kind, c.kind)
		}
	}
}

type noLimit struct{ err error }

func (l noLimit) Wait(context.Context) error { return l.err }

// Waits for the limiter and for a turn are seen apart, and are not in Elapsed.
func TestObserverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []confopenapi.AttemptInfo
		n := 0
		client := clientOf(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return says(429, "", "Retry-After", "3")(req)
			}
			return says(200, emptyPage)(req)
		}), confopenapi.WithLimiter(slowLimiter(time.Second)), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}),
			confopenapi.WithObserver(confopenapi.Observer{EndAttempt: func(_ context.Context, i confopenapi.AttemptInfo) { attempts = append(attempts, i) }}))
		_ = list(t.Context(), client)
		_ = list(t.Context(), client)
		if len(attempts) != 2 || attempts[0].PacingWait != 0 || attempts[1].PacingWait < 3*time.Second || attempts[1].PacingWait > 3300*time.Millisecond ||
			attempts[1].LimiterWait != time.Second || attempts[1].Elapsed != 0 {
			t.Errorf("got %+v, want a wait of 3 to 3.3 s for the turn and of 1 s for the limiter before the second attempt", attempts)
		}
	})
}

type slowLimiter time.Duration

func (l slowLimiter) Wait(context.Context) error {
	time.Sleep(time.Duration(l))
	return nil
}

// EndCall is called also where a panic ends the call, and says so.
func TestObserverEndsCallAfterPanic(t *testing.T) {
	t.Parallel()
	panics := func(*http.Request) (*http.Response, error) { panic("transport") }
	var kind string
	client := clientOf(t, roundTripper(panics), confopenapi.WithObserver(confopenapi.Observer{
		EndCall: func(_ context.Context, i confopenapi.CallInfo) { kind = fmt.Sprint(i.Kind, ": ", i.Err) },
	}))
	defer func() {
		if p := recover(); p != "transport" {
			t.Errorf("got panic %v, want the transport's", p)
		}
		if want := "panic: confopenapi: a panic ended the call"; kind != want {
			t.Errorf("EndCall: got %q, want %q", kind, want)
		}
	}()
	_ = list(t.Context(), client)
}

// A panic of an observer reaches its caller, and leaves the client as it was.
func TestObserverPanics(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]confopenapi.Observer{
		"StartCall":    {StartCall: func(context.Context, confopenapi.CallInfo) context.Context { panic("observer") }},
		"StartAttempt": {StartAttempt: func(context.Context, confopenapi.AttemptInfo) context.Context { panic("observer") }},
		"EndAttempt":   {EndAttempt: func(context.Context, confopenapi.AttemptInfo) { panic("observer") }},
		"EndCall":      {EndCall: func(context.Context, confopenapi.CallInfo) { panic("observer") }},
	} {
		client := clientOf(t, roundTripper(says(200, emptyPage)))
		bad, err := client.With(confopenapi.WithObserver(o))
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if p := recover(); p != "observer" {
					t.Errorf("%s: got panic %v, want the observer's", name, p)
				}
			}()
			_ = list(t.Context(), bad)
		}()
		if err := list(t.Context(), client); err != nil {
			t.Errorf("%s: after the panic a relative fails: %v", name, err)
		}
	}
}
