package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/confopenapi/confopenapi-go"
)

var (
	errDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errRead = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

func TestIsRetryable(t *testing.T) {
	t.Parallel()
	const both, neither = true, false
	type options = []confopenapi.Option
	type outcome struct{ list, call bool } // of a call that may be repeated, and of one that may not
	codes := confopenapi.WithStatusErrors(map[int]error{
		1: confopenapi.ErrRateLimited, 2: confopenapi.ErrServer, 3: confopenapi.ErrForbidden,
	})
	token := func(err error) confopenapi.Option {
		return confopenapi.WithTokenSource(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			return confopenapi.Token{}, err
		}))
	}
	for name, c := range map[string]struct {
		opts     options
		response httpmock.Responder
		want     outcome
	}{
		"a mapped rate limit":         {options{codes}, says(200, `{"status":1}`), outcome{true, false}},
		"a mapped server error":       {options{codes}, says(200, `{"status":2}`), outcome{true, false}},
		"a mapped refusal":            {options{codes}, says(200, `{"status":3}`), outcome{neither, neither}},
		"a business status":           {nil, says(200, `{"status":4}`), outcome{neither, neither}},
		"503 that means a refusal":    {options{codes}, says(503, `{"status":3}`), outcome{neither, neither}},
		"429 for longer than allowed": {nil, says(429, "", "Retry-After", "86400"), outcome{both, both}},
		"a spent budget":              {options{confopenapi.WithRetry(confopenapi.RetryPolicy{Budget: 1, MinWait: 1, MaxWait: 1})}, says(503, ""), outcome{true, false}},
		"no JSON":                     {nil, says(200, "<html>"), outcome{neither, neither}},
		"JSON cut short":              {nil, says(200, emptyPage[:40]), outcome{true, false}},
		"too large":                   {options{confopenapi.WithMaxResponseBytes(10)}, says(200, emptyPage), outcome{neither, neither}},
		"no connection":               {nil, breaks(errDial), outcome{both, both}},
		"a reset":                     {nil, breaks(errRead), outcome{true, false}},
		"a scheme mismatch":           {nil, breaks(http.ErrSchemeMismatch), outcome{neither, neither}},
		"a token source":              {options{token(errors.New("down"))}, nil, outcome{both, both}},
		"a token source's timeout":    {options{token(fmt.Errorf("fetch: %w", context.DeadlineExceeded))}, nil, outcome{both, both}},
		"a cancelled token source":    {options{token(context.Canceled)}, nil, outcome{neither, neither}},
		"a limiter":                   {options{confopenapi.WithLimiter(&refusing{errors.New("not before tomorrow")})}, nil, outcome{both, both}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := overMock(t, options{quick, confopenapi.WithPacing(false)}, c.response)
			client = derive(t, client, c.opts...)
			listErr := list(t.Context(), client)
			_, _, callErr := confopenapi.Call[any](t.Context(), client, "x", nil)
			_, _, idempotentErr := confopenapi.Call[any](t.Context(), client, "x", nil, confopenapi.Idempotent())
			for _, got := range []struct {
				what string
				err  error
				want bool
			}{{"ListByStatus", listErr, c.want.list}, {"Call", callErr, c.want.call}, {"an idempotent Call", idempotentErr, c.want.list}} {
				if got.err == nil || confopenapi.IsRetryable(got.err) != got.want || confopenapi.IsRetryable(fmt.Errorf("wrapped: %w", got.err)) != got.want {
					t.Errorf("%s: IsRetryable is %t, want %t: %v", got.what, !got.want, got.want, got.err)
				}
			}
		})
	}
}

func TestIsRetryableAfterATimeout(t *testing.T) {
	for name, c := range map[string]struct {
		option     confopenapi.Option
		deadline   time.Duration // of the caller's context
		list, call bool
	}{
		"of an attempt":             {confopenapi.WithAttemptTimeout(100 * time.Millisecond), time.Hour, true, false},
		"of the call":               {confopenapi.WithTimeout(100 * time.Millisecond), 0, true, false},
		"of the call, in the queue": {confopenapi.WithLimiter(lastTurn{}), 0, true, true},
		"of the caller":             {confopenapi.WithAttemptTimeout(0), 100 * time.Millisecond, false, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if c.deadline > 0 {
				ctx, cancel = context.WithTimeout(ctx, c.deadline)
			}
			defer cancel()
			client, _ := overMock(t, []confopenapi.Option{quick, c.option}, never)
			listErr := list(ctx, client)
			_, _, callErr := confopenapi.Call[any](ctx, client, "x", nil)
			if confopenapi.IsRetryable(listErr) != c.list || confopenapi.IsRetryable(callErr) != c.call {
				t.Errorf("%s: IsRetryable of ListByStatus: want %t: %v; of Call: want %t: %v", name, c.list, listErr, c.call, callErr)
			}
		})
	}
}

// lastTurn is a limiter whose turn does not come.
type lastTurn struct{}

func (lastTurn) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestIsRetryableOfOtherErrors(t *testing.T) {
	t.Parallel()
	refused := &confopenapi.HTTPError{StatusCode: 403}
	down := &confopenapi.HTTPError{StatusCode: 503}
	cancelled := &confopenapi.TransportError{Attempts: 1, Err: context.Canceled}
	listing := func(reason confopenapi.Reason, err error) error {
		return &confopenapi.IncompleteError{Report: confopenapi.Report{Reason: reason}, Err: err}
	}
	for _, c := range []struct {
		why  string
		err  error
		want bool
	}{
		{"no error", nil, false},
		{"not of this package", errors.New("boom"), false},
		{"not of this package", os.ErrDeadlineExceeded, false},
		{"the caller's own end", context.Canceled, false},
		{"the caller's own end", cancelled, false},
		{"a bad argument", &confopenapi.RequestError{Field: "Page"}, false},
		{"a bad argument", &confopenapi.RequestError{Field: "token"}, false},
		{"the list moved: another time may be quieter", listing(confopenapi.ReasonGap, nil), true},
		{"the list shrank while it was read", listing(confopenapi.ReasonNoEnd, nil), true},
		{"conferences started behind what was read", listing(confopenapi.ReasonTotal, nil), true},
		{"the list moved too much to follow", listing(confopenapi.ReasonEffort, nil), true},
		{"the request may work", listing(confopenapi.ReasonFailed, down), true},
		{"the request will be refused again", listing(confopenapi.ReasonFailed, refused), false},
		{"the caller ended it", listing(confopenapi.ReasonStopped, cancelled), false},
		{"what the service does stays", listing(confopenapi.ReasonPaging, nil), false},
		{"the order is the service's", listing(confopenapi.ReasonOrder, nil), false},
		{"these conferences stay for a while", listing(confopenapi.ReasonTies, nil), false},
		{"these conferences stay for a while", listing(confopenapi.ReasonIdentity, nil), false},
		{"what it assumes stays", listing(confopenapi.ReasonAssumesOrder, nil), false},
		{"what it assumes stays", listing(confopenapi.ReasonAssumesKey, nil), false},
	} {
		if got := confopenapi.IsRetryable(c.err); got != c.want {
			t.Errorf("IsRetryable is %t, want %t: %s: %v", got, c.want, c.why, c.err)
		}
	}
}

// An incomplete listing matches the end of the caller's context, and nothing else of what broke it.
func TestIncompleteErrorMatches(t *testing.T) {
	t.Parallel()
	down := &confopenapi.HTTPError{StatusCode: 503, Meta: confopenapi.Meta{RequestID: "r-1"}}
	for _, c := range []struct {
		inner                     error
		server, canceled, expired bool
	}{
		{nil, false, false, false},
		{down, false, false, false},
		{&confopenapi.TransportError{Err: context.Canceled}, false, true, false},
		{&confopenapi.TransportError{Err: context.DeadlineExceeded}, false, false, true},
	} {
		err := error(&confopenapi.IncompleteError{Err: c.inner})
		if !errors.Is(err, confopenapi.ErrIncomplete) || errors.Is(err, confopenapi.ErrServer) != c.server ||
			errors.Is(err, context.Canceled) != c.canceled || errors.Is(err, context.DeadlineExceeded) != c.expired {
			t.Errorf("with Err %v: want ErrIncomplete, and of the others only the context's error", c.inner)
		}
		meta, ok := confopenapi.MetaOf(err)
		inner, innerOK := confopenapi.MetaOf(c.inner)
		if ok != innerOK || meta.RequestID != inner.RequestID {
			t.Errorf("MetaOf with Err %v: got %v, %t, want %v, %t", c.inner, meta, ok, inner, innerOK)
		}
	}
}

// once is a policy without retries.
var once = confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1})

func respondedWith(t *testing.T, status int, text string, opts ...confopenapi.Option) (*confopenapi.ConfList, error) {
	t.Helper()
	client, _ := overMock(t, append([]confopenapi.Option{once}, opts...), says(status, text))
	return client.ListByStatus(t.Context(), nil)
}

func TestDecodeNotAList(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name, path, requestID string
	}{
		{"empty_object.json", "", ""},
		{"status_missing.json", "", "req"},
		{"status_null.json", "", "req"},
		{"result_missing.json", "", "req"},
		{"result_null.json", "/result", "req"},
		{"result_string.json", "/result", "req"},
		{"bom.json", "", ""},
		{"trailing_bytes.json", "", "req"},
		{"captive_portal.html", "", ""},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			page, err := respondedWith(t, 200, body(t, story.name))
			if page != nil {
				t.Error("got a page beside the error")
			}
			broken := mustBe[*confopenapi.DecodeError](t, err)
			if broken.Path != story.path || broken.Meta.HTTPStatus != 200 || broken.Meta.Attempts != 1 {
				t.Errorf("got path %q, want %q; meta %v, want HTTP 200 and 1 attempt", broken.Path, story.path, broken.Meta)
			}
			if story.requestID != "" && broken.Meta.RequestID == "" {
				t.Error("got no request id, want the envelope's")
			}
		})
	}
	for name, text := range map[string]string{
		"null": "null", "empty": "", "blank": " \r\n", "number": "0", "array": "[]", "string": `"status"`,
		"another envelope":       `{"code":401,"message":"unauthorized"}`,
		"result of another kind": `{"status":0,"result":{"userList":[]}}`,
		"list of another kind":   `{"status":0,"result":{"totalCount":1,"confList":{}}}`,
		"empty result":           `{"status":0,"result":{}}`,
		"empty string result":    `{"status":0,"result":""}`,
		"empty array result":     `{"status":0,"result":[]}`,
		"status is text":         `{"status":"ok","result":{"totalCount":0,"confList":[]}}`,
		"status with zeros":      `{"status":"00","result":{"totalCount":0,"confList":[]}}`,
		"status is a boolean":    `{"status":false,"result":{"totalCount":0,"confList":[]}}`,
		"status is too large":    `{"status":1e30,"result":null}`,
		"status in capitals":     `{"STATUS":0,"result":{"totalCount":0,"confList":[]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := respondedWith(t, 200, text)
			mustBe[*confopenapi.DecodeError](t, err)
		})
	}
	t.Run("no content", func(t *testing.T) {
		t.Parallel()
		_, err := respondedWith(t, 204, "")
		if broken := mustBe[*confopenapi.DecodeError](t, err); broken.Meta.HTTPStatus != 204 {
			t.Errorf("got HTTP %d, want 204", broken.Meta.HTTPStatus)
		}
	})
}

func TestStatusError(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"business_error_null_result.json", "business_error_empty_string.json",
		"business_error_empty_array.json", "business_error_no_result.json",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := respondedWith(t, 200, body(t, name))
			failed := mustBe[*confopenapi.StatusError](t, err)
			if page != nil || failed.Code == 0 || failed.Msg == "" || failed.Meta.RequestID == "" || failed.Meta.HTTPStatus != 200 {
				t.Errorf("got page %v, code %d, msg %q, meta %v; want no page, and the envelope's code, msg and request id", page, failed.Code, failed.Msg, failed.Meta)
			}
			if strings.Contains(err.Error(), failed.Msg) || !strings.Contains(err.Error(), failed.Meta.RequestID) {
				t.Errorf("got %q, want the request id in it, and not the msg", err)
			}
			for _, sentinel := range []error{confopenapi.ErrUnauthorized, confopenapi.ErrForbidden, confopenapi.ErrRateLimited, confopenapi.ErrServer} {
				if errors.Is(err, sentinel) {
					t.Errorf("errors.Is(err, %v) is true of a status that is not mapped", sentinel)
				}
			}
		})
	}
	t.Run("the last status counts", func(t *testing.T) {
		t.Parallel()
		_, err := respondedWith(t, 200, `{"status":0,"result":{"totalCount":0,"confList":[]},"status":7}`)
		if failed := mustBe[*confopenapi.StatusError](t, err); failed.Code != 7 {
			t.Errorf("got code %d, want 7: %v", failed.Code, failed)
		}
	})
	t.Run("a negative quoted status", func(t *testing.T) {
		t.Parallel()
		_, err := respondedWith(t, 200, `{"status":"-3"}`)
		if failed := mustBe[*confopenapi.StatusError](t, err); failed.Code != -3 {
			t.Errorf("got code %d, want -3: %v", failed.Code, failed)
		}
	})
}

func TestDecodeLenient(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"status_behind_result.json": -1, "unknown_members.json": -1, "null_everything.json": -1, "quoted_integers.json": -1,
		"numeric_mobile.json": -1, "float_ids.json": -1, "duplicate_keys.json": -1, "long_ids.json": -1,
		"empty_list.json": 0, "list_null.json": 0, "list_absent.json": 0, "past_the_end.json": 0,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := respondedWith(t, 200, body(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if got := len(page.Conferences); (want < 0) != (got > 0) {
				t.Errorf("got %d conferences, want some: %t", got, want < 0)
			}
		})
	}
}

func TestDecodeBadMeta(t *testing.T) {
	t.Parallel()
	page, err := respondedWith(t, 200, `{"status":0,"result":{"totalCount":0,"confList":[]},
		"msg":["a"],"request_id":{"b":1},"timestamp":"soon","request_duration":"a while"}`)
	if err != nil {
		t.Fatal(err)
	}
	if m := page.Meta; m.Msg != "" || m.RequestID != "" || !m.ServerTime.IsZero() || m.ServerDuration != 0 {
		t.Errorf("got msg %q, request id %q, time %s, duration %s; want them empty", m.Msg, m.RequestID, m.ServerTime, m.ServerDuration)
	}
	page, err = respondedWith(t, 200, `{"status":0,"result":{"totalCount":0},"msg":null,"request_id":12345,"timestamp":"1774514768581"}`)
	if err != nil {
		t.Fatal(err)
	}
	if m := page.Meta; m.RequestID != "12345" || m.ServerTime.UnixMilli() != 1774514768581 {
		t.Errorf("got request id %q and time %s, want 12345 and 2026-03-26 08:46:08.581", m.RequestID, m.ServerTime)
	}
	for _, far := range []string{"9223372036854775807", "-9223372036854775808", "253402300800000"} {
		page, err := respondedWith(t, 200, `{"status":0,"result":{"totalCount":0},"timestamp":`+far+`}`)
		if err != nil || !page.Meta.ServerTime.IsZero() {
			t.Errorf("timestamp %s: got %v, %v, want no time and no error", far, page, err)
		}
	}
}

func TestDecodeExampleCutAtEveryByte(t *testing.T) {
	t.Parallel()
	whole := strings.TrimSpace(body(t, "doc_example.json"))
	for end := range len(whole) {
		_, err := respondedWith(t, 200, whole[:end])
		broken := mustBe[*confopenapi.DecodeError](t, err)
		if !errors.Is(err, io.ErrUnexpectedEOF) || broken.Meta.HTTPStatus != 200 {
			t.Fatalf("cut at %d: got %v, want io.ErrUnexpectedEOF and HTTP 200", end, err)
		}
		cameWithID := strings.Contains(whole[:end], `447.258",`)
		if got := broken.Meta.RequestID != ""; cameWithID && !got {
			t.Fatalf("cut at %d: got no request id, though it came", end)
		}
	}
}

func TestErrorNamesServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ server, contentType, want string }{
		"a gateway":            {"nginx/1.22.1 (Debian)", "text/html", " (from nginx)"},
		"no content type":      {"envoy", "", " (from envoy)"},
		"the service, in JSON": {"nginx", "application/json;charset=UTF-8", ""},
		"no name":              {"", "text/html", ""},
		"a number":             {"13800000000", "text/html", ""},
		"a long name":          {strings.Repeat("a", 100), "text/html", " (from " + strings.Repeat("a", 20) + ")"},
	} {
		client, _ := overMock(t, []confopenapi.Option{once}, says(502, "<html>", "Server", c.server, "Content-Type", c.contentType))
		if err := list(t.Context(), client); !strings.HasSuffix(err.Error(), "HTTP 502 Bad Gateway"+c.want) {
			t.Errorf("%s: got %q, want it to end with %q", name, err, c.want)
		}
	}
}

func TestDecodeErrorNamesField(t *testing.T) {
	t.Parallel()
	const text = `{"request_id":"r-9","status":0,"result":{"totalCount":2,"confList":[{"eventId":1},{"eventId":{}}]}}`
	_, err := respondedWith(t, 200, text)
	broken := mustBe[*confopenapi.DecodeError](t, err)
	if broken.Path != "/result/confList/1/eventId" || broken.Offset != int64(strings.Index(text, "{}")) || !strings.Contains(err.Error(), broken.Path) {
		t.Errorf("got path %q and offset %d, want those of the second eventId: %v", broken.Path, broken.Offset, err)
	}
	if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "r-9") {
		t.Errorf("got %q, want one line with the request id r-9", err)
	}
}

func TestErrorMetaElapsed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 500} {
		_, err := respondedWith(t, status, "<html>")
		if meta, _ := confopenapi.MetaOf(err); meta.Elapsed <= 0 || meta.Elapsed > time.Minute || meta.Attempts != 1 {
			t.Errorf("HTTP %d: got %d attempts in %s, want 1 in less than a minute", status, meta.Attempts, meta.Elapsed)
		}
	}
}

func TestDecodeCharset(t *testing.T) {
	t.Parallel()
	const start, end = `{"status":0,"result":{"totalCount":1,"confList":[{"eventId":1,"title":"`, `"}]}}`
	const utf8, gbk = "周例会", "\xd6\xdc\xc0\xfd\xbb\xe1"
	for _, c := range []struct{ contentType, title, want string }{
		{"application/json", utf8, ""},
		{"application/json; charset=utf-8", utf8, ""},
		{`application/json; charset="UTF8"; x=1`, utf8, ""},
		{"application/json;charset=UTF-8,application/json;charset=UTF-8", utf8, ""},
		{"application/json; charset=utf8mb4", utf8, ""},
		{"application/json; charset=latin1", utf8, ""},
		{"application/json; charset=ascii", utf8, ""},
		{"application/json; charset=GBK", "weekly", ""}, // the same in both
		{"application/json; charset=ISO-8859-1", utf8, ""},
		{"application/json; charset=GBK", gbk, `the charset is "gbk", want UTF-8`},
		{"application/json;CHARSET=gb18030", gbk, `the charset is "gb18030", want UTF-8`},
		{"application/json; charset=big5", gbk, `the charset is "big5", want UTF-8`},
		{"application/json; charset=iso-8859-1", "caf\xe9", `the charset is "iso-8859-1", want UTF-8`},
		{"application/json; charset=utf-16", utf8, `the charset is "utf-16", want UTF-8`},
	} {
		client, _ := overMock(t, []confopenapi.Option{once}, says(200, start+c.title+end, "Content-Type", c.contentType))
		page, err := client.ListByStatus(t.Context(), nil)
		if c.want == "" {
			if err != nil || page.Conferences[0].Title != c.title {
				t.Errorf("%s: got %v, want the title %q", c.contentType, err, c.title)
			}
			continue
		}
		if broken := mustBe[*confopenapi.DecodeError](t, err); !strings.Contains(broken.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.contentType, broken, c.want)
		}
	}
}
