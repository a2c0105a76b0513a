package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
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

func TestListByStatusSendsWhatTheTagsSay(t *testing.T) {
	t.Parallel()
	requests := []*confopenapi.ListByStatusRequest{nil}
	for _, filter := range []*bool{nil, new(false), new(true)} {
		for set := range 1 << 3 {
			req := &confopenapi.ListByStatusRequest{FilterOneAttendee: filter}
			if set&1 != 0 {
				req.AdminUserID = 123456789
			}
			if set&2 != 0 {
				req.Page = 3
			}
			if set&4 != 0 {
				req.Count = 70
			}
			requests = append(requests, req)
		}
	}
	for _, req := range requests {
		want := any(map[string]any{})
		if req != nil {
			text, err := json.Marshal(req)
			if err := errors.Join(err, json.Unmarshal(text, &want)); err != nil {
				t.Fatal(err)
			}
		}
		_, payload := sent(t, req)
		if diff := cmp.Diff(want, payload); diff != "" {
			t.Errorf("the body of the request %v (-want +got)\n%s", req, diff)
		}
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

type ended struct {
	ConferenceID string `json:"conferenceId"`
	Attendees    int    `json:"attendees"`
}

func call(t *testing.T, client *confopenapi.Client, opts ...confopenapi.CallOption) error {
	t.Helper()
	_, _, err := confopenapi.Call[*ended](t.Context(), client, "confopenapi/conference/end", map[string]int{"eventId": 7}, opts...)
	return err
}

func TestCall(t *testing.T) {
	t.Parallel()
	var url, sent string
	client, _ := overMock(t, []confopenapi.Option{confopenapi.WithTokenPlacement(confopenapi.TokenInBoth)},
		func(req *http.Request) (*http.Response, error) {
			data, _ := io.ReadAll(req.Body)
			url, sent = req.URL.String(), string(data)
			return says(200, `{"status":0,"result":{"conferenceId":"7","attendees":3},"request_id":"r-7"}`)(req)
		})
	got, meta, err := confopenapi.Call[ended](t.Context(), client, "/confopenapi/conference/end", map[string]int{"eventId": 7})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ended{"7", 3}, got); diff != "" || meta.RequestID != "r-7" || meta.HTTPStatus != 200 {
		t.Errorf("result (-want +got)\n%s\nmeta %v, want HTTP 200 and request id r-7", diff, meta)
	}
	if url != mockBase+"/confopenapi/conference/end" || sent != `{"token":"`+mockToken+`","eventId":7}` {
		t.Errorf("got the request %s to %s, want the token before eventId, to %s/confopenapi/conference/end", sent, url, mockBase)
	}
	plain := derive(t, client, confopenapi.WithTokenPlacement(confopenapi.TokenInHeader))
	if _, _, err := confopenapi.Call[any](t.Context(), plain, "x", map[string]int{"eventId": 7}); err != nil || sent != `{"eventId":7}` {
		t.Errorf("got the request %s and error %v, want no token in it", sent, err)
	}
	if _, _, err := confopenapi.Call[any](t.Context(), client, "x", nil); err != nil || sent != `{"token":"`+mockToken+`"}` {
		t.Errorf("got the request %s and error %v, want the token alone", sent, err)
	}
}

func TestCallResults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		response, path string
		want           *ended
	}{
		"an object":     {`{"status":0,"result":{"attendees":1}}`, "", &ended{Attendees: 1}},
		"null":          {`{"status":0,"result":null}`, "", nil},
		"absent":        {`{"status":0}`, "", nil},
		"another kind":  {`{"status":0,"result":[]}`, "/result", nil},
		"another field": {`{"status":0,"result":{"conferenceId":"a","attendees":"13800000000"}}`, "/result", nil},
		"no status":     {`{"result":{"attendees":1}}`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := overMock(t, nil, says(200, c.response))
			got, _, err := confopenapi.Call[*ended](t.Context(), client, "x", nil)
			if c.path != "" || name == "no status" {
				broken := mustBe[*confopenapi.DecodeError](t, err)
				if strings.Contains(err.Error(), " in  ") {
					t.Errorf("got %q, which names an empty field", err)
				}
				if name == "another field" && !strings.Contains(err.Error(), "string where int belongs in attendees") {
					t.Errorf("got %v, want the field and what belongs there in it", err)
				}
				if broken.Path != c.path || strings.Contains(err.Error(), "13800000000") {
					t.Errorf("got path %q, want %q, and no value in the error: %v", broken.Path, c.path, err)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("got error %v, result (-want +got)\n%s", err, diff)
			}
		})
	}
	t.Run("this package's own models", func(t *testing.T) {
		t.Parallel()
		client, _ := overMock(t, nil, says(200, `{"status":0,"result":{"totalCount":1,"confList":[{"eventId":{}}]}}`))
		_, _, err := confopenapi.Call[confopenapi.ConfList](t.Context(), client, "x", nil)
		if broken := mustBe[*confopenapi.DecodeError](t, err); broken.Path != "/result/confList/0/eventId" {
			t.Errorf("got path %q, want /result/confList/0/eventId: %v", broken.Path, err)
		}
	})
	t.Run("this package's own models, null", func(t *testing.T) {
		t.Parallel()
		client, _ := overMock(t, nil, says(200, `{"status":0,"result":null}`))
		if got, _, err := confopenapi.Call[confopenapi.ConfList](t.Context(), client, "x", nil); err != nil || got.TotalCount != 0 || got.Conferences != nil {
			t.Errorf("got %v, %v, want the zero list", got, err)
		}
	})
	t.Run("inside a type of the caller's", func(t *testing.T) {
		t.Parallel()
		client, _ := overMock(t, nil, says(200, `{"status":0,"result":[{"eventId":1,"title":"aaaaaaaa"},{"eventId":2},{"eventId":"bad"}]}`))
		_, _, err := confopenapi.Call[[]confopenapi.Conference](t.Context(), client, "x", nil)
		if broken := mustBe[*confopenapi.DecodeError](t, err); broken.Path != "/result" || !strings.Contains(err.Error(), "no number") {
			t.Errorf("got path %q, want /result, and \"no number\" in the error: %v", broken.Path, err)
		}
		_, _, err = confopenapi.Call[unpacks](t.Context(), client, "x", nil)
		mustBe[*confopenapi.DecodeError](t, err)
	})
	t.Run("an attempt leaves nothing to the next", func(t *testing.T) {
		t.Parallel()
		client, _ := overMock(t, []confopenapi.Option{quick},
			says(200, `{"status":0,"result":{"conferenceId":"old","attendees":1},"msg":"cut`), says(200, `{"status":0,"result":{"attendees":2}}`))
		got, _, err := confopenapi.Call[ended](t.Context(), client, "x", nil, confopenapi.Idempotent())
		if diff := cmp.Diff(ended{Attendees: 2}, got); diff != "" || err != nil {
			t.Errorf("got error %v, result (-want +got)\n%s", err, diff)
		}
	})
}

// unpacks is a type whose error has an offset beyond the text that it was given.
type unpacks struct{ ended }

func (u *unpacks) UnmarshalJSON([]byte) error {
	return json.Unmarshal([]byte(strings.Repeat(" ", 5000)+`{"attendees":"x"}`), &u.ended)
}

func TestCallBadArguments(t *testing.T) {
	t.Parallel()
	client, transport := overMock(t, []confopenapi.Option{confopenapi.WithTokenPlacement(confopenapi.TokenInBody)}, says(200, emptyPage))
	for _, path := range []string{
		"", "/", "//evil.example.com/x", "https://evil.example.com/x", "x?y=z", "x?", "x#y", "../x", "a/../../x", "a/./b", "a//b", "a/..;/b", "a/.;v=1/b", "..;", ";v=1", "/;/a", "a/;v=1",
		"%2e%2e/x", "a/%2E%2E/b", `..\x`, "%zz", "mailto:x", "x\x00",
	} {
		_, _, err := confopenapi.Call[any](t.Context(), client, path, nil)
		if bad, ok := errors.AsType[*confopenapi.RequestError](err); !ok || bad.Field != "path" {
			t.Errorf("path %q: got %v, want a *RequestError of the path", path, err)
		}
	}
	for name, in := range map[string]any{
		"no object": []int{1}, "a string": "x", "unmarshalable": func() {}, "a token of its own": map[string]string{"token": "x"},
	} {
		_, _, err := confopenapi.Call[any](t.Context(), client, "x", in)
		if bad, ok := errors.AsType[*confopenapi.RequestError](err); !ok || bad.Field != "in" {
			t.Errorf("%s: got %v, want a *RequestError of in", name, err)
		}
	}
	_, _, err := confopenapi.Call[any](t.Context(), client, "x", nil, nil)
	if bad := mustBe[*confopenapi.RequestError](t, err); bad.Field != "opts" {
		t.Errorf("got field %q, want opts", bad.Field)
	}
	wantAttempts(t, transport, 0)
}

func TestCallIsNotRepeated(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for name, c := range map[string]struct {
		response         func(*http.Request) (*http.Response, error)
		once, idempotent int
	}{
		"503":                {says(503, ""), 1, 4},
		"408":                {says(408, ""), 1, 4},
		"429":                {says(429, ""), 4, 4},
		"reset":              {breaks(syscall.ECONNRESET), 1, 4},
		"write failed":       {breaks(&net.OpError{Op: "write", Err: syscall.EPIPE}), 1, 4},
		"connection refused": {breaks(refused), 4, 4},
		"proxy refused":      {breaks(&net.OpError{Op: "proxyconnect", Err: refused}), 4, 4},
		"cut JSON":           {says(200, `{"status":0,`), 1, 2},
		"mapped rate limit":  {says(200, `{"status":9}`), 1, 4},
		"400":                {says(400, ""), 1, 1},
		"business error":     {says(200, `{"status":8}`), 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := []confopenapi.Option{quick, confopenapi.WithPacing(false), confopenapi.WithStatusErrors(map[int]error{9: confopenapi.ErrRateLimited})}
			client, transport := overMock(t, opts, c.response)
			if call(t, client) == nil {
				t.Error("got no error of the call")
			}
			wantAttempts(t, transport, c.once)
			client, transport = overMock(t, opts, c.response)
			if call(t, client, confopenapi.Idempotent()) == nil {
				t.Error("got no error of the idempotent call")
			}
			wantAttempts(t, transport, c.idempotent)
		})
	}
	t.Run("refused token", func(t *testing.T) {
		t.Parallel()
		src := new(issuer)
		client, attempts := withSource(t, confopenapi.CacheTokens(src), accepts("token-2", 0))
		if err := call(t, client); !errors.Is(err, confopenapi.ErrUnauthorized) {
			t.Errorf("got %v, want ErrUnauthorized", err)
		}
		attempts(1)
		if diff := cmp.Diff([]string{"token-1"}, src.refused); diff != "" {
			t.Errorf("refused tokens reported to the source (-want +got)\n%s", diff)
		}
		client, attempts = withSource(t, confopenapi.CacheTokens(new(issuer)), accepts("token-2", 0))
		_, _, err := confopenapi.Call[json.RawMessage](t.Context(), client, "x", nil, confopenapi.Idempotent())
		if err != nil {
			t.Errorf("an idempotent call: got %v, want another token to be tried", err)
		}
		attempts(2)
	})
}

// net/http repeats a request by itself if it takes it for idempotent. A call that may end a meeting is not idempotent.
func TestCallIsNotRepeatedByNetHTTP(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	var requests atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				for first := true; ; first = false {
					req := make([]byte, 4096)
					if _, err := conn.Read(req); err != nil {
						return
					}
					requests.Add(1)
					if !first {
						return // the second request of a connection is read, and then nothing
					}
					_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"status\":0}")
				}
			}()
		}
	}()
	client, err := confopenapi.NewClient("http://"+listener.Addr().String(), quick)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if err := call(t, client); err != nil {
		t.Fatal(err)
	}
	mustBe[*confopenapi.TransportError](t, call(t, client))
	if got := requests.Load(); got != 2 {
		t.Errorf("got %d requests for two calls, want 2", got)
	}
}

func TestCallContext(t *testing.T) {
	t.Parallel()
	client, transport := overMock(t, nil, says(200, emptyPage))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := confopenapi.Call[any](ctx, client, "x", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	wantAttempts(t, transport, 0)
}
