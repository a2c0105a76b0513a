//go:build linux

package e2e_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// served has the HTTP/2 server of Go before the service. wrap sees the nth request, and answers it or passes it on.
func (s *scene) served(configure func(*httptest.Server), wrap func(n int64, w http.ResponseWriter, r *http.Request)) {
	var n atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wrap(n.Add(1), w, r)
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authorities.trusted.issue(s.T)}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = quiet
	if configure != nil {
		configure(server)
	}
	server.StartTLS()
	s.Cleanup(server.Close)
	s.base = server.URL
	s.wantHTTP2()
}

var http2Faults = []fault{
	{name: "GOAWAY after every second request", want: all(proven), set: func(s *scene) {
		s.served(nil, func(n int64, w http.ResponseWriter, r *http.Request) {
			if n%2 == 0 {
				w.Header().Set("Connection", "close") // which Go's server makes into GOAWAY
			}
			s.kit.ServeHTTP(w, r)
		})
	}},
	{name: "one stream at a time", want: all(proven), set: func(s *scene) {
		s.served(func(server *httptest.Server) {
			server.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1}
		}, func(_ int64, w http.ResponseWriter, r *http.Request) { s.kit.ServeHTTP(w, r) })
	}},
	{name: "every fourth stream is reset", want: but(recovered, transport("no answer")), set: func(s *scene) {
		s.served(nil, func(n int64, w http.ResponseWriter, r *http.Request) {
			if n%4 == 1 {
				panic(http.ErrAbortHandler)
			}
			s.kit.ServeHTTP(w, r)
		})
	}},
	{name: "every fourth stream is reset in the answer", want: but(recovered, transport("cut")), set: func(s *scene) {
		s.served(nil, func(n int64, w http.ResponseWriter, r *http.Request) {
			if n%4 != 1 {
				s.kit.ServeHTTP(w, r)
				return
			}
			_, _ = w.Write([]byte(`{"status":0,`))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
	}},
	{name: "every fourth connection is closed in the answer", want: but(recovered, transport("cut")), set: func(s *scene) {
		conns := &connections{}
		s.served(conns.watch, func(n int64, w http.ResponseWriter, r *http.Request) {
			if n%4 != 1 {
				s.kit.ServeHTTP(w, r)
				return
			}
			_, _ = w.Write([]byte(`{"status":0,`))
			_ = http.NewResponseController(w).Flush()
			conns.each(func(c *fading) { _ = c.Close() })
		})
	}},
	{
		name: "the connection dies without a word in the middle", want: laterOn(recovered),
		set: func(s *scene) {
			conns := &connections{}
			s.served(conns.watch, func(_ int64, w http.ResponseWriter, r *http.Request) { s.kit.ServeHTTP(w, r) })
			s.before = func(n int, _ *http.Request) {
				if n == 3 {
					conns.each((*fading).fade)
				}
			}
		},
	},
}

func TestHTTP2(t *testing.T) { play(t, "net/http, HTTP/2") }

// connections are those of a server.
type connections struct {
	net.Listener
	mu   sync.Mutex
	open []*fading
}

func (c *connections) watch(server *httptest.Server) {
	c.Listener = server.Listener
	server.Listener = c
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

// fading is a connection that can go silent, as one does whose way is lost: what comes is not seen and what is sent does
// not arrive, pings and their answers too.
type fading struct {
	net.Conn
	faded atomic.Bool
}

func (f *fading) fade() { f.faded.Store(true) }

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
