package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// atRest is a list of n conferences that does not change, at most a hundred a page, in the order of their start.
func atRest(n int) []confopenapitest.Option {
	return []confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(n, 1)...), confopenapitest.WithMaxCount(100),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
	}
}

// liveList is a fake with n conferences at rest.
func liveList(t testing.TB, n int, opts ...confopenapitest.Option) *confopenapitest.Server {
	t.Helper()
	return confopenapitest.NewServer(t, append(atRest(n), opts...)...)
}

// take returns the first n conferences of a listing and its error; a negative n is all.
func take(ctx context.Context, p *confopenapi.Pager, n int) (taken []confopenapi.Conference, err error) {
	for conf, failure := range p.All(ctx) {
		if failure != nil {
			return taken, failure
		}
		if taken = append(taken, conf); len(taken) == n {
			return taken, nil
		}
	}
	return taken, nil
}

func TestAllIsLazy(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 300)
	listing := srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 20}).All(t.Context())
	if n := srv.RequestCount(); n != 0 {
		t.Fatalf("got %d requests before the range, want 0", n)
	}
	live := srv.Live()
	for _, c := range []struct{ items, requests int }{{1, 1}, {20, 1}, {21, 2}} {
		before := srv.RequestCount()
		var taken []confopenapi.Conference
		for conf, err := range listing {
			if err != nil {
				t.Fatal(err)
			}
			if taken = append(taken, conf); len(taken) == c.items {
				break
			}
		}
		if diff := cmp.Diff(identities(live[:c.items]), identities(taken)); diff != "" {
			t.Errorf("conferences before a break after %d (-want +got)\n%s", c.items, diff)
		}
		if n := srv.RequestCount() - before; n != c.requests {
			t.Errorf("a break after %d: got %d requests, want %d", c.items, n, c.requests)
		}
	}
}

func identities(list []confopenapi.Conference) []confopenapi.Identity {
	ids := make([]confopenapi.Identity, len(list))
	for i, c := range list {
		ids[i] = c.Identity()
	}
	return ids
}

func TestAllRangesAreIndependent(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 250)
	pager := srv.Client().Pager(nil, nil)
	listing := pager.All(t.Context())
	for range 2 {
		n := 0
		for _, err := range listing {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 250 {
			t.Errorf("got %d conferences, want 250", n)
		}
	}
	inParallel(2, func() {
		if found, err := take(t.Context(), pager, -1); err != nil || len(found) != 250 {
			t.Errorf("got %d conferences and %v, want 250", len(found), err)
		}
	})
	if peak := srv.PeakInFlight(); peak > 2 {
		t.Errorf("got %d requests in flight, want at most 2", peak)
	}
}

func TestAllSendsTheFilterWithEveryPage(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 400, confopenapitest.WithAdmins(func(int64, confopenapi.Conference) bool { return true }))
	req := &confopenapi.ListByStatusRequest{FilterOneAttendee: new(true), AdminUserID: 7, Page: 1}
	pager := srv.Client().Pager(req, nil)
	*req.FilterOneAttendee, req.AdminUserID = false, 8 // too late
	if _, err := take(t.Context(), pager, -1); err != nil {
		t.Fatal(err)
	}
	for _, r := range srv.Requests() {
		if filter := r.List.FilterOneAttendee; filter == nil || !*filter || r.List.AdminUserID != 7 {
			t.Errorf("request %d: got %s, want the filter and the administrator as given", r.Number, r.List)
		}
	}
}

func TestPageSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		req     *confopenapi.ListByStatusRequest
		options confopenapi.PagerOptions
		want    int
	}{
		{"the default", nil, confopenapi.PagerOptions{}, 500},
		{"the request's", &confopenapi.ListByStatusRequest{Count: 40}, confopenapi.PagerOptions{}, 40},
		{"the option's", &confopenapi.ListByStatusRequest{Count: 40}, confopenapi.PagerOptions{PageSize: 60}, 60},
		{"too small to overlap", nil, confopenapi.PagerOptions{PageSize: 5}, 20},
	} {
		srv := liveList(t, 10)
		if _, err := take(t.Context(), srv.Client().Pager(c.req, &c.options), -1); err != nil {
			t.Fatal(err)
		}
		if got := srv.Requests()[0].List.Count; got != c.want {
			t.Errorf("%s: got count %d, want %d", c.name, got, c.want)
		}
	}
}

// A service that refuses the count is asked for less. One that refuses the smallest, too, is not asked any more.
func TestPageSizeShrinksWhenRefused(t *testing.T) {
	t.Parallel()
	large := func(r confopenapitest.Request) bool { return r.List.Count > 100 }
	for _, fault := range []confopenapitest.Fault{
		confopenapitest.BusinessStatus(40001, "null"), confopenapitest.Status(400),
		confopenapitest.Status(413), confopenapitest.Status(422), confopenapitest.FaultNamed("gzip bomb"),
	} {
		srv := liveList(t, 250, confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault, When: large}))
		if found, err := take(t.Context(), srv.Client(smallResponses).Pager(nil, nil), -1); err != nil || len(found) != 250 {
			t.Errorf("%v: All: got %d conferences and %v, want 250", fault, len(found), err)
		}
		n := 0
		for page, err := range srv.Client(smallResponses).Pager(nil, nil).Pages(t.Context()) {
			if err != nil {
				t.Fatalf("%v: Pages: %v", fault, err)
			}
			n += len(page.Conferences)
		}
		if n != 250 {
			t.Errorf("%v: Pages: got %d conferences, want 250", fault, n)
		}
	}
	srv := liveList(t, 250, confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.BusinessStatus(40001, "null")}))
	pager := srv.Client(smallResponses).Pager(nil, nil)
	_, allErr := take(t.Context(), pager, -1)
	for name, err := range map[string]error{"All": allErr, "Pages": walk(t, pager, "").err} {
		if refusal := mustBe[*confopenapi.StatusError](t, err); refusal.Code != 40001 {
			t.Errorf("%s: got %v, want status 40001", name, err)
		}
	}
	if n := srv.RequestCount(); n != 6 {
		t.Errorf("got %d requests, want 500, 100 and 20 conferences to be asked for twice", n)
	}
	srv.ClearFaults()
	srv.FailNext(1, confopenapitest.Status(403))
	mustBe[*confopenapi.HTTPError](t, walk(t, pager, "").err)
	if n := srv.RequestCount(); n != 7 {
		t.Errorf("got %d requests after a refusal that is not of the count, want 1", n-6)
	}
}

// A refusal that is mapped is not of the count, whatever its HTTP status.
func TestPageSizeStaysAfterMappedRefusal(t *testing.T) {
	t.Parallel()
	codes := confopenapi.WithStatusErrors(map[int]error{400: confopenapi.ErrServer, 40001: confopenapi.ErrServer})
	for _, fault := range []confopenapitest.Fault{confopenapitest.Status(400), confopenapitest.BusinessStatus(40001, "null")} {
		srv := liveList(t, 250, confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault}))
		_, err := take(t.Context(), srv.Client(quick, codes).Pager(nil, nil), -1)
		if n := srv.RequestCount(); !errors.Is(err, confopenapi.ErrServer) || n != 4 {
			t.Errorf("%v: got %v after %d requests, want ErrServer after 4", fault, err, n)
		}
	}
}

func TestMaxItems(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 250)
	for _, c := range []struct{ most, want int }{{1, 1}, {100, 100}, {101, 101}, {250, 250}, {251, 250}, {0, 250}} {
		reports := 0
		found, err := take(t.Context(), srv.Client().Pager(nil, &confopenapi.PagerOptions{
			MaxItems: c.most, OnReport: func(confopenapi.Report) { reports++ },
		}), -1)
		if err != nil || len(found) != c.want || reports != 1 {
			t.Errorf("MaxItems %d: got %d conferences, %d reports and %v, want %d and 1", c.most, len(found), reports, err, c.want)
		}
	}
}

func TestOnReport(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 250)
	var reports []confopenapi.Report
	pager := srv.Client().Pager(nil, &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { reports = append(reports, r) }})
	for _, err := range pager.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if _, err := take(t.Context(), pager, -1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	late := srv.Client().Pager(nil, &confopenapi.PagerOptions{OnReport: func(confopenapi.Report) { cancel() }})
	if found, err := take(ctx, late, -1); err != nil || len(found) != 250 {
		t.Errorf("cancelled when everything is listed: got %d conferences and %v, want 250", len(found), err)
	}
	if len(reports) != 2 || reports[0].Verdict != confopenapi.VerdictIncomplete || reports[1].Verdict != confopenapi.VerdictComplete ||
		reports[1].Received != 250 || reports[1].TotalCount != 250 || reports[1].Stats.PageSize != 100 || reports[1].End.Before(reports[1].Start) {
		t.Errorf("got %v, want one that the caller ended, and one that is complete", reports)
	}
}

func TestAllContext(t *testing.T) {
	t.Parallel()
	errWhy := errors.New("the shift is over")
	for _, from := range []int{0, 2} {
		srv := liveList(t, 1000)
		ctx, cancel := context.WithCancelCause(t.Context())
		srv.Intercept(func(x *confopenapitest.Exchange) {
			if srv.RequestCount() >= from {
				cancel(errWhy)
				<-x.Context().Done()
			}
		})
		_, err := take(ctx, srv.Client().Pager(nil, nil), -1)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, errWhy) || errors.Is(err, confopenapi.ErrIncomplete) != (from > 0) {
			t.Errorf("cancelled at request %d: got %v, want the cancellation and its cause", from, err)
		}
		mustBe[*confopenapi.TransportError](t, err)
		cancel(nil)
	}
}

func TestPagerBadArguments(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 10)
	client := srv.Client()
	pager := func(req *confopenapi.ListByStatusRequest, o confopenapi.PagerOptions) *confopenapi.Pager {
		return client.Pager(req, &o)
	}
	var nobody *confopenapi.Client
	for _, c := range []struct {
		field string
		pager *confopenapi.Pager
		pages bool // Pages refuses it, too
	}{
		{"pager", nil, true},
		{"client", nobody.Pager(nil, nil), true},
		{"client", new(confopenapi.Client).Pager(nil, nil), true},
		{"AdminUserID", pager(&confopenapi.ListByStatusRequest{AdminUserID: -1}, confopenapi.PagerOptions{}), true},
		{"Page", pager(&confopenapi.ListByStatusRequest{Page: -1}, confopenapi.PagerOptions{}), true},
		{"Page", pager(&confopenapi.ListByStatusRequest{Page: math.MaxInt32, Count: 10_000}, confopenapi.PagerOptions{}), true},
		{"Count", pager(&confopenapi.ListByStatusRequest{Count: -1}, confopenapi.PagerOptions{PageSize: 20}), true},
		{"PageSize", pager(nil, confopenapi.PagerOptions{PageSize: -1}), true},
		{"PageSize", pager(nil, confopenapi.PagerOptions{PageSize: 10_001}), true},
		{"PageSize", pager(&confopenapi.ListByStatusRequest{Count: 10_001}, confopenapi.PagerOptions{}), true},
		{"MaxItems", pager(nil, confopenapi.PagerOptions{MaxItems: -1}), true},
		{"Require", pager(nil, confopenapi.PagerOptions{Require: -1}), true},
		{"Require", pager(nil, confopenapi.PagerOptions{Require: 4}), true},
		{"Page", pager(&confopenapi.ListByStatusRequest{Page: 2}, confopenapi.PagerOptions{}), false},
	} {
		_, err := take(t.Context(), c.pager, -1)
		if bad := mustBe[*confopenapi.RequestError](t, err); bad.Field != c.field {
			t.Errorf("All: got %v, want a *RequestError of %s", err, c.field)
		}
		for _, err := range c.pager.Pages(t.Context()) {
			if c.pages != (err != nil) {
				t.Errorf("Pages with a bad %s: got %v, want an error: %t", c.field, err, c.pages)
			}
			break
		}
	}
	last := &confopenapi.ListByStatusRequest{Page: math.MaxInt32 / 10_000, Count: 10_000}
	if err := walk(t, client.Pager(last, nil), "").err; err != nil {
		t.Errorf("the last page that can be asked for: got %v, want an empty page", err)
	}
	var never context.Context
	_, err := take(never, client.Pager(nil, nil), -1)
	mustBe[*confopenapi.RequestError](t, err)
	if n := srv.RequestCount(); n != 2 { // Pages from page 2 on, and the last page
		t.Errorf("got %d requests, want 2", n)
	}
}

// walked is what a range over Pages gave.
type walked struct {
	numbers []int
	found   []confopenapi.Conference
	next    confopenapi.Cursor // of the last page
	err     error
}

func walk(t *testing.T, p *confopenapi.Pager, from confopenapi.Cursor) (w walked) {
	t.Helper()
	for page, err := range p.PagesFrom(t.Context(), from) {
		if err != nil {
			w.err = err
			continue
		}
		w.numbers = append(w.numbers, page.Number)
		w.found = append(w.found, page.Conferences...)
		w.next = page.Next
	}
	return w
}

func TestPages(t *testing.T) {
	t.Parallel()
	type list = confopenapi.ListByStatusRequest
	for _, c := range []struct {
		name     string
		size     int
		oddities livelist.Paging
		req      *list
		options  confopenapi.PagerOptions
		numbers  []int
		first    int                // of the live conferences
		reason   confopenapi.Reason // of the error that comes last
	}{
		{name: "whole pages and a rest", size: 45, options: confopenapi.PagerOptions{PageSize: 20}, numbers: []int{1, 2, 3}},
		{name: "whole pages alone", size: 40, options: confopenapi.PagerOptions{PageSize: 20}, numbers: []int{1, 2}},
		{name: "the request's count", size: 45, req: &list{Count: 30}, numbers: []int{1, 2}},
		{name: "fewer than a page of the default", size: 19, numbers: []int{1}},
		{name: "nothing", size: 0, numbers: []int{1}},
		{name: "one page that could be a cap", size: 45, numbers: []int{1, 2}},
		{name: "a cap that is silent", size: 250, oddities: livelist.Paging{Cap: 100}, numbers: []int{1, 2, 3}},
		{name: "a cap that shortens the steps", size: 250, oddities: livelist.Paging{Cap: 100, Clamp: true}, numbers: []int{1, 2, 3}},
		{
			name: "no total", size: 45, oddities: livelist.Paging{Total: livelist.TotalZero},
			options: confopenapi.PagerOptions{PageSize: 20}, numbers: []int{1, 2, 3, 4},
		},
		{
			name: "the total of the page", size: 45, oddities: livelist.Paging{Total: livelist.TotalPage},
			options: confopenapi.PagerOptions{PageSize: 20}, numbers: []int{1, 2, 3, 4},
		},
		{
			name: "a total that is too large", size: 45, oddities: livelist.Paging{Total: livelist.TotalDoubled},
			options: confopenapi.PagerOptions{PageSize: 20}, numbers: []int{1, 2, 3}, reason: confopenapi.ReasonTotal,
		},
		{
			name: "the last page again and again, no total", size: 45,
			oddities: livelist.Paging{RepeatLast: true, Total: livelist.TotalZero},
			options:  confopenapi.PagerOptions{PageSize: 20}, numbers: []int{1, 2, 3, 4},
		},
		{name: "from a page in the middle", size: 50, req: &list{Page: 2, Count: 20}, numbers: []int{2, 3, 4}, first: 20},
		{
			name: "from a page in the middle of a list with a cap", size: 350, req: &list{Page: 2, Count: 200},
			oddities: livelist.Paging{Cap: 100}, numbers: []int{2, 4, 5}, first: 200,
		},
		{
			name: "from a page in the middle, the last page again and again", size: 40, req: &list{Page: 2, Count: 20},
			oddities: livelist.Paging{RepeatLast: true}, numbers: []int{2, 3}, first: 20,
		},
		{name: "as many as wanted, in whole pages", size: 100, options: confopenapi.PagerOptions{PageSize: 20, MaxItems: 40}, numbers: []int{1, 2}},
		{name: "as many as wanted", size: 100, options: confopenapi.PagerOptions{PageSize: 20, MaxItems: 21}, numbers: []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := liveList(t, c.size, confopenapitest.WithPaging(c.oddities))
			got := walk(t, srv.Client().Pager(c.req, &c.options), "")
			if c.reason != "" {
				if r := mustBe[*confopenapi.IncompleteError](t, got.err).Report; r.Reason != c.reason || r.Received != c.size {
					t.Errorf("got %v, want the reason %q after %d conferences", got.err, c.reason, c.size)
				}
			} else if got.err != nil {
				t.Fatal(got.err)
			}
			if diff := cmp.Diff(c.numbers, got.numbers); diff != "" {
				t.Errorf("numbers of the pages (-want +got)\n%s", diff)
			}
			live := srv.Live()[c.first:]
			if c.options.MaxItems > 0 {
				live = live[:40]
			}
			if diff := cmp.Diff(identities(live), identities(got.found)); diff != "" {
				t.Errorf("conferences (-want +got)\n%s", diff)
			}
			if more := c.options.MaxItems > 0 || c.reason != ""; (got.next != "") != more {
				t.Errorf("Next of the last page: got %q, want a cursor: %t", got.next, more)
			}
			want := len(c.numbers)
			if c.reason != "" {
				want += 3 // the last page and the empty one behind it are read twice
			}
			if n := srv.RequestCount(); n != want {
				t.Errorf("got %d requests, want %d", n, want)
			}
		})
	}
}

// A service that ignores page numbers sends the same page again and again.
func TestPagesWhenPageIsIgnored(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 45, confopenapitest.WithPaging(livelist.Paging{IgnorePage: true}), confopenapitest.WithFaults(confopenapitest.Rule{
		Fault: confopenapitest.Status(400), When: func(r confopenapitest.Request) bool { return r.List.Count > 20 },
	}))
	got := walk(t, srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 30}), "")
	incomplete := mustBe[*confopenapi.IncompleteError](t, got.err)
	if r := incomplete.Report; len(got.found) != 20 || r.Received != 20 || r.TotalCount != 45 || r.Missing != 25 ||
		r.Reason != confopenapi.ReasonPaging || r.Calls != 3 || r.Attempts != 3 || r.Stats.PageSize != 20 || r.Stats.Rounds != 3 {
		t.Errorf("got %d conferences and %v, want 20 and the reason paging, after 3 calls", len(got.found), r)
	}
	// A program that goes from cursor to cursor gets the same error.
	var cursor confopenapi.Cursor
	for range 10 {
		for page, err := range srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 20}).PagesFrom(t.Context(), cursor) {
			if err != nil {
				mustBe[*confopenapi.IncompleteError](t, err)
				return
			}
			cursor = page.Next
			break
		}
	}
	t.Error("the cursors go on for ten pages, want an *IncompleteError")
}

func TestPagesAreLazy(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 100)
	pages := srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 20}).Pages(t.Context())
	for range 2 {
		for page, err := range pages {
			if err != nil || page.Number != 1 {
				t.Errorf("got %v, %v, want page 1", page, err)
			}
			break
		}
	}
	if n := srv.RequestCount(); n != 2 {
		t.Errorf("got %d requests, want 2", n)
	}
}

func TestPagesError(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 100, confopenapitest.WithFaults(confopenapitest.Rule{
		Fault: confopenapitest.Status(503), When: confopenapitest.OnPage(3),
	}))
	client := srv.Client(quick)
	got := walk(t, client.Pager(nil, &confopenapi.PagerOptions{PageSize: 20}), "")
	if failure := mustBe[*confopenapi.HTTPError](t, got.err); failure.StatusCode != http.StatusServiceUnavailable || len(got.found) != 40 {
		t.Errorf("got %d conferences and %v, want 40 and HTTP 503", len(got.found), got.err)
	}
	srv.ClearFaults()
	rest := walk(t, client.Pager(nil, nil), got.next)
	if rest.err != nil || len(rest.found) != 60 || rest.numbers[0] != 3 {
		t.Errorf("got %d conferences of the pages %v and %v, want 60 from page 3 on", len(rest.found), rest.numbers, rest.err)
	}
}

// After each page the loop ends, and another goes on at the cursor.
func TestPagesFromResumes(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 250, confopenapitest.WithPaging(livelist.Paging{Cap: 40}))
	client := srv.Client()
	req := &confopenapi.ListByStatusRequest{FilterOneAttendee: new(false), AdminUserID: 7}
	var cursor confopenapi.Cursor
	var found []confopenapi.Conference
	for rounds := 0; rounds == 0 || cursor != ""; rounds++ {
		if rounds > 10 {
			t.Fatal("got more than 10 pages, want 7")
		}
		for page, err := range client.Pager(req, nil).PagesFrom(t.Context(), cursor) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, page.Conferences...)
			cursor = page.Next
			break
		}
	}
	if diff := cmp.Diff(identities(srv.Live()), identities(found)); diff != "" {
		t.Errorf("conferences (-want +got)\n%s", diff)
	}
	if n := srv.RequestCount(); n != 7 {
		t.Errorf("got %d requests, want 7", n)
	}
}

func someCursor(t testing.TB, client *confopenapi.Client, req *confopenapi.ListByStatusRequest) confopenapi.Cursor {
	t.Helper()
	for page, err := range client.Pager(req, &confopenapi.PagerOptions{PageSize: 20}).Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		return page.Next
	}
	return ""
}

func TestPagesFromBadCursor(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 100)
	client := srv.Client()
	good := someCursor(t, client, &confopenapi.ListByStatusRequest{AdminUserID: 7, FilterOneAttendee: new(true)})
	if strings.Contains(string(good), srv.Token()) || good == "" {
		t.Errorf("got the cursor %q, want one without the token", good)
	}
	cases := map[string]confopenapi.Cursor{"foreign": "eyJvZmZzZXQiOjQwfQ==", "a query": "page=2&count=20", "no text": "%zz"}
	for i := range good {
		cases[fmt.Sprintf("cut at %d", i)] = good[:i]
		cases[fmt.Sprintf("changed at %d", i)] = good[:i] + "7" + good[i+1:]
	}
	for name, cursor := range cases {
		if cursor == good || cursor == "" {
			continue
		}
		req := &confopenapi.ListByStatusRequest{AdminUserID: 7, FilterOneAttendee: new(true)}
		got := walk(t, client.Pager(req, nil), cursor)
		if bad, ok := errors.AsType[*confopenapi.RequestError](got.err); !ok || bad.Field != "Cursor" {
			t.Errorf("%s, %q: got %v, want a *RequestError of the Cursor", name, cursor, got.err)
		}
	}
	for name, req := range map[string]*confopenapi.ListByStatusRequest{
		"nil": nil, "another admin": {AdminUserID: 8, FilterOneAttendee: new(true)},
		"another filter": {AdminUserID: 7, FilterOneAttendee: new(false)}, "no filter": {AdminUserID: 7},
	} {
		got := walk(t, client.Pager(req, nil), good)
		if bad := mustBe[*confopenapi.RequestError](t, got.err); bad.Field != "Cursor" || !strings.Contains(got.err.Error(), "another request") {
			t.Errorf("%s: got %v, want a cursor of another request", name, got.err)
		}
	}
	for _, numbers := range []string{
		"count=1000000000&page=1&seen=0", "count=20&page=9223372036854775807&seen=0", "count=10000&page=214749&seen=0",
		"count=0&page=1&seen=0", "count=20&page=0&seen=0", "count=20&page=1&seen=-2", "count=20&page=1&seen=9223372036854775807", "count=20&page=1&seen=2147483648",
	} {
		got := walk(t, client.Pager(nil, nil), forged("v=1&"+numbers+"&last=0"))
		if bad := mustBe[*confopenapi.RequestError](t, got.err); bad.Field != "Cursor" || !strings.Contains(got.err.Error(), "out of range") {
			t.Errorf("%s: got %v, want a number out of range", numbers, got.err)
		}
	}
	for _, numbers := range []string{
		"count=1&page=1&seen=0", "count=10000&page=214748&seen=2147483647", "count=20&page=1&seen=-1",
	} {
		if at := forged("v=1&" + numbers + "&last=0"); errors.As(walkOne(t, client, at), new(*confopenapi.RequestError)) {
			t.Errorf("%s is refused, want it to be within range", numbers)
		}
	}
	before := srv.RequestCount()
	for cursor, want := range map[confopenapi.Cursor]string{
		"eyJvZmZzZXQiOjQwfQ==": "no cursor", "v=1&count=20&page=2&seen=20&last=0": "no cursor", "count=20&sum=0": "no cursor",
		"v=1&count=20&page=2&seen=20&last=0&sum=0": "damaged", good[:len(good)-1]: "damaged",
	} {
		if err := walkOne(t, client, cursor); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", cursor, err, want)
		}
	}
	if got := walk(t, client.Pager(nil, nil), forged("v=2&page=1")); !strings.Contains(got.err.Error(), "another version") {
		t.Errorf("got %v, want a cursor of another version", got.err)
	}
	for _, spelling := range []string{
		"count=020&page=2&seen=20&last=0", "count=20&page=02&seen=20&last=0", "count=20&page=2&seen=+20&last=0", "count=20&page=2&seen=20&last=00",
		"page=2&count=20&seen=20&last=0", "count=20&page=2&seen=20&last=0&x=1",
	} {
		got := walk(t, client.Pager(nil, nil), forged("v=1&"+spelling))
		if bad := mustBe[*confopenapi.RequestError](t, got.err); bad.Field != "Cursor" {
			t.Errorf("%s: got %v, want a *RequestError of the Cursor", spelling, got.err)
		}
	}
	if n := srv.RequestCount(); n != before {
		t.Errorf("got %d requests for bad cursors, want 0", n-before)
	}
	if got := walk(t, client.Pager(nil, nil), forged("v=1&count=20&page=5&seen=-1&last=0")); got.err != nil || len(got.found) != 20 {
		t.Errorf("a cursor within its range: got %d conferences and %v, want 20", len(got.found), got.err)
	}
}

// walkOne is the error of the first page at a cursor.
func walkOne(t *testing.T, client *confopenapi.Client, at confopenapi.Cursor) error {
	t.Helper()
	for _, err := range client.Pager(nil, nil).PagesFrom(t.Context(), at) {
		return err
	}
	return nil
}

// forged is a cursor whose sum fits.
func forged(text string) confopenapi.Cursor {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(text))
	return confopenapi.Cursor(fmt.Sprintf("%s&sum=%x", text, sum.Sum64()))
}

// A cursor leads to pages or to a *RequestError.
func FuzzCursor(f *testing.F) {
	srv, err := confopenapitest.Start(confopenapitest.WithConferences(confopenapitest.Conferences(45, 1)...))
	if err != nil {
		f.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client()
	f.Add(string(someCursor(f, client, nil)))
	f.Add(string(forged("v=1&count=20&page=2&seen=20&last=0")))
	f.Add("v=1&page=-1&count=0&seen=0&last=0&sum=0")
	f.Add("v=1&sum=")
	f.Fuzz(func(t *testing.T, cursor string) {
		got := walk(t, client.Pager(nil, nil), confopenapi.Cursor(cursor))
		if _, bad := errors.AsType[*confopenapi.RequestError](got.err); got.err != nil && !bad {
			t.Errorf("%q: got %v, want a list or a *RequestError", cursor, got.err)
		}
	})
}

func TestPageJSON(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 45)
	for page, err := range srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 20}).Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		var back confopenapi.Page
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		want := confopenapi.Page{Number: 1, Next: page.Next, ConfList: &confopenapi.ConfList{TotalCount: 45, Conferences: page.Conferences}}
		if diff := cmp.Diff(want, back, cmp.AllowUnexported(confopenapi.Secret{})); diff != "" {
			t.Errorf("page after JSON (-want +got)\n%s", diff)
		}
		if err := json.Unmarshal([]byte(`{"number":2,"result":[]}`), &back); err == nil || back.Number != 1 {
			t.Errorf("after bad JSON: got %v and page %d, want an error and page 1 as before", err, back.Number)
		}
		break
	}
}

// asked is what a request asks for.
func asked(req *http.Request) (list confopenapi.ListByStatusRequest) {
	if err := json.NewDecoder(req.Body).Decode(&list); err != nil {
		panic(err)
	}
	return list
}

// numbered is a response with the conferences of the places from, included, to to, excluded.
func numbered(from, to, total int) string {
	var rows []string
	for i := from; i < to; i++ {
		rows = append(rows, fmt.Sprintf(`{"eventId":%d,"conferenceId":"c%d","startTime":%d}`, i+1, i+1, i+1))
	}
	return fmt.Sprintf(`{"status":0,"result":{"totalCount":%d,"confList":[%s]}}`, total, strings.Join(rows, ","))
}

// A service may send larger pages than it was asked for.
func TestPagesLargerThanAsked(t *testing.T) {
	t.Parallel()
	total := 45
	client, _ := overMock(t, nil, func(req *http.Request) (*http.Response, error) {
		page := asked(req).Page
		return says(200, numbered(20*(page-1), min(45, 20*page), total))(req)
	})
	rows := 0
	for page, err := range client.Pager(&confopenapi.ListByStatusRequest{Count: 10}, nil).Pages(t.Context()) {
		if err != nil {
			t.Fatalf("after %d conferences: %v", rows, err)
		}
		rows += len(page.Conferences)
	}
	if rows != 45 {
		t.Errorf("got %d conferences, want 45", rows)
	}
	total = 100
	err := walk(t, client.Pager(&confopenapi.ListByStatusRequest{Count: 10}, nil), "").err
	if r := mustBe[*confopenapi.IncompleteError](t, err).Report; r.Reason != confopenapi.ReasonTotal || r.Missing != 55 {
		t.Errorf("45 conferences of 100: got %v, want 55 missing", err)
	}
}

// Only the first page is asked for in smaller pieces: a later one that is refused is an error.
func TestPagesRefusedLater(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 250, confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Status(400), When: confopenapitest.OnPage(2)}))
	got := walk(t, srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 100}), "")
	if refused := mustBe[*confopenapi.HTTPError](t, got.err); refused.StatusCode != 400 || len(got.found) != 100 {
		t.Errorf("got %d conferences and %v, want 100 and HTTP 400", len(got.found), got.err)
	}
	if n := srv.RequestCount(); n != 2 {
		t.Errorf("got %d requests, want 2", n)
	}
}

// Before a page in the middle, nothing was counted. So a total that is reached does not end the pages.
func TestPagesFromTheMiddleIgnoreTotal(t *testing.T) {
	t.Parallel()
	client, transport := overMock(t, nil, func(req *http.Request) (*http.Response, error) {
		page := asked(req).Page
		return says(200, numbered(20*(page-1), min(80, 20*page), 40))(req)
	})
	got := walk(t, client.Pager(&confopenapi.ListByStatusRequest{Page: 2, Count: 10}, nil), "")
	if got.err != nil || len(got.found) != 60 {
		t.Errorf("got %d conferences, %v, want 60", len(got.found), got.err)
	}
	wantAttempts(t, transport, 4)
}

func TestPagesBound(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("100,000 requests take seconds")
	}
	pages := 0
	client := overTransport(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		pages++
		return says(200, fmt.Sprintf(`{"status":0,"result":{"totalCount":1000000,"confList":[{"eventId":%d}]}}`, pages))(req)
	}))
	got := 0
	for page, err := range client.Pager(nil, &confopenapi.PagerOptions{PageSize: 1}).Pages(t.Context()) {
		if err == nil {
			got = page.Number
			continue
		}
		if r := mustBe[*confopenapi.IncompleteError](t, err).Report; r.Reason != confopenapi.ReasonEffort || r.Calls != 100_000 || r.Received != 100_000 {
			t.Errorf("got %v, want %q after 100,000 calls", err, confopenapi.ReasonEffort)
		}
	}
	if got != 100_000 || pages != 100_000 {
		t.Errorf("got page %d last, after %d requests, want 100,000 of each", got, pages)
	}
}

func TestPagesMissingFromTheMiddle(t *testing.T) {
	t.Parallel()
	client, _ := overMock(t, nil, says(200, `{"status":0,"result":{"totalCount":500,"confList":[]}}`))
	for _, err := range client.Pager(&confopenapi.ListByStatusRequest{Page: 4, Count: 100}, nil).Pages(t.Context()) {
		if got := mustBe[*confopenapi.IncompleteError](t, err).Report.Missing; got != 200 {
			t.Errorf("behind page 3 of 5: got about %d missing, want 200", got)
		}
	}
}
