package confopenapi_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

func TestAHundredCallersFetchOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &issuer{delay: time.Second}
		cache := confopenapi.CacheTokens(src)
		impatient, cancel := context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		var callers sync.WaitGroup
		callers.Go(func() { // the first, who does not wait for the end
			if _, err := cache.Token(impatient); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range 99 {
			callers.Go(func() {
				token, err := cache.Token(t.Context())
				if err != nil || token.Value.Reveal() != "token-1" {
					t.Errorf("%q, %v", token.Value.Reveal(), err)
				}
			})
		}
		callers.Wait()
		if src.issued != 1 {
			t.Errorf("%d fetches", src.issued)
		}
	})
}

func TestAFetchThatNobodyWaitsForIsCancelled(t *testing.T) {
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
					t.Error(err)
				}
			})
		}
		<-time.After(2500 * time.Millisecond)
		synctest.Wait()
		select {
		case <-ended:
			t.Error("cancelled while a caller waits")
		default:
		}
		callers.Wait()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestATokenIsRenewedAheadOfItsExpiry(t *testing.T) {
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
						t.Errorf("after %s: %q, %v", step.at, token.Value.Reveal(), err)
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
					t.Error(err)
				}
				<-time.After(1000 * time.Hour)
			}
			if src.issued != 1 {
				t.Errorf("%d fetches of a token that does not expire", src.issued)
			}
		})
	})
}

func TestAGoodTokenOutlivesAFailingSource(t *testing.T) {
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
			t.Errorf("a token with 5 s to live is not used: %q, %v", token, err)
		}
		<-time.After(6 * time.Second)
		if token, err := ask(); !errors.Is(err, broken) {
			t.Errorf("an expired token is used: %q, %v", token, err)
		}
	})
}

// A token endpoint that hangs, or gives nothing useful, must not stop calls while the kept token is good.
func TestRenewalNeverCostsAGoodToken(t *testing.T) {
	t.Parallel()
	empty := func(context.Context) (confopenapi.Token, error) { return confopenapi.Token{}, nil }
	expired := func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret("stale"), Expiry: time.Now().Add(-time.Second)}, nil
	}
	hangs := func(ctx context.Context) (confopenapi.Token, error) {
		<-ctx.Done()
		return confopenapi.Token{}, ctx.Err()
	}
	for name, renewal := range map[string]confopenapi.TokenSourceFunc{"empty": empty, "expired": expired, "hangs": hangs} {
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
						t.Errorf("%q, %v after %s", token.Value.Reveal(), err, time.Since(start))
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
					t.Errorf("%d fetches: a failed renewal must be put off", fetches.Load())
				}
				synctest.Wait()
			})
		})
	}
}

func TestADeadContextFetchesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := new(issuer)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := confopenapi.CacheTokens(src).Token(ctx)
		synctest.Wait()
		if !errors.Is(err, context.Canceled) || src.issued != 0 {
			t.Errorf("%v after %d fetches", err, src.issued)
		}
	})
}

func TestOnlyTheRefusedTokenIsDropped(t *testing.T) {
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
		t.Fatal("the refused token is kept")
	}
	cache.(confopenapi.TokenInvalidator).InvalidateToken(first) // by a caller who learns it late
	third, err := cache.Token(t.Context())
	if err != nil || !third.Value.Equal(second.Value) {
		t.Error("the successor was dropped")
	}
}

func TestSourcesThatDoNotReturn(t *testing.T) {
	t.Parallel()
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		cache := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) { panic("mine") }))
		defer func() {
			if got := recover(); got != "mine" {
				t.Errorf("the caller gets %v", got)
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
			t.Error("no error")
		}
	})
	t.Run("nil", func(t *testing.T) {
		t.Parallel()
		if _, err := confopenapi.CacheTokens(nil).Token(t.Context()); err == nil {
			t.Error("no error")
		}
	})
}
