package web_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/metrics"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/web"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

const password = "correct horse battery"

// serve shows a service until the test ends, and returns the address of the page.
func serve(t *testing.T, srv *confopenapitest.Server, change func(*web.Options)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveAt(t, listener, srv, change)
	return "http://" + listener.Addr().String()
}

func serveAt(t *testing.T, listener net.Listener, srv *confopenapitest.Server, change func(*web.Options)) {
	t.Helper()
	calls := metrics.NewCalls()
	o := web.Options{
		Interval: 20 * time.Millisecond, StaleAfter: time.Minute, Service: "test", Calls: calls, Centers: 2, MaxStreams: 3,
		Explain: func(err error) web.Text { return web.Text{English: err.Error(), Chinese: err.Error()} },
		Because: func(r confopenapi.Reason) web.Text { return web.Text{English: string(r), Chinese: string(r)} },
	}
	if srv != nil {
		o.Client = srv.Client(confopenapi.WithObserver(calls.Observer()), confopenapi.WithPacing(false), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- web.New(o).Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
	})
}

// get sends a request with headers, as "Name: value".
func get(t *testing.T, address string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// live is GET /api/v1/live.
type live struct {
	Version string `json:"version"`
	Status  struct {
		State      string `json:"state"`
		NextPoll   int64  `json:"nextPoll"`
		Unrecorded struct {
			English string `json:"en"`
		} `json:"unrecorded"`
		Error struct {
			English string `json:"en"`
		} `json:"error"`
	} `json:"status"`
	Conferences []struct {
		Title    string `json:"title"`
		HostName string `json:"hostName"`
	} `json:"conferences"`
}

// await asks until the state is as wanted.
func await(t *testing.T, address, state string) live {
	t.Helper()
	return awaitLive(t, address, "the state "+state, func(l live) bool { return l.Status.State == state })
}

func awaitLive(t *testing.T, address, want string, is func(live) bool) (l live) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		_, body := get(t, address+"/api/v1/live")
		l = live{}
		if err := json.Unmarshal([]byte(body), &l); err != nil {
			t.Fatal(err)
		}
		if is(l) {
			return l
		}
	}
	t.Fatalf("got the state %q, want %s", l.Status.State, want)
	return l
}

func TestWhoMayRead(t *testing.T) {
	public, _ := url.Parse("https://live.example.com")
	for name, c := range map[string]struct {
		password, public bool
		path             string
		headers          []string
		want             int
	}{
		"this machine":                 {want: 200},
		"localhost":                    {headers: []string{"Host: localhost:8033"}, want: 200},
		"a foreign host":               {headers: []string{"Host: evil.example"}, want: 421},
		"a foreign origin":             {headers: []string{"Origin: https://evil.example"}, want: 403},
		"an origin that is null":       {headers: []string{"Origin: null"}, want: 403},
		"a page of another site":       {headers: []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"}, want: 403},
		"an image of another site":     {path: "/", headers: []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, want: 403},
		"a frame of another site":      {path: "/", headers: []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, want: 403},
		"a link on another site":       {path: "/", headers: []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, want: 200},
		"no password":                  {password: true, want: 401},
		"no password, metrics":         {password: true, path: "/metrics", want: 401},
		"no password, page":            {password: true, path: "/", want: 401},
		"no password, health":          {password: true, path: "/healthz", want: 503},
		"a foreign host, health":       {path: "/healthz", headers: []string{"Host: evil.example"}, want: 421},
		"a wrong password":             {password: true, headers: []string{"Authorization: Bearer correct horse"}, want: 401},
		"the password":                 {password: true, headers: []string{"Authorization: Bearer " + password}, want: 200},
		"a proxy":                      {password: true, public: true, headers: []string{"Host: live.example.com", "X-Forwarded-Proto: https", "Authorization: Bearer " + password}, want: 200},
		"a proxy without TLS":          {password: true, public: true, headers: []string{"Host: live.example.com", "X-Forwarded-Proto: http", "Authorization: Bearer " + password}, want: 403},
		"a proxy that does not say it": {password: true, public: true, headers: []string{"Host: live.example.com", "Authorization: Bearer " + password}, want: 403},
		"a proxy that was not stated":  {headers: []string{"Host: live.example.com", "X-Forwarded-Proto: https"}, want: 421},
		"a path that does not exist":   {path: "/api/v1/passwords", want: 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, confopenapitest.NewServer(t), func(o *web.Options) {
				if c.path == "/healthz" {
					o.StaleAfter = 0
				}
				if c.password {
					o.Password = password
				}
				if c.public {
					o.PublicURL = public
				}
			})
			path := c.path
			if path == "" {
				path = "/api/v1/live"
			}
			resp, _ := get(t, address+path, c.headers...)
			if resp.StatusCode != c.want {
				t.Errorf("got HTTP %d, want %d", resp.StatusCode, c.want)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("Access-Control-Allow-Origin: got %q, want none", got)
			}
			if csp := resp.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
				t.Errorf("got the policy %q", csp)
			}
		})
	}
}

func TestLongHeaders(t *testing.T) {
	address := serve(t, confopenapitest.NewServer(t), nil)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	r.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	resp, err := http.DefaultClient.Do(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	if err == nil && resp.StatusCode != 431 { // an error: the connection was closed before all was sent
		t.Errorf("got HTTP %d, want 431", resp.StatusCode)
	}
}

func TestLiveIsMaskedAndHasAnETag(t *testing.T) {
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapi.Conference{EventID: 1, Title: "周例会", HostName: "王芳", HostMobile: "13800138000"}))
	for _, open := range []bool{false, true} {
		address := serve(t, srv, func(o *web.Options) { o.WithPersonalData = open; o.Interval = time.Hour })
		got := await(t, address, "complete")
		want := "[masked]"
		if open {
			want = "王芳"
		}
		if len(got.Conferences) != 1 || got.Conferences[0].HostName != want {
			t.Errorf("personal data %v: got %v, want the host %q", open, got.Conferences, want)
		}
		resp, body := get(t, address+"/api/v1/live")
		if strings.Contains(body, "13800138000") {
			t.Error("got a telephone number")
		}
		again, _ := get(t, address+"/api/v1/live", "If-None-Match: "+resp.Header.Get("ETag"))
		if again.StatusCode != 304 {
			t.Errorf("with the ETag: got HTTP %d, want 304", again.StatusCode)
		}
	}
}

func TestLiveGzip(t *testing.T) {
	address := serve(t, confopenapitest.NewServer(t), nil)
	await(t, address, "complete")
	resp, body := get(t, address+"/api/v1/live", "Accept-Encoding: gzip")
	unzipped, err := gzip.NewReader(strings.NewReader(body))
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("got no gzip: %v", err)
	}
	if err := json.NewDecoder(unzipped).Decode(&live{}); err != nil {
		t.Error(err)
	}
}

// stream reads server-sent events.
func stream(t *testing.T, address string, headers ...string) (next func() (event, id, data string)) {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 8<<20)
	return func() (event, id, data string) {
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); {
			case name == "event":
				event = value
			case name == "id":
				id = value
			case name == "data":
				data = value
			case data != "":
				if event != "now" {
					return event, id, data
				}
				event, id, data = "", "", ""
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return "", "", ""
	}
}

func TestEventsResume(t *testing.T) {
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences())
	address := serve(t, srv, nil)
	first := await(t, address, "complete")
	srv.Add(confopenapi.Conference{EventID: 7, ConferenceID: "7", Title: "新会议", StartTime: 1})
	next := stream(t, address+"/api/v1/events?after="+first.Version)
	last := ""
	for found := false; !found; {
		event, id, data := next()
		if event != "poll" {
			t.Fatalf("got the event %q, want poll", event)
		}
		found, last = strings.Contains(data, "新会议"), id
	}
	srv.End(confopenapi.Conference{EventID: 7, ConferenceID: "7", StartTime: 1}.Identity())
	resumed := stream(t, address+"/api/v1/events", "Last-Event-ID: "+last)
	for {
		event, _, data := resumed()
		if event == "reload" {
			t.Fatal("got reload, want the changes after the last event")
		}
		if strings.Contains(data, `"gone":["7/7/1"]`) {
			break
		}
	}
	if event, _, _ := stream(t, address+"/api/v1/events?after=of-another-process-3")(); event != "reload" {
		t.Errorf("after the id of another process: got %q, want reload", event)
	}
}

func TestTooManyStreams(t *testing.T) {
	address := serve(t, confopenapitest.NewServer(t), nil)
	for range 3 {
		stream(t, address+"/api/v1/events?after=x")()
	}
	resp, _ := get(t, address+"/api/v1/events")
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the fourth of three: got HTTP %d, want 503 with Retry-After", resp.StatusCode)
	}
}

// TestSleepingReader has a reader that takes nothing, which holds up nobody.
func TestSleepingReader(t *testing.T) {
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(500, 1)...), confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 20}))
	address := serve(t, srv, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	_, _ = io.WriteString(conn, "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	next := stream(t, address+"/api/v1/events")
	for range 100 {
		next()
	}
}

func TestRefusalIsShownAndTriedAgain(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	srv.Intercept(func(x *confopenapitest.Exchange) { x.Fail(confopenapitest.Status(401)) })
	address := serve(t, srv, nil)
	if got := await(t, address, "refused"); !strings.Contains(got.Status.Error.English, "401") {
		t.Errorf("got the error %q, want HTTP 401 in it", got.Status.Error.English)
	}
	srv.Intercept(nil)
	if got := await(t, address, "complete"); len(got.Conferences) != 25 {
		t.Errorf("got %d conferences, want 25", len(got.Conferences))
	}
}

// TestRefusalInTheMiddle has the service refuse after a good listing.
func TestRefusalInTheMiddle(t *testing.T) {
	for _, code := range []int{401, 403} {
		srv := confopenapitest.NewServer(t)
		states := make(chan web.State, 10)
		address := serve(t, srv, func(o *web.Options) {
			o.OnState = func(s web.State, err error) {
				if (err == nil) != (s == web.StateComplete) {
					t.Errorf("OnState(%s): got the error %v", s, err)
				}
				states <- s
			}
		})
		await(t, address, "complete")
		srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(code)})
		if got := await(t, address, "refused"); len(got.Conferences) != 25 {
			t.Errorf("HTTP %d: got %d conferences, want the 25 of before", code, len(got.Conferences))
		}
		awaitLive(t, address, "waits that have doubled thrice", func(l live) bool { return l.Status.NextPoll > time.Now().UnixMilli()+80 })
		srv.ClearFaults()
		await(t, address, "complete")
		if got := []web.State{<-states, <-states}; got[0] != web.StateRefused || got[1] != web.StateComplete {
			t.Errorf("HTTP %d: OnState got %q, want refused and complete", code, got)
		}
	}
}

func TestOutageThenStale(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	address := serve(t, srv, func(o *web.Options) { o.StaleAfter = 1500 * time.Millisecond })
	await(t, address, "complete")
	health := func(want int) {
		t.Helper()
		if resp, body := get(t, address+"/healthz"); resp.StatusCode != want || len(body) > 6 {
			t.Errorf("/healthz: got HTTP %d and %q, want %d and a word", resp.StatusCode, body, want)
		}
	}
	health(200)
	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(503)})
	await(t, address, "failing")
	if got := await(t, address, "stale"); len(got.Conferences) != 25 {
		t.Errorf("got %d conferences, want the 25 of before", len(got.Conferences))
	}
	health(503)
	_, body := get(t, address+"/metrics")
	if strings.Contains(body, "confopenapi_conferences{") || !strings.Contains(body, "confopenapi_listing_stale 1") {
		t.Error("/metrics of a stale list: got conferences, want none and confopenapi_listing_stale 1")
	}
}

// TestUnrecordedPoll has a history that is full, as on a disk that is, and then is not.
func TestUnrecordedPoll(t *testing.T) {
	store, err := history.Open(filepath.Join(t.TempDir(), "history.db"), history.Options{Service: "fake"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	room := func(pages int) {
		t.Helper()
		if err := store.Update(func(tx *sql.Tx) error {
			return tx.QueryRowContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&pages)
		}); err != nil {
			t.Fatal(err)
		}
	}
	room(1) // which SQLite takes for as many as there are
	address := serve(t, confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(300, 1)...)), func(o *web.Options) {
		o.ExplainStore, o.Record = o.Explain, store.Record
	})
	if got := await(t, address, "complete"); !strings.Contains(got.Status.Unrecorded.English, "disk is full") || len(got.Conferences) != 300 {
		t.Errorf("got %q and %d conferences, want that the disk is full, and 300", got.Status.Unrecorded.English, len(got.Conferences))
	}
	if runs, err := store.Runs(t.Context(), history.Filter{}); err != nil || len(runs) > 0 {
		t.Errorf("got %d runs and %v from a poll that was not recorded", len(runs), err)
	}
	room(100_000)
	got := await(t, address, "complete")
	for began := time.Now(); got.Status.Unrecorded.English != ""; got = await(t, address, "complete") {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("got %q, want nothing after the disk has room", got.Status.Unrecorded.English)
		}
	}
	if runs, err := store.Runs(t.Context(), history.Filter{}); err != nil || len(runs) != 300 || runs[0].Resumes > 0 {
		t.Errorf("got %d runs and %v, want 300 that came once", len(runs), err)
	}
}

func TestMetricsScrapeSendsNothing(t *testing.T) {
	list := confopenapitest.Conferences(50, 1)
	for i := range list {
		list[i].DataCenter = string(rune('a' + i%10))
	}
	list[0].DataCenter = "\xff" + strings.Repeat("長", 200)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...))
	address := serve(t, srv, func(o *web.Options) { o.Interval = time.Hour })
	await(t, address, "complete")
	before := srv.RequestCount()
	body := ""
	for range 20 {
		_, body = get(t, address+"/metrics")
	}
	if got := srv.RequestCount(); got != before {
		t.Errorf("20 scrapes sent %d requests, want 0", got-before)
	}
	if n := strings.Count(body, "\nconfopenapi_conferences{"); n != 3 || !strings.Contains(body, `data_center="other"`) {
		t.Errorf("got %d series of data centres, want 2 and other:\n%s", n, body)
	}
}
