package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"sync"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// make listing runs these tests with the seeds that docs/consistency.md tells of.
var (
	listingSeeds = flag.Uint64("listing.seeds", 1, "seeds of each listing over HTTP")
	listingLarge = flag.Bool("listing.large", false, "large lists in every order, too")
	faultSeeds   = flag.Uint64("listing.faultseeds", 1, "seeds of each fault in the middle of a listing")
)

// wholeList is one of the two ways to list everything.
type wholeList struct {
	name string
	read func(context.Context, *confopenapi.Client, *confopenapi.ListByStatusRequest) ([]confopenapi.Conference, confopenapi.Report, error)
}

var wholeLists = []wholeList{
	{"All", func(ctx context.Context, c *confopenapi.Client, req *confopenapi.ListByStatusRequest) (found []confopenapi.Conference, report confopenapi.Report, err error) {
		pager := c.Pager(req, &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { report = r }})
		for conf, failure := range pager.All(ctx) {
			if failure != nil {
				err = failure
				continue
			}
			found = append(found, conf)
		}
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
	for _, order := range confopenapitest.Orders() {
		if order.Stable() {
			stable = append(stable, order)
		}
	}
	return stable
}

// Whatever the churn and the order, as long as that is stable: nothing is lost, nothing made up, nothing repeated.
func TestListingsLoseNothing(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1000, 10_000} {
		conferences := confopenapitest.Conferences(size, 1)
		for _, whole := range wholeLists {
			t.Run(fmt.Sprintf("%d/%s", size, whole.name), func(t *testing.T) {
				t.Parallel()
				verdicts, requests := map[confopenapi.Verdict]int{}, 0
				orders := stableOrders()
				if size > 1000 && !*listingLarge {
					orders = orders[1:2]
				}
				for _, order := range orders {
					for _, rate := range []float64{.1, 1, 5} {
						for seed := range *listingSeeds {
							report := losesNothing(t, whole, order, conferences, confopenapitest.Churn{Seed: seed, Rate: rate})
							verdicts[report.Verdict]++
							requests += report.Calls
						}
					}
				}
				runs := len(orders) * 3 * int(*listingSeeds)
				t.Logf("%d listings, %.1f requests each, %v", runs, float64(requests)/float64(runs), verdicts)
			})
		}
	}
}

// mustStart starts a fake that is not kept until the end of the test, as NewServer's are: there are thousands.
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
		t.Errorf("%v, %+v: %v", order, churn, err)
	}
	if err := srv.Truth(1, 0).Check(found); err != nil {
		t.Errorf("%v, %+v: %v; %v", order, churn, err, report)
	}
	return report
}

// A fault in the middle of a listing leaves a proof, a typed error or a verdict that says so.
func TestFaultsInTheMiddleOfAListing(t *testing.T) {
	t.Parallel()
	conferences := confopenapitest.Conferences(600, 1)
	var mu sync.Mutex
	outcomes := map[string]int{}
	for _, fault := range confopenapitest.Faults() {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			for _, whole := range wholeLists {
				for seed := range *faultSeeds {
					outcome := meets(t, whole, fault, conferences, seed)
					mu.Lock()
					outcomes[outcome]++
					mu.Unlock()
				}
			}
		})
	}
	t.Cleanup(func() { t.Log(outcomes) })
}

func meets(t *testing.T, whole wholeList, fault confopenapitest.Fault, conferences []confopenapi.Conference, seed uint64) string {
	t.Helper()
	srv := mustStart(t, confopenapitest.WithConferences(conferences...), confopenapitest.WithMaxCount(100),
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
	found, report, err := whole.read(t.Context(), srv.Client(patient), nil)
	truth := srv.Truth(1, 0)
	lost := truth.Lost(found)
	for _, conf := range found {
		if !truth.Ever[conf.Identity()] {
			t.Errorf("%s, seed %d: %v was never in the list", whole.name, seed, conf)
		}
	}
	if again := truth.Repeated(found); len(again) > 0 {
		t.Errorf("%s, seed %d: %d came twice", whole.name, seed, len(again))
	}
	switch incomplete, partly := errors.AsType[*confopenapi.IncompleteError](err); {
	case err == nil && report.Verdict < confopenapi.VerdictConditional:
		t.Errorf("%s, seed %d: no error, but %v", whole.name, seed, report)
	case err == nil && len(lost) > 0:
		t.Errorf("%s, seed %d: %d lost in silence, %v", whole.name, seed, len(lost), report)
	case err == nil:
		return "proven"
	case partly && (incomplete.Report.Verdict != confopenapi.VerdictIncomplete || incomplete.Report.Reason == ""):
		t.Errorf("%s, seed %d: %v", whole.name, seed, err)
	case partly:
		return "incomplete, and says so"
	case !isTyped(err):
		t.Errorf("%s, seed %d: %T is no error of this package: %v", whole.name, seed, err, err)
	}
	return "typed error"
}

// What listings give shows nothing secret or personal either, and what they keep for later holds none.
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

// The digests that a Watcher keeps are of too few bits to tell what was there; the passcode is short, and has none.
func TestAWatchersJSONDoesNotTellThePasscode(t *testing.T) {
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
		t.Error("it depends on the passcode")
	}
}
