package confopenapi_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// reportOf is the report of one Snapshot.
func reportOf(t *testing.T, client *confopenapi.Client, req *confopenapi.ListByStatusRequest) confopenapi.Report {
	t.Helper()
	snap, err := client.Snapshot(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err)
	}
	return snap.Report
}

// A client that has listed before lists what fits one page with one request, whatever reads it. Every 30th listing begins without facts.
func TestFactsOnePageOneRequest(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 19, 20, 47, 99, 100} {
		srv := liveList(t, n, confopenapitest.WithMaxCount(100))
		client := srv.Client()
		reportOf(t, client, nil)
		before, assumed := srv.RequestCount(), 0
		for i := range 50 {
			report := confopenapi.Report{}
			if i%2 == 0 {
				report = reportOf(t, client, nil)
			} else {
				pager := client.Pager(nil, &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { report = r }})
				if found, err := take(t.Context(), pager, -1); err != nil || len(found) != n {
					t.Errorf("got %d conferences, %v, want %d", len(found), err, n)
				}
			}
			if report.Verdict != confopenapi.VerdictComplete || report.Received != n {
				t.Errorf("%d conferences: got %v, want complete", n, report)
			}
			if report.Assumed {
				assumed++
			}
		}
		if requests := srv.RequestCount() - before; requests > 55 || assumed < 45 || assumed > 49 {
			t.Errorf("%d conferences, 50 listings: got %d requests, %d listings that assume facts, want at most 55, and 1 to 5 listings that check", n, requests, assumed)
		}
		if n > 1 && walk(t, client.Pager(nil, nil), "").next != "" {
			t.Errorf("%d conferences: Pages: got another page, want one", n)
		}
	}
}

// The guides' table of what a listing costs, without facts and with them.
func TestFactsCosts(t *testing.T) {
	t.Parallel()
	for _, guide := range []string{"docs/listing.md", "docs/listing.zh-CN.md"} {
		text, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		rows := regexp.MustCompile(`(?m)^\| ([\d,]+)(?: \S+ (\d+))? \| (\d+) \| (\d+) \|$`).FindAllStringSubmatch(string(text), -1)
		if len(rows) != 5 {
			t.Fatalf("%s: got %d rows, want 5", guide, len(rows))
		}
		for _, row := range rows {
			for _, number := range slices.Compact([]string{row[1], cmp.Or(row[2], row[1])}) {
				n, err := strconv.Atoi(strings.ReplaceAll(number, ",", ""))
				if err != nil {
					t.Fatal(err)
				}
				srv := liveList(t, n, confopenapitest.WithMaxCount(100))
				client := srv.Client()
				without, with := reportOf(t, client, nil).Calls, reportOf(t, client, nil).Calls
				if got, want := fmt.Sprint(without, with), row[3]+" "+row[4]; got != want {
					t.Errorf("%s: %d conferences: got %s requests without and with facts, want %s", guide, n, got, want)
				}
			}
		}
	}
}

// Facts are shared by the relatives of a client, and kept for each value of the filter. With another HTTP client nothing is known.
func TestFactsShared(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 47)
	client := srv.Client()
	if facts := client.Facts(); facts != (confopenapi.Facts{}) || facts.String() != "nothing" {
		t.Errorf("got %v before any listing, want nothing", facts)
	}
	relative, err := client.With(confopenapi.WithUserAgent("relative"))
	if err != nil {
		t.Fatal(err)
	}
	reportOf(t, relative, nil)
	want := srv.URL + "/: filterOneAttendee unset: pages are filled, totals count the list, ordered by start down"
	if got := client.Facts().String(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if report := reportOf(t, client, nil); report.Calls != 1 || !report.Assumed || !strings.HasPrefix(report.String(), "complete (if the service works as before): 47 conferences in 1 call") {
		t.Errorf("got %v, want 1 call, assumed", report)
	}
	filtered := &confopenapi.ListByStatusRequest{FilterOneAttendee: new(false)}
	if report := reportOf(t, client, filtered); report.Calls == 1 || report.Assumed {
		t.Errorf("another filter: got %v, want more than 1 call, nothing assumed", report)
	}
	if report := reportOf(t, client, filtered); report.Calls != 1 {
		t.Errorf("another filter, again: got %v, want 1 call", report)
	}
	stranger, err := client.With(confopenapi.WithHTTPClient(&http.Client{}))
	if err != nil {
		t.Fatal(err)
	}
	if facts := stranger.Facts(); facts != (confopenapi.Facts{}) {
		t.Errorf("with another HTTP client: got %v, want nothing", facts)
	}
	nothing := confopenapi.WithFacts(confopenapi.Facts{})
	for range 2 { // also with the same option
		if relative, err = relative.With(nothing); err != nil {
			t.Fatal(err)
		}
		if facts := relative.Facts(); facts != (confopenapi.Facts{}) {
			t.Errorf("with no facts: got %v, want nothing", facts)
		}
		reportOf(t, relative, nil)
	}
	if facts := (*confopenapi.Client)(nil).Facts(); facts != (confopenapi.Facts{}) {
		t.Errorf("nil client: got %v, want nothing", facts)
	}
}

// Facts go to another process as JSON.
func TestFactsOfAnotherProcess(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 150, confopenapitest.WithMaxCount(100))
	first := srv.Client()
	reportOf(t, first, nil)
	reportOf(t, first, &confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)})
	text, err := json.Marshal(first.Facts())
	if err != nil {
		t.Fatal(err)
	}
	var facts confopenapi.Facts
	if err := json.Unmarshal(text, &facts); err != nil || facts != first.Facts() {
		t.Fatalf("%s: got %v, %v, want %v", text, facts, err, first.Facts())
	}
	second := srv.Client(confopenapi.WithFacts(facts))
	if report := reportOf(t, second, nil); report.Calls != 2 {
		t.Errorf("got %v, want 2 calls for 150 conferences in pages of 100", report)
	}
	var refused *confopenapi.RequestError
	if _, err := confopenapi.NewClient("https://other.example.com", confopenapi.WithFacts(facts)); !errors.As(err, &refused) || refused.Field != "WithFacts" {
		t.Errorf("another service: got %v, want a *RequestError of WithFacts", err)
	}
	if _, err := confopenapi.NewClient("https://other.example.com", confopenapi.WithFacts(confopenapi.Facts{})); err != nil {
		t.Errorf("no facts: got %v, want none", err)
	}
	for _, bad := range []string{
		`[]`, `{"filterOneAttendee":{"maybe":{}}}`, `{"filterOneAttendee":{"true":{"pages":"half"}}}`, `{"filterOneAttendee":{"true":{"pageSize":-1}}}`,
		`{"filterOneAttendee":{"true":{"order":"no"}}}`, `{"filterOneAttendee":{"true":{"totals":"list","beyond":"x"}}}`,
		`{"baseURL":"https://h","filterOneAttendee":{"true":{"pageSize":19}}}`, `{"filterOneAttendee":{"true":{"totals":"list"}}}`,
		`{"baseURL":"https://user:secret@h","filterOneAttendee":{"true":{"totals":"list"}}}`, `{"state":{"version":1}}`,
		`{"baseURL":"https://h","filterOneAttendee":{},"version":9}`,
	} {
		kept := facts
		if err := json.Unmarshal([]byte(bad), &kept); !errors.As(err, &refused) || kept != facts || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, %v, want a *RequestError and the facts as they were", bad, kept, err)
		}
	}
	kept := facts
	if err := json.Unmarshal([]byte(`null`), &kept); err != nil || kept != facts {
		t.Errorf("null: got %v, %v, want the facts as they were", kept, err)
	}
}

// changing is a service that is good until it changes: then its pages hold 50, and its totals count them.
type changing struct {
	size     func(administrator int64) int
	limit    int // of a page
	changed  bool
	refuse   int // so many requests
	requests int
	mu       sync.Mutex
}

func (c *changing) RoundTrip(req *http.Request) (*http.Response, error) {
	var list confopenapi.ListByStatusRequest
	if err := json.NewDecoder(req.Body).Decode(&list); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests++; c.refuse > 0 {
		c.refuse--
		return says(400, `{}`)(req)
	}
	limit, total := c.limit, c.size(list.AdminUserID)
	if c.changed {
		limit = 50
	}
	rows := []string{}
	for i := (list.Page - 1) * list.Count; i < min((list.Page-1)*list.Count+min(list.Count, limit), c.size(list.AdminUserID)); i++ {
		rows = append(rows, fmt.Sprintf(`{"eventId":%d,"conferenceId":"%d","startTime":%d}`, i+1, i+1, 1_700_000_000-i))
	}
	if c.changed {
		total = len(rows)
	}
	return says(200, fmt.Sprintf(`{"status":0,"result":{"totalCount":%d,"confList":[%s]}}`, total, strings.Join(rows, ",")))(req)
}

// administrators are 80 conferences of the first one, and none of others.
func administrators(id int64) int {
	if id <= 1 {
		return 80
	}
	return 0
}

// A service that changes is found out by a listing that begins without facts: at most 29 of the listings that could have found out lack
// conferences, and each says that it assumes facts.
func TestFactsOfServiceThatChanges(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(t *testing.T, client *confopenapi.Client){
		"alone": func(*testing.T, *confopenapi.Client) {},
		"with Pages between": func(t *testing.T, client *confopenapi.Client) {
			t.Helper()
			take := client.Pager(nil, nil)
			for _, err := range take.Pages(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
		},
		"with empty lists between": func(t *testing.T, client *confopenapi.Client) {
			t.Helper()
			for id := range int64(4) {
				reportOf(t, client, &confopenapi.ListByStatusRequest{AdminUserID: 2 + id})
			}
		},
		"with listings that fail between": func(t *testing.T, client *confopenapi.Client) {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := client.Snapshot(ctx, nil, nil); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		},
		"with listings that end early between": func(t *testing.T, client *confopenapi.Client) {
			t.Helper()
			if _, err := take(t.Context(), client.Pager(nil, nil), 1); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			service := &changing{size: administrators, limit: 100}
			client := overTransport(t, service)
			reportOf(t, client, nil)
			between(t, client)
			service.changed = true
			short := 0
			for range 90 {
				between(t, client)
				report := reportOf(t, client, nil)
				if report.Received < 80 {
					short++
					if !report.Assumed {
						t.Errorf("got %v, want it to say that it assumes facts", report)
					}
				}
			}
			if short > 29 {
				t.Errorf("got %d of 90 listings that lack conferences, want at most 29", short)
			}
		})
	}
}

// Pages alone finds out, too.
func TestFactsOfServiceThatChangesForPages(t *testing.T) {
	t.Parallel()
	service := &changing{size: administrators, limit: 100}
	client := overTransport(t, service)
	reportOf(t, client, nil)
	service.changed = true
	short := 0
	for range 90 {
		if len(walk(t, client.Pager(nil, nil), "").found) < 80 {
			short++
		}
	}
	if short > 29 {
		t.Errorf("got %d of 90 ranges that end early, want at most 29", short)
	}
}

// What ends a listing early is no reason to check facts.
func TestFactsAfterListingsThatEndEarly(t *testing.T) {
	t.Parallel()
	service := &changing{size: administrators, limit: 100}
	client := overTransport(t, service)
	reportOf(t, client, nil)
	service.requests = 0
	for range 100 {
		if _, err := take(t.Context(), client.Pager(nil, nil), 1); err != nil {
			t.Fatal(err)
		}
		reportOf(t, client, nil)
	}
	if service.requests > 220 {
		t.Errorf("got %d requests for 200 listings, want at most 220", service.requests)
	}
}

// A page size is remembered if two listings in a row found it, and no longer than larger pages come.
func TestFactsPageSize(t *testing.T) {
	t.Parallel()
	large := func(int64) int { return 1200 }
	service := &changing{size: large, limit: 1000, refuse: 2}
	client := overTransport(t, service)
	if report := reportOf(t, client, nil); report.Stats.PageSize != 20 {
		t.Errorf("after two refusals: got pages of %d, want 20", report.Stats.PageSize)
	}
	if report := reportOf(t, client, nil); report.Stats.PageSize != 500 {
		t.Errorf("after a refusal that was one of a kind: got pages of %d, want 500", report.Stats.PageSize)
	}
	service.limit = 100
	for range 60 { // until the facts were checked
		reportOf(t, client, nil)
	}
	if facts := client.Facts().String(); !strings.Contains(facts, "at most 100 a page") {
		t.Errorf("got %s, want at most 100 a page", facts)
	}
	service.limit = 1000
	for range 60 {
		reportOf(t, client, nil)
	}
	if report := reportOf(t, client, nil); report.Stats.PageSize != 500 {
		t.Errorf("60 listings after the limit rose: got pages of %d, want 500", report.Stats.PageSize)
	}
}

// A response that is larger than the client allows says nothing about other lists.
func TestFactsOfListTooLarge(t *testing.T) {
	t.Parallel()
	service := &changing{size: func(int64) int { return 1500 }, limit: 1000}
	client := overTransport(t, service, confopenapi.WithMaxResponseBytes(10_000))
	reportOf(t, client, nil)
	reportOf(t, client, nil)
	if facts := client.Facts().String(); strings.Contains(facts, "a page") {
		t.Errorf("got %s, want no page size", facts)
	}
}

// A relative that ignores totals leaves the facts as they are.
func TestFactsIgnoredTotals(t *testing.T) {
	t.Parallel()
	client := overTransport(t, &changing{size: administrators, limit: 100})
	reportOf(t, client, nil)
	before := client.Facts()
	ignores, err := client.With(confopenapi.WithIgnoredTotals())
	if err != nil {
		t.Fatal(err)
	}
	reportOf(t, ignores, nil)
	if got := client.Facts(); got != before {
		t.Errorf("got %v, want %v", got, before)
	}
}

// No end is proven by what earlier listings learned: neither by one response that is old, nor by a service that changed.
func TestFactsProveNoEnd(t *testing.T) {
	for _, watched := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			service := &changing{size: administrators, limit: 100}
			client := overTransport(t, service)
			watcher := confopenapi.NewWatcher()
			poll := func() (ended, proven int) {
				options := &confopenapi.SnapshotOptions{}
				if watched {
					options.Watcher = watcher
				}
				time.Sleep(time.Minute)
				snap, err := client.Snapshot(t.Context(), nil, options)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range watcher.Step(snap) {
					if e.Kind == confopenapi.EventEnded {
						ended++
						proven += b2i(e.Proven)
					}
				}
				return ended, proven
			}
			for range 6 {
				poll()
			}
			old := 1
			service.size = func(int64) int { // one response of a replica that is behind
				if old--; old >= -1 { // it asks twice a request
					return 45
				}
				return 80
			}
			if ended, _ := poll(); ended > 0 {
				t.Errorf("one old response: got %d ends, want none", ended)
			}
			service.size = administrators
			poll()
			service.changed = true
			for range 3 {
				if _, proven := poll(); proven > 0 {
					t.Errorf("a service that changed, Watcher known to Snapshot %t: got %d proven ends, want none", watched, proven)
				}
			}
			service.changed = false
			for range 6 { // until facts are known again
				poll()
			}
			service.size = func(int64) int { return 70 }
			if ended, proven := poll(); watched && (ended != 10 || proven != 10) {
				t.Errorf("10 conferences ended: got %d ends, %d of them proven, want 10 at once, proven", ended, proven)
			}
		})
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A job over 2,000 administrators takes hardly longer than one request each.
func TestFactsManyAdministrators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const administrators, inFlight, latency = 2000, 16, 20 * time.Millisecond
		conferences := func(administrator int64) int { return int(administrator * 37 % 61) }
		var requests atomic.Int64
		client := overTransport(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			requests.Add(1)
			time.Sleep(latency)
			var list confopenapi.ListByStatusRequest
			if err := json.NewDecoder(req.Body).Decode(&list); err != nil {
				return nil, err
			}
			n := conferences(list.AdminUserID)
			rows := []string{}
			for i := (list.Page - 1) * list.Count; i < min(list.Page*list.Count, n); i++ {
				rows = append(rows, fmt.Sprintf(`{"eventId":%d,"conferenceId":"%d","startTime":%d}`, i, i, 1_700_000_000-i))
			}
			return says(200, fmt.Sprintf(`{"status":0,"result":{"totalCount":%d,"confList":[%s]}}`, n, strings.Join(rows, ",")))(req)
		}))
		reportOf(t, client, &confopenapi.ListByStatusRequest{AdminUserID: 1})
		requests.Store(0)
		start := time.Now()
		work := make(chan int64)
		var running sync.WaitGroup
		for range inFlight {
			running.Go(func() {
				for id := range work {
					snap, err := client.Snapshot(t.Context(), &confopenapi.ListByStatusRequest{AdminUserID: id}, nil)
					if err != nil || len(snap.Conferences) != conferences(id) {
						t.Errorf("administrator %d: got %v, %v, want %d conferences", id, snap, err, conferences(id))
					}
				}
			})
		}
		for id := range int64(administrators) {
			work <- id + 1
		}
		close(work)
		running.Wait()
		took, floor := time.Since(start), administrators/inFlight*latency
		t.Logf("%d requests in %s, %s is the floor", requests.Load(), took, floor)
		if took > floor*11/10 {
			t.Errorf("got %d requests in %s, want at most 1.1 times %s", requests.Load(), took, floor)
		}
	})
}
