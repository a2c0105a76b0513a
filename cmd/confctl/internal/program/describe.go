package program

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
)

// Reworded is an error in other words, which are in the user's language.
type Reworded struct {
	Text string
	Err  error
}

func (r *Reworded) Error() string { return r.Text }
func (r *Reworded) Unwrap() error { return r.Err }

// inFlags names flags instead of the SDK's options, which nobody can give confctl.
var inFlags = strings.NewReplacer("WithIgnoredTotals", "--ignore-totals", "WithFacts", "--facts")

// Describe is an error in one line in a printer's language. The SDK and the system speak English: in another language it is what
// kind of error it is, and in brackets what else is known of it.
func Describe(p *message.Printer, err error) string {
	text, kind := err.Error(), Kind(p, err)
	if _, done := errors.AsType[*Reworded](err); done || !locale.IsChinese(p) || kind == text {
		return inFlags.Replace(text)
	}
	if facts := factsOf(p, err); len(facts) > 0 {
		return p.Sprintf("%s (%s)", kind, strings.Join(facts, p.Sprintf(", ")))
	}
	return kind
}

// factsOf are what is known of an error beside its kind.
func factsOf(p *message.Printer, err error) (facts []string) {
	add := func(fact string) {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	if incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err); ok && incomplete.Err == nil {
		because, _, _ := strings.Cut(Because(p, ReasonOf(incomplete.Report)), p.Sprintf(".")) // the hint says the rest
		if incomplete.Report.Verdict == confopenapi.VerdictConditional {
			because = p.Sprintf("complete only on the condition %s", because)
		}
		add(because)
	}
	cause := Cause(err)
	meta, called := confopenapi.MetaOf(cause)
	if failed, ok := errors.AsType[*confopenapi.TransportError](cause); ok {
		add(causeOf(p, failed.Err))
		meta.Attempts = failed.Attempts
	}
	if wrong, ok := errors.AsType[*confopenapi.DecodeError](cause); ok && wrong.Path != "" {
		add(p.Sprintf("at %s", wrong.Path))
	}
	if refused, ok := errors.AsType[*confopenapi.HTTPError](cause); ok && refused.Code != 0 {
		add(p.Sprintf("business status %d", refused.Code))
	}
	if wrong, ok := errors.AsType[*confopenapi.RequestError](cause); ok {
		add(wrong.Err.Error())
	}
	if !called {
		return append(facts, place(cause)...)
	}
	if meta.HTTPStatus != 0 {
		add("HTTP " + strconv.Itoa(meta.HTTPStatus))
	}
	if meta.RequestID != "" {
		add(p.Sprintf("request id %s", meta.RequestID))
	}
	if meta.Attempts > 1 {
		add(p.Sprintf("%d attempts in %s", meta.Attempts, meta.Elapsed.Round(time.Millisecond).String()))
	}
	return facts
}

// causeOf is why there was no response.
func causeOf(p *message.Printer, err error) string {
	if err == nil || errors.Is(err, context.Canceled) {
		return ""
	}
	if unknown, ok := errors.AsType[*net.DNSError](err); ok && unknown.IsNotFound {
		return p.Sprintf("there is no host %s", unknown.Name)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return p.Sprintf("the certificate is not trusted")
	}
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return p.Sprintf("the server does not speak https")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return p.Sprintf("it took too long")
	case errors.Is(err, syscall.ECONNREFUSED):
		return p.Sprintf("the connection was refused")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return p.Sprintf("the connection broke off")
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return p.Sprintf("the network is unreachable")
	}
	return err.Error()
}

// place is where an error of the system happened: what was being done, in the words of who wrapped it, and the file or address.
func place(err error) (facts []string) {
	text, inner := err.Error(), err
	for next := err; next != nil; next = errors.Unwrap(next) {
		inner = next
		switch at := next.(type) {
		case *fs.PathError:
			facts = []string{at.Path}
		case *os.LinkError:
			facts = []string{at.New}
		case *net.OpError:
			if at.Addr != nil {
				facts = []string{at.Addr.String()}
			}
		case *net.AddrError:
			facts = []string{at.Addr}
		}
		if len(facts) > 0 {
			break
		}
	}
	if before, ok := strings.CutSuffix(text, ": "+inner.Error()); ok {
		facts = append([]string{before}, facts...)
	}
	return facts
}

// Kind is what kind of error it is, in the printer's language, or else its text.
func Kind(p *message.Printer, err error) string { return cmp.Or(kindOf(p, err), err.Error()) }

// kindOf says what kind of error it is; "" = another one. The sentinels come first, because each is found in more than one type.
func kindOf(p *message.Printer, err error) string {
	cause := Cause(err)
	is := func(target error) bool { return errors.Is(cause, target) }
	switch {
	case is(context.Canceled):
		return p.Sprintf("interrupted")
	case is(confopenapi.ErrUnauthorized):
		return p.Sprintf("the service refused the token")
	case is(confopenapi.ErrForbidden):
		return p.Sprintf("the token has no right to this list")
	case is(confopenapi.ErrRateLimited):
		return p.Sprintf("too many requests")
	case is(confopenapi.ErrServer):
		return p.Sprintf("the service has a problem")
	case is(confopenapi.ErrRedirect):
		return p.Sprintf("the service redirects to another address")
	case is(confopenapi.ErrTooLarge):
		return p.Sprintf("the response is too large")
	case is(confopenapi.ErrIncomplete):
		return p.Sprintf("the list could not be proven to be complete")
	}
	return kindOfType(p, cause)
}

func kindOfType(p *message.Printer, err error) string {
	if business, ok := errors.AsType[*confopenapi.StatusError](err); ok {
		return p.Sprintf("the service reports the status %d", business.Code)
	}
	if _, ok := errors.AsType[*confopenapi.DecodeError](err); ok {
		return p.Sprintf("the response is not what the documentation promises")
	}
	if _, ok := errors.AsType[*confopenapi.HTTPError](err); ok {
		return p.Sprintf("the service refused the request")
	}
	if _, ok := errors.AsType[*confopenapi.TransportError](err); ok {
		return p.Sprintf("no response")
	}
	if wrong, ok := errors.AsType[*confopenapi.RequestError](err); ok {
		if wrong.Field == "token" {
			return p.Sprintf("there is no valid token")
		}
		return p.Sprintf("the request is not valid")
	}
	if wrong, ok := errors.AsType[*net.AddrError](err); ok && wrong.Err == "missing port in address" {
		return p.Sprintf("there is no port after a colon")
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return p.Sprintf("it took too long")
	case errors.Is(err, fs.ErrNotExist):
		return p.Sprintf("no such file or directory")
	case errors.Is(err, fs.ErrPermission):
		return p.Sprintf("no permission")
	case errors.Is(err, syscall.ENOSPC):
		return p.Sprintf("the disk is full")
	case errors.Is(err, syscall.EPIPE):
		return p.Sprintf("the reader of the pipe has ended")
	case errors.Is(err, syscall.EADDRINUSE):
		return p.Sprintf("the port is in use")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return p.Sprintf("it is no address of this machine")
	}
	return ""
}
