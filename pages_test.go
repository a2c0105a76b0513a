package confopenapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// walked is what a range over Pages gave.
type walked struct {
	numbers []int
	found   []confopenapi.Conference
	next    confopenapi.Cursor // of the last page
	err     error
}

func walk(t *testing.T, p *confopenapi.Pager) (w walked) {
	t.Helper()
	for page, err := range p.Pages(t.Context()) {
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
		first    int // of the live conferences
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
			options: confopenapi.PagerOptions{PageSize: 20}, numbers: []int{1, 2, 3, 4},
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
			got := walk(t, srv.Client().Pager(c.req, &c.options))
			if got.err != nil {
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
			if more := c.options.MaxItems > 0; (got.next != "") != more {
				t.Errorf("the last page's Next is %q", got.next)
			}
			if n := srv.RequestCount(); n != len(c.numbers) {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A server that ignores page numbers never ends. That is no listing.
func TestPagesOfAServerThatIgnoresPage(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 45, confopenapitest.WithPaging(livelist.Paging{IgnorePage: true}))
	got := walk(t, srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 20}))
	incomplete := mustBe[*confopenapi.IncompleteError](t, got.err)
	if r := incomplete.Report; len(got.found) != 20 || r.Received != 20 || r.TotalCount != 45 || r.Missing != 25 || r.Reason == "" {
		t.Errorf("%d conferences, %+v", len(got.found), r)
	}
	// Nor does it for a program that goes from cursor to cursor.
	var cursor confopenapi.Cursor
	for range 10 {
		for page, err := range srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 20, Start: cursor}).Pages(t.Context()) {
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

func TestPagesEndWithAnError(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 100, confopenapitest.WithFaults(confopenapitest.Rule{
		Fault: confopenapitest.Status(503), When: confopenapitest.OnPage(3),
	}))
	client := srv.Client(quick)
	got := walk(t, client.Pager(nil, &confopenapi.PagerOptions{PageSize: 20}))
	if failure := mustBe[*confopenapi.HTTPError](t, got.err); failure.StatusCode != http.StatusServiceUnavailable || len(got.found) != 40 {
		t.Errorf("%d conferences, %v", len(got.found), got.err)
	}
	srv.ClearFaults()
	rest := walk(t, client.Pager(nil, &confopenapi.PagerOptions{Start: got.next}))
	if rest.err != nil || len(rest.found) != 60 || rest.numbers[0] != 3 {
		t.Errorf("%d conferences of pages %v, %v", len(rest.found), rest.numbers, rest.err)
	}
}

// Wherever a listing is broken off, its cursor goes on there, in any process.
func TestCursorsResume(t *testing.T) {
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
		for page, err := range client.Pager(req, &confopenapi.PagerOptions{Start: cursor}).Pages(t.Context()) {
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

func TestCursorsThatDoNotFit(t *testing.T) {
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
		got := walk(t, client.Pager(req, &confopenapi.PagerOptions{Start: cursor}))
		if bad, ok := errors.AsType[*confopenapi.RequestError](got.err); !ok || bad.Field != "Start" {
			t.Errorf("%s, %q: %v", name, cursor, got.err)
		}
	}
	for name, req := range map[string]*confopenapi.ListByStatusRequest{
		"nil": nil, "another admin": {AdminUserID: 8, FilterOneAttendee: new(true)},
		"another filter": {AdminUserID: 7, FilterOneAttendee: new(false)}, "no filter": {AdminUserID: 7},
	} {
		got := walk(t, client.Pager(req, &confopenapi.PagerOptions{Start: good}))
		if bad := mustBe[*confopenapi.RequestError](t, got.err); bad.Field != "Start" || !strings.Contains(got.err.Error(), "another request") {
			t.Errorf("%s: %v", name, got.err)
		}
	}
	if n := srv.RequestCount(); n != 1 {
		t.Errorf("%d requests were sent", n-1)
	}
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
	f.Add("v=1&page=-1&count=0&seen=0&last=0&sum=0")
	f.Add("v=1&sum=")
	f.Fuzz(func(t *testing.T, cursor string) {
		got := walk(t, client.Pager(nil, &confopenapi.PagerOptions{Start: confopenapi.Cursor(cursor)}))
		if _, bad := errors.AsType[*confopenapi.RequestError](got.err); got.err != nil && !bad {
			t.Errorf("%q: %v", cursor, got.err)
		}
	})
}

// A page survives JSON, which keeps its data.
func TestAPageAsJSON(t *testing.T) {
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
