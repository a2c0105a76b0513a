//go:build linux

package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

const (
	listed   = 240              // conferences in the list
	attempts = 3                // of a call
	patience = 15 * time.Second // until which every story must have come to its end
)

// fault is one way in which a component misbehaves, and what each call must make of it.
type fault struct {
	name string
	set  func(*scene)
	want want

	mayFail bool // an attempt fails now and then, when the server closes its connection early
}

// want is the outcome of each call by its name, and under "" that of the others.
type want map[string]string

func (w want) of(call string) string {
	if outcome, ok := w[call]; ok {
		return outcome
	}
	return w[""]
}

// all says that every call comes to the same.
func all(outcome string) want { return want{"": outcome} }

// but says that Call, which is not known to be idempotent, comes to something else.
func but(outcome, call string) want { return want{"": outcome, "Call": call} }

// laterOn says that only calls of several requests get so far as to see it.
func laterOn(outcome string) want {
	return want{"": outcome, "ListByStatus": proven, "Call": proven}
}

// inTheMiddle says that a listing breaks off for good, and that each later poll of a watch fails from the start.
func inTheMiddle(failure string) want {
	return want{"": "`IncompleteError` of " + failure, "Watch": failure, "ListByStatus": proven, "Call": proven}
}

// scene is one story: the fake service, what stands before it, and how the client gets there. Every story has its own.
type scene struct {
	*testing.T
	kit   *confopenapitest.Server
	base  string               // whom the client asks
	opts  []confopenapi.Option // of the client, beside the token and a quick retry policy
	ctx   context.Context      // of the caller
	limit time.Duration        // within which the call must return

	// Called one at a time.
	before func(n int, req *http.Request) // the nth attempt is about to be sent, and may be sent elsewhere
	seen   func(resp *http.Response)      // a response came
	failed func(n int)                    // an attempt failed, or had another response than 200, for the nth time

	mu   sync.Mutex
	sent int // attempts
	bad  int // those without a whole response of 200
}

// wrap counts the attempts.
func (s *scene) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		s.locked(func() {
			if s.sent++; s.before != nil {
				req = req.Clone(req.Context())
				s.before(s.sent, req)
			}
		})
		resp, err := next.RoundTrip(req)
		s.locked(func() {
			if err == nil && s.seen != nil {
				s.seen(resp)
			}
			if err != nil || resp.StatusCode != http.StatusOK {
				s.failure()
			}
		})
		if err == nil {
			resp.Body = watchedBody{resp.Body, s}
		}
		return resp, err
	})
}

func (s *scene) locked(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

func (s *scene) failure() {
	if s.bad++; s.failed != nil {
		s.failed(s.bad)
	}
}

// watchedBody is a body that may break off.
type watchedBody struct {
	io.ReadCloser
	scene *scene
}

func (b watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.scene.locked(b.scene.failure)
	}
	return n, err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// someGo sends the first attempt, and one of so many from there, to another host, and the others to the service.
func (s *scene) someGo(host string, every int) {
	s.before = func(n int, req *http.Request) {
		if n%every == 1 {
			req.URL.Host = host
		}
	}
}

// hurry ends the caller's context after d, and expects that the call then ends too.
func (s *scene) hurry(d time.Duration) {
	ctx, cancel := context.WithTimeout(s.Context(), d)
	s.Cleanup(cancel)
	s.ctx, s.limit = ctx, d+time.Second
}

func (s *scene) must(err error) {
	s.Helper()
	if err != nil {
		s.Error(err)
	}
}

// service is the address of the fake.
func (s *scene) service() string { return strings.TrimPrefix(s.kit.URL, "http://") }

// play makes a call in a scene of its own, and reports what came of it.
func (f fault) play(t *testing.T, c call) cell {
	t.Helper()
	s := &scene{T: t, kit: confopenapitest.NewServer(t, confopenapitest.WithToken(token),
		confopenapitest.WithConferences(confopenapitest.Conferences(listed, 1)...),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 1}))}
	s.base = s.kit.URL
	s.hurry(patience)
	f.set(s)
	client, err := confopenapi.NewClient(s.base, append([]confopenapi.Option{
		confopenapi.WithToken(token), confopenapi.WithMiddleware(s.wrap),
		confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: attempts, MinWait: time.Millisecond, MaxWait: 20 * time.Millisecond}),
	}, s.opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	failures := 0
	u := &user{T: t, tally: &tally{}, kit: s.kit, client: client, polls: 2, goesOn: func(err error) bool {
		failures++
		refusal, refused := errors.AsType[*confopenapi.HTTPError](brokenBy(err))
		return failures < 2 && (!refused || refusal.RetryAfter <= time.Minute) // which a watch waits for
	}}
	start := time.Now()
	err = c.do(u, s.ctx)
	took := time.Since(start)
	if took > s.limit {
		t.Errorf("it took %s, want at most %s", took, s.limit)
	}
	if n := s.kit.RequestCount(); c.name == "Call" && n > 1 {
		t.Errorf("the service has seen a call that may have an effect %d times, want at most 1", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkAttempts(c, err)
	return cell{outcome: s.outcome(err), err: err, attempts: s.sent, took: took}
}

// checkAttempts makes sure that what stays is not tried again, and nothing too often.
func (s *scene) checkAttempts(c call, err error) {
	s.Helper()
	most := attempts
	if failure, ok := errors.AsType[*confopenapi.HTTPError](err); ok && failure.StatusCode < 500 || isCertificate(err) {
		most = 1
	}
	if isSingle := c.name == "ListByStatus" || c.name == "Call"; isSingle && s.sent > most {
		s.Errorf("%d attempts, want at most %d", s.sent, most)
	}
}

// The outcomes beside those of errors.
const (
	proven    = "proven"    // the result is right, and no attempt failed
	recovered = "recovered" // the result is right though attempts failed
	ended     = "ended"     // a watch ended with its context
)

// transport is the outcome of a *TransportError, httpError of an *HTTPError.
func transport(why string) string { return "`TransportError` " + why }
func httpError(status int) string { return fmt.Sprintf("`HTTPError` %d", status) }

// outcome names what came of a call: a result, or the type and the kind of its error.
func (s *scene) outcome(err error) string {
	s.Helper()
	switch {
	case err == nil && s.bad > 0:
		return recovered
	case err == nil:
		return proven
	case errors.Is(err, errEnded):
		return ended
	}
	if line := err.Error(); strings.ContainsAny(line, "\r\n") || len(line) > 1500 || strings.Contains(line, token) || strings.Contains(line, proxyPassword) {
		s.Errorf("not one short line without secrets: %q", line)
	}
	text := ""
	if broken := brokenBy(err); broken != err {
		text, err = "`IncompleteError` of ", broken
	}
	if failure, ok := errors.AsType[*confopenapi.HTTPError](err); ok {
		return text + httpError(failure.StatusCode)
	}
	if _, ok := errors.AsType[*confopenapi.DecodeError](err); ok {
		return text + "`DecodeError`"
	}
	if failure, ok := errors.AsType[*confopenapi.TransportError](err); ok {
		return text + transport(reason(failure))
	}
	s.Errorf("%T is not the error of a service or of the network: %v", err, err)
	return text + fmt.Sprintf("%T", err)
}

// reason is the kind of a TransportError.
func reason(failure *confopenapi.TransportError) string {
	switch {
	case errors.Is(failure, context.DeadlineExceeded):
		return "caller's deadline"
	case errors.Is(failure, os.ErrDeadlineExceeded):
		return "timeout"
	case isCertificate(failure):
		return "certificate"
	case failure.Meta.HTTPStatus != 0:
		return "cut"
	case errors.Is(failure, syscall.ECONNREFUSED):
		return "refused"
	}
	return "no answer"
}

// brokenBy is what broke a listing, or err itself.
func brokenBy(err error) error {
	if incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err); ok {
		return incomplete.Err
	}
	return err
}

func isCertificate(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok || errors.As(err, new(x509.UnknownAuthorityError))
}

// row plays a fault with every call, side by side, each in its own scene; nothing may be left of them.
func (f fault) row(t *testing.T) map[string]cell {
	t.Helper()
	running := goleak.IgnoreCurrent()
	var mu sync.Mutex
	cells := map[string]cell{}
	t.Run("calls", func(t *testing.T) {
		for _, c := range calls {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				got := f.play(t, c)
				expected := f.want.of(c.name)
				if f.mayFail && got.outcome == recovered {
					got.outcome = expected
				}
				if got.outcome != expected {
					t.Errorf("%s, want %s; the last error: %v", got.outcome, expected, got.err)
				}
				mu.Lock()
				defer mu.Unlock()
				cells[c.name] = got
			})
		}
	})
	if err := goleak.Find(append(ignored, running)...); err != nil {
		t.Error(err)
	}
	return cells
}
