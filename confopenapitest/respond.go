package confopenapitest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

const (
	endpoint = "/confopenapi/conference/listbystatus"
	maxBody  = 1 << 20
)

// ServeHTTP serves one request. A request that breaks the documented contract gets a 4xx and an envelope with the reason; the
// real service's response is unknown.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.leave()
	defer s.reportPanic()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	if err != nil && !tooLarge {
		return // the client disconnected before the end of its request
	}
	x := newExchange(s, r, body)
	if tooLarge {
		x.problems = []problem{{status: http.StatusRequestEntityTooLarge, text: "the body is larger than 1 MiB"}}
	}
	if intercept := locked(s, &s.intercept); intercept != nil {
		asked := x.Request
		intercept(x)
		x.Request = asked
	}
	out := s.respond(x)
	if x.handler != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		x.handler.ServeHTTP(w, r)
		return
	}
	d := &delivery{reply: out, w: w, r: r, server: s}
	d.wait(x.fault.delay)
	if out.send == nil {
		out.send = (*delivery).plain
	}
	out.send(d)
}

// reportPanic fails the test if an interceptor or a handler panics: net/http would only close the connection.
func (s *Server) reportPanic() {
	if p := recover(); p != nil {
		if s.tb != nil && p != http.ErrAbortHandler { //nolint:errorlint // a panic's value, and net/http's own comparison
			s.tb.Errorf("confopenapitest: panic while serving a request: %v", p)
		}
		panic(p)
	}
}

// reply is a response before it is sent.
type reply struct {
	status int
	header http.Header
	body   []byte
	send   func(*delivery) // nil = in one piece
}

// respond makes the response from one state of the list, and records the request.
func (s *Server) respond(x *Exchange) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.list.Advance(float64(s.count))
	x.Number = s.count
	out := s.decide(x)
	x.Status = out.status
	x.Fault = x.fault.name
	s.record(x.Request)
	return out
}

func (s *Server) decide(x *Exchange) reply {
	if x.handler != nil {
		return reply{}
	}
	if !x.responded {
		if out, broken := s.checkContract(x); broken {
			return out
		}
		x.fault = s.faultFor(x.Request)
	}
	switch {
	case x.fault.replace != nil:
		return x.fault.finish(x.fault.replace(x))
	case x.page != nil:
		return x.pageReply(x.page())
	case s.tokens.accept(x, s.tokenIn):
		page, err := s.page(x)
		if err != nil {
			return x.fault.finish(x.envelope(http.StatusBadRequest, "count too large"))
		}
		return x.pageReply(page)
	case s.refusal.replace != nil:
		x.fault.delay += s.refusal.delay
		return x.fault.finish(s.refusal.finish(s.refusal.replace(x)))
	}
	return x.fault.finish(x.envelope(http.StatusUnauthorized, "token invalid"))
}

// checkContract returns the reply to a request that breaks the documented contract, and fails the test. A lenient server
// ignores minor problems.
func (s *Server) checkContract(x *Exchange) (reply, bool) {
	var texts []string
	status := 0
	for _, p := range x.problems {
		if s.lenient && p.minor {
			continue
		}
		if status == 0 {
			status = p.status
		}
		texts = append(texts, p.text)
	}
	if status == 0 {
		return reply{}, false
	}
	text := strings.Join(texts, "; ")
	if s.tb != nil && !s.lenient {
		s.tb.Errorf("confopenapitest: request %d breaks the documented contract: %s (%s %s, body %s)",
			x.Number, text, x.Method, x.Path, clip(x.Body, 300))
	}
	return x.envelope(status, text), true
}

func clip(text string, n int) string {
	if text == "" {
		return "empty"
	}
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "") + "…"
	}
	return text
}

// page is the page of a request, from the present list.
func (s *Server) page(x *Exchange) (envelope, error) {
	q := livelist.Request{Page: clamp(x.List.Page), Count: clamp(x.List.Count), Filter: s.filterOf(&x.List)}
	if q.Count == 0 {
		q.Count = livelist.DefaultCount
	}
	if admin := x.List.AdminUserID; admin != 0 && s.sees != nil {
		q.Keep = func(it livelist.Item) bool { return s.sees(admin, s.catalog.conference(it)) }
	}
	if x.fault.list != nil {
		x.fault.list(&q)
	}
	p, err := s.pages.Serve(q)
	if err != nil {
		return envelope{}, err
	}
	if s.total != nil {
		p.Total = s.total(p.Total)
	}
	rows := make([][]byte, len(p.Items))
	for i, it := range p.Items {
		rows[i] = s.catalog.encoded(it)
	}
	return pageOf(p.Total, rows), nil
}

// clamp keeps the product of page and count within an int64.
func clamp(n int) int { return min(n, 1<<31-1) }

// filterOf is what a request wants for conferences with one attendee. Without filterOneAttendee they are listed: the real
// service's default is unknown.
func (s *Server) filterOf(req *confopenapi.ListByStatusRequest) livelist.Filter {
	switch {
	case req == nil || req.FilterOneAttendee == nil || !*req.FilterOneAttendee:
		return livelist.FilterNone
	case s.filterAfterPaging:
		return livelist.FilterAfter
	}
	return livelist.FilterBefore
}

// envelope holds the parts of a response's JSON, so that a fault can change them before they are encoded.
type envelope struct {
	status string // JSON; "" = no such field
	msg    string
	result *string // JSON instead of the page; "" = no such field

	// The page:
	total int
	rows  [][]byte
	list  *string // JSON instead of the rows; "" = no such field
	lead  string  // fields before totalCount, each with its comma
}

func pageOf(total int, rows [][]byte) envelope {
	return envelope{status: "0", msg: "success", total: total, rows: rows}
}

func (x *Exchange) pageReply(page envelope) reply {
	if x.fault.page != nil {
		x.fault.page(&page)
	}
	x.Conferences = len(page.rows)
	return x.fault.finish(reply{status: http.StatusOK, header: jsonHeader(), body: page.encode(x.Number, x.timestamp())})
}

// envelope is a reply without a page, whose business status is the HTTP status.
func (x *Exchange) envelope(status int, msg string) reply {
	e := envelope{status: fmt.Sprint(status), msg: msg, result: new("null")}
	return reply{status: status, header: jsonHeader(), body: e.encode(x.Number, x.timestamp())}
}

func jsonHeader() http.Header {
	return http.Header{"Content-Type": {"application/json; charset=utf-8"}}
}

const firstTimestamp = 1774514768581

// timestamp depends on the number of the request alone, as the request id does, so that the same requests get the same bytes;
// or it is the time, if the service lives by the clock.
func (x *Exchange) timestamp() int64 {
	if x.clock {
		return time.Now().UnixMilli()
	}
	return firstTimestamp + int64(x.Number)
}

// encode writes the documented envelope.
func (e envelope) encode(number int, timestamp int64) []byte {
	size := 256 + len(e.lead)
	for _, row := range e.rows {
		size += len(row) + 1
	}
	b := append(make([]byte, 0, size), '{')
	if e.status != "" {
		b = fmt.Appendf(b, `"status":%s,`, e.status)
	}
	switch {
	case e.result == nil:
		b = append(e.appendPage(append(b, `"result":`...)), ',')
	case *e.result != "":
		b = fmt.Appendf(b, `"result":%s,`, *e.result)
	}
	return fmt.Appendf(b, `"msg":%s,"request_id":"confopenapitest-%06d","timestamp":%d,"request_duration":"%s"}`,
		appendJSON(nil, e.msg), number, timestamp, 1500*time.Microsecond)
}

func (e envelope) appendPage(b []byte) []byte {
	b = fmt.Appendf(b, `{%s"totalCount":%d`, e.lead, e.total)
	switch {
	case e.list == nil:
		b = append(b, `,"confList":[`...)
		for i, row := range e.rows {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, row...)
		}
		b = append(b, ']')
	case *e.list != "":
		b = fmt.Appendf(b, `,"confList":%s`, *e.list)
	}
	return append(b, '}')
}
