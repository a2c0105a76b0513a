package confopenapitest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// Outside a test, call Start and Close.
func ExampleStart() {
	srv, err := confopenapitest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	page, err := srv.Client().ListByStatus(context.Background(), nil)
	fmt.Println(page, err)
	// Output: 20 of 25 conferences <nil>
}

// A program that makes its own client needs the URL and the token.
func ExampleServer() {
	srv, err := confopenapitest.Start(confopenapitest.WithToken("from-the-config"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	client, err := confopenapi.NewClient(srv.URL+"/any/prefix", confopenapi.WithToken("from-the-config"))
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := client.ListByStatus(context.Background(), nil)
	fmt.Println(page, err)
	// Output: 20 of 25 conferences <nil>
}

// printing prints the failures of a test. A real test uses its t.
type printing struct{ cleanups []func() }

func (*printing) Helper()                        {}
func (p *printing) Cleanup(f func())             { p.cleanups = append(p.cleanups, f) }
func (*printing) Errorf(format string, a ...any) { fmt.Printf(format+"\n", a...) }
func (*printing) Fatalf(format string, a ...any) { fmt.Printf(format+"\n", a...) }
func (p *printing) end()                         { p.cleanups[0]() }

// The server of a test is strict: a request that breaks the documented contract fails the test.
func ExampleNewServer() {
	t := new(printing)
	defer t.end()

	srv := confopenapitest.NewServer(t)
	body := strings.NewReader(`{"page":0,"pageSize":10}`)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, srv.URL+"/confopenapi/conference/listbystatus", body)
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	fmt.Println(resp.StatusCode)
	// Output:
	// confopenapitest: request 1 breaks the documented contract: page is 0 and must be at least 1; field "pageSize" is not documented (POST /confopenapi/conference/listbystatus, body {"page":0,"pageSize":10})
	// 400
}

// The fake is a handler for any server, under any prefix.
func ExampleNew() {
	mux := http.NewServeMux()
	mux.Handle("/fake/", confopenapitest.New(confopenapitest.WithToken("")))
	mux.HandleFunc("/other", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "of my own") })

	response := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, "/fake/confopenapi/conference/listbystatus", strings.NewReader("{}"))
	req.Header.Set("Content-Type", "application/json")
	mux.ServeHTTP(response, req)
	fmt.Println(response.Code, response.Body.String()[:37])
	// Output: 200 {"status":0,"result":{"totalCount":25
}

// A test can update, end, resume, restart and add conferences.
func ExampleServer_End() {
	ctx := context.Background()
	all := confopenapitest.Conferences(3, 1)
	srv := confopenapitest.New(confopenapitest.WithConferences(all...))
	show := func(what string) {
		page, err := srv.Client().ListByStatus(ctx, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-9s", what)
		for _, c := range page.Conferences {
			fmt.Printf(" %s (%d)", c.ConferenceID, c.AttendeeCount)
		}
		fmt.Println()
	}

	first := all[0].Identity()
	show("start")
	srv.Update(first, func(c *confopenapi.Conference) { c.AttendeeCount = 99 })
	show("updated")
	srv.End(first)
	show("ended")
	srv.Resume(first)
	show("resumed")
	srv.Restart(first, first.StartTime+3600)
	show("restarted")
	srv.Add(confopenapi.Conference{ConferenceID: "mine", AttendeeCount: 2})
	show("added")
	// Output:
	// start     22188557 (10) 22188560 (14) 22188563 (5)
	// updated   22188557 (99) 22188560 (14) 22188563 (5)
	// ended     22188560 (14) 22188563 (5)
	// resumed   22188557 (99) 22188560 (14) 22188563 (5)
	// restarted 22188560 (14) 22188563 (5) 22188557 (99)
	// added     22188560 (14) 22188563 (5) 22188557 (99) mine (2)
}

// A listing page by page misses conferences if the list changes meanwhile. Truth reports which.
func ExampleServer_Truth() {
	ctx := context.Background()
	srv := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(200, 1)...),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: 3, Rate: 5}))

	addUpPages := func(client *confopenapi.Client) []confopenapi.Conference {
		found := map[confopenapi.Identity]confopenapi.Conference{}
		for page := 1; page <= 10; page++ {
			list, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: page})
			if err != nil {
				return nil
			}
			for _, c := range list.Conferences {
				found[c.Identity()] = c
			}
		}
		return slices.Collect(maps.Values(found))
	}

	first := srv.RequestCount() + 1
	found := addUpPages(srv.Client()) // the program under test
	fmt.Println(srv.Truth(first, 0).Check(found))
	// Output:
	// confopenapitest: 14 of 181 conferences that were always listed are missing (such as event 1165178, conference "22188617", start 1793609236)
}

// The next requests fail, and the SDK retries.
func ExampleServer_FailNext() {
	srv := confopenapitest.New()
	client := srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: 1, MaxWait: 1}))

	srv.FailNext(1, confopenapitest.Status(503))
	srv.FailNext(1, confopenapitest.Truncate())
	page, err := client.ListByStatus(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page, "after", page.Meta.Attempts, "attempts")
	// Output: 20 of 25 conferences after 3 attempts
}

// Rules fail selected requests, or requests at random.
func ExampleServer_Inject() {
	srv := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(100, 1)...))
	srv.Inject(
		confopenapitest.Rule{Fault: confopenapitest.BusinessStatus(40001, `""`), When: confopenapitest.OnPage(3)},
		confopenapitest.Rule{Fault: confopenapitest.FaultNamed("null list"), Probability: 0.3, Seed: 7},
	)
	for page := 1; page <= 5; page++ {
		list, err := srv.Client().ListByStatus(context.Background(), &confopenapi.ListByStatusRequest{Page: page})
		if refused, ok := errors.AsType[*confopenapi.StatusError](err); ok {
			fmt.Println(page, "business status", refused.Code)
			continue
		}
		fmt.Println(page, list, err)
	}
	// Output:
	// 1 20 of 100 conferences <nil>
	// 2 20 of 100 conferences <nil>
	// 3 business status 40001
	// 4 20 of 100 conferences <nil>
	// 5 0 of 100 conferences <nil>
}

// An interceptor sees each exchange. It can change the list between two pages, or respond.
func ExampleServer_Intercept() {
	all := confopenapitest.Conferences(40, 1)
	srv := confopenapitest.New(confopenapitest.WithConferences(all...))
	srv.Intercept(func(x *confopenapitest.Exchange) {
		switch x.List.Page {
		case 2:
			srv.End(all[0].Identity())
		case 3:
			x.Fail(confopenapitest.Status(403))
		}
	})
	for page := 1; page <= 3; page++ {
		list, err := srv.Client().ListByStatus(context.Background(), &confopenapi.ListByStatusRequest{Page: page})
		fmt.Println(list, errors.Is(err, confopenapi.ErrForbidden))
	}
	// Output:
	// 20 of 40 conferences false
	// 19 of 39 conferences false
	// <nil> true
}

// A list that does not fit into memory is generated page by page.
func ExampleExchange_RespondPage() {
	srv := confopenapitest.New()
	srv.Intercept(func(x *confopenapitest.Exchange) {
		const total = 1_000_000
		first := (x.List.Page - 1) * x.List.Count
		x.RespondPage(total, confopenapitest.ConferencesFrom(first, min(x.List.Count, total-first), 1)...)
	})
	page, err := srv.Client().ListByStatus(context.Background(), &confopenapi.ListByStatusRequest{Page: 3334, Count: 300})
	fmt.Println(page, err)
	// Output: 100 of 1000000 conferences <nil>
}

// The recorded requests do not show the token. Each prints as one line.
func ExampleServer_Requests() {
	srv := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(30, 1)...))
	_, _ = srv.Client().ListByStatus(context.Background(), &confopenapi.ListByStatusRequest{Page: 2, FilterOneAttendee: new(true)})
	for _, r := range srv.Requests() {
		fmt.Println(r)
		fmt.Println(r.List.Page, *r.List.FilterOneAttendee, r.Header.Get("token"))
	}
	// Output:
	// request 1: POST /confopenapi/conference/listbystatus {"filterOneAttendee":true,"page":2}: HTTP 200, 3 conferences
	// 2 true [redacted]
}

// Tokens expire, and the service can refuse them with a business status.
func ExampleWithTokenLimits() {
	ctx := context.Background()
	srv := confopenapitest.New(
		confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Uses: 2, Life: time.Hour}),
		confopenapitest.WithRefusal(confopenapitest.BusinessStatus(40101, "null")))
	client := srv.Client(
		confopenapi.WithTokenSource(confopenapi.CacheTokens(srv.TokenSource())),
		confopenapi.WithStatusErrors(map[int]error{40101: confopenapi.ErrUnauthorized}))
	for range 5 {
		if _, err := client.ListByStatus(ctx, nil); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(srv.TokensIssued(), "tokens for 5 calls,", srv.RequestCount(), "requests")
	// Output: 3 tokens for 5 calls, 7 requests
}

// Each administrator sees the conferences of one organisation; the super administrator sees all.
func ExampleWithAdmins() {
	srv := confopenapitest.New(confopenapitest.WithAdmins(func(adminUserID int64, c confopenapi.Conference) bool {
		return c.HostOrgID%8 == adminUserID%8
	}))
	for _, admin := range []int64{0, 1001, 1002} {
		page, err := srv.Client().ListByStatus(context.Background(), &confopenapi.ListByStatusRequest{AdminUserID: admin, Count: 100})
		fmt.Println(admin, page, err)
	}
	// Output:
	// 0 25 of 25 conferences <nil>
	// 1001 3 of 3 conferences <nil>
	// 1002 4 of 4 conferences <nil>
}

// RotateToken makes the present token invalid. A client with a TokenSource gets a new one; with a fixed token it fails.
func ExampleServer_RotateToken() {
	ctx := context.Background()
	srv := confopenapitest.New()
	fixed, renewing := srv.Client(), srv.Client(confopenapi.WithTokenSource(confopenapi.CacheTokens(srv.TokenSource())))
	_, _ = renewing.ListByStatus(ctx, nil) // now it has its own token

	srv.RotateToken()
	_, err := fixed.ListByStatus(ctx, nil)
	fmt.Println(errors.Is(err, confopenapi.ErrUnauthorized))
	page, err := renewing.ListByStatus(ctx, nil)
	fmt.Println(page, err)
	// Output:
	// true
	// 20 of 25 conferences <nil>
}

// Some services limit pages, send a wrong total, or filter after paging.
func ExampleWithTotal() {
	srv := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(100, 1)...),
		confopenapitest.WithMaxCount(50), confopenapitest.WithFilterAfterPaging(),
		confopenapitest.WithTotal(func(live int) int { return 2 * live }))
	page, err := srv.Client().ListByStatus(context.Background(), &confopenapi.ListByStatusRequest{Count: 80, FilterOneAttendee: new(true)})
	fmt.Println(page, err)
	// Output: 39 of 160 conferences <nil>
}

// A recording of the real service contains no secrets, and replays offline.
func ExampleRecorder() {
	ctx := context.Background()
	srv, err := confopenapitest.Start() // instead of the real service
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	baseURL, token := srv.URL, srv.Token()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "monday.json")

	rec := confopenapitest.NewRecorder(token)
	client, err := confopenapi.NewClient(baseURL, confopenapi.WithToken(token), confopenapi.WithMiddleware(rec.Wrap))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.ListByStatus(ctx, nil); err != nil {
		log.Fatal(err)
	}
	if err := rec.Save(file); err != nil {
		log.Fatal(err)
	}

	replay, err := confopenapitest.OpenReplay(file)
	if err != nil {
		log.Fatal(err)
	}
	client, err = confopenapi.NewClient("https://replay.example.com", confopenapi.WithHTTPClient(&http.Client{Transport: replay}))
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.ListByStatus(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	c := page.Conferences[0]
	fmt.Println(page, c.Title, c.HostName, c.HostEmail, strings.Contains(c.Passcode.Reveal(), "passcode"))
	// Output: 20 of 25 conferences 会议1 主持人1 host1@example.com true
}

// A program must end every fault with a result or a typed error.
func ExampleFaults() {
	srv := confopenapitest.New()
	once := confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1})
	client := srv.Client(once, confopenapi.WithAttemptTimeout(time.Second),
		confopenapi.WithPacing(false)) // or a 429 holds back the calls after it, too

	untyped := 0
	for _, fault := range confopenapitest.Faults() {
		srv.FailNext(1, fault)
		_, err := client.ListByStatus(context.Background(), nil)
		if _, ok := confopenapi.MetaOf(err); err != nil && !ok {
			untyped++
		}
		srv.ClearFaults()
	}
	fmt.Println(untyped, "errors without a type")
	// Output: 0 errors without a type
}

// Your own handler serves a sibling endpoint beside the list.
func ExampleExchange_Handle() {
	srv := confopenapitest.New()
	groups := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":0,"result":{"totalCount":3}}`)
	})
	srv.Intercept(func(x *confopenapitest.Exchange) {
		if x.Path == "/confopenapi/conference/groups" {
			x.Handle(groups)
		}
	})

	result, _, err := confopenapi.Call[map[string]int](context.Background(), srv.Client(), "confopenapi/conference/groups", nil)
	fmt.Println(result, err)
	fmt.Println(srv.Client().ListByStatus(context.Background(), nil))
	// Output:
	// map[totalCount:3] <nil>
	// 20 of 25 conferences <nil>
}
