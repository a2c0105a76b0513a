package confopenapi

import (
	"bytes"
	"context"

	"github.com/google/go-querystring/query"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// ListByStatusRequest asks for a page of the live conferences. Its zero value asks for the server's defaults; nil means
// the same. Negative numbers are a *RequestError.
type ListByStatusRequest struct {
	// FilterOneAttendee true leaves out the conferences that have exactly one attendee, false lists them, nil leaves it to
	// the server (filterOneAttendee, 是否过滤仅 1 人的会议, documented). It makes conferences appear and vanish as people
	// join and leave. new(true) is a pointer to true.
	FilterOneAttendee *bool `json:"filterOneAttendee,omitzero" url:"filterOneAttendee,omitempty"`
	// AdminUserID is the administrator whose conferences are listed; 0 = the super administrator
	// (adminUserId, 管理员 userId, documented).
	AdminUserID int64 `json:"adminUserId,omitzero" url:"adminUserId,omitempty"`
	// Page is the number of the page, from 1; 0 = the server's default, which is 1 (page, 页码, documented).
	Page int `json:"page,omitzero" url:"page,omitempty"`
	// Count is how many conferences a page has; 0 = the server's default, which is 20 (count, 每页条数, documented). The
	// largest that the server accepts is unknown: it may send fewer without saying so.
	Count int `json:"count,omitzero" url:"count,omitempty"`
}

// String is the request's canonical text: a query string of the fields that are set, sorted, without the token. Equal
// requests have equal texts, so it serves as a key of caches and in logs.
func (r ListByStatusRequest) String() string {
	values, err := query.Values(r)
	if err != nil {
		return ""
	}
	return values.Encode()
}

// ListByStatus lists one page of live conferences (实时会议列表). Despite the endpoint's name it takes no status: it lists
// what is live now. The list changes while it is paged through, so that pages read one after another can skip and repeat
// conferences.
//
// A nil req is the zero request. The error is a *RequestError if the arguments, the client or the token source are at fault, and otherwise a *StatusError,
// *HTTPError, *DecodeError or *TransportError; the list is nil then. ListByStatus is safe for concurrent use.
func (c *Client) ListByStatus(ctx context.Context, req *ListByStatusRequest) (*ConfList, error) {
	if req == nil {
		req = &ListByStatusRequest{}
	}
	return c.listByStatus(ctx, req, nil)
}

// listByStatus adds to pauses, if it is not nil, how many attempts were refused as too many or waited for their turn.
func (c *Client) listByStatus(ctx context.Context, req *ListByStatusRequest, pauses *int) (*ConfList, error) {
	if err := req.validate(); err != nil {
		return nil, err
	}
	list := &ConfList{}
	meta, err := c.call(ctx, operation{
		path:       listByStatusPath,
		request:    req,
		result:     pageResult{list, req.Count},
		repeatable: true,
		pauses:     pauses,
	})
	if err != nil {
		return nil, err
	}
	list.Meta = meta
	return list, nil
}

func (r *ListByStatusRequest) validate() error {
	for _, n := range r.numbers() {
		if n.value < 0 {
			return badRequest(n.field, "%d is negative", n.value)
		}
	}
	return nil
}

// number is a field that cannot be negative, and is left out if it is 0.
type number struct {
	field, json string
	value       int64
}

func (r *ListByStatusRequest) numbers() [3]number {
	return [...]number{
		{"AdminUserID", `"adminUserId":`, r.AdminUserID}, {"Page", `"page":`, int64(r.Page)}, {"Count", `"count":`, int64(r.Count)},
	}
}

// payload is the request's JSON, as its tags say, with a token if it goes into the body.
func (r *ListByStatusRequest) payload(token string) ([]byte, error) {
	b := append(make([]byte, 0, 128), '{')
	if r.FilterOneAttendee != nil {
		b = append(appendFlag(append(b, `"filterOneAttendee":`...), r.FilterOneAttendee), ',')
	}
	for _, n := range r.numbers() {
		if n.value != 0 {
			b = append(appendInt(append(b, n.json...), n.value), ',')
		}
	}
	if token != "" {
		b = append(scan.AppendString(append(b, `"token":`...), token), ',')
	}
	return append(bytes.TrimSuffix(b, []byte(",")), '}'), nil
}
