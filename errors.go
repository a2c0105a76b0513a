package confopenapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/redact"
	"github.com/confopenapi/confopenapi-go/internal/scan"
	"github.com/confopenapi/confopenapi-go/internal/send"
)

// The sentinels classify an error, whichever of the types below it is: test them with errors.Is. A business status matches
// one only if WithStatusErrors maps it, since the vendor publishes no table of codes (unknown).
var (
	// ErrUnauthorized: the token was refused or is missing (HTTP 401).
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the token is good, but not for this (HTTP 403).
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: too many requests (HTTP 429).
	ErrRateLimited = errors.New("rate limited")
	// ErrServer: the service, or something in front of it, is in trouble (HTTP 5xx).
	ErrServer = errors.New("server error")
	// ErrRedirect: the server sent the request elsewhere (HTTP 301, 302, 303, 307 or 308). The token does not go along: correct the base URL.
	ErrRedirect = errors.New("redirect refused")
	// ErrTooLarge: the response is larger than WithMaxResponseBytes allows, or a page has more conferences than ten times the
	// count that was asked for (or than 1,000, if that is more), or than 131,072.
	ErrTooLarge = send.ErrTooLarge
	// ErrIncomplete: a listing could not prove that it lost nothing (*IncompleteError).
	ErrIncomplete = errors.New("listing incomplete")
)

const (
	maxRequestID = 125 // bytes of a request id, before an ellipsis
	maxMsg       = 4 << 10
)

// StatusError says that a 2xx response has a business status other than 0 (status, documented). It is final unless
// WithStatusErrors maps its code: ErrRateLimited and ErrServer are retried, and ErrUnauthorized refreshes the token.
type StatusError struct {
	Code int    // the envelope's status, never 0; what a code means is unknown
	Msg  string // the envelope's msg (提示信息, documented), "" if absent. It may hold personal data: Error leaves it out
	Meta Meta   // what else is known of the response
	call failedCall
	kind error // the sentinel of the code; nil = none
}

// Error is one line without Msg.
func (e *StatusError) Error() string {
	return e.call.describe(fmt.Sprintf("business status %d", e.Code), e.Meta)
}

// Format prints what Error returns, whatever the verb.
func (e StatusError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error.
func (e StatusError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Is matches the sentinel that WithStatusErrors gives the code.
func (e *StatusError) Is(target error) bool { return e.kind != nil && target == e.kind }

// HTTPError says that the HTTP status is not 2xx.
type HTTPError struct {
	StatusCode int           // the HTTP status
	Code       int           // the envelope's status, if the body was an envelope all the same; else 0
	RetryAfter time.Duration // how long the server asks to wait (Retry-After); 0 = it does not say
	Meta       Meta          // what else is known of the response, from the envelope too if there was one
	call       failedCall
	kind       error
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

// MarshalJSON is the text of Error.
func (e HTTPError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Is matches the sentinel of the HTTP status, and the one that WithStatusErrors gives Code.
func (e *HTTPError) Is(target error) bool {
	sentinel := sentinelOf(e.StatusCode)
	return sentinel != nil && target == sentinel || e.kind != nil && target == e.kind
}

// DecodeError says that a 2xx response is not the promised JSON: no JSON at all, no status, no result, a field of the wrong kind, or too
// large, which matches ErrTooLarge. A JSON text that ends too early matches io.ErrUnexpectedEOF. The UnmarshalJSON methods of
// this package return it with a zero Meta.
type DecodeError struct {
	Path   string // JSON pointer of the value, such as /result/confList/3/eventId, with … for undocumented names; "" = the whole body
	Offset int64  // of the value in the body, in bytes from 0
	Meta   Meta   // what else is known of the response
	Err    error  // what is wrong with it
	call   failedCall
}

// Error is one line without anything of the body's values.
func (e *DecodeError) Error() string {
	return e.call.describe("the response is not the promised JSON"+colon(e.Err), e.Meta)
}

// Format prints what Error returns, whatever the verb.
func (e DecodeError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error.
func (e DecodeError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

func newDecodeError(err error) *DecodeError {
	e := &DecodeError{Err: err}
	if at, ok := errors.AsType[*scan.Error](err); ok {
		at.Path = documentedPath(at.Path)
		e.Path, e.Offset = at.Path, at.Offset
	}
	return e
}

// documentedPath has … for the names of a path that the service's documents do not have: they can be data.
func documentedPath(path string) string {
	steps := strings.Split(path, "/")
	for i, step := range steps {
		isIndex := strings.Trim(step, "0123456789") == "" // the path has no such names
		if !isIndex && !fieldSet.Has(step) && !slices.Contains(envelopeNames, step) {
			steps[i] = "…"
		}
	}
	return strings.Join(steps, "/")
}

var envelopeNames = []string{"status", "msg", "request_id", "timestamp", "request_duration", "result", "totalCount", "confList"}

// TransportError says that no complete response came: the network failed, an attempt took too long, the limiter refused, or the
// call's time was over. The end of the caller's context matches its error and its cause, and WithTimeout matches
// context.DeadlineExceeded. WithAttemptTimeout, or a dialer's timeout, matches os.ErrDeadlineExceeded and no error of a context.
type TransportError struct {
	Attempts int   // how many times the request was sent, or tried to be
	Err      error // what stopped the last attempt, or the call
	Meta     Meta  // HTTPStatus and Header, if the response broke off in the body
	call     failedCall
	unsent   bool // the request provably was not sent
	final    bool // another attempt would meet the same
}

// Error is one line.
func (e *TransportError) Error() string {
	what := "no response"
	switch {
	case e.Attempts == 0 && e.unsent:
		what = "nothing was sent"
	case e.Meta.HTTPStatus != 0:
		what = fmt.Sprintf("the response broke off (HTTP %d)", e.Meta.HTTPStatus)
	}
	meta := e.Meta
	meta.Attempts = e.Attempts
	return e.call.describe(what+colon(e.Err), meta)
}

// Format prints what Error returns, whatever the verb.
func (e TransportError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error.
func (e TransportError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Is matches ErrRateLimited or ErrServer where the client sent nothing because the service refuses requests or fails (WithPacing).
func (e *TransportError) Is(target error) bool {
	return target == ErrRateLimited && errors.Is(e.Err, send.ErrRefusing) || target == ErrServer && errors.Is(e.Err, send.ErrFailing)
}

// Unwrap returns Err.
func (e *TransportError) Unwrap() error { return e.Err }

// RequestError says that nothing was sent: a base URL, option, argument or token is bad, or the token source failed.
type RequestError struct {
	Field string // what is wrong: "baseURL", "WithRetry", "Page", "path", "token" …
	Err   error  // why
}

// Error is one line.
func (e *RequestError) Error() string {
	if e.Err == nil {
		return "confopenapi: bad " + e.Field
	}
	return "confopenapi: " + e.Field + colon(e.Err)
}

// Format prints what Error returns, whatever the verb.
func (e RequestError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalJSON is the text of Error.
func (e RequestError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// Unwrap returns Err.
func (e *RequestError) Unwrap() error { return e.Err }

func badRequest(field, format string, args ...any) *RequestError {
	return &RequestError{Field: field, Err: fmt.Errorf(format, args...)}
}

// MetaOf returns what is known of the call behind an error. For an *IncompleteError, that is the call of its Err. MetaOf returns false
// if err does not come from a call.
func MetaOf(err error) (Meta, bool) {
	if e, ok := errors.AsType[interface {
		error
		brokenBy() error
	}](err); ok {
		err = e.brokenBy()
	}
	if e, ok := errors.AsType[callError](err); ok {
		_, meta := e.details()
		return meta, true
	}
	return Meta{}, false
}

// callError is an error of a call that was sent, or tried to be.
type callError interface {
	error
	details() (*failedCall, Meta)
}

func (e *StatusError) details() (*failedCall, Meta)    { return &e.call, e.Meta }
func (e *HTTPError) details() (*failedCall, Meta)      { return &e.call, e.Meta }
func (e *DecodeError) details() (*failedCall, Meta)    { return &e.call, e.Meta }
func (e *TransportError) details() (*failedCall, Meta) { return &e.call, e.Meta }

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

// IsRetryable reports whether the same call, made again later with the same arguments, may succeed and does no harm.
//
// It is true for HTTP 408, 425, 429 and 5xx except 501 and 505, and for:
//   - business statuses that WithStatusErrors maps to ErrRateLimited or ErrServer
//   - network failures, except those of a TLS handshake
//   - timeouts of attempts and of WithTimeout, and JSON that was cut short
//   - a spent retry budget, and a limiter that refused
//   - a token source that failed, also after the service refused a token
//
// Of an *IncompleteError it is true for ReasonGap, ReasonNoEnd, ReasonTotal, ReasonContradiction and ReasonEffort, and for ReasonFailed
// if its Err is retryable. Of a Call that is not Idempotent it is true only if the request provably was not acted on.
//
// It is false for everything else, such as the end of the caller's own context, other refusals, ErrTooLarge, bad arguments, and a sentinel
// alone, such as ErrServer in a test: nothing says which call it is of.
func IsRetryable(err error) bool {
	call, isCall := errors.AsType[callError](err)
	if e, ok := errors.AsType[interface {
		error
		isRetryable() bool
	}](err); ok && !(isCall && errors.Is(call, e)) { // inside of call it is that of another client
		return e.isRetryable()
	}
	return isCall && !isCallersEnd(err) && (isTransient(call) || isCutShort(call) || failedCallOf(call).sourceFailed)
}

// isRetryable is true of a token source that failed. Where the caller's context ended, the error is a *TransportError.
func (e *RequestError) isRetryable() bool {
	return e.Field == "token" && e.Err != nil && !errors.Is(e.Err, context.Canceled) &&
		!errors.Is(e.Err, errTokenEmpty) && !errors.Is(e.Err, errTokenForm) && !errors.Is(e.Err, errTokenUTF8)
}

// isTransient reports whether the failure of a call may pass by itself, and sending the request again does no harm.
func isTransient(err callError) bool {
	switch err := err.(type) {
	case *HTTPError:
		return isTransientStatus(err) && (!err.call.once || err.StatusCode == http.StatusTooManyRequests)
	case *StatusError:
		return isTransientKind(err.kind) && !err.call.once
	case *TransportError:
		return !err.final && !isCallersEnd(err) && (err.unsent || !err.call.once)
	}
	return false
}

// isCutShort reports whether a JSON text ended too early, and sending the request again does no harm.
func isCutShort(err callError) bool {
	e, ok := err.(*DecodeError)
	return ok && !e.call.once && errors.Is(e, io.ErrUnexpectedEOF)
}

// isCallersEnd reports whether an error is the end of the caller's context, and not that of WithTimeout.
func isCallersEnd(err error) bool {
	return (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) && !errors.As(err, new(send.CallTimeoutError))
}

func isTransientKind(kind error) bool {
	return errors.Is(kind, ErrRateLimited) || errors.Is(kind, ErrServer)
}

// isTransientStatus: what the service says in its own terms outranks HTTP.
func isTransientStatus(err *HTTPError) bool {
	if err.kind != nil {
		return isTransientKind(err.kind)
	}
	switch status := err.StatusCode; status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	default:
		return status >= 500 && status <= 599
	}
}

// isRefusal reports whether a failure is the refusal of a service that works. Redirects, certificates and what does not decode are
// none: a page that apologises for an outage comes like this.
func isRefusal(err error) bool {
	switch err := err.(type) {
	case *StatusError:
		return !isTransientKind(err.kind)
	case *HTTPError:
		return err.StatusCode >= 400 && err.StatusCode <= 499 && !isTransientStatus(err)
	}
	return false
}

// isMisfit reports whether the result of a good response does not fit what the caller wants it decoded into.
func isMisfit(err error) bool {
	e, ok := err.(*DecodeError)
	return ok && strings.HasPrefix(e.Path, "/result") && !errors.Is(e, io.ErrUnexpectedEOF)
}

// failedCall is what an error knows of its call.
type failedCall struct {
	name          string   // the endpoint and the request's canonical text
	attemptErrors []string // of each failed attempt, as shortReason has it
	stopReason    string   // why it was not tried again, if that is not plain
	once          bool     // sending it twice may do harm
	sourceFailed  bool     // the token was refused, and the source had no other for now
}

// failedCallOf is the failedCall of an error of a call.
func failedCallOf(err error) *failedCall {
	if e, ok := err.(callError); ok {
		info, _ := e.details()
		return info
	}
	return new(failedCall)
}

// shortReason is a failure in a word or two.
func shortReason(err error) string {
	switch err := err.(type) {
	case *HTTPError:
		return fmt.Sprint("HTTP ", err.StatusCode)
	case *StatusError:
		return fmt.Sprint("status ", err.Code)
	case *DecodeError:
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return "JSON cut short"
		}
		return "not the promised JSON"
	case *TransportError:
		return redact.Line(err.Err.Error(), 60)
	}
	return "failed"
}

// colon is ": " and an error's text, cut; "" for nil.
func colon(err error) string {
	if err == nil {
		return ""
	}
	return ": " + redact.Line(err.Error(), redact.MaxLine)
}

func (i failedCall) describe(what string, m Meta) string {
	var b strings.Builder
	b.WriteString("confopenapi: ")
	if i.name != "" {
		b.WriteString(i.name + ": ")
	}
	b.WriteString(what)
	if i.stopReason != "" {
		b.WriteString("; " + i.stopReason)
	}
	if facts := i.facts(m); len(facts) > 0 {
		b.WriteString(" (" + strings.Join(facts, ", ") + ")")
	}
	return b.String()
}

func (i failedCall) facts(m Meta) (facts []string) {
	// Who responds in place of the service is mostly seen by its Server header.
	if server := productName.FindString(m.Header.Get("Server")); server != "" && !strings.Contains(m.Header.Get("Content-Type"), "json") {
		facts = append(facts, "from "+server)
	}
	if m.RequestID != "" {
		facts = append(facts, "request id "+redact.Line(m.RequestID, maxRequestID))
	}
	if m.Attempts > 1 {
		effort := fmt.Sprintf("%d attempts in %s", m.Attempts, m.Elapsed.Round(time.Millisecond))
		if len(i.attemptErrors) > 0 {
			effort += ": " + summary(i.attemptErrors)
		}
		facts = append(facts, effort)
	}
	return facts
}

var productName = regexp.MustCompile(`^[A-Za-z]{1,20}`)

// summary joins the errors of attempts, with equal neighbours counted and the earliest left out of a long record.
func summary(attemptErrors []string) string {
	const most = 8
	var groups []string
	for rest := attemptErrors; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n] == rest[0] {
			n++
		}
		group := rest[0]
		if n > 1 {
			group = fmt.Sprintf("%s ×%d", group, n)
		}
		groups, rest = append(groups, group), rest[n:]
	}
	if len(groups) > most {
		groups = append([]string{"…"}, groups[len(groups)-most:]...)
	}
	return strings.Join(groups, "; ")
}
