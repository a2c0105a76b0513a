package confopenapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
)

func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprintf("%d from https %t", status, secure), func(t *testing.T) {
				t.Parallel()
				var stolen atomic.Int64
				target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
				defer target.Close()
				var asked atomic.Int64
				handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					asked.Add(1)
					w.Header().Set("Location", target.URL+"/elsewhere")
					w.WriteHeader(status)
				})
				srv := httptest.NewUnstartedServer(handler)
				if secure {
					srv.StartTLS()
				} else {
					srv.Start()
				}
				defer srv.Close()
				for _, hc := range []*http.Client{srv.Client(), {
					Transport:     srv.Client().Transport,
					CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
				}} {
					asked.Store(0)
					client, err := confopenapi.NewClient(srv.URL, confopenapi.WithToken(mockToken), quick,
						confopenapi.WithTokenPlacement(confopenapi.TokenInBoth), confopenapi.WithHTTPClient(hc))
					if err != nil {
						t.Fatal(err)
					}
					err = list(t.Context(), client)
					if !errors.Is(err, confopenapi.ErrRedirect) || mustBe[*confopenapi.HTTPError](t, err).StatusCode != status {
						t.Errorf("got %v, want ErrRedirect with HTTP %d", err, status)
					}
					if asked.Load() != 1 {
						t.Errorf("got %d attempts, want 1", asked.Load())
					}
				}
				if stolen.Load() != 0 {
					t.Errorf("got %d requests to the redirect's target, want 0", stolen.Load())
				}
			})
		}
	}
}

func TestRedirectBadLocation(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"", "http://[broken", "https://user:secret@evil.example.com/%zz"} {
		client, transport := overMock(t, []confopenapi.Option{quick}, says(302, "", "Location", location))
		err := list(t.Context(), client)
		if !errors.Is(err, confopenapi.ErrRedirect) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Location %q: got %v, want ErrRedirect without the password", location, err)
		}
		wantAttempts(t, transport, 1)
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func TestGzip(t *testing.T) {
	t.Parallel()
	good := zipped(emptyPage)
	damaged := []byte(good)
	damaged[len(damaged)-6] ^= 0xFF // in the checksum, behind the last byte of the text
	for name, c := range map[string]struct {
		bytes string
		want  bool
	}{
		"whole": {good, true}, "without its checksum": {good[:len(good)-8], false},
		"cut in the middle": {good[:len(good)/2], false}, "damaged": {string(damaged), false},
		"no gzip at all": {emptyPage, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			client, _ := overServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				if r.Header.Get("Accept-Encoding") != "gzip" {
					t.Errorf("got Accept-Encoding %q, want gzip", r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = io.WriteString(w, c.bytes)
			}), quick)
			err := list(t.Context(), client)
			if c.want {
				if err != nil {
					t.Errorf("got %v, want a list", err)
				}
				return
			}
			broken := mustBe[*confopenapi.TransportError](t, err)
			if broken.Meta.HTTPStatus != 200 || calls.Load() != 4 || broken.Attempts != 4 {
				t.Errorf("got %d attempts, want 4 with HTTP 200: %v", calls.Load(), err)
			}
		})
	}
}

func TestMaxResponseBytes(t *testing.T) {
	t.Parallel()
	const limit = 1 << 10
	page := emptyPage[:len(emptyPage)-1] + strings.Repeat(" ", limit-len(emptyPage)) + "}"
	for name, c := range map[string]struct {
		body    string
		gzip    bool
		chunked bool
		fits    bool
	}{
		"exactly":              {page, false, false, true},
		"exactly, zipped":      {page, true, false, true},
		"one more":             {page + " ", false, false, false},
		"one more, chunked":    {page + " ", false, true, false},
		"one more, zipped":     {page + " ", true, false, false},
		"a bomb":               {strings.Repeat(" ", 10<<20), true, false, false},
		"huge without an end":  {strings.Repeat(" ", 1<<20), false, true, false},
		"huge error, harmless": {strings.Repeat(" ", 1<<20), false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			status := 200
			if strings.Contains(name, "error") {
				status = 403
			}
			client, _ := overServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				text := c.body
				if c.gzip {
					text = zipped(text)
					w.Header().Set("Content-Encoding", "gzip")
				}
				if !c.chunked {
					w.Header().Set("Content-Length", strconv.Itoa(len(text)))
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, text)
			}), quick, confopenapi.WithMaxResponseBytes(limit))
			err := list(t.Context(), client)
			switch {
			case c.fits:
				if err != nil {
					t.Errorf("got %v, want a list", err)
				}
				return
			case status == 403:
				if !errors.Is(err, confopenapi.ErrForbidden) {
					t.Errorf("got %v, want ErrForbidden", err)
				}
			default:
				mustBe[*confopenapi.DecodeError](t, err)
				if !errors.Is(err, confopenapi.ErrTooLarge) {
					t.Errorf("got %v, want ErrTooLarge", err)
				}
			}
			if calls.Load() != 1 {
				t.Errorf("got %d attempts, want 1", calls.Load())
			}
		})
	}
}

func TestRetryCutBody(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(http.ResponseWriter){
		"before its length": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", strconv.Itoa(len(emptyPage)))
			_, _ = io.WriteString(w, emptyPage[:len(emptyPage)/2])
		},
		"between chunks": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, emptyPage[:len(emptyPage)/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) < 3 {
					cut(w)
					return
				}
				ok(w, r)
			})
			client, _ := overServer(t, handler, quick)
			page, err := client.ListByStatus(t.Context(), nil)
			if err != nil || page.Meta.Attempts != 3 {
				t.Fatalf("got %v, %v, want a list after 3 attempts", page, err)
			}
			n.Store(-1000)
			broken := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
			if text := broken.Error(); !strings.Contains(text, "the response broke off (HTTP 200)") {
				t.Errorf("got %q, want it to say that the response broke off", text)
			}
			if !errors.Is(broken, io.ErrUnexpectedEOF) || broken.Meta.HTTPStatus != 200 || broken.Attempts != 4 {
				t.Errorf("got %v after %d attempts, want io.ErrUnexpectedEOF with HTTP 200 after 4", broken, broken.Attempts)
			}
		})
	}
}

func TestRetryCutJSON(t *testing.T) {
	t.Parallel()
	client, transport := overMock(t, []confopenapi.Option{quick}, says(200, emptyPage[:40]), says(200, emptyPage))
	if err := list(t.Context(), client); err != nil {
		t.Errorf("got %v, want a list from the second attempt", err)
	}
	wantAttempts(t, transport, 2)
	client, transport = overMock(t, []confopenapi.Option{quick}, says(200, emptyPage[:40]))
	err := list(t.Context(), client)
	if broken := mustBe[*confopenapi.DecodeError](t, err); broken.Meta.Attempts != 2 || !strings.HasSuffix(err.Error(), ": JSON cut short ×2)") {
		t.Errorf("got %v, want JSON that was cut short twice", err)
	}
	wantAttempts(t, transport, 2)
}

func TestCookiesAreSentOnce(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	var n int
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		cookies = append(cookies, req.Header.Get("Cookie"))
		if n++; n < 4 {
			return says(503, "", "Set-Cookie", "route=a; Path=/")(req)
		}
		return says(200, emptyPage)(req)
	})
	client := overTransport(t, nil, quick, confopenapi.WithHTTPClient(&http.Client{Transport: transport, Jar: jar}))
	if err := list(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(cookies, "|"); got != "|route=a|route=a|route=a" {
		t.Errorf("cookies of the attempts: got %s, want none, then route=a each time", got)
	}
}

type ofPage struct{} // the key of a page's number in the context of its call

// A transport may use a request after its response, as net/http does while it writes the body.
func TestTransportOwnsRequest(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(req *http.Request, body io.Reader) {
		sent, err := io.ReadAll(body)
		page := req.Context().Value(ofPage{})
		if want := fmt.Sprintf(`{"page":%v,"token":%q}`, page, mockToken); err != nil || string(sent) != want {
			t.Errorf("page %v: got the body %s, %v, want %s", page, sent, err, want)
		}
		if req.URL.String() != mockBase+"/confopenapi/conference/listbystatus" || req.Host != "conf.example.com" ||
			req.Header.Get("Token") != mockToken || req.Header.Get("User-Agent") == "" || req.Header.Get("Accept") == "" {
			t.Errorf("page %v: got another URL, host or header than was sent: %s", page, req.URL)
		}
	}
	var after sync.WaitGroup
	var failed sync.Map // the first attempt of every third page
	kept := make(chan *http.Request, 1000)
	client := overTransport(t, nil, quick, confopenapi.WithTokenPlacement(confopenapi.TokenInBoth),
		confopenapi.WithHTTPClient(&http.Client{Jar: jar, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			kept <- req
			after.Go(func() { check(req, req.Body) })
			page, _ := req.Context().Value(ofPage{}).(int64)
			if _, again := failed.LoadOrStore(page, true); page%3 == 0 && !again {
				return says(503, "", "Set-Cookie", fmt.Sprintf("page=%d; Path=/", page))(req)
			}
			return says(200, emptyPage)(req)
		})}))
	var page atomic.Int64
	inParallel(4, func() {
		for range 50 {
			number := page.Add(1)
			ctx := context.WithValue(t.Context(), ofPage{}, number)
			if _, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: int(number)}); err != nil {
				t.Errorf("page %d: %v", number, err)
			}
		}
	})
	after.Wait()
	close(kept)
	for req := range kept {
		if req.GetBody != nil {
			t.Error("got a GetBody, by which net/http can repeat a request unseen")
		}
	}
}

// After HTTP 101 comes a connection and not a body: reading it would not end.
func TestSwitchingProtocols(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	client, _ := overServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		<-release
		_ = conn.Close()
	}))
	defer close(release)
	if refused := mustBe[*confopenapi.HTTPError](t, list(t.Context(), client)); refused.StatusCode != 101 {
		t.Errorf("got HTTP %d, want 101", refused.StatusCode)
	}
}

func TestMaxResponseBytesLargest(t *testing.T) {
	t.Parallel()
	client, _ := overMock(t, []confopenapi.Option{confopenapi.WithMaxResponseBytes(math.MaxInt64)}, says(200, emptyPage))
	if err := list(t.Context(), client); err != nil {
		t.Errorf("got %v, want a list", err)
	}
}

func TestDecodeTooManyConferences(t *testing.T) {
	client, _ := overMock(t, nil, says(200, `{"status":0,"result":{"confList":[{}`+strings.Repeat(",{}", 2<<20)+`]}}`))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	broken := mustBe[*confopenapi.DecodeError](t, list(t.Context(), client))
	runtime.ReadMemStats(&after)
	if broken.Path != "/result/confList" || !errors.Is(broken, confopenapi.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge at /result/confList", broken)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 256<<20 {
		t.Errorf("got %d MiB for 2,097,153 conferences, want memory for 131,072 of them", took>>20)
	}
}

// A page may have ten times as many conferences as were asked for, and 1,000 in any case.
func TestPageIsBoundedByCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		count, rows int
		ok          bool
	}{{0, 1000, true}, {0, 1001, false}, {20, 1000, true}, {20, 1001, false}, {500, 5000, true}, {500, 5001, false}} {
		client, _ := overMock(t, nil, says(200, `{"status":0,"result":{"confList":[{}`+strings.Repeat(",{}", c.rows-1)+`]}}`))
		_, err := client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Count: c.count})
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, confopenapi.ErrTooLarge) {
			t.Errorf("count %d, %d rows: got %v, want success: %t", c.count, c.rows, err, c.ok)
		}
	}
}

// Braces in a text reserve no room for conferences.
func TestBracesReserveNoRoom(t *testing.T) {
	body := `{"status":0,"result":{"totalCount":1,"confList":[{"title":"` + strings.Repeat("{", 1<<17) + `"}]}}`
	var before, after runtime.MemStats
	client, _ := overMock(t, nil, says(200, body))
	runtime.ReadMemStats(&before)
	if err := list(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("a page of one conference took %d MB, want less than 8", got>>20)
	}
}

func TestTransportOwnsHeader(t *testing.T) {
	t.Parallel()
	shared := http.Header{"X-Echo": {mockToken, "x"}}
	client := overTransport(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := says(200, emptyPage)(req)
		resp.Header = shared
		return resp, err
	}))
	inParallel(8, func() {
		page, err := client.ListByStatus(t.Context(), nil)
		if err != nil || page.Meta.Header.Get("X-Echo") == mockToken {
			t.Errorf("got %v, %v, want a list whose header has no token", page, err)
		}
	})
	if shared.Get("X-Echo") != mockToken {
		t.Errorf("the transport's own header became %q", shared.Get("X-Echo"))
	}
}

func TestBrokenTransports(t *testing.T) {
	t.Parallel()
	for name, response := range map[string]roundTripper{
		"nothing":  func(*http.Request) (*http.Response, error) { return nil, nil },
		"no body":  func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
		"status 0": func(req *http.Request) (*http.Response, error) { return says(0, emptyPage)(req) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := list(t.Context(), overTransport(t, response, quick)); err == nil {
				t.Error("got a list, want an error")
			}
		})
	}
}

const silentChild = "CONFOPENAPI_TEST_SILENT_CHILD"

// beSilent makes a call that fails, in a process whose output TestNothingIsPrinted looks at.
func beSilent() int {
	client, err := confopenapi.NewClient("http://127.0.0.1:1", confopenapi.WithToken(mockToken), quick)
	if err != nil {
		return 3
	}
	if err := list(context.Background(), client); err == nil {
		return 4
	}
	return 0
}

func TestNothingIsPrinted(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), silentChild+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("got the output %q, %v, want none", out, err)
	}
}

func TestAttemptEndsWithOwnCancellation(t *testing.T) {
	t.Parallel()
	lost := fmt.Errorf("the hedge lost: %w", context.Canceled)
	client, transport := overMock(t, []confopenapi.Option{quick}, breaks(lost), says(200, emptyPage))
	if err := list(t.Context(), client); err != nil {
		t.Errorf("got %v, want a list from the second attempt", err)
	}
	wantAttempts(t, transport, 2)
	client, _ = overMock(t, []confopenapi.Option{quick}, breaks(lost))
	if err := list(t.Context(), client); errors.Is(err, context.Canceled) || !confopenapi.IsRetryable(err) {
		t.Errorf("got %v, want an error that is retryable and not the caller's cancellation", err)
	}
}

// A TLS alert says that the server refuses the connection: another attempt would meet the same.
func TestTLSAlertIsFinal(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	count := new(connections)
	srv.Config.ConnState = count.state
	srv.StartTLS()
	defer srv.Close()
	handshake, err := confopenapi.NewClient(srv.URL, quick, confopenapi.WithHTTPClient(srv.Client()))
	if err != nil {
		t.Fatal(err)
	}
	later, _ := overMock(t, []confopenapi.Option{quick}, breaks(fmt.Errorf("read: %w", &net.OpError{Op: "remote error", Err: tls.AlertError(116)})))
	for name, client := range map[string]*confopenapi.Client{"in the handshake": handshake, "after it": later} {
		failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
		if failed.Attempts != 1 || confopenapi.IsRetryable(failed) {
			t.Errorf("an alert %s: got %d attempts, IsRetryable %t, want 1 and false: %v", name, failed.Attempts, confopenapi.IsRetryable(failed), failed)
		}
	}
	if n := count.opened.Load(); n != 1 {
		t.Errorf("got %d connections, want 1", n)
	}
}

func TestResponseBodiesAreClosed(t *testing.T) {
	t.Parallel()
	var opened, closed atomic.Int64
	var n atomic.Int64
	responses := []func(*http.Request) (*http.Response, error){
		says(200, emptyPage), says(503, "x"), says(200, emptyPage[:9]), says(302, ""), says(401, "{}"), says(200, `{"status":7}`),
	}
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := responses[n.Add(1)%int64(len(responses))](req)
		if err == nil {
			opened.Add(1)
			resp.Body = countedBody{resp.Body, &closed}
		}
		return resp, err
	})
	client := overTransport(t, transport, quick, confopenapi.WithMaxResponseBytes(200))
	for range 100 {
		_ = list(context.Background(), client)
	}
	if opened.Load() != closed.Load() {
		t.Errorf("got %d closed bodies, want all %d", closed.Load(), opened.Load())
	}
}

type countedBody struct {
	io.ReadCloser
	closed *atomic.Int64
}

func (b countedBody) Close() error {
	b.closed.Add(1)
	return b.ReadCloser.Close()
}

func TestAttemptsShareNoHeader(t *testing.T) {
	t.Parallel()
	var seen []string
	client, _ := overMock(t, []confopenapi.Option{quick}, func(req *http.Request) (*http.Response, error) {
		seen = append(seen, req.Header.Get("X-Attempt"))
		req.Header.Set("X-Attempt", "mine")
		return says(503, "")(req)
	})
	_ = list(t.Context(), client)
	if diff := cmp.Diff([]string{"", "", "", ""}, seen); diff != "" {
		t.Errorf("X-Attempt of the attempts (-want +got)\n%s", diff)
	}
}

func TestRetryAfterCountsForItsOwnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := overMock(t, nil, says(503, "", "Retry-After", "20"), breaks(errors.New("reset")), says(200, emptyPage))
		start := time.Now()
		if err := list(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 24*time.Second {
			t.Errorf("it took %s, want about 20 s and one short wait", took)
		}
	})
}

// A transport that ignores the context responds when the call's time is over.
func TestResponseAfterTheCallsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		client := overTransport(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			attempts++
			<-time.After(2 * time.Second)
			return says(503, "")(req)
		}), confopenapi.WithTimeout(time.Second))
		if err := list(t.Context(), client); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, confopenapi.ErrServer) {
			t.Errorf("got %v, want context.DeadlineExceeded alone", err)
		}
		if attempts != 1 {
			t.Errorf("got %d attempts, want 1", attempts)
		}
	})
}

func TestLastResponseIsNamedWhenTimeEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := overMock(t, []confopenapi.Option{confopenapi.WithTimeout(3 * time.Second)}, says(503, `{"request_id":"r-1"}`), never)
		err := list(t.Context(), client)
		if meta, _ := confopenapi.MetaOf(err); meta.RequestID != "r-1" || !strings.Contains(err.Error(), "HTTP 503") {
			t.Errorf("got %v with request id %q, want r-1 and HTTP 503 in it", err, meta.RequestID)
		}
	})
}
