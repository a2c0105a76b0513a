package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/confopenapi/confopenapi-go"
)

// connections counts those that a server saw. On a machine too busy to say within 50 ms that a request is written, net/http
// closes its connection after the answer: then another takes its place.
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

func inParallel(n int, f func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(f)
	}
	all.Wait()
}

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

func TestBodiesAreClosed(t *testing.T) {
	t.Parallel()
	var opened, closed atomic.Int64
	var n atomic.Int64
	answers := []func(*http.Request) (*http.Response, error){
		says(200, emptyPage), says(503, "x"), says(200, emptyPage[:9]), says(302, ""), says(401, "{}"), says(200, `{"status":7}`),
	}
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := answers[n.Add(1)%int64(len(answers))](req)
		if err == nil {
			opened.Add(1)
			resp.Body = countedBody{resp.Body, &closed}
		}
		return resp, err
	})
	client, err := confopenapi.NewClient(mockBase, quick, confopenapi.WithHTTPClient(&http.Client{Transport: transport}),
		confopenapi.WithMaxResponseBytes(200))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		_ = list(context.Background(), client)
	}
	if opened.Load() != closed.Load() {
		t.Errorf("%d bodies, %d closed", opened.Load(), closed.Load())
	}
}

type countedBody struct {
	io.ReadCloser
	closed *atomic.Int64
}

func (b countedBody) Close() error {
	b.closed.Add(1)
	return b.ReadCloser.Close()
}

func ExampleMeta() {
	fmt.Println(confopenapi.Meta{HTTPStatus: 200, RequestID: "r-1", Attempts: 1})
	// Output: HTTP 200, request id "r-1", attempts 1, elapsed 0s
}
