package confopenapi_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// slowBody gives a byte a second until its context ends.
type slowBody struct{ ctx context.Context }

func (b slowBody) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	}
}

func (slowBody) Close() error { return nil }

func slowly(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: slowBody{req.Context()}, ContentLength: -1, Request: req}, nil
}

func never(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]func(*http.Request) (*http.Response, error){"no header": never, "slow body": slowly} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, transport := overMock(t, []confopenapi.Option{confopenapi.WithAttemptTimeout(3 * time.Second), confopenapi.WithTimeout(0)}, hang)
				start := time.Now()
				failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
				if errors.Is(failed, context.DeadlineExceeded) || !errors.Is(failed, os.ErrDeadlineExceeded) {
					t.Errorf("got %v, want os.ErrDeadlineExceeded, and no error of a context", failed)
				}
				if took := time.Since(start); took < 12*time.Second || took > 14*time.Second || failed.Attempts != 4 {
					t.Errorf("got %d attempts in %s, want 4 of 3s and short waits", failed.Attempts, took)
				}
				wantAttempts(t, transport, 4)
			})
		})
	}
}

// TestTransportTimeout has a dialer and a transport give up, with errors that match context.DeadlineExceeded.
func TestTransportTimeout(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]http.RoundTripper{
		"dialer": &http.Transport{DialContext: (&net.Dialer{Timeout: time.Nanosecond}).DialContext}, // it fails before anything is sent
		"middleware": roundTripper(func(req *http.Request) (*http.Response, error) {
			ctx, cancel := context.WithTimeout(req.Context(), time.Nanosecond)
			defer cancel()
			return never(req.WithContext(ctx))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := confopenapi.NewClient("https://192.0.2.1", quick, confopenapi.WithHTTPClient(&http.Client{Transport: transport}))
			if err != nil {
				t.Fatal(err)
			}
			failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
			if errors.Is(failed, context.DeadlineExceeded) || !errors.Is(failed, os.ErrDeadlineExceeded) || failed.Attempts != 4 {
				t.Errorf("got %v after %d attempts, want os.ErrDeadlineExceeded after 4, and no error of a context", failed, failed.Attempts)
			}
		})
	}
}

func TestCallEndsWithContext(t *testing.T) {
	t.Parallel()
	why := errors.New("the job was called off")
	for name, c := range map[string]struct {
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		opts []confopenapi.Option
		want []error
	}{
		"deadline": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 2*time.Second)
			},
			nil,
			[]error{context.DeadlineExceeded},
		},
		"cancelled with a cause": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				stop := time.AfterFunc(2*time.Second, func() { cancel(why) })
				return ctx, func() { stop.Stop(); cancel(nil) }
			},
			nil,
			[]error{context.Canceled, why},
		},
		"the call's own time": {
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
			[]confopenapi.Option{confopenapi.WithTimeout(2 * time.Second)},
			[]error{context.DeadlineExceeded},
		},
		"the call's own time before a later deadline": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Hour)
			},
			[]confopenapi.Option{confopenapi.WithTimeout(2 * time.Second)},
			[]error{context.DeadlineExceeded},
		},
		"the default": {
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
			[]confopenapi.Option{confopenapi.WithAttemptTimeout(0)},
			[]error{context.DeadlineExceeded},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, transport := overMock(t, c.opts, never)
				ctx, cancel := c.ctx(t.Context())
				defer cancel()
				start := time.Now()
				failed := mustBe[*confopenapi.TransportError](t, list(ctx, client))
				for _, want := range c.want {
					if !errors.Is(failed, want) {
						t.Errorf("got %v, want it to match %v", failed, want)
					}
				}
				if errors.Is(failed, confopenapi.ErrServer) || errors.Is(failed, os.ErrDeadlineExceeded) {
					t.Errorf("got %v, want no error of the service", failed)
				}
				want := 2 * time.Second
				if name == "the default" {
					want = time.Minute
				}
				if took := time.Since(start); took != want || failed.Attempts != 1 {
					t.Errorf("got %d attempts in %s, want 1 in %s", failed.Attempts, took, want)
				}
				wantAttempts(t, transport, 1)
			})
		})
	}
	t.Run("before the call", func(t *testing.T) {
		t.Parallel()
		client, transport := overMock(t, nil, says(200, emptyPage))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		failed := mustBe[*confopenapi.TransportError](t, list(ctx, client))
		if !errors.Is(failed, context.Canceled) || failed.Attempts != 0 {
			t.Errorf("got %v after %d attempts, want context.Canceled after 0", failed, failed.Attempts)
		}
		wantAttempts(t, transport, 0)
	})
}

func TestHTTPClientTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, attempt := range []time.Duration{0, time.Minute} {
			client := overTransport(t, nil, once, confopenapi.WithAttemptTimeout(attempt),
				confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(never), Timeout: time.Second}))
			start := time.Now()
			if err := list(t.Context(), client); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("got %v after %s, want os.ErrDeadlineExceeded after 1s", err, time.Since(start))
			}
		}
	})
}

// If the caller's deadline and the attempt's timeout are one instant, the deadline counts.
func TestDeadlineAtAttemptTimeout(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			client := overTransport(t, roundTripper(never), confopenapi.WithAttemptTimeout(15*time.Second))
			if err := list(ctx, client); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want context.DeadlineExceeded", err)
			}
		})
	}
}
