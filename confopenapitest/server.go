package confopenapitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// TB is what NewServer needs of a *testing.T or *testing.B.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Server is a Service that listens on loopback. It is safe for concurrent use.
type Server struct {
	*Service
	// URL is the base URL, "http://127.0.0.1:" and a port.
	URL string

	tb    TB // nil after Start
	http  *http.Server
	conns sync.WaitGroup // connections that the HTTP server looks after
	close func() error   // once

	opened atomic.Int64 // connections
}

// NewServer starts a server that ends with the test. It fails the test if it cannot listen, and, unless WithLenience is
// among opts, whenever a request breaks the documented contract.
func NewServer(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.tb = tb
	s.complain = func(text string) { tb.Errorf("%s", text) }
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("%v", err)
		}
	})
	return s
}

// Start starts a server outside of a test. The caller closes it.
func Start(opts ...Option) (*Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("confopenapitest: %w", err)
	}
	s := &Server{Service: NewService(opts...), URL: "http://" + listener.Addr().String()}
	s.http = &http.Server{
		Handler: s.Service, ReadHeaderTimeout: 10 * time.Second, ConnState: s.connState,
		ErrorLog: log.New(io.Discard, "", 0), // what clients do to their connections is part of tests
	}
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(listener) }()
	s.close = sync.OnceValue(func() error { return s.shut(served) })
	return s, nil
}

// connState counts connections, so that Close can wait for the last.
func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
		s.opened.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	case http.StateActive, http.StateIdle:
	}
}

// Connections is how many connections clients have opened so far.
func (s *Server) Connections() int { return int(s.opened.Load()) }

// Close ends the server, its connections and whatever is being answered, and returns when all of it is gone. It must not
// be called by an interceptor. A second Close returns what the first did.
func (s *Server) Close() error { return s.close() }

func (s *Server) shut(served <-chan error) error {
	err := s.http.Close()
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	s.Service.close()
	s.conns.Wait()
	if err != nil {
		return fmt.Errorf("confopenapitest: %w", err)
	}
	return nil
}

// Client returns a client of the server that carries the token that was issued last, unless opts say otherwise. Bad options
// fail the test; a server of Start panics.
func (s *Server) Client(opts ...confopenapi.Option) *confopenapi.Client {
	var token []confopenapi.Option
	if s.Token() != "" {
		token = append(token, confopenapi.WithToken(s.Token()))
	}
	client, err := confopenapi.NewClient(s.URL, token...)
	if err == nil {
		client, err = client.With(opts...)
	}
	if err == nil {
		return client
	}
	if s.tb == nil {
		panic(err)
	}
	s.tb.Helper()
	s.tb.Fatalf("%v", err)
	return nil
}
