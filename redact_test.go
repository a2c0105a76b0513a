package confopenapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go"
)

// The marks are values that must never be printed.
const (
	markToken    = "TOKENMARK-9f8e7d6c"
	markPasscode = "c0ffee00deadbeefc0ffee00deadbeef"
	markMobile   = "13912345678"
	markEmail    = "markzhang@example.com"
	markIP       = "192.0.2.231"
	markName     = "欧阳马克"
)

var marks = []string{markToken, markPasscode, markMobile, markEmail, markIP, markName}

func wantNoMarks(t *testing.T, where, text string) {
	t.Helper()
	for _, mark := range marks {
		if strings.Contains(text, mark) {
			t.Errorf("%s shows %s: %s", where, mark, text)
		}
	}
	if strings.Contains(where, "error") && strings.ContainsAny(text, "\n\r") {
		t.Errorf("%s has more than a line: %q", where, text)
	}
}

// shown is v in every way in which a program prints a value by habit.
func shown(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb, v)
		out[verb] = text
		if raw := decodeHex(text); verb == "%x" {
			out["%x decoded"] = raw
		}
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("value", "v", v, slog.Group("in", slog.Any("group", v)))
		out[name] = strings.TrimSpace(b.String())
	}
	return out
}

func decodeHex(text string) string {
	var raw []byte
	_, _ = fmt.Sscanf(text, "%x", &raw)
	return string(raw)
}

func markedConference() string {
	return fmt.Sprintf(`{"eventId":7,"conferenceId":"7","hostName":%q,"hostEmail":%q,"hostMobile":%q,"hostIp":%q,"pcode2":%q}`,
		markName, markEmail, markMobile, markIP, markPasscode)
}

// markedBodies are responses that repeat everything they know.
func markedBodies() map[string]string {
	conf := markedConference()
	everything := strings.Join(marks, " ")
	return map[string]string{
		"success":           fmt.Sprintf(`{"status":0,"msg":%q,"request_id":%q,"result":{"totalCount":1,"confList":[%s]}}`, everything, "id-"+markToken, conf),
		"business error":    fmt.Sprintf(`{"status":7,"msg":%q,"request_id":%q,"result":%s}`, everything, "id-"+markToken, conf),
		"wrong kind":        fmt.Sprintf(`{"status":0,"result":{"totalCount":"call %s","confList":[%s]},"request_id":"%s"}`, markMobile, conf, markToken),
		"wrong member":      fmt.Sprintf(`{"status":0,"result":{"confList":[%s,{"hostEmail":{"%s":1}}]}}`, conf, markToken),
		"cut":               fmt.Sprintf(`{"status":0,"result":{"confList":[%s`, conf),
		"cut in a value":    fmt.Sprintf(`{"status":0,"result":{"confList":[%s`, strings.TrimSuffix(conf, `"}`)),
		"garbage behind":    fmt.Sprintf(`{"status":0,"result":{"confList":[%s]}}%s`, conf, everything),
		"another envelope":  fmt.Sprintf(`{"code":401,"message":%q,"data":%s}`, everything, conf),
		"a list":            fmt.Sprintf(`[%s]`, conf),
		"a string":          fmt.Sprintf(`%q`, everything),
		"HTML":              fmt.Sprintf("<html><body>Hello %s\n</body></html>", everything),
		"text":              everything,
		"no JSON at all":    fmt.Sprintf(`{token: %s, mobile: %s}`, markToken, markMobile),
		"BOM":               "\uFEFF" + conf,
		"data as keys":      fmt.Sprintf(`{"status":0,"result":{"confList":[{%q:{%q:{%q:[tru]}}}]}}`, markEmail+" "+markMobile, markName, markIP),
		"numeric passcode":  fmt.Sprintf(`{"pcode2":%s,"hostMobile":%s}`, markMobile, markMobile),
		"token as a key":    fmt.Sprintf(`{"status":0,"result":{%q:{"a":1},"confList":[{"eventId":{}}]}}`, markToken),
		"token in the path": fmt.Sprintf(`{"status":0,"result":{"confList":[{"x":{%q:[tru]}}]}}`, markToken),
	}
}

func TestNothingSecretOrPersonalIsShown(t *testing.T) {
	t.Parallel()
	echo := []string{
		"X-Echo", markToken, "X-Other", url.PathEscape("a/" + markToken), "Set-Cookie", "session=" + markToken, "Location", "https://other.example.com/?token=" + markToken, "Retry-After", markToken,
	}
	for name, text := range markedBodies() {
		for _, status := range []int{200, 302, 401, 429, 500} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				debug := &slog.HandlerOptions{Level: slog.LevelDebug}
				client, _ := overMock(t, nil, says(status, text, echo...))
				for format, handler := range map[string]slog.Handler{"text": slog.NewTextHandler(&log, debug), "JSON": slog.NewJSONHandler(&log, debug)} {
					log.Reset()
					client := derive(t, client, quick, confopenapi.WithPacing(false), confopenapi.WithLogger(slog.New(handler)), confopenapi.WithToken(markToken),
						confopenapi.WithTokenPlacement(confopenapi.TokenInBoth))
					page, err := client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Page: 1})
					if log.Len() == 0 {
						t.Error("got an empty log, want records")
					}
					wantNoMarks(t, "the log as "+format, log.String())
					examine(t, "client", client)
					if err != nil {
						examineError(t, err)
						continue
					}
					examine(t, "page", page)
					examine(t, "page's value", *page)
					examine(t, "conferences", page.Conferences)
					examine(t, "conference", page.Conferences[0])
					examine(t, "wrapped", struct{ C confopenapi.Conference }{page.Conferences[0]})
					examine(t, "hidden passcode", struct{ s confopenapi.Secret }{page.Conferences[0].Passcode})
				}
			})
		}
	}
}

func examine(t *testing.T, what string, v any) {
	t.Helper()
	for how, text := range shown(v) {
		if what == "conferences" && how == "slog JSON" || what == "wrapped" && how == "slog JSON" {
			continue // JSON keeps data, as the documentation of Conference says
		}
		wantNoMarks(t, what+" as "+how, text)
	}
}

// examineError looks for marks in an error, in its fields, and in all that it wraps.
func examineError(t *testing.T, err error) {
	t.Helper()
	examine(t, "error", err)
	switch err := err.(type) {
	case *confopenapi.HTTPError:
		examine(t, "error's meta", err.Meta)
		wantNoToken(t, err.Meta)
	case *confopenapi.DecodeError:
		wantNoMarks(t, "error's path", err.Path)
		examine(t, "error's meta", err.Meta)
		wantNoToken(t, err.Meta)
	case *confopenapi.StatusError:
		wantNoToken(t, err.Meta)
		if strings.Contains(err.Msg, markToken) {
			t.Error("Msg repeats the token")
		}
	case *confopenapi.TransportError:
		wantNoToken(t, err.Meta)
	case *confopenapi.RequestError, *confopenapi.IncompleteError: // without a Meta
	default:
		if strings.HasPrefix(fmt.Sprintf("%T", err), "*confopenapi.") {
			t.Fatalf("the fields of a %T are not examined", err)
		}
	}
	func() {
		defer func() { wantNoMarks(t, "a panic", fmt.Sprint(recover())) }()
		panic(err)
	}()
	if inner := errors.Unwrap(err); inner != nil {
		examineError(t, inner)
	}
}

// wantNoToken looks for the token in what the fields of a Meta hold, printed or not.
func wantNoToken(t *testing.T, meta confopenapi.Meta) {
	t.Helper()
	if all := fmt.Sprint(meta.Header, meta.Msg, meta.RequestID); strings.Contains(all, markToken) {
		t.Errorf("header, msg or request id repeats the token: %s", all)
	}
}

func TestNetworkErrorsAreRedacted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"proxy http://user:" + markToken + "@proxy.example.com refused\nreally",
		"invalid header value " + markToken,
		"bad proxy //someone:otherpassword1@proxy.example.com",
		`parse "http://user:otherpassword1/pw@proxy:3128": invalid port ":otherpassword1" after host`,
		fmt.Sprintf("net/http: malformed HTTP response %q", markedConference()),
	} {
		failure := errors.New(text)
		client, _ := overMock(t, []confopenapi.Option{once, confopenapi.WithToken(markToken)}, breaks(failure))
		err := list(t.Context(), client)
		if !errors.Is(err, failure) {
			t.Errorf("got %v, want it to match what the transport returned", err)
		}
		examineError(t, err)
		if strings.Contains(err.Error(), "otherpassword1") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
	for _, token := range []string{strings.Repeat("long-token-", 12), "ab/cd~ef?g=secret%20part", `to"ken\`} {
		var all strings.Builder
		echo := fmt.Sprintf(`{"status":0,"result":{"confList":[{%q:{"a":[tru]}}]},"msg":%q}`, token, token)
		client, _ := overMock(t, []confopenapi.Option{once, confopenapi.WithToken(token)},
			says(200, echo, "Location", "https://other.example.com/"+url.PathEscape(token), "X-Q", strings.ToLower(url.QueryEscape(token))))
		err := list(t.Context(), client)
		meta, _ := confopenapi.MetaOf(err)
		_, _ = fmt.Fprint(&all, err, meta.Header, meta.Msg, mustBe[*confopenapi.DecodeError](t, err).Path)
		for _, spelling := range []string{token, token[:20*len(token)/24], url.PathEscape(token), strings.ToLower(url.QueryEscape(token))} {
			if strings.Contains(all.String(), spelling) {
				t.Errorf("the error or its fields show %q: %s", spelling, all.String())
			}
		}
	}
	client, err := confopenapi.NewClient(mockBase, confopenapi.WithTokenSource(confopenapi.TokenSourceFunc(
		func(context.Context) (confopenapi.Token, error) {
			return confopenapi.Token{Value: confopenapi.NewSecret(markToken)}, errors.New("expired: " + markToken + "\n")
		})))
	if err != nil {
		t.Fatal(err)
	}
	examineError(t, list(t.Context(), client))
}

func TestSecretsAreOpaque(t *testing.T) {
	t.Parallel()
	secret := confopenapi.NewSecret(markToken)
	token := confopenapi.Token{Value: secret}
	for _, v := range []any{
		secret, &secret, token, &token,
		[]confopenapi.Secret{secret},
		map[string]confopenapi.Token{"a": token},
		struct{ hidden confopenapi.Secret }{secret},
		struct{ hidden confopenapi.Token }{token},
	} {
		for how, text := range shown(v) {
			if _, isToken := v.(confopenapi.Token); !isToken && how == "slog JSON" && strings.Contains(fmt.Sprintf("%T", v), "[]confopenapi.Secret") {
				continue // JSON keeps values
			}
			wantNoMarks(t, fmt.Sprintf("%T as %s", v, how), text)
		}
	}
}

// A token of two bytes is no secret: it would be found in any text.
func TestShortTokenIsNotRedacted(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{"ab": "the cable broke", "abl": "the c[redacted]e broke"} {
		client, _ := overMock(t, []confopenapi.Option{once, confopenapi.WithToken(token)}, breaks(errors.New("the cable broke")))
		if err := list(t.Context(), client); !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("token %q: got %q, want it to end with %q", token, err, want)
		}
	}
}

// The text of another error is cut to 256 bytes, between two characters.
func TestLongErrorIsCut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		strings.Repeat("a", 256):       strings.Repeat("a", 256),
		strings.Repeat("a", 257):       strings.Repeat("a", 256) + "…",
		"aa" + strings.Repeat("会", 99): "aa" + strings.Repeat("会", 84) + "…",
		strings.Repeat("会", 99):        strings.Repeat("会", 85) + "…",
	} {
		client, _ := overMock(t, []confopenapi.Option{once}, breaks(errors.New(text)))
		if err := list(t.Context(), client); !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("an error of %d bytes: got %q, want it to end with %q", len(text), err, want)
		}
	}
}

// valueSource is a source that a client holds by value, in the open.
type valueSource struct{ token string }

func (s valueSource) Token(context.Context) (confopenapi.Token, error) {
	return confopenapi.Token{Value: confopenapi.NewSecret(s.token)}, nil
}

func TestClientPrintsBaseURLOnly(t *testing.T) {
	t.Parallel()
	client, err := confopenapi.NewClient(mockBase, confopenapi.WithTokenSource(valueSource{markToken}))
	if err != nil {
		t.Fatal(err)
	}
	examine(t, "client", client)
	examine(t, "client's value", *client)
	if text := fmt.Sprint(client); !strings.Contains(text, mockBase) {
		t.Errorf("got %q, want the base URL in it", text)
	}
	if got := fmt.Sprint(confopenapi.Client{}); got != "confopenapi client, not made by NewClient" {
		t.Errorf("the zero Client prints %q", got)
	}
}

func TestErrorsInLoggedStructs(t *testing.T) {
	t.Parallel()
	for name, text := range markedBodies() {
		for _, status := range []int{200, 500} {
			client, _ := overMock(t, []confopenapi.Option{once, confopenapi.WithToken(markToken)}, says(status, text, "Set-Cookie", markToken))
			if err := list(t.Context(), client); err != nil {
				examine(t, "errors of "+name, []error{err})
				examine(t, "error in a struct of "+name, struct{ Err error }{err})
			}
		}
	}
}

func TestMetaOf(t *testing.T) {
	t.Parallel()
	want := confopenapi.Meta{RequestID: "r-1"}
	for _, err := range []error{
		&confopenapi.StatusError{Meta: want}, &confopenapi.HTTPError{Meta: want},
		&confopenapi.DecodeError{Meta: want}, &confopenapi.TransportError{Meta: want},
	} {
		if meta, ok := confopenapi.MetaOf(fmt.Errorf("job: %w", err)); !ok || meta.RequestID != want.RequestID {
			t.Errorf("MetaOf a wrapped %T: got %v, %t, want request id r-1", err, meta, ok)
		}
	}
	if _, ok := confopenapi.MetaOf(&confopenapi.RequestError{}); ok {
		t.Error("MetaOf a *RequestError is true, want false")
	}
}

func TestErrorStringsOfLiterals(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"business status 7": &confopenapi.StatusError{Code: 7},
		"HTTP 503 Service":  &confopenapi.HTTPError{StatusCode: http.StatusServiceUnavailable},
		"HTTP 599":          &confopenapi.HTTPError{StatusCode: 599},
		"not the promised":  &confopenapi.DecodeError{},
		"no response":       &confopenapi.TransportError{},
		"3 attempts":        &confopenapi.TransportError{Attempts: 3},
		"confopenapi: listing default: 0 conferences": &confopenapi.IncompleteError{},
		"confopenapi: bad x":                          &confopenapi.RequestError{Field: "x"},
	} {
		if text := err.Error(); !strings.Contains(text, want) || !strings.HasPrefix(text, "confopenapi: ") {
			t.Errorf("got %q, want %q in it", text, want)
		}
		examine(t, "error", err)
	}
}

func TestRedactEveryTokenOfCall(t *testing.T) {
	t.Parallel()
	issued := 0
	source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		if issued++; issued > 1 {
			return confopenapi.Token{}, errors.New("cannot replace firsttoken4711")
		}
		return confopenapi.Token{Value: confopenapi.NewSecret("firsttoken4711")}, nil
	})
	client, _ := overMock(t, nil, says(401, ""))
	client = derive(t, client, confopenapi.WithTokenSource(source))
	if err := list(t.Context(), client); err == nil || strings.Contains(err.Error(), "firsttoken4711") {
		t.Errorf("got %v, want an error without the refused token", err)
	}
	client, _ = overMock(t, []confopenapi.Option{once, confopenapi.WithToken("secrettoken1")},
		says(200, `{"status":0,"result":{"confList":[{"x":{"secrettoken1":[tru]}}]}}`))
	if path := mustBe[*confopenapi.DecodeError](t, list(t.Context(), client)).Path; strings.Contains(path, "secrettoken1") {
		t.Errorf("got path %q, want it without the token", path)
	}
}
