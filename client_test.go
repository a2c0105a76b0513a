package confopenapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
)

func TestNewClientBadBaseURL(t *testing.T) {
	t.Parallel()
	for name, base := range map[string]string{
		"empty":             "",
		"blank":             "  ",
		"unparsable":        "https://exa mple.com",
		"no scheme":         "conf.example.com",
		"other scheme":      "ftp://conf.example.com",
		"no host":           "https://",
		"only a port":       "https://:443",
		"user information":  "https://user:hunter2secret@conf.example.com",
		"unparsable secret": "https://user:hunter2secret@conf.example.com:port",
		"query":             "https://conf.example.com/?a=b",
		"empty query":       "https://conf.example.com/?",
		"fragment":          "https://conf.example.com/#top",
		"empty fragment":    "https://conf.example.com/#",
		"opaque":            "https:conf.example.com",
		"port 0":            "https://conf.example.com:0",
		"port too large":    "https://conf.example.com:65536",
		"port empty":        "https://conf.example.com:",
		"the endpoint":      "https://conf.example.com/a/confopenapi/conference/listbystatus/",
		"plain http":        "http://conf.example.com",
		"a blank inside":    "https://conf.example.com/a b",
		"no width inside":   "https://conf\u200b.example.com",
		"not quite local":   "http://localhost.example.com",
		"any address":       "http://0.0.0.0:8080",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := confopenapi.NewClient(base)
			if client != nil {
				t.Error("got a client beside the error")
			}
			if bad := mustBe[*confopenapi.RequestError](t, err); bad.Field != "baseURL" {
				t.Errorf("got field %q, want baseURL: %v", bad.Field, err)
			}
			if strings.Contains(err.Error(), "hunter2secret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestNewClientGoodBaseURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://conf.example.com":                               "https://conf.example.com/confopenapi/conference/listbystatus",
		"https://conf.example.com/":                              "https://conf.example.com/confopenapi/conference/listbystatus",
		"https://conf.example.com/a/b":                           "https://conf.example.com/a/b/confopenapi/conference/listbystatus",
		"https://conf.example.com:8443/a/":                       "https://conf.example.com:8443/a/confopenapi/conference/listbystatus",
		"https://conf.example.com/a%2Fb":                         "https://conf.example.com/a%2Fb/confopenapi/conference/listbystatus",
		"http://Localhost:8080":                                  "http://Localhost:8080/confopenapi/conference/listbystatus",
		" \ufeffhttps://h.example.com/api\u00a0\u200b\u3000\r\n": "https://h.example.com/api/confopenapi/conference/listbystatus",
		"http://localhost:8080":                                  "http://localhost:8080/confopenapi/conference/listbystatus",
		"http://127.0.0.1:8080":                                  "http://127.0.0.1:8080/confopenapi/conference/listbystatus",
		"http://[::1]:8080/x":                                    "http://[::1]:8080/x/confopenapi/conference/listbystatus",
		"https://192.0.2.7/":                                     "https://192.0.2.7/confopenapi/conference/listbystatus",
		"https://会议.example.com/confopenapi":                     "https://会议.example.com/confopenapi/confopenapi/conference/listbystatus",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			record := roundTripper(func(req *http.Request) (*http.Response, error) {
				got = req
				return says(200, emptyPage)(req)
			})
			client, err := confopenapi.NewClient(base, confopenapi.WithHTTPClient(&http.Client{Transport: record}))
			if err != nil {
				t.Fatal(err)
			}
			if err := list(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			if decoded := strings.ReplaceAll(got.URL.String(), "%E4%BC%9A%E8%AE%AE", "会议"); decoded != want || got.Method != http.MethodPost {
				t.Errorf("got %s %s, want POST %s", got.Method, decoded, want)
			}
		})
	}
}

func TestWithInsecureHTTP(t *testing.T) {
	t.Parallel()
	if _, err := confopenapi.NewClient("http://conf.example.com", confopenapi.WithInsecureHTTP()); err != nil {
		t.Errorf("got %v, want a client", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestNewClientBadOptions(t *testing.T) {
	t.Parallel()
	var noLimiter *refusing
	for _, bad := range []struct {
		field string
		opt   confopenapi.Option
	}{
		{"WithToken", confopenapi.WithToken("")},
		{"WithToken", confopenapi.WithToken("two\nlines")},
		{"WithToken", confopenapi.WithToken("from-a-file\n")},
		{"WithToken", confopenapi.WithToken(" padded")},
		{"WithToken", confopenapi.WithToken("nul\x00")},
		{"WithToken", confopenapi.WithToken("latin-1 \xe9")},
		{"WithTokenSource", confopenapi.WithTokenSource(nil)},
		{"WithTokenSource", confopenapi.WithTokenSource(confopenapi.TokenSourceFunc(nil))},
		{"WithTokenPlacement", confopenapi.WithTokenPlacement(-1)},
		{"WithTokenPlacement", confopenapi.WithTokenPlacement(3)},
		{"WithHTTPClient", confopenapi.WithHTTPClient(nil)},
		{"WithHTTPClient", confopenapi.WithHTTPClient(&http.Client{Timeout: -1})},
		{"WithHTTPClient", confopenapi.WithHTTPClient(&http.Client{Transport: (*http.Transport)(nil)})},
		{"WithTokenSource", confopenapi.WithTokenSource(confopenapi.CacheTokens(nil))},
		{"WithMiddleware", confopenapi.WithMiddleware(nil)},
		{"WithRetry", confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: -1})},
		{"WithRetry", confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: -1})},
		{"WithRetry", confopenapi.WithRetry(confopenapi.RetryPolicy{MaxWait: -1})},
		{"WithRetry", confopenapi.WithRetry(confopenapi.RetryPolicy{MaxRetryAfter: -1})},
		{"WithRetry", confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Minute})},
		{"WithAttemptTimeout", confopenapi.WithAttemptTimeout(-1)},
		{"WithTimeout", confopenapi.WithTimeout(-1)},
		{"WithLimiter", confopenapi.WithLimiter(nil)},
		{"WithLimiter", confopenapi.WithLimiter(noLimiter)},
		{"WithLogger", confopenapi.WithLogger(nil)},
		{"WithUserAgent", confopenapi.WithUserAgent("a\r\nb: c")},
		{"WithMaxResponseBytes", confopenapi.WithMaxResponseBytes(0)},
		{"WithMaxResponseBytes", confopenapi.WithMaxResponseBytes(-1)},
		{"WithStatusErrors", confopenapi.WithStatusErrors(map[int]error{0: confopenapi.ErrServer})},
		{"WithStatusErrors", confopenapi.WithStatusErrors(map[int]error{7: errors.New("mine")})},
		{"WithStatusErrors", confopenapi.WithStatusErrors(map[int]error{7: nil})},
		{"WithStatusErrors", confopenapi.WithStatusErrors(map[int]error{7: confopenapi.ErrTooLarge})},
		{"opts", nil},
	} {
		t.Run(bad.field, func(t *testing.T) {
			t.Parallel()
			_, err := confopenapi.NewClient("", bad.opt, confopenapi.WithTimeout(-time.Hour))
			var fields []string
			joined, ok := err.(interface{ Unwrap() []error })
			if !ok {
				t.Fatalf("got %v, want errors that are joined", err)
			}
			for _, err := range joined.Unwrap() {
				fields = append(fields, mustBe[*confopenapi.RequestError](t, err).Field)
			}
			want := []string{"baseURL", bad.field, "WithTimeout"}
			if diff := cmp.Diff(want, fields); diff != "" {
				t.Errorf("fields of the errors (-want +got)\n%s", diff)
			}
		})
	}
}

func TestMiddlewareReturnsNil(t *testing.T) {
	t.Parallel()
	none := func(http.RoundTripper) http.RoundTripper { return nil }
	_, err := confopenapi.NewClient(mockBase, confopenapi.WithMiddleware(none))
	if bad := mustBe[*confopenapi.RequestError](t, err); bad.Field != "WithMiddleware" {
		t.Errorf("got field %q, want WithMiddleware: %v", bad.Field, err)
	}
}

func TestTokenOptionsExclude(t *testing.T) {
	t.Parallel()
	source := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret("from-source")}, nil
	}))
	for name, opts := range map[string][]confopenapi.Option{
		"token first":  {confopenapi.WithToken("fixed"), confopenapi.WithTokenSource(source)},
		"source first": {confopenapi.WithTokenSource(source), confopenapi.WithToken("fixed")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := confopenapi.NewClient(mockBase, opts...)
			mustBe[*confopenapi.RequestError](t, err)
		})
	}
	client, transport := overMock(t, nil, says(200, emptyPage))
	client, err := client.With(confopenapi.WithTokenSource(source))
	if err != nil {
		t.Fatalf("With replaces a token by a source: got %v, want a client", err)
	}
	if err := list(t.Context(), client); err != nil {
		t.Errorf("got %v, want a list", err)
	}
	wantAttempts(t, transport, 1)
}

func TestZeroClient(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]*confopenapi.Client{"zero": {}, "nil": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustBe[*confopenapi.RequestError](t, list(t.Context(), client))
			_, _, err := confopenapi.Call[any](t.Context(), client, "x", nil)
			mustBe[*confopenapi.RequestError](t, err)
			_, err = client.With()
			mustBe[*confopenapi.RequestError](t, err)
			client.CloseIdleConnections()
		})
	}
}

func TestNilContext(t *testing.T) {
	t.Parallel()
	client, transport := overMock(t, nil, says(200, emptyPage))
	var none context.Context
	if bad := mustBe[*confopenapi.RequestError](t, list(none, client)); bad.Field != "ctx" {
		t.Errorf("got field %q, want ctx: %v", bad.Field, bad)
	}
	wantAttempts(t, transport, 0)
}

type closing struct {
	roundTripper
	closed *int
}

func (c closing) CloseIdleConnections() { *c.closed++ }

func TestCloseIdleConnections(t *testing.T) {
	t.Parallel()
	closed := 0
	client := overTransport(t, closing{roundTripper(says(200, emptyPage)), &closed})
	client.CloseIdleConnections()
	derive(t, client, confopenapi.WithUserAgent("derived")).CloseIdleConnections()
	if closed != 2 {
		t.Errorf("the transport's CloseIdleConnections was called %d times, want 2", closed)
	}
}

func TestWithSharesConnections(t *testing.T) {
	t.Parallel()
	count := new(connections)
	parent, srv := overCountingServer(t, count, http.HandlerFunc(ok))
	var agents []string
	child, err := parent.With(confopenapi.WithUserAgent("child/1"), confopenapi.WithMiddleware(
		func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(req *http.Request) (*http.Response, error) {
				agents = append(agents, req.UserAgent())
				return next.RoundTrip(req)
			})
		}))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := errors.Join(list(t.Context(), parent), list(t.Context(), child)); err != nil {
			t.Fatal(err)
		}
	}
	if got := count.opened.Load(); got != 1 {
		t.Errorf("got %d connections to %s, want 1", got, srv.URL)
	}
	want := "confopenapi-go/" + confopenapi.Version + " child/1"
	if diff := cmp.Diff([]string{want, want, want}, agents); diff != "" {
		t.Errorf("User-Agent of the derived client's requests (-want +got)\n%s", diff)
	}
}

func TestMiddlewareOrder(t *testing.T) {
	t.Parallel()
	var order []string
	named := func(name string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(req *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(req)
			})
		}
	}
	client, _ := overMock(t, []confopenapi.Option{
		quick, confopenapi.WithMiddleware(named("outer"), named("middle")), confopenapi.WithMiddleware(named("inner")),
	}, says(503, ""), says(200, emptyPage))
	if err := list(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"outer", "middle", "inner", "outer", "middle", "inner"}, order); diff != "" {
		t.Errorf("order of the middleware in two attempts (-want +got)\n%s", diff)
	}
}

func TestWithStatusErrorsCopiesMap(t *testing.T) {
	t.Parallel()
	codes := map[int]error{7: confopenapi.ErrForbidden}
	client, _ := overMock(t, []confopenapi.Option{confopenapi.WithStatusErrors(codes)}, says(200, `{"status":7}`))
	codes[7] = confopenapi.ErrServer
	if err := list(t.Context(), client); !errors.Is(err, confopenapi.ErrForbidden) || errors.Is(err, confopenapi.ErrServer) {
		t.Errorf("got %v, want ErrForbidden as in the map that was given", err)
	}
}

func TestWithHTTPClientCopies(t *testing.T) {
	t.Parallel()
	hc := &http.Client{Transport: roundTripper(says(200, emptyPage))}
	client, err := confopenapi.NewClient(mockBase, confopenapi.WithHTTPClient(hc))
	if err != nil {
		t.Fatal(err)
	}
	hc.Transport = roundTripper(says(503, ""))
	if err := list(t.Context(), client); err != nil {
		t.Errorf("got %v, want a list over the transport that was given", err)
	}
	if hc.CheckRedirect != nil {
		t.Error("the caller's http.Client has a redirect policy, want it unchanged")
	}
}

func TestLogAttempts(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, _ := overMock(t, []confopenapi.Option{quick, confopenapi.WithLogger(logger)},
		says(503, `{"status":1,"request_id":"abc"}`), says(200, emptyPage))
	if _, err := client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Page: 2}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d records, want 2:\n%s", len(lines), log.String())
	}
	for i, wants := range [][]string{
		{"level=WARN", "attempt=1", "httpStatus=503", "requestId=abc", "retryIn=", "page=2"},
		{"level=DEBUG", "attempt=2", "httpStatus=200", "requestId=req-1"},
	} {
		for _, want := range wants {
			if !strings.Contains(lines[i], want) {
				t.Errorf("got the record %q, want %q in it", lines[i], want)
			}
		}
	}
}

func TestLogUnsentCall(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	client, _ := overMock(t, []confopenapi.Option{
		confopenapi.WithLimiter(&refusing{err: errors.New("closed")}), confopenapi.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
	})
	mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
	if !regexp.MustCompile(`attempt=0 elapsed=\S*[µm]s `).MatchString(log.String()) {
		t.Errorf("got the log %q, want attempt=0 and a short elapsed time", log.String())
	}
}
