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

// breach is a request that breaks the contract, and what the test then reports.
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
		"path":            {"POST", "/confopenapi/conference/list", kind, "", "{}", "the path must end in /confopenapi/conference/listbystatus"},
		"query":           {"POST", path + "?page=1", kind, "", "{}", "the URL has a query string"},
		"count 0":         {"POST", path, kind, "", `{"count":0}`, "count is 0 and must be at least 1"},
		"empty body":      {"POST", path, kind, "", "", "the body is not a JSON object"},
		"no object":       {"POST", path, kind, "", "[]", "the body is not a JSON object"},
		"cut body":        {"POST", path, kind, "", `{"page":1`, "the body is not valid JSON"},
		"trailing":        {"POST", path, kind, "", `{}}`, "the body continues after the object"},
		"two objects":     {"POST", path, kind, "", `{}{}`, "the body continues after the object"},
		"large":           {"POST", path, kind, "", `{"token":"` + strings.Repeat("x", 1<<20) + `"}`, "the body is larger than 1 MiB"},
	}
}

// breakContract sends a request and returns the HTTP status of the response.
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

// A request that breaks the documented contract fails the test, with the reason and without the token.
func TestBreachFailsTest(t *testing.T) {
	t.Parallel()
	for name, c := range breaches() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := new(fakeTB)
			srv := confopenapitest.NewServer(tb)
			defer tb.end()
			status := breakContract(t, srv.URL, c)
			if status < 400 || status > 499 {
				t.Errorf("got HTTP %d, want 4xx", status)
			}
			text := tb.text()
			if !strings.Contains(text, "request 1 breaks the documented contract: ") || !strings.Contains(text, c.want) {
				t.Errorf("the test failed with %q, want %q", text, c.want)
			}
			if strings.Contains(text, "secret-in") || strings.Contains(text, "confopenapitest-token") {
				t.Errorf("the failure shows the token: %s", text)
			}
		})
	}
}

// A lenient server accepts what it can understand, and never fails the test.
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
			t.Errorf("%s: got HTTP %d and the failure %q, want HTTP %d and none", name, status, tb.text(), want)
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
			t.Errorf("token placement %d: got %v, want a page", p, err)
		}
	}
	for _, accept := range []string{"*/*", "text/html, application/json;q=0.9", "application/*"} {
		c := breach{"POST", "/confopenapi/conference/listbystatus", "application/json; charset=utf-8", accept, " {} ", ""}
		if status := breakContract(t, srv.URL, c); status != 200 {
			t.Errorf("Accept %s: got HTTP %d, want 200", accept, status)
		}
	}
}

func TestRequestsRedactToken(t *testing.T) {
	t.Parallel()
	const token = `top-"secret"-4711`
	srv := confopenapitest.NewServer(t, confopenapitest.WithToken(token))
	client := srv.Client(confopenapi.WithTokenPlacement(confopenapi.TokenInBoth), confopenapi.WithUserAgent("agent of "+token))
	req := confopenapi.ListByStatusRequest{Page: 2, Count: 10, AdminUserID: 7, FilterOneAttendee: new(false)}
	if _, err := client.ListByStatus(t.Context(), &req); err != nil {
		t.Fatal(err)
	}
	got := srv.Requests()[0]
	if diff := cmp.Diff(req, got.List); diff != "" {
		t.Errorf("Request.List (-want +got)\n%s", diff)
	}
	if got.Number != 1 || got.Method != "POST" || got.Status != 200 || got.Conferences != 10 || !got.TokenInHeader || !got.TokenInBody {
		t.Errorf("got %s, token in header %t, in body %t; want the first request, a page of 10, and both", got, got.TokenInHeader, got.TokenInBody)
	}
	if want := `{"filterOneAttendee":false,"adminUserId":7,"page":2,"count":10,"token":"[redacted]"}`; got.Body != want {
		t.Errorf("Request.Body: got %s, want %s", got.Body, want)
	}
	for name, values := range got.Header {
		if strings.Contains(strings.Join(values, ""), "4711") {
			t.Errorf("Request.Header shows the token: %s: %s", name, values)
		}
	}
	got.Header.Set("Accept", "changed")
	if srv.Requests()[0].Header.Get("Accept") != "application/json" {
		t.Error("a change of the header that Requests returned changed the recorded one")
	}
}

// A token that is too short to search for is still removed from header and field.
func TestRequestsRedactShortToken(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithToken("t"))
	if _, err := srv.Client(confopenapi.WithTokenPlacement(confopenapi.TokenInBoth)).ListByStatus(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r := srv.Requests()[0]
	if r.Header.Get("Token") != "[redacted]" || r.Body != `{"token":"[redacted]"}` || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got the header %v and the body %s, want both without the token", r.Header, r.Body)
	}
}

func TestWithRequestLog(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1, 3, 7} {
		srv := confopenapitest.NewServer(t, confopenapitest.WithRequestLog(limit))
		client := srv.Client()
		for i := range 30 {
			if _, err := client.ListByStatus(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			log := srv.Requests()
			if len(log) != min(limit, i+1) || limit > 0 && log[len(log)-1].Number != i+1 {
				t.Errorf("WithRequestLog(%d): got %d of %d requests", limit, len(log), i+1)
			}
		}
		if srv.RequestCount() != 30 {
			t.Errorf("RequestCount: got %d, want 30", srv.RequestCount())
		}
	}
}

func jsonResponse(req *http.Request, body string) *http.Response {
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
