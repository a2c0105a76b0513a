// Package web is the live picture for people: a page, its data as JSON and as server-sent events, and metrics, all from one View.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/metrics"
)

// Options are what is shown, and to whom.
type Options struct {
	Fleet    *fleet.Fleet // what is shown instead of a Client's list; nil = there is a Client
	Client   *confopenapi.Client
	Request  confopenapi.ListByStatusRequest
	Interval time.Duration // from poll to poll
	Service  string        // its name
	Embedded bool          // it is a fake

	StaleAfter       time.Duration                 // the age from which the list is stale
	WithPersonalData bool                          // show the names of hosts
	Explain          func(error) Text              // an error in words
	Because          func(confopenapi.Reason) Text // a reason in words
	OnState          func(State, error)            // hears of a state in which something is wrong, and of the end of that; nil = nobody

	Record   func(*confopenapi.Snapshot) error // writes each poll to the history; nil = there is none
	History  http.Handler                      // of GET /api/v1/runs, samples and openapi.json; nil = there is none
	Past     []Sample                          // the totals of before, by time
	Problems <-chan error                      // shown among the events, such as of alerts; nil = none come

	ExplainStore func(error) Text // what Record and Problems report, in words

	Calls   *metrics.Calls
	Centers int // data centres with a label of their own

	Password   string           // asked for unless it is ""
	PublicURL  *url.URL         // where a proxy shows the page over TLS; nil = there is none
	TLS        *tls.Certificate // nil = plain http
	MaxStreams int              // how many pages may follow at once

	OnHandshake func(remote string) // hears once of a TLS handshake that failed, which browsers fail often; nil = net/http logs each
}

// Server is a View and the server that shows it.
type Server struct {
	options Options
	picture picture
	http    *http.Server
	streams limit
	spoke   sync.Map // see bounded
}

// picture is what the page shows: a View's list, or a fleet's. Admin is the administrator of a fleet that is asked for, or 0.
type picture interface {
	run(ctx context.Context)        // makes versions until ctx ends
	poll(ctx context.Context) error // gets what they are made of
	current(admin int64) (id string, body, zip []byte)
	since(id string, admin int64) (frames [][]byte, next string, changed <-chan struct{}, ok bool)
	healthy() bool
}

// New returns a Server that has not begun.
func New(o Options) *Server {
	s := &Server{options: o, streams: limit{free: o.MaxStreams}}
	registry := prometheus.NewRegistry()
	if o.Fleet != nil {
		s.picture = newFleetHub(o)
	} else {
		hub := newHub(o)
		view := metrics.NewView(hub.view, metrics.Options{StaleAfter: o.StaleAfter, Centers: o.Centers})
		hub.count, s.picture = view.Event, hub
		registry.MustRegister(view)
	}
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "confopenapi_web_event_streams", Help: "Pages that follow the list.",
	}, func() float64 { return float64(s.streams.taken()) }))
	if o.Calls != nil {
		registry.MustRegister(o.Calls)
	}
	mux := http.NewServeMux()
	for _, a := range assets() {
		mux.Handle("GET "+a.path, a)
	}
	mux.HandleFunc("GET /api/v1/live", s.live)
	mux.HandleFunc("GET /api/v1/events", s.events)
	mux.HandleFunc("GET "+healthPath, s.health)
	if o.History != nil {
		for _, name := range []string{"runs", "samples", "openapi.json"} {
			mux.Handle("GET /api/v1/"+name, o.History)
		}
	}
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	s.http = &http.Server{
		Handler:           s.guard(mux),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second, // requests have no body
		WriteTimeout:      writeTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	if o.TLS != nil {
		if o.OnHandshake != nil {
			s.http.ErrorLog = log.New(&serverLog{told: o.OnHandshake, spoke: &s.spoke}, "", 0)
		}
		s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*o.TLS}, MinVersion: tls.VersionTLS12}
	}
	return s
}

// serverLog passes on what net/http logs, except what any client can cause, before the password: failed handshakes, and errors of
// HTTP/2.
type serverLog struct {
	once  sync.Once
	told  func(remote string)
	spoke *sync.Map // a load balancer only connects, to see whether the port is open
}

func (l *serverLog) Write(line []byte) (int, error) {
	if rest, failed := strings.CutPrefix(string(line), "http: TLS handshake error from "); failed {
		remote, why, _ := strings.Cut(rest, ": ")
		_, spoke := l.spoke.Load(remote)
		if spoke || strings.HasPrefix(why, "client sent an HTTP request") { // whose connection is closed before it is logged
			l.once.Do(func() { l.told(remote) })
		}
	} else if !strings.HasPrefix(string(line), "http2: server") {
		log.Print(string(line))
	}
	return len(line), nil
}

// writeTimeout is how long a reader may take for a response, or for an event.
const writeTimeout = 30 * time.Second

// spareConnections are those beside the event streams.
const spareConnections = 128

// Serve polls and serves until ctx ends. Its error is one of the arguments of a poll, or of the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.http.BaseContext = func(net.Listener) context.Context { return ctx } // which ends event streams
	var running sync.WaitGroup
	running.Go(func() { s.picture.run(ctx) })
	polled, served := make(chan error, 1), make(chan error, 1)
	go func() { polled <- s.picture.poll(ctx) }()
	listener = &bounded{Listener: listener, limit: limit{free: s.options.MaxStreams + spareConnections}, spoke: &s.spoke}
	go func() {
		if s.options.TLS != nil {
			served <- s.http.ServeTLS(listener, "", "")
		} else {
			served <- s.http.Serve(listener)
		}
	}()
	var err error
	select {
	case err = <-polled:
		polled <- nil
	case err = <-served:
		served <- err
	case <-ctx.Done():
	}
	cancel()
	patience, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if s.http.Shutdown(patience) != nil {
		_ = s.http.Close()
	}
	running.Wait()
	_, _ = <-polled, <-served // err is the first one
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// healthPath is open to those without the password, and says nothing of the list.
const healthPath = "/healthz"

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !s.picture.healthy() {
		http.Error(w, "stale", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n")) // or the reader has left
}

// live is GET /api/v1/live.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	admin, ok := adminOf(w, r)
	if !ok {
		return
	}
	id, body, zip := s.picture.current(admin)
	respond(w, r, "application/json", `W/"`+id+`"`, body, zip)
}

// adminOf is the administrator that a request asks for; 0 = all.
func adminOf(w http.ResponseWriter, r *http.Request) (admin int64, ok bool) {
	text := r.FormValue("admin")
	if text == "" {
		return 0, true
	}
	admin, err := strconv.ParseInt(text, 10, 64)
	if err != nil || admin <= 0 {
		http.Error(w, "admin is no user id", http.StatusBadRequest)
		return 0, false
	}
	return admin, true
}

// events is GET /api/v1/events: the changes after the version in Last-Event-ID, or else in ?after=, as server-sent events.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	admin, ok := adminOf(w, r)
	if !ok {
		return
	}
	if !s.streams.take() {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many pages follow the list already", http.StatusServiceUnavailable)
		return
	}
	defer s.streams.give()
	to := http.NewResponseController(w)
	_ = to.SetReadDeadline(time.Time{}) // nothing more is read, and a reader that has left is noticed
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes events on at once
	send := func(text ...[]byte) bool {
		if to.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
			return false
		}
		for _, part := range text {
			if _, err := w.Write(part); err != nil {
				return false
			}
		}
		return to.Flush() == nil
	}
	id := r.Header.Get("Last-Event-ID")
	if id == "" {
		id = r.FormValue("after")
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	if !send([]byte("retry: 2000\n"), now()) {
		return
	}
	for {
		frames, next, changed, ok := s.picture.since(id, admin)
		if !ok {
			frames = [][]byte{reload(next)}
		}
		if id = next; len(frames) > 0 && !send(frames...) {
			return
		}
		select {
		case <-changed:
		case <-beat.C:
			if !send(now()) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// beatEvery is how often a page hears that the connection is alive.
const beatEvery = 10 * time.Second

// now tells the page the time here.
func now() []byte {
	return sse("now", "", strconv.AppendInt(nil, time.Now().UnixMilli(), 10))
}
