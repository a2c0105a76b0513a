package program

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

// Problem is an error that brings its hint along.
type Problem struct {
	Err  error
	Hint string // what a person can do about it
	Code int    // to exit with
}

func (p *Problem) Error() string { return p.Err.Error() }
func (p *Problem) Unwrap() error { return p.Err }

// Output is the problem of a result that could not be written, or nil.
func Output(err error) error {
	if err == nil {
		return nil
	}
	return &Problem{fmt.Errorf("writing the result: %w", err), "is the disk full, or did the reader of the pipe leave?", Failed}
}

// explain says how to exit after an error, and what a person can do about it. The sentinels come first, because each is
// found in more than one type.
func explain(err error, withPersonalData bool) (code int, hint string) {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem.Code, problem.Hint
	}
	if wrong, ok := errors.AsType[*confopenapi.RequestError](err); ok {
		return Unsent, explainRequest(wrong)
	}
	return Failed, explainAnswer(err, withPersonalData)
}

// explainRequest is for what was wrong before anything was sent.
func explainRequest(err *confopenapi.RequestError) string {
	switch err.Field {
	case "baseURL":
		return "set " + EnvBaseURL + " to an address such as https://conf.example.com or https://conf.example.com/prefix"
	case "WithToken":
		return "set " + EnvToken + " to the token alone, without quotes, spaces and line breaks"
	case "AdminUserID":
		return "-admin is a positive number"
	case "Page", "Count":
		return "-page and -count are positive numbers"
	case "Interval":
		return "-interval is a duration such as 30s or 5m"
	}
	return "-h lists the flags"
}

func explainAnswer(err error, withPersonalData bool) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "it was interrupted"
	case errors.Is(err, confopenapi.ErrUnauthorized):
		return "the service refused the token: get a fresh one into " + EnvToken
	case errors.Is(err, confopenapi.ErrForbidden):
		return "the token is good, but not for this list: check -admin and the token's rights"
	case errors.Is(err, confopenapi.ErrRateLimited):
		return "too many requests: " + explainWait(err)
	case errors.Is(err, confopenapi.ErrServer):
		return "the service is in trouble: try later, and give its operators the request id if there is one"
	case errors.Is(err, confopenapi.ErrRedirect):
		return "redirects are not followed, because the token would go along: set " + EnvBaseURL + " to the final address"
	}
	if business, ok := errors.AsType[*confopenapi.StatusError](err); ok {
		return explainStatus(business, withPersonalData)
	}
	if broken, ok := errors.AsType[*confopenapi.DecodeError](err); ok {
		return "something other than the service seems to answer: check " + EnvBaseURL + " and its path" + looks(broken.Sample())
	}
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); ok {
		return explainHTTP(refused)
	}
	if failed, ok := errors.AsType[*confopenapi.TransportError](err); ok {
		return explainTransport(failed)
	}
	if errors.Is(err, confopenapi.ErrIncomplete) {
		return "the list moves too fast, or the service pages oddly: try again, and docs/consistency.md says what can be proven"
	}
	return "-v shows each attempt"
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
	return fmt.Sprintf("the service says %q", show.Printable(err.Msg))
}

func explainHTTP(err *confopenapi.HTTPError) string {
	if err.StatusCode == http.StatusNotFound || err.StatusCode == http.StatusMethodNotAllowed {
		return "there is no such service at " + EnvBaseURL + ": check its path" + looks(err.Sample())
	}
	return "the service does not accept the request" + looks(err.Sample())
}

func explainTransport(err *confopenapi.TransportError) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the server's certificate is not trusted: check " + EnvBaseURL + " and this machine's certificates"
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "the service is slow or unreachable: try later, and -v shows each attempt"
	}
	return "check " + EnvBaseURL + ", the network and HTTPS_PROXY; -v shows each attempt"
}

func looks(sample string) string {
	if sample == "" {
		return ""
	}
	return "; what came looks like " + show.Printable(sample)
}
