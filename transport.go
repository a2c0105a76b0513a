package confopenapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/confopenapi/confopenapi-go/internal/pool"
	"github.com/confopenapi/confopenapi-go/internal/scan"
)

const (
	maxRequestID = 128 // bytes of a request id in an error or log

	// Without pings a connection of HTTP/2 whose way is lost takes every attempt with it, since all go over the same. These
	// end it, with what waits on it, within the default time of one attempt.
	pingAfter   = 5 * time.Second // of silence
	pingTimeout = 5 * time.Second
)

// newTransport is net/http's default, but it keeps as many connections as a busy job uses and opens no more, notices dead
// ones, and bounds headers.
func newTransport() http.RoundTripper {
	const perHost = 128
	return pool.New(&http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		MaxIdleConns:           perHost,
		MaxIdleConnsPerHost:    perHost,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	})
}

// exchange is one call on the wire with one token: its attempts, what the last of them brought, and what came of it.
//
// It is the layer between go-retryablehttp, which repeats and waits, and the transport, which sends. Each attempt reads
// its whole answer, so that a body that breaks off is the attempt's failure and can be retried; and the answer is judged
// inside the loop, so that what decides a retry is the same typed error that the caller gets. Since it is not the
// transport itself, nobody reaches through it to close idle connections, as go-retryablehttp does after each failure.
//
// What a call needs in any case is used again by later ones, but for what a transport gets, which may keep it.
type exchange struct {
	call
	body  buffer
	scan  scan.Scanner
	http  http.Client
	loop  retryablehttp.Client
	req   retryablehttp.Request
	first *http.Request // of which each attempt sends a copy
}

// call is what of an exchange is one call's.
type call struct {
	ctx      context.Context
	client   *Client
	op       operation
	payload  []byte
	token    Token
	redactor redactor
	start    time.Time
	deadline time.Time // the context's, or else what WithTimeout allows; zero = none
	timed    bool      // by WithTimeout
	sent     time.Time // when the last attempt began

	attempts int      // so far, with the earlier ones
	earlier  int      // attempts of the exchange that this one follows
	tries    []string // what each failed attempt came to
	answer   answer   // of the last attempt
	outcome  error    // what the last attempt came to; nil = success
	meta     Meta
	wait     time.Duration // before the next attempt
	waiting  bool
	drawn    bool // the budget gave a retry that is not sent yet
	recut    bool // a JSON that was cut has been retried
	tls      *handshake
}

// answer is what one attempt brought: nothing but an error, or a status with a body, which is partial beside an error.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
	final  bool // err stays if tried again
}

var exchanges sync.Pool

func newExchange(ctx context.Context, c *Client, op operation, start time.Time) *exchange {
	x, ok := exchanges.Get().(*exchange)
	if !ok {
		x = &exchange{}
		x.http = http.Client{Transport: x, CheckRedirect: refuseRedirect}
		x.loop = retryablehttp.Client{
			HTTPClient: &x.http, CheckRetry: x.check, Backoff: x.backoff, PrepareRetry: x.prepareRetry,
			ErrorHandler: retryablehttp.PassthroughErrorHandler,
		}
		x.first = (&http.Request{
			Method: http.MethodPost, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		}).WithContext(callContext{x})
		x.req.Request = x.first
		_ = x.req.SetBody(retryablehttp.ReaderFunc(func() (io.Reader, error) { return bytes.NewReader(x.payload), nil }))
	}
	x.ctx, x.client, x.op, x.start = ctx, c, op, start
	if deadline, has := ctx.Deadline(); has {
		x.deadline = deadline
	} else if c.settings.timeout > 0 {
		x.deadline, x.timed = start.Add(c.settings.timeout), true
	}
	return x
}

// release ends the life of the exchange, and of the last answer's body.
func (x *exchange) release() {
	x.call = call{}
	x.first.URL, x.first.Body, x.req.Request = nil, nil, nil
	clear(x.first.Header)
	x.http.Jar = nil
	x.scan.Reset(nil)
	x.body.trim()
	exchanges.Put(x)
}

// ended is why the call is over for its caller: the context's end, or that of the call's own time; nil = it is not.
func (x *exchange) ended() error { return x.endedBy(time.Now()) }

func (x *exchange) endedBy(now time.Time) error {
	switch {
	case x.ctx.Err() != nil:
		return contextError(x.ctx)
	case x.timed && !now.Before(x.deadline):
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, callTimeoutError(x.client.settings.timeout))
	}
	return nil
}

// bounded is the call's context for what is not an attempt.
func (x *exchange) bounded() (context.Context, context.CancelFunc) {
	if !x.timed {
		return x.ctx, func() {}
	}
	return context.WithDeadlineCause(x.ctx, x.deadline, callTimeoutError(x.client.settings.timeout))
}

// follow makes x go on counting where an exchange with a refused token ended.
func (x *exchange) follow(refused *exchange) {
	x.earlier, x.attempts, x.tries, x.outcome = refused.attempts, refused.attempts, refused.tries, refused.outcome
}

// authenticate asks the source for the token, if there is one.
func (x *exchange) authenticate() error {
	source := x.client.settings.source
	if fixed, ok := source.(*fixedToken); ok {
		x.token, x.redactor = fixed.token, fixed.redactor
		return nil
	}
	if source == nil {
		return nil
	}
	ctx, cancel := x.bounded()
	defer cancel()
	token, err := source.Token(ctx)
	if err == nil {
		err = checkToken(token.Value.Reveal())
	}
	x.token, x.redactor = token, newRedactor(token.Value.Reveal())
	switch {
	case err != nil && x.ended() != nil:
		return x.interrupted("while fetching a token")
	case err != nil:
		return &RequestError{Field: "token", Err: x.redactor.hide(err)}
	}
	return nil
}

// unauthorized reports whether the token was refused, and tells its source, which then gives another.
func (x *exchange) unauthorized() bool {
	if x.client.settings.source == nil || !errors.Is(x.outcome, ErrUnauthorized) {
		return false
	}
	if source, ok := x.client.settings.source.(TokenInvalidator); ok {
		source.InvalidateToken(x.token)
	}
	return true
}

// run sends the request until an attempt succeeds or none may follow.
func (x *exchange) run() (Meta, error) {
	if err := x.prepare(); err != nil {
		return Meta{}, err
	}
	if own := x.client.settings.httpClient; own != nil {
		x.http.Jar = own.Jar
	}
	x.loop.RetryMax = x.client.settings.retry.MaxAttempts - 1
	resp, err := x.loop.Do(&x.req)
	if err == nil {
		_ = resp.Body.Close() // it was read whole by the attempt
	}
	if x.drawn { // for a retry that was cancelled or refused
		for range retryCost {
			x.client.budget.pay()
		}
	}
	if x.waiting {
		x.outcome = x.interrupted(fmt.Sprintf("while waiting %s to try again after %s",
			x.wait.Round(time.Millisecond), brief(x.outcome)))
	}
	return x.meta, x.outcome
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// prepare makes the request of the first attempt.
func (x *exchange) prepare() error {
	inBody := ""
	if x.client.settings.placement != TokenInHeader {
		inBody = x.token.Value.Reveal()
	}
	var err error
	if x.payload, err = x.op.request.payload(inBody); err != nil {
		return err
	}
	x.req.Request = x.first
	x.first.URL = x.client.url(x.op.path)
	x.first.Host, x.first.ContentLength = x.first.URL.Host, int64(len(x.payload))
	return nil
}

// callContext is the context of the call that has the exchange.
type callContext struct{ x *exchange }

func (c callContext) Deadline() (time.Time, bool) { return c.x.ctx.Deadline() }
func (c callContext) Done() <-chan struct{}       { return c.x.ctx.Done() }
func (c callContext) Err() error                  { return c.x.ctx.Err() }
func (c callContext) Value(key any) any           { return c.x.ctx.Value(key) }

// header is that of an attempt. http.Client, which would copy it once more, does not get it; all that it adds is cookies.
func (x *exchange) header(added http.Header) http.Header {
	token := x.token.Value.Reveal()
	values := []string{"application/json", "application/json", x.client.settings.userAgent, token}
	h := http.Header{"Accept": values[0:1:1], "Content-Type": values[1:2:2], "User-Agent": values[2:3:3]}
	if token != "" && x.client.settings.placement != TokenInBody {
		h["Token"] = values[3:4:4]
	}
	if x.op.repeatable {
		h["Idempotency-Key"] = nil // never sent, but net/http then replays a request that met a stale connection
	}
	if cookies := added["Cookie"]; cookies != nil {
		h["Cookie"] = cookies
	}
	return h
}

// prepareRetry takes away the cookies that http.Client has added: it will add those of the time.
func (x *exchange) prepareRetry(req *http.Request) error {
	clear(req.Header)
	return nil
}

// RoundTrip makes one attempt: it waits for the limiter, then sends and reads the whole answer within the attempt's time.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	x.waiting = false
	x.answer = answer{}
	if err := x.waitForLimiter(); err != nil {
		x.answer.err = err
		return nil, err
	}
	now := time.Now()
	if err := x.endedBy(now); err != nil {
		x.answer.err = err
		return nil, err
	}
	x.attempts++
	x.drawn = false
	x.sent = now
	ctx, cancel := x.attemptContext()
	defer cancel()
	if req.URL.Scheme == "https" {
		x.tls = &handshake{} // on its own: a connection can come about after the attempt that began it
		ctx = x.tls.watch(ctx)
	}
	data := x.payload // x may serve another call while a transport goes on with this one's request
	req = req.WithContext(ctx)
	req.Header = x.header(req.Header)
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	resp, err := x.client.transport.RoundTrip(req)
	if err == nil && resp == nil {
		err = errNothing
	}
	if err == nil {
		x.answer.status, x.answer.header = resp.StatusCode, resp.Header
		x.answer.body, err = x.body.read(resp, x.client.settings.maxResponseBytes)
		resp.Body = http.NoBody
	}
	x.answer.final = err != nil && x.tls.failed(err)
	if err != nil {
		if timeout, ok := errors.AsType[attemptTimeoutError](context.Cause(ctx)); ok {
			err = timeout
		} else if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() {
			err = &networkTimeoutError{err}
		}
		x.answer.err = err
		return nil, err
	}
	return resp, nil
}

func (x *exchange) waitForLimiter() error {
	limiter := x.client.settings.limiter
	if limiter == nil {
		return nil
	}
	ctx, cancel := x.bounded()
	defer cancel()
	if err := limiter.Wait(ctx); err != nil {
		return &limiterError{err}
	}
	return nil
}

// attemptContext ends with the attempt's time, or the call's if that is sooner: one timer for both.
func (x *exchange) attemptContext() (context.Context, context.CancelFunc) {
	settings := &x.client.settings
	timeout := settings.attemptTimeout
	if hc := settings.httpClient; hc != nil && hc.Timeout > 0 && (timeout == 0 || hc.Timeout < timeout) {
		timeout = hc.Timeout
	}
	end := x.sent.Add(timeout)
	switch sooner := !x.deadline.IsZero() && !x.deadline.After(end); {
	case x.timed && (timeout == 0 || sooner):
		return x.bounded()
	case timeout == 0, sooner:
		return x.ctx, func() {}
	}
	return context.WithDeadlineCause(x.ctx, end, attemptTimeoutError(timeout))
}

var errNothing = errors.New("the transport returned neither an answer nor an error")

type limiterError struct{ err error }

func (e *limiterError) Error() string { return "the limiter refused: " + e.err.Error() }
func (e *limiterError) Unwrap() error { return e.err }

func tooLargeError(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
}

// handshake remembers how a TLS handshake failed, since an error of crypto/tls, or of a caller's own verification, does
// not tell by its type that it came from there.
type handshake struct{ err atomic.Pointer[error] }

func (h *handshake) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) { h.err.Store(&err) },
	})
}

// failed reports whether err is that of the handshake, and no mere failure of the network under it.
func (h *handshake) failed(err error) bool {
	if h == nil {
		return false
	}
	cause := h.err.Load()
	if cause == nil || *cause == nil || !errors.Is(err, *cause) {
		return false
	}
	network, ok := errors.AsType[net.Error](*cause)
	broken := ok && (network.Timeout() || !isAlert(*cause)) || errors.Is(*cause, io.EOF) ||
		errors.Is(*cause, io.ErrUnexpectedEOF) || errors.Is(*cause, context.Canceled)
	return !broken
}

// isAlert reports whether the peer ended the connection with a TLS alert, whose type crypto/tls does not export.
func isAlert(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "remote error"
}

// attemptTimeoutError is no context error: the caller's context is fine.
type attemptTimeoutError time.Duration

func (e attemptTimeoutError) Error() string {
	return "no complete answer within " + time.Duration(e).String()
}
func (e attemptTimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }
func (e attemptTimeoutError) Timeout() bool        { return true }

// networkTimeoutError is the end of a shorter time than the attempt's, such as a dialer's. It is no end of the caller's context,
// for which net's own errors would be taken: they match context.DeadlineExceeded.
type networkTimeoutError struct{ err error }

func (e *networkTimeoutError) Error() string  { return e.err.Error() }
func (e *networkTimeoutError) As(to any) bool { return errors.As(e.err, to) }
func (e *networkTimeoutError) Is(target error) bool {
	return target == os.ErrDeadlineExceeded || target != context.DeadlineExceeded && errors.Is(e.err, target)
}

// callTimeoutError is why the context ended, where WithTimeout ended it.
type callTimeoutError time.Duration

func (e callTimeoutError) Error() string {
	return "the call took longer than " + time.Duration(e).String()
}

// contextError is why a context ended: its error, and the cause if it has one.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
