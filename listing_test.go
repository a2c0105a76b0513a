package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// wholeList is one of the two ways to list everything.
type wholeList struct {
	name string
	read func(context.Context, *confopenapi.Client, *confopenapi.ListByStatusRequest) ([]confopenapi.Conference, confopenapi.Report, error)
}

var wholeLists = []wholeList{
	{"All", func(ctx context.Context, c *confopenapi.Client, req *confopenapi.ListByStatusRequest) (found []confopenapi.Conference, report confopenapi.Report, err error) {
		pager := c.Pager(req, &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { report = r }})
		found, err = take(ctx, pager, -1)
		return found, report, err
	}},
	{"Snapshot", func(ctx context.Context, c *confopenapi.Client, req *confopenapi.ListByStatusRequest) ([]confopenapi.Conference, confopenapi.Report, error) {
		snap, err := c.Snapshot(ctx, req, &confopenapi.SnapshotOptions{Parallel: 8})
		if snap == nil {
			return nil, confopenapi.Report{}, err
		}
		return snap.Conferences, snap.Report, err
	}},
}

// stableOrders are those that every proof holds in.
func stableOrders() (stable []confopenapitest.Order) {
	for _, order := range livelist.Orders() {
		if order.Stable() {
			stable = append(stable, confopenapitest.Order(order))
		}
	}
	return stable
}

// In every stable order and at every rate of change, a listing loses nothing, invents nothing and repeats nothing.
func TestListingsLoseNothing(t *testing.T) {
	t.Parallel()
	for _, size := range []int{rounds(300, 1000, 1000), rounds(1000, 10_000, 10_000)} {
		large := size == rounds(1000, 10_000, 10_000)
		conferences := confopenapitest.Conferences(size, 1)
		for _, whole := range wholeLists {
			t.Run(fmt.Sprintf("%d/%s", size, whole.name), func(t *testing.T) {
				t.Parallel()
				orders, rates := stableOrders(), []float64{.1, 1, 5}
				switch {
				case *prove:
				case large:
					orders, rates = orders[:1], rates[2:]
				case testing.Short():
					rates = rates[2:]
				}
				verdicts, runs, requests := map[confopenapi.Verdict]int{}, 0, 0
				for _, order := range orders {
					for _, rate := range rates {
						for seed := range rounds(1, 1, 50) {
							report := losesNothing(t, whole, order, conferences, confopenapitest.Churn{Seed: uint64(seed), Rate: rate})
							verdicts[report.Verdict]++
							requests += report.Calls
							runs++
						}
					}
				}
				t.Logf("%d listings, %.1f requests each, %v", runs, float64(requests)/float64(runs), verdicts)
			})
		}
	}
}

// mustStart starts a fake that the caller closes. A test with thousands cannot keep them all until its end.
func mustStart(t *testing.T, opts ...confopenapitest.Option) *confopenapitest.Server {
	t.Helper()
	srv, err := confopenapitest.Start(append(opts, confopenapitest.WithRequestLog(0))...)
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

func losesNothing(t *testing.T, whole wholeList, order confopenapitest.Order, conferences []confopenapi.Conference, churn confopenapitest.Churn) confopenapi.Report {
	t.Helper()
	srv := mustStart(t, confopenapitest.WithConferences(conferences...), confopenapitest.WithMaxCount(100),
		confopenapitest.WithOrder(order), confopenapitest.WithChurn(churn))
	defer srv.Close()
	found, report, err := whole.read(t.Context(), srv.Client(), nil)
	if err != nil {
		t.Errorf("order %v, seed %d, rate %v: got %v, want no error", order, churn.Seed, churn.Rate, err)
	}
	if err := srv.Truth(1, 0).Check(found); err != nil {
		t.Errorf("order %v, seed %d, rate %v: %v; the report says %v", order, churn.Seed, churn.Rate, err, report)
	}
	return report
}

// After a fault in the middle, a listing is proven all the same, or incomplete with its reason, or ends with a typed error.
func TestListingFaultInTheMiddle(t *testing.T) {
	t.Parallel()
	conferences := confopenapitest.Conferences(300, 1)
	var mu sync.Mutex
	outcomes := map[string]int{}
	for _, fault := range confopenapitest.Faults() {
		if testing.Short() && fault.String() == "gzip bomb" {
			continue // 16 MiB for each of many responses
		}
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			for _, whole := range wholeLists {
				for seed := range rounds(1, 1, 20) {
					outcome := meets(t, whole, fault, conferences, uint64(seed))
					mu.Lock()
					outcomes[outcome]++
					mu.Unlock()
				}
			}
		})
	}
	t.Cleanup(func() { t.Log(outcomes) })
}

// smallResponses refuses a response that is too large without reading 16 MiB of it. A page of a hundred conferences fits.
var smallResponses = confopenapi.WithMaxResponseBytes(256 << 10)

func meets(t *testing.T, whole wholeList, fault confopenapitest.Fault, conferences []confopenapi.Conference, seed uint64) string {
	t.Helper()
	srv := mustStart(t, confopenapitest.WithConferences(conferences...), confopenapitest.WithMaxCount(50),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithChurn(confopenapitest.Churn{Seed: seed, Rate: 1}))
	defer srv.Close()
	// From the second request on: now and then, for a while, for good.
	rule := confopenapitest.Rule{
		Fault: fault, Seed: seed, When: func(r confopenapitest.Request) bool { return r.Number > 1+int(seed%5) },
	}
	switch seed % 3 {
	case 0:
		rule.Probability = .3
	case 1:
		rule.Times = 1 + int(seed%4)
	}
	srv.Inject(rule)
	patient := confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: 1, MaxWait: 1, MaxRetryAfter: 1})
	found, report, err := whole.read(t.Context(), srv.Client(patient, smallResponses, confopenapi.WithPacing(false)), nil)
	truth := srv.Truth(1, 0)
	lost := truth.Lost(found)
	seen := map[confopenapi.Identity]bool{}
	for _, conf := range found {
		id := conf.Identity()
		if !truth.Ever[id] || seen[id] {
			t.Errorf("%s, seed %d: %v was never in the list, or came twice", whole.name, seed, conf)
		}
		seen[id] = true
	}
	switch incomplete, partly := errors.AsType[*confopenapi.IncompleteError](err); {
	case err == nil && report.Verdict < confopenapi.VerdictConditional:
		t.Errorf("%s, seed %d: got no error beside %v", whole.name, seed, report)
	case err == nil && len(lost) > 0:
		t.Errorf("%s, seed %d: got no error, but %d conferences are missing; the report says %v", whole.name, seed, len(lost), report)
	case err == nil:
		return "proven"
	case partly && (incomplete.Report.Verdict != confopenapi.VerdictIncomplete || incomplete.Report.Reason == ""):
		t.Errorf("%s, seed %d: got %v, want an incomplete verdict and its reason", whole.name, seed, err)
	case partly:
		return "incomplete, and says so"
	case !isTyped(err):
		t.Errorf("%s, seed %d: got %T, which is no error of this package: %v", whole.name, seed, err, err)
	}
	return "typed error"
}

// Pages, snapshots, reports, events and errors print nothing secret or personal. Cursors and Watchers hold none.
func TestListingsShowNothingPersonal(t *testing.T) {
	t.Parallel()
	var marked confopenapi.Conference
	if err := json.Unmarshal([]byte(markedConference()), &marked); err != nil {
		t.Fatal(err)
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(append(confopenapitest.Conferences(40, 1), marked)...),
		confopenapitest.WithToken(markToken))
	client := srv.Client(quick)

	for page, err := range client.Pager(nil, &confopenapi.PagerOptions{PageSize: 41}).Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		examine(t, "page", page)
		examine(t, "page's value", *page)
		wantNoMarks(t, "cursor", string(page.Next))
	}
	examine(t, "zero page", confopenapi.Page{})

	snap, err := client.Snapshot(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	examine(t, "snapshot", snap)
	examine(t, "snapshot's value", *snap)
	examine(t, "report", snap.Report)

	watcher := confopenapi.NewWatcher()
	for _, event := range watcher.Step(snap) {
		examine(t, "event", event)
	}
	data, err := json.Marshal(watcher)
	if err != nil {
		t.Fatal(err)
	}
	wantNoMarks(t, "watcher's JSON", string(data))
	examine(t, "watcher", watcher)

	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(503), When: func(r confopenapitest.Request) bool { return r.List.Page > 1 }})
	_, err = client.Snapshot(t.Context(), &confopenapi.ListByStatusRequest{Count: 20}, nil)
	examineError(t, err)
	examineError(t, mustBe[*confopenapi.IncompleteError](t, err).Err)
	examine(t, "failed poll", confopenapi.Event{Kind: confopenapi.EventPollFailed, Err: err})
	examine(t, "built error", &confopenapi.IncompleteError{})
}

// A passcode is so short that a digest of it could be reversed.
func TestWatcherJSONOmitsPasscode(t *testing.T) {
	t.Parallel()
	state := func(passcode string) string {
		w := confopenapi.NewWatcher()
		w.Step(&confopenapi.Snapshot{
			Conferences: []confopenapi.Conference{{ConferenceID: "1", Passcode: confopenapi.NewSecret(passcode)}},
			Report:      confopenapi.Report{Verdict: confopenapi.VerdictComplete},
		})
		data, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if state("1234") != state("9876") {
		t.Error("the JSON of a Watcher differs with the passcode, want it without")
	}
}

// All lists a changing list whole, while Pages loses a part of it.
func TestAllFindsWhatPagesLose(t *testing.T) {
	t.Parallel()
	churn := confopenapitest.WithChurn(confopenapitest.Churn{Seed: 3, Rate: 5})
	srv := liveList(t, 1000, churn)
	client := srv.Client()
	found, err := take(t.Context(), client.Pager(nil, nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Truth(1, 0).Check(found); err != nil {
		t.Errorf("All: %v", err)
	}
	lost := 0
	for range 5 {
		first := srv.RequestCount() + 1
		found = found[:0]
		for page, err := range client.Pager(nil, nil).Pages(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, page.Conferences...)
		}
		lost += len(srv.Truth(first, 0).Lost(found))
	}
	if lost == 0 {
		t.Error("Pages lost nothing either: the test shows nothing")
	}
}

// half has the list fail for good after its second page.
func half(t *testing.T, fault confopenapitest.Fault) *confopenapitest.Server {
	t.Helper()
	return liveList(t, 1000, confopenapitest.WithFaults(confopenapitest.Rule{
		Fault: fault, When: func(r confopenapitest.Request) bool { return r.Number > 2 },
	}))
}

func TestAllIncompleteAfterFailure(t *testing.T) {
	t.Parallel()
	srv := half(t, confopenapitest.Status(503))
	req := &confopenapi.ListByStatusRequest{AdminUserID: 7, Page: 1, Count: 100}
	found, err := take(t.Context(), srv.Client(quick).Pager(req, nil), -1)
	incomplete := mustBe[*confopenapi.IncompleteError](t, err)
	if !errors.Is(err, confopenapi.ErrIncomplete) || errors.Is(err, confopenapi.ErrServer) || !errors.Is(incomplete.Err, confopenapi.ErrServer) {
		t.Errorf("got %v with Err %v, want ErrIncomplete with ErrServer in Err alone", err, incomplete.Err)
	}
	if meta, ok := confopenapi.MetaOf(err); !ok || meta.HTTPStatus != http.StatusServiceUnavailable {
		t.Errorf("MetaOf: got %v, %t, want HTTP 503", meta, ok)
	}
	r := incomplete.Report
	if r.Verdict != confopenapi.VerdictIncomplete || r.Reason != confopenapi.ReasonFailed || r.Received != len(found) || len(found) < 100 || r.Missing == 0 {
		t.Errorf("got %v with %d conferences, want it incomplete, a request failed, and some missing", r, len(found))
	}
	if r.Calls < 4 || r.Attempts != 2+4*(r.Calls-2) || r.Attempts != srv.RequestCount() {
		t.Errorf("got %d calls and %d attempts, want two attempts, then four for each call, %d in all", r.Calls, r.Attempts, srv.RequestCount())
	}
	text := "confopenapi: conference/listbystatus?adminUserId=7: listing " + r.String() + ": conference/listbystatus?adminUserId=7"
	if got := err.Error(); !strings.HasPrefix(got, text) || strings.Contains(got, "\n") || !strings.Contains(got, "HTTP 503") {
		t.Errorf("got %q, want one line with HTTP 503 that begins with %q", got, text)
	}
}

func TestAllStopsOnFatalError(t *testing.T) {
	t.Parallel()
	for _, fault := range []confopenapitest.Fault{
		confopenapitest.Status(401), confopenapitest.Status(403), confopenapitest.Redirect(307, "http://192.0.2.1/"),
		confopenapitest.RetryAfter(429, "86400"),
	} {
		srv := half(t, fault)
		_, err := take(t.Context(), srv.Client(quick).Pager(nil, nil), -1)
		mustBe[*confopenapi.HTTPError](t, mustBe[*confopenapi.IncompleteError](t, err).Err)
		if n := srv.RequestCount(); n != 3 {
			t.Errorf("%v: got %d requests, want 3", fault, n)
		}
	}
}

// A token source that fails is not asked again for each page.
func TestAllStopsOnTokenError(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 1000)
	asked := 0
	source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		if asked++; asked > 2 {
			return confopenapi.Token{}, errNoMore
		}
		return confopenapi.Token{Value: confopenapi.NewSecret(srv.Token())}, nil
	})
	client, err := confopenapi.NewClient(srv.URL, confopenapi.WithTokenSource(source))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	_, err = take(t.Context(), client.Pager(nil, nil), -1)
	if broken := mustBe[*confopenapi.IncompleteError](t, err).Err; !errors.Is(broken, errNoMore) || asked != 3 {
		t.Errorf("got %v after the source was asked %d times, want its error after 3", broken, asked)
	}
}

func TestAllFirstPageError(t *testing.T) {
	t.Parallel()
	for _, fault := range []confopenapitest.Fault{confopenapitest.Status(401), confopenapitest.Status(503), confopenapitest.FaultNamed("empty object")} {
		srv := liveList(t, 10, confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault}))
		found, err := take(t.Context(), srv.Client(quick).Pager(nil, nil), -1)
		if _, partly := errors.AsType[*confopenapi.IncompleteError](err); partly || !isTyped(err) || len(found) > 0 {
			t.Errorf("%v: got %d conferences and %T (%v), want the first page's own error", fault, len(found), err, err)
		}
	}
}

func TestAllRequire(t *testing.T) {
	t.Parallel()
	// A list in an order of its own proves at most Conditional.
	srv := liveList(t, 1000, confopenapitest.WithOrder(confopenapitest.OrderArbitrary))
	for require, want := range map[confopenapi.Verdict]bool{
		confopenapi.VerdictDefault: false, confopenapi.VerdictIncomplete: false,
		confopenapi.VerdictConditional: false, confopenapi.VerdictComplete: true,
	} {
		found, err := take(t.Context(), srv.Client().Pager(nil, &confopenapi.PagerOptions{Require: require}), -1)
		if len(found) != 1000 || errors.Is(err, confopenapi.ErrIncomplete) != want || err != nil && !want {
			t.Errorf("Require %v: got %d conferences and %v, want 1000, and ErrIncomplete: %t", require, len(found), err, want)
		}
	}
	// With VerdictIncomplete, the error is the one that ended the listing early, and nil if nothing did.
	for fault, want := range map[*confopenapitest.Fault]bool{new(confopenapitest.Status(503)): false, new(confopenapitest.Status(401)): true} {
		_, err := take(t.Context(), half(t, *fault).Client(quick).Pager(nil, &confopenapi.PagerOptions{Require: confopenapi.VerdictIncomplete}), -1)
		if errors.Is(err, confopenapi.ErrIncomplete) || (err != nil) != want {
			t.Errorf("%v: got %v, want the error that ended the listing: %t", fault, err, want)
		}
	}
}

func TestVerdictString(t *testing.T) {
	t.Parallel()
	for v, want := range map[confopenapi.Verdict]string{
		-1: "verdict -1", confopenapi.VerdictDefault: "default", confopenapi.VerdictIncomplete: "incomplete",
		confopenapi.VerdictConditional: "conditional", confopenapi.VerdictComplete: "complete", 4: "verdict 4",
	} {
		if got := v.String(); got != want {
			t.Errorf("verdict %d: got %q, want %q", int(v), got, want)
		}
	}
}

func TestReportString(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for want, r := range map[string]confopenapi.Report{
		"complete: 1 conference (the server counts 2) in 1 call, 1.3s": {
			Verdict: confopenapi.VerdictComplete, Received: 1, TotalCount: 2, Calls: 1, Attempts: 1, Start: start, End: start.Add(1300 * time.Millisecond),
		},
		"incomplete (a request failed): 40 conferences (the server counts 100) in 4 calls, 10 attempts, 2 failed, about 60 missing": {
			Verdict: confopenapi.VerdictIncomplete, Reason: confopenapi.ReasonFailed, Received: 40, TotalCount: 100, Calls: 4, Attempts: 10, Failed: 2, Missing: 60,
		},
		"conditional (if the list is sorted as it seems to be): 0 conferences in 0 calls": {
			Verdict: confopenapi.VerdictConditional, Reason: confopenapi.ReasonAssumesKey,
		},
		"verdict 9 (of another version): 0 conferences in 0 calls": {Verdict: 9, Reason: "of another version"},
	} {
		if got := r.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Every reason of internal/overlap is exported, and printed as a sentence.
func TestReasons(t *testing.T) {
	t.Parallel()
	reasons := map[confopenapi.Reason]string{
		confopenapi.ReasonGap: "gap", confopenapi.ReasonNoEnd: "no-end", confopenapi.ReasonOrder: "order", confopenapi.ReasonTies: "ties",
		confopenapi.ReasonTotal: "total", confopenapi.ReasonContradiction: "contradiction", confopenapi.ReasonLimit: "limit", confopenapi.ReasonPaging: "paging", confopenapi.ReasonEffort: "effort",
		confopenapi.ReasonIdentity: "identity", confopenapi.ReasonFailed: "failed", confopenapi.ReasonStopped: "stopped",
		confopenapi.ReasonAssumesOrder: "assumes-order", confopenapi.ReasonAssumesKey: "assumes-key",
	}
	for reason, word := range reasons {
		text := confopenapi.Report{Verdict: confopenapi.VerdictIncomplete, Reason: reason}.String()
		if string(reason) != word || strings.Contains(text, "("+word+")") || len(text) < len("incomplete (): 0 conferences in 0 calls")+10 {
			t.Errorf("got %q, printed as %q, want %q and a sentence", reason, text, word)
		}
	}
	code, err := os.ReadFile(filepath.Join("internal", "overlap", "report.go"))
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`(?m)^\tReason\w+ += "([^"]*)"`).FindAllStringSubmatch(string(code), -1)
	for _, reason := range made {
		if _, known := reasons[confopenapi.Reason(reason[1])]; !known {
			t.Errorf("the algorithm has a reason %q that is not exported", reason[1])
		}
	}
	if len(made) < 12 {
		t.Errorf("got %d reasons in report.go, want at least 12", len(made))
	}
}

// The error of a listing whose context ends on the first page knows as much of that request as the error of a call does.
func TestListingsContextEndsOnFirstPage(t *testing.T) {
	for _, whole := range wholeLists {
		synctest.Test(t, func(t *testing.T) {
			client := serviceOf(10, confopenapitest.WithFaults(
				confopenapitest.Rule{Fault: confopenapitest.Status(503), Times: 2}, confopenapitest.Rule{Fault: confopenapitest.Delay(time.Hour)},
			)).Client()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, _, err := whole.read(ctx, client, nil)
			failed := mustBe[*confopenapi.TransportError](t, err)
			if !errors.Is(err, context.DeadlineExceeded) || failed.Attempts != 3 || !strings.Contains(err.Error(), "HTTP 503 ×2") {
				t.Errorf("%s: got %v, want the end of the context, 3 attempts and HTTP 503 ×2", whole.name, err)
			}
		})
	}
}
