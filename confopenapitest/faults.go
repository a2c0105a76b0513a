package confopenapitest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// Status responds with an HTTP status from 200 to 599 and an envelope whose business status is the same number. The real
// service's error responses are unknown.
func Status(code int) Fault {
	checkStatus(code, 200, 599)
	return Fault{name: fmt.Sprintf("Status(%d)", code), replace: func(x *Exchange) reply {
		return x.envelope(code, http.StatusText(code))
	}}
}

func checkStatus(code, low, high int) {
	if code < low || code > high {
		panic(fmt.Sprintf("confopenapitest: HTTP status %d is not from %d to %d", code, low, high))
	}
}

// BusinessStatus responds with HTTP 200 and a business status. result is the JSON of the result: other endpoints send
// null, "", [] or {} on failure. An empty result omits the field. With code 0 the response is a success without a list.
// The codes of the real service are unknown.
func BusinessStatus(code int, result string) Fault {
	shown := result
	if result == "" {
		shown = "absent"
	} else if !json.Valid([]byte(result)) {
		panic(fmt.Sprintf("confopenapitest: the result %q is not JSON", result))
	}
	return Fault{name: fmt.Sprintf("BusinessStatus(%d, %s)", code, shown), replace: func(x *Exchange) reply {
		e := envelope{status: fmt.Sprint(code), msg: "business error", result: &result}
		return reply{status: http.StatusOK, header: jsonHeader(), body: e.encode(x.Number, x.timestamp())}
	}}
}

// RetryAfter is Status with a Retry-After header: seconds such as "2", an HTTP date, or anything invalid.
func RetryAfter(code int, value string) Fault {
	return retryAfter(code, fmt.Sprintf("RetryAfter(%d, %q)", code, value), func(time.Time) string { return value })
}

// retryAt is RetryAfter with a date that is d after the response.
func retryAt(name string, code int, d time.Duration) Fault {
	return retryAfter(code, name, func(now time.Time) string { return now.Add(d).UTC().Format(http.TimeFormat) })
}

func retryAfter(code int, name string, value func(now time.Time) string) Fault {
	checkStatus(code, 200, 599)
	return Fault{name: name, replace: func(x *Exchange) reply {
		now := time.Now()
		out := x.envelope(code, http.StatusText(code))
		out.header.Set("Date", now.UTC().Format(http.TimeFormat))
		out.header.Set("Retry-After", value(now))
		return out
	}}
}

// HTML responds with a page of HTML, as a proxy does; a captive portal does so with 200.
func HTML(code int) Fault {
	title := fmt.Sprintf("%d %s", code, http.StatusText(code))
	text := "<!DOCTYPE html>\n<html>\n<head><title>" + title + "</title></head>\n<body><h1>" + title + "</h1></body>\n</html>\n"
	return fixed(fmt.Sprintf("HTML(%d)", code), code, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, text)
}

// Redirect responds with a redirect such as 301, 302, 303, 307 or 308 to a URL. With a server of your own there, the test sees
// what the client sends to it.
func Redirect(code int, location string) Fault {
	checkStatus(code, 300, 399)
	return fixed(fmt.Sprintf("Redirect(%d)", code), code, http.Header{"Location": {location}}, "")
}

// Delay responds as usual, after d.
func Delay(d time.Duration) Fault {
	return Fault{name: fmt.Sprintf("Delay(%s)", d), delay: d}
}

// FaultNamed returns the fault of Faults whose String is name, such as "null list". docs/faults.md lists those without a function. It
// panics if there is none.
func FaultNamed(name string) Fault {
	for _, f := range Faults() {
		if f.name == name {
			return f
		}
	}
	panic(fmt.Sprintf("confopenapitest: no fault is named %q: see Faults", name))
}

// Faults returns every kind of fault, for tests that go through all of them. The names are distinct. Waits are a few
// milliseconds; those of Retry-After are seconds and more. The large responses have 20 MiB, more than a client accepts by
// default. Redirects go to a documentation address, where nothing listens.
func Faults() []Fault {
	const (
		short     = 20 * time.Millisecond
		large     = 20 << 20
		elsewhere = "http://192.0.2.1/elsewhere"
	)
	list := []Fault{
		RetryAfter(429, "0"), RetryAfter(429, "1"), RetryAfter(429, "86400"), RetryAfter(429, "9999999999"),
		RetryAfter(429, "-1"), RetryAfter(429, "soon"), RetryAfter(503, "0"),
		retryAt("Retry-After in 1s", 429, time.Second), retryAt("Retry-After 1h ago", 429, -time.Hour),
		HTML(200), HTML(502), Truncate(), Reset(), Delay(short), SlowBody(short),
		fixed("empty body", http.StatusOK, jsonHeader(), ""),
		fixed("empty object", http.StatusOK, jsonHeader(), "{}"),

		changesPage("missing status", func(e *envelope) { e.status = "" }),
		changesPage("null status", func(e *envelope) { e.status = "null" }),
		changesPage("null list", func(e *envelope) { e.rows, e.list = nil, new("null") }), // totalCount stays
		changesPage("no list", func(e *envelope) { e.rows, e.list = nil, new("") }),
		changesPage("duplicate keys", func(e *envelope) { e.lead = `"totalCount":-1,"confList":[],` }),
		changesPage("deep nesting", func(e *envelope) {
			e.lead = `"nested":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + ","
		}),

		// These show less than the total says. With a Rule that is for one request a client can get over it.
		changesPage("no rows", func(e *envelope) { e.rows = nil }),
		changesPage("no rows, total 0", func(e *envelope) { e.rows, e.total = nil, 0 }),
		changesPage("hole", func(e *envelope) { e.rows = slices.Delete(e.rows, len(e.rows)/3, 2*len(e.rows)/3) }),
		changesPage("pages of 10 KB", func(e *envelope) {
			size, rows := 0, e.rows
			e.rows = nil
			for _, row := range rows {
				if size += len(row); size > 10_000 && len(e.rows) > 0 {
					break
				}
				e.rows = append(e.rows, row)
			}
		}),
		{name: "ten rows deep", list: func(q *livelist.Request) { q.Depth = 10 }},
		{name: "ignored page", list: func(q *livelist.Request) { q.IgnorePage = true }},
		{name: "repeated last page", list: func(q *livelist.Request) { q.RepeatLast = true }},

		changesBody("BOM", func(b []byte) []byte { return append([]byte("\uFEFF"), b...) }),
		changesBody("trailing bytes", func(b []byte) []byte { return append(b, "<!-- served by proxy -->"...) }),
		changesBody("invalid UTF-8", func(b []byte) []byte {
			for _, field := range []string{`"title":"`, `"confName":"`, `"msg":"`} {
				b = bytes.ReplaceAll(b, []byte(field), []byte(field+"\xff"))
			}
			return b
		}),
		zips("gzip", zip), // whether or not the client accepts it
		zips("cut gzip", func(b []byte) []byte { return zip(b)[:len(zip(b))/2] }),
		gzipBomb(large),

		{name: "cut chunks", send: func(d *delivery) { d.half(-1) }},
		{name: "stale connection", send: (*delivery).goStale},
		slowHeaders(short), huge(large),
	}
	for _, code := range []int{401, 403, 408, 425, 429, 500, 503, 504} {
		list = append(list, Status(code))
	}
	for _, result := range []string{"null", `""`, "[]", "{}", ""} {
		list = append(list, BusinessStatus(0, result), BusinessStatus(40001, result))
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		list = append(list, Redirect(code, elsewhere))
	}
	return list
}

// fixed always gives the same response.
func fixed(name string, status int, header http.Header, body string) Fault {
	checkStatus(status, 200, 599)
	return Fault{name: name, replace: func(*Exchange) reply {
		return reply{status: status, header: header.Clone(), body: []byte(body)}
	}}
}

func changesPage(name string, change func(*envelope)) Fault { return Fault{name: name, page: change} }

func changesBody(name string, change func([]byte) []byte) Fault {
	return Fault{name: name, change: func(out *reply) { out.body = change(out.body) }}
}

func zips(name string, zip func([]byte) []byte) Fault {
	return Fault{name: name, change: func(out *reply) {
		out.header.Set("Content-Encoding", "gzip")
		out.body = zip(out.body)
	}}
}

// gzipBomb is a small gzip stream of at least size bytes of JSON, most of them white space.
func gzipBomb(size int) Fault {
	return zips("gzip bomb", func(b []byte) []byte {
		const step = 1 << 20
		spaces := zip(bytes.Repeat([]byte(" "), step)) // a gzip stream can have many parts
		return append(bytes.Repeat(spaces, (size+step-1)/step), zip(b)...)
	})
}

func zip(b []byte) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(b) // to memory: it cannot fail
	_ = w.Close()
	return zipped.Bytes()
}
