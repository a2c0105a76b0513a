package confopenapitest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// quick retries without making a test wait.
var quick = confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: 1, MaxWait: 1, MaxRetryAfter: time.Millisecond})

// seen is what a bare client of net/http gets.
type seen struct {
	status  int
	header  http.Header
	body    string
	err     error // of sending, or of reading the body
	elapsed time.Duration
}

// bare asks for a page without the SDK, on connections of its own, without unzipping, and without following redirects.
func bare(t *testing.T, url, body string, times int) (last seen) {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for range times {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/confopenapi/conference/listbystatus", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("token", "confopenapitest-token")
		start := time.Now()
		resp, err := client.Do(req)
		last = seen{err: err}
		if err == nil {
			data, readErr := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			last = seen{status: resp.StatusCode, header: resp.Header, body: string(data), err: readErr}
		}
		last.elapsed = time.Since(start)
	}
	return last
}

func has(status int, parts ...string) func(seen) bool {
	return func(s seen) bool {
		for _, part := range parts {
			if !strings.Contains(s.body, part) {
				return false
			}
		}
		return s.err == nil && s.status == status
	}
}

func hasHeader(status int, name, value string) func(seen) bool {
	return func(s seen) bool { return s.err == nil && s.status == status && s.header.Get(name) == value }
}

func breaksOff(s seen) bool { return s.status == 200 && errors.Is(s.err, io.ErrUnexpectedEOF) }

func takes(d time.Duration) func(seen) bool {
	return func(s seen) bool {
		return s.err == nil && s.elapsed >= d && strings.Contains(s.body, `"totalCount":25`)
	}
}

func isJSON(text string) bool { return json.Valid([]byte(text)) }

// met is what the SDK makes of a fault that only the first request meets.
type met struct {
	page *confopenapi.ConfList
	err  error
}

// outcome is the SDK's success with so many attempts.
func succeeds(attempts int) func(met) bool {
	return func(m met) bool {
		return m.err == nil && m.page.Meta.Attempts == attempts && len(m.page.Conferences) == 20
	}
}

func fails[T error](sentinel error) func(met) bool {
	return func(m met) bool {
		_, ok := errors.AsType[T](m.err)
		return ok && m.page == nil && (sentinel == nil || errors.Is(m.err, sentinel))
	}
}

// Every fault is real, in that net/http sees it, and the SDK gets over it or names it.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	cases := faultCases()
	for _, fault := range confopenapitest.Faults() {
		name := fault.String()
		c, ok := cases[name]
		if !ok {
			t.Errorf("%s: nothing is known of it here, or it comes twice", name)
		}
		delete(cases, name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := confopenapitest.NewServer(t)
			srv.FailNext(1, fault)
			body := cmp.Or(c.body, "{}")
			if got := bare(t, srv.URL, body, 1+c.warm); !c.bare(got) {
				t.Errorf("net/http sees HTTP %d, %d bytes, %v, after %s: %.200q", got.status, len(got.body), got.err, got.elapsed, got.body)
			}
			if got := srv.Requests()[0]; got.Fault != name {
				t.Errorf("the fault is recorded as %q", got.Fault)
			}
			srv.ClearFaults()

			srv.FailNext(1, fault)
			var req confopenapi.ListByStatusRequest
			if err := json.Unmarshal([]byte(body), &req); err != nil {
				t.Fatal(err)
			}
			client := srv.Client(quick)
			defer client.CloseIdleConnections()
			var got met
			for range 1 + c.warm {
				got.page, got.err = client.ListByStatus(t.Context(), &req)
			}
			if !c.sdk(got) {
				t.Errorf("the SDK: %v, %v", got.page, got.err)
			}
			// What is over leaves no trace.
			if page, err := client.ListByStatus(t.Context(), nil); err != nil || len(page.Conferences) != 20 {
				t.Errorf("after the fault: %v, %v", page, err)
			}
		})
	}
	for name := range cases {
		t.Errorf("%s is not among Faults", name)
	}
}

// The SDK makes the same of a fault in memory, except of those that need a connection to take over.
func TestEveryFaultInMemory(t *testing.T) {
	t.Parallel()
	cases := faultCases()
	for _, fault := range confopenapitest.Faults() {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			c := cases[fault.String()]
			var req confopenapi.ListByStatusRequest
			if err := json.Unmarshal([]byte(cmp.Or(c.body, "{}")), &req); err != nil {
				t.Fatal(err)
			}
			srv := confopenapitest.New()
			srv.FailNext(1, fault)
			var got met
			got.page, got.err = srv.Client(quick).ListByStatus(t.Context(), &req)
			if fault.String() == "slow headers" {
				c.sdk = retried
			}
			if !c.sdk(got) {
				t.Errorf("the SDK: %v, %v", got.page, got.err)
			}
		})
	}
}

func TestFaultAfter(t *testing.T) {
	t.Parallel()
	late := confopenapitest.Truncate().After(2 * time.Millisecond)
	if got := (confopenapitest.Request{Number: 3, Method: "POST", Path: "/p", Fault: "Reset()"}).String(); got != "request 3: POST /p empty: HTTP 0, 0 conferences, Reset()" {
		t.Error(got)
	}
	if late.String() != "Truncate().After(2ms)" || (confopenapitest.Fault{}).String() != "none" {
		t.Error(late)
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithFaults(confopenapitest.Rule{Fault: late}))
	if got := bare(t, srv.URL, "{}", 1); !breaksOff(got) || got.elapsed < 2*time.Millisecond {
		t.Errorf("%v after %s", got.err, got.elapsed)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	once := srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
	faults := func(pages ...int) (names []string) {
		before := srv.RequestCount()
		for _, page := range pages {
			_, _ = once.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Page: page})
		}
		for _, r := range srv.Requests()[before:] {
			names = append(names, r.Fault)
		}
		srv.ClearFaults()
		return names
	}
	check := func(got []string, want ...string) {
		t.Helper()
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}

	srv.FailNext(2, confopenapitest.Status(503))
	srv.FailNext(1, confopenapitest.FaultNamed("empty object"))
	srv.FailNext(0, confopenapitest.FaultNamed("BOM"))
	check(faults(1, 1, 1, 1), "Status(503)", "Status(503)", "empty object", "")

	srv.Inject(
		confopenapitest.Rule{Fault: confopenapitest.FaultNamed("no list"), When: confopenapitest.OnPage(1), Times: 1},
		confopenapitest.Rule{Fault: confopenapitest.Status(403), When: confopenapitest.OnPage(2)},
	)
	check(faults(0, 1, 2, 3, 2), "no list", "", "Status(403)", "", "Status(403)")

	srv.FailNext(1, confopenapitest.Fault{}) // one good response first
	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(401), When: confopenapitest.OnRequest(srv.RequestCount() + 2)})
	check(faults(1, 1, 1), "", "Status(401)", "")

	pages := make([]int, 200)
	script := confopenapitest.Rule{Fault: confopenapitest.Status(401), Probability: .25, Seed: 11}
	srv.Inject(script)
	first := faults(pages...)
	srv.Inject(script)
	check(faults(pages...), first...)
	n := 0
	for _, name := range first {
		if name != "" {
			n++
		}
	}
	if n < 30 || n > 70 {
		t.Errorf("%d of 200 requests met a fault of probability 0.25", n)
	}
	script.Seed++
	srv.Inject(script)
	if gocmp.Equal(faults(pages...), first) {
		t.Error("the seed changes nothing")
	}
}

// A slow response ends when the client leaves, and when the server closes.
func TestSlowFaultsEnd(t *testing.T) {
	t.Parallel()
	for _, fault := range []confopenapitest.Fault{
		confopenapitest.Delay(time.Hour), confopenapitest.SlowHeaders(time.Hour), confopenapitest.SlowBody(time.Hour),
		confopenapitest.Truncate().After(time.Hour), confopenapitest.Huge(1 << 50),
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			srv, err := confopenapitest.Start(confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault}))
			if err != nil {
				t.Fatal(err)
			}
			impatient := srv.Client(confopenapi.WithAttemptTimeout(20*time.Millisecond), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
			if _, err := impatient.ListByStatus(t.Context(), nil); err == nil {
				t.Error("an response came")
			}
			patient := srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}), confopenapi.WithMaxResponseBytes(1<<60))
			ended, begun := make(chan error), make(chan struct{})
			srv.Intercept(func(*confopenapitest.Exchange) { close(begun) })
			go func() {
				_, err := patient.ListByStatus(t.Context(), nil)
				ended <- err
			}()
			<-begun
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
			if err := <-ended; err == nil {
				t.Error("an response came")
			}
		})
	}
}

// A slow response ends when its client leaves, also where nobody closes the service.
func TestSlowFaultsEndWithTheClient(t *testing.T) {
	t.Parallel()
	for _, fault := range []confopenapitest.Fault{
		confopenapitest.Delay(time.Hour), confopenapitest.SlowBody(time.Hour), confopenapitest.Huge(1 << 50),
		confopenapitest.SlowHeaders(time.Hour), // which only goleak sees: servers do not wait for connections that were taken over
	} {
		service := confopenapitest.New(confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault}))
		srv := httptest.NewServer(service)
		client, err := confopenapi.NewClient(srv.URL, confopenapi.WithToken(service.Token()),
			confopenapi.WithAttemptTimeout(20*time.Millisecond), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListByStatus(t.Context(), nil); err == nil {
			t.Errorf("%s: an response came", fault)
		}
		closed := make(chan struct{})
		go func() {
			srv.Close() // waits for responses that are being given
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the response goes on", fault)
		}
	}
}

// Where nobody can break a connection, the response is aborted.
func TestResetWithoutConnection(t *testing.T) {
	t.Parallel()
	service := confopenapitest.New(confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Reset()}))
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("panic %v", got)
		}
	}()
	raw(t, service, "POST", "application/json", "{}")
}

func TestFaultsSameBytes(t *testing.T) {
	t.Parallel()
	for _, fault := range []confopenapitest.Fault{confopenapitest.FaultNamed("gzip"), confopenapitest.FaultNamed("invalid UTF-8"), confopenapitest.FaultNamed("gzip bomb")} {
		ask := func() []byte {
			srv := confopenapitest.NewServer(t, confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault}))
			return []byte(bare(t, srv.URL, "{}", 2).body)
		}
		if !bytes.Equal(ask(), ask()) {
			t.Errorf("%s: other bytes", fault)
		}
	}
}

// Over HTTP/2 a stream is aborted where a connection cannot be taken over, and the SDK copes just the same.
func TestEveryFaultOverHTTP2(t *testing.T) {
	t.Parallel()
	service := confopenapitest.New()
	srv := httptest.NewUnstartedServer(service)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	client, err := confopenapi.NewClient(srv.URL, quick, confopenapi.WithToken(service.Token()), confopenapi.WithHTTPClient(srv.Client()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	for _, fault := range confopenapitest.Faults() {
		service.FailNext(1, fault)
		before := service.RequestCount()
		page, err := client.ListByStatus(t.Context(), nil)
		if _, silent := errors.AsType[*confopenapi.RequestError](err); silent || err == nil && page.Meta.HTTPStatus != 200 {
			t.Errorf("%s: %v, %v", fault, page, err)
		}
		if got := service.Requests()[before].Fault; got != fault.String() {
			t.Errorf("%s is recorded as %q", fault, got)
		}
	}
}

func TestFaultNamed(t *testing.T) {
	t.Parallel()
	for _, fault := range confopenapitest.Faults() {
		if got := confopenapitest.FaultNamed(fault.String()); got.String() != fault.String() {
			t.Errorf("FaultNamed(%q) is %q", fault, got)
		}
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, `"unheard of"`) {
			t.Errorf("an unknown name panics with %q", got)
		}
	}()
	confopenapitest.FaultNamed("unheard of")
}
