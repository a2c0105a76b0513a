package confopenapitest_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

type breach struct{ method, path, contentType, accept, body, want string }

func breaches() map[string]breach {
	const path, kind = "/confopenapi/conference/listbystatus", "application/json"
	return map[string]breach{
		"unknown field":   {"POST", path, kind, "", `{"pageSize":10}`, `field "pageSize" is not documented`},
		"another case":    {"POST", path, kind, "", `{"Page":1}`, `field "Page" is not documented`},
		"mistyped page":   {"POST", path, kind, "", `{"page":"1"}`, `field "page" is a string and must be an integer`},
		"fractional page": {"POST", path, kind, "", `{"page":1.5}`, `field "page" is a number of another kind or size and must be an integer`},
		"null page":       {"POST", path, kind, "", `{"page":null}`, `field "page" is null and must be an integer`},
		"mistyped admin":  {"POST", path, kind, "", `{"adminUserId":[1]}`, `field "adminUserId" is an array and must be an integer (long)`},
		"mistyped filter": {"POST", path, kind, "", `{"filterOneAttendee":1}`, `field "filterOneAttendee" is a number of another kind or size and must be a boolean`},
		"mistyped token":  {"POST", path, kind, "", `{"token":{"a":"secret-in-a-field"}}`, `field "token" is an object and must be a string`},
		"mistyped count":  {"POST", path, kind, "", `{"count":true}`, `field "count" is a boolean and must be an integer`},
		"page 0":          {"POST", path, kind, "", `{"page":0}`, "page is 0 and must be at least 1"},
		"count -1":        {"POST", path, kind, "", `{"count":-1}`, "count is -1 and must be at least 1"},
		"twice":           {"POST", path, kind, "", `{"page":1,"page":2}`, `field "page" comes twice`},
		"no content type": {"POST", path, "", "", `{}`, "the content-type is missing"},
		"form":            {"POST", path, "application/x-www-form-urlencoded", "", `{}`, "the content-type is application/x-www-form-urlencoded"},
		"accept":          {"POST", path, kind, "text/html", `{}`, "accept is text/html"},
		"method":          {"GET", path, kind, "", "", "the method is GET and must be POST"},
		"path":            {"POST", "/confopenapi/conference/list", kind, "", "{}", "there is no such endpoint"},
		"query":           {"POST", path + "?page=1", kind, "", "{}", "there is a query string"},
		"count 0":         {"POST", path, kind, "", `{"count":0}`, "count is 0 and must be at least 1"},
		"empty body":      {"POST", path, kind, "", "", "the body is no JSON object"},
		"no object":       {"POST", path, kind, "", "[]", "the body is no JSON object"},
		"cut body":        {"POST", path, kind, "", `{"page":1`, "the body is no valid JSON"},
		"trailing":        {"POST", path, kind, "", `{}}`, "the body goes on after the object"},
		"two objects":     {"POST", path, kind, "", `{}{}`, "the body goes on after the object"},
		"large":           {"POST", path, kind, "", `{"token":"` + strings.Repeat("x", 2<<20) + `"}`, "the body is larger than 1 MiB"},
	}
}

func breakContract(t *testing.T, url string, c breach) int {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), c.method, url+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Token", "confopenapitest-token")
	if c.contentType != "" {
		req.Header.Set("Content-Type", c.contentType)
	}
	if c.accept != "" {
		req.Header.Set("Accept", c.accept)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// A request that breaks the documented contract fails the test, in clear words and without the token.
func TestStrictness(t *testing.T) {
	t.Parallel()
	for name, c := range breaches() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := new(fakeTB)
			srv := confopenapitest.NewServer(tb)
			defer tb.end()
			status := breakContract(t, srv.URL, c)
			if status < 400 || status > 499 {
				t.Errorf("HTTP %d", status)
			}
			text := tb.text()
			if !strings.Contains(text, "request 1 breaks the documented contract: ") || !strings.Contains(text, c.want) {
				t.Error(text)
			}
			if strings.Contains(text, "secret-in") || strings.Contains(text, "confopenapitest-token") {
				t.Errorf("the token is shown: %s", text)
			}
		})
	}
}

// Lenience overlooks what it can, and fails no test.
func TestWithLenience(t *testing.T) {
	t.Parallel()
	sensible := []string{"unknown field", "another case", "page 0", "count 0", "count -1", "twice", "no content type", "form", "accept", "query"}
	for name, c := range breaches() {
		tb := new(fakeTB)
		srv := confopenapitest.NewServer(tb, confopenapitest.WithLenience())
		status := breakContract(t, srv.URL, c)
		want := 400
		if slices.Contains(sensible, name) {
			want = 200
		}
		if status/100*100 != want || tb.text() != "" {
			t.Errorf("%s: HTTP %d, %s", name, status, tb.text())
		}
		tb.end()
	}
}

func TestDocumentedRequestsAreAccepted(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	req := &confopenapi.ListByStatusRequest{AdminUserID: 1<<63 - 1, Page: 1, Count: 10, FilterOneAttendee: new(false)}
	for _, p := range []confopenapi.TokenPlacement{confopenapi.TokenInHeader, confopenapi.TokenInBody, confopenapi.TokenInBoth} {
		if _, err := srv.Client(confopenapi.WithTokenPlacement(p)).ListByStatus(t.Context(), req); err != nil {
			t.Error(err)
		}
	}
	for _, accept := range []string{"*/*", "text/html, application/json;q=0.9", "application/*"} {
		c := breach{"POST", "/confopenapi/conference/listbystatus", "application/json; charset=utf-8", accept, " {} ", ""}
		if status := breakContract(t, srv.URL, c); status != 200 {
			t.Errorf("%s: HTTP %d", accept, status)
		}
	}
}

func TestRequestsRedactToken(t *testing.T) {
	t.Parallel()
	const token = `top-"secret"-4711`
	srv := confopenapitest.NewServer(t, confopenapitest.WithToken(token))
	client := srv.Client(confopenapi.WithTokenPlacement(confopenapi.TokenInBoth), confopenapi.WithUserAgent("told "+token))
	req := confopenapi.ListByStatusRequest{Page: 2, Count: 10, AdminUserID: 7, FilterOneAttendee: new(false)}
	if _, err := client.ListByStatus(t.Context(), &req); err != nil {
		t.Fatal(err)
	}
	got := srv.Requests()[0]
	if diff := cmp.Diff(req, got.List); diff != "" {
		t.Error(diff)
	}
	if got.Number != 1 || got.Method != "POST" || got.Status != 200 || got.Conferences != 10 || !got.TokenInHeader || !got.TokenInBody {
		t.Errorf("%+v", got)
	}
	if got.Body != `{"filterOneAttendee":false,"adminUserId":7,"page":2,"count":10,"token":"[redacted]"}` {
		t.Error(got.Body)
	}
	for name, values := range got.Header {
		if strings.Contains(strings.Join(values, ""), "4711") {
			t.Errorf("%s: %s", name, values)
		}
	}
	got.Header.Set("Accept", "changed")
	if srv.Requests()[0].Header.Get("Accept") != "application/json" {
		t.Error("what Requests returns is not a copy")
	}
}

// A token too short to be looked for everywhere is still taken out of its own places.
func TestRequestsRedactShortToken(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithToken("t"))
	if _, err := srv.Client(confopenapi.WithTokenPlacement(confopenapi.TokenInBoth)).ListByStatus(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r := srv.Requests()[0]
	if r.Header.Get("Token") != "[redacted]" || r.Body != `{"token":"[redacted]"}` || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v, %s", r.Header, r.Body)
	}
}

func TestWithRequestLog(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1, 3} {
		srv := confopenapitest.NewServer(t, confopenapitest.WithRequestLog(limit))
		client := srv.Client()
		for i := range 10 {
			if _, err := client.ListByStatus(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			log := srv.Requests()
			if len(log) != min(limit, i+1) || limit > 0 && log[len(log)-1].Number != i+1 {
				t.Errorf("%d requests are remembered of %d", len(log), i+1)
			}
		}
		if srv.RequestCount() != 10 {
			t.Error(srv.RequestCount())
		}
	}
}

func overHandlerText(req *http.Request, body string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
