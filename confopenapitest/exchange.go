package confopenapitest

import (
	"context"
	"net/http"

	"github.com/confopenapi/confopenapi-go"
)

// Exchange is one request on its way to the service. An interceptor may look at it, answer it, or do neither. It is valid
// until the interceptor returns, and not safe for concurrent use.
type Exchange struct {
	Request // with the token redacted; changes have no effect on the answer

	ctx      context.Context
	token    string // of the header
	inBody   string // the token of the body
	problems []problem

	answered bool
	fault    Fault
	page     *frame
	handler  http.Handler
	encode   func(confopenapi.Conference) []byte
}

func (s *Service) newExchange(r *http.Request, body []byte) *Exchange {
	x := &Exchange{ctx: r.Context(), token: r.Header.Get("token"), encode: s.catalog.encode}
	x.problems = checkRequest(r)
	if len(grave(x.problems)) == 0 {
		var wrong []problem
		x.List, x.inBody, wrong = readBody(body)
		x.problems = append(x.problems, wrong...)
	}
	x.Request.Method, x.Path = r.Method, r.URL.Path
	x.Header = redactHeader(r.Header, x.token, x.inBody)
	x.Body = redactBody(string(body), x.token, x.inBody)
	x.TokenInHeader, x.TokenInBody = x.token != "", x.inBody != ""
	return x
}

// Intercept has f see every exchange before the service does, until another Intercept; nil ends it. If f answers with one
// of the exchange's methods, that is the answer, and neither the contract nor the token is looked at; otherwise the real
// thing happens, faults included. f may call the service, for example to end a conference between two pages. Requests that
// come in parallel are seen in parallel.
func (s *Service) Intercept(f func(*Exchange)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// Context ends when the client leaves or the server closes.
func (x *Exchange) Context() context.Context { return x.ctx }

// Fail answers with a fault.
func (x *Exchange) Fail(f Fault) { x.answer(Exchange{fault: f}) }

// Answer answers with an HTTP status and a body of JSON.
func (x *Exchange) Answer(status int, body string) {
	x.Fail(newAnswer("answer", status, jsonHeader(), func(*Service, *Exchange) []byte { return []byte(body) }))
}

// AnswerPage answers with a page that the service knows nothing of: a list that is made as it is asked for can be longer
// than memory. TotalCount is what is said to be on all pages.
func (x *Exchange) AnswerPage(totalCount int, list ...confopenapi.Conference) {
	f := frame{status: "0", msg: "success", total: totalCount, rows: make([][]byte, len(list))}
	for i, c := range list {
		f.rows[i] = x.encode(c)
	}
	x.answer(Exchange{page: &f})
}

// Handle answers with h, which gets the request as it came, token and body included: for sibling endpoints.
func (x *Exchange) Handle(h http.Handler) { x.answer(Exchange{handler: h}) }

// answer keeps the last of several answers.
func (x *Exchange) answer(a Exchange) {
	x.answered, x.fault, x.page, x.handler = true, a.fault, a.page, a.handler
}
