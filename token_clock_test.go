package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

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
