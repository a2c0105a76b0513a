package confopenapi_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/confopenapi/confopenapi-go"
)

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
