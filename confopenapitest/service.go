package confopenapitest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

const (
	endpoint = "/confopenapi/conference/listbystatus"
	maxBody  = 1 << 20
)

// Service is the fake as an http.Handler. It answers the endpoint under any prefix of the path, keeps the live list, and
// records what it was asked. It is safe for concurrent use; each request is answered at one instant of the list.
//
// The real service and time are not involved: the list moves on by one unit with every request, so that the same options
// and the same sequence of requests and changes give the same bytes.
type Service struct {
	settings
	closing chan struct{} // closed by close

	mu        sync.Mutex
	count     int // requests so far: the time of the list
	list      *livelist.List
	pages     *livelist.Server
	catalog   catalog
	tokens    tokens
	rules     []*rule
	intercept func(*Exchange)
	log       []Request
	complain  func(string) // fails the test, or nil

	active         sync.WaitGroup // requests that are being answered; Add only while open
	inFlight, peak int            // how many they are, and were at the most
	closed         bool
	conns          map[net.Conn]bool // hijacked, to be closed by close
}

// NewService returns a fake that is not connected to any network: mount it in a server of your own, under any prefix.
// Faults that break connections need a real server around it, HTTP/1.1 for some; with any other http.ResponseWriter they
// panic with http.ErrAbortHandler.
func NewService(opts ...Option) *Service {
	s := &Service{settings: defaultSettings(), closing: make(chan struct{}), conns: make(map[net.Conn]bool)}
	for _, opt := range opts {
		opt(&s.settings)
	}
	s.catalog.exampleSpelling = s.exampleSpelling
	s.tokens.init(s.token, s.tokenLimits, s.clock())
	s.Inject(s.faults...)
	s.newList(s.conferences)
	return s
}

// ServeHTTP answers one request. A request that breaks the documented contract is answered with a 4xx and an envelope
// that tells what was wrong; how the real service answers that is unknown.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.leave()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	if err != nil && !tooLarge {
		return // the client left before it had said what it wants
	}
	x := s.newExchange(r, body)
	if tooLarge {
		x.problems = []problem{{status: http.StatusRequestEntityTooLarge, text: "the body is larger than 1 MiB"}}
	}
	s.mu.Lock()
	intercept := s.intercept
	s.mu.Unlock()
	if intercept != nil {
		asked := x.Request
		intercept(x)
		x.Request = asked
	}
	out := s.respond(x)
	if x.handler != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		x.handler.ServeHTTP(w, r)
		return
	}
	d := &delivery{reply: out, w: w, r: r, service: s}
	d.wait(x.fault.delay)
	if out.send == nil {
		d.plain()
		return
	}
	out.send(d)
}

// reply is an answer before it is sent.
type reply struct {
	status int
	header http.Header
	body   []byte
	send   func(*delivery) // nil = in one piece
}

// respond decides on the answer, at one instant of the list, and records the request.
func (s *Service) respond(x *Exchange) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.list.Advance(float64(s.count))
	x.Number = s.count
	out := s.decide(x)
	x.Status = out.status
	x.Fault = x.fault.name
	s.record(x.Request)
	return out
}

func (s *Service) decide(x *Exchange) reply {
	if x.handler != nil {
		return reply{}
	}
	if !x.answered {
		if out, broken := s.checkContract(x); broken {
			return out
		}
		x.fault = s.faultFor(x.Request)
	}
	if x.fault.replace != nil {
		return x.fault.finish(x.fault.replace(s, x))
	}
	if x.page != nil {
		return s.frameReply(x, *x.page)
	}
	if !s.tokens.accept(x, s.tokenIn, s.clock()) {
		refusal := s.refusal
		if refusal.replace != nil {
			return x.fault.finish(refusal.finish(refusal.replace(s, x)))
		}
		return x.fault.finish(s.envelope(x, http.StatusUnauthorized, "token invalid"))
	}
	f, err := s.page(x)
	if err != nil {
		return x.fault.finish(s.envelope(x, http.StatusBadRequest, "count too large"))
	}
	return s.frameReply(x, f)
}

func (s *Service) frameReply(x *Exchange, f frame) reply {
	if x.fault.frame != nil {
		x.fault.frame(&f)
	}
	x.Conferences = len(f.rows)
	return x.fault.finish(reply{status: http.StatusOK, header: jsonHeader(), body: f.encode(x.Number)})
}

// envelope is an answer that has no result. Ids and times count requests.
func (s *Service) envelope(x *Exchange, status int, msg string) reply {
	f := frame{status: fmt.Sprint(status), msg: msg, result: new("null")}
	return reply{status: status, header: jsonHeader(), body: f.encode(x.Number)}
}

func jsonHeader() http.Header {
	return http.Header{"Content-Type": {"application/json; charset=utf-8"}}
}

// checkContract is the answer to a request that breaks the documented contract, about which the test is told, unless the
// service is lenient and can make sense of it.
func (s *Service) checkContract(x *Exchange) (reply, bool) {
	problems := x.problems
	if s.lenient {
		problems = grave(problems)
	}
	if len(problems) == 0 {
		return reply{}, false
	}
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.text
	}
	text := strings.Join(texts, "; ")
	if s.complain != nil && !s.lenient {
		s.complain(fmt.Sprintf("confopenapitest: request %d breaks the documented contract: %s (%s %s, body %s)",
			x.Number, text, x.Method, x.Path, clip(x.Body, 300)))
	}
	return s.envelope(x, problems[0].status, text), true
}

func clip(text string, n int) string {
	if text == "" {
		return "empty"
	}
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "") + "…"
	}
	return text
}

// enter counts a request that is being answered, and refuses it once the service is closed.
func (s *Service) enter() bool {
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

func (s *Service) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	s.active.Done()
}

// PeakInFlight is how many requests were being answered at once at the most, slow answers included.
func (s *Service) PeakInFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// close ends slow answers and waits until nobody is being answered.
func (s *Service) close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.active.Wait()
}
