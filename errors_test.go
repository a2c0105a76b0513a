package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/confopenapi/confopenapi-go"
)

var (
	errDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errRead = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

func TestIsRetryable(t *testing.T) {
	t.Parallel()
	const both, neither = true, false
	type options = []confopenapi.Option
	type outcome struct{ list, call bool } // of a call that may be repeated, and of one that may not
	codes := confopenapi.WithStatusErrors(map[int]error{
		1: confopenapi.ErrRateLimited, 2: confopenapi.ErrServer, 3: confopenapi.ErrForbidden,
	})
	token := func(err error) confopenapi.Option {
		return confopenapi.WithTokenSource(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			return confopenapi.Token{}, err
		}))
	}
	for name, c := range map[string]struct {
		opts     options
		response httpmock.Responder
		want     outcome
	}{
		"a mapped rate limit":         {options{codes}, says(200, `{"status":1}`), outcome{true, false}},
		"a mapped server error":       {options{codes}, says(200, `{"status":2}`), outcome{true, false}},
		"a mapped refusal":            {options{codes}, says(200, `{"status":3}`), outcome{neither, neither}},
		"a business status":           {nil, says(200, `{"status":4}`), outcome{neither, neither}},
		"503 that means a refusal":    {options{codes}, says(503, `{"status":3}`), outcome{neither, neither}},
		"429 for longer than allowed": {nil, says(429, "", "Retry-After", "86400"), outcome{both, both}},
		"a spent budget":              {options{confopenapi.WithRetry(confopenapi.RetryPolicy{Budget: 1, MinWait: 1, MaxWait: 1})}, says(503, ""), outcome{true, false}},
		"no JSON":                     {nil, says(200, "<html>"), outcome{neither, neither}},
		"JSON cut short":              {nil, says(200, emptyPage[:40]), outcome{true, false}},
		"too large":                   {options{confopenapi.WithMaxResponseBytes(10)}, says(200, emptyPage), outcome{neither, neither}},
		"no connection":               {nil, breaks(errDial), outcome{both, both}},
		"a reset":                     {nil, breaks(errRead), outcome{true, false}},
		"a scheme mismatch":           {nil, breaks(http.ErrSchemeMismatch), outcome{neither, neither}},
		"a token source":              {options{token(errors.New("down"))}, nil, outcome{both, both}},
		"a token source's timeout":    {options{token(fmt.Errorf("fetch: %w", context.DeadlineExceeded))}, nil, outcome{both, both}},
		"a cancelled token source":    {options{token(context.Canceled)}, nil, outcome{neither, neither}},
		"a limiter":                   {options{confopenapi.WithLimiter(&refusing{errors.New("not before tomorrow")})}, nil, outcome{both, both}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := overMock(t, options{quick, confopenapi.WithPacing(false)}, c.response)
			client = derive(t, client, c.opts...)
			listErr := list(t.Context(), client)
			_, _, callErr := confopenapi.Call[any](t.Context(), client, "x", nil)
			_, _, idempotentErr := confopenapi.Call[any](t.Context(), client, "x", nil, confopenapi.Idempotent())
			for _, got := range []struct {
				what string
				err  error
				want bool
			}{{"ListByStatus", listErr, c.want.list}, {"Call", callErr, c.want.call}, {"an idempotent Call", idempotentErr, c.want.list}} {
				if got.err == nil || confopenapi.IsRetryable(got.err) != got.want || confopenapi.IsRetryable(fmt.Errorf("wrapped: %w", got.err)) != got.want {
					t.Errorf("%s: IsRetryable is %t, want %t: %v", got.what, !got.want, got.want, got.err)
				}
			}
		})
	}
}

func TestIsRetryableAfterATimeout(t *testing.T) {
	for name, c := range map[string]struct {
		option     confopenapi.Option
		deadline   time.Duration // of the caller's context
		list, call bool
	}{
		"of an attempt":             {confopenapi.WithAttemptTimeout(100 * time.Millisecond), time.Hour, true, false},
		"of the call":               {confopenapi.WithTimeout(100 * time.Millisecond), 0, true, false},
		"of the call, in the queue": {confopenapi.WithLimiter(lastTurn{}), 0, true, true},
		"of the caller":             {confopenapi.WithAttemptTimeout(0), 100 * time.Millisecond, false, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if c.deadline > 0 {
				ctx, cancel = context.WithTimeout(ctx, c.deadline)
			}
			defer cancel()
			client, _ := overMock(t, []confopenapi.Option{quick, c.option}, never)
			listErr := list(ctx, client)
			_, _, callErr := confopenapi.Call[any](ctx, client, "x", nil)
			if confopenapi.IsRetryable(listErr) != c.list || confopenapi.IsRetryable(callErr) != c.call {
				t.Errorf("%s: IsRetryable of ListByStatus: want %t: %v; of Call: want %t: %v", name, c.list, listErr, c.call, callErr)
			}
		})
	}
}

// lastTurn is a limiter whose turn does not come.
type lastTurn struct{}

func (lastTurn) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestIsRetryableOfOtherErrors(t *testing.T) {
	t.Parallel()
	refused := &confopenapi.HTTPError{StatusCode: 403}
	down := &confopenapi.HTTPError{StatusCode: 503}
	cancelled := &confopenapi.TransportError{Attempts: 1, Err: context.Canceled}
	listing := func(reason confopenapi.Reason, err error) error {
		return &confopenapi.IncompleteError{Report: confopenapi.Report{Reason: reason}, Err: err}
	}
	for _, c := range []struct {
		why  string
		err  error
		want bool
	}{
		{"no error", nil, false},
		{"not of this package", errors.New("boom"), false},
		{"not of this package", os.ErrDeadlineExceeded, false},
		{"the caller's own end", context.Canceled, false},
		{"the caller's own end", cancelled, false},
		{"a bad argument", &confopenapi.RequestError{Field: "Page"}, false},
		{"a bad argument", &confopenapi.RequestError{Field: "token"}, false},
		{"the list moved: another time may be quieter", listing(confopenapi.ReasonGap, nil), true},
		{"the list shrank while it was read", listing(confopenapi.ReasonNoEnd, nil), true},
		{"conferences started behind what was read", listing(confopenapi.ReasonTotal, nil), true},
		{"the list moved too much to follow", listing(confopenapi.ReasonEffort, nil), true},
		{"the request may work", listing(confopenapi.ReasonFailed, down), true},
		{"the request will be refused again", listing(confopenapi.ReasonFailed, refused), false},
		{"the caller ended it", listing(confopenapi.ReasonStopped, cancelled), false},
		{"what the service does stays", listing(confopenapi.ReasonPaging, nil), false},
		{"the order is the service's", listing(confopenapi.ReasonOrder, nil), false},
		{"these conferences stay for a while", listing(confopenapi.ReasonTies, nil), false},
		{"these conferences stay for a while", listing(confopenapi.ReasonIdentity, nil), false},
		{"what it assumes stays", listing(confopenapi.ReasonAssumesOrder, nil), false},
		{"what it assumes stays", listing(confopenapi.ReasonAssumesKey, nil), false},
	} {
		if got := confopenapi.IsRetryable(c.err); got != c.want {
			t.Errorf("IsRetryable is %t, want %t: %s: %v", got, c.want, c.why, c.err)
		}
	}
}

// An incomplete listing matches the end of the caller's context, and nothing else of what broke it.
func TestIncompleteErrorMatches(t *testing.T) {
	t.Parallel()
	down := &confopenapi.HTTPError{StatusCode: 503, Meta: confopenapi.Meta{RequestID: "r-1"}}
	for _, c := range []struct {
		inner                     error
		server, canceled, expired bool
	}{
		{nil, false, false, false},
		{down, false, false, false},
		{&confopenapi.TransportError{Err: context.Canceled}, false, true, false},
		{&confopenapi.TransportError{Err: context.DeadlineExceeded}, false, false, true},
	} {
		err := error(&confopenapi.IncompleteError{Err: c.inner})
		if !errors.Is(err, confopenapi.ErrIncomplete) || errors.Is(err, confopenapi.ErrServer) != c.server ||
			errors.Is(err, context.Canceled) != c.canceled || errors.Is(err, context.DeadlineExceeded) != c.expired {
			t.Errorf("with Err %v: want ErrIncomplete, and of the others only the context's error", c.inner)
		}
		meta, ok := confopenapi.MetaOf(err)
		inner, innerOK := confopenapi.MetaOf(c.inner)
		if ok != innerOK || meta.RequestID != inner.RequestID {
			t.Errorf("MetaOf with Err %v: got %v, %t, want %v, %t", c.inner, meta, ok, inner, innerOK)
		}
	}
}
