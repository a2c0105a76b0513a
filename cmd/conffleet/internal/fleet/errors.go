package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/confopenapi/confopenapi-go"
)

// The kinds of a StoreError.
const (
	KindFull        = "store-full"        // the disk or a stream has no room; nothing is lost, and it goes on when there is room
	KindTooLarge    = "store-too-large"   // a value exceeds what NATS accepts
	KindUnavailable = "store-unavailable" // no response, no leader, or JetStream is off, as it is while others have filled its disk
	KindUnreadable  = "store-unreadable"  // a record is not of this version
)

// StoreError says that JetStream did not take or give something.
type StoreError struct {
	Op   string // such as "publish events"
	Kind string
	Err  error
}

func (e *StoreError) Error() string {
	if errors.Is(e.Err, context.DeadlineExceeded) {
		return fmt.Sprintf("%s: %s: NATS does not respond", e.Op, e.Kind)
	}
	return fmt.Sprintf("%s: %s: %v", e.Op, e.Kind, e.Err)
}
func (e *StoreError) Unwrap() error { return e.Err }

// full are the texts of the errors that mean no room. They have one code with other failures of the store.
var full = []string{"maximum bytes exceeded", "maximum messages exceeded", "no space left", "insufficient resources", "resource limits exceeded", "insufficient storage"}

// storeError gives an error of the store its kind.
func storeError(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*StoreError](err); done {
		return err
	}
	kind, text := KindUnavailable, err.Error()
	for _, t := range full {
		if strings.Contains(text, t) {
			kind = KindFull
		}
	}
	if errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, jetstream.ErrStreamMessageExceedsMaximum) || strings.Contains(text, "message size exceeds maximum") {
		kind = KindTooLarge
	}
	return &StoreError{Op: op, Kind: kind, Err: err}
}

// errorKind is the kind of a failed task, for counts and filters.
func errorKind(err error) string {
	if store, ok := errors.AsType[*StoreError](err); ok {
		return store.Kind
	}
	if incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err); ok && incomplete.Err == nil {
		return "incomplete"
	} else if ok {
		err = incomplete.Err
	}
	if request, ok := errors.AsType[*confopenapi.RequestError](err); ok && request.Field == "token" { // its source has none
		return "unauthorized"
	}
	for _, k := range []struct {
		is   error
		kind string
	}{
		{confopenapi.ErrUnauthorized, "unauthorized"},
		{confopenapi.ErrForbidden, "forbidden"},
		{confopenapi.ErrRateLimited, "rate-limited"},
		{confopenapi.ErrServer, "server"},
		{confopenapi.ErrRedirect, "redirect"},
		{confopenapi.ErrTooLarge, "too-large"},
		{context.DeadlineExceeded, "timeout"},
		{context.Canceled, "stopped"},
	} {
		if errors.Is(err, k.is) {
			return k.kind
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return "timeout"
	}
	return typeKind(err)
}

func typeKind(err error) string {
	switch err.(type) {
	case *confopenapi.StatusError:
		return "status"
	case *confopenapi.HTTPError:
		return "http"
	case *confopenapi.DecodeError:
		return "decode"
	case *confopenapi.TransportError:
		return "transport"
	case *confopenapi.RequestError:
		return "request"
	}
	return "other"
}
