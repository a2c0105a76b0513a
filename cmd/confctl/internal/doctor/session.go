package doctor

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/confopenapi/confopenapi-go"
)

// session is what a run knows so far.
type session struct {
	client  *confopenapi.Client // behind the tap
	tap     *tap
	request confopenapi.ListByStatusRequest
	reason  func(confopenapi.Reason) string

	failures int   // requests in a row that failed
	dead     error // why nothing more is asked

	first    *read   // the page that an empty request gives
	big      *read   // the largest page that came
	size     int     // the largest count that the service gives
	refuses  bool    // it refuses larger ones
	atLeast  int     // conferences of the list, by pages whose places are not known
	shuffled bool    // its order changes so much that places mean nothing
	unstable bool    // its order changes somewhat
	loose    bool    // it ignores count
	rounding bool    // it takes odd counts for others
	pageless bool    // it ignores page
	far      int     // it gives the last page again beyond the end, as it did at this offset; 0 = it does not
	hides    bool    // its filter hides before paging
	thin     bool    // its pages have fewer than asked for
	uneven   bool    // its largest pages differ in size
	cut      bool    // a listing was begun, and the limit ended it
	changes  float64 // of the list between two requests, as far as seen
	listing  *confopenapi.Report
	findings []Finding

	withoutTotals *confopenapi.Report // of a listing that ignored them, where they mislead
}

// ask reads one page of the list.
func (s *session) ask(ctx context.Context, page, count int) (*read, error) {
	return s.askFiltered(ctx, page, count, s.request.FilterOneAttendee)
}

func (s *session) askFiltered(ctx context.Context, page, count int, filter *bool) (*read, error) {
	req := s.request
	req.Page, req.Count, req.FilterOneAttendee = page, count, filter
	return s.send(ctx, s.client, &req)
}

// send makes a call and returns what the tap saw of it.
func (s *session) send(ctx context.Context, client *confopenapi.Client, req *confopenapi.ListByStatusRequest) (*read, error) {
	before := len(s.tap.all())
	_, err := client.ListByStatus(ctx, req)
	reads := s.tap.all()
	switch {
	case err == nil && len(reads) > before:
		s.failures = 0
		return &reads[len(reads)-1], nil
	case err == nil:
		return nil, errUnread
	case refusal(err):
		return nil, err
	}
	s.failures++
	if s.failures >= 2 || errors.Is(err, confopenapi.ErrUnauthorized) || errors.Is(err, confopenapi.ErrRateLimited) || ctx.Err() != nil {
		s.fail(ctx, err)
	}
	return nil, err
}

var errUnread = errors.New("the response could not be looked at")

// fail ends the run, unless the end of the requests was what ended the call.
func (s *session) fail(ctx context.Context, err error) {
	if !errors.Is(context.Cause(ctx), errSpent) && s.dead == nil {
		s.dead = err
	}
}

// refusal reports whether the service responded, and refused the request and not the token.
func refusal(err error) bool {
	if _, ok := errors.AsType[*confopenapi.StatusError](err); ok {
		return true
	}
	refused, ok := errors.AsType[*confopenapi.HTTPError](err)
	if !ok {
		return false
	}
	switch refused.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// how says how the service refused, in numbers.
func how(err error) Evidence {
	e := Evidence{}
	if refused, ok := errors.AsType[*confopenapi.StatusError](err); ok {
		e["httpStatus"], e["businessStatus"] = refused.Meta.HTTPStatus, refused.Code
	}
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); ok {
		e["httpStatus"] = refused.StatusCode
		if refused.Code != 0 {
			e["businessStatus"] = refused.Code
		}
	}
	return e
}

// length is how long the list is at least, by the pages that came.
func (s *session) length() int {
	n := s.atLeast
	for _, r := range s.tap.all() {
		switch {
		case !sameFilter(r.filter, s.request.FilterOneAttendee), len(r.rows) == 0:
		case r.page <= 1 || s.placed(&r) && r.offset()+len(r.rows) > n && !s.again(&r):
			n = max(n, r.offset()+len(r.rows))
		}
	}
	return n
}

// placed reports whether a page is where its number and count say: where count is cut short, later pages move up.
func (s *session) placed(r *read) bool {
	return !s.pageless && !s.loose && (!s.rounding || r.count%10 == 0) && (r.page <= 1 || r.count <= s.size)
}

// again reports whether a page beyond the end has the conferences of an earlier page.
func (s *session) again(r *read) bool {
	return s.far > 0 && (r.offset() >= s.far || slices.ContainsFunc(s.tap.all(), func(q read) bool {
		return q.offset() < r.offset() && within(r.rows, q.rows)
	}))
}

// moved reports whether pages that came again show that conferences came or left, or that their total did without that, or only
// that their order differs.
func (s *session) moved() (list, total, order bool) {
	reads := s.tap.all()
	for _, r := range reads {
		first := reads[slices.IndexFunc(reads, func(q read) bool {
			return q.page == r.page && q.count == r.count && sameFilter(q.filter, r.filter)
		})]
		whole := s.whole(&first) && s.whole(&r)
		c := compare(&first, &r, whole)
		changed := len(c.left)+len(c.entered) > 0 && (whole || !s.shuffled && !(s.unstable && s.gappy()))
		list, total = list || changed, total || first.total != r.total
		order = order || !changed && !slices.EqualFunc(first.rows, r.rows, func(a, b row) bool { return a.id == b.id })
	}
	return list, total, order
}

func sameFilter(a, b *bool) bool { return a == b || a != nil && b != nil && *a == *b }

// step is the size of pages of which the list has at least two: a multiple of ten, which services that dislike odd counts
// take. 0 = the list is too short.
func (s *session) step(most int) int {
	return min(s.length()/2, s.size, most) / 10 * 10
}
