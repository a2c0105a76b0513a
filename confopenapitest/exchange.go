package confopenapitest

import (
	"context"
	"net/http"
	"slices"

	"github.com/confopenapi/confopenapi-go"
)

// Exchange is a request that has arrived and has no response yet. An interceptor can look at it and can respond. It is valid
// until the interceptor returns, and not safe for concurrent use.
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
	clock     bool
}

func newExchange(s *Server, r *http.Request, body []byte) *Exchange {
	token, inBody := r.Header.Get("token"), ""
	x := &Exchange{ctx: r.Context(), encode: s.catalog.encode, clock: s.clock}
	x.problems = checkRequest(r)
	if !slices.ContainsFunc(x.problems, func(p problem) bool { return !p.minor }) {
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

// Intercept calls f with every exchange before the server handles it, until the next Intercept; nil ends it. If f responds
// with a method of the exchange, the server sends that response and checks neither contract nor token. Otherwise the server
// responds as usual, faults included. f can call the server, for example to end a conference between two pages. Parallel
// requests call f in parallel.
func (s *Server) Intercept(f func(*Exchange)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// Context is done when the client disconnects or the server closes.
func (x *Exchange) Context() context.Context { return x.ctx }

// Fail responds with a fault.
func (x *Exchange) Fail(f Fault) { x.respond(Exchange{fault: f}) }

// Respond responds with an HTTP status from 200 to 599 and a JSON body.
func (x *Exchange) Respond(status int, body string) {
	x.Fail(fixed("response", status, jsonHeader(), body))
}

// RespondPage responds with a page of any conferences, in the list or not, such as those of ConferencesFrom.
func (x *Exchange) RespondPage(totalCount int, list ...confopenapi.Conference) {
	rows := make([][]byte, len(list))
	for i, c := range list {
		rows[i] = x.encode(c)
	}
	page := pageOf(totalCount, rows)
	x.respond(Exchange{page: func() envelope { return page }})
}

// Handle responds with h, for other endpoints. h gets the original request, token and body included.
func (x *Exchange) Handle(h http.Handler) { x.respond(Exchange{handler: h}) }

// respond keeps the last of several responses.
func (x *Exchange) respond(a Exchange) {
	x.responded, x.fault, x.page, x.handler = true, a.fault, a.page, a.handler
}
