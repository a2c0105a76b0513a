package program

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"syscall"

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

// Describe is an error in one line in a printer's language. The SDK and the system speak English: in another language what kind
// of error it is comes first, and their text in brackets.
func Describe(p *message.Printer, err error) string {
	text, brief := err.Error(), Brief(p, err)
	if brief != text {
		return p.Sprintf("%s (%s)", brief, text)
	}
	return text
}

// Brief is Describe without the English text, for where there is little room.
func Brief(p *message.Printer, err error) string {
	if _, done := errors.AsType[*Reworded](err); !done && locale.IsChinese(p) {
		return cmp.Or(kindOf(p, err), err.Error())
	}
	return err.Error()
}

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
	}
	return ""
}
