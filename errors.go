package confopenapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// The sentinels classify an error, whichever of the types below it is: test them with errors.Is. A business status
// matches one only if WithStatusErrors maps it, since the vendor publishes no table of codes (unknown).
var (
	// ErrUnauthorized: the token was refused or is missing (HTTP 401).
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the token is good, but not for this (HTTP 403).
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: too many requests (HTTP 429).
	ErrRateLimited = errors.New("rate limited")
	// ErrServer: the service, or something in front of it, is in trouble (HTTP 5xx).
	ErrServer = errors.New("server error")
	// ErrRedirect: the server sent the request elsewhere (HTTP 301, 302, 303, 307 or 308). It was not followed, because
	// the token would go along: correct the base URL.
	ErrRedirect = errors.New("redirect refused")
	// ErrTooLarge: the answer is larger than WithMaxResponseBytes allows, or a page has more than 131,072 conferences.
	ErrTooLarge = errors.New("response too large")
	// ErrIncomplete: a listing could not prove that it lost nothing (*IncompleteError).
	ErrIncomplete = errors.New("listing incomplete")
)

var errZeroClient = errors.New("it is nil or zero: use NewClient")

// StatusError says that the service answered 2xx with a business status other than 0 (status, documented). It is final
// unless WithStatusErrors maps its code to ErrRateLimited or ErrServer, which are retried, or to
// ErrUnauthorized, which has the token refreshed.
type StatusError struct {
	Code int    // the envelope's status, never 0; what a code means is unknown
	Msg  string // the envelope's msg (提示信息, documented), as the service wrote it, "" if absent: it may hold personal data, so Error leaves it out
	Meta Meta   // what else is known of the answer
	call trail
	kind error
}

// Error is one line without Msg.
func (e *StatusError) Error() string {
	return e.call.describe(fmt.Sprintf("business status %d", e.Code), e.Meta)
}

// Format prints what Error returns, whatever the verb.
func (e StatusError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error: what an error says of an answer is not for logs that marshal it.
func (e StatusError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Is matches the sentinel that WithStatusErrors gives the code.
func (e *StatusError) Is(target error) bool { return e.kind != nil && target == e.kind }

// HTTPError says that an answer came whose HTTP status is not 2xx. Meta has the request id and the msg if the body was an
// envelope all the same.
type HTTPError struct {
	StatusCode int           // the HTTP status
	Code       int           // the envelope's status, if the body was an envelope all the same; 0 = it was none
	RetryAfter time.Duration // how long the server asks to wait (Retry-After); 0 = it does not say
	Meta       Meta          // what else is known of the answer
	call       trail
	kind       error
	sample     string
}

// Error is one line without anything of the body.
func (e *HTTPError) Error() string {
	what := fmt.Sprintf("HTTP %d", e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		what += " " + text
	}
	if e.Code != 0 {
		what += fmt.Sprintf(" with business status %d", e.Code)
	}
	return e.call.describe(what, e.Meta)
}

// Format prints what Error returns, whatever the verb.
func (e HTTPError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error: what an error says of an answer is not for logs that marshal it.
func (e HTTPError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Is matches the sentinel of the HTTP status, and the one that WithStatusErrors gives Code.
func (e *HTTPError) Is(target error) bool {
	sentinel := sentinelOf(e.StatusCode)
	return sentinel != nil && target == sentinel || e.kind != nil && target == e.kind
}

// Sample is what the body looked like, in at most about 256 bytes: its structure or its plain words, with status codes, true,
// false and null, and without other values, addresses, numbers and the token. It is "" if there was no body.
func (e *HTTPError) Sample() string { return e.sample }

// DecodeError says that the answer was 2xx but not the promised JSON: no JSON at all, no status, no result, a member of
// the wrong kind, or too large, which matches ErrTooLarge. A JSON text that ends too early matches io.ErrUnexpectedEOF.
// The UnmarshalJSON methods of this package return it with a zero Meta.
type DecodeError struct {
	Path   string // JSON pointer of the value, such as /result/confList/3/eventId; "" for the whole body
	Offset int64  // of the value in the body, in bytes from 0
	Meta   Meta   // what else is known of the answer; zero from an UnmarshalJSON
	Err    error  // what is wrong with it
	call   trail
	sample string
}

// Error is one line without anything of the body's values.
func (e *DecodeError) Error() string {
	what := "the answer is not the promised JSON"
	if e.Err != nil {
		what += ": " + oneLine(e.Err.Error(), maxErrorText)
	}
	return e.call.describe(what, e.Meta)
}

// Format prints what Error returns, whatever the verb.
func (e DecodeError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error: what an error says of an answer is not for logs that marshal it.
func (e DecodeError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// Sample is what the body looked like, as HTTPError.Sample describes it.
func (e *DecodeError) Sample() string { return e.sample }

func newDecodeError(err error) *DecodeError {
	e := &DecodeError{Err: err}
	if at, ok := errors.AsType[*scan.Error](err); ok {
		e.Path, e.Offset = at.Path, at.Offset
	}
	return e
}

// TransportError says that no complete answer came: the network failed, an attempt took too long, the limiter refused,
// or the caller's context ended, which errors.Is finds as context.Canceled or context.DeadlineExceeded (with its cause).
// An attempt that ran into WithAttemptTimeout, or into a shorter time such as a dialer's, matches os.ErrDeadlineExceeded instead;
// a call that ran into WithTimeout matches context.DeadlineExceeded.
type TransportError struct {
	Attempts int   // how many times the request was sent, or tried to be
	Err      error // what stopped the last attempt, or the call
	Last     error // what the last attempt came to, if the context ended while the call waited for the next; it is not unwrapped
	Meta     Meta  // HTTPStatus and Header, if the answer broke off in the body
	call     trail
	final    bool // another attempt would meet the same
}

// Error is one line.
func (e *TransportError) Error() string {
	what := "no answer"
	if e.Meta.HTTPStatus != 0 {
		what = fmt.Sprintf("the answer broke off (HTTP %d)", e.Meta.HTTPStatus)
	}
	if e.Err != nil {
		what += ": " + oneLine(e.Err.Error(), maxErrorText)
	}
	meta := e.Meta
	meta.Attempts = e.Attempts
	return e.call.describe(what, meta)
}

// Format prints what Error returns, whatever the verb.
func (e TransportError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error: what an error says of an answer is not for logs that marshal it.
func (e TransportError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Unwrap returns Err.
func (e *TransportError) Unwrap() error { return e.Err }

// IncompleteError says that a listing is worth less than what was required of it: something may be missing from what it
// gave. What it did give is good.
//
// It matches ErrIncomplete, and the error of the caller's context if that ended the listing. It does not match what else broke
// the listing, such as ErrServer: that is in Err.
type IncompleteError struct {
	Report Report // what was proven, and in Reason why not more
	Err    error  // what broke it, if a request or the caller's context did, else nil
	name   string // the endpoint and the request's canonical text
}

// Error is one line: what is listed, what came of it, and what broke it.
func (e *IncompleteError) Error() string {
	text := "confopenapi: "
	if e.name != "" {
		text += e.name + ": "
	}
	text += "listing " + e.Report.String()
	if e.Err != nil {
		text += ": " + oneLine(strings.TrimPrefix(e.Err.Error(), "confopenapi: "), maxErrorText)
	}
	return text
}

// Format prints what Error returns, whatever the verb.
func (e IncompleteError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error.
func (e IncompleteError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Is matches ErrIncomplete.
func (e *IncompleteError) Is(target error) bool { return target == ErrIncomplete }

// Unwrap returns Err if it is the end of the caller's context, and otherwise nil.
func (e *IncompleteError) Unwrap() error {
	if isCallersEnd(e.Err) {
		return e.Err
	}
	return nil
}

// RequestError says that nothing was sent, because what the caller gave is no request: a bad base URL, option, argument
// or token, or a token source that failed.
type RequestError struct {
	Field string // what is wrong: "baseURL", "WithRetry", "Page", "path", "token" …
	Err   error  // why
}

// Error is one line.
func (e *RequestError) Error() string {
	if e.Err == nil {
		return "confopenapi: bad " + e.Field
	}
	return "confopenapi: " + e.Field + ": " + oneLine(e.Err.Error(), maxErrorText)
}

// Unwrap returns Err.
func (e *RequestError) Unwrap() error { return e.Err }

// MetaOf returns what is known of the answer behind an error of a call: the request id to tell the vendor, the header, the
// effort. Of an *IncompleteError it is that of the request which broke the listing. It is false if err is none of this
// package's errors about an answer, as a *RequestError is none. The Meta of a success is in its result.
func MetaOf(err error) (Meta, bool) {
	if e, ok := errors.AsType[*IncompleteError](err); ok {
		return MetaOf(e.Err)
	}
	if e, ok := errors.AsType[*StatusError](err); ok {
		return e.Meta, true
	}
	if e, ok := errors.AsType[*HTTPError](err); ok {
		return e.Meta, true
	}
	if e, ok := errors.AsType[*DecodeError](err); ok {
		return e.Meta, true
	}
	if e, ok := errors.AsType[*TransportError](err); ok {
		return e.Meta, true
	}
	return Meta{}, false
}

func badRequest(field, format string, args ...any) *RequestError {
	return &RequestError{Field: field, Err: fmt.Errorf(format, args...)}
}

// sentinelOf is what an HTTP status means, or nil.
func sentinelOf(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusTooManyRequests:
		return ErrRateLimited
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return ErrRedirect
	}
	if status >= 500 && status <= 599 {
		return ErrServer
	}
	return nil
}

// trail is what an error knows of its call.
type trail struct {
	name  string   // the endpoint and the request's canonical text
	tries []string // what each failed attempt came to
	note  string   // why it was not tried again, if that is not plain
	once  bool     // the call may not be repeated: the request may have been acted on
}

// trailOf finds the trail in an error of a call.
func trailOf(err error) *trail {
	switch err := err.(type) {
	case *StatusError:
		return &err.call
	case *HTTPError:
		return &err.call
	case *DecodeError:
		return &err.call
	case *TransportError:
		return &err.call
	}
	return new(trail)
}

func (t trail) describe(what string, m Meta) string {
	var b strings.Builder
	b.WriteString("confopenapi: ")
	if t.name != "" {
		b.WriteString(t.name + ": ")
	}
	b.WriteString(what)
	if t.note != "" {
		b.WriteString("; " + t.note)
	}
	if facts := t.facts(m); len(facts) > 0 {
		b.WriteString(" (" + strings.Join(facts, ", ") + ")")
	}
	return b.String()
}

func (t trail) facts(m Meta) (facts []string) {
	if m.RequestID != "" {
		facts = append(facts, "request id "+oneLine(m.RequestID, maxRequestID))
	}
	if m.Attempts > 1 {
		effort := fmt.Sprintf("%d attempts in %s", m.Attempts, m.Elapsed.Round(time.Millisecond))
		if len(t.tries) > 1 {
			effort += ": " + summary(t.tries)
		}
		facts = append(facts, effort)
	}
	return facts
}

// summary joins what attempts came to, with equal neighbours counted and the earliest left out of a long record.
func summary(tries []string) string {
	const most = 8
	var groups []string
	for i := 0; i < len(tries); {
		j := i + 1
		for j < len(tries) && tries[j] == tries[i] {
			j++
		}
		group := tries[i]
		if j-i > 1 {
			group = fmt.Sprintf("%s ×%d", group, j-i)
		}
		groups, i = append(groups, group), j
	}
	if len(groups) > most {
		groups = append([]string{ellipsis}, groups[len(groups)-most:]...)
	}
	return strings.Join(groups, "; ")
}

// IsRetryable reports whether the same call, made again later with the same arguments, may succeed and does no harm.
//
// It is true for HTTP 408, 425, 429 and 5xx but 501 and 505, for business statuses that WithStatusErrors maps to
// ErrRateLimited or ErrServer, for network failures, JSON that was cut short, timeouts of attempts and of WithTimeout, a
// spent retry budget, and a token source that failed. Of a Call that is not Idempotent it is true only if the request
// provably was not acted on. Of an *IncompleteError it is true if the list moved too much, or if what broke the listing is
// retryable itself.
//
// It is false for the end of the caller's own context, other refusals, ErrTooLarge, bad arguments, and everything else.
func IsRetryable(err error) bool {
	if e, ok := errors.AsType[*IncompleteError](err); ok {
		switch e.Report.Reason {
		case ReasonGap, ReasonNoEnd, ReasonTotal, ReasonEffort:
			return !isCallersEnd(e.Err)
		case ReasonFailed:
			return IsRetryable(e.Err)
		}
		return false
	}
	if e, ok := errors.AsType[*RequestError](err); ok { // when the caller's context ended, a token fails with a TransportError
		return e.Field == "token" && e.Err != nil && !errors.Is(e.Err, context.Canceled)
	}
	if e, ok := errors.AsType[*StatusError](err); ok {
		return isTransientKind(e.kind) && !e.call.once
	}
	if e, ok := errors.AsType[*HTTPError](err); ok {
		return isTransientStatus(e) && (!e.call.once || e.StatusCode == http.StatusTooManyRequests)
	}
	if e, ok := errors.AsType[*DecodeError](err); ok {
		return errors.Is(e, io.ErrUnexpectedEOF) && !e.call.once
	}
	if e, ok := errors.AsType[*TransportError](err); ok {
		unsent := e.Attempts == 0 || neverLeft(e) || errors.As(e, new(*limiterError))
		passes := errors.As(e, new(callTimeoutError)) || errors.As(e, new(*limiterError)) || !isFinal(e)
		return passes && !isCallersEnd(e) && (!e.call.once || unsent)
	}
	return false
}

// isCallersEnd reports whether an error is the end of the caller's context, and not that of WithTimeout.
func isCallersEnd(err error) bool {
	return (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) && !errors.As(err, new(callTimeoutError))
}
