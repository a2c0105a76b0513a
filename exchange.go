package confopenapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go/internal/redact"
	"github.com/confopenapi/confopenapi-go/internal/scan"
	"github.com/confopenapi/confopenapi-go/internal/send"
)

// operation is what a call of one endpoint needs to know.
type operation struct {
	path       string // below the base URL
	url        *url.URL
	request    request
	result     result
	optional   bool // the result may be null or absent
	repeatable bool // sending it twice does no harm
	pauses     *int // counts attempts that were refused as too many or waited for their turn; nil = not counted
}

// request is what a call sends.
type request interface {
	String() string // its canonical text, for errors and logs; "" = none
	payload(token string) ([]byte, error)
}

// endpoint is the path without what all have in common.
func (op operation) endpoint() string {
	return strings.TrimPrefix(strings.TrimPrefix(op.path, "/"), "confopenapi/")
}

// name is the endpoint and the request in one line.
func (op operation) name() string {
	if text := op.request.String(); text != "" {
		return op.endpoint() + "?" + text
	}
	return op.endpoint()
}

// service is what all calls of a client share. It has pointers only: fmt follows one, and can print no token behind the second.
type service struct {
	base     *url.URL
	list     *url.URL // of ListByStatus
	settings *settings
	sender   *send.Sender
	tokens   *servedTokens
	memory   *memory
}

// exchange is one call: its token, what is sent, and the result of the last attempt.
type exchange struct {
	*service
	ctx        context.Context
	attemptCtx context.Context
	op         operation
	start      time.Time
	deadline   send.Deadline
	token      Token
	redactor   redact.Redactor
	request    send.Request
	scan       scan.Scanner

	attemptErrors    []string // of each failed attempt, in a word or two
	meta             Meta
	err              error // of the last attempt; nil = success
	ended            error // the call's time ended while another token was fetched
	replaced         bool  // the token, after a refusal of another
	truncatedRetried bool  // a JSON text that ended too early was tried again
	returned         bool  // no panic ended the call
}

// do makes one call.
func (s *service) do(ctx context.Context, op operation) (Meta, error) {
	x, _ := exchanges.Get().(*exchange)
	*x = exchange{service: s, op: op, start: time.Now()}
	defer x.release()
	x.ctx = s.settings.observers.startCall(ctx, CallInfo{Operation: op.endpoint()})
	if len(s.settings.observers) > 0 {
		defer x.endCall()
	}
	x.deadline = send.NewDeadline(x.ctx, x.start, s.settings.timeout)
	x.request.URL = op.url
	result := s.sender.Send(x.deadline, &x.request, x)
	switch {
	case x.ended != nil:
		x.err = x.interrupted(x.ended, "while fetching a token", true)
	case result.Err != nil && result.Waited > 0:
		x.err = x.interrupted(result.Err, fmt.Sprintf("while waiting %s to try again after %s",
			result.Waited.Round(time.Millisecond), shortReason(x.err)), true)
	case result.Err != nil:
		x.err = x.interrupted(result.Err, "", true)
	case result.Note != "":
		failedCallOf(x.err).stopReason = result.Note
	}
	x.returned = true
	return x.meta, x.err
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }} // less to allocate for each call

func (x *exchange) release() {
	*x = exchange{}
	exchanges.Put(x)
}

// endCall tells the observers, also where a panic of a middleware, a token source or one of them ends the call.
func (x *exchange) endCall() {
	info := CallInfo{
		Operation: x.op.endpoint(), Attempts: x.meta.Attempts, Err: x.err, Kind: kindOf(x.err), Elapsed: time.Since(x.start),
		RequestID: x.meta.RequestID,
	}
	if !x.returned {
		info.Err, info.Kind = errors.New("confopenapi: a panic ended the call"), "panic"
	}
	x.settings.observers.endCall(x.ctx, info)
}

// Prepare completes the request with the token.
func (x *exchange) Prepare() error {
	if x.err = x.authenticate(); x.err == nil {
		x.err = x.fill()
	}
	return x.err
}

// authenticate asks the source for the token, if there is one.
func (x *exchange) authenticate() error {
	source := x.settings.source
	if fixed, ok := source.(*fixedToken); ok {
		x.token, x.redactor = fixed.token, fixed.redactor
		return nil
	}
	if source == nil {
		return nil
	}
	ctx, cancel := x.deadline.Context()
	defer cancel()
	token, err := source.Token(ctx)
	if err == nil {
		err = checkToken(token.Value.Reveal())
	}
	x.redactor = x.redactor.With(token.Value.Reveal())
	if err == nil {
		x.token = token
		return nil
	}
	if ended := x.deadline.Err(time.Now()); ended != nil {
		x.ended = ended
		return ended
	}
	return &RequestError{Field: "token", Err: x.tokens.addTo(x.redactor).Error(err)}
}

// fill makes the body with the token, if it goes there.
func (x *exchange) fill() (err error) {
	token := ""
	if x.settings.placement != TokenInHeader {
		token = x.token.Value.Reveal()
	}
	x.request.Body, err = x.op.request.payload(token)
	return err
}

// Header has its own values for each attempt, since a middleware may change them.
func (x *exchange) Header() http.Header {
	values := [...]string{"application/json", "application/json", x.settings.userAgent, x.token.Value.Reveal()}
	h := http.Header{"Accept": values[0:1:1], "Content-Type": values[1:2:2], "User-Agent": values[2:3:3]}
	if values[3] != "" && x.settings.placement != TokenInBody {
		h["Token"] = values[3:4:4]
	}
	return h
}

// Begin has the observers see the attempt.
func (x *exchange) Begin(ctx context.Context, a *send.Attempt) context.Context {
	x.attemptCtx = x.settings.observers.startAttempt(ctx, x.info(a))
	return x.attemptCtx
}

func (x *exchange) info(a *send.Attempt) AttemptInfo {
	return AttemptInfo{Operation: x.op.endpoint(), Number: a.Number, LimiterWait: a.LimiterWait, PacingWait: a.PacingWait}
}

// Judge turns an attempt into the call's result or its error.
func (x *exchange) Judge(a *send.Attempt) send.Judgement {
	last := x.meta.RequestID
	x.meta = Meta{HTTPStatus: a.Status, Header: x.redactor.Header(a.Header), Attempts: a.Number, Elapsed: a.Ended.Sub(x.start)}
	if a.CallOver || !a.Sent {
		x.meta.RequestID = last
	}
	x.err = x.errorOf(a)
	switch {
	case x.err == nil:
		x.tokens.add(x.token)
		return send.Judgement{Healthy: true}
	case a.CallOver:
		return send.Judgement{}
	}
	if len(x.attemptErrors) < a.Number {
		x.attemptErrors = append(x.attemptErrors, shortReason(x.err))
	}
	info := failedCallOf(x.err)
	info.name, info.attemptErrors, info.once = x.op.name(), x.attemptErrors, !x.op.repeatable
	if errors.Is(x.err, ErrUnauthorized) && x.replaceToken(a) {
		return send.Judgement{Healthy: true, Replay: true}
	}
	healthy := isRefusal(x.err) || errors.Is(x.err, ErrTooLarge) || x.op.optional && isMisfit(x.err)
	return send.Judgement{Healthy: healthy, Refused: a.Sent && errors.Is(x.err, ErrRateLimited), Retry: !a.Final && x.mayPass()}
}

// errorOf is what is wrong with an attempt, or nil.
func (x *exchange) errorOf(a *send.Attempt) error {
	success := a.Status >= 200 && a.Status <= 299
	switch {
	case a.CallOver:
		return x.interrupted(a.Err, a.While, !a.Sent)
	case errors.Is(a.Err, ErrTooLarge) && success:
		return x.undecodable(a.Body, a.Err)
	case a.Err != nil && (a.Status == 0 || success):
		failure := &TransportError{
			Attempts: a.Number, Err: x.redactor.Network(a.Err), Meta: x.meta, unsent: a.Unsent || !a.Sent, final: a.Final && a.While == "",
		}
		switch {
		case a.Sent:
			failure.call.stopReason = a.While
		case a.Number > 0:
			failure.call.stopReason = a.While + " to try again after " + x.attemptErrors[len(x.attemptErrors)-1]
		}
		return failure
	case !success:
		return x.refused(a)
	}
	if charset := foreignCharset(a.Header.Get("Content-Type"), a.Body); charset != "" {
		return x.undecodable(a.Body, fmt.Errorf("the charset is %q, want UTF-8", charset))
	}
	x.scan.Reset(a.Body)
	status, err := readEnvelope(&x.scan, &x.meta, x.op.result, x.op.optional)
	if err != nil {
		return x.undecodable(a.Body, err)
	}
	x.redactMeta()
	if status != 0 {
		return &StatusError{Code: status, Msg: x.meta.Msg, Meta: x.meta, kind: x.settings.statusErrors[status]}
	}
	return nil
}

// foreignCharset is the charset of a JSON text that is declared to be another than UTF-8, or "". ASCII is the same in most. Some
// frameworks declare ISO-8859-1 or ASCII whatever they send.
func foreignCharset(contentType string, body []byte) string {
	_, charset, ok := strings.Cut(strings.ToLower(contentType), "charset=")
	if !ok || len(body) == 0 || body[0] == '<' {
		return ""
	}
	if i := strings.IndexAny(charset, ";,"); i >= 0 {
		charset = charset[:i]
	}
	charset = strings.Trim(charset, ` "'`)
	switch name := strings.NewReplacer("-", "", "_", "").Replace(charset); {
	case name == "", strings.HasPrefix(name, "utf8"):
		return ""
	case name == "iso88591", name == "latin1", name == "windows1252", strings.HasSuffix(name, "ascii"):
		if utf8.Valid(body) {
			return ""
		}
	}
	if !strings.HasPrefix(charset, "utf") && !bytes.ContainsFunc(body, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return ""
	}
	return redact.Line(charset, 40)
}

// refused is the error of a response whose HTTP status is not 2xx.
func (x *exchange) refused(a *send.Attempt) error {
	x.scan.Reset(a.Body)
	code := salvageMeta(&x.scan, &x.meta)
	x.redactMeta()
	return &HTTPError{
		StatusCode: a.Status, Code: code, RetryAfter: send.RetryAfter(a.Header, time.Now()), Meta: x.meta,
		kind: x.settings.statusErrors[code],
	}
}

// undecodable is the error of a 2xx that is not the promised JSON.
func (x *exchange) undecodable(body []byte, err error) error {
	x.meta = Meta{HTTPStatus: x.meta.HTTPStatus, Header: x.meta.Header, Attempts: x.meta.Attempts, Elapsed: x.meta.Elapsed}
	x.scan.Reset(body)
	salvageMeta(&x.scan, &x.meta)
	x.redactMeta()
	failure := newDecodeError(err)
	failure.Path, failure.Err = x.redactor.Text(failure.Path), x.redactor.Error(err)
	failure.Meta = x.meta
	return failure
}

// interrupted is the error of a call whose time ended. It does not wrap what the server last said; the request id stays. unsent
// says that it ended between attempts: a request that must not be repeated was not acted on, or it would have no other attempt.
func (x *exchange) interrupted(why error, while string, unsent bool) error {
	x.meta = Meta{RequestID: x.meta.RequestID, Attempts: x.meta.Attempts, Elapsed: time.Since(x.start)}
	return &TransportError{
		Attempts: x.meta.Attempts, Err: x.redactor.Error(why), Meta: x.meta, unsent: unsent,
		call: failedCall{name: x.op.name(), attemptErrors: x.attemptErrors, stopReason: while, once: !x.op.repeatable},
	}
}

// redactMeta takes the token out of what the envelope says, and bounds it.
func (x *exchange) redactMeta() {
	msg := x.redactor.Clip(x.meta.Msg)
	x.meta.Msg = strings.ToValidUTF8(msg[:min(len(msg), maxMsg)], "")
	x.meta.RequestID = redact.Line(x.redactor.Clip(x.meta.RequestID), maxRequestID)
}

// replaceToken lets the source know that its token was refused, and reports whether the request has another one now.
func (x *exchange) replaceToken(a *send.Attempt) bool {
	if invalidator, ok := x.settings.source.(TokenInvalidator); ok {
		invalidator.InvalidateToken(x.token)
	}
	x.tokens.refuse(x.token)
	failed, refused := failedCallOf(x.err), x.token
	switch {
	case x.settings.source == nil || x.settings.static || !x.op.repeatable:
		return false
	case x.replaced && !x.tokens.has(refused):
		failed.stopReason = "a fresh token was refused, too"
		return false
	case a.Last:
		failed.stopReason = "no attempt is left for another token"
		return false
	}
	x.replaced = true
	switch err := x.authenticate().(type) {
	case *RequestError:
		failed.stopReason, failed.sourceFailed = "there is no fresh token: "+err.Err.Error(), err.isRetryable()
		return false
	case error:
		return false // the call's time is over
	}
	if x.token.Value.Equal(refused.Value) {
		failed.stopReason = "the token source gave the same token again"
		return false
	}
	return x.fill() == nil
}

// mayPass decides whether another attempt may do better than the last, and does no harm.
func (x *exchange) mayPass() bool {
	failure, ok := x.err.(callError)
	switch {
	case !ok:
		return false
	case isCutShort(failure):
		again := !x.truncatedRetried
		x.truncatedRetried = true
		return again
	}
	return isTransient(failure)
}

// Done reports the result of an attempt to the observers and the log.
func (x *exchange) Done(a *send.Attempt, again bool, wait time.Duration) {
	if x.op.pauses != nil && (a.PacingWait > 0 || errors.Is(x.err, ErrRateLimited)) {
		*x.op.pauses++
	}
	if a.Sent && len(x.settings.observers) > 0 {
		info := x.info(a)
		info.HTTPStatus, info.Err, info.Kind = x.meta.HTTPStatus, x.err, kindOf(x.err)
		info.Elapsed, info.Retry, info.RetryIn = a.Ended.Sub(a.Began), again, wait
		x.settings.observers.endAttempt(context.WithoutCancel(x.attemptCtx), info)
	}
	level := slog.LevelDebug
	if x.err != nil {
		level = slog.LevelWarn
	}
	logger := x.settings.logger
	if !logger.Enabled(x.ctx, level) {
		return
	}
	began := a.Began
	if a.Number == 0 {
		began = x.start
	}
	attrs := []slog.Attr{slog.String("request", x.op.name()), slog.Int("attempt", a.Number), slog.Duration("elapsed", time.Since(began))}
	if x.meta.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("httpStatus", x.meta.HTTPStatus))
	}
	if x.meta.RequestID != "" {
		attrs = append(attrs, slog.String("requestId", x.meta.RequestID))
	}
	if x.err != nil {
		attrs = append(attrs, slog.String("error", shortReason(x.err)))
	}
	if again {
		attrs = append(attrs, slog.Duration("retryIn", wait))
	}
	logger.LogAttrs(x.ctx, level, "confopenapi attempt", attrs...)
}
