package confopenapitest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

// Request is a recorded request and its result. Every token in it is replaced by "[redacted]".
type Request struct {
	Number int // from 1, in the order of the responses; 0 in an interceptor
	Method string
	Path   string // with its prefix
	Header http.Header
	Body   string // at most 1 MiB

	List          confopenapi.ListByStatusRequest // the body; fields that are not valid are zero
	TokenInHeader bool
	TokenInBody   bool

	Status      int    // the HTTP status; 0 = none was sent, or Exchange.Handle responded
	Fault       string // the fault's name; "" = none
	Conferences int    // on the page
}

// String is the request in one line, for the messages of a test.
func (r Request) String() string {
	text := fmt.Sprintf("request %d: %s %s %s: HTTP %d, %d conferences", r.Number, r.Method, r.Path, clip(r.Body, 300), r.Status, r.Conferences)
	if r.Fault != "" {
		text += ", " + r.Fault
	}
	return text
}

const redacted = "[redacted]"

// Requests returns the requests so far, the earliest first, within the limit of WithRequestLog. Requests for other paths,
// requests that break the contract and requests with a fault are included.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.log[max(0, len(s.log)-s.requestLog):])
	for i := range list {
		list[i].Header = list[i].Header.Clone()
	}
	return list
}

// RequestCount is the number of the last request, as Truth takes it.
func (s *Server) RequestCount() int { return locked(s, &s.count) }

func (s *Server) record(r Request) {
	if s.requestLog == 0 {
		return
	}
	if len(s.log) >= 2*s.requestLog { // rarely, so that the cost per request is small
		s.log = slices.Delete(s.log, 0, s.requestLog)
	}
	s.log = append(s.log, r)
}

// minSearched is the length from which a token is also searched for in other places than its own. A shorter one would match
// ordinary text.
const minSearched = 4

// tokenField finds the token also in a body that is not valid JSON.
var tokenField = regexp.MustCompile(`("token"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^,}\s]+)`)

func redactBody(body string, tokens ...string) string {
	return redact(tokenField.ReplaceAllString(body, `${1}"`+redacted+`"`), tokens...)
}

// redact replaces tokens in a text.
func redact(text string, tokens ...string) string {
	for _, token := range tokens {
		if len(token) >= minSearched {
			text = strings.ReplaceAll(text, token, redacted)
		}
	}
	return text
}

// redactHeader returns a copy without tokens and other credentials.
func redactHeader(h http.Header, tokens ...string) http.Header {
	h = h.Clone()
	for name, values := range h {
		for i := range values {
			switch name {
			case "Token", "Authorization", "Proxy-Authorization", "Cookie":
				values[i] = redacted
			default:
				values[i] = redact(values[i], tokens...)
			}
		}
	}
	return h
}
