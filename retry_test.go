package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// sentinels are those that an HTTP status can match.
var sentinels = []error{
	confopenapi.ErrUnauthorized, confopenapi.ErrForbidden, confopenapi.ErrRateLimited, confopenapi.ErrServer, confopenapi.ErrRedirect,
	confopenapi.ErrTooLarge, confopenapi.ErrIncomplete,
}

// statusRule is what the documentation says of an HTTP status that is not 2xx.
func statusRule(status int) (sentinel error, retried bool) {
	switch status {
	case 301, 302, 303, 307, 308:
		return confopenapi.ErrRedirect, false
	case 401:
		return confopenapi.ErrUnauthorized, false
	case 403:
		return confopenapi.ErrForbidden, false
	case 408, 425:
		return nil, true
	case 429:
		return confopenapi.ErrRateLimited, true
	case 501, 505:
		return confopenapi.ErrServer, false
	}
	if status >= 500 && status <= 599 {
		return confopenapi.ErrServer, true
	}
	return nil, false
}

func TestHTTPStatuses(t *testing.T) {
	t.Parallel()
	bodies := []string{emptyPage, "", body(t, "bad_gateway.html")}
	for status := 200; status <= 600; status++ {
		for _, text := range bodies {
			client, transport := overMock(t, []confopenapi.Option{quick, confopenapi.WithPacing(false)}, says(status, text))
			err := list(t.Context(), client)
			if status <= 299 {
				if _, undecodable := errors.AsType[*confopenapi.DecodeError](err); undecodable == (text == emptyPage) {
					t.Errorf("HTTP %d with %.20q: got %v", status, text, err)
				}
				continue
			}
			sentinel, retried := statusRule(status)
			attempts := 1
			if retried {
				attempts = 4
			}
			wantAttempts(t, transport, attempts)
			refused := mustBe[*confopenapi.HTTPError](t, err)
			if refused.StatusCode != status || refused.Meta.HTTPStatus != status || refused.Meta.Attempts != attempts {
				t.Errorf("HTTP %d: got status %d, meta %v, want %d attempts", status, refused.StatusCode, refused.Meta, attempts)
			}
			if confopenapi.IsRetryable(err) != retried {
				t.Errorf("HTTP %d: IsRetryable is %t, want %t", status, !retried, retried)
			}
			for _, s := range sentinels {
				if errors.Is(err, s) != (s == sentinel) {
					t.Errorf("HTTP %d: errors.Is(err, %v) is %t, want %t", status, s, s != sentinel, s == sentinel)
				}
			}
			if record := fmt.Sprintf(": HTTP %d ×4)", status); retried != strings.Contains(err.Error(), record) {
				t.Errorf("HTTP %d: got %q, want the record %q in it: %t", status, err, record, retried)
			}
			if id := refused.Meta.RequestID; (id == "req-1") != (text == emptyPage) || !strings.Contains(err.Error(), id) {
				t.Errorf("HTTP %d with %.20q: got request id %q in %q", status, text, id, err)
			}
		}
	}
}

// A call that may have happened is sent again only after 429.
func TestHTTPStatusesOfCall(t *testing.T) {
	t.Parallel()
	for status := 300; status <= 600; status++ {
		_, retried := statusRule(status)
		client, transport := overMock(t, []confopenapi.Option{quick, confopenapi.WithPacing(false)}, says(status, ""))
		if err := call(t, client); confopenapi.IsRetryable(err) != (status == 429) {
			t.Errorf("HTTP %d: IsRetryable is %t, want %t", status, status != 429, status == 429)
		}
		idempotent := call(t, client, confopenapi.Idempotent())
		if confopenapi.IsRetryable(idempotent) != retried {
			t.Errorf("HTTP %d of an idempotent call: IsRetryable is %t, want %t", status, !retried, retried)
		}
		want := 2
		if retried {
			want += 3
		}
		if status == 429 {
			want += 3
		}
		wantAttempts(t, transport, want)
	}
}

func TestRetryNetworkErrors(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"reset": syscall.ECONNRESET, "eof": io.EOF, "unexpected eof": io.ErrUnexpectedEOF,
		"refused": &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"no name": &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "conf.example.com", IsNotFound: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, transport := overMock(t, []confopenapi.Option{quick}, breaks(failure))
			failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
			if !errors.Is(failed, failure) || failed.Attempts != 4 {
				t.Errorf("got %v after %d attempts, want %v after 4", failed, failed.Attempts, failure)
			}
			wantAttempts(t, transport, 4)
			client, transport = overMock(t, []confopenapi.Option{quick}, breaks(failure), says(200, emptyPage))
			if err := list(t.Context(), client); err != nil {
				t.Errorf("got %v, want a list from the second attempt", err)
			}
			wantAttempts(t, transport, 2)
		})
	}
}

// waited is how long a call waited between its first two attempts.
func waited(t *testing.T, policy confopenapi.RetryPolicy, status int, headers ...string) (wait time.Duration) {
	t.Helper()
	var first time.Time
	client, _ := overMock(t, []confopenapi.Option{confopenapi.WithRetry(policy)},
		func(req *http.Request) (*http.Response, error) {
			first = time.Now()
			return says(status, "", headers...)(req)
		},
		func(req *http.Request) (*http.Response, error) {
			wait = time.Since(first)
			return says(200, emptyPage)(req)
		})
	if err := list(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for name, c := range map[string]struct {
		headers  func() []string
		from, to time.Duration
	}{
		"seconds": {func() []string { return []string{"Retry-After", "7"} }, 7 * time.Second, 7700 * time.Millisecond},
		"padded":  {func() []string { return []string{"Retry-After", " 7 "} }, 7 * time.Second, 7700 * time.Millisecond},
		"a date":  {func() []string { return []string{"Retry-After", date(10 * time.Second)} }, 9 * time.Second, 11 * time.Second},
		"an RFC 850 date": {func() []string {
			return []string{"Retry-After", time.Now().Add(10 * time.Second).UTC().Format(time.RFC850)}
		}, 9 * time.Second, 11 * time.Second},
		"a date by the server's own clock": {func() []string {
			return []string{"Retry-After", date(time.Hour + 10*time.Second), "Date", date(time.Hour)}
		}, 9 * time.Second, 11 * time.Second},
		"a date in the past": {func() []string { return []string{"Retry-After", date(-time.Hour)} }, 125 * time.Millisecond, 250 * time.Millisecond},
		"zero":               {func() []string { return []string{"Retry-After", "0"} }, 125 * time.Millisecond, 250 * time.Millisecond},
		"negative":           {func() []string { return []string{"Retry-After", "-5"} }, 125 * time.Millisecond, 250 * time.Millisecond},
		"garbage":            {func() []string { return []string{"Retry-After", "soon"} }, 125 * time.Millisecond, 250 * time.Millisecond},
		"a fraction":         {func() []string { return []string{"Retry-After", "1.5"} }, 125 * time.Millisecond, 250 * time.Millisecond},
	} {
		for _, status := range []int{408, 425, 429, 500, 503} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					if wait := waited(t, confopenapi.RetryPolicy{}, status, c.headers()...); wait < c.from || wait > c.to {
						t.Errorf("waited %s, want %s to %s", wait, c.from, c.to)
					}
				})
			})
		}
	}
}

func TestRetryWaitTooLong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after, says string
		timeout     time.Duration
	}{
		"a day":               {"86400", "24h0m0s", 0},
		"overflows":           {"9999999999", "longer than the limit", 0},
		"overflows 64 bits":   {"99999999999999999999999", "longer than the limit", 0},
		"above the cap":       {"31", "longer than the limit of 30s", 0},
		"past the deadline":   {"20", "after the deadline", 10 * time.Second},
		"the backoff as well": {"", "after the deadline", 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, transport := overMock(t, nil, says(429, `{"request_id":"r-1"}`, "Retry-After", c.after))
				ctx := t.Context()
				if c.timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.timeout)
					defer cancel()
				}
				start := time.Now()
				err := list(ctx, client)
				refused := mustBe[*confopenapi.HTTPError](t, err)
				if time.Since(start) != 0 || !errors.Is(err, confopenapi.ErrRateLimited) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v after %s, want ErrRateLimited at once, with %q", err, time.Since(start), c.says)
				}
				if c.after != "" && refused.RetryAfter < 20*time.Second {
					t.Errorf("got RetryAfter %s, want at least 20s", refused.RetryAfter)
				}
				wantAttempts(t, transport, 1)
			})
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := map[time.Duration]bool{}
		for range 20 {
			var at []time.Time
			client, _ := overMock(t, []confopenapi.Option{confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 7, MinWait: time.Second})},
				func(req *http.Request) (*http.Response, error) {
					at = append(at, time.Now())
					return says(503, "")(req)
				})
			_ = list(t.Context(), client)
			for i, seconds := range []int{1, 2, 4, 5, 5, 5} {
				most := time.Duration(seconds) * time.Second
				wait := at[i+1].Sub(at[i])
				if wait < most/2 || wait > most {
					t.Errorf("wait %d is %s, want %s to %s", i, wait, most/2, most)
				}
				seen[wait] = true
			}
		}
		if len(seen) < 60 {
			t.Errorf("got %d different waits of 120, want at least 60", len(seen))
		}
	})
}

func TestRetryExtremePolicies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const century = 100 * 365 * 24 * time.Hour
		for _, policy := range []confopenapi.RetryPolicy{
			{MaxAttempts: 80, MinWait: 1, MaxWait: time.Hour},
			{MaxAttempts: 3, MinWait: century, MaxWait: century},
		} {
			client, transport := overMock(t, []confopenapi.Option{confopenapi.WithRetry(policy), confopenapi.WithTimeout(0)}, says(503, ""))
			start := time.Now()
			_ = list(t.Context(), client)
			wantAttempts(t, transport, policy.MaxAttempts)
			if time.Since(start) < policy.MinWait {
				t.Errorf("it took %s, want at least %s", time.Since(start), policy.MinWait)
			}
		}
	})
}

func TestContextEndsDuringBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, transport := overMock(t, nil, says(503, `{"request_id":"r-503"}`, "Retry-After", "20"))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		start := time.Now()
		err := list(ctx, client)
		failed := mustBe[*confopenapi.TransportError](t, err)
		if !errors.Is(err, context.Canceled) || errors.Is(err, confopenapi.ErrServer) || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %s, want context.Canceled after 5s", err, time.Since(start))
		}
		if failed.Attempts != 1 || failed.Meta.RequestID != "r-503" {
			t.Errorf("got %d attempts and %v, want 1 and the request id r-503", failed.Attempts, failed.Meta)
		}
		if !strings.Contains(err.Error(), "while waiting") || !strings.Contains(err.Error(), "HTTP 503") {
			t.Errorf("got %q, want \"while waiting\" and HTTP 503 in it", err)
		}
		wantAttempts(t, transport, 1)
	})
}

type limiter struct {
	waits atomic.Int64
	err   error
}

func (l *limiter) Wait(ctx context.Context) error {
	if l.waits.Add(1) > 2 && l.err != nil {
		return l.err
	}
	return ctx.Err()
}

func TestLimiterBeforeEveryAttempt(t *testing.T) {
	t.Parallel()
	l := new(limiter)
	client, transport := overMock(t, []confopenapi.Option{quick, confopenapi.WithLimiter(l)}, says(503, ""), says(502, ""), says(200, emptyPage))
	if err := list(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if l.waits.Load() != 3 {
		t.Errorf("got %d waits, want 3", l.waits.Load())
	}
	wantAttempts(t, transport, 3)

	refusal := errors.New("burst exceeded")
	var log strings.Builder
	l = &limiter{err: refusal}
	client, transport = overMock(t, []confopenapi.Option{
		quick, confopenapi.WithLimiter(l), confopenapi.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
	}, says(503, ""))
	failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
	if !errors.Is(failed, refusal) || failed.Attempts != 2 || !strings.HasSuffix(failed.Error(), ": HTTP 503 ×2)") {
		t.Errorf("got %v after %d attempts, want %q after 2, each once: HTTP 503 ×2", failed, failed.Attempts, refusal)
	}
	if n := l.waits.Load(); n != 3 || !confopenapi.IsRetryable(failed) {
		t.Errorf("the limiter was asked %d times, IsRetryable is %t; want 3 and true", n, confopenapi.IsRetryable(failed))
	}
	if unsent := regexp.MustCompile(`attempt=2 elapsed=\S*[mµ]s error="the limiter`); !unsent.MatchString(log.String()) {
		t.Errorf("the log has no attempt 2 that took milliseconds and was refused by the limiter:\n%s", log.String())
	}
	wantAttempts(t, transport, 2)
}

func TestRetryMappedStatus(t *testing.T) {
	t.Parallel()
	codes := confopenapi.WithStatusErrors(map[int]error{
		1: confopenapi.ErrRateLimited, 2: confopenapi.ErrServer, 3: confopenapi.ErrForbidden, 4: confopenapi.ErrUnauthorized,
	})
	for status, want := range map[int]int{1: 4, 2: 4, 3: 1, 4: 1, 5: 1} {
		client, transport := overMock(t, []confopenapi.Option{quick, confopenapi.WithPacing(false), codes}, says(200, fmt.Sprintf(`{"status":%d,"result":null}`, status)))
		if failed := mustBe[*confopenapi.StatusError](t, list(t.Context(), client)); failed.Code != status || failed.Meta.Attempts != want {
			t.Errorf("status %d: got %v after %d attempts, want %d", status, failed, failed.Meta.Attempts, want)
		}
		wantAttempts(t, transport, want)
	}
}

// The HTTP status may be that of a gateway; a mapped status in the body is the service's own.
func TestMappedStatusOutranksHTTPStatus(t *testing.T) {
	t.Parallel()
	codes := confopenapi.WithStatusErrors(map[int]error{40101: confopenapi.ErrUnauthorized, 42901: confopenapi.ErrRateLimited})
	for _, c := range []struct {
		status, code, attempts int
		want                   error
	}{
		{400, 40101, 1, confopenapi.ErrUnauthorized},
		{500, 40101, 1, confopenapi.ErrUnauthorized},
		{400, 42901, 4, confopenapi.ErrRateLimited},
		{500, 7, 4, confopenapi.ErrServer},
	} {
		client, transport := overMock(t, []confopenapi.Option{quick, confopenapi.WithPacing(false), codes}, says(c.status, fmt.Sprintf(`{"status":"%d"}`, c.code)))
		err := list(t.Context(), client)
		if failed := mustBe[*confopenapi.HTTPError](t, err); failed.Code != c.code || !errors.Is(err, c.want) {
			t.Errorf("HTTP %d with status %d: got %v, want %v", c.status, c.code, err, c.want)
		}
		wantAttempts(t, transport, c.attempts)
	}
	client, attempts := withSource(t, confopenapi.CacheTokens(new(issuer)), func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("token") == "token-2" {
			return says(200, emptyPage)(req)
		}
		return says(400, `{"status":40101}`)(req)
	}, codes)
	if err := list(t.Context(), client); err != nil {
		t.Errorf("got %v, want a list with the second token", err)
	}
	attempts(2)
}

func TestLimiterNetworkError(t *testing.T) {
	t.Parallel()
	refusal := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	client, transport := overMock(t, []confopenapi.Option{quick, confopenapi.WithLimiter(&refusing{refusal})}, says(200, emptyPage))
	for _, err := range []error{list(t.Context(), client), call(t, client)} {
		if failed := mustBe[*confopenapi.TransportError](t, err); !errors.Is(failed, refusal) || failed.Attempts != 0 {
			t.Errorf("got %v after %d attempts, want %v after 0", failed, failed.Attempts, refusal)
		}
	}
	wantAttempts(t, transport, 0)
}

type refusing struct{ err error }

func (r *refusing) Wait(context.Context) error { return r.err }

func TestErrorOfManyAttempts(t *testing.T) {
	t.Parallel()
	statuses := []int{500, 502, 503, 504, 429, 408, 425, 500, 502, 503}
	var n int
	client, _ := overMock(t, []confopenapi.Option{confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 500, MinWait: 1, MaxWait: 1}), confopenapi.WithPacing(false)},
		func(req *http.Request) (*http.Response, error) {
			n++
			return says(statuses[n%len(statuses)], "")(req)
		})
	if text := list(t.Context(), client).Error(); len(text) > 400 || !strings.Contains(text, "500 attempts") {
		t.Errorf("got %d bytes, want at most 400, with the number of attempts: %s", len(text), text)
	}
}

func TestMaxAttemptsOne(t *testing.T) {
	t.Parallel()
	client, transport := overMock(t, []confopenapi.Option{once}, says(503, ""))
	if err := list(t.Context(), client); !errors.Is(err, confopenapi.ErrServer) {
		t.Errorf("got %v, want ErrServer", err)
	}
	wantAttempts(t, transport, 1)
}
