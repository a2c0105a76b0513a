package confopenapitest

import (
	"fmt"
	"net/http"
	"time"
)

// newAnswer is a fault that answers by itself.
func newAnswer(name string, status int, header http.Header, body func(*Service, *Exchange) []byte) Fault {
	return Fault{name: name, replace: func(s *Service, x *Exchange) reply {
		return reply{status: status, header: header.Clone(), body: body(s, x)}
	}}
}

// Status answers with an HTTP status and an envelope whose business status is the same number. How the real service words
// its failures is unknown.
func Status(code int) Fault {
	return Fault{name: fmt.Sprintf("Status(%d)", code), replace: func(s *Service, x *Exchange) reply {
		return s.envelope(x, code, http.StatusText(code))
	}}
}

// RetryAfter is Status with a Retry-After header as it is given: seconds such as "2", a date of HTTP, "-1", garbage. Use
// RetryAt for a date that depends on the present.
func RetryAfter(code int, value string) Fault {
	return withRetryAfter(code, fmt.Sprintf("RetryAfter(%d, %q)", code, value), func(time.Time) string { return value })
}

// RetryAt is Status with a Retry-After header that is a date, d from when it is sent; a negative d is past.
func RetryAt(code int, d time.Duration) Fault {
	return withRetryAfter(code, fmt.Sprintf("RetryAt(%d, %s)", code, d), func(now time.Time) string {
		return now.Add(d).UTC().Format(http.TimeFormat)
	})
}

func withRetryAfter(code int, name string, value func(now time.Time) string) Fault {
	return Fault{name: name, replace: func(s *Service, x *Exchange) reply {
		now := s.clock()
		out := s.envelope(x, code, http.StatusText(code))
		out.header.Set("Date", now.UTC().Format(http.TimeFormat))
		out.header.Set("Retry-After", value(now))
		return out
	}}
}

// HTML answers with a page of HTML, as a proxy does, or with 200 a captive portal.
func HTML(code int) Fault {
	title := fmt.Sprintf("%d %s", code, http.StatusText(code))
	text := "<!DOCTYPE html>\n<html>\n<head><title>" + title + "</title></head>\n<body><h1>" + title + "</h1></body>\n</html>\n"
	return newAnswer(fmt.Sprintf("HTML(%d)", code), code, http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		func(*Service, *Exchange) []byte { return []byte(text) })
}

// ResultShape is the JSON of a result that is no list, as sibling endpoints send it on failure. Any other JSON will do as
// well.
type ResultShape string

// The shapes.
const (
	ResultNull        ResultShape = "null"
	ResultEmptyString ResultShape = `""`
	ResultEmptyArray  ResultShape = "[]"
	ResultEmptyObject ResultShape = "{}"
	ResultAbsent      ResultShape = "" // the envelope has no result
)

// BusinessStatus answers with HTTP 200 and a business status. With status 0 it is an answer that claims success and has no
// list. What the codes of the real service are is unknown.
func BusinessStatus(code int, result ResultShape) Fault {
	return newAnswer(fmt.Sprintf("BusinessStatus(%d, %s)", code, shapeName(result)), http.StatusOK, jsonHeader(),
		func(_ *Service, x *Exchange) []byte {
			return frame{status: fmt.Sprint(code), msg: "business error", result: new(string(result))}.encode(x.Number)
		})
}

func shapeName(shape ResultShape) string {
	if shape == ResultAbsent {
		return "absent"
	}
	return string(shape)
}

// EmptyBody answers with HTTP 200 and nothing.
func EmptyBody() Fault {
	return newAnswer("EmptyBody()", http.StatusOK, jsonHeader(), func(*Service, *Exchange) []byte { return nil })
}

// EmptyObject answers with HTTP 200 and {}.
func EmptyObject() Fault {
	return newAnswer("EmptyObject()", http.StatusOK, jsonHeader(), func(*Service, *Exchange) []byte { return []byte("{}") })
}

// Redirect answers with one of the redirects, 301, 302, 303, 307 or 308, to a URL: of another host, to see what goes along.
func Redirect(code int, location string) Fault {
	header := http.Header{"Location": {location}}
	return newAnswer(fmt.Sprintf("Redirect(%d)", code), code, header, func(*Service, *Exchange) []byte { return nil })
}
