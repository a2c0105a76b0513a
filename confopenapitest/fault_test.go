package confopenapitest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// quick retries without a noticeable wait.
var quick = confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: 1, MaxWait: 1, MaxRetryAfter: time.Millisecond})

// seen is what a plain client of net/http gets.
type seen struct {
	status  int
	header  http.Header
	body    string
	err     error // of sending, or of reading the body
	elapsed time.Duration
}

// bare requests a page without the SDK, on its own connections. It neither decompresses nor follows redirects.
func bare(t *testing.T, url, body string, times int) (last seen) {
	t.Helper()
	client := bareClient()
	defer client.CloseIdleConnections()
	return ask(t, client, url, body, times)
}

func bareClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask sends the same request several times and returns the last response.
func ask(t *testing.T, client *http.Client, url, body string, times int) (last seen) {
	t.Helper()
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

// met is what the SDK returns if only the first request gets the fault.
type met struct {
	page *confopenapi.ConfList
	err  error
}

// succeeds is the SDK's success after so many attempts.
func succeeds(attempts int) func(met) bool {
	return func(m met) bool {
		return m.err == nil && m.page.Meta.Attempts == attempts && len(m.page.Conferences) == 20
	}
}

// fails is an error of a type, and of a sentinel unless that is nil.
func fails[T error](sentinel error) func(met) bool {
	return func(m met) bool {
		_, ok := errors.AsType[T](m.err)
		return ok && m.page == nil && (sentinel == nil || errors.Is(m.err, sentinel))
	}
}

// caseOf is the case of a fault. A fault without a case must not pass.
func caseOf(t *testing.T, fault confopenapitest.Fault) (c faultCase, req confopenapi.ListByStatusRequest) {
	t.Helper()
	c, ok := faultCases()[fault.String()]
	if !ok {
		t.Fatalf("%s is in Faults and has no case in faultCases", fault)
	}
	c.body = cmp.Or(c.body, "{}")
	if err := json.Unmarshal([]byte(c.body), &req); err != nil {
		t.Fatal(err)
	}
	return c, req
}

// heavy reports whether a fault makes a response of many MiB.
func heavy(fault confopenapitest.Fault) bool {
	return slices.Contains([]string{"huge", "gzip bomb"}, fault.String())
}

// net/http sees every fault, and the SDK retries it or reports it.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	left := faultCases()
	for _, fault := range confopenapitest.Faults() {
		name := fault.String()
		if _, ok := left[name]; !ok {
			t.Errorf("%s is in Faults twice, or has no case", name)
		}
		delete(left, name)
		if heavy(fault) && testing.Short() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, req := caseOf(t, fault)
			srv := confopenapitest.NewServer(t)
			srv.FailNext(1, fault)
			if got := bare(t, srv.URL, c.body, 1+c.warm); !c.bare(got) {
				t.Errorf("net/http does not see the fault: got HTTP %d, %d bytes, error %v, after %s: %.200q", got.status, len(got.body), got.err, got.elapsed, got.body)
			}
			if got := srv.Requests()[0]; got.Fault != name {
				t.Errorf("Requests: got the fault %q", got.Fault)
			}
			srv.ClearFaults()

			srv.FailNext(1, fault)
			client := srv.Client(quick, confopenapi.WithPacing(false))
			defer client.CloseIdleConnections()
			var got met
			for range 1 + c.warm {
				got.page, got.err = client.ListByStatus(t.Context(), &req)
			}
			if !c.sdk(got) {
				t.Errorf("the SDK: got %v, %v", got.page, got.err)
			}
			if page, err := client.ListByStatus(t.Context(), nil); err != nil || len(page.Conferences) != 20 {
				t.Errorf("after the fault: got %v, %v, want a page of 20", page, err)
			}
		})
	}
	for name := range left {
		t.Errorf("%s has a case and is not in Faults", name)
	}
}

// In memory and over HTTP/2 the SDK returns the same. Faults that hijack a connection abort the response there.
func TestEveryFaultWithoutHTTP1(t *testing.T) {
	t.Parallel()
	service := confopenapitest.New()
	web := httptest.NewUnstartedServer(service)
	web.EnableHTTP2 = true
	web.StartTLS()
	t.Cleanup(web.Close)
	over2, err := confopenapi.NewClient(web.URL, quick, confopenapi.WithPacing(false), confopenapi.WithToken(service.Token()), confopenapi.WithHTTPClient(web.Client()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(over2.CloseIdleConnections)
	for _, fault := range confopenapitest.Faults() {
		if heavy(fault) && testing.Short() {
			continue
		}
		c, req := caseOf(t, fault)
		if c.hijacking {
			c.sdk = retried
		}
		inMemory := confopenapitest.New()
		for name, use := range map[string]struct {
			srv    *confopenapitest.Server
			client *confopenapi.Client
		}{"in memory": {inMemory, inMemory.Client(quick, confopenapi.WithPacing(false))}, "HTTP/2": {service, over2}} {
			before := use.srv.RequestCount()
			use.srv.FailNext(1, fault)
			page, err := use.client.ListByStatus(t.Context(), &req)
			if !c.sdk(met{page, err}) {
				t.Errorf("%s, %s: got %v, %v", fault, name, page, err)
			}
			if got := use.srv.Requests()[before].Fault; got != fault.String() {
				t.Errorf("%s, %s: Requests: got the fault %q", fault, name, got)
			}
		}
	}
}

// Every HTTP status arrives as it is, with each fault that takes one, and the SDK retries exactly the documented ones.
func TestEveryStatus(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	client, plain := srv.Client(quick, confopenapi.WithPacing(false)), bareClient()
	defer plain.CloseIdleConnections()
	for code := 200; code <= 599; code++ {
		text := http.StatusText(code)
		noBody := code == 204 || code == 304 // of HTTP: such a response ends with its headers
		for _, c := range []struct {
			fault               confopenapitest.Fault
			name, header, value string
			body                string // contains this
		}{
			{confopenapitest.Status(code), "Status(%d)", "Content-Type", "application/json; charset=utf-8", fmt.Sprintf(`{"status":%d,"result":null,"msg":%q`, code, text)},
			{confopenapitest.RetryAfter(code, "0"), `RetryAfter(%d, "0")`, "Retry-After", "0", fmt.Sprintf(`{"status":%d,"result":null,"msg":%q`, code, text)},
			{confopenapitest.HTML(code), "HTML(%d)", "Content-Type", "text/html; charset=utf-8", fmt.Sprintf("<h1>%d %s</h1>", code, text)},
		} {
			if got, want := c.fault.String(), fmt.Sprintf(c.name, code); got != want {
				t.Errorf("Fault.String: got %s, want %s", got, want)
			}
			srv.FailNext(1, c.fault)
			got := ask(t, plain, srv.URL, "{}", 1)
			if noBody {
				c.body = ""
			}
			if code == 304 && c.header == "Content-Type" {
				c.value = "" // net/http removes it
			}
			if got.err != nil || got.status != code || got.header.Get(c.header) != c.value || !strings.Contains(got.body, c.body) || noBody && got.body != "" {
				t.Errorf("%s: got HTTP %d, %s %q, body %.100q, %v; want HTTP %d, %q and a body with %q",
					c.fault, got.status, c.header, got.header.Get(c.header), got.body, got.err, code, c.value, c.body)
			}
		}

		srv.FailNext(1, confopenapitest.Status(code))
		page, err := client.ListByStatus(t.Context(), nil)
		wanted := fails[*confopenapi.HTTPError](nil)
		switch {
		case code >= 500 && code != 501 && code != 505, code == 408, code == 425, code == 429:
			wanted = retried
		case code < 300:
			wanted = fails[*confopenapi.StatusError](nil)
			if noBody {
				wanted = retried // an empty body is JSON that was cut short
			}
		}
		if !wanted(met{page, err}) {
			t.Errorf("the SDK with Status(%d): got %v, %v", code, page, err)
		}
	}
	for code := 300; code <= 399; code++ {
		fault := confopenapitest.Redirect(code, "http://192.0.2.1/elsewhere")
		srv.FailNext(1, fault)
		if got := ask(t, plain, srv.URL, "{}", 1); got.err != nil || got.status != code || got.header.Get("Location") != "http://192.0.2.1/elsewhere" {
			t.Errorf("%s: got HTTP %d, Location %q, %v", fault, got.status, got.header.Get("Location"), got.err)
		}
	}
}

// A fault, rule or option that cannot work must not look like one that does.
func TestImpossibleValuesPanic(t *testing.T) {
	t.Parallel()
	inject := func(r confopenapitest.Rule) func() { return func() { confopenapitest.New().Inject(r) } }
	for name, c := range map[string]struct {
		use  func()
		want string
	}{
		"Status(199)":             {func() { confopenapitest.Status(199) }, "199"},
		"Status(600)":             {func() { confopenapitest.Status(600) }, "600"},
		"HTML(0)":                 {func() { confopenapitest.HTML(0) }, "HTTP status 0"},
		"RetryAfter(1000)":        {func() { confopenapitest.RetryAfter(1000, "1") }, "1000"},
		"Redirect(299)":           {func() { confopenapitest.Redirect(299, "/") }, "from 300 to 399"},
		"Redirect(400)":           {func() { confopenapitest.Redirect(400, "/") }, "from 300 to 399"},
		"BusinessStatus, no JSON": {func() { confopenapitest.BusinessStatus(7, "nul") }, `"nul"`},
		"Probability 1.01":        {inject(confopenapitest.Rule{Probability: 1.01}), "1.01"},
		"Probability -0.5":        {inject(confopenapitest.Rule{Probability: -0.5}), "-0.5"},
		"Probability NaN":         {inject(confopenapitest.Rule{Probability: math.NaN()}), "NaN"},
		"Times -1":                {inject(confopenapitest.Rule{Times: -1}), "-1"},
		"WithFaults":              {func() { confopenapitest.New(confopenapitest.WithFaults(confopenapitest.Rule{Times: -1})) }, "-1"},
		"WithOrder":               {func() { confopenapitest.New(confopenapitest.WithOrder(99)) }, "unknown order 99"},
		"WithPaging":              {func() { confopenapitest.New(confopenapitest.WithPaging(livelist.Paging{Total: 99})) }, "unknown total 99"},
		"WithTokenIn(-1)":         {func() { confopenapitest.WithTokenIn(-1) }, "placement -1"},
		"WithTokenIn(3)":          {func() { confopenapitest.WithTokenIn(3) }, "placement 3"},
		"WithRefusal":             {func() { confopenapitest.WithRefusal(confopenapitest.Truncate()) }, "Truncate()"},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, c.want) {
					t.Errorf("%s: got the panic %q, want one with %q", name, got, c.want)
				}
			}()
			c.use()
		}()
	}
}

// A panic of an interceptor or handler, which net/http only turns into a broken connection, fails the test.
func TestPanicFailsTest(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(*confopenapitest.Exchange){
		"interceptor":    func(*confopenapitest.Exchange) { panic("oops") },
		"unknown status": func(x *confopenapitest.Exchange) { x.Respond(99, "oops") },
		"handler": func(x *confopenapitest.Exchange) {
			x.Handle(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oops") }))
		},
	} {
		tb := new(fakeTB)
		srv := confopenapitest.NewServer(tb)
		srv.Intercept(f)
		if got := bare(t, srv.URL, "{}", 1); got.err == nil {
			t.Errorf("%s: got HTTP %d, want a broken connection", name, got.status)
		}
		tb.end()
		if got := tb.text(); !strings.Contains(got, "panic") || !strings.Contains(got, "oops") && !strings.Contains(got, "HTTP status 99") {
			t.Errorf("%s: the test failed with %q, want the panic", name, got)
		}
	}
}

// In memory a broken connection is an error of RoundTrip or of the body, as over a network.
func TestBrokenInMemory(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.New(confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Truncate()}))
	if got := ask(t, &http.Client{Transport: srv}, srv.URL, "{}", 1); !breaksOff(got) || len(got.body) == 0 {
		t.Errorf("Truncate: got HTTP %d, %d bytes and %v, want half of the body and %v", got.status, len(got.body), got.err, io.ErrUnexpectedEOF)
	}
	srv.ClearFaults()
	srv.FailNext(1, confopenapitest.Reset())
	if got := ask(t, &http.Client{Transport: srv}, srv.URL, "{}", 1); !errors.Is(got.err, io.EOF) || got.status != 0 {
		t.Errorf("Reset: got HTTP %d and %v, want %v", got.status, got.err, io.EOF)
	}
}

func TestFaultAfter(t *testing.T) {
	t.Parallel()
	late := confopenapitest.Truncate().After(2 * time.Millisecond)
	if got := (confopenapitest.Request{Number: 3, Method: "POST", Path: "/p", Fault: "Reset()"}).String(); got != "request 3: POST /p empty: HTTP 0, 0 conferences, Reset()" {
		t.Errorf("Request.String: got %s", got)
	}
	if late.String() != "Truncate().After(2ms)" || (confopenapitest.Fault{}).String() != "none" {
		t.Errorf("Fault.String: got %s and %s, want Truncate().After(2ms) and none", late, confopenapitest.Fault{})
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithFaults(confopenapitest.Rule{Fault: late}))
	if got := bare(t, srv.URL, "{}", 1); !breaksOff(got) || got.elapsed < 2*time.Millisecond {
		t.Errorf("got %v after %s, want %v after 2ms or more", got.err, got.elapsed, io.ErrUnexpectedEOF)
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
			t.Errorf("faults of the requests (-want +got)\n%s", diff)
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

	srv.FailNext(1, confopenapitest.Fault{}) // the first of them succeeds
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
		t.Errorf("got %d faults in 200 requests with probability 0.25, want 30 to 70", n)
	}
	script.Seed++
	srv.Inject(script)
	if gocmp.Equal(faults(pages...), first) {
		t.Error("two seeds give the same faults")
	}
}

// A slow response ends when the client disconnects, and when the server closes.
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
				t.Error("got a response, want an error")
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
				t.Error("got a response, want an error")
			}
		})
	}
}

// A slow response ends when its client disconnects, also if the server is not closed.
func TestSlowFaultsEndWithClient(t *testing.T) {
	t.Parallel()
	for _, fault := range []confopenapitest.Fault{
		confopenapitest.Delay(time.Hour), confopenapitest.SlowBody(time.Hour), confopenapitest.Huge(1 << 50),
		confopenapitest.SlowHeaders(time.Hour), // goleak checks this one: an http.Server does not wait for hijacked connections
	} {
		service := confopenapitest.New(confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault}))
		srv := httptest.NewServer(service)
		client, err := confopenapi.NewClient(srv.URL, confopenapi.WithToken(service.Token()),
			confopenapi.WithAttemptTimeout(20*time.Millisecond), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListByStatus(t.Context(), nil); err == nil {
			t.Errorf("%s: got a response, want an error", fault)
		}
		closed := make(chan struct{})
		go func() {
			srv.Close() // waits for responses in progress
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the response did not end with its client", fault)
		}
	}
}

// A Reset aborts the response where there is no connection to reset.
func TestResetWithoutConnection(t *testing.T) {
	t.Parallel()
	service := confopenapitest.New(confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Reset()}))
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("got the panic %v, want %v", got, http.ErrAbortHandler)
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
			t.Errorf("%s: two servers with the same options sent different bytes", fault)
		}
	}
}

func TestFaultNamed(t *testing.T) {
	t.Parallel()
	for _, fault := range confopenapitest.Faults() {
		if got := confopenapitest.FaultNamed(fault.String()); got.String() != fault.String() {
			t.Errorf("FaultNamed(%q): got the fault %q", fault, got)
		}
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, `"unheard of"`) {
			t.Errorf("FaultNamed of an unknown name: got the panic %q, want it to quote the name", got)
		}
	}()
	confopenapitest.FaultNamed("unheard of")
}
