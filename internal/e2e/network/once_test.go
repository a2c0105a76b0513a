package network_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"

	"github.com/confopenapi/confopenapi-go"
)

// lostConnections are the faults of any protocol.
func lostConnections() (faults []fault) {
	for _, how := range []ending{closed, reset} {
		name := "connection " + [...]string{closed: "closed", reset: "reset"}[how]
		faults = append(faults,
			fault{name: name + " before the request is whole", early: true, ending: how},
			fault{name: name + " before the response", ending: how},
			fault{name: name + " in the response's head", sent: halfHead, ending: how},
			fault{name: name + " after the response's head", sent: head, ending: how},
			fault{name: name + " in the response's body", sent: halfBody, ending: how})
	}
	return faults
}

func http2Faults() []fault {
	faults := lostConnections()
	rst := func(code http2.ErrCode) playFrames {
		return func(framer *http2.Framer, stream uint32) error { return framer.WriteRSTStream(stream, code) }
	}
	for code := http2.ErrCodeNo; code <= http2.ErrCodeHTTP11Required; code++ {
		faults = append(faults,
			fault{name: fmt.Sprint("RST_STREAM ", code), frames: rst(code), unacted: code == http2.ErrCodeRefusedStream},
			fault{name: fmt.Sprint("RST_STREAM ", code, " after the response's head"), sent: head, frames: rst(code)})
	}
	faults = append(faults, fault{
		name: "RST_STREAM REFUSED_STREAM before the request is whole", early: true, frames: rst(http2.ErrCodeRefusedStream), unacted: true,
	})
	for _, code := range []http2.ErrCode{http2.ErrCodeNo, http2.ErrCodeInternal, http2.ErrCodeEnhanceYourCalm} {
		goAway := func(last func(stream uint32) uint32) playFrames {
			return func(framer *http2.Framer, stream uint32) error { return framer.WriteGoAway(last(stream), code, nil) }
		}
		below := goAway(func(stream uint32) uint32 { return stream - 1 }) // a client's streams have odd numbers
		same := goAway(func(stream uint32) uint32 { return stream })
		highest := goAway(func(uint32) uint32 { return math.MaxInt32 })
		name := fmt.Sprint("GOAWAY ", code)
		faults = append(faults,
			fault{name: name + " below the stream, before the request is whole", early: true, frames: below, unacted: true},
			fault{name: name + " below the stream", frames: below, unacted: true},
			fault{name: name + " below the stream, connection closed", frames: below, ending: closed, unacted: true},
			fault{name: name + " below the stream, after the response's head", sent: head, frames: below},
			fault{name: name + " of the stream, connection closed", frames: same, ending: closed},
			fault{name: name + " of the stream, connection reset in the body", sent: halfBody, frames: same, ending: reset},
			fault{name: name + " of any stream, connection closed", frames: highest, ending: closed})
	}
	return faults
}

// calls are what a client can ask for, and whether that may be repeated.
var calls = []struct {
	name       string
	repeatable bool
	do         func(context.Context, *confopenapi.Client) (confopenapi.Meta, error)
}{
	{"Call", false, func(ctx context.Context, client *confopenapi.Client) (confopenapi.Meta, error) {
		return post(ctx, client)
	}},
	{"Call Idempotent", true, func(ctx context.Context, client *confopenapi.Client) (confopenapi.Meta, error) {
		return post(ctx, client, confopenapi.Idempotent())
	}},
	{"ListByStatus", true, func(ctx context.Context, client *confopenapi.Client) (confopenapi.Meta, error) {
		page, err := client.ListByStatus(ctx, nil)
		if err != nil {
			meta, _ := confopenapi.MetaOf(err)
			return meta, err
		}
		return page.Meta, nil
	}},
}

func post(ctx context.Context, client *confopenapi.Client, opts ...confopenapi.CallOption) (confopenapi.Meta, error) {
	_, meta, err := confopenapi.Call[json.RawMessage](ctx, client, "conference/create", nil, opts...)
	return meta, err
}

// TestRequestsOfACall counts what reaches a service that fails, in every way and with every kind of call. With -v it prints the
// requests with MaxAttempts 1, with MaxAttempts 4, and with 4 if only the first attempt fails.
func TestRequestsOfACall(t *testing.T) {
	t.Parallel()
	type row struct {
		protocol string
		fault    fault
		cells    []string
		reused   int
	}
	var rows []*row
	for protocol, faults := range map[string][]fault{
		plainHTTP1: lostConnections(), tlsHTTP1: lostConnections(), tlsHTTP2: http2Faults(),
	} {
		for _, f := range faults {
			rows = append(rows, &row{protocol: protocol, fault: f})
		}
	}
	slices.SortStableFunc(rows, func(a, b *row) int { return cmp.Compare(a.protocol, b.protocol) })
	t.Run("", func(t *testing.T) {
		for _, r := range rows {
			t.Run(r.protocol+"/"+r.fault.name, func(t *testing.T) {
				t.Parallel()
				for _, call := range calls {
					cells := ""
					for _, reused := range []bool{false, true} {
						for _, e := range []experiment{{attempts: 1}, {attempts: 4}, {attempts: 4, firstOnly: true}} {
							e.protocol, e.fault, e.reused, e.repeatable = r.protocol, r.fault, reused, call.repeatable
							got, w := e.run(t, call.do)
							if diff := gocmp.Diff(e.want(), got); diff != "" {
								t.Errorf("%s, MaxAttempts %d, reused connection %t, first attempt only %t: (-want +got)\n%s",
									call.name, e.attempts, reused, e.firstOnly, diff)
							}
							if !reused {
								cells += fmt.Sprintf("%2d", got.Requests)
							}
							r.reused += int(w.reused.Load())
						}
					}
					r.cells = append(r.cells, cells)
				}
			})
		}
	})
	reused, table := 0, new(strings.Builder)
	for _, r := range rows {
		fmt.Fprintf(table, "\n%-14s %-72s %s", r.protocol, r.fault.name, strings.Join(r.cells, "   "))
		reused += r.reused
	}
	t.Logf("Requests of a Call, of one that is Idempotent, and of ListByStatus:%s", table)
	if least := len(rows) * 9 * 9 / 10; reused < least {
		t.Errorf("%d faults on a reused connection, want at least %d", reused, least)
	}
}

// experiment is one call to a service that has a fault.
type experiment struct {
	protocol   string
	fault      fault
	reused     bool // the connection has served before
	repeatable bool // the call
	attempts   int  // MaxAttempts
	firstOnly  bool // later attempts find the service well
}

// outcome is what a service saw of a call, and what the caller saw.
type outcome struct {
	Requests  int64 // whose head came
	Whole     int64 // that came to their end
	Attempts  int   // reported
	Succeeded bool
	Retryable bool // as IsRetryable says of the error
}

// want is the rule: what may have been acted on is repeated only if that does no harm.
func (e experiment) want() outcome {
	retryable := e.repeatable || e.fault.unacted
	attempts := 1
	switch {
	case retryable && e.firstOnly:
		attempts = min(2, e.attempts)
	case retryable:
		attempts = e.attempts
	}
	succeeded := e.firstOnly && attempts > 1
	whole := attempts
	switch {
	case e.fault.early && succeeded:
		whole = 1
	case e.fault.early:
		whole = 0
	}
	return outcome{int64(attempts), int64(whole), attempts, succeeded, retryable && !succeeded}
}

func (e experiment) run(t *testing.T, do func(context.Context, *confopenapi.Client) (confopenapi.Meta, error)) (outcome, *wire) {
	t.Helper()
	first := int64(1)
	if e.reused {
		first++
	}
	w := newWire(t, e.protocol, e.fault, func(request int64, _ bool) bool {
		return request == first || request > first && !e.firstOnly
	})
	client, err := confopenapi.NewClient(w.url, confopenapi.WithHTTPClient(w.client), confopenapi.WithMiddleware(anew(t)),
		confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: e.attempts, MinWait: time.Nanosecond, MaxWait: time.Nanosecond}))
	if err != nil {
		t.Fatal(err)
	}
	if e.reused {
		if err := list(t.Context(), client); err != nil {
			t.Fatal(err)
		}
	}
	meta, err := do(t.Context(), client)
	got := outcome{
		Requests: w.requests.Load() - first + 1, Whole: w.whole.Load() - first + 1,
		Attempts: meta.Attempts, Succeeded: err == nil, Retryable: confopenapi.IsRetryable(err),
	}
	if err != nil {
		if failed := mustBe[*confopenapi.TransportError](t, err); failed.Attempts != meta.Attempts {
			t.Errorf("%d attempts in the error, %d in its Meta", failed.Attempts, meta.Attempts)
		}
	}
	return got, w
}

// anew makes requests that net/http takes for ones that it may repeat: with a body to read again, and a key.
func anew(t *testing.T) func(http.RoundTripper) http.RoundTripper {
	t.Helper()
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(old *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(old.Body)
			if err != nil {
				return nil, err
			}
			req, err := http.NewRequestWithContext(old.Context(), old.Method, old.URL.String(), bytes.NewReader(body))
			if err != nil {
				return nil, err
			}
			req.Header = old.Header
			req.Header.Set("Idempotency-Key", "4711")
			if req.GetBody == nil {
				t.Error("the request has no GetBody")
			}
			return next.RoundTrip(req)
		})
	}
}

// What a first service took must not be sent again because a second one did nothing.
func TestFailoverMiddleware(t *testing.T) {
	t.Parallel()
	always := func(int64, bool) bool { return true }
	refusal := fault{unacted: true, frames: func(framer *http2.Framer, stream uint32) error {
		return framer.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
	}}
	for name, second := range map[string]*wire{
		"the second cannot be dialled":        {url: unused(t), client: &http.Client{Transport: new(http.Transport)}},
		"the second says that it did nothing": newWire(t, tlsHTTP2, refusal, always),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := newWire(t, plainHTTP1, fault{ending: reset}, always)
			failover := func(next http.RoundTripper) http.RoundTripper {
				return roundTripper(func(req *http.Request) (*http.Response, error) {
					body, err := io.ReadAll(req.Body)
					if err != nil {
						return nil, err
					}
					req.Body = io.NopCloser(bytes.NewReader(body))
					if resp, err := next.RoundTrip(req); err == nil {
						return resp, nil
					}
					again := req.Clone(req.Context())
					again.Body = io.NopCloser(bytes.NewReader(body))
					if again.URL, err = again.URL.Parse(second.url + req.URL.Path); err != nil {
						return nil, err
					}
					again.Host = again.URL.Host
					return second.client.Transport.RoundTrip(again)
				})
			}
			client, err := confopenapi.NewClient(first.url, quick, confopenapi.WithHTTPClient(first.client), confopenapi.WithMiddleware(failover))
			if err != nil {
				t.Fatal(err)
			}
			meta, err := post(t.Context(), client)
			if got := first.whole.Load(); got != 1 || meta.Attempts != 1 || confopenapi.IsRetryable(err) {
				t.Errorf("%d requests at the first service, %d attempts, retryable %t: %v", got, meta.Attempts, confopenapi.IsRetryable(err), err)
			}
		})
	}
}

// unused is the address of nothing.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return "http://" + listener.Addr().String()
}

// Fifty connections are idle when the service stops serving them: it still reads a request, and hangs up.
func TestStaleIdleConnections(t *testing.T) {
	t.Parallel()
	const idle = 50
	for attempts, succeeds := range map[int]bool{1: false, 4: true} {
		t.Run(fmt.Sprint("MaxAttempts ", attempts), func(t *testing.T) {
			t.Parallel()
			w := newWire(t, plainHTTP1, fault{ending: closed}, func(_ int64, served bool) bool { return served })
			w.beforeResponse = newBarrier(idle).wait
			client, err := confopenapi.NewClient(w.url, confopenapi.WithRetry(
				confopenapi.RetryPolicy{MaxAttempts: attempts, MinWait: time.Nanosecond, MaxWait: time.Nanosecond}))
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			inParallel(idle, func() {
				if err := list(t.Context(), client); err != nil {
					t.Error(err)
				}
			})
			w.beforeResponse = func() {}
			w.requests.Store(0)
			meta, err := calls[2].do(t.Context(), client)
			if got := w.requests.Load(); got != int64(meta.Attempts) || meta.Attempts > min(3, attempts) || (err == nil) != succeeds {
				t.Errorf("%d requests, %d attempts: %v", got, meta.Attempts, err)
			}
		})
	}
}

// Each reset costs a connection. Idle ones are closed after two in a call, which is rare: connections do not grow.
func TestConnectionsUnderResets(t *testing.T) {
	t.Parallel()
	const inFlight, calls = 8, 1000
	w := newWire(t, plainHTTP1, fault{ending: reset}, func(int64, bool) bool { return rand.N(10) == 0 })
	most := new(atomic.Int64)
	w.beforeResponse = func() {
		for open := w.conns.open.Load(); ; {
			if old := most.Load(); open <= old || most.CompareAndSwap(old, open) {
				return
			}
		}
	}
	client, err := confopenapi.NewClient(w.url, quick)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	var left, failed atomic.Int64
	left.Store(calls)
	inParallel(inFlight, func() {
		for left.Add(-1) >= 0 {
			if list(t.Context(), client) != nil {
				failed.Add(1)
			}
		}
	})
	opened, resets := w.conns.opened.Load(), w.faults.Load()
	t.Logf("%d requests, %d resets, %d connections opened, %d at once, %d calls failed", w.requests.Load(), resets, opened, most.Load(), failed.Load())
	if most.Load() > 4*inFlight || opened > 2*(inFlight+resets) {
		t.Errorf("%d connections opened for %d resets, %d at once with %d calls in flight", opened, resets, most.Load(), inFlight)
	}
}
