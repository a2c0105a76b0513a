package confopenapitest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// listAll reads page after page, up to the first empty one.
func listAll(t *testing.T, client *confopenapi.Client, req confopenapi.ListByStatusRequest) []confopenapi.Conference {
	t.Helper()
	var all []confopenapi.Conference
	for req.Page = 1; ; req.Page++ {
		page, err := client.ListByStatus(t.Context(), &req)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Conferences) == 0 {
			return all
		}
		all = append(all, page.Conferences...)
	}
}

func ids(list []confopenapi.Conference) (ids []int64) {
	for _, c := range list {
		ids = append(ids, c.EventID)
	}
	return ids
}

// numbered returns conferences with the event ids 1 to n, the latest start first.
func numbered(n int) []confopenapi.Conference {
	list := confopenapitest.Conferences(n, 1)
	for i := range list {
		list[i].EventID = int64(i + 1)
		list[i].AttendeeCount = 3
	}
	return list
}

func TestListChanges(t *testing.T) {
	t.Parallel()
	all := numbered(6)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(all[:4]...))
	client := srv.Client()
	check := func(want ...int64) {
		t.Helper()
		page, err := client.ListByStatus(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ids(page.Conferences)); diff != "" || page.TotalCount != len(want) {
			t.Errorf("got a total of %d and these events (-want +got)\n%s", page.TotalCount, diff)
		}
		if diff := cmp.Diff(srv.Live(), page.Conferences); diff != "" {
			t.Errorf("the page differs from Live (-Live +page)\n%s", diff)
		}
	}
	check(1, 2, 3, 4)
	srv.Add(all[4], all[5])
	check(1, 2, 3, 4, 5, 6)
	if !srv.End(all[1].Identity()) || srv.End(all[1].Identity()) {
		t.Error("End: want true for a live conference, then false")
	}
	check(1, 3, 4, 5, 6)
	if !srv.Resume(all[1].Identity()) || srv.Resume(all[1].Identity()) {
		t.Error("Resume: want true for an ended conference, then false")
	}
	check(1, 2, 3, 4, 5, 6)
	anew, ok := srv.Restart(all[0].Identity(), all[0].StartTime+600)
	if !ok || anew.StartTime != all[0].StartTime+600 || anew.Title != all[0].Title || anew.StartTimeText == all[0].StartTimeText {
		t.Errorf("Restart: got %t and %v, want the conference with another start", ok, anew)
	}
	check(2, 3, 4, 5, 6, 1)
	if srv.End(all[0].Identity()) {
		t.Error("Restart: the earlier run is still live")
	}
	if !srv.Update(all[2].Identity(), func(c *confopenapi.Conference) { c.Title, c.AttendeeCount, c.EventID = "改期", 1, 99 }) {
		t.Error("Update: got false for a live conference")
	}
	check(2, 3, 4, 5, 6, 1)
	if c := srv.Live()[1]; c.Title != "改期" || c.AttendeeCount != 1 {
		t.Errorf("Update: got the title %s and %d attendees, want 改期 and 1", c.Title, c.AttendeeCount)
	}
	if alone, err := client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}); err != nil || len(alone.Conferences) != 5 {
		t.Errorf("FilterOneAttendee: got %v, %v, want 5 conferences", alone, err)
	}
	unknown := confopenapi.Identity{EventID: 4711}
	if _, ok := srv.Restart(unknown, 1); ok || srv.End(unknown) || srv.Resume(unknown) || srv.Update(unknown, func(*confopenapi.Conference) {}) {
		t.Error("End, Resume, Update or Restart: want false for an unknown conference")
	}
	both := []confopenapi.Conference{all[3], all[0]}
	srv.SetConferences(both...)
	both[0].EventID = 99 // must not change the server's copy
	check(4, 1)
	srv.SetConferences()
	check()
}

func TestChangesBetweenTwoPages(t *testing.T) {
	t.Parallel()
	all := numbered(40)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(all...))
	srv.Intercept(func(x *confopenapitest.Exchange) {
		if x.List.Page == 2 {
			srv.End(all[0].Identity())
		}
	})
	found := listAll(t, srv.Client(), confopenapi.ListByStatusRequest{Count: 10})
	if slices.Contains(ids(found), 11) || len(found) != 39 {
		t.Errorf("got events %v, want the 39 without 11", ids(found))
	}
	truth := srv.Truth(1, 0)
	if truth.Always[all[0].Identity()] || !truth.Ever[all[0].Identity()] || len(truth.Always) != 39 || len(truth.Ever) != 40 {
		t.Errorf("Truth: got %d always and %d ever, want 39 without event 1, and 40", len(truth.Always), len(truth.Ever))
	}
	if err := truth.Check(found); err == nil || len(truth.Lost(found)) != 1 {
		t.Errorf("Check returned %v, Lost %v; want an error and event 11", err, truth.Lost(found))
	}
	if err := truth.Check(append(found, all[10])); err != nil {
		t.Errorf("Check with event 11: got %v, want nil", err)
	}
}

// Truth says exactly what the responses contained, for every order, filter and kind of change.
func TestTruthMatchesResponses(t *testing.T) {
	t.Parallel()
	for i, order := range livelist.Orders() {
		if testing.Short() && i%4 > 0 {
			continue
		}
		t.Run(order.String(), func(t *testing.T) {
			t.Parallel()
			srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(120, 4)...),
				confopenapitest.WithOrder(confopenapitest.Order(order)), confopenapitest.WithChurn(confopenapitest.Churn{
					Seed: 9, Rate: 4, Toggle: 3, Resume: .3, Restart: .3,
				}))
			client := srv.Client()
			for _, filter := range []*bool{nil, new(false), new(true)} {
				req := confopenapi.ListByStatusRequest{Count: 1000, FilterOneAttendee: filter}
				first := srv.RequestCount() + 1
				times := map[confopenapi.Identity]int{}
				const rounds = 30
				for i := range rounds {
					page, err := client.ListByStatus(t.Context(), &req)
					if err != nil {
						t.Fatal(err)
					}
					if page.TotalCount != len(page.Conferences) || page.TotalCount < 50 {
						t.Fatalf("got %d conferences and a total of %d, want the same number, 50 or more", len(page.Conferences), page.TotalCount)
					}
					for _, c := range page.Conferences {
						times[c.Identity()]++
						if filter != nil && *filter && c.AttendeeCount == 1 {
							t.Fatalf("got %v, which has one attendee, with the filter", c)
						}
					}
					if i%5 == 0 { // changes by hand
						srv.End(page.Conferences[i].Identity())
						srv.Add(page.Conferences[i])
					}
					if i%7 == 0 {
						srv.End(page.Conferences[i+1].Identity())
					}
				}
				want := confopenapitest.Truth{Always: map[confopenapi.Identity]bool{}, Ever: map[confopenapi.Identity]bool{}}
				for id, n := range times {
					want.Ever[id] = true
					if n == rounds {
						want.Always[id] = true
					}
				}
				if diff := cmp.Diff(want, srv.TruthFor(&req, first, 0)); diff != "" {
					t.Errorf("TruthFor (-responses +truth)\n%s", diff)
				}
				if len(want.Ever) < 150 || len(want.Always) < 20 {
					t.Errorf("got %d always and %d ever, too few or too many for a test", len(want.Always), len(want.Ever))
				}
			}
		})
	}
}

func TestTruthOfReplicas(t *testing.T) {
	t.Parallel()
	all := numbered(10)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(all...), confopenapitest.WithPaging(livelist.Paging{Lags: []float64{0, 3}}))
	client := srv.Client()
	srv.End(all[0].Identity())
	seen := map[int]bool{}
	for range 12 {
		page, err := client.ListByStatus(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		seen[len(page.Conferences)] = true
	}
	if !seen[9] || !seen[10] {
		t.Errorf("got pages with these lengths: %v, want 9 and 10", seen)
	}
	early, late := srv.Truth(1, 2), srv.Truth(6, 12)
	if id := all[0].Identity(); early.Always[id] || !early.Ever[id] || late.Ever[id] {
		t.Errorf("ended conference: got always %t, ever %t, and later ever %t; want false, true, false", early.Always[id], early.Ever[id], late.Ever[id])
	}
}

// Package livelist tests every way of paging; this tests the options.
func TestPaging(t *testing.T) {
	t.Parallel()
	all := numbered(50)
	for i := range 25 {
		all[2*i].AttendeeCount = 1
	}
	second := confopenapi.ListByStatusRequest{Page: 2, Count: 15}
	filtered := confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}
	for _, c := range []struct {
		name           string
		opt            confopenapitest.Option
		req            confopenapi.ListByStatusRequest
		from, n, total int
	}{
		{"default", confopenapitest.WithLenience(), second, 16, 15, 50},
		{"WithMaxCount", confopenapitest.WithMaxCount(10), second, 11, 10, 50},
		{"WithPaging", confopenapitest.WithPaging(livelist.Paging{Depth: 20, Total: livelist.TotalDoubled}), second, 16, 5, 100},
		{"WithTotal", confopenapitest.WithTotal(func(live int) int { return live - 51 }), second, 16, 15, -1},
		{"filter", confopenapitest.WithLenience(), filtered, 2, 20, 25},
		{"WithFilterAfterPaging", confopenapitest.WithFilterAfterPaging(), filtered, 2, 10, 25},
	} {
		srv := confopenapitest.New(confopenapitest.WithConferences(all...), c.opt)
		page, err := srv.Client().ListByStatus(t.Context(), &c.req)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Conferences) != c.n || page.TotalCount != c.total || page.Conferences[0].EventID != int64(c.from) {
			t.Errorf("%s: got events %v, total %d; want %d from event %d on, total %d", c.name, ids(page.Conferences), page.TotalCount, c.n, c.from, c.total)
		}
	}
	rejecting := confopenapitest.New(confopenapitest.WithPaging(livelist.Paging{Reject: 20}))
	_, err := rejecting.Client().ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Count: 21})
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); !ok || refused.StatusCode != 400 {
		t.Errorf("count 21: %v, want HTTP 400", err)
	}
}

func TestWithAdmins(t *testing.T) {
	t.Parallel()
	sees := func(admin int64, c confopenapi.Conference) bool { return c.EventID%3 == admin%3 }
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(numbered(30)...), confopenapitest.WithAdmins(sees))
	for admin, want := range map[int64]int{0: 30, 1: 10, 2: 10} {
		req := confopenapi.ListByStatusRequest{AdminUserID: admin, Count: 100}
		first := srv.RequestCount() + 1
		page, err := srv.Client().ListByStatus(t.Context(), &req)
		if err != nil || len(page.Conferences) != want || page.TotalCount != want {
			t.Errorf("administrator %d: got %v, %v, want %d conferences", admin, page, err, want)
		}
		if err := srv.TruthFor(&req, first, 0).Check(page.Conferences); err != nil {
			t.Errorf("administrator %d: %v", admin, err)
		}
	}
}

// Changes and faults depend on the seed and the requests alone.
func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	ask := func(seed uint64) (text string) {
		service := confopenapitest.New(
			confopenapitest.WithConferences(confopenapitest.Conferences(80, 2)...), confopenapitest.WithOrder(confopenapitest.Order(livelist.LooseTies)),
			confopenapitest.WithPaging(livelist.Paging{Total: livelist.TotalNoisy, Lags: []float64{0, 2}}),
			confopenapitest.WithChurn(confopenapitest.Churn{Seed: seed, Rate: 3, Toggle: 1, Resume: .3, Restart: .3}),
			confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.FaultNamed("missing status"), Probability: .2, Seed: seed}))
		for i := range 60 {
			text += raw(t, service, "POST", "application/json", fmt.Sprintf(`{"page":%d,"count":30,"filterOneAttendee":%t}`, i%4+1, i%2 == 0)) + "\n"
			if i == 30 {
				service.Add(numbered(1)...)
			}
		}
		return text
	}
	first := ask(5)
	if diff := cmp.Diff(first, ask(5)); diff != "" {
		t.Errorf("the same seed gave different responses\n%s", diff)
	}
	if first == ask(6) {
		t.Error("two seeds gave the same responses")
	}
}

func TestSetChurn(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	client := srv.Client()
	changes := func() int {
		first := srv.RequestCount() + 1
		for range 20 {
			if _, err := client.ListByStatus(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		truth := srv.Truth(first, 0)
		return len(truth.Ever) - len(truth.Always)
	}
	if n := changes(); n != 0 {
		t.Errorf("without churn: got %d changes, want 0", n)
	}
	srv.SetChurn(confopenapitest.Churn{Seed: 1, Rate: 3})
	if n := changes(); n < 20 {
		t.Errorf("rate 3: got %d changes in 20 requests, want 20 or more", n)
	}
	added := confopenapitest.Conferences(200, 3)
	srv.SetConferences()
	srv.Add(added...)
	if changes(); !slices.ContainsFunc(srv.Live(), func(c confopenapi.Conference) bool { return c.StartTime > added[0].StartTime }) {
		t.Error("after Add: no conference started by churn")
	}
	latest := slices.MaxFunc(srv.Live(), func(a, b confopenapi.Conference) int { return int(a.StartTime - b.StartTime) })
	if latest.StartTime <= confopenapitest.Conferences(1, 1)[0].StartTime || latest.HostName == "" {
		t.Errorf("churn: got %v, want a conference with a host and a later start than all others", latest)
	}
	srv.SetChurn(confopenapitest.Churn{})
	if n := changes(); n != 0 {
		t.Errorf("after the end of churn: got %d changes, want 0", n)
	}
}

// Conferences that churn starts are as different from each other as those of Conferences are, and are complete.
func TestChurnedConferencesDiffer(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(100, 1)...),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 4}))
	for range 100 {
		if _, err := srv.Client().ListByStatus(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	live := slices.DeleteFunc(srv.Live(), func(c confopenapi.Conference) bool { return c.EventID < 1165158+100 })
	if len(live) < 50 {
		t.Fatalf("got %d churned conferences, too few for a test", len(live))
	}
	generated := confopenapitest.Conferences(len(live), 1)
	for name, of := range map[string]func(confopenapi.Conference) any{
		"event id":      func(c confopenapi.Conference) any { return c.EventID },
		"conference id": func(c confopenapi.Conference) any { return c.ConferenceID },
		"passcode":      func(c confopenapi.Conference) any { return c.Passcode.Reveal() },
		"title":         func(c confopenapi.Conference) any { return c.Title },
		"host":          func(c confopenapi.Conference) any { return c.HostID },
		"IP":            func(c confopenapi.Conference) any { return c.HostIP },
	} {
		got, want := map[any]bool{}, map[any]bool{}
		for i := range live {
			got[of(live[i])], want[of(generated[i])] = true, true
		}
		if len(got) < len(want)*2/3 || got[""] || got[0] {
			t.Errorf("%s: got %d values of %d churned conferences, want about %d and none empty", name, len(got), len(live), len(want))
		}
	}
}

// Listings page by page miss conferences about as often as the simulation behind the list says: 25, 80 and 86 % of the
// listings of 1,000 conferences in pages of 100, at 0.1, 1 and 5 changes per request.
func TestPlainListingsMissConferences(t *testing.T) {
	t.Parallel()
	all := confopenapitest.Conferences(1000, 1)
	for _, c := range []struct{ rate, least, most float64 }{{.1, .04, .5}, {1, .5, 1}, {5, .7, 1}} {
		seeds := 25
		if testing.Short() {
			seeds, c.least, c.most = 6, c.least-.3, 1
		}
		losing := 0.0
		for seed := range uint64(seeds) {
			service := confopenapitest.New(confopenapitest.WithConferences(all...), confopenapitest.WithMaxCount(100),
				confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithChurn(confopenapitest.Churn{Seed: seed, Rate: c.rate}))
			found := listAll(t, service.Client(), confopenapi.ListByStatusRequest{Count: 100})
			if len(service.Truth(1, 0).Lost(found)) > 0 {
				losing += 1 / float64(seeds)
			}
		}
		if losing < c.least || losing > c.most {
			t.Errorf("rate %v: got %.0f %% of the listings with a missing conference, want %.0f to %.0f %%", c.rate, 100*losing, 100*c.least, 100*c.most)
		}
	}
}

func TestTruthCheck(t *testing.T) {
	t.Parallel()
	all := confopenapitest.Conferences(4, 1)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(all...))
	if _, err := srv.Client().ListByStatus(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	truth := srv.Truth(1, 0)
	found := append(slices.Clone(all[1:3]), all[1])
	if diff := cmp.Diff([]confopenapi.Identity{all[0].Identity(), all[3].Identity()}, truth.Lost(found)); diff != "" {
		t.Errorf("Lost (-want +got)\n%s", diff)
	}
	stranger := confopenapi.Conference{EventID: 7}
	err := truth.Check(append(found, stranger))
	for _, want := range []string{"2 of 4 ", "1 of 4 found conferences were never listed (such as event 7,", "1 found more than once"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check: got %v, want it to contain %q", err, want)
		}
	}
	if truth.Lost(all) != nil || truth.Check(all) != nil {
		t.Errorf("all found once: Lost returned %v, Check %v; want nil and nil", truth.Lost(all), truth.Check(all))
	}
}
