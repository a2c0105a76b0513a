package program

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// explain says how to exit after an error, and what a person can do about it. The sentinels come first, because each is
// found in more than one type.
func (v *Voice) explain(err error) (code int, hint string) {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem.Code, problem.Hint
	}
	if wrong, ok := errors.AsType[*confopenapi.RequestError](err); ok {
		return Unsent, v.explainRequest(wrong)
	}
	return Failed, v.explainAnswer(Cause(err))
}

// Cause is what broke a listing, where err is of a listing that was broken, and else err. An *IncompleteError does not
// unwrap it.
func Cause(err error) error {
	if incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err); ok && incomplete.Err != nil {
		return incomplete.Err
	}
	return err
}

// explainRequest is for what was wrong before anything was sent.
func (v *Voice) explainRequest(err *confopenapi.RequestError) string {
	switch err.Field {
	case "WithToken", "token":
		return v.Sprintf("set %s to the token only, without quotes, spaces and line breaks", v.Token)
	case "WithFacts":
		return v.Sprintf("the facts were learned of another service: confctl doctor --facts writes those of this one")
	}
	return v.Sprintf("-h lists the flags")
}

func (v *Voice) explainAnswer(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "" // the error says all
	case errors.Is(err, confopenapi.ErrUnauthorized):
		return v.Sprintf("put a new token into %s", v.Token)
	case errors.Is(err, confopenapi.ErrForbidden):
		return v.Sprintf("the token is valid, but not for this list: check --admin and the token's permissions")
	case errors.Is(err, confopenapi.ErrRateLimited):
		return v.explainWait(err)
	case errors.Is(err, confopenapi.ErrServer):
		return v.Sprintf("try later; if there is a request id, give it to the operators of the service")
	case errors.Is(err, confopenapi.ErrRedirect):
		return v.Sprintf("redirects are not followed, because they would pass the token on: set %s to the final address", v.BaseURL)
	case errors.Is(err, confopenapi.ErrTooLarge):
		return v.Sprintf("the response is larger than the client accepts: request smaller pages")
	}
	if business, ok := errors.AsType[*confopenapi.StatusError](err); ok {
		return v.explainStatus(business)
	}
	if _, ok := errors.AsType[*confopenapi.DecodeError](err); ok {
		return v.Sprintf("the response does not seem to come from the service: check %s and its path", v.BaseURL)
	}
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); ok {
		return v.explainHTTP(refused)
	}
	if failed, ok := errors.AsType[*confopenapi.TransportError](err); ok {
		return v.explainTransport(failed)
	}
	if incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err); ok {
		return v.explainIncomplete(incomplete.Report)
	}
	return v.Sprintf("-v shows each attempt")
}

// explainIncomplete says what helps against the reason of a report. Of an *IncompleteError the SDK's IsRetryable says whether to try again.
func (v *Voice) explainIncomplete(r confopenapi.Report) string {
	switch ReasonOf(r) {
	case confopenapi.ReasonTotal:
		return v.Sprintf("try again; if it is so each time, confctl doctor says what to do, if you have not run it yet")
	case confopenapi.ReasonGap, confopenapi.ReasonNoEnd, confopenapi.ReasonEffort, confopenapi.ReasonContradiction:
		return v.Sprintf("the list may have changed too fast: try again; if it is so each time, confctl doctor shows how the service pages, if you have not run it yet")
	case confopenapi.ReasonAssumesOrder, confopenapi.ReasonAssumesKey, confopenapi.ReasonIdentity:
		return v.Sprintf("--require conditional accepts the condition")
	case confopenapi.ReasonPaging, confopenapi.ReasonOrder, confopenapi.ReasonTies, confopenapi.ReasonLimit, confopenapi.ReasonFailed, confopenapi.ReasonStopped:
	}
	return v.Sprintf("trying again seldom helps: confctl doctor shows how the service pages, if you have not run it yet; confctl export with --require incomplete --resume writes what is listed all the same, and continues an unfinished export if its other flags are as before")
}

func (v *Voice) explainWait(err error) string {
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); ok && refused.RetryAfter > 0 {
		return v.Sprintf("try again in %s", refused.RetryAfter.Round(time.Second).String())
	}
	return v.Sprintf("try again later")
}

// explainStatus shows the service's own words only to those who asked for personal data, since they may hold some.
func (v *Voice) explainStatus(err *confopenapi.StatusError) string {
	switch {
	case !v.WithPersonalData:
		return v.Sprintf("--with-personal-data shows the service's message")
	case err.Msg == "":
		return v.Sprintf("the service sent no message")
	}
	return v.Sprintf("the service's message is %q", show.Printable(err.Msg))
}

func (v *Voice) explainHTTP(err *confopenapi.HTTPError) string {
	if err.StatusCode == http.StatusNotFound || err.StatusCode == http.StatusMethodNotAllowed {
		return v.Sprintf("there is no such service at %s: check its path", v.BaseURL)
	}
	return v.Sprintf("the service does not accept the request")
}

func (v *Voice) explainTransport(err *confopenapi.TransportError) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return v.Sprintf("the server's certificate is not trusted: check %s and this machine's certificates", v.BaseURL)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return v.Sprintf("the service is slow or unreachable: try later; -v shows each attempt")
	}
	return v.Sprintf("check %s, the network and HTTPS_PROXY; -v shows each attempt", v.BaseURL)
}
