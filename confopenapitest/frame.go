package confopenapitest

import (
	"fmt"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// frame is the parts of an answer's JSON that a fault may change before they become bytes.
type frame struct {
	status string // JSON; "" = no such member
	msg    string
	total  int
	rows   [][]byte
	list   listForm
	lead   string  // members at the head of the result, each with its comma
	result *string // JSON instead of the list; "" = no such member; nil = the list
}

type listForm int

const (
	listAsArray listForm = iota
	listAsNull
	listAbsent
)

const firstTimestamp = 1774514768581

// encode writes the documented envelope. Ids and times count requests, so that the same requests get the same bytes.
func (f frame) encode(number int) []byte {
	size := 256 + len(f.lead)
	for _, row := range f.rows {
		size += len(row) + 1
	}
	b := append(make([]byte, 0, size), '{')
	if f.status != "" {
		b = fmt.Appendf(b, `"status":%s,`, f.status)
	}
	switch {
	case f.result == nil:
		b = f.appendList(b)
	case *f.result != "":
		b = fmt.Appendf(b, `"result":%s,`, *f.result)
	}
	return fmt.Appendf(b, `"msg":%s,"request_id":"confopenapitest-%06d","timestamp":%d,"request_duration":"%s"}`,
		quote(f.msg), number, firstTimestamp+int64(number), 1500*time.Microsecond)
}

func (f frame) appendList(b []byte) []byte {
	b = fmt.Appendf(b, `"result":{%s"totalCount":%d`, f.lead, f.total)
	switch f.list {
	case listAsNull:
		b = append(b, `,"confList":null`...)
	case listAsArray:
		b = append(b, `,"confList":[`...)
		for i, row := range f.rows {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, row...)
		}
		b = append(b, ']')
	case listAbsent:
	}
	return append(b, "},"...)
}

// page is what the listing shows to a request now.
func (s *Service) page(x *Exchange) (frame, error) {
	q := livelist.Request{Page: clamp(x.List.Page), Count: clamp(x.List.Count), Filter: s.filterOf(&x.List)}
	if q.Count == 0 {
		q.Count = livelist.DefaultCount
	}
	q.Keep = s.visibleTo(x.List.AdminUserID)
	if x.fault.list != nil {
		x.fault.list(&q)
	}
	p, err := s.pages.Answer(q)
	if err != nil {
		return frame{}, err
	}
	f := frame{status: "0", msg: "success", total: p.Total, rows: make([][]byte, len(p.Items))}
	for i, it := range p.Items {
		f.rows[i] = s.catalog.encoded(it)
	}
	return f, nil
}

// clamp keeps the product of a page and a count within an int64.
func clamp(n int) int { return min(n, 1<<31-1) }

// filterOf is how the listing treats conferences with one attendee: not at all where the request does not say, because
// what the server does by default is unknown.
func (s *Service) filterOf(req *confopenapi.ListByStatusRequest) livelist.Filter {
	switch {
	case req == nil || req.FilterOneAttendee == nil || !*req.FilterOneAttendee:
		return livelist.FilterNone
	case s.oddities.FilterAfterPaging:
		return livelist.FilterAfter
	}
	return livelist.FilterBefore
}
