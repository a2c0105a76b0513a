//go:build linux

package e2e_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// served puts the HTTP/2 server of Go before the service. wrap, if any, sees the nth request, and returns whether it responded.
func (s *scene) served(wrap func(n int64, w http.ResponseWriter) bool, configure ...func(*httptest.Server)) {
	var n atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wrap == nil || !wrap(n.Add(1), w) {
			s.kit.ServeHTTP(w, r)
		}
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{trusted.Certificate}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, f := range configure {
		f(server)
	}
	server.StartTLS()
	s.Cleanup(server.Close)
	s.base = server.URL
	s.wantHTTP2()
}

// everyFourth does something bad instead of the service, beginning with the first request.
func everyFourth(bad func(http.ResponseWriter)) func(int64, http.ResponseWriter) bool {
	return func(n int64, w http.ResponseWriter) bool {
		if n%4 == 1 {
			bad(w)
		}
		return n%4 == 1
	}
}

// begun is a response that does not go on.
func begun(w http.ResponseWriter) {
	_, _ = w.Write([]byte(`{"status":0,`))
	_ = http.NewResponseController(w).Flush()
}

var http2Faults = []fault{
	{name: "GOAWAY after every second request", want: all(proven), or: recovered, set: func(s *scene) {
		s.served(func(n int64, w http.ResponseWriter) bool {
			if n%2 == 0 {
				w.Header().Set("Connection", "close") // which Go's server makes into GOAWAY
			}
			return false
		})
	}},
	{name: "one stream at a time", want: all(proven), or: recovered, set: func(s *scene) {
		s.served(nil, func(server *httptest.Server) { server.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1} })
	}},
	{name: "every fourth stream is reset", want: but(recovered, transport("no response")), set: func(s *scene) {
		s.served(everyFourth(func(http.ResponseWriter) { panic(http.ErrAbortHandler) }))
	}},
	{name: "every fourth stream is reset in the response", want: but(recovered, transport("cut")), set: func(s *scene) {
		s.served(everyFourth(func(w http.ResponseWriter) {
			begun(w)
			panic(http.ErrAbortHandler)
		}))
	}},
	{name: "every fourth connection is closed in the response", want: but(recovered, transport("cut")), or: transport("no response"), set: func(s *scene) {
		conns := &connections{}
		s.served(everyFourth(func(w http.ResponseWriter) {
			begun(w)
			conns.each(func(c *fading) { _ = c.Close() })
		}), conns.watch)
	}},
	{name: "the connection dies without a word in the middle", want: laterOn(recovered), set: func(s *scene) {
		conns := &connections{}
		s.served(nil, conns.watch)
		s.atThird(func() { conns.each(func(c *fading) { c.faded.Store(true) }) })
	}},
}

func TestHTTP2(t *testing.T) { play(t, "net/http, HTTP/2") }

// connections are those of a server.
type connections struct {
	net.Listener
	mu   sync.Mutex
	open []*fading
}

func (c *connections) watch(server *httptest.Server) {
	c.Listener, server.Listener = server.Listener, c
}

func (c *connections) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &fading{Conn: conn}
	c.open = append(c.open, f)
	return f, nil
}

// each does something to all connections so far.
func (c *connections) each(do func(*fading)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.open {
		do(f)
	}
	c.open = nil
}

// fading is a connection that can go silent, as when a route is lost: nothing arrives on either side, not even a ping.
type fading struct {
	net.Conn
	faded atomic.Bool
}

func (f *fading) Read(p []byte) (int, error) {
	for {
		n, err := f.Conn.Read(p)
		if err != nil || !f.faded.Load() {
			return n, err
		}
	}
}

func (f *fading) Write(p []byte) (int, error) {
	if f.faded.Load() {
		return len(p), nil
	}
	return f.Conn.Write(p)
}
