package confopenapitest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

// Request is one request to the server, as it was recorded, and what came of it. Wherever it held a token it says
// "[redacted]".
type Request struct {
	Number int // from 1, in the order of responding; 0 while an interceptor sees it
	Method string
	Path   string // with its prefix
	Header http.Header
	Body   string // at most 1 MiB

	List          confopenapi.ListByStatusRequest // what the body asks for; zero where that makes no sense
	TokenInHeader bool
	TokenInBody   bool

	Status      int    // the HTTP status; 0 = there was none, or an interceptor's handler responded
	Fault       string // the fault's name; "" = none
	Conferences int    // how many were on the page
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

// Requests returns the requests so far, the earliest first, within the limit of WithRequestLog: also those of other paths,
// those that broke the contract, and those that met a fault.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.log[max(0, len(s.log)-s.requestLog):])
	for i := range list {
		list[i].Header = list[i].Header.Clone()
	}
	return list
}

// RequestCount is the number of the last request, as Truth counts.
func (s *Server) RequestCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

func (s *Server) record(r Request) {
	if s.requestLog == 0 {
		return
	}
	if len(s.log) >= 2*s.requestLog { // rarely, so that it costs nothing per request
		s.log = slices.Delete(s.log, 0, s.requestLog)
	}
	s.log = append(s.log, r)
}

// minEcho is the length from which a token is looked for in other places than its own. Replacing shorter ones would shred
// the text.
const minEcho = 4

// tokenField finds the token also in a body that is no JSON.
var tokenField = regexp.MustCompile(`("token"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^,}\s]+)`)

func redactBody(body string, tokens ...string) string {
	return redact(tokenField.ReplaceAllString(body, `${1}"`+redacted+`"`), tokens...)
}

// redact takes tokens out of a text.
func redact(text string, tokens ...string) string {
	for _, token := range tokens {
		if len(token) >= minEcho {
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
