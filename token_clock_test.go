package confopenapi_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/confopenapi/confopenapi-go"
)

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

// The monotonic clock stands still while a machine sleeps; an expiry counts by the wall clock.
func TestCacheTokensAfterSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetches := 0
		source := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			fetches++
			return confopenapi.Token{Value: confopenapi.NewSecret(fmt.Sprint("token-", fetches)), Expiry: slept(time.Now().Add(time.Minute), time.Hour)}, nil
		}))
		_, _ = source.Token(t.Context())
		time.Sleep(2 * time.Minute)
		if token, err := source.Token(t.Context()); err != nil || token.Value.Reveal() != "token-2" {
			t.Errorf("got %q, %v, want a fresh token: the other expired a minute ago by the wall clock", token.Value.Reveal(), err)
		}
	})
}

// slept is t, but so much later by the monotonic clock.
func slept(t time.Time, d time.Duration) time.Time {
	(*struct {
		wall uint64
		ext  int64
	})(unsafe.Pointer(&t)).ext += int64(d)
	return t
}
