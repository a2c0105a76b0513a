package confopenapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
	"github.com/confopenapi/confopenapi-go/internal/send"
)

// lister reads pages of one list for Pager, Snapshot and Watch.
type lister struct {
	client   *Client
	request  ListByStatusRequest // a private copy
	pageSize int
}

// newLister checks what the listings have in common. A request's own Count is its page size.
func newLister(c *Client, req *ListByStatusRequest, pageSize int) (lister, error) {
	l := lister{client: c, pageSize: pageSize}
	if req != nil {
		l.request = *req
	}
	if filter := l.request.FilterOneAttendee; filter != nil {
		l.request.FilterOneAttendee = new(*filter)
	}
	if pageSize == 0 {
		l.pageSize = l.request.Count
	}
	l.request.Count = 0
	switch err := l.request.validate(); {
	case err != nil:
		return l, err
	case c == nil || c.service == nil:
		return l, errZeroClient()
	case req != nil && req.Count < 0:
		return l, badRequest("Count", "%d is negative", req.Count)
	case pageSize < 0, l.pageSize > overlap.MaxPageSize:
		return l, badRequest("PageSize", "%d is not in 0 to %d", l.pageSize, overlap.MaxPageSize)
	}
	if l.pageSize == 0 {
		l.pageSize = overlap.DefaultPageSize
	}
	return l, nil
}

// checkWhole refuses what a listing of everything cannot start with.
func (l *lister) checkWhole(ctx context.Context) error {
	if ctx == nil {
		return badRequest("ctx", "the context is nil")
	}
	if l.request.Page > 1 {
		return badRequest("Page", "%d: a listing of everything begins with page 1; Pager.Pages starts anywhere", l.request.Page)
	}
	return nil
}

func checkRequire(v Verdict) error {
	if v < VerdictDefault || v > VerdictComplete {
		return badRequest("Require", "%s is not a verdict", v)
	}
	return nil
}

// page reads one page, with everything else as in the request.
func (l *lister) page(ctx context.Context, number, count int, paced bool) (*ConfList, error) {
	req := l.request
	req.Page, req.Count = number, count
	return l.client.listByStatus(ctx, &req, paced)
}

// name is the endpoint and what of the request all pages share.
func (l *lister) name() string {
	filter := l.filter()
	return operation{path: listByStatusPath, request: &filter}.name()
}

// filter is the request without its place in the list.
func (l *lister) filter() ListByStatusRequest {
	req := l.request
	req.Page, req.Count = 0, 0
	return req
}

// source is the list as the listing algorithm reads it.
func (l *lister) source(ctx context.Context) overlap.Source[Conference] {
	return overlap.Source[Conference]{
		Fetch: func(ctx context.Context, page, count int) (overlap.Page[Conference], error) {
			list, err := l.page(ctx, page, count, true)
			if err != nil {
				return overlap.Page[Conference]{}, err
			}
			return overlap.Page[Conference]{Items: list.Conferences, Total: list.TotalCount}, nil
		},
		Key:      keyOf,
		Classify: func(err error, refusals int) overlap.Fault { return l.classify(ctx, err, refusals) },
	}
}

func keyOf(c *Conference) overlap.Key {
	return overlap.Key{EventID: c.EventID, ConferenceID: c.ConferenceID, Start: int64(c.StartTime)}
}

// classify says what a listing does about an error of one of its pages.
func (l *lister) classify(ctx context.Context, err error, refusals int) overlap.Fault {
	_, bad := errors.AsType[*RequestError](err)
	switch {
	case errors.Is(err, ErrRateLimited):
		return l.pause(ctx, err, refusals)
	case bad, errors.Is(err, ErrUnauthorized), errors.Is(err, ErrForbidden), errors.Is(err, ErrRedirect):
		return overlap.Fault{Kind: overlap.Fatal}
	case refusesCount(err):
		return overlap.Fault{Kind: overlap.CountRejected}
	}
	return overlap.Fault{Kind: overlap.Failed}
}

// pause is how long a listing waits after a refusal for too many requests, by the rules of a retry: within the policy's
// attempts and waits, and before the deadline.
func (l *lister) pause(ctx context.Context, err error, refusals int) overlap.Fault {
	policy := l.client.service.settings.retry
	asked := askedToWait(err)
	wait := send.Backoff(send.Policy(policy), refusals, asked)
	deadline, limited := ctx.Deadline()
	switch {
	case asked > policy.MaxRetryAfter, limited && time.Until(deadline) <= wait:
		return overlap.Fault{Kind: overlap.Fatal}
	case refusals+1 >= policy.MaxAttempts:
		return overlap.Fault{Kind: overlap.Failed}
	}
	return overlap.Fault{Kind: overlap.RateLimited, Pause: max(wait, 1)}
}

// askedToWait is the Retry-After of a refusal.
func askedToWait(err error) time.Duration {
	if refusal, ok := errors.AsType[*HTTPError](err); ok {
		return refusal.RetryAfter
	}
	return 0
}

// refusesCount reports whether an error may mean that the service does not accept so large a count. Which it accepts, and
// how it says no, is unknown.
func refusesCount(err error) bool {
	if refusal, ok := errors.AsType[*StatusError](err); ok {
		return refusal.kind == nil
	}
	if refusal, ok := errors.AsType[*HTTPError](err); ok && refusal.kind == nil {
		switch refusal.StatusCode {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
			return true
		}
	}
	return errors.Is(err, ErrTooLarge)
}

// outcome is the error that a listing ends with, or nil: that of its first page, or of the caller's context, or what it
// proved being less than required.
func (l *lister) outcome(ctx context.Context, report overlap.Report, err error, require Verdict) error {
	if require == VerdictDefault {
		require = VerdictConditional
	}
	if err != nil && ctx.Err() != nil {
		err = &TransportError{Err: send.ContextError(ctx), final: true, call: callInfo{name: l.name()}}
	}
	switch {
	case err != nil && (report.Pages == 0 || require == VerdictIncomplete):
		return err
	case err == nil && Verdict(report.Verdict) >= require:
		return nil
	case err == nil:
		err = report.Err
	}
	return &IncompleteError{Report: reportOf(report), Err: err, name: l.name()}
}
