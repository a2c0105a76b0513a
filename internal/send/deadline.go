package send

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// Deadline is when a call ends: with its context, or after its own timeout if that is sooner.
type Deadline struct {
	ctx     context.Context
	began   time.Time
	at      time.Time     // zero = none
	timeout time.Duration // the call's own, if it ends the call; 0 = the context does
}

// NewDeadline begins a call's time. A timeout of 0 is none.
func NewDeadline(ctx context.Context, now time.Time, timeout time.Duration) Deadline {
	d := Deadline{ctx: ctx, began: now}
	d.at, _ = ctx.Deadline()
	if end := now.Add(timeout); timeout > 0 && (d.at.IsZero() || end.Before(d.at)) {
		d.at, d.timeout = end, timeout
	}
	return d
}

// Err is why the call is over, or nil.
func (d Deadline) Err(now time.Time) error {
	switch {
	case d.ctx.Err() != nil:
		return ContextError(d.ctx)
	case d.timeout > 0 && !now.Before(d.at):
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, CallTimeoutError(d.timeout))
	}
	return nil
}

// Context ends when the call does.
func (d Deadline) Context() (context.Context, context.CancelFunc) {
	if d.timeout == 0 {
		return d.ctx, func() {}
	}
	return context.WithDeadlineCause(d.ctx, d.at, CallTimeoutError(d.timeout))
}

// before reports whether the call ends before a wait that begins now is over.
func (d Deadline) before(wait time.Duration) bool { return !d.at.IsZero() && time.Until(d.at) <= wait }

// attempt returns the context of an attempt. It ends after timeout, or with the call if that is sooner, so it has one timer.
func (d Deadline) attempt(began time.Time, timeout time.Duration) (context.Context, context.CancelFunc) {
	end := began.Add(timeout)
	if timeout == 0 || !d.at.IsZero() && !d.at.After(end) {
		return d.Context()
	}
	return context.WithDeadlineCause(d.ctx, end, attemptTimeoutError(timeout))
}

// ContextError is why a context ended: its error, and the cause if it has another.
func ContextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// CallTimeoutError is the cause of a context that the call's own timeout ended.
type CallTimeoutError time.Duration

func (e CallTimeoutError) Error() string {
	return "the call took longer than " + time.Duration(e).String()
}

// notContextError replaces the error of an attempt's or the network's timeout by one that does not match a context's error:
// the caller's context has not ended.
func notContextError(ctx context.Context, err error) error {
	if timeout, ok := errors.AsType[attemptTimeoutError](context.Cause(ctx)); ok {
		return timeout
	}
	if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() || errors.Is(err, context.Canceled) {
		return &networkTimeoutError{err}
	}
	return err
}

// attemptTimeoutError does not match context.DeadlineExceeded: the caller's context has not ended.
type attemptTimeoutError time.Duration

func (e attemptTimeoutError) Error() string {
	return "no complete response within " + time.Duration(e).String()
}
func (e attemptTimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }
func (e attemptTimeoutError) Timeout() bool        { return true }

// networkTimeoutError is the end of a shorter time than the attempt's, such as a dialer's. net's own errors match
// context.DeadlineExceeded; this one does not.
type networkTimeoutError struct{ err error }

func (e *networkTimeoutError) Error() string  { return e.err.Error() }
func (e *networkTimeoutError) As(to any) bool { return errors.As(e.err, to) }
func (e *networkTimeoutError) Is(target error) bool {
	if target == os.ErrDeadlineExceeded {
		return !errors.Is(e.err, context.Canceled)
	}
	return target != context.DeadlineExceeded && target != context.Canceled && errors.Is(e.err, target)
}
