package confopenapi_test

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
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
