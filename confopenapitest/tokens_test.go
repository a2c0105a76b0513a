package confopenapitest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestTokenUses(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Uses: 3}))
	fixed := srv.Client()
	for i := range 5 {
		_, err := fixed.ListByStatus(t.Context(), nil)
		if refused := errors.Is(err, confopenapi.ErrUnauthorized); refused != (i >= 3) {
			t.Errorf("use %d of a token with 3 uses: got %v", i+1, err)
		}
	}
	renewing := srv.Client(confopenapi.WithTokenSource(confopenapi.CacheTokens(srv.TokenSource())))
	for range 9 {
		if _, err := renewing.ListByStatus(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	if srv.TokensIssued() != 3 {
		t.Errorf("got %d tokens for 9 calls, want 3", srv.TokensIssued())
	}
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		service := confopenapitest.New(confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Life: time.Hour}))
		fixed := service.Client()
		renewing := service.Client(confopenapi.WithTokenSource(confopenapi.CacheTokens(service.TokenSource())))
		for range 4 {
			_, err := fixed.ListByStatus(t.Context(), nil)
			if young := time.Since(start) < time.Hour; young != (err == nil) {
				t.Errorf("token of %s with a lifetime of 1h: got %v", time.Since(start), err)
			}
			if _, err := renewing.ListByStatus(t.Context(), nil); err != nil {
				t.Error(err)
			}
			time.Sleep(40 * time.Minute)
		}
		if service.TokensIssued() != 2 {
			t.Errorf("got %d tokens in two hours, want 2", service.TokensIssued())
		}
	})
}

func TestRotateToken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts   []confopenapitest.Option
		client []confopenapi.Option
	}{
		"401": {nil, nil},
		"business status": {
			[]confopenapitest.Option{confopenapitest.WithRefusal(confopenapitest.BusinessStatus(40101, "null"))},
			[]confopenapi.Option{confopenapi.WithStatusErrors(map[int]error{40101: confopenapi.ErrUnauthorized})},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := confopenapitest.NewServer(t, c.opts...)
			fixed := srv.Client(c.client...)
			renewing := srv.Client(append(c.client, confopenapi.WithTokenSource(confopenapi.CacheTokens(srv.TokenSource())))...)
			for range 2 {
				if _, err := renewing.ListByStatus(t.Context(), nil); err != nil {
					t.Error(err)
				}
				if srv.RotateToken() != srv.Token() {
					t.Error("RotateToken and Token return different tokens")
				}
			}
			if _, err := fixed.ListByStatus(t.Context(), nil); !errors.Is(err, confopenapi.ErrUnauthorized) {
				t.Errorf("a rotated token: got %v, want %v", err, confopenapi.ErrUnauthorized)
			}
			now := srv.Client(c.client...)
			if _, err := now.ListByStatus(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWithTokenIn(t *testing.T) {
	t.Parallel()
	for _, want := range []confopenapi.TokenPlacement{confopenapi.TokenInHeader, confopenapi.TokenInBody, confopenapi.TokenInBoth} {
		srv := confopenapitest.NewServer(t, confopenapitest.WithTokenIn(want))
		for _, given := range []confopenapi.TokenPlacement{confopenapi.TokenInHeader, confopenapi.TokenInBody, confopenapi.TokenInBoth} {
			_, err := srv.Client(confopenapi.WithTokenPlacement(given)).ListByStatus(t.Context(), nil)
			if ok := given == want || given == confopenapi.TokenInBoth; ok != (err == nil) {
				t.Errorf("WithTokenIn(%d), placement %d: got %v", want, given, err)
			}
			last := srv.Requests()[srv.RequestCount()-1]
			if last.TokenInHeader != (given != confopenapi.TokenInBody) || last.TokenInBody != (given != confopenapi.TokenInHeader) {
				t.Errorf("placement %d: got a request with the token in the header %t, in the body %t", given, last.TokenInHeader, last.TokenInBody)
			}
		}
	}
}

func TestTokenSourceContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := confopenapitest.New().TokenSource().Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestClockOfTokensAndRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New(confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Life: time.Minute}))
		token, err := srv.TokenSource().Token(t.Context())
		if err != nil || !token.Expiry.Equal(time.Now().Add(time.Minute)) {
			t.Errorf("got the token %v, expiry %s, %v; want an expiry in one minute", token, token.Expiry, err)
		}
		srv.FailNext(1, confopenapitest.FaultNamed("Retry-After in 1s"))
		begin := time.Now()
		if _, err := srv.Client().ListByStatus(t.Context(), nil); err != nil || time.Since(begin) < time.Second {
			t.Errorf("got %v after %s, want a page after 1s or more", err, time.Since(begin))
		}
	})
}

func TestWithRefusalDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New(confopenapitest.WithRefusal(confopenapitest.Status(403).After(time.Second)))
		begin := time.Now()
		_, err := srv.Client(confopenapi.WithToken("wrong")).ListByStatus(t.Context(), nil)
		if !errors.Is(err, confopenapi.ErrForbidden) || time.Since(begin) < time.Second {
			t.Errorf("got %v after %s, want %v after 1s", err, time.Since(begin), confopenapi.ErrForbidden)
		}
	})
}
