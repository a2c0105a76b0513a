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

// wire carries requests to a fake without a network, so that they take the time of a synctest bubble.
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
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, req)
	resp := answer.Result()
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

// serviceOf has n conferences at rest, at most a hundred a page.
func serviceOf(n int, opts ...confopenapitest.Option) *confopenapitest.Server {
	return confopenapitest.New(append([]confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(n, 1)...), confopenapitest.WithMaxCount(100),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
	}, opts...)...)
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
			t.Errorf("%d:\n%s", size, diff)
		}
		r := snap.Report
		if r.Verdict != confopenapi.VerdictComplete || r.Received != size || r.TotalCount != size || r.Calls != srv.RequestCount() || r.Reason != "" {
			t.Errorf("%d: %+v", size, r)
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
				t.Errorf("%d requests before the first answer", together[start])
			}
			if most != c.want {
				t.Errorf("Parallel %d: %d in flight", c.parallel, most)
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
			t.Errorf("total %d", total)
		}
		received = append(received, n)
	}})
	if err != nil || len(received) != srv.RequestCount() || !slices.IsSorted(received) || received[len(received)-1] != 1000 {
		t.Errorf("%v, %v", received, err)
	}
}

// A refusal for too many requests holds everything up for as long as the server asks. Then the requests go one by one.
func TestSnapshotPausesOn429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(4000, confopenapitest.WithFaults(confopenapitest.Rule{
			Fault: confopenapitest.RetryAfter(429, "7"), Times: 1, When: confopenapitest.OnRequest(6),
		}))
		client, w := onWire(t, service)
		start := time.Now()
		snap, err := client.Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Parallel: 8})
		if err != nil || snap.Report.Verdict != confopenapi.VerdictComplete {
			t.Fatal(snap, err)
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
				t.Errorf("%d requests at %s, in the pause", n, at)
			}
			if at >= refused+7*time.Second && n > 1 {
				t.Errorf("%d requests at %s, after the pause", n, at)
			}
		}
		if waves[time.Second] != 8 {
			t.Errorf("%v: this test shows nothing", waves)
		}
	})
}

// How often and how long a listing waits is the retry policy's matter.
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
					t.Errorf("%v, %v after %s, %d requests", snap, err, time.Since(start), len(w.sent))
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
			t.Errorf("%v, %v after %s", snap, err, time.Since(start))
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
			t.Fatal(snap, err)
		}
		asked := service.Requests()
		failed := asked[2]
		again := slices.IndexFunc(asked[3:], func(r confopenapitest.Request) bool {
			return r.List.Page == failed.List.Page && r.List.Count == failed.List.Count
		})
		if again < 6 {
			t.Errorf("%v was asked for again as number %d", failed.List, again+4)
		}
	})
}

func TestSnapshotRequire(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 1000, confopenapitest.WithOrder(confopenapitest.OrderShuffled))
	snap, err := srv.Client().Snapshot(t.Context(), nil, nil)
	incomplete := mustBe[*confopenapi.IncompleteError](t, err)
	if snap == nil || len(snap.Conferences) == 0 || incomplete.Report != snap.Report || snap.Report.Reason == "" || incomplete.Err != nil {
		t.Errorf("%v, %v", snap, err)
	}
	snap, err = srv.Client().Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Require: confopenapi.VerdictIncomplete})
	if err != nil || snap.Report.Verdict != confopenapi.VerdictIncomplete {
		t.Errorf("%v, %v", snap, err)
	}
}

func TestSnapshotFirstPageError(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 10, confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Status(503)}))
	snap, err := srv.Client(quick).Snapshot(t.Context(), nil, nil)
	if snap != nil || errors.Is(err, confopenapi.ErrIncomplete) || !errors.Is(err, confopenapi.ErrServer) {
		t.Errorf("%v, %v", snap, err)
	}
}

// A context that ends is obeyed at once, whatever the server does, and what came is given back.
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
				t.Errorf("it took %s longer", took-after)
			}
			if !errors.Is(err, context.Canceled) || !errors.Is(err, errWhy) {
				t.Errorf("%v does not tell why", err)
			}
			partly := after > time.Second
			if (snap != nil) != partly || errors.Is(err, confopenapi.ErrIncomplete) != partly {
				t.Errorf("after %s: %v, %v", after, snap, err)
			}
			if _, server := errors.AsType[*confopenapi.HTTPError](err); server || errors.Is(err, confopenapi.ErrServer) {
				t.Errorf("the server is blamed: %v", err)
			}
		})
	}
}

func TestSnapshotBadArguments(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 10)
	client := srv.Client()
	var nobody *confopenapi.Client
	var never context.Context
	for _, c := range []struct {
		field  string
		ctx    context.Context
		client *confopenapi.Client
		req    *confopenapi.ListByStatusRequest
		opts   confopenapi.SnapshotOptions
	}{
		{"client", t.Context(), nobody, nil, confopenapi.SnapshotOptions{}},
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
			t.Errorf("%v, %v, want %s", snap, err, c.field)
		}
	}
	if n := srv.RequestCount(); n != 0 {
		t.Errorf("%d requests were sent", n)
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
		t.Error(diff)
	}
	if diff := cmp.Diff(snap.Report, back.Report); diff != "" {
		t.Error(diff)
	}
	if err := json.Unmarshal([]byte(`{"report":{"verdict":"perfect"}}`), &back); err == nil {
		t.Error("there is no such verdict")
	}
}

// All and Snapshot name the same reason, which is what went wrong and not what follows from it.
func TestReportReasonFailed(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]confopenapitest.Fault{
		"a page that is never answered": confopenapitest.Status(503),
		"too many requests for good":    confopenapitest.Status(429),
		"a page that is refused":        confopenapitest.BusinessStatus(4711, "null"),
	} {
		for _, whole := range wholeLists {
			t.Run(name+"/"+whole.name, func(t *testing.T) {
				t.Parallel()
				srv := liveList(t, 1000)
				srv.Inject(confopenapitest.Rule{Fault: fault, When: func(r confopenapitest.Request) bool { return r.List.Page > 2 }})
				_, report, err := whole.read(t.Context(), srv.Client(quick), nil)
				if !errors.Is(err, confopenapi.ErrIncomplete) || report.Reason != confopenapi.ReasonFailed || report.Failed == 0 {
					t.Errorf("%+v, %v", report, err)
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

// What panics under a listing comes to the goroutine that lists, as it does under a call, and what ends its goroutine ends
// the request.
func TestListingPanic(t *testing.T) {
	t.Parallel()
	for _, whole := range wholeLists {
		t.Run(whole.name, func(t *testing.T) {
			t.Parallel()
			over := func(f func()) *confopenapi.Client {
				client, err := confopenapi.NewClient(mockBase, quick, confopenapi.WithHTTPClient(&http.Client{
					Transport: roundTripper(func(*http.Request) (*http.Response, error) { f(); return nil, errors.ErrUnsupported }),
				}))
				if err != nil {
					t.Fatal(err)
				}
				return client
			}
			func() {
				defer func() {
					if got := recover(); got != "in a middleware" {
						t.Errorf("recovered %v", got)
					}
				}()
				_, _, err := whole.read(t.Context(), over(func() { panic("in a middleware") }), nil)
				t.Error(err)
			}()
			if _, _, err := whole.read(t.Context(), over(runtime.Goexit), nil); err == nil {
				t.Error("no error")
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
