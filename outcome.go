package confopenapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

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
	if x.healthy() {
		x.client.budget.pay()
	}
	again := x.outcome != nil && x.mayRepeat() && x.next() && !(x.op.paced && errors.Is(x.outcome, ErrRateLimited)) && x.afford()
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
	case a.err != nil && x.ended() != nil:
		return x.interrupted("")
	case a.err != nil && errors.Is(a.err, ErrTooLarge) && success:
		return x.undecodable(a.err)
	case a.err != nil && (a.status == 0 || success):
		return x.failed(&TransportError{Attempts: x.attempts, Err: x.redactor.foreign(a.err), Meta: x.meta, final: a.final})
	case !success:
		return x.refused()
	}
	status, err := decodeEnvelope(x.scanner(), &x.meta, &x.op)
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

// scanner is at the start of the last attempt's answer.
func (x *exchange) scanner() *scan.Scanner {
	x.scan.Reset(x.answer.body)
	return &x.scan
}

// refused is the error of an answer whose HTTP status is not 2xx.
func (x *exchange) refused() error {
	code := salvageMeta(x.scanner(), &x.meta)
	x.redactMeta()
	return x.failed(&HTTPError{
		StatusCode: x.answer.status,
		Code:       code,
		RetryAfter: retryAfter(x.answer.header, time.Now()),
		Meta:       x.meta,
		kind:       x.client.settings.statusErrors[code],
		sample:     x.redactor.sample(x.answer.body),
	})
}

// undecodable is the error of a 2xx that is not what was promised.
func (x *exchange) undecodable(err error) error {
	x.meta = Meta{HTTPStatus: x.meta.HTTPStatus, Header: x.meta.Header, Attempts: x.meta.Attempts, Elapsed: x.meta.Elapsed}
	salvageMeta(x.scanner(), &x.meta)
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
		Attempts: x.attempts, Err: x.redactor.hide(x.ended()), Last: x.outcome,
		Meta: Meta{Attempts: x.attempts, Elapsed: x.meta.Elapsed},
		call: trail{note: when},
	})
}

// failed completes an error with what is known of the call.
func (x *exchange) failed(err error) error {
	call := trailOf(err)
	call.name, call.tries, call.once = x.op.name(), x.tries, !x.op.repeatable
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
	began := x.sent
	if x.attempts == 0 {
		began = x.start
	}
	attrs := []slog.Attr{
		slog.String("request", x.op.name()),
		slog.Int("attempt", x.attempts),
		slog.Duration("elapsed", time.Since(began)),
	}
	if x.meta.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("httpStatus", x.meta.HTTPStatus))
	}
	if x.meta.RequestID != "" {
		attrs = append(attrs, slog.String("requestId", oneLine(x.meta.RequestID, maxRequestID)))
	}
	if x.outcome != nil {
		attrs = append(attrs, slog.String("error", brief(x.outcome)))
	}
	if again {
		attrs = append(attrs, slog.Duration("retryIn", x.wait))
	}
	logger.LogAttrs(x.ctx, level, "confopenapi attempt", attrs...)
}
