package confopenapi_test

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
)

// sent makes one call and returns the request that it sent, and its body as any JSON.
func sent(t *testing.T, req *confopenapi.ListByStatusRequest, opts ...confopenapi.Option) (*http.Request, any) {
	t.Helper()
	var got *http.Request
	var payload any
	client, _ := overMock(t, opts, func(req *http.Request) (*http.Response, error) {
		data, err := io.ReadAll(req.Body)
		if err := errors.Join(err, json.Unmarshal(data, &payload)); err != nil {
			t.Errorf("the request's body: %v", err)
		}
		got = req
		return says(200, emptyPage)(req)
	})
	if _, err := client.ListByStatus(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	return got, payload
}

func TestListByStatusDocumentedRequest(t *testing.T) {
	t.Parallel()
	got, payload := sent(t, &confopenapi.ListByStatusRequest{
		AdminUserID: 123456789, Page: 1, Count: 10, FilterOneAttendee: new(false),
	})
	var want any
	if err := json.Unmarshal([]byte(body(t, "doc_request.json")), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, payload); diff != "" {
		t.Errorf("the request's body (-want +got)\n%s", diff)
	}
	for name, want := range map[string]string{
		"Accept": "application/json", "Content-Type": "application/json", "Token": mockToken,
		"User-Agent": "confopenapi-go/" + confopenapi.Version,
	} {
		if got.Header.Get(name) != want {
			t.Errorf("header %s: got %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if len(got.Header) != 4 {
		t.Errorf("got the headers %v, want no others", got.Header)
	}
	if got.ContentLength <= 0 {
		t.Errorf("got ContentLength %d, want that of the body", got.ContentLength)
	}
	if got.Header.Get("Accept-Encoding") != "" {
		t.Error("got an Accept-Encoding, want none: it turns net/http's gunzip off")
	}
	if got.URL.RawQuery != "" {
		t.Errorf("got the query %q, want none", got.URL.RawQuery)
	}
}

func TestListByStatusOmitsZeroFields(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		req  *confopenapi.ListByStatusRequest
		want any
	}{
		"nil":          {nil, map[string]any{}},
		"zero":         {&confopenapi.ListByStatusRequest{}, map[string]any{}},
		"filter false": {&confopenapi.ListByStatusRequest{FilterOneAttendee: new(false)}, map[string]any{"filterOneAttendee": false}},
		"filter true":  {&confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}, map[string]any{"filterOneAttendee": true}},
		"page":         {&confopenapi.ListByStatusRequest{Page: 3}, map[string]any{"page": 3.0}},
		"count":        {&confopenapi.ListByStatusRequest{Count: 7}, map[string]any{"count": 7.0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, payload := sent(t, c.req)
			if diff := cmp.Diff(c.want, payload); diff != "" {
				t.Errorf("the request's body (-want +got)\n%s", diff)
			}
		})
	}
}

func TestTokenPlacement(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		placement    confopenapi.TokenPlacement
		header, body bool
	}{
		"header": {confopenapi.TokenInHeader, true, false},
		"body":   {confopenapi.TokenInBody, false, true},
		"both":   {confopenapi.TokenInBoth, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, token := range []string{mockToken, `quoted"\token 密`, "with\ttab"} {
				got, payload := sent(t, &confopenapi.ListByStatusRequest{Page: 1},
					confopenapi.WithTokenPlacement(c.placement), confopenapi.WithToken(token))
				want := map[string]any{"page": 1.0}
				if c.body {
					want["token"] = token
				}
				if diff := cmp.Diff(any(want), payload); diff != "" {
					t.Errorf("the request's body (-want +got)\n%s", diff)
				}
				if has := got.Header.Get("token") == token; has != c.header {
					t.Errorf("the token is in the header: got %t, want %t", has, c.header)
				}
			}
		})
	}
}

func TestListByStatusBadArguments(t *testing.T) {
	t.Parallel()
	for field, req := range map[string]*confopenapi.ListByStatusRequest{
		"AdminUserID": {AdminUserID: -1},
		"Page":        {Page: -1},
		"Count":       {Count: math.MinInt},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			client, transport := overMock(t, nil, says(200, emptyPage))
			_, err := client.ListByStatus(t.Context(), req)
			if bad := mustBe[*confopenapi.RequestError](t, err); bad.Field != field {
				t.Errorf("got field %q, want %s: %v", bad.Field, field, bad)
			}
			wantAttempts(t, transport, 0)
		})
	}
}

func TestListByStatusRequestString(t *testing.T) {
	t.Parallel()
	for want, req := range map[string]confopenapi.ListByStatusRequest{
		"":                               {},
		"page=2":                         {Page: 2},
		"filterOneAttendee=false":        {FilterOneAttendee: new(false)},
		"count=5&filterOneAttendee=true": {FilterOneAttendee: new(true), Count: 5},
		"adminUserId=9007199254740993":   {AdminUserID: 9007199254740993},
		"adminUserId=1&count=10&page=3":  {Page: 3, Count: 10, AdminUserID: 1},
	} {
		if got := req.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestListByStatusDocumentedResponse(t *testing.T) {
	t.Parallel()
	client, _ := overMock(t, nil, says(200, body(t, "doc_example.json"), "X-Served-By", "a"))
	page, err := client.ListByStatus(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if page.TotalCount != 2 || len(page.Conferences) != 1 {
		t.Fatalf("got %d conferences of %d, want 1 of 2", len(page.Conferences), page.TotalCount)
	}
	conf := page.Conferences[0]
	if conf.Title != "周例会" || conf.Passcode.Reveal() != "5d41c4ac806c6440eb6aa8e071115f2b" {
		t.Errorf("got title %q and passcode %q, want those of the vendor's example", conf.Title, conf.Passcode.Reveal())
	}
	meta := page.Meta
	if meta.Elapsed <= 0 {
		t.Error("got no elapsed time")
	}
	meta.Elapsed = 0
	want := confopenapi.Meta{
		Msg:            "success",
		RequestID:      "confopenapiserver-172371014-1774514768.581757447.258",
		ServerTime:     time.UnixMilli(1774514768581).UTC(),
		ServerDuration: 38849885 * time.Nanosecond,
		HTTPStatus:     200,
		Header:         http.Header{"X-Served-By": {"a"}},
		Attempts:       1,
	}
	if diff := cmp.Diff(want, meta); diff != "" {
		t.Errorf("meta (-want +got)\n%s", diff)
	}
}
