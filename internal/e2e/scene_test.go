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

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

const (
	listed   = 240              // conferences in the list
	attempts = 3                // of a call
	patience = 15 * time.Second // until which every scene must have ended
)

// fault is one way in which a component misbehaves, and what each call must make of it.
type fault struct {
	name string
	set  func(*scene)
	want want

	or string // what happens now and then: a server closes a connection early, or refuses a stream; "" = nothing
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

// scene is one story: the fake service, what stands before it, and how the client gets there. Every story has its own.
type scene struct {
	*testing.T
	kit   *confopenapitest.Server
	base  string               // the base URL of the client
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

// wrap counts the attempts, and those that fail.
func (s *scene) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		s.mu.Lock()
		if s.sent++; s.before != nil {
			req = req.Clone(req.Context())
			s.before(s.sent, req)
		}
		s.mu.Unlock()
		resp, err := next.RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			s.failure()
		}
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.seen != nil {
				s.seen(resp)
			}
			resp.Body = watchedBody{resp.Body, s}
		}
		return resp, err
	})
}

func (s *scene) failure() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad++; s.failed != nil {
		s.failed(s.bad)
	}
}

// watchedBody is a body that may break off.
type watchedBody struct {
	io.ReadCloser
	*scene
}

func (b watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.failure()
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

// atThird does something before the third attempt.
func (s *scene) atThird(do func()) {
	s.before = func(n int, _ *http.Request) {
		if n == 3 {
			do()
		}
	}
}

func (s *scene) afterTwoFailures(do func() error) {
	s.failed = func(n int) {
		if n == 2 {
			s.must(do())
		}
	}
}

// hurry ends the caller's context after d, and expects that the call then ends, too.
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

// play makes a call in a scene of its own, and reports its outcome.
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
		t.Errorf("got a result after %s, want it within %s", took, s.limit)
	}
	if n := s.kit.RequestCount(); c.name == "Call" && n > 1 {
		t.Errorf("got %d requests of a Call at the service, want at most 1", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	most := attempts
	if failure, ok := errors.AsType[*confopenapi.HTTPError](err); ok && failure.StatusCode < 500 || isCertificate(err) {
		most = 1
	}
	if isSingle := c.name == "ListByStatus" || c.name == "Call"; isSingle && s.sent > most {
		t.Errorf("got %d attempts, want at most %d", s.sent, most)
	}
	return cell{outcome: s.outcome(err), err: err, attempts: s.sent, took: took}
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

// outcome names the result of a call, or the type and the kind of its error.
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
		s.Errorf("got the error %q, want one short line without secrets", line)
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
	s.Errorf("got a %T, want an error of the service or of the network: %v", err, err)
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
	return "no response"
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
