package network_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// connections counts those that a server saw. On a machine too busy to say within 50 ms that a request is written, net/http
// closes its connection after the response: then another takes its place.
type connections struct{ opened, open atomic.Int64 }

func (c *connections) state(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.opened.Add(1)
		c.open.Add(1)
	case http.StateClosed:
		c.open.Add(-1)
	}
}

func overCountingServer(t *testing.T, count *connections, handler http.Handler, opts ...confopenapi.Option) (*confopenapi.Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ConnState = count.state
	srv.Start()
	t.Cleanup(srv.Close)
	client, err := confopenapi.NewClient(srv.URL, append([]confopenapi.Option{confopenapi.WithToken(token)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client, srv
}

// If a server closes idle connections without notice, the client still keeps them. Each such connection costs one attempt.
func TestStaleConnectionsCostOneAttempt(t *testing.T) {
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
			served.Go(func() { respondOnceAndClose(conn) })
		}
	})
	defer served.Wait()
	defer func() { _ = listener.Close() }()
	client, err := confopenapi.NewClient("http://"+listener.Addr().String(), quick)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	for i := range 300 {
		if meta, err := calls[2].do(t.Context(), client); err != nil || meta.Attempts > 2 {
			t.Fatalf("call %d: %d attempts, %v", i, meta.Attempts, err)
		}
	}
}

func respondOnceAndClose(conn net.Conn) {
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

func TestConnectionsOfSnapshots(t *testing.T) {
	t.Parallel()
	const inFlight = 8
	service := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(4000, 1)...),
		confopenapitest.WithMaxCount(100), confopenapitest.WithOrder(confopenapitest.OrderStartDown))
	count := new(connections)
	client, _ := overCountingServer(t, count, service, confopenapi.WithToken(service.Token()))
	for i := range 4 {
		if _, err := client.Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Parallel: inFlight}); err != nil {
			t.Fatal(err)
		}
		if opened := count.opened.Load(); opened > 2*inFlight {
			t.Errorf("%d connections opened after snapshot %d with %d in flight", opened, i+1, inFlight)
		}
	}
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
	}), confopenapi.WithTimeout(0), confopenapi.WithPacing(false))
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
