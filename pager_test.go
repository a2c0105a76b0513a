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

// liveList is a fake with n conferences at rest, at most a hundred a page, in the order of their start.
func liveList(t testing.TB, n int, opts ...confopenapitest.Option) *confopenapitest.Server {
	t.Helper()
	all := append([]confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(n, 1)...),
		confopenapitest.WithMaxCount(100),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
	}, opts...)
	return confopenapitest.NewServer(t, all...)
}

// take ranges over a listing until n conferences came, and returns them with the error that came last.
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
		t.Fatalf("%d requests before the range", n)
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
			t.Errorf("a break after %d:\n%s", c.items, diff)
		}
		if n := srv.RequestCount() - before; n != c.requests {
			t.Errorf("a break after %d costs %d requests, want %d", c.items, n, c.requests)
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

func TestAllStartsAfresh(t *testing.T) {
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
			t.Errorf("%d of 250", n)
		}
	}
	inParallel(2, func() {
		if found, err := take(t.Context(), pager, -1); err != nil || len(found) != 250 {
			t.Errorf("%d of 250, %v", len(found), err)
		}
	})
	if peak := srv.PeakInFlight(); peak > 2 {
		t.Errorf("%d requests in flight", peak)
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
			t.Errorf("request %d: %s", r.Number, r.List)
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
			t.Errorf("%s: count %d, want %d", c.name, got, c.want)
		}
	}
}

// A server that refuses the count, in whatever way, is asked for less; one that refuses for another reason says it in the end.
func TestPageSizeShrinksWhenRefused(t *testing.T) {
	t.Parallel()
	large := func(r confopenapitest.Request) bool { return r.List.Count > 100 }
	for _, fault := range []confopenapitest.Fault{
		confopenapitest.BusinessStatus(40001, "null"), confopenapitest.Status(400),
		confopenapitest.Status(413), confopenapitest.Status(422), confopenapitest.FaultNamed("gzip bomb"),
	} {
		srv := liveList(t, 250, confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault, When: large}))
		if found, err := take(t.Context(), srv.Client().Pager(nil, nil), -1); err != nil || len(found) != 250 {
			t.Errorf("%v: All gives %d of 250, %v", fault, len(found), err)
		}
		n := 0
		for page, err := range srv.Client().Pager(nil, nil).Pages(t.Context()) {
			if err != nil {
				t.Fatalf("%v: %v", fault, err)
			}
			n += len(page.Conferences)
		}
		if n != 250 {
			t.Errorf("%v: Pages give %d of 250", fault, n)
		}
	}
	srv := liveList(t, 250, confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.BusinessStatus(40001, "null")}))
	_, err := take(t.Context(), srv.Client().Pager(nil, nil), -1)
	if refusal := mustBe[*confopenapi.StatusError](t, err); refusal.Code != 40001 || srv.RequestCount() != 3 {
		t.Errorf("%v after %d requests", err, srv.RequestCount())
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
			t.Errorf("MaxItems %d: %d conferences, %d reports, %v", c.most, len(found), reports, err)
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
	if len(reports) != 2 || reports[0].Verdict != confopenapi.VerdictIncomplete || reports[1].Verdict != confopenapi.VerdictComplete ||
		reports[1].Received != 250 || reports[1].TotalCount != 250 || reports[1].Stats.PageSize != 100 || reports[1].End.Before(reports[1].Start) {
		t.Errorf("%+v", reports)
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
			t.Errorf("after %d pages: %v", from, err)
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
			t.Errorf("All: %v, want %s", err, c.field)
		}
		for _, err := range c.pager.Pages(t.Context()) {
			if c.pages != (err != nil) {
				t.Errorf("Pages with a bad %s: %v", c.field, err)
			}
			break
		}
	}
	var never context.Context
	_, err := take(never, client.Pager(nil, nil), -1)
	mustBe[*confopenapi.RequestError](t, err)
	if n := srv.RequestCount(); n != 1 { // Pages from page 2 on
		t.Errorf("%d requests were sent", n)
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
		{name: "as many as wanted", size: 100, options: confopenapi.PagerOptions{PageSize: 20, MaxItems: 21}, numbers: []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := liveList(t, c.size, confopenapitest.WithPaging(c.oddities))
			got := walk(t, srv.Client().Pager(c.req, &c.options), "")
			if c.reason != "" {
				if r := mustBe[*confopenapi.IncompleteError](t, got.err).Report; r.Reason != c.reason || r.Received != c.size {
					t.Errorf("got %v, want %q", got.err, c.reason)
				}
			} else if got.err != nil {
				t.Fatal(got.err)
			}
			if diff := cmp.Diff(c.numbers, got.numbers); diff != "" {
				t.Errorf("pages:\n%s", diff)
			}
			live := srv.Live()[c.first:]
			if c.options.MaxItems > 0 {
				live = live[:40]
			}
			if diff := cmp.Diff(identities(live), identities(got.found)); diff != "" {
				t.Errorf("conferences:\n%s", diff)
			}
			if more := c.options.MaxItems > 0 || c.reason != ""; (got.next != "") != more {
				t.Errorf("the last page's Next is %q", got.next)
			}
			want := len(c.numbers)
			if c.reason != "" {
				want += 3 // the last page and the empty one behind it are read twice
			}
			if n := srv.RequestCount(); n != want {
				t.Errorf("%d requests, want %d", n, want)
			}
		})
	}
}

// A server that ignores page numbers never ends. That is no listing.
func TestPagesWhenPageIsIgnored(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 45, confopenapitest.WithPaging(livelist.Paging{IgnorePage: true}))
	got := walk(t, srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 20}), "")
	incomplete := mustBe[*confopenapi.IncompleteError](t, got.err)
	if r := incomplete.Report; len(got.found) != 20 || r.Received != 20 || r.TotalCount != 45 || r.Missing != 25 ||
		r.Reason != confopenapi.ReasonPaging || r.Calls != 2 || r.Attempts != 2 {
		t.Errorf("%d conferences, %+v", len(got.found), r)
	}
	// Nor does it for a program that goes from cursor to cursor.
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
	t.Error("the cursors lead nowhere")
}

func TestPagesAreLazy(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 100)
	pages := srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 20}).Pages(t.Context())
	for range 2 {
		for page, err := range pages {
			if err != nil || page.Number != 1 {
				t.Errorf("%v, %v", page, err)
			}
			break
		}
	}
	if n := srv.RequestCount(); n != 2 {
		t.Errorf("%d requests", n)
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
		t.Errorf("%d conferences, %v", len(got.found), got.err)
	}
	srv.ClearFaults()
	rest := walk(t, client.Pager(nil, nil), got.next)
	if rest.err != nil || len(rest.found) != 60 || rest.numbers[0] != 3 {
		t.Errorf("%d conferences of pages %v, %v", len(rest.found), rest.numbers, rest.err)
	}
}

// Wherever a listing is broken off, its cursor goes on there, in any process.
func TestPagesFromResumes(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 250, confopenapitest.WithPaging(livelist.Paging{Cap: 40}))
	client := srv.Client()
	req := &confopenapi.ListByStatusRequest{FilterOneAttendee: new(false), AdminUserID: 7}
	var cursor confopenapi.Cursor
	var found []confopenapi.Conference
	for rounds := 0; rounds == 0 || cursor != ""; rounds++ {
		if rounds > 10 {
			t.Fatal("it does not end")
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
		t.Error(diff)
	}
	if n := srv.RequestCount(); n != 7 {
		t.Errorf("%d requests, want 7", n)
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
		t.Errorf("%q", good)
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
			t.Errorf("%s, %q: %v", name, cursor, got.err)
		}
	}
	for name, req := range map[string]*confopenapi.ListByStatusRequest{
		"nil": nil, "another admin": {AdminUserID: 8, FilterOneAttendee: new(true)},
		"another filter": {AdminUserID: 7, FilterOneAttendee: new(false)}, "no filter": {AdminUserID: 7},
	} {
		got := walk(t, client.Pager(req, nil), good)
		if bad := mustBe[*confopenapi.RequestError](t, got.err); bad.Field != "Cursor" || !strings.Contains(got.err.Error(), "another request") {
			t.Errorf("%s: %v", name, got.err)
		}
	}
	for _, numbers := range []string{
		"count=1000000000&page=1&seen=0", "count=20&page=9223372036854775807&seen=0", "count=10000&page=214749&seen=0",
		"count=0&page=1&seen=0", "count=20&page=0&seen=0", "count=20&page=1&seen=-2", "count=20&page=1&seen=9223372036854775807",
	} {
		got := walk(t, client.Pager(nil, nil), forged("v=1&"+numbers+"&last=0"))
		if bad := mustBe[*confopenapi.RequestError](t, got.err); bad.Field != "Cursor" || !strings.Contains(got.err.Error(), "out of range") {
			t.Errorf("%s: %v", numbers, got.err)
		}
	}
	if got := walk(t, client.Pager(nil, nil), forged("v=2&page=1")); !strings.Contains(got.err.Error(), "another version") {
		t.Error(got.err)
	}
	if n := srv.RequestCount(); n != 1 {
		t.Errorf("%d requests were sent", n-1)
	}
	if got := walk(t, client.Pager(nil, nil), forged("v=1&count=20&page=5&seen=-1&last=0")); got.err != nil || len(got.found) != 20 {
		t.Errorf("a cursor within its range: %d conferences, %v", len(got.found), got.err)
	}
}

// forged is a cursor whose sum fits.
func forged(text string) confopenapi.Cursor {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(text))
	return confopenapi.Cursor(fmt.Sprintf("%s&sum=%x", text, sum.Sum64()))
}

// Whatever a cursor says, it is followed or refused.
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
			t.Errorf("%q: %v", cursor, got.err)
		}
	})
}

// A page survives JSON, which keeps its data.
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
			t.Error(diff)
		}
		break
	}
}

// Services can give larger pages than they were asked for.
func TestPagesLargerThanAsked(t *testing.T) {
	t.Parallel()
	client, _ := overMock(t, nil, func(req *http.Request) (*http.Response, error) {
		var asked struct {
			Page int `json:"page"`
		}
		if err := json.NewDecoder(req.Body).Decode(&asked); err != nil {
			return nil, err
		}
		var rows []string
		for i := 20 * (asked.Page - 1); i < min(45, 20*asked.Page); i++ {
			rows = append(rows, fmt.Sprintf(`{"eventId":%d,"conferenceId":"c%d","startTime":%d}`, i+1, i+1, i+1))
		}
		return says(200, fmt.Sprintf(`{"status":0,"result":{"totalCount":45,"confList":[%s]}}`, strings.Join(rows, ",")))(req)
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
}

func TestPagesMissingFromTheMiddle(t *testing.T) {
	t.Parallel()
	client, _ := overMock(t, nil, says(200, `{"status":0,"result":{"totalCount":500,"confList":[]}}`))
	for _, err := range client.Pager(&confopenapi.ListByStatusRequest{Page: 4, Count: 100}, nil).Pages(t.Context()) {
		if got := mustBe[*confopenapi.IncompleteError](t, err).Report.Missing; got != 200 {
			t.Errorf("about %d missing behind page 3 of 5, want 200", got)
		}
	}
}
