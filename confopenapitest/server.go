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
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// inMemory is the URL of a server that does not listen.
const inMemory = "https://conf.example.com"

// TB is what NewServer needs of a *testing.T or *testing.B.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Server is the fake service. It serves the endpoint under any path prefix, holds the live list, and records the requests.
// NewServer and Start make one that listens on loopback. Each Server is also an http.Handler, and an http.RoundTripper that
// needs no network. It is safe for concurrent use; each request sees one state of the list.
//
// Without WithClock, the list changes with the number of requests and never with the clock: the same options, requests and
// changes give the same bytes.
type Server struct {
	// URL is the base URL. A server made by New does not listen: only its Client and its RoundTrip reach it.
	URL string

	settings
	tb      TB           // nil without NewServer
	stop    func() error // once
	closing chan struct{}

	active   sync.WaitGroup // requests in progress; Add only while open
	accepted sync.WaitGroup // connections of the HTTP server, without hijacked ones

	mu        sync.Mutex
	closed    bool
	hijacked  map[net.Conn]bool
	opened    int // connections
	inFlight  int
	peak      int // of inFlight
	count     int // requests so far; the list's time
	list      *livelist.List
	pages     *livelist.Server
	catalog   catalog
	tokens    tokens
	rules     []*rule
	intercept func(*Exchange)
	log       []Request
}

// New returns a fake that does not listen and needs no Close. Its Client reaches it in memory, also in a bubble of
// testing/synctest. As an http.Handler it can be part of a server of your own.
func New(opts ...Option) *Server {
	s := &Server{
		URL: inMemory, settings: defaultSettings(),
		closing: make(chan struct{}), hijacked: make(map[net.Conn]bool),
	}
	for _, opt := range opts {
		opt(&s.settings)
	}
	s.stop = sync.OnceValue(func() error { s.end(); return nil })
	s.catalog.exampleSpelling, s.catalog.clock = s.exampleSpelling, s.clock
	s.tokens.init(s.token.Reveal(), s.tokenLimits)
	s.Inject(s.faults...)
	s.newList(s.conferences)
	return s
}

// NewServer starts a server that closes at the end of the test. It fails the test if it cannot listen, and when a request
// breaks the documented contract, unless WithLenience is given.
func NewServer(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.tb = tb
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("%v", err)
		}
	})
	return s
}

// Start starts a server outside a test. The caller closes it.
func Start(opts ...Option) (*Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("confopenapitest: %w", err)
	}
	s := New(opts...)
	s.URL = "http://" + listener.Addr().String()
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ConnState: s.connState,
		ErrorLog: log.New(io.Discard, "", 0), // tests break connections on purpose
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s.stop = sync.OnceValue(func() error {
		err := server.Close()
		if end := <-served; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
		s.end()
		s.accepted.Wait()
		if err != nil {
			return fmt.Errorf("confopenapitest: %w", err)
		}
		return nil
	})
	return s, nil
}

func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.accepted.Add(1)
		s.mu.Lock()
		s.opened++
		s.mu.Unlock()
	case http.StateClosed, http.StateHijacked:
		s.accepted.Done()
	case http.StateActive, http.StateIdle:
	}
}

// Format prints the URL, whatever the verb, and nothing of what the server holds.
func (s *Server) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "confopenapitest server "+s.URL)
}

// Close ends the server, its connections and all responses in progress, and returns when they have ended. An interceptor must
// not call it. A second Close returns the same error as the first.
func (s *Server) Close() error { return s.stop() }

func (s *Server) end() {
	s.mu.Lock()
	s.closed = true
	close(s.closing)
	for conn := range s.hijacked {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.active.Wait()
}

// enter counts a request in progress. It returns false once the server is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.active.Add(1)
	s.inFlight++
	s.peak = max(s.peak, s.inFlight)
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	s.active.Done()
}

func locked[T any](s *Server, value *T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *value
}

// PeakInFlight is the largest number of requests in progress at the same time, slow responses included.
func (s *Server) PeakInFlight() int { return locked(s, &s.peak) }

// Connections is the number of connections that clients have opened so far.
func (s *Server) Connections() int { return locked(s, &s.opened) }

// Client returns a client of the server with the latest token, unless opts set another. Invalid options fail the test;
// without a test they panic.
func (s *Server) Client(opts ...confopenapi.Option) *confopenapi.Client {
	var own []confopenapi.Option
	if token := s.Token(); token != "" {
		own = append(own, confopenapi.WithToken(token))
	}
	if s.URL == inMemory {
		own = append(own, confopenapi.WithHTTPClient(&http.Client{Transport: s}))
	}
	client, err := confopenapi.NewClient(s.URL, own...)
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
