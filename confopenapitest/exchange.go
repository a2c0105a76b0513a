package confopenapitest

import (
	"context"
	"net/http"

	"github.com/confopenapi/confopenapi-go"
)

// Exchange is one request on its way to the server. An interceptor may look at it, respond, or do neither. It is valid until
// the interceptor returns, and not safe for concurrent use.
type Exchange struct {
	Request // with the token redacted; changes have no effect

	ctx      context.Context
	token    confopenapi.Secret // of the header
	inBody   confopenapi.Secret // of the body
	problems []problem

	responded bool
	fault     Fault
	page      func() envelope // a function, because fmt prints bytes
	handler   http.Handler
	encode    func(confopenapi.Conference) []byte
}

func newExchange(s *Server, r *http.Request, body []byte) *Exchange {
	token, inBody := r.Header.Get("token"), ""
	x := &Exchange{ctx: r.Context(), encode: s.catalog.encode}
	x.problems = checkRequest(r)
	if !gravely(x.problems) {
		var wrong []problem
		x.List, inBody, wrong = readBody(body)
		x.problems = append(x.problems, wrong...)
	}
	x.Request.Method, x.Path = r.Method, r.URL.Path
	x.Header = redactHeader(r.Header, token, inBody)
	x.Body = redactBody(string(body), token, inBody)
	x.token, x.inBody = confopenapi.NewSecret(token), confopenapi.NewSecret(inBody)
	x.TokenInHeader, x.TokenInBody = token != "", inBody != ""
	return x
}

// Intercept calls f with every exchange before the server looks at it, until another Intercept; nil ends it. If f responds
// with a method of the exchange, that is the response, and neither contract nor token is checked. Otherwise the server
// responds as usual, faults included. f may call the server, for example to end a conference between two pages. Parallel
// requests call f in parallel.
func (s *Server) Intercept(f func(*Exchange)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// Context ends when the client leaves or the server closes.
func (x *Exchange) Context() context.Context { return x.ctx }

// Fail responds with a fault.
func (x *Exchange) Fail(f Fault) { x.respond(Exchange{fault: f}) }

// Respond responds with an HTTP status and a body of JSON.
func (x *Exchange) Respond(status int, body string) {
	x.Fail(canned("response", status, jsonHeader(), body))
}

// RespondPage responds with a page of conferences that need not be in the list, such as a page of ConferencesFrom.
// totalCount is the number on all pages.
func (x *Exchange) RespondPage(totalCount int, list ...confopenapi.Conference) {
	rows := make([][]byte, len(list))
	for i, c := range list {
		rows[i] = x.encode(c)
	}
	page := pageOf(totalCount, rows)
	x.respond(Exchange{page: func() envelope { return page }})
}

// Handle responds with h, which gets the request as it came, token and body included: for sibling endpoints.
func (x *Exchange) Handle(h http.Handler) { x.respond(Exchange{handler: h}) }

// respond keeps the last of several responses.
func (x *Exchange) respond(a Exchange) {
	x.responded, x.fault, x.page, x.handler = true, a.fault, a.page, a.handler
}
