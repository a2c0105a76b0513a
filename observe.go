package confopenapi

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/send"
)

// Observer sees what calls do, for metrics and traces. A nil function is skipped. The goroutine of the call waits for the functions: they
// must be quick, and safe for concurrent use. They see no token. An error's text holds no personal data; StatusError.Msg and Meta may.
//
// The context that StartCall returns is that of the call's attempts, the one that StartAttempt returns is that of the attempt's
// request, which a middleware sees. nil leaves it as it is.
type Observer struct {
	StartCall    func(context.Context, CallInfo) context.Context    // before anything else; only Operation is set
	StartAttempt func(context.Context, AttemptInfo) context.Context // when the request is about to be sent: after the waits
	EndAttempt   func(context.Context, AttemptInfo)                 // when the response was read and judged
	EndCall      func(context.Context, CallInfo)                    // also of a call that sent nothing
}

// CallInfo is what an Observer sees of a call.
type CallInfo struct {
	Operation string        // the endpoint, such as "conference/listbystatus"
	Attempts  int           // how many times the request was sent; 0 = nothing was sent
	Err       error         // what the call returns; nil = success
	Kind      string        // of Err, as in AttemptInfo; also "token", "request" (bad arguments), "limiter", "pacing" and "panic"
	Elapsed   time.Duration // with waits and retries
	RequestID string        // of the last response (request_id); "" if absent
}

// AttemptInfo is what an Observer sees of an attempt. StartAttempt sees the first four fields.
type AttemptInfo struct {
	Operation   string        // the endpoint, such as "conference/listbystatus"
	Number      int           // from 1
	LimiterWait time.Duration // for the limiter, before the attempt
	PacingWait  time.Duration // for its turn, before the attempt (WithPacing)

	HTTPStatus int           // 0 = no response
	Err        error         // nil = success
	Kind       string        // of Err: "http", "status", "decode", "transport", "timeout" or "canceled"; "" = success
	Elapsed    time.Duration // of the attempt, without the waits before it
	Retry      bool          // another attempt follows
	RetryIn    time.Duration // how long the call waits before
}

// kindOf is the Kind of an error.
func kindOf(err error) string {
	switch err := err.(type) {
	case nil:
		return ""
	case *HTTPError:
		return "http"
	case *StatusError:
		return "status"
	case *DecodeError:
		return "decode"
	case *RequestError:
		if err.Field == "token" {
			return "token"
		}
		return "request"
	}
	switch {
	case errors.Is(err, send.ErrLimiter):
		return "limiter"
	case errors.Is(err, send.ErrRefusing), errors.Is(err, send.ErrFailing):
		return "pacing"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	}
	return "transport"
}

// observers are nested: the first begins first and ends last.
type observers []Observer

func (all observers) startCall(ctx context.Context, info CallInfo) context.Context {
	for _, o := range all {
		if o.StartCall != nil {
			ctx = cmp.Or(o.StartCall(ctx, info), ctx) //nolint:fatcontext // one for each observer
		}
	}
	return ctx
}

func (all observers) startAttempt(ctx context.Context, info AttemptInfo) context.Context {
	for _, o := range all {
		if o.StartAttempt != nil {
			ctx = cmp.Or(o.StartAttempt(ctx, info), ctx) //nolint:fatcontext // one for each observer
		}
	}
	return ctx
}

func (all observers) endAttempt(ctx context.Context, info AttemptInfo) {
	for _, o := range slices.Backward(all) {
		if o.EndAttempt != nil {
			o.EndAttempt(ctx, info)
		}
	}
}

func (all observers) endCall(ctx context.Context, info CallInfo) {
	for _, o := range slices.Backward(all) {
		if o.EndCall != nil {
			o.EndCall(ctx, info)
		}
	}
}
