package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// halfSetError says that the environment names a service or a token, but not both.
type halfSetError struct{ set, missing string }

func (e *halfSetError) Error() string { return e.set + " is set, but " + e.missing + " is not" }

// outputError says that the result could not be written.
type outputError struct{ err error }

func (e *outputError) Error() string { return "writing the result: " + e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

// explain says how to exit after an error, and what a person can do about it. The sentinels come first, because each is
// found in more than one type.
func explain(err error, withPersonalData bool) (code int, hint string) {
	if half, ok := errors.AsType[*halfSetError](err); ok {
		return exitUsage, "set " + half.missing + " too, or unset " + half.set + " to use the embedded fake"
	}
	if wrong, ok := errors.AsType[*confopenapi.RequestError](err); ok {
		return exitUsage, explainRequest(wrong)
	}
	if _, ok := errors.AsType[*outputError](err); ok {
		return exitError, "is the disk full, or did the reader of the pipe leave?"
	}
	switch {
	case errors.Is(err, context.Canceled):
		return exitError, "it was interrupted"
	case errors.Is(err, confopenapi.ErrUnauthorized):
		return exitError, "the service refused the token: get a fresh one into " + envToken
	case errors.Is(err, confopenapi.ErrForbidden):
		return exitError, "the token is good, but not for this list: check -admin and the token's rights"
	case errors.Is(err, confopenapi.ErrRateLimited):
		return exitError, "too many requests: " + explainWait(err)
	case errors.Is(err, confopenapi.ErrServer):
		return exitError, "the service is in trouble: try later, and give its operators the request id if there is one"
	case errors.Is(err, confopenapi.ErrRedirect):
		return exitError, "redirects are not followed, because the token would go along: set " + envBaseURL + " to the final address"
	case errors.Is(err, confopenapi.ErrTooLarge):
		return exitError, "ask for fewer with -count"
	}
	if business, ok := errors.AsType[*confopenapi.StatusError](err); ok {
		return exitError, explainStatus(business, withPersonalData)
	}
	if broken, ok := errors.AsType[*confopenapi.DecodeError](err); ok {
		return exitError, "something other than the service seems to answer: check " + envBaseURL + " and its path" + looks(broken.Sample())
	}
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); ok {
		return exitError, explainHTTP(refused)
	}
	if failed, ok := errors.AsType[*confopenapi.TransportError](err); ok {
		return exitError, explainTransport(failed)
	}
	return exitError, "the embedded fake needs a port on loopback"
}

// explainRequest is for what was wrong before anything was sent.
func explainRequest(err *confopenapi.RequestError) string {
	switch err.Field {
	case "baseURL":
		return "set " + envBaseURL + " to an address such as https://conf.example.com or https://conf.example.com/prefix"
	case "WithToken":
		return "set " + envToken + " to the token alone, without quotes, spaces and line breaks"
	}
	return "-page, -count and -admin are positive numbers"
}

func explainWait(err error) string {
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); ok && refused.RetryAfter > 0 {
		return "try again in " + refused.RetryAfter.Round(time.Second).String()
	}
	return "try again later"
}

// explainStatus shows the service's own words only to those who asked for personal data, since they may hold some.
func explainStatus(err *confopenapi.StatusError, withPersonalData bool) string {
	switch {
	case !withPersonalData:
		return "-with-personal-data shows what the service says about it"
	case err.Msg == "":
		return "the service says nothing about it"
	}
	return fmt.Sprintf("the service says %q", printable(err.Msg))
}

func explainHTTP(err *confopenapi.HTTPError) string {
	if err.StatusCode == http.StatusNotFound || err.StatusCode == http.StatusMethodNotAllowed {
		return "there is no such service at " + envBaseURL + ": check its path" + looks(err.Sample())
	}
	return "the service does not accept the request" + looks(err.Sample())
}

func explainTransport(err *confopenapi.TransportError) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the server's certificate is not trusted: check " + envBaseURL + " and this machine's certificates"
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "the service is slow or unreachable: try later, and -v shows each attempt"
	}
	return "check " + envBaseURL + ", the network and HTTPS_PROXY; -v shows each attempt"
}

func looks(sample string) string {
	if sample == "" {
		return ""
	}
	return "; what came looks like " + printable(sample)
}
