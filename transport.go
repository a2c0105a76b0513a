package confopenapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
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

	attempts int      // so far, with those of the exchange that this one follows
	limit    int      // of attempts
	tries    []string // what each failed attempt came to
	answer   answer   // of the last attempt
	outcome  error    // what the last attempt came to; nil = success
	meta     Meta
	wait     time.Duration // before the next attempt
	waiting  bool
	recut    bool // a JSON that was cut has been retried
}

// answer is what one attempt brought: nothing but an error, or a status with a body, which is partial beside an error.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func newExchange(ctx context.Context, c *Client, op operation, token Token, start time.Time) *exchange {
	return &exchange{
		ctx: ctx, client: c, op: op, token: token, start: start,
		redactor: redactor{token.Value.Reveal()},
		limit:    c.settings.retry.MaxAttempts,
	}
}

// follows makes x go on counting where an exchange with a refused token ended. It has attempts of its own to spend.
func (x *exchange) follows(refused *exchange) {
	x.attempts = refused.attempts
	x.limit += refused.attempts
	x.tries = refused.tries
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
	if timeout := x.attemptTimeout(); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, attemptTimeoutError(timeout))
		defer cancel()
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

// check judges an attempt for go-retryablehttp and says whether another follows.
func (x *exchange) check(_ context.Context, _ *http.Response, err error) (bool, error) {
	last := x.outcome
	x.outcome = x.judge(err)
	if failed, ok := errors.AsType[*TransportError](x.outcome); ok {
		failed.Last = last
	}
	if x.outcome != nil && len(x.tries) < x.attempts {
		x.tries = append(x.tries, brief(x.outcome))
		trailOf(x.outcome).tries = x.tries
	}
	again := x.outcome != nil && x.mayRepeat() && x.next()
	x.log(again)
	return again, nil
}

// judge turns the last attempt's answer into the call's result or its error.
func (x *exchange) judge(err error) error {
	a := &x.answer
	x.meta = Meta{HTTPStatus: a.status, Header: x.redactor.header(a.header), Attempts: x.attempts, Elapsed: time.Since(x.start)}
	if a.status == 0 && a.err == nil || errors.Is(err, http.ErrSchemeMismatch) {
		a.err = err // of http.Client: it refused the request before it came to an attempt, or knows better
	}
	success := a.status >= 200 && a.status <= 299
	switch {
	case a.err != nil && x.ctx.Err() != nil:
		return x.interrupted("")
	case a.err != nil && errors.Is(a.err, ErrTooLarge) && success:
		return x.undecodable(a.err)
	case a.err != nil && (a.status == 0 || success):
		return x.failed(&TransportError{Attempts: x.attempts, Err: x.redactor.hide(a.err), Meta: x.meta})
	case !success:
		return x.refused()
	}
	status, err := decodeEnvelope(a.body, &x.meta, x.op)
	if err != nil {
		return x.undecodable(err)
	}
	x.redactMeta()
	if status == 0 {
		return nil
	}
	return x.failed(&StatusError{
		Code: status, Msg: x.meta.Msg, Meta: x.meta, kind: x.client.settings.statusErrors[status],
	})
}

// refused is the error of an answer whose HTTP status is not 2xx.
func (x *exchange) refused() error {
	salvageMeta(x.answer.body, &x.meta)
	x.redactMeta()
	return x.failed(&HTTPError{
		StatusCode: x.answer.status,
		RetryAfter: retryAfter(x.answer.header, time.Now()),
		Meta:       x.meta,
		sample:     x.redactor.sample(x.answer.body),
	})
}

// undecodable is the error of a 2xx that is not what was promised.
func (x *exchange) undecodable(err error) error {
	x.meta = Meta{HTTPStatus: x.meta.HTTPStatus, Header: x.meta.Header, Attempts: x.meta.Attempts, Elapsed: x.meta.Elapsed}
	salvageMeta(x.answer.body, &x.meta)
	x.redactMeta()
	failure := newDecodeError(err)
	failure.Path = x.redactor.text(failure.Path)
	failure.Err = x.redactor.hide(err)
	failure.Meta = x.meta
	failure.sample = x.redactor.sample(x.answer.body)
	return x.failed(failure)
}

// interrupted is the error of a call whose context ended. It is the caller's doing, so what the server last said is told
// but not unwrapped.
func (x *exchange) interrupted(when string) error {
	x.meta.Attempts, x.meta.Elapsed = x.attempts, time.Since(x.start)
	return x.failed(&TransportError{
		Attempts: x.attempts, Err: x.redactor.hide(contextError(x.ctx)), Last: x.outcome,
		Meta: Meta{Attempts: x.attempts, Elapsed: x.meta.Elapsed},
		call: trail{note: when},
	})
}

// failed completes an error with what is known of the call.
func (x *exchange) failed(err error) error {
	call := trailOf(err)
	call.name, call.tries = x.op.name(), x.tries
	return err
}

func (x *exchange) redactMeta() {
	x.meta.Msg = x.redactor.text(x.meta.Msg)
	x.meta.RequestID = x.redactor.text(x.meta.RequestID)
}

// log writes one record for the attempt.
func (x *exchange) log(again bool) {
	level := slog.LevelDebug
	if x.outcome != nil {
		level = slog.LevelWarn
	}
	logger := x.client.settings.logger
	if !logger.Enabled(x.ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request", x.op.name()),
		slog.Int("attempt", x.attempts),
		slog.Duration("elapsed", time.Since(x.start)),
	}
	if x.meta.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("httpStatus", x.meta.HTTPStatus))
	}
	if x.meta.RequestID != "" {
		attrs = append(attrs, slog.String("requestId", oneLine(x.meta.RequestID, maxRequestID)))
	}
	if x.outcome != nil {
		attrs = append(attrs, slog.String("error", x.outcome.Error()))
	}
	if again {
		attrs = append(attrs, slog.Duration("retryIn", x.wait))
	}
	logger.LogAttrs(x.ctx, level, "confopenapi attempt", attrs...)
}

var errNothing = errors.New("the transport returned neither an answer nor an error")

type limiterError struct{ err error }

func (e *limiterError) Error() string { return "the limiter refused: " + e.err.Error() }
func (e *limiterError) Unwrap() error { return e.err }

func tooLargeError(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
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
