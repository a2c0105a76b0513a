package confopenapi

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// mayRepeat decides whether the last failure is worth another attempt, and whether another is allowed.
func (x *exchange) mayRepeat() bool {
	switch err := x.outcome.(type) {
	case *HTTPError:
		if !x.op.repeatable {
			return err.StatusCode == http.StatusTooManyRequests
		}
		return isTransientStatus(err)
	case *StatusError:
		return x.op.repeatable && isTransientKind(err.kind)
	case *DecodeError:
		again := x.op.repeatable && !x.recut && errors.Is(err, io.ErrUnexpectedEOF)
		x.recut = x.recut || again
		return again
	case *TransportError:
		return x.ended() == nil && !isFinal(err) && (x.op.repeatable || neverLeft(err))
	}
	return false
}

// isTransientKind reports whether a mapped business status may pass by itself.
func isTransientKind(kind error) bool {
	return errors.Is(kind, ErrRateLimited) || errors.Is(kind, ErrServer)
}

// isTransientStatus reports whether a refusal may pass by itself. What the service says in its own terms outranks HTTP.
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

// isFinal reports whether a network failure is one that stays: the peer is not who it should be or speaks something
// else, the limiter said no, or there was no attempt at all.
func isFinal(err *TransportError) bool {
	return err.final || err.Attempts == 0 || isAlert(err) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, new(*limiterError))
}

// neverLeft reports whether a request provably was not sent: no connection came about, to the service or to the proxy.
func neverLeft(err *TransportError) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && (failed.Op == "dial" || failed.Op == "proxyconnect")
}

// next plans another attempt, unless none is left or it would come too late, which the outcome then tells.
func (x *exchange) next() bool {
	if x.attempts-x.earlier >= x.client.settings.retry.MaxAttempts {
		return false
	}
	if x.ended() != nil {
		x.outcome = x.interrupted("")
		return false
	}
	policy := x.client.settings.retry
	asked := retryAfter(x.answer.header, time.Now())
	x.wait = backoff(policy, x.attempts-x.earlier-1, asked)
	switch note := &trailOf(x.outcome).note; {
	case asked > policy.MaxRetryAfter:
		*note = fmt.Sprintf("the server asks to wait %s, longer than the limit of %s", asked, policy.MaxRetryAfter)
	case !x.deadline.IsZero() && time.Until(x.deadline) <= x.wait:
		*note = fmt.Sprintf("the next attempt, in %s, would come after the deadline", x.wait.Round(time.Millisecond))
	default:
		return true
	}
	return false
}

// backoff is called by go-retryablehttp when it begins to wait.
func (x *exchange) backoff(time.Duration, time.Duration, int, *http.Response) time.Duration {
	x.waiting = true
	return x.wait
}

// backoff doubles the wait with each failure but the first, of which there is at least one. Half of it is random, and so is
// a tenth on top of what the server asks for, so that clients that failed together do not come back together.
func backoff(policy RetryPolicy, failures int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked + min(rand.N(asked/10+1), math.MaxInt64-asked)
	}
	wait := policy.MaxWait
	if failures < 32 && policy.MinWait<<failures>>failures == policy.MinWait {
		wait = min(policy.MinWait<<failures, policy.MaxWait)
	}
	return wait/2 + rand.N(wait/2+1)
}

// retryAfter reads Retry-After in seconds or as a date, which is taken by the server's own clock if it tells it. A date
// in the past, a negative number and garbage are 0; what is too large to wait for is the longest duration.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds > int64(math.MaxInt64/time.Second) {
			return math.MaxInt64
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now))
}

// brief is a failure in a word or two.
func brief(err error) string {
	switch err := err.(type) {
	case *HTTPError:
		return "HTTP " + strconv.Itoa(err.StatusCode)
	case *StatusError:
		return "status " + strconv.Itoa(err.Code)
	case *DecodeError:
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return "JSON cut short"
		}
		return "not the promised JSON"
	case *TransportError:
		return oneLine(err.Err.Error(), 60)
	}
	return "failed"
}
