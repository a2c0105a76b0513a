package confopenapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/confopenapi/confopenapi-go"
)

// A service, or what stands before it, can say megabytes, with characters that turn a line around.
func TestForeignWordsAreBounded(t *testing.T) { // not parallel: it measures allocations
	if testing.Short() {
		t.Skip("responses of 10 MiB")
	}
	const size = 10 << 20
	bidi := strings.Repeat("\u202e\\u202e\\n", size/11)
	bodies := map[string]string{
		"request_id":                   `{"status":7,"request_id":"` + bidi + `","result":{}}`,
		"request_id, a number":         `{"status":7,"request_id":` + strings.Repeat("1", size) + `,"result":{}}`,
		"msg":                          `{"status":7,"msg":"` + bidi + `","result":{}}`,
		"msg that is a token for long": `{"status":7,"msg":"` + strings.Repeat(`t\u006fken-4711-`, size/15) + `","result":{}}`,
		"request_duration":             `{"status":7,"request_duration":"` + bidi + `","result":{}}`,
		"headers":                      `{"status":7,"result":{}}`,
	}
	for name, body := range bodies {
		for _, status := range []int{200, 429} {
			var header []string
			if name == "headers" {
				header = []string{"Server", bidi, "Retry-After", bidi, "Date", bidi, "Content-Type", bidi}
			}
			var log bytes.Buffer
			client, _ := overMock(t, []confopenapi.Option{
				once, confopenapi.WithToken("token-4711-"), confopenapi.WithMaxResponseBytes(2 * size), confopenapi.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))),
			}, says(status, body, header...))
			var err error
			_ = list(t.Context(), client) // which makes the buffer for the body
			allocated := allocatedBy(func() { err = list(t.Context(), client) })
			if most := uint64(3*len(body) + size/2); allocated > most { // the mock has a copy, the SDK its buffer, the race detector some
				t.Errorf("%s: %d bytes are allocated, want at most %d", name, allocated, most)
			}
			meta, _ := confopenapi.MetaOf(err)
			if len(meta.RequestID) > 128 || strings.ContainsFunc(meta.RequestID, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%s: RequestID is %d bytes: %.60q", name, len(meta.RequestID), meta.RequestID)
			}
			if len(meta.Msg) > 4<<10 || name == "msg" && len(meta.Msg) < 4000 || strings.Contains(meta.Msg, "tok") {
				t.Errorf("%s: Msg is %d bytes: %.60q", name, len(meta.Msg), meta.Msg)
			}
			for how, v := range map[string]any{"error": err, "meta": meta, "list": []error{err}} {
				data, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range append(append([]string{string(data)}, fmt.Sprintf("%v", v)), log.String()) {
					if len(text) > 2000 || strings.ContainsFunc(strings.TrimSuffix(text, "\n"), func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }) {
						t.Errorf("%s: %s prints %d bytes: %.200q", name, how, len(text), text)
					}
				}
			}
			if n := allocatedBy(func() { _ = err.Error() }); n > 64<<10 {
				t.Errorf("%s: Error() allocates %d bytes", name, n)
			}
		}
	}
	conf := confopenapi.Conference{ConferenceID: bidi}
	if n := allocatedBy(func() { _ = conf.String() }); n > 64<<10 {
		t.Errorf("String of a conference with a long id allocates %d bytes", n)
	}
	if text := fmt.Sprint(conf, conf.LogValue()); len(text) > 600 || strings.ContainsRune(text, '\u202e') {
		t.Errorf("a conference with a long id prints %d bytes: %.100q", len(text), text)
	}
}

func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A name that is not documented can be data: a passcode or a number that a server uses as a key.
func TestDecodeErrorPathHasDocumentedNamesOnly(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"status":0,"result":{"confList":[{"a1b2c3d4e5":[tru]}]}}`:                 "/result/confList/0/…/0",
		`{"status":0,"result":{"zhangsan":{"x":[tru]}}}`:                            "/result/…/…/0",
		`{"status":0,"result":{"confList":[{"room":{"13912345678":{"b":[tru]}}}]}}`: "/result/confList/0/…/…/…/0",
		`{"status":0,"result":{"confList":[{"eventId":{}}]}}`:                       "/result/confList/0/eventId",
		`{"status":0,"result":{"confList":[{"guestPcode":[]}]}}`:                    "/result/confList/0/guestPcode",
		`{"status":0,"result":{"totalCount":true}}`:                                 "/result/totalCount",
		`{"status":"x","result":{}}`:                                                "/status",
	} {
		client, _ := overMock(t, []confopenapi.Option{once}, says(200, body))
		err := mustBe[*confopenapi.DecodeError](t, list(t.Context(), client))
		if err.Path != want || !strings.Contains(err.Error(), want+" (byte") {
			t.Errorf("%s: the path is %q in %q, want %q", body, err.Path, err, want)
		}
	}
	type rooms map[string]struct{ Seats int }
	client, _ := overMock(t, nil, says(200, `{"status":0,"result":{"a1b2c3d4e5":{"Seats":"x"}}}`))
	if _, _, err := confopenapi.Call[rooms](t.Context(), client, "rooms", nil); err == nil || strings.Contains(err.Error(), "a1b2c3d4e5") {
		t.Errorf("a key of a map is shown: %v", err)
	}
}

// A proxy that refuses CONNECT can name the user in its reason phrase.
func TestProxyPhraseIsNotShown(t *testing.T) {
	t.Parallel()
	for phrase, want := range map[string]string{
		"Proxy Authentication Required":      "no response: the proxy refused: Proxy Authentication Required",
		"Denied to zhangsan (bad password)":  "no response: the proxy refused",
		"User zhangsan must log in, bye EOF": "no response: the proxy refused",
	} {
		synctest.Test(t, func(t *testing.T) {
			proxy := func(conn net.Conn) {
				defer func() { _ = conn.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 407 %s\r\nContent-Length: 0\r\n\r\n", phrase)
				}
			}
			transport := &http.Transport{
				Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com:3128"}),
				DialContext: func(context.Context, string, string) (net.Conn, error) {
					here, there := net.Pipe()
					go proxy(there)
					return here, nil
				},
			}
			var log bytes.Buffer
			client, err := confopenapi.NewClient(mockBase, once, confopenapi.WithToken(mockToken),
				confopenapi.WithHTTPClient(&http.Client{Transport: transport}), confopenapi.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			if err != nil {
				t.Fatal(err)
			}
			err = list(t.Context(), client)
			if text := err.Error(); !strings.Contains(text, want) {
				t.Errorf("got %q, want %q in it", text, want)
			}
			for _, text := range []string{fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)), log.String()} {
				if strings.Contains(text, "zhangsan") || text == "" {
					t.Errorf("the reason phrase is shown: %s", text)
				}
			}
			transport.CloseIdleConnections()
		})
	}
}

// The error of a token source can name a token that another call had.
func TestSourceErrorHidesTokensOfOtherCalls(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"served": 200, "refused": 401} {
		issued := 0
		source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
			if issued++; issued > 1 {
				return confopenapi.Token{}, errors.New("cannot replace firsttoken4711")
			}
			return confopenapi.Token{Value: confopenapi.NewSecret("firsttoken4711")}, nil
		})
		client, _ := overMock(t, nil, says(status, `{"status":0,"result":{"totalCount":0}}`))
		client, err := client.With(confopenapi.WithTokenSource(source))
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if err := list(t.Context(), client); err != nil && strings.Contains(fmt.Sprintf("%v %#v", err, errors.Unwrap(err)), "firsttoken4711") {
				t.Errorf("%s: the token is shown: %v", name, err)
			}
		}
		if issued < 2 {
			t.Errorf("%s: the source was asked %d times", name, issued)
		}
	}
}

// slowBody gives a byte a second until its context ends.
type slowBody struct{ ctx context.Context }

func (b slowBody) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	}
}

func (slowBody) Close() error { return nil }

func slowly(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: slowBody{req.Context()}, ContentLength: -1, Request: req}, nil
}

func never(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]func(*http.Request) (*http.Response, error){"no header": never, "slow body": slowly} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, transport := overMock(t, []confopenapi.Option{confopenapi.WithAttemptTimeout(3 * time.Second), confopenapi.WithTimeout(0)}, hang)
				start := time.Now()
				failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
				if errors.Is(failed, context.DeadlineExceeded) || !errors.Is(failed, os.ErrDeadlineExceeded) {
					t.Errorf("got %v, want os.ErrDeadlineExceeded, and no error of a context", failed)
				}
				if took := time.Since(start); took < 12*time.Second || took > 14*time.Second || failed.Attempts != 4 {
					t.Errorf("got %d attempts in %s, want 4 of 3s and short waits", failed.Attempts, took)
				}
				wantAttempts(t, transport, 4)
			})
		})
	}
}

// TestTransportTimeout has a dialer and a transport give up, with errors that match context.DeadlineExceeded.
func TestTransportTimeout(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]http.RoundTripper{
		"dialer": &http.Transport{DialContext: (&net.Dialer{Timeout: time.Nanosecond}).DialContext}, // it fails before anything is sent
		"middleware": roundTripper(func(req *http.Request) (*http.Response, error) {
			ctx, cancel := context.WithTimeout(req.Context(), time.Nanosecond)
			defer cancel()
			return never(req.WithContext(ctx))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := confopenapi.NewClient("https://192.0.2.1", quick, confopenapi.WithHTTPClient(&http.Client{Transport: transport}))
			if err != nil {
				t.Fatal(err)
			}
			failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
			if errors.Is(failed, context.DeadlineExceeded) || !errors.Is(failed, os.ErrDeadlineExceeded) || failed.Attempts != 4 {
				t.Errorf("got %v after %d attempts, want os.ErrDeadlineExceeded after 4, and no error of a context", failed, failed.Attempts)
			}
		})
	}
}

func TestCallEndsWithContext(t *testing.T) {
	t.Parallel()
	why := errors.New("the job was called off")
	for name, c := range map[string]struct {
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		opts []confopenapi.Option
		want []error
	}{
		"deadline": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 2*time.Second)
			},
			nil,
			[]error{context.DeadlineExceeded},
		},
		"cancelled with a cause": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				stop := time.AfterFunc(2*time.Second, func() { cancel(why) })
				return ctx, func() { stop.Stop(); cancel(nil) }
			},
			nil,
			[]error{context.Canceled, why},
		},
		"the call's own time": {
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
			[]confopenapi.Option{confopenapi.WithTimeout(2 * time.Second)},
			[]error{context.DeadlineExceeded},
		},
		"the call's own time before a later deadline": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Hour)
			},
			[]confopenapi.Option{confopenapi.WithTimeout(2 * time.Second)},
			[]error{context.DeadlineExceeded},
		},
		"the default": {
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
			[]confopenapi.Option{confopenapi.WithAttemptTimeout(0)},
			[]error{context.DeadlineExceeded},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, transport := overMock(t, c.opts, never)
				ctx, cancel := c.ctx(t.Context())
				defer cancel()
				start := time.Now()
				failed := mustBe[*confopenapi.TransportError](t, list(ctx, client))
				for _, want := range c.want {
					if !errors.Is(failed, want) {
						t.Errorf("got %v, want it to match %v", failed, want)
					}
				}
				if errors.Is(failed, confopenapi.ErrServer) || errors.Is(failed, os.ErrDeadlineExceeded) {
					t.Errorf("got %v, want no error of the service", failed)
				}
				want := 2 * time.Second
				if name == "the default" {
					want = time.Minute
				}
				if took := time.Since(start); took != want || failed.Attempts != 1 {
					t.Errorf("got %d attempts in %s, want 1 in %s", failed.Attempts, took, want)
				}
				wantAttempts(t, transport, 1)
			})
		})
	}
	t.Run("before the call", func(t *testing.T) {
		t.Parallel()
		client, transport := overMock(t, nil, says(200, emptyPage))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		failed := mustBe[*confopenapi.TransportError](t, list(ctx, client))
		if !errors.Is(failed, context.Canceled) || failed.Attempts != 0 {
			t.Errorf("got %v after %d attempts, want context.Canceled after 0", failed, failed.Attempts)
		}
		wantAttempts(t, transport, 0)
	})
}

func TestHTTPClientTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, attempt := range []time.Duration{0, time.Minute} {
			client := overTransport(t, nil, once, confopenapi.WithAttemptTimeout(attempt),
				confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(never), Timeout: time.Second}))
			start := time.Now()
			if err := list(t.Context(), client); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("got %v after %s, want os.ErrDeadlineExceeded after 1s", err, time.Since(start))
			}
		}
	})
}

// If the caller's deadline and the attempt's timeout are one instant, the deadline counts.
func TestDeadlineAtAttemptTimeout(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			client := overTransport(t, roundTripper(never), confopenapi.WithAttemptTimeout(15*time.Second))
			if err := list(ctx, client); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want context.DeadlineExceeded", err)
			}
		})
	}
}
