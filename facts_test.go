package confopenapi_test

import (
	"cmp"
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
	} {
		kept := facts
		if err := json.Unmarshal([]byte(bad), &kept); !errors.As(err, &refused) || kept != facts {
			t.Errorf("%s: got %v, %v, want a *RequestError and the facts as they were", bad, kept, err)
		}
	}
}

// A service that counts only the page from some day on is found out by the next listing that begins without facts.
func TestFactsOfServiceThatChanges(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 80, confopenapitest.WithMaxCount(100))
	client := srv.Client()
	reportOf(t, client, nil)
	srv.Intercept(func(x *confopenapitest.Exchange) {
		all, count := srv.Live(), min(x.List.Count, 50)
		from := min((x.List.Page-1)*x.List.Count, len(all))
		page := all[from:min(from+count, len(all))]
		x.RespondPage(len(page), page...)
	})
	short := 0
	for range 60 {
		report := reportOf(t, client, nil)
		if report.Received < 80 {
			short++
			if !report.Assumed {
				t.Errorf("got %v, want it to say that it assumes facts", report)
			}
		}
	}
	if short > 29 {
		t.Errorf("got %d of 60 listings that lack conferences, want at most 29", short)
	}
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
