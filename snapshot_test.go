package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// wire is a transport to a fake without a network, for the time of a synctest bubble.
type wire struct {
	handler http.Handler
	takes   time.Duration

	mu   sync.Mutex
	sent []time.Time // when each request was sent
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.sent = append(w.sent, time.Now())
	w.mu.Unlock()
	timer := time.NewTimer(w.takes)
	defer timer.Stop()
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case <-timer.C:
	}
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, req)
	resp := recorder.Result()
	resp.Request = req
	return resp, nil
}

// onWire is a client of a service whose requests take a second each.
func onWire(t *testing.T, service *confopenapitest.Server, opts ...confopenapi.Option) (*confopenapi.Client, *wire) {
	t.Helper()
	w := &wire{handler: service, takes: time.Second}
	client, err := confopenapi.NewClient("https://conf.example.com", append([]confopenapi.Option{
		confopenapi.WithToken(service.Token()), confopenapi.WithHTTPClient(&http.Client{Transport: w}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client, w
}

// serviceOf is liveList without a network.
func serviceOf(n int, opts ...confopenapitest.Option) *confopenapitest.Server {
	return confopenapitest.New(append(atRest(n), opts...)...)
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 19, 20, 45, 100, 101, 500, 1000} {
		srv := liveList(t, size)
		snap, err := srv.Client().Snapshot(t.Context(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(identities(srv.Live()), identities(snap.Conferences)); diff != "" {
			t.Errorf("%d conferences (-want +got)\n%s", size, diff)
		}
		r := snap.Report
		if got := fmt.Sprint(snap); got != r.String() {
			t.Errorf("the snapshot prints %q, want its report's line %q", got, r)
		}
		if r.Verdict != confopenapi.VerdictComplete || r.Received != size || r.TotalCount != size || r.Calls != srv.RequestCount() || r.Reason != "" {
			t.Errorf("%d conferences: got %v, want a complete report", size, r)
		}
	}
}

func TestParallel(t *testing.T) {
	for _, c := range []struct{ parallel, want int }{{0, 4}, {1, 1}, {8, 8}, {16, 16}} {
		synctest.Test(t, func(t *testing.T) {
			service := serviceOf(4000)
			client, w := onWire(t, service)
			start := time.Now()
			if _, err := client.Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Parallel: c.parallel}); err != nil {
				t.Fatal(err)
			}
			together := map[time.Time]int{}
			most := 0
			for _, at := range w.sent {
				together[at]++
				most = max(most, together[at])
			}
			if together[start] != 1 {
				t.Errorf("Parallel %d: got %d requests before the first response, want 1", c.parallel, together[start])
			}
			if most != c.want {
				t.Errorf("Parallel %d: got %d in flight, want %d", c.parallel, most, c.want)
			}
		})
	}
}

func TestOnProgress(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 1000)
	var received []int
	_, err := srv.Client().Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{OnProgress: func(n, total int) {
		if total != 1000 {
			t.Errorf("got a total of %d, want 1000", total)
		}
		received = append(received, n)
	}})
	if err != nil || len(received) != srv.RequestCount() || !slices.IsSorted(received) || received[len(received)-1] != 1000 {
		t.Errorf("got %v, %v, want rising counts up to 1000, one for each request", received, err)
	}
}

// After a 429, nothing is sent for as long as the service asks, and then the requests go one by one.
func TestSnapshotPausesOn429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(4000, confopenapitest.WithFaults(confopenapitest.Rule{
			Fault: confopenapitest.RetryAfter(429, "7"), Times: 1, When: confopenapitest.OnRequest(6),
		}))
		client, w := onWire(t, service)
		start := time.Now()
		snap, err := client.Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Parallel: 8})
		if err != nil || snap.Report.Verdict != confopenapi.VerdictComplete {
			t.Fatalf("got %v, %v, want a complete snapshot", snap, err)
		}
		if r := snap.Report; r.Stats.Pauses < 2 || r.Attempts != r.Calls+1 || r.Attempts != len(w.sent) {
			t.Errorf("got %d pauses, %d attempts of %d calls, want some pauses, and %d attempts, of which one was refused", r.Stats.Pauses, r.Attempts, r.Calls, len(w.sent))
		}
		waves := map[time.Duration]int{}
		for _, at := range w.sent {
			waves[at.Sub(start)]++
		}
		for at, n := range waves {
			refused := 2 * time.Second // when the refusal came
			if at > refused && at < refused+7*time.Second {
				t.Errorf("got %d requests after %s, in the pause; want none", n, at)
			}
			if at >= refused+7*time.Second && n > 1 {
				t.Errorf("got %d requests at once after the pause, at %s; want one by one", n, at)
			}
		}
		if waves[time.Second] != 8 {
			t.Errorf("got %d requests at once before the pause, want 8: the test shows nothing", waves[time.Second])
		}
	})
}

// A listing waits after a 429 as often and as long as the retry policy says.
func TestSnapshot429ForGood(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   confopenapitest.Fault
		policy  confopenapi.RetryPolicy
		most    time.Duration
		refused int
	}{
		{"the default", confopenapitest.Status(429), confopenapi.RetryPolicy{}, 10 * time.Second, 4},
		{"no retry", confopenapitest.Status(429), confopenapi.RetryPolicy{MaxAttempts: 1}, 2 * time.Second, 1},
		{"a wait that is too long", confopenapitest.RetryAfter(429, "31"), confopenapi.RetryPolicy{}, 2 * time.Second, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := serviceOf(1000, confopenapitest.WithFaults(confopenapitest.Rule{Fault: c.fault}))
				client, w := onWire(t, service, confopenapi.WithRetry(c.policy))
				start := time.Now()
				snap, err := client.Snapshot(t.Context(), nil, nil)
				if snap != nil || !errors.Is(err, confopenapi.ErrRateLimited) || len(w.sent) != c.refused || time.Since(start) > c.most {
					t.Errorf("got %v, %v after %s and %d requests, want ErrRateLimited after %d", snap, err, time.Since(start), len(w.sent), c.refused)
				}
			})
		})
	}
}

// A wait that would end after the deadline is not begun.
func TestSnapshot429BeforeDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(1000, confopenapitest.WithFaults(confopenapitest.Rule{
			Fault: confopenapitest.RetryAfter(429, "20"), When: confopenapitest.OnRequest(3),
		}))
		client, _ := onWire(t, service)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		snap, err := client.Snapshot(ctx, nil, nil)
		incomplete := mustBe[*confopenapi.IncompleteError](t, err)
		if snap == nil || !errors.Is(incomplete.Err, confopenapi.ErrRateLimited) || errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 3*time.Second {
			t.Errorf("got %v, %v after %s, want a snapshot and ErrRateLimited within 3s", snap, err, time.Since(start))
		}
	})
}

// A page that fails is read again once the others have come.
func TestSnapshotReadsFailedPageAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(1000, confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Status(400), When: confopenapitest.OnRequest(3)}))
		client, _ := onWire(t, service)
		snap, err := client.Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Parallel: 2})
		if err != nil || snap.Report.Verdict != confopenapi.VerdictComplete || len(snap.Conferences) != 1000 || snap.Report.Failed != 0 {
			t.Fatalf("got %v, %v, want all of 1,000 conferences, proven", snap, err)
		}
		asked := service.Requests()
		failed := asked[2]
		again := slices.IndexFunc(asked[3:], func(r confopenapitest.Request) bool {
			return r.List.Page == failed.List.Page && r.List.Count == failed.List.Count
		})
		if again < 6 {
			t.Errorf("%v was read again as request %d, want it after the others", failed.List, again+4)
		}
	})
}

func TestSnapshotRequire(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 1000, confopenapitest.WithOrder(confopenapitest.OrderShuffled))
	snap, err := srv.Client().Snapshot(t.Context(), nil, nil)
	incomplete := mustBe[*confopenapi.IncompleteError](t, err)
	if snap == nil || len(snap.Conferences) == 0 || incomplete.Report != snap.Report || snap.Report.Reason == "" || incomplete.Err != nil {
		t.Errorf("got %v, %v, want a snapshot, and the same report in the error", snap, err)
	}
	snap, err = srv.Client().Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Require: confopenapi.VerdictIncomplete})
	if err != nil || snap.Report.Verdict != confopenapi.VerdictIncomplete {
		t.Errorf("got %v, %v, want an incomplete snapshot without an error", snap, err)
	}
}

func TestSnapshotFirstPageError(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 10, confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Status(503)}))
	snap, err := srv.Client(quick).Snapshot(t.Context(), nil, nil)
	if snap != nil || errors.Is(err, confopenapi.ErrIncomplete) || !errors.Is(err, confopenapi.ErrServer) {
		t.Errorf("got %v, %v, want ErrServer alone", snap, err)
	}
}

// A listing ends at once when its context does, and returns the conferences listed so far.
func TestSnapshotContext(t *testing.T) {
	errWhy := errors.New("the shift is over")
	for _, after := range []time.Duration{0, 500 * time.Millisecond, 2500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := onWire(t, serviceOf(4000))
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(after, func() { cancel(errWhy) })
			start := time.Now()
			snap, err := client.Snapshot(ctx, nil, nil)
			if took := time.Since(start); took > after {
				t.Errorf("it ended %s after the context", took-after)
			}
			if !errors.Is(err, context.Canceled) || !errors.Is(err, errWhy) {
				t.Errorf("got %v, want the cancellation and its cause", err)
			}
			partly := after > time.Second
			if (snap != nil) != partly || errors.Is(err, confopenapi.ErrIncomplete) != partly {
				t.Errorf("cancelled after %s: got %v, %v, want a snapshot and ErrIncomplete: %t", after, snap, err, partly)
			}
			if _, server := errors.AsType[*confopenapi.HTTPError](err); server || errors.Is(err, confopenapi.ErrServer) {
				t.Errorf("got %v, want no error of the service", err)
			}
		})
	}
}

func TestSnapshotBadArguments(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 10)
	client := srv.Client()
	var none *confopenapi.Client
	var never context.Context
	for _, c := range []struct {
		field  string
		ctx    context.Context
		client *confopenapi.Client
		req    *confopenapi.ListByStatusRequest
		opts   confopenapi.SnapshotOptions
	}{
		{"client", t.Context(), none, nil, confopenapi.SnapshotOptions{}},
		{"ctx", never, client, nil, confopenapi.SnapshotOptions{}},
		{"Page", t.Context(), client, &confopenapi.ListByStatusRequest{Page: 2}, confopenapi.SnapshotOptions{}},
		{"AdminUserID", t.Context(), client, &confopenapi.ListByStatusRequest{AdminUserID: -2}, confopenapi.SnapshotOptions{}},
		{"PageSize", t.Context(), client, nil, confopenapi.SnapshotOptions{PageSize: -1}},
		{"Parallel", t.Context(), client, nil, confopenapi.SnapshotOptions{Parallel: -1}},
		{"Parallel", t.Context(), client, nil, confopenapi.SnapshotOptions{Parallel: 17}},
		{"Require", t.Context(), client, nil, confopenapi.SnapshotOptions{Require: 9}},
	} {
		snap, err := c.client.Snapshot(c.ctx, c.req, &c.opts)
		if bad := mustBe[*confopenapi.RequestError](t, err); bad.Field != c.field || snap != nil {
			t.Errorf("got %v, %v, want a *RequestError of %s", snap, err, c.field)
		}
	}
	if n := srv.RequestCount(); n != 0 {
		t.Errorf("got %d requests, want 0", n)
	}
}

func TestSnapshotJSON(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 45)
	snap, err := srv.Client().Snapshot(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(snap)
	if err != nil {
		t.Fatal(err)
	}
	var back confopenapi.Snapshot
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(snap.Conferences, back.Conferences, cmp.AllowUnexported(confopenapi.Secret{})); diff != "" {
		t.Errorf("conferences after JSON (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(snap.Report, back.Report); diff != "" {
		t.Errorf("report after JSON (-want +got)\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"report":{"verdict":"perfect"}}`), &back); err == nil {
		t.Error("got no error of a verdict that does not exist")
	}
}

// All and Snapshot report the same reason.
func TestReportReasonFailed(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]confopenapitest.Fault{
		"a page without a response":  confopenapitest.Status(503),
		"too many requests for good": confopenapitest.Status(429),
		"a page that is refused":     confopenapitest.BusinessStatus(4711, "null"),
	} {
		for _, whole := range wholeLists {
			t.Run(name+"/"+whole.name, func(t *testing.T) {
				t.Parallel()
				srv := liveList(t, 1000)
				srv.Inject(confopenapitest.Rule{Fault: fault, When: func(r confopenapitest.Request) bool { return r.List.Page > 2 }})
				_, report, err := whole.read(t.Context(), srv.Client(quick, confopenapi.WithPacing(false)), nil)
				if !errors.Is(err, confopenapi.ErrIncomplete) || report.Reason != confopenapi.ReasonFailed || report.Failed == 0 {
					t.Errorf("got %v, %v, want ErrIncomplete because a request failed", report, err)
				}
			})
		}
	}
}

func TestReportReasonAssumesOrder(t *testing.T) {
	t.Parallel()
	arbitrary := confopenapitest.Conferences(400, 1)
	tied := confopenapitest.Conferences(400, 1) // by fifties, in no order among themselves
	for i := range tied {
		tied[i].StartTime = confopenapi.UnixTime(1793610000 - 60*int64(i/50))
		tied[i].EventID = int64(1165158 + i*7919%400)
		tied[i].ConferenceID = fmt.Sprint(1 + i*6007%400)
	}
	for name, service := range map[string][]confopenapitest.Option{
		"no known key": {confopenapitest.WithConferences(arbitrary...), confopenapitest.WithOrder(confopenapitest.OrderArbitrary)},
		"ties":         {confopenapitest.WithConferences(tied...), confopenapitest.WithOrder(confopenapitest.OrderGiven)},
	} {
		srv := confopenapitest.NewServer(t, append(service, confopenapitest.WithMaxCount(100))...)
		for _, whole := range wholeLists {
			_, report, err := whole.read(t.Context(), srv.Client(), nil)
			if err != nil || report.Verdict != confopenapi.VerdictConditional || report.Reason != confopenapi.ReasonAssumesOrder {
				t.Errorf("%s, %s: got %v, %v, want Conditional: assumes-order", name, whole.name, report, err)
			}
		}
	}
}

// A panic of the transport reaches the caller's goroutine. A transport that ends its goroutine is an error.
func TestListingPanic(t *testing.T) {
	t.Parallel()
	for _, whole := range wholeLists {
		t.Run(whole.name, func(t *testing.T) {
			t.Parallel()
			over := func(f func()) *confopenapi.Client {
				return overTransport(t, roundTripper(func(*http.Request) (*http.Response, error) { f(); return nil, errors.ErrUnsupported }), quick)
			}
			func() {
				defer func() {
					if got := recover(); got != "in a middleware" {
						t.Errorf("recovered %v, want the panic of the middleware", got)
					}
				}()
				_, _, err := whole.read(t.Context(), over(func() { panic("in a middleware") }), nil)
				t.Errorf("got %v, want a panic", err)
			}()
			if _, _, err := whole.read(t.Context(), over(runtime.Goexit), nil); err == nil {
				t.Error("got no error after a goroutine that ended")
			}
		})
	}
}

// More conferences than the limit end a snapshot, which then has as many as the limit.
func TestSnapshotLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit, want int
	}{{0, 1000}, {-1, 1000}, {1000, 1000}, {999, 999}, {150, 150}, {1, 1}} {
		srv := liveList(t, 1000)
		snap, err := srv.Client().Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{PageSize: 100, Limit: c.limit})
		if c.want == 1000 {
			if err != nil || len(snap.Conferences) != 1000 {
				t.Errorf("limit %d: got %v, %v, want all 1,000", c.limit, snap, err)
			}
			continue
		}
		incomplete := mustBe[*confopenapi.IncompleteError](t, err)
		if len(snap.Conferences) != c.want || incomplete.Report.Reason != confopenapi.ReasonLimit || confopenapi.IsRetryable(err) {
			t.Errorf("limit %d: got %d conferences and %v, want %d and ReasonLimit, not retryable", c.limit, len(snap.Conferences), err, c.want)
		}
	}
}
