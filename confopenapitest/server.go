package confopenapitest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// TB is what NewServer needs of a *testing.T or *testing.B.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Server is a Service that listens on loopback.
type Server struct {
	*Service
	// URL is the base URL, "http://127.0.0.1:" and a port.
	URL string

	tb     TB // nil after Start
	http   *http.Server
	served chan error
}

// NewServer starts a server that ends with the test. It fails the test if it cannot listen.
func NewServer(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.tb = tb
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Fatalf("%v", err)
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
	s := &Server{
		Service: NewService(opts...),
		URL:     "http://" + listener.Addr().String(),
		served:  make(chan error, 1),
	}
	s.http = &http.Server{Handler: s.Service, ReadHeaderTimeout: 10 * time.Second}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

// Close ends the server and its connections, and returns when it is gone.
func (s *Server) Close() error {
	if err := s.http.Close(); err != nil {
		return fmt.Errorf("confopenapitest: %w", err)
	}
	if err, ok := <-s.served; ok {
		close(s.served)
		if !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("confopenapitest: %w", err)
		}
	}
	return nil
}

// Client returns a client of the server that carries its token, unless opts say otherwise. Bad options fail the test; a
// server of Start panics.
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
