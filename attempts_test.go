package confopenapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// budgetOf is quick with a budget of n retries.
func budgetOf(n int) confopenapi.Option {
	return confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond, Budget: n})
}

const exhausted = "client-side retry budget"

// wantTries fails unless a call fails after so many attempts, because of the budget or not.
func wantTries(t *testing.T, client *confopenapi.Client, attempts int, byBudget bool) {
	t.Helper()
	err := list(t.Context(), client)
	meta, _ := confopenapi.MetaOf(err)
	if err == nil || meta.Attempts != attempts || strings.Contains(err.Error(), exhausted) != byBudget {
		t.Errorf("got %d attempts, want %d; ended by the budget: want %t: %v", meta.Attempts, attempts, byBudget, err)
	}
}

func TestBudgetSpentKeepsError(t *testing.T) {
	t.Parallel()
	codes := confopenapi.WithStatusErrors(map[int]error{5: confopenapi.ErrServer})
	for name, c := range map[string]struct {
		response httpmock.Responder
		typed    func(error) bool
		is       error
		id       string
	}{
		"HTTP": {says(503, `{"request_id":"r-1"}`), isA[*confopenapi.HTTPError], confopenapi.ErrServer, "r-1"},
		"429":  {says(429, `{"request_id":"r-1"}`), isA[*confopenapi.HTTPError], confopenapi.ErrRateLimited, "r-1"},
		"business status": {
			says(200, `{"status":5,"request_id":"r-1"}`), isA[*confopenapi.StatusError], confopenapi.ErrServer, "r-1",
		},
		"cut JSON": {says(200, emptyPage[:40]), isA[*confopenapi.DecodeError], io.ErrUnexpectedEOF, ""},
		"network":  {breaks(syscall.ECONNRESET), isA[*confopenapi.TransportError], syscall.ECONNRESET, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := says(503, "")
			client, transport := overMock(t, []confopenapi.Option{budgetOf(1), codes},
				func(req *http.Request) (*http.Response, error) { return response(req) })
			wantTries(t, client, 2, true)
			response = c.response
			err := list(t.Context(), client)
			meta, known := confopenapi.MetaOf(err)
			if !c.typed(err) || !errors.Is(err, c.is) || !known || meta.RequestID != c.id || meta.Attempts != 1 {
				t.Errorf("got %T with %v: %v; want its own type, 1 attempt and request id %q", err, meta, err, c.id)
			}
			if text := err.Error(); !strings.Contains(text, exhausted+" of 1 is exhausted") || !strings.Contains(text, c.id) {
				t.Errorf("got %q, want the budget of 1 and the request id %q in it", text, c.id)
			}
			wantAttempts(t, transport, 3)
		})
	}
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func TestBudgetRefill(t *testing.T) {
	t.Parallel()
	codes := confopenapi.WithStatusErrors(map[int]error{
		1: confopenapi.ErrServer, 2: confopenapi.ErrRateLimited, 3: confopenapi.ErrForbidden,
	})
	for name, c := range map[string]struct {
		response httpmock.Responder
		earns    bool
	}{
		"result":                   {says(200, emptyPage), true},
		"business status":          {says(200, `{"status":7}`), true},
		"mapped to forbidden":      {says(200, `{"status":3}`), true},
		"mapped to server":         {says(200, `{"status":1}`), false},
		"mapped to rate limited":   {says(200, `{"status":2}`), false},
		"400 that is a rate limit": {says(400, `{"status":2}`), false},
		"HTML":                     {says(200, "<html>sorry</html>"), false},
		"no status":                {says(200, "{}"), false},
		"cut":                      {says(200, emptyPage[:40]), false},
		"reset":                    {breaks(syscall.ECONNRESET), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := says(503, "")
			client, transport := overMock(t, []confopenapi.Option{budgetOf(4), codes, confopenapi.WithPacing(false)},
				func(req *http.Request) (*http.Response, error) { return response(req) })
			wantTries(t, client, 4, false)
			wantTries(t, client, 2, true)
			wantTries(t, client, 1, true)
			earned := func(responses int) {
				response = c.response
				for range responses {
					_ = list(t.Context(), client)
				}
				response = says(503, "")
			}
			earned(2)
			wantTries(t, client, 1, true) // two responses are not enough for a retry
			earned(1)
			if !c.earns {
				wantTries(t, client, 1, true)
				wantAttempts(t, transport, 4+2+1+2+1+1+1) // and no response gave back the retry that it caused
				return
			}
			wantTries(t, client, 2, true)
			earned(50) // no more than the whole comes back
			wantTries(t, client, 4, false)
			wantTries(t, client, 2, true)
		})
	}
}

// Three responses of a service that works give a retry back.
func TestBudgetRefillByHTTPStatus(t *testing.T) {
	t.Parallel()
	for status := 200; status <= 599; status++ {
		down, n := says(503, ""), 0
		client, _ := overMock(t, []confopenapi.Option{budgetOf(1), confopenapi.WithPacing(false)}, func(req *http.Request) (*http.Response, error) {
			if n++; n > 2 && n <= 5 {
				return says(status, emptyPage)(req)
			}
			return down(req)
		})
		wantTries(t, client, 2, true)
		for range 3 {
			_ = list(t.Context(), client)
		}
		_, retried := statusRule(status)
		want := 1
		if status <= 299 || status >= 400 && status <= 499 && !retried {
			want = 2
		}
		meta, _ := confopenapi.MetaOf(list(t.Context(), client))
		if meta.Attempts != want {
			t.Errorf("after three times HTTP %d: got %d attempts, want %d", status, meta.Attempts, want)
		}
	}
}

func TestBudgetOfUnsentRetries(t *testing.T) {
	t.Parallel()
	refusing := &limiter{err: errors.New("burst exceeded")}
	for name, c := range map[string]struct {
		opts []confopenapi.Option
		send func(context.Context, *confopenapi.Client) error
		says string
	}{
		"no retries": {[]confopenapi.Option{once}, list, "HTTP 503"},
		"a call that is not repeatable": {nil, func(ctx context.Context, c *confopenapi.Client) error {
			_, _, err := confopenapi.Call[*ended](ctx, c, "confopenapi/conference/end", nil)
			return err
		}, "HTTP 503"},
		"a wait past the deadline": {[]confopenapi.Option{
			confopenapi.WithTimeout(time.Second),
			confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Minute, MaxWait: time.Minute, Budget: 1}),
		}, list, "after the deadline"},
		"a wait that is cancelled": {[]confopenapi.Option{
			confopenapi.WithRetry(confopenapi.RetryPolicy{Budget: 1}),
		}, func(ctx context.Context, c *confopenapi.Client) error {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Millisecond, cancel)
			return list(ctx, c)
		}, "while waiting"},
		"a retry that the limiter refuses": {[]confopenapi.Option{
			confopenapi.WithLimiter(refusing),
		}, func(ctx context.Context, c *confopenapi.Client) error {
			refusing.waits.Store(1)
			return list(ctx, c)
		}, "burst exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, transport := overMock(t, []confopenapi.Option{budgetOf(1)}, says(503, ""))
				for range 5 {
					if err := c.send(t.Context(), derive(t, client, c.opts...)); err == nil || !strings.Contains(err.Error(), c.says) {
						t.Errorf("got %v, want an error with %q", err, c.says)
					}
				}
				wantAttempts(t, transport, 5)
				wantTries(t, client, 2, true)
			})
		})
	}
}

func TestBudgetOfDerivedClients(t *testing.T) {
	t.Parallel()
	root, _ := overMock(t, []confopenapi.Option{budgetOf(6)}, says(503, ""))
	wantTries(t, root, 4, false)
	wantTries(t, derive(t, root, budgetOf(2)), 1, true) // three are spent already
	unlimited := derive(t, root, budgetOf(-1))
	wantTries(t, unlimited, 4, false)
	wantTries(t, derive(t, root, confopenapi.WithUserAgent("derived")), 4, false) // the unlimited one spent nothing
	wantTries(t, root, 1, true)
	larger := derive(t, derive(t, root), budgetOf(8))
	wantTries(t, larger, 3, true)
	wantTries(t, larger, 1, true)
	wantTries(t, unlimited, 4, false)

	other, _ := overMock(t, []confopenapi.Option{budgetOf(6)}, says(503, ""))
	wantTries(t, other, 4, false)
}

// The budget loses one for each retry, and gets one back for every three responses, also with many calls at once.
func TestBudgetConcurrentCalls(t *testing.T) {
	t.Parallel()
	const callers = 32
	calls := int64(rounds(2000, 8000, 40_000))
	var attempts, responses, left atomic.Int64
	var down atomic.Bool
	left.Store(calls)
	transport := func(req *http.Request) (*http.Response, error) {
		n := attempts.Add(1)
		if n <= 2*callers || n%2 == 1 || down.Load() { // the first calls use the budget, so that every response can give something back
			return says(503, "")(req)
		}
		responses.Add(1)
		return says(200, emptyPage)(req)
	}
	client := overTransport(t, roundTripper(transport), budgetOf(int(calls)*3), confopenapi.WithPacing(false))
	inParallel(callers, func() {
		for left.Add(-1) >= 0 {
			_ = list(t.Context(), client)
		}
	})
	down.Store(true)
	spent := int(attempts.Load() - calls - responses.Load()/3)
	wantTries(t, derive(t, client, budgetOf(spent)), 1, true)
	wantTries(t, derive(t, client, budgetOf(spent+1)), 2, true)
}

// A listing reads a failed page again, and pauses after a 429. Neither takes anything from the budget.
func TestSnapshotWithSpentBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(1000, confopenapitest.WithFaults(
			confopenapitest.Rule{Fault: confopenapitest.Status(503), When: confopenapitest.OnRequest(4)},
			confopenapitest.Rule{Fault: confopenapitest.Status(429), When: confopenapitest.OnRequest(5)}))
		service.FailNext(2, confopenapitest.Status(503))
		client, _ := onWire(t, service, budgetOf(1))
		wantTries(t, client, 2, true)
		snap, err := client.Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Parallel: 1})
		if err != nil || snap.Report.Verdict != confopenapi.VerdictComplete || len(snap.Conferences) != 1000 || snap.Report.Failed != 0 {
			t.Fatalf("got %v, %v, want all of 1,000 conferences, proven", snap, err)
		}
		requests := service.Requests()
		failed := slices.IndexFunc(requests, func(r confopenapitest.Request) bool { return r.Number == 4 })
		if again := requests[failed+1]; again.List == requests[failed].List {
			t.Errorf("the client repeated %v, want the listing to read it again later", again.List)
		}
	})
}

// inTurn has responses come one after another, the last one for good.
func inTurn(responses ...httpmock.Responder) httpmock.Responder {
	var n atomic.Int64
	return func(req *http.Request) (*http.Response, error) {
		return responses[min(int(n.Add(1)), len(responses))-1](req)
	}
}

// However failures and refused tokens follow each other, a call is sent MaxAttempts times at most.
func TestRefusedTokensCountAsAttempts(t *testing.T) {
	t.Parallel()
	busy, refused, good := says(503, ""), says(401, ""), says(200, emptyPage)
	for name, c := range map[string]struct {
		responses []httpmock.Responder
		attempts  int
		want      error
	}{
		"503 ×3, then 401":       {append(slices.Repeat([]httpmock.Responder{busy}, 3), refused, good), 4, confopenapi.ErrUnauthorized},
		"503 ×2, then 401":       {[]httpmock.Responder{busy, busy, refused, good}, 4, nil},
		"401, then 503":          {[]httpmock.Responder{refused, busy}, 4, confopenapi.ErrServer},
		"401 and 503 in turn":    {[]httpmock.Responder{refused, busy, refused, good}, 3, confopenapi.ErrUnauthorized},
		"401 to every new token": {[]httpmock.Responder{refused}, 2, confopenapi.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := new(issuer)
			client, attempts := withSource(t, confopenapi.CacheTokens(src), inTurn(c.responses...))
			page, err := client.ListByStatus(t.Context(), nil)
			meta, _ := confopenapi.MetaOf(err)
			if err == nil {
				meta = page.Meta
			}
			if !errors.Is(err, c.want) || meta.Attempts != c.attempts {
				t.Errorf("got %d attempts, %v; want %d, %v", meta.Attempts, err, c.attempts, c.want)
			}
			attempts(c.attempts)
			if src.issued > c.attempts {
				t.Errorf("got %d tokens for %d attempts", src.issued, c.attempts)
			}
		})
	}
}

// servesFew is a service whose tokens are good for 20 requests each. beforeRefusal is called before it refuses one.
func servesFew(beforeRefusal func()) httpmock.Responder {
	var mu sync.Mutex
	used := map[string]int{}
	return func(req *http.Request) (*http.Response, error) {
		token := req.Header.Get("token")
		mu.Lock()
		used[token]++
		refused := used[token] > 20
		mu.Unlock()
		if refused {
			beforeRefusal()
			return says(401, "")(req)
		}
		return says(200, emptyPage)(req)
	}
}

func TestTokensThatServeFewRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		serve := servesFew(func() {})
		client, _ := withSource(t, confopenapi.CacheTokens(new(issuer)), func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond)
			return serve(req)
		})
		inParallel(8, func() {
			for range 25 {
				if err := list(t.Context(), client); err != nil {
					t.Error(err)
				}
			}
		})
	})
}

// A caller whose refusal is slow gets the second token when others have used it up. It gets a third one.
func TestTokenUsedUpByOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, rest := make(chan struct{}), make(chan struct{})
		refusals := 0
		client, _ := withSource(t, confopenapi.CacheTokens(new(issuer)), servesFew(func() {
			if refusals++; refusals == 1 {
				close(first)
				<-rest
			}
		}))
		calls := func(n int) {
			for range n {
				if err := list(t.Context(), client); err != nil {
					t.Error(err)
				}
			}
		}
		calls(20)
		var slow sync.WaitGroup
		slow.Go(func() {
			page, err := client.ListByStatus(t.Context(), nil)
			if err != nil || page.Meta.Attempts != 3 {
				t.Errorf("got %v, %v, want 3 attempts", page, err)
			}
		})
		<-first
		calls(20) // the first of them gets the second token
		close(rest)
		slow.Wait()
	})
}

func TestHeadersOfARequestHaveValues(t *testing.T) {
	t.Parallel()
	signs := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			for name, values := range req.Header {
				if len(values) == 0 || values[0] == "" {
					t.Errorf("%s has no value", name)
				}
			}
			return next.RoundTrip(req)
		})
	}
	client, transport := overMock(t, []confopenapi.Option{confopenapi.WithMiddleware(signs)}, says(200, `{"status":0}`))
	for _, opts := range [][]confopenapi.CallOption{nil, {confopenapi.Idempotent()}} {
		if err := call(t, client, opts...); err != nil {
			t.Error(err)
		}
	}
	wantAttempts(t, transport, 2)
}

// A request whose token was refused ends with the wait for another one. Its attempt was answered with 401, and the service is well.
func TestTimeoutWhileFetchingAnotherToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var seen []confopenapi.AttemptInfo
		client, err := confopenapi.NewClient(mockBase, confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(says(401, ""))}),
			confopenapi.WithTimeout(time.Second),
			confopenapi.WithObserver(confopenapi.Observer{EndAttempt: func(ctx context.Context, i confopenapi.AttemptInfo) {
				seen = append(seen, i)
				if ctx.Err() != nil {
					t.Errorf("EndAttempt got a context that has ended: %v", ctx.Err())
				}
			}}),
			confopenapi.WithTokenSource(confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
				if n++; n == 1 {
					return confopenapi.Token{Value: confopenapi.NewSecret(mockToken)}, nil
				}
				<-ctx.Done()
				return confopenapi.Token{}, ctx.Err()
			})))
		if err != nil {
			t.Fatal(err)
		}
		err = list(t.Context(), client)
		want := "confopenapi: conference/listbystatus: no response: context deadline exceeded: the call took longer than 1s; while fetching a token"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if len(seen) != 1 || seen[0].HTTPStatus != 401 || seen[0].Kind != "http" {
			t.Errorf("got attempts %+v, want one with HTTP 401", seen)
		}
	})
}

// The time that a token takes is not the attempt's.
func TestSlowTokenTakesNoTimeOfTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := withSource(t, confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			time.Sleep(20 * time.Second)
			return confopenapi.Token{Value: confopenapi.NewSecret(mockToken)}, nil
		}), func(req *http.Request) (*http.Response, error) {
			if err := req.Context().Err(); err != nil {
				return nil, err
			}
			return says(200, emptyPage)(req)
		})
		page, err := client.ListByStatus(t.Context(), nil)
		if err != nil || page.Meta.Attempts != 1 {
			t.Errorf("got %v, %v, want one attempt, which has its own 15 s", page, err)
		}
	})
}

// A limiter that refuses the second attempt hides neither the first one's failure nor that the service did nothing.
func TestLimiterRefusesRetry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first httpmock.Responder
		call  func(*confopenapi.Client) error
		want  string
	}{
		"503": {
			says(503, `{"request_id":"r-1"}`),
			func(c *confopenapi.Client) error { return list(t.Context(), c) },
			"confopenapi: conference/listbystatus: no response: the limiter refused: burst exceeded; while waiting for the limiter to try again after HTTP 503 (request id r-1)",
		},
		"a Call that found no connection": {
			breaks(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}),
			func(c *confopenapi.Client) error { return call(t, c) },
			"confopenapi: conference/end: no response: the limiter refused: burst exceeded; while waiting for the limiter to try again after dial: connection refused",
		},
	} {
		refusing := &limiter{err: errors.New("burst exceeded")}
		refusing.waits.Store(1)
		client, transport := overMock(t, []confopenapi.Option{quick, confopenapi.WithLimiter(refusing)}, c.first)
		err := c.call(client)
		if err == nil || err.Error() != c.want || !confopenapi.IsRetryable(err) {
			t.Errorf("%s: got %v, retryable %t; want %s, which is retryable", name, err, confopenapi.IsRetryable(err), c.want)
		}
		wantAttempts(t, transport, 1)
	}
}

// The error of another client inside a middleware does not say what became of this client's request.
func TestErrorOfAnotherClientIsNotOwn(t *testing.T) {
	t.Parallel()
	other, _ := withSource(t, confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{}, errors.New("no token")
	}), says(200, emptyPage))
	audits := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if _, err := next.RoundTrip(req); err != nil {
				return nil, err
			}
			return nil, list(req.Context(), other)
		})
	}
	client, transport := overMock(t, []confopenapi.Option{confopenapi.WithMiddleware(audits)}, says(200, `{"status":0}`))
	if err := call(t, client); err == nil || confopenapi.IsRetryable(err) {
		t.Errorf("got %v, retryable; want an error that is not: the request was sent", err)
	}
	wantAttempts(t, transport, 1)
}
