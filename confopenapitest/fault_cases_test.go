package confopenapitest_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// faultCase says what net/http and the SDK make of a fault.
type faultCase struct {
	bare      func(seen) bool
	sdk       func(met) bool
	body      string // of the request; "" = {}
	warm      int    // requests on the same connection before the fault is seen
	hijacking bool   // it takes the connection over, which only HTTP/1.1 allows; elsewhere it aborts the response
}

var (
	retried   = succeeds(2)
	malformed = fails[*confopenapi.DecodeError](nil)
	silent    = func(s seen) bool { return s.err != nil && s.status == 0 }
)

// statusCase is the case of an HTTP status.
func statusCase(code int, sdk func(met) bool) faultCase {
	return faultCase{bare: has(code, `"status":`, http.StatusText(code)), sdk: sdk}
}

func faultCases() map[string]faultCase {
	const large = 20 << 20
	limited := fails[*confopenapi.HTTPError](confopenapi.ErrRateLimited)
	redirected := fails[*confopenapi.HTTPError](confopenapi.ErrRedirect)
	retryAfter := func(value string, sdk func(met) bool) faultCase {
		return faultCase{bare: hasHeader(429, "Retry-After", value), sdk: sdk}
	}
	redirect := func(code int) faultCase {
		return faultCase{bare: hasHeader(code, "Location", "http://192.0.2.1/elsewhere"), sdk: redirected}
	}
	business := func(code int, result string) faultCase {
		c := faultCase{sdk: fails[*confopenapi.StatusError](nil)}
		if code == 0 {
			c.sdk = malformed
		}
		c.bare = func(s seen) bool {
			var got map[string]json.RawMessage
			return s.status == 200 && json.Unmarshal([]byte(s.body), &got) == nil && string(got["result"]) == result
		}
		return c
	}
	unzipped := func(s seen) (string, error) {
		r, err := gzip.NewReader(strings.NewReader(s.body))
		if err != nil {
			return "", err
		}
		data, err := io.ReadAll(r)
		return string(data), err
	}
	shows := func(rows, total int) func(met) bool {
		return func(m met) bool { return m.err == nil && len(m.page.Conferences) == rows && m.page.TotalCount == total }
	}
	return map[string]faultCase{
		"Status(401)": statusCase(401, fails[*confopenapi.HTTPError](confopenapi.ErrUnauthorized)),
		"Status(403)": statusCase(403, fails[*confopenapi.HTTPError](confopenapi.ErrForbidden)),
		"Status(408)": statusCase(408, retried),
		"Status(425)": statusCase(425, retried),
		"Status(429)": statusCase(429, retried),
		"Status(500)": statusCase(500, retried),
		"Status(503)": statusCase(503, retried),
		"Status(504)": statusCase(504, retried),

		`RetryAfter(429, "0")`:          retryAfter("0", retried),
		`RetryAfter(429, "1")`:          retryAfter("1", limited), // the policy of these tests waits at most a millisecond
		`RetryAfter(429, "86400")`:      retryAfter("86400", limited),
		`RetryAfter(429, "9999999999")`: retryAfter("9999999999", limited),
		`RetryAfter(429, "-1")`:         retryAfter("-1", retried),
		`RetryAfter(429, "soon")`:       retryAfter("soon", retried),
		`RetryAfter(503, "0")`:          {bare: hasHeader(503, "Retry-After", "0"), sdk: retried},
		"Retry-After in 1s": {bare: func(s seen) bool {
			at, err := http.ParseTime(s.header.Get("Retry-After"))
			date, dateErr := http.ParseTime(s.header.Get("Date"))
			return err == nil && dateErr == nil && at.Sub(date) == time.Second
		}, sdk: limited},
		"Retry-After 1h ago": {bare: func(s seen) bool {
			at, err := http.ParseTime(s.header.Get("Retry-After"))
			return err == nil && time.Since(at) > 59*time.Minute
		}, sdk: retried},

		"HTML(200)": {bare: has(200, "<html>", "200 OK"), sdk: malformed},
		"HTML(502)": {bare: has(502, "<html>", "502 Bad Gateway"), sdk: retried},

		"empty body":     {bare: func(s seen) bool { return s.status == 200 && s.body == "" && s.err == nil }, sdk: retried},
		"empty object":   {bare: func(s seen) bool { return s.status == 200 && s.body == "{}" }, sdk: malformed},
		"missing status": {bare: func(s seen) bool { return isJSON(s.body) && strings.HasPrefix(s.body, `{"result":`) }, sdk: malformed},
		"null status":    {bare: has(200, `{"status":null,"result":{"totalCount":25`), sdk: malformed},
		"null list": {bare: has(200, `"totalCount":25,"confList":null}`), sdk: func(m met) bool {
			return m.err == nil && m.page.Conferences == nil && m.page.TotalCount == 25
		}},
		"no list": {bare: has(200, `"result":{"totalCount":25}`), sdk: func(m met) bool {
			return m.err == nil && m.page.Conferences == nil && m.page.TotalCount == 25
		}},
		"duplicate keys": {bare: func(s seen) bool {
			return strings.Count(s.body, `"totalCount":`) == 2 && strings.Count(s.body, `"confList":`) == 2
		}, sdk: succeeds(1)},
		"deep nesting": {bare: has(200, strings.Repeat("[", 10_000)), sdk: malformed},
		"BOM": {bare: func(s seen) bool {
			return strings.HasPrefix(s.body, "\uFEFF{") && !isJSON(s.body)
		}, sdk: malformed},
		"trailing bytes": {bare: func(s seen) bool {
			return strings.HasSuffix(s.body, "}<!-- served by proxy -->")
		}, sdk: malformed},
		"invalid UTF-8": {bare: has(200, "\"title\":\"\xff"), sdk: func(m met) bool {
			return m.err == nil && strings.HasPrefix(m.page.Conferences[0].Title, "\uFFFD")
		}},
		"no rows":          {bare: has(200, `"totalCount":25,"confList":[]`), sdk: shows(0, 25)},
		"no rows, total 0": {bare: has(200, `"totalCount":0,"confList":[]`), sdk: shows(0, 0)},
		"hole":             {bare: has(200, `"totalCount":25`), sdk: shows(13, 25)},
		"pages of 10 KB":   {bare: func(s seen) bool { return len(s.body) < 10_200 }, sdk: shows(13, 25)},
		"ten rows deep":    {bare: has(200, `"totalCount":25`), sdk: shows(10, 25)},
		"ignored page": {body: `{"page":2}`, bare: func(s seen) bool { return strings.Count(s.body, `"eventId":`) == 20 }, sdk: func(m met) bool {
			return m.err == nil && m.page.Conferences[0].EventID == confopenapitest.Conferences(1, 1)[0].EventID
		}},
		"repeated last page": {body: `{"page":9}`, bare: func(s seen) bool { return strings.Count(s.body, `"eventId":`) == 5 }, sdk: func(m met) bool {
			return m.err == nil && len(m.page.Conferences) == 5
		}},

		"gzip": {bare: func(s seen) bool {
			text, err := unzipped(s)
			return err == nil && strings.Contains(text, `"totalCount":25`) && s.header.Get("Content-Encoding") == "gzip"
		}, sdk: succeeds(1)},
		"cut gzip": {bare: func(s seen) bool {
			_, err := unzipped(s)
			return s.err == nil && errors.Is(err, io.ErrUnexpectedEOF)
		}, sdk: retried},
		"gzip bomb": {bare: func(s seen) bool {
			text, err := unzipped(s)
			return err == nil && len(s.body) < 100_000 && len(text) > large && isJSON(text)
		}, sdk: fails[*confopenapi.DecodeError](confopenapi.ErrTooLarge)},
		"huge": {bare: func(s seen) bool { return len(s.body) > large && isJSON(s.body) }, sdk: fails[*confopenapi.DecodeError](confopenapi.ErrTooLarge)},

		"Truncate()":       {bare: func(s seen) bool { return breaksOff(s) && s.header.Get("Content-Length") != "" }, sdk: retried},
		"cut chunks":       {bare: func(s seen) bool { return breaksOff(s) && s.header.Get("Content-Length") == "" }, sdk: retried},
		"Reset()":          {bare: func(s seen) bool { return errors.Is(s.err, syscall.ECONNRESET) }, sdk: retried},
		"stale connection": {warm: 1, bare: silent, sdk: retried, hijacking: true},

		"Delay(20ms)":    {bare: takes(20 * time.Millisecond), sdk: succeeds(1)},
		"slow headers":   {bare: takes(20 * time.Millisecond), sdk: succeeds(1), hijacking: true},
		"SlowBody(20ms)": {bare: takes(20 * time.Millisecond), sdk: succeeds(1)},

		"BusinessStatus(0, null)":       business(0, "null"),
		`BusinessStatus(0, "")`:         business(0, `""`),
		"BusinessStatus(0, [])":         business(0, "[]"),
		"BusinessStatus(0, {})":         business(0, "{}"),
		"BusinessStatus(0, absent)":     business(0, ""),
		"BusinessStatus(40001, null)":   business(40001, "null"),
		`BusinessStatus(40001, "")`:     business(40001, `""`),
		"BusinessStatus(40001, [])":     business(40001, "[]"),
		"BusinessStatus(40001, {})":     business(40001, "{}"),
		"BusinessStatus(40001, absent)": business(40001, ""),

		"Redirect(301)": redirect(301),
		"Redirect(302)": redirect(302),
		"Redirect(303)": redirect(303),
		"Redirect(307)": redirect(307),
		"Redirect(308)": redirect(308),
	}
}
