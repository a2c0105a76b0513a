package confopenapi_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"go.uber.org/goleak"

	"github.com/confopenapi/confopenapi-go"
)

var prove = flag.Bool("prove", false, "repeat what chance decides as often as make prove does")

// rounds is how often a test repeats what chance decides: with -short, by default, and in make prove.
func rounds(short, usual, proof int) int {
	switch {
	case *prove:
		return proof
	case testing.Short():
		return short
	}
	return usual
}

func TestMain(m *testing.M) {
	if os.Getenv(silentChild) != "" {
		os.Exit(beSilent())
	}
	goleak.VerifyTestMain(m)
}

const (
	mockBase  = "https://conf.example.com/prefix"
	mockToken = "token-for-tests-4711"
	emptyPage = `{"status":0,"result":{"totalCount":0,"confList":[]},"msg":"success","request_id":"req-1"}`
)

// quick retries without waits.
var quick = confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond})

// overMock is a client over a private mock transport whose responses come in turn, the last one for good.
func overMock(t *testing.T, opts []confopenapi.Option, responses ...httpmock.Responder) (*confopenapi.Client, *httpmock.MockTransport) {
	t.Helper()
	transport := httpmock.NewMockTransport()
	var n atomic.Int64
	transport.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		i := min(int(n.Add(1)), len(responses)) - 1
		return responses[i](req)
	})
	return overTransport(t, transport, opts...), transport
}

// overTransport is a client over a transport, or with options that bring one.
func overTransport(t testing.TB, transport http.RoundTripper, opts ...confopenapi.Option) *confopenapi.Client {
	t.Helper()
	client, err := confopenapi.NewClient(mockBase, append([]confopenapi.Option{
		confopenapi.WithToken(mockToken), confopenapi.WithHTTPClient(&http.Client{Transport: transport}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// says makes responses of a status, a body, and headers by name and value.
func says(status int, body string, headers ...string) httpmock.Responder {
	return func(req *http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(status, body)
		resp.Request = req
		for i := 0; i+1 < len(headers); i += 2 {
			resp.Header.Add(headers[i], headers[i+1])
		}
		return resp, nil
	}
}

func breaks(err error) httpmock.Responder { return httpmock.NewErrorResponder(err) }

// overServer is a client of a real server on loopback.
func overServer(t *testing.T, handler http.Handler, opts ...confopenapi.Option) (*confopenapi.Client, *httptest.Server) {
	t.Helper()
	return overCountingServer(t, new(connections), handler, opts...)
}

// connections counts those of a server. On a busy machine net/http may close a connection and open another: it does if a request
// is not reported as written within 50 ms of its response.
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
	client, err := confopenapi.NewClient(srv.URL, append([]confopenapi.Option{confopenapi.WithToken(mockToken)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client, srv
}

// derive is Client.With, which must not fail.
func derive(t testing.TB, client *confopenapi.Client, opts ...confopenapi.Option) *confopenapi.Client {
	t.Helper()
	derived, err := client.With(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return derived
}

// inParallel calls f n times at once, and waits for all of them.
func inParallel(n int, f func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(f)
	}
	all.Wait()
}

// isTyped reports whether an error is that of one call.
func isTyped(err error) bool {
	for _, target := range []any{
		new(*confopenapi.StatusError), new(*confopenapi.HTTPError), new(*confopenapi.DecodeError),
		new(*confopenapi.TransportError), new(*confopenapi.RequestError),
	} {
		if errors.As(err, target) {
			return true
		}
	}
	return false
}

// list calls and returns the error alone.
func list(ctx context.Context, client *confopenapi.Client) error {
	_, err := client.ListByStatus(ctx, nil)
	return err
}

// mustBe fails unless err is a T, which it returns.
func mustBe[T error](t *testing.T, err error) T {
	t.Helper()
	found, ok := errors.AsType[T](err)
	if !ok {
		t.Fatalf("got %T (%v), want %T", err, err, found)
	}
	return found
}

// bodies are all response bodies of testdata, by the names of their files.
func bodies(t testing.TB) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "listbystatus", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("got %d files in testdata, %v", len(paths), err)
	}
	texts := map[string]string{}
	for _, path := range paths {
		texts[filepath.Base(path)] = body(t, filepath.Base(path))
	}
	return texts
}

// body is one of them.
func body(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "listbystatus", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func wantAttempts(t *testing.T, transport *httpmock.MockTransport, want int) {
	t.Helper()
	if got := transport.GetTotalCallCount(); got != want {
		t.Errorf("got %d attempts, want %d", got, want)
	}
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, emptyPage) }
