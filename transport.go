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
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	maxRequestID = 128 // bytes of a request id in an error or log
	maxPrealloc  = 1 << 20
)

// newTransport is net/http's default, but it keeps as many connections as a busy job uses, and bounds headers.
func newTransport() *http.Transport {
	const perHost = 128
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           perHost,
		MaxIdleConnsPerHost:    perHost,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// exchange is one call on the wire with one token: its attempts, what the last of them brought, and what came of it.
//
// It is the layer between go-retryablehttp, which repeats and waits, and the transport, which sends. Each attempt reads
// its whole answer, so that a body that breaks off is the attempt's failure and can be retried; and the answer is judged
// inside the loop, so that what decides a retry is the same typed error that the caller gets. Since it is not the
// transport itself, nobody reaches through it to close idle connections, as go-retryablehttp does after each failure.
type exchange struct {
	ctx      context.Context
	client   *Client
	op       operation
	token    Token
	redactor redactor
	start    time.Time
	sent     time.Time // when the last attempt began

	attempts int      // so far, with the earlier ones
	earlier  int      // attempts of the exchange that this one follows
	tries    []string // what each failed attempt came to
	answer   answer   // of the last attempt
	outcome  error    // what the last attempt came to; nil = success
	meta     Meta
	wait     time.Duration // before the next attempt
	waiting  bool
	recut    bool // a JSON that was cut has been retried
	tls      handshake
}

// answer is what one attempt brought: nothing but an error, or a status with a body, which is partial beside an error.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
	final  bool // err stays if tried again
}

func newExchange(ctx context.Context, c *Client, op operation, start time.Time) *exchange {
	return &exchange{ctx: ctx, client: c, op: op, start: start}
}

// follow makes x go on counting where an exchange with a refused token ended.
func (x *exchange) follow(refused *exchange) {
	x.earlier, x.attempts, x.tries, x.outcome = refused.attempts, refused.attempts, refused.tries, refused.outcome
}

// authenticate asks the source for the token, if there is one.
func (x *exchange) authenticate() error {
	source := x.client.settings.source
	if source == nil {
		return nil
	}
	token, err := source.Token(x.ctx)
	if err == nil {
		err = checkToken(token.Value.Reveal())
	}
	x.token, x.redactor = token, newRedactor(token.Value.Reveal())
	switch {
	case err != nil && x.ctx.Err() != nil:
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
	req, err := x.request()
	if err != nil {
		return Meta{}, err
	}
	httpClient := &http.Client{Transport: x, CheckRedirect: refuseRedirect}
	if own := x.client.settings.httpClient; own != nil {
		httpClient.Jar = own.Jar
	}
	loop := retryablehttp.Client{
		HTTPClient:   httpClient,
		RetryMax:     x.client.settings.retry.MaxAttempts - 1,
		CheckRetry:   x.check,
		Backoff:      x.backoff,
		PrepareRetry: x.prepareRetry,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := loop.Do(req)
	if err == nil {
		_ = resp.Body.Close() // it was read whole by the attempt
	}
	if x.waiting {
		x.outcome = x.interrupted(fmt.Sprintf("while waiting %s to try again after %s",
			x.wait.Round(time.Millisecond), brief(x.outcome)))
	}
	return x.meta, x.outcome
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (x *exchange) request() (*retryablehttp.Request, error) {
	inBody := ""
	if x.client.settings.placement != TokenInHeader {
		inBody = x.token.Value.Reveal()
	}
	payload, err := x.op.payload(inBody)
	if err != nil {
		return nil, err
	}
	url := x.client.base.JoinPath(x.op.path)
	req := &retryablehttp.Request{Request: (&http.Request{
		Method: http.MethodPost, URL: url, Host: url.Host, Header: x.header(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(x.ctx)}
	if err := req.SetBody(payload); err != nil {
		return nil, &RequestError{Field: "in", Err: err}
	}
	return req, nil
}

func (x *exchange) header() http.Header {
	h := http.Header{
		"Accept":       {"application/json"},
		"Content-Type": {"application/json"},
		"User-Agent":   {x.client.settings.userAgent},
	}
	if token := x.token.Value.Reveal(); token != "" && x.client.settings.placement != TokenInBody {
		h["Token"] = []string{token}
	}
	if x.op.repeatable {
		h["Idempotency-Key"] = nil // never sent, but net/http then replays a request that met a stale connection
	}
	return h
}

// prepareRetry starts over with the headers, to which http.Client has added its cookies.
func (x *exchange) prepareRetry(req *http.Request) error {
	req.Header = x.header()
	return nil
}

// RoundTrip makes one attempt: it waits for the limiter, then sends and reads the whole answer within the attempt's time.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	x.waiting = false
	x.answer = answer{}
	ctx := req.Context()
	if limiter := x.client.settings.limiter; limiter != nil {
		if err := limiter.Wait(ctx); err != nil {
			x.answer.err = &limiterError{err}
			return nil, x.answer.err
		}
	}
	if ctx.Err() != nil {
		x.answer.err = ctx.Err()
		return nil, x.answer.err
	}
	x.attempts++
	x.sent = time.Now()
	if timeout := x.attemptTimeout(); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, attemptTimeoutError(timeout))
		defer cancel()
	}
	if req.URL.Scheme == "https" {
		ctx = x.tls.watch(ctx)
	}
	resp, err := x.client.transport.RoundTrip(req.WithContext(ctx))
	if err == nil && resp == nil {
		err = errNothing
	}
	if err == nil {
		x.answer.status, x.answer.header = resp.StatusCode, resp.Header
		x.answer.body, err = readBody(resp, x.client.settings.maxResponseBytes)
		resp.Body = http.NoBody
	}
	x.answer.final = err != nil && x.tls.failed(err)
	if err != nil {
		if timeout, ok := errors.AsType[attemptTimeoutError](context.Cause(ctx)); ok {
			err = timeout
		}
		x.answer.err = err
		return nil, err
	}
	return resp, nil
}

func (x *exchange) attemptTimeout() time.Duration {
	timeout := x.client.settings.attemptTimeout
	if hc := x.client.settings.httpClient; hc != nil && hc.Timeout > 0 && (timeout == 0 || hc.Timeout < timeout) {
		return hc.Timeout
	}
	return timeout
}

// readBody reads to the end, which is where a cut or damaged gzip stream shows, and closes the body.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.Body == nil {
		return nil, nil
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil // what follows is no body but the connection itself, and reading it would not end
	}
	if resp.ContentLength > limit {
		return nil, tooLargeError(limit)
	}
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 {
		body.Grow(int(min(n, maxPrealloc)) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if n > limit {
		return body.Bytes()[:limit], tooLargeError(limit)
	}
	return body.Bytes(), err
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
