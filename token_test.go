package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
)

// issuer is a source of token-1, token-2 …, and records the refused ones.
type issuer struct {
	mu      sync.Mutex
	issued  int
	life    time.Duration // 0 = for ever
	delay   time.Duration
	err     error
	refused []string
}

func (i *issuer) Token(ctx context.Context) (confopenapi.Token, error) {
	if i.delay > 0 {
		select {
		case <-time.After(i.delay):
		case <-ctx.Done():
			return confopenapi.Token{}, ctx.Err()
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err != nil {
		return confopenapi.Token{}, i.err
	}
	i.issued++
	token := confopenapi.Token{Value: confopenapi.NewSecret(fmt.Sprintf("token-%d", i.issued))}
	if i.life > 0 {
		token.Expiry = time.Now().Add(i.life)
	}
	return token, nil
}

func (i *issuer) InvalidateToken(token confopenapi.Token) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refused = append(i.refused, token.Value.Reveal())
}

func (i *issuer) fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.err = err
}

// accepts refuses all tokens but one, by HTTP 401 or by a business status that is not 0.
func accepts(good string, status int) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) {
		switch {
		case req.Header.Get("token") == good:
			return says(200, emptyPage)(req)
		case status != 0:
			return says(200, fmt.Sprintf(`{"status":%d,"msg":"token expired"}`, status))(req)
		}
		return says(401, `{"status":401}`)(req)
	}
}

func withSource(t *testing.T, src confopenapi.TokenSource, response func(*http.Request) (*http.Response, error), opts ...confopenapi.Option) (*confopenapi.Client, func(int)) {
	t.Helper()
	client, transport := overMock(t, []confopenapi.Option{quick}, response)
	client = derive(t, client, append([]confopenapi.Option{confopenapi.WithTokenSource(src)}, opts...)...)
	return client, func(want int) { t.Helper(); wantAttempts(t, transport, want) }
}

func TestFixedTokenRefused(t *testing.T) {
	t.Parallel()
	client, transport := overMock(t, []confopenapi.Option{quick}, says(401, ""))
	if err := list(t.Context(), client); !errors.Is(err, confopenapi.ErrUnauthorized) || strings.Contains(err.Error(), "source") {
		t.Errorf("got %v, want ErrUnauthorized, and nothing of a source", err)
	}
	wantAttempts(t, transport, 1)
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	mapped := confopenapi.WithStatusErrors(map[int]error{7001: confopenapi.ErrUnauthorized})
	for name, c := range map[string]struct {
		good     string
		status   int
		opts     []confopenapi.Option
		attempts int
		want     error
		refused  []string
	}{
		"the next is good":          {"token-2", 0, nil, 2, nil, []string{"token-1"}},
		"the next is refused too":   {"token-3", 0, nil, 2, confopenapi.ErrUnauthorized, []string{"token-1", "token-2"}},
		"as a mapped status":        {"token-2", 7001, []confopenapi.Option{mapped}, 2, nil, []string{"token-1"}},
		"as a status that is none":  {"token-2", 7001, nil, 1, new(confopenapi.StatusError), nil},
		"one attempt only":          {"token-2", 0, []confopenapi.Option{once}, 1, confopenapi.ErrUnauthorized, []string{"token-1"}},
		"the first is good already": {"token-1", 0, nil, 1, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := new(issuer)
			client, attempts := withSource(t, confopenapi.CacheTokens(src), accepts(c.good, c.status), c.opts...)
			page, err := client.ListByStatus(t.Context(), nil)
			switch want := c.want.(type) {
			case nil:
				if err != nil || page.Meta.Attempts != c.attempts {
					t.Errorf("got %v, %v, want a list after %d attempts", page, err, c.attempts)
				}
			case *confopenapi.StatusError:
				mustBe[*confopenapi.StatusError](t, err)
			default:
				if !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			}
			attempts(c.attempts)
			if diff := cmp.Diff(c.refused, src.refused); diff != "" {
				t.Errorf("refused tokens reported to the source (-want +got)\n%s", diff)
			}
		})
	}
}

// MaxAttempts counts all requests, also those with another token.
func TestMaxAttemptsCountsTokenReplays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statuses []int // of the responses in turn, the last one for good
		want     error
		says     string // in the error
	}{
		"replay, then failures":       {[]int{401, 503}, confopenapi.ErrServer, "HTTP 401; HTTP 503 ×3)"},
		"failures, then replay":       {[]int{503, 503, 401, 200}, nil, ""},
		"replay between failures":     {[]int{503, 401, 503, 200}, nil, ""},
		"no attempt is left for it":   {[]int{503, 503, 503, 401}, confopenapi.ErrUnauthorized, "no attempt is left for another token"},
		"the fresh token is refused":  {[]int{503, 401, 401}, confopenapi.ErrUnauthorized, "HTTP 503; HTTP 401 ×2)"},
		"failures, then both refused": {[]int{503, 503, 401, 401}, confopenapi.ErrUnauthorized, "HTTP 503 ×2; HTTP 401 ×2)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, src := 0, new(issuer)
			client, attempts := withSource(t, confopenapi.CacheTokens(src), func(req *http.Request) (*http.Response, error) {
				status := c.statuses[min(n, len(c.statuses)-1)]
				n++
				return says(status, emptyPage)(req)
			})
			err := list(t.Context(), client)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.want, c.says)
			}
			want := 4
			if name == "the fresh token is refused" {
				want = 3
			}
			if name == "no attempt is left for it" && src.issued != 1 {
				t.Errorf("got %d tokens from the source, want 1", src.issued)
			}
			attempts(want)
		})
	}
}

// A refused token of which the source has no successor for now is retryable: the source may have one later.
func TestTokenRefusedAndSourceFails(t *testing.T) {
	t.Parallel()
	for failure, want := range map[error]bool{errors.New("the token service is down"): true, context.Canceled: false} {
		asked := 0
		source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			if asked++; asked > 1 {
				return confopenapi.Token{}, failure
			}
			return confopenapi.Token{Value: confopenapi.NewSecret("first")}, nil
		})
		client, _ := withSource(t, confopenapi.CacheTokens(source), says(401, ""))
		err := list(t.Context(), client)
		if !errors.Is(err, confopenapi.ErrUnauthorized) || confopenapi.IsRetryable(err) != want || !strings.Contains(err.Error(), "there is no fresh token") {
			t.Errorf("got retryable = %t, want %t, ErrUnauthorized: %v", confopenapi.IsRetryable(err), want, err)
		}
	}
}

// A request with another token is sent at once, and the wait after it is the first one.
func TestTokenReplayIsNoBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		client, _ := withSource(t, confopenapi.CacheTokens(new(issuer)), func(req *http.Request) (*http.Response, error) {
			at = append(at, time.Now())
			return says([]int{401, 503, 200}[min(len(at), 3)-1], emptyPage)(req)
		}, confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Second, MaxWait: time.Minute}))
		if err := list(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		if replay, retry := at[1].Sub(at[0]), at[2].Sub(at[1]); replay != 0 || retry > time.Second {
			t.Errorf("waited %s for the replay and %s for the retry, want 0s and at most 1s", replay, retry)
		}
	})
}

func TestSameTokenIsNotReplayed(t *testing.T) {
	t.Parallel()
	same := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret("always-this")}, nil
	})
	client, attempts := withSource(t, same, accepts("another", 0))
	if err := list(t.Context(), client); !errors.Is(err, confopenapi.ErrUnauthorized) || !strings.Contains(err.Error(), "same token") {
		t.Errorf("got %v, want ErrUnauthorized, with \"same token\"", err)
	}
	attempts(1)
}

func TestTokenSourceFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("no token today")
	src := &issuer{err: broken}
	client, attempts := withSource(t, confopenapi.CacheTokens(src), accepts("token-1", 0))
	err := list(t.Context(), client)
	if bad := mustBe[*confopenapi.RequestError](t, err); bad.Field != "token" || !errors.Is(err, broken) {
		t.Errorf("got %v, want a *RequestError of the token, and the source's error", err)
	}
	attempts(0)
	src.fail(nil)
	if err := list(t.Context(), client); err != nil {
		t.Errorf("got %v when the source works again, want a list", err)
	}

	client, attempts = withSource(t, &failsLater{}, accepts("never", 0))
	err = list(t.Context(), client)
	if !errors.Is(err, confopenapi.ErrUnauthorized) || !strings.Contains(err.Error(), errNoMore.Error()) {
		t.Errorf("got %v, want ErrUnauthorized and the source's error in its text", err)
	}
	if _, ok := errors.AsType[*confopenapi.RequestError](err); ok {
		t.Errorf("got a *RequestError, though a request was sent: %v", err)
	}
	attempts(1)

	for _, junk := range []string{"", "two\nlines"} {
		client, attempts := withSource(t, confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			return confopenapi.Token{Value: confopenapi.NewSecret(junk)}, nil
		}), accepts("x", 0))
		if bad := mustBe[*confopenapi.RequestError](t, list(t.Context(), client)); confopenapi.IsRetryable(bad) {
			t.Errorf("token %q: IsRetryable is true, want false: %v", junk, bad)
		}
		attempts(0)
	}
}

var errNoMore = errors.New("no more tokens")

type failsLater struct{ asked atomic.Int64 }

func (f *failsLater) Token(context.Context) (confopenapi.Token, error) {
	if f.asked.Add(1) > 1 {
		return confopenapi.Token{}, errNoMore
	}
	return confopenapi.Token{Value: confopenapi.NewSecret("the-only-one")}, nil
}

func TestCancelDuringTokenFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, attempts := withSource(t, confopenapi.CacheTokens(&issuer{delay: time.Hour}), accepts("token-1", 0))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		failed := mustBe[*confopenapi.TransportError](t, list(ctx, client))
		if !errors.Is(failed, context.DeadlineExceeded) || failed.Attempts != 0 {
			t.Errorf("got %v after %d attempts, want context.DeadlineExceeded after 0", failed, failed.Attempts)
		}
		attempts(0)
		synctest.Wait()
	})
}

func TestTokenDoesNotMarshal(t *testing.T) {
	t.Parallel()
	if out, err := json.Marshal(confopenapi.Token{Value: confopenapi.NewSecret("mark")}); err == nil {
		t.Errorf("got %s, want an error", out)
	}
}

// The caller leaves, or the call's time ends, while a fresh token is fetched.
func TestFreshTokenTooLate(t *testing.T) {
	late := func(fetch func()) confopenapi.Option {
		calls := 0
		return confopenapi.WithTokenSource(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			if calls++; calls == 2 {
				fetch()
			}
			return confopenapi.Token{Value: confopenapi.NewSecret(fmt.Sprint("token-", calls))}, nil
		}))
	}
	for name, want := range map[string]error{"the caller leaves": context.Canceled, "the call's time is over": context.DeadlineExceeded} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				fetch := cancel
				if want == context.DeadlineExceeded {
					fetch = func() { time.Sleep(time.Hour) }
				}
				client, _ := overMock(t, nil, says(401, ""))
				client = derive(t, client, late(fetch))
				if page, err := client.ListByStatus(ctx, nil); page != nil || !errors.Is(err, want) {
					t.Errorf("got %v, %v, want %v", page, err, want)
				}
			})
		})
	}
}

func TestCacheTokensFetchesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &issuer{delay: time.Second}
		cache := confopenapi.CacheTokens(src)
		impatient, cancel := context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		var callers sync.WaitGroup
		callers.Go(func() { // the first, who does not wait for the end
			if _, err := cache.Token(impatient); !errors.Is(err, context.Canceled) {
				t.Errorf("the caller that left: got %v, want context.Canceled", err)
			}
		})
		synctest.Wait()
		for range 99 {
			callers.Go(func() {
				token, err := cache.Token(t.Context())
				if err != nil || token.Value.Reveal() != "token-1" {
					t.Errorf("got %q, %v, want token-1", token.Value.Reveal(), err)
				}
			})
		}
		callers.Wait()
		if src.issued != 1 {
			t.Errorf("got %d fetches, want 1", src.issued)
		}
	})
}

func TestCacheTokensCancelsUnusedFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		cache := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return confopenapi.Token{}, ctx.Err()
		}))
		var callers sync.WaitGroup
		for i := range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
			defer cancel()
			callers.Go(func() {
				if _, err := cache.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want context.DeadlineExceeded", err)
				}
			})
		}
		<-time.After(2500 * time.Millisecond)
		synctest.Wait()
		select {
		case <-ended:
			t.Error("the fetch was cancelled while a caller waits")
		default:
		}
		callers.Wait()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the fetch ended with %v, want context.Canceled", err)
		}
	})
}

func TestCacheTokensRenewsAhead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ life, last, next time.Duration }{
		"short": {100 * time.Second, 89 * time.Second, 91 * time.Second},
		"long":  {24 * time.Hour, 24*time.Hour - 301*time.Second, 24*time.Hour - 299*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cache := confopenapi.CacheTokens(&issuer{life: c.life})
				start := time.Now()
				for _, step := range []struct {
					at   time.Duration
					want string
				}{{0, "token-1"}, {c.last, "token-1"}, {c.next, "token-2"}} {
					<-time.After(step.at - time.Since(start))
					token, err := cache.Token(t.Context())
					if err != nil || token.Value.Reveal() != step.want {
						t.Errorf("after %s: got %q, %v, want %s", step.at, token.Value.Reveal(), err, step.want)
					}
				}
			})
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			src := new(issuer)
			cache := confopenapi.CacheTokens(src)
			for range 3 {
				if _, err := cache.Token(t.Context()); err != nil {
					t.Errorf("got %v, want a token", err)
				}
				<-time.After(1000 * time.Hour)
			}
			if src.issued != 1 {
				t.Errorf("got %d fetches of a token that does not expire, want 1", src.issued)
			}
		})
	})
}

func TestCacheTokensSourceDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the issuer is down")
		src := &issuer{life: 100 * time.Second}
		cache := confopenapi.CacheTokens(src)
		ask := func() (string, error) {
			token, err := cache.Token(t.Context())
			return token.Value.Reveal(), err
		}
		if _, err := ask(); err != nil {
			t.Fatal(err)
		}
		src.fail(broken)
		<-time.After(95 * time.Second)
		if token, err := ask(); err != nil || token != "token-1" {
			t.Errorf("5s before its expiry: got %q, %v, want token-1", token, err)
		}
		<-time.After(6 * time.Second)
		if token, err := ask(); !errors.Is(err, broken) {
			t.Errorf("after its expiry: got %q, %v, want the source's error", token, err)
		}
	})
}

// A fetch that no caller waits for any more can still return: its token is not kept, and no later caller waits for it.
func TestCacheTokensLateFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int64
		cache := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			n, takes := fetches.Add(1), time.Second
			if n == 1 {
				takes = 10 * time.Second // whatever its context says
			}
			<-time.After(takes)
			return confopenapi.Token{Value: confopenapi.NewSecret(fmt.Sprint("token-", n))}, nil
		}))
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := cache.Token(impatient); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
		for range 2 {
			start := time.Now()
			token, err := cache.Token(t.Context())
			if err != nil || token.Value.Reveal() != "token-2" || time.Since(start) > time.Second {
				t.Errorf("got %q, %v after %s, want token-2 within 1s", token.Value.Reveal(), err, time.Since(start))
			}
			<-time.After(20 * time.Second)
		}
	})
}

// While the kept token is good, calls go on though its renewal fails or hangs.
func TestCacheTokensFailedRenewal(t *testing.T) {
	t.Parallel()
	empty := func(context.Context) (confopenapi.Token, error) { return confopenapi.Token{}, nil }
	expired := func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret("stale"), Expiry: time.Now().Add(-time.Second)}, nil
	}
	hangs := func(ctx context.Context) (confopenapi.Token, error) {
		<-ctx.Done()
		return confopenapi.Token{}, ctx.Err()
	}
	both := func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret("beside an error")}, errNoMore
	}
	for name, renewal := range map[string]confopenapi.TokenSourceFunc{"empty": empty, "expired": expired, "hangs": hangs, "token and error": both} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first := &issuer{life: 1000 * time.Second}
				var fetches atomic.Int64
				cache := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
					if fetches.Add(1) == 1 {
						return first.Token(ctx)
					}
					return renewal(ctx)
				}))
				ask := func(want string, patience time.Duration) {
					t.Helper()
					start := time.Now()
					token, err := cache.Token(t.Context())
					if err != nil || token.Value.Reveal() != want || time.Since(start) > patience {
						t.Errorf("got %q, %v after %s, want %s within %s", token.Value.Reveal(), err, time.Since(start), want, patience)
					}
				}
				ask("token-1", 0)
				<-time.After(950 * time.Second)
				var callers sync.WaitGroup
				callers.Go(func() { ask("token-1", 5*time.Second) }) // renews
				synctest.Wait()
				for range 20 {
					callers.Go(func() { ask("token-1", 0) })
				}
				callers.Wait()
				ask("token-1", 0)
				if fetches.Load() != 2 {
					t.Errorf("got %d fetches, want 2: a failed renewal is put off", fetches.Load())
				}
				synctest.Wait()
			})
		})
	}
}

func TestCacheTokensEndedContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := new(issuer)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := confopenapi.CacheTokens(src).Token(ctx)
		synctest.Wait()
		if !errors.Is(err, context.Canceled) || src.issued != 0 {
			t.Errorf("got %v after %d fetches, want context.Canceled after 0", err, src.issued)
		}
	})
}

func TestCacheTokensDropsRefusedTokenOnly(t *testing.T) {
	t.Parallel()
	src := new(issuer)
	cache := confopenapi.CacheTokens(src)
	first, err := cache.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cache.(confopenapi.TokenInvalidator).InvalidateToken(first)
	second, err := cache.Token(t.Context())
	if err != nil || second.Value.Equal(first.Value) {
		t.Fatalf("got %v, want another token than the refused one", err)
	}
	cache.(confopenapi.TokenInvalidator).InvalidateToken(first) // by a caller who learns it late
	third, err := cache.Token(t.Context())
	if err != nil || !third.Value.Equal(second.Value) {
		t.Errorf("got another token, %v, want the successor to stay", err)
	}
}

func TestCacheTokensSourceDoesNotReturn(t *testing.T) {
	t.Parallel()
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		cache := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) { panic("mine") }))
		defer func() {
			if got := recover(); got != "mine" {
				t.Errorf("recovered %v, want the source's panic", got)
			}
		}()
		_, _ = cache.Token(t.Context())
	})
	t.Run("exit", func(t *testing.T) {
		t.Parallel()
		cache := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			runtime.Goexit()
			return confopenapi.Token{}, nil
		}))
		if _, err := cache.Token(t.Context()); err == nil {
			t.Error("got no error of a source that ended its goroutine")
		}
	})
	t.Run("nil", func(t *testing.T) {
		t.Parallel()
		if _, err := confopenapi.CacheTokens(nil).Token(t.Context()); err == nil {
			t.Error("got no error of a nil source")
		}
	})
}

// A clock that is ahead makes every token seem expired on arrival. Then one is fetched a second, and not one a call.
func TestCacheTokensExpiredOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetches := 0
		source := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			fetches++
			return confopenapi.Token{Value: confopenapi.NewSecret(fmt.Sprint("token-", fetches)), Expiry: time.Now().Add(-time.Hour)}, nil
		}))
		for range 100 {
			if _, err := source.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if fetches < 4 || fetches > 6 {
			t.Errorf("got %d fetches for 100 calls in 5 s, want about one a second", fetches)
		}
	})
}

// The monotonic clock stands still while a machine sleeps. So a cache must not keep an expiry with a reading of it, which no
// test can make differ from the wall clock.
func TestCacheTokensUsesWallClock(t *testing.T) {
	t.Parallel()
	source := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret("token"), Expiry: time.Now().Add(time.Minute)}, nil
	}))
	if _, err := source.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	const hasMonotonic = 1 << 63 // in time.Time
	for _, name := range []string{"until", "renew"} {
		if reflect.ValueOf(source).Elem().FieldByName(name).FieldByName("wall").Uint()&hasMonotonic != 0 {
			t.Errorf("%q is a time with a monotonic reading", name)
		}
	}
}

// A renewal that fails is not tried more than once a second, also where the token is about to expire.
func TestCacheTokensFailingRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, fetches := time.Now(), map[time.Duration]int{}
		issued := false
		source := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			fetches[time.Since(start)/time.Second]++
			if issued {
				return confopenapi.Token{}, errors.New("down")
			}
			issued = true
			return confopenapi.Token{Value: confopenapi.NewSecret("token"), Expiry: start.Add(time.Minute)}, nil
		}))
		for time.Since(start) < time.Minute {
			if _, err := source.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		for second, n := range fetches {
			if n > 1 {
				t.Errorf("got %d fetches in second %d, want one at most", n, second)
			}
		}
	})
}
