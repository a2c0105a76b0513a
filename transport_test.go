package confopenapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// connections counts those that a server saw.
type connections struct{ opened atomic.Int64 }

func (c *connections) state(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		c.opened.Add(1)
	}
}

func overCountingServer(t *testing.T, count *connections, handler http.Handler, opts ...confopenapi.Option) (*confopenapi.Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ConnState = count.state
	srv.Start()
	t.Cleanup(srv.Close)
	client, err := confopenapi.NewClient(srv.URL, append([]confopenapi.Option{confopenapi.WithToken(mockToken)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client, srv
}

func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprintf("%d from https %t", status, secure), func(t *testing.T) {
				t.Parallel()
				var stolen atomic.Int64
				target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
				defer target.Close()
				var asked atomic.Int64
				handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					asked.Add(1)
					w.Header().Set("Location", target.URL+"/elsewhere")
					w.WriteHeader(status)
				})
				srv := httptest.NewUnstartedServer(handler)
				if secure {
					srv.StartTLS()
				} else {
					srv.Start()
				}
				defer srv.Close()
				for _, hc := range []*http.Client{srv.Client(), {
					Transport:     srv.Client().Transport,
					CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
				}} {
					asked.Store(0)
					client, err := confopenapi.NewClient(srv.URL, confopenapi.WithToken(mockToken), quick,
						confopenapi.WithTokenPlacement(confopenapi.TokenInBoth), confopenapi.WithHTTPClient(hc))
					if err != nil {
						t.Fatal(err)
					}
					err = list(t.Context(), client)
					if !errors.Is(err, confopenapi.ErrRedirect) || mustBe[*confopenapi.HTTPError](t, err).StatusCode != status {
						t.Errorf("got %v", err)
					}
					if asked.Load() != 1 {
						t.Errorf("%d attempts: a redirect was retried", asked.Load())
					}
				}
				if stolen.Load() != 0 {
					t.Error("the redirect's target was called")
				}
			})
		}
	}
}

func TestARedirectToNowhereIsARedirectStill(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"", "http://[broken", "https://user:secret@evil.example.com/%zz"} {
		client, transport := overMock(t, []confopenapi.Option{quick}, says(302, "", "Location", location))
		err := list(t.Context(), client)
		if !errors.Is(err, confopenapi.ErrRedirect) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", location, err)
		}
		wantAttempts(t, transport, 1)
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func TestGzipIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	good := zipped(emptyPage)
	damaged := []byte(good)
	damaged[len(damaged)-6] ^= 0xFF // in the checksum, behind the last byte of the text
	for name, c := range map[string]struct {
		bytes string
		want  bool
	}{
		"whole": {good, true}, "without its checksum": {good[:len(good)-8], false},
		"cut in the middle": {good[:len(good)/2], false}, "damaged": {string(damaged), false},
		"no gzip at all": {emptyPage, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			client, _ := overServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				if r.Header.Get("Accept-Encoding") != "gzip" {
					t.Error("no gzip asked for")
				}
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = io.WriteString(w, c.bytes)
			}), quick)
			err := list(t.Context(), client)
			if c.want {
				if err != nil {
					t.Error(err)
				}
				return
			}
			broken := mustBe[*confopenapi.TransportError](t, err)
			if broken.Meta.HTTPStatus != 200 || calls.Load() != 4 || broken.Attempts != 4 {
				t.Errorf("%d attempts: %v", calls.Load(), err)
			}
		})
	}
}

func TestTheLimitOfAnAnswer(t *testing.T) {
	t.Parallel()
	const limit = 1 << 10
	page := emptyPage[:len(emptyPage)-1] + strings.Repeat(" ", limit-len(emptyPage)) + "}"
	for name, c := range map[string]struct {
		body    string
		gzip    bool
		chunked bool
		fits    bool
	}{
		"exactly":              {page, false, false, true},
		"exactly, zipped":      {page, true, false, true},
		"one more":             {page + " ", false, false, false},
		"one more, chunked":    {page + " ", false, true, false},
		"one more, zipped":     {page + " ", true, false, false},
		"a bomb":               {strings.Repeat(" ", 10<<20), true, false, false},
		"huge without an end":  {strings.Repeat(" ", 1<<20), false, true, false},
		"huge error, harmless": {strings.Repeat(" ", 1<<20), false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			status := 200
			if strings.Contains(name, "error") {
				status = 403
			}
			client, _ := overServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				text := c.body
				if c.gzip {
					text = zipped(text)
					w.Header().Set("Content-Encoding", "gzip")
				}
				if !c.chunked {
					w.Header().Set("Content-Length", strconv.Itoa(len(text)))
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, text)
			}), quick, confopenapi.WithMaxResponseBytes(limit))
			err := list(t.Context(), client)
			switch {
			case c.fits:
				if err != nil {
					t.Error(err)
				}
				return
			case status == 403:
				if !errors.Is(err, confopenapi.ErrForbidden) {
					t.Errorf("the status is lost: %v", err)
				}
			default:
				mustBe[*confopenapi.DecodeError](t, err)
				if !errors.Is(err, confopenapi.ErrTooLarge) {
					t.Error(err)
				}
			}
			if calls.Load() != 1 {
				t.Errorf("%d attempts", calls.Load())
			}
		})
	}
}

// A server that closes connections without a word makes stale ones of those that the client keeps.
func TestStaleConnectionsAreNoFailures(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { answerOnceAndHangUp(conn) })
		}
	})
	defer served.Wait()
	defer func() { _ = listener.Close() }()
	client, err := confopenapi.NewClient("http://"+listener.Addr().String(), once)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	for i := range 300 {
		if err := list(t.Context(), client); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
}

func answerOnceAndHangUp(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	buf := make([]byte, 4096)
	if _, err := conn.Read(buf); err != nil {
		return
	}
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(emptyPage), emptyPage)
	_, _ = conn.Read(buf[:1]) // the next request arrives on a connection that is about to be gone
}

func TestConnectionsOfWaves(t *testing.T) {
	t.Parallel()
	const wave = 8
	count := new(connections)
	together := newBarrier(wave)
	client, _ := overCountingServer(t, count, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		together.wait()
		ok(w, r)
	}))
	for range 4 {
		inParallel(wave, func() {
			if err := list(t.Context(), client); err != nil {
				t.Error(err)
			}
		})
	}
	if got := count.opened.Load(); got > wave {
		t.Errorf("%d connections for waves of %d", got, wave)
	}
}

func inParallel(n int, f func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(f)
	}
	all.Wait()
}

// barrier lets requests go on when n have come.
type barrier struct {
	mu     sync.Mutex
	n, has int
	open   chan struct{}
}

func newBarrier(n int) *barrier { return &barrier{n: n, open: make(chan struct{})} }

func (b *barrier) wait() {
	b.mu.Lock()
	open := b.open
	if b.has++; b.has == b.n {
		b.has, b.open = 0, make(chan struct{})
		close(open)
	}
	b.mu.Unlock()
	<-open
}

func TestFailuresKeepTheConnection(t *testing.T) {
	t.Parallel()
	count := new(connections)
	var n atomic.Int64
	client, _ := overCountingServer(t, count, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 0 {
			w.Header().Set("Retry-After", "20")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		ok(w, r)
	}), confopenapi.WithTimeout(0))
	for name, fail := range map[string]func() error{
		"exhausted": func() error {
			client, err := client.With(once)
			return errors.Join(err, list(t.Context(), client))
		},
		"refused to wait": func() error {
			client, err := client.With(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxRetryAfter: time.Second}))
			return errors.Join(err, list(t.Context(), client))
		},
		"cancelled in the backoff": func() error {
			ctx, cancel := context.WithCancel(t.Context())
			client, err := client.With(confopenapi.WithLogger(slog.New(onRecord{slog.DiscardHandler, cancel})))
			return errors.Join(err, list(ctx, client))
		},
	} {
		for range 10 {
			if err := list(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			if err := fail(); !errors.Is(err, confopenapi.ErrRateLimited) && !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if got := count.opened.Load(); got != 1 {
			t.Errorf("%s: %d connections, want 1", name, got)
		}
	}
}

// onRecord calls a function for every log record: after an attempt, before its wait.
type onRecord struct {
	slog.Handler
	call func()
}

func (h onRecord) Enabled(context.Context, slog.Level) bool { return true }

func (h onRecord) Handle(context.Context, slog.Record) error {
	h.call()
	return nil
}

func TestABodyThatBreaksOffIsRetried(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(http.ResponseWriter){
		"before its length": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", strconv.Itoa(len(emptyPage)))
			_, _ = io.WriteString(w, emptyPage[:len(emptyPage)/2])
		},
		"between chunks": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, emptyPage[:len(emptyPage)/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) < 3 {
					cut(w)
					return
				}
				ok(w, r)
			})
			client, _ := overServer(t, handler, quick)
			page, err := client.ListByStatus(t.Context(), nil)
			if err != nil || page.Meta.Attempts != 3 {
				t.Fatalf("%v, %v", page, err)
			}
			n.Store(-1000)
			broken := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
			if !errors.Is(broken, io.ErrUnexpectedEOF) || broken.Meta.HTTPStatus != 200 || broken.Attempts != 4 {
				t.Errorf("%v", broken)
			}
		})
	}
}

func TestAJSONThatWasCutIsRetriedOnce(t *testing.T) {
	t.Parallel()
	client, transport := overMock(t, []confopenapi.Option{quick}, says(200, emptyPage[:40]), says(200, emptyPage))
	if err := list(t.Context(), client); err != nil {
		t.Error(err)
	}
	wantAttempts(t, transport, 2)
	client, transport = overMock(t, []confopenapi.Option{quick}, says(200, emptyPage[:40]))
	err := list(t.Context(), client)
	if broken := mustBe[*confopenapi.DecodeError](t, err); broken.Meta.Attempts != 2 {
		t.Error(err)
	}
	wantAttempts(t, transport, 2)
}

// slowBody gives a byte a second, for as long as the attempt lives.
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

func TestAnAttemptsTimeoutIsNotTheCallers(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]func(*http.Request) (*http.Response, error){"no header": never, "slow body": slowly} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, transport := overMock(t, []confopenapi.Option{confopenapi.WithAttemptTimeout(3 * time.Second), confopenapi.WithTimeout(0)}, hang)
				start := time.Now()
				failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
				if errors.Is(failed, context.DeadlineExceeded) || !errors.Is(failed, os.ErrDeadlineExceeded) {
					t.Errorf("%v", failed)
				}
				if took := time.Since(start); took < 12*time.Second || took > 14*time.Second || failed.Attempts != 4 {
					t.Errorf("%d attempts in %s, want 4 of 3 s and short waits", failed.Attempts, took)
				}
				wantAttempts(t, transport, 4)
			})
		})
	}
}

func TestTheCallersDeadlineAndCancellation(t *testing.T) {
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
			nil, []error{context.DeadlineExceeded},
		},
		"cancelled with a cause": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				stop := time.AfterFunc(2*time.Second, func() { cancel(why) })
				return ctx, func() { stop.Stop(); cancel(nil) }
			},
			nil, []error{context.Canceled, why},
		},
		"the call's own time": {
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
			[]confopenapi.Option{confopenapi.WithTimeout(2 * time.Second)}, []error{context.DeadlineExceeded},
		},
		"the default": {
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
			[]confopenapi.Option{confopenapi.WithAttemptTimeout(0)}, []error{context.DeadlineExceeded},
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
						t.Errorf("%v is not %v", failed, want)
					}
				}
				if errors.Is(failed, confopenapi.ErrServer) || errors.Is(failed, os.ErrDeadlineExceeded) {
					t.Errorf("the server is blamed: %v", failed)
				}
				want := 2 * time.Second
				if name == "the default" {
					want = time.Minute
				}
				if took := time.Since(start); took != want || failed.Attempts != 1 {
					t.Errorf("%d attempts in %s", failed.Attempts, took)
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
			t.Error(failed)
		}
		wantAttempts(t, transport, 0)
	})
}

func TestATimeoutOfTheCallersHTTPClientBoundsAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := confopenapi.NewClient(mockBase, once,
			confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(never), Timeout: time.Second}))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := list(t.Context(), client); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%s: %v", time.Since(start), err)
		}
	})
}

func TestCookiesOfTheJarAreSentOnce(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	var n int
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		cookies = append(cookies, req.Header.Get("Cookie"))
		if n++; n < 4 {
			return says(503, "", "Set-Cookie", "route=a; Path=/")(req)
		}
		return says(200, emptyPage)(req)
	})
	client, err := confopenapi.NewClient(mockBase, quick, confopenapi.WithHTTPClient(&http.Client{Transport: transport, Jar: jar}))
	if err != nil {
		t.Fatal(err)
	}
	if err := list(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(cookies, "|"); got != "|route=a|route=a|route=a" {
		t.Errorf("cookies of the attempts: %s", got)
	}
}

func TestTransportsThatBreakTheRules(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]roundTripper{
		"nothing":  func(*http.Request) (*http.Response, error) { return nil, nil },
		"no body":  func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
		"status 0": func(req *http.Request) (*http.Response, error) { return says(0, emptyPage)(req) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := confopenapi.NewClient(mockBase, quick, confopenapi.WithHTTPClient(&http.Client{Transport: answer}))
			if err != nil {
				t.Fatal(err)
			}
			if err := list(t.Context(), client); err == nil {
				t.Error("a success")
			}
		})
	}
}

const silentChild = "CONFOPENAPI_TEST_SILENT_CHILD"

// beSilent fails calls in a process of its own, whose output the parent looks at.
func beSilent() int {
	client, err := confopenapi.NewClient("http://127.0.0.1:1", confopenapi.WithToken(mockToken), quick)
	if err != nil {
		return 3
	}
	if err := list(context.Background(), client); err == nil {
		return 4
	}
	return 0
}

func TestNothingIsPrinted(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), silentChild+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
