package confopenapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// groupsPath is made up, and so are the fields below: take them from the vendor's page of the endpoint.
const groupsPath = "confopenapi/conference/groups"

// groupsRequest asks for the groups of a conference.
type groupsRequest struct {
	ConferenceID string `json:"conferenceId"`
	EventID      int64  `json:"eventId,omitzero"` // 0 = not sent
}

// groupList is its result.
type groupList struct {
	Groups []group `json:"groupList"`
	Total  *int    `json:"totalCount"` // nil = null or absent
}

type group struct {
	ID   json.Number `json:"groupId"` // with or without quotes
	Name string      `json:"groupName"`
}

// groupsOf lists the groups of a conference. The endpoint only reads, so it may be repeated.
func groupsOf(ctx context.Context, client *confopenapi.Client, conf confopenapi.Conference) ([]group, error) {
	if conf.ConferenceID == "" {
		return nil, fmt.Errorf("groups: the conference has no id") // before anything is sent
	}
	in := groupsRequest{ConferenceID: conf.ConferenceID, EventID: conf.EventID}
	list, _, err := confopenapi.Call[*groupList](ctx, client, groupsPath, in, confopenapi.Idempotent())
	switch {
	case err != nil:
		return nil, fmt.Errorf("groups: %w", err)
	case list == nil: // Call lets a result be null or absent: the endpoint decides whether that is a result
		return nil, fmt.Errorf("groups: the service sent no result")
	}
	return list.Groups, nil
}

// endConference ends a conference. It must not happen twice, so it is not idempotent: it is sent again only if the
// service provably did nothing.
func endConference(ctx context.Context, client *confopenapi.Client, conf confopenapi.Conference) error {
	in := map[string]any{"conferenceId": conf.ConferenceID}
	_, _, err := confopenapi.Call[json.RawMessage](ctx, client, "confopenapi/conference/stop", in)
	return err
}

// siblings serves the endpoints above beside the list, and everything else as ever.
func siblings(x *confopenapitest.Exchange) {
	switch x.Path {
	case "/" + groupsPath:
		x.Handle(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"status":0,"result":{"groupList":[{"groupId":7,"groupName":"一组"}],"totalCount":null}}`)
		}))
	case "/confopenapi/conference/stop":
		x.Fail(confopenapitest.Reset())
	}
}

func ExampleCall_endpointOfYourOwn() {
	srv := fake()
	defer srv.Close()
	srv.Intercept(siblings)
	client, ctx := srv.Client(), context.Background()
	conf := confopenapi.Conference{ConferenceID: "22188557", EventID: 1165158}

	groups, err := groupsOf(ctx, client, conf)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(groups[0].ID, groups[0].Name)

	err = endConference(ctx, client, conf)
	meta, _ := confopenapi.MetaOf(err)
	fmt.Println(err != nil, meta.Attempts, "attempt: it is unknown whether the conference has ended")
	// Output:
	// 7 一组
	// true 1 attempt: it is unknown whether the conference has ended
}

func ExampleWithTokenPlacement() {
	srv := fake()
	defer srv.Close()
	baseURL, token, ctx := srv.URL, srv.Token(), context.Background()

	client, err := confopenapi.NewClient(baseURL,
		confopenapi.WithToken(token),
		confopenapi.WithTokenPlacement(confopenapi.TokenInBoth))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.ListByStatus(ctx, nil); err != nil {
		log.Fatal(err)
	}

	sent := srv.Requests()[0]
	fmt.Println("header:", sent.TokenInHeader, "body:", sent.TokenInBody)
	// Output: header: true body: true
}

// A token that something else keeps fresh in a file, as secret managers do. The file is read for every call, so a
// refused token is followed by the new one.
func ExampleTokenSourceFunc() {
	srv := fake()
	defer srv.Close()
	baseURL, ctx := srv.URL, context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tokenFile := filepath.Join(dir, "token")
	write := func(token string) {
		if err := os.WriteFile(tokenFile, []byte(token+"\n"), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	write(srv.Token())

	source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		text, err := os.ReadFile(tokenFile)
		if err != nil {
			return confopenapi.Token{}, err
		}
		return confopenapi.Token{Value: confopenapi.NewSecret(strings.TrimSpace(string(text)))}, nil
	})
	client, err := confopenapi.NewClient(baseURL, confopenapi.WithTokenSource(source))
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(client.ListByStatus(ctx, nil))
	write(srv.RotateToken())
	fmt.Println(client.ListByStatus(ctx, nil))
	// Output:
	// 20 of 45 conferences <nil>
	// 20 of 45 conferences <nil>
}

// forgetful stands for whatever issues tokens. It always gives the same one, also after a refusal.
type forgetful struct{ refused int }

func (*forgetful) Token(context.Context) (confopenapi.Token, error) {
	return confopenapi.Token{Value: confopenapi.NewSecret("a-token-of-yesterday")}, nil
}

// InvalidateToken makes it a TokenInvalidator.
func (f *forgetful) InvalidateToken(confopenapi.Token) { f.refused++ }

func ExampleTokenInvalidator() {
	srv := fake()
	defer srv.Close()
	baseURL, ctx := srv.URL, context.Background()
	source := &forgetful{}

	client, err := confopenapi.NewClient(baseURL, confopenapi.WithTokenSource(confopenapi.CacheTokens(source)))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.ListByStatus(ctx, nil)
	fmt.Println(errors.Is(err, confopenapi.ErrUnauthorized), "reported", source.refused, "time")
	fmt.Println(err)
	// Output:
	// true reported 1 time
	// confopenapi: conference/listbystatus: HTTP 401 Unauthorized with business status 401; the token source gave the same token again (request id confopenapitest-000001)
}

// meeting is what a program of its own might have of a conference.
type meeting struct {
	ID        string `json:"conferenceId"`
	Subject   string `json:"title"`
	Attendees int    `json:"attendeeCnt"`
}

// pageByHand is the call that many programs have. What it overlooks is the subject of docs/migrating.md.
func pageByHand(ctx context.Context, baseURL, token string, page int) ([]meeting, error) {
	body, err := json.Marshal(map[string]any{"page": page, "count": 100})
	if err != nil {
		return nil, err
	}
	url := baseURL + "/confopenapi/conference/listbystatus"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("token", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var envelope struct {
		Status int    `json:"status"`
		Msg    string `json:"msg"`
		Result struct {
			ConfList []meeting `json:"confList"`
		} `json:"result"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
		return nil, err
	}
	if envelope.Status != 0 {
		return nil, fmt.Errorf("status %d: %s", envelope.Status, envelope.Msg)
	}
	return envelope.Result.ConfList, nil
}

// allByHand is the loop around it.
func allByHand(ctx context.Context, baseURL, token string) (all []meeting, err error) {
	for page := 1; ; page++ {
		meetings, err := pageByHand(ctx, baseURL, token, page)
		if err != nil {
			return nil, err
		}
		if len(meetings) == 0 {
			return all, nil
		}
		all = append(all, meetings...)
	}
}

// pageOfMeetings takes the place of pageByHand.
func pageOfMeetings(ctx context.Context, client *confopenapi.Client, number int) (meetings []meeting, err error) {
	page, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: number, Count: 100})
	if err != nil {
		return nil, err
	}
	for _, conf := range page.Conferences {
		meetings = append(meetings, meetingOf(conf))
	}
	return meetings, nil
}

// allMeetings takes the place of allByHand.
func allMeetings(ctx context.Context, client *confopenapi.Client) (all []meeting, err error) {
	for conf, err := range client.Pager(nil, nil).All(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, meetingOf(conf))
	}
	return all, nil
}

func meetingOf(conf confopenapi.Conference) meeting {
	return meeting{ID: conf.ConferenceID, Subject: conf.Title, Attendees: conf.AttendeeCount}
}

func Example_migration() {
	srv := busy()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	// lost counts the conferences that were in the list from the first request of a listing to its last, and are not in it.
	lost := func(list func() ([]meeting, error)) (n int) {
		first := srv.RequestCount() + 1
		meetings, err := list()
		if err != nil {
			log.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range meetings {
			found[m.ID] = true
		}
		for conf := range srv.Truth(first, 0).Always {
			if !found[conf.ConferenceID] {
				n++
			}
		}
		return n
	}
	fmt.Println("by hand, some are lost:", lost(func() ([]meeting, error) { return allByHand(ctx, srv.URL, srv.Token()) }) > 0)
	fmt.Println("by All, lost:", lost(func() ([]meeting, error) { return allMeetings(ctx, client) }))
	first, err := pageOfMeetings(ctx, client, 1)
	fmt.Println("a page:", len(first), err)
	// Output:
	// by hand, some are lost: true
	// by All, lost: 0
	// a page: 100 <nil>
}

func ExampleWithLogger() {
	srv := fake()
	defer srv.Close()
	baseURL, token, ctx := srv.URL, srv.Token(), context.Background()
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutClock})
	srv.FailNext(1, confopenapitest.Status(503))

	client, err := confopenapi.NewClient(baseURL,
		confopenapi.WithToken(token),
		confopenapi.WithLogger(slog.New(handler))) // slog.Default() for the program's own
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: 1, Count: 10}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// level=WARN msg="confopenapi attempt" request="conference/listbystatus?count=10&page=1" attempt=1 httpStatus=503 requestId=confopenapitest-000001 error="HTTP 503"
	// level=DEBUG msg="confopenapi attempt" request="conference/listbystatus?count=10&page=1" attempt=2 httpStatus=200 requestId=confopenapitest-000002
}

// withoutClock leaves out what differs from run to run.
func withoutClock(groups []string, a slog.Attr) slog.Attr {
	if a.Key == "elapsed" || a.Key == "retryIn" {
		return slog.Attr{}
	}
	return withoutTime(groups, a)
}

// outcomes counts the results of attempts. A real program has a counter of its metrics library here.
type outcomes struct {
	mu     sync.Mutex
	counts map[string]int
}

func (o *outcomes) add(outcome string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts[outcome]++
}

// counted is a transport that counts the result of each attempt.
type counted struct {
	next     http.RoundTripper
	outcomes *outcomes
}

func (c counted) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	if err != nil {
		c.outcomes.add("no response")
		return nil, err
	}
	c.outcomes.add(fmt.Sprint("HTTP ", resp.StatusCode))
	return resp, nil
}

func ExampleWithMiddleware() {
	srv := fake()
	defer srv.Close()
	baseURL, token, ctx := srv.URL, srv.Token(), context.Background()
	seen := &outcomes{counts: map[string]int{}}
	srv.FailNext(1, confopenapitest.Status(503))

	count := func(next http.RoundTripper) http.RoundTripper { return counted{next, seen} }
	client, err := confopenapi.NewClient(baseURL, confopenapi.WithToken(token), confopenapi.WithMiddleware(count))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.ListByStatus(ctx, nil); err != nil {
		log.Fatal(err)
	}

	for _, outcome := range slices.Sorted(maps.Keys(seen.counts)) {
		fmt.Println(outcome, seen.counts[outcome])
	}
	// Output:
	// HTTP 200 1
	// HTTP 503 1
}

// paced lets one attempt pass per tick. *rate.Limiter of golang.org/x/time/rate does it better.
type paced struct{ ticks <-chan time.Time }

func (l paced) Wait(ctx context.Context) error {
	select {
	case <-l.ticks:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func ExampleWithLimiter() {
	srv := fake()
	defer srv.Close()
	baseURL, token, ctx, limiter := srv.URL, srv.Token(), context.Background(), paced{time.Tick(time.Millisecond)}

	client, err := confopenapi.NewClient(baseURL,
		confopenapi.WithToken(token),
		confopenapi.WithLimiter(limiter)) // such as rate.NewLimiter(5, 1): 5 requests a second, for all together
	if err != nil {
		log.Fatal(err)
	}
	begin := time.Now()
	for range 5 {
		if _, err := client.ListByStatus(ctx, nil); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(time.Since(begin) >= 4*time.Millisecond)
	// Output: true
}

// Connections, client certificates and proxies are net/http's business: give the client a transport.
func ExampleWithHTTPClient() {
	srv := fake()
	defer srv.Close()
	baseURL, token, ctx := srv.URL, srv.Token(), context.Background()

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost = 4
	transport.Proxy = nil // never, whatever the environment says
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second}
	client, err := confopenapi.NewClient(baseURL,
		confopenapi.WithToken(token),
		confopenapi.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(client.ListByStatus(ctx, nil))
	// Output: 20 of 45 conferences <nil>
}

// A part of a program that may take less time, with the connections and the budget of the whole.
func ExampleClient_With() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	hasty, err := client.With(
		confopenapi.WithTimeout(2*time.Second),
		confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		log.Fatal(err)
	}
	srv.FailNext(1, confopenapitest.Status(503))
	_, err = hasty.ListByStatus(ctx, nil)
	meta, _ := confopenapi.MetaOf(err)
	fmt.Println(meta.Attempts, "attempt;", srv.Connections(), "connection")
	_, err = client.ListByStatus(ctx, nil)
	fmt.Println(err, srv.Connections(), "connection")
	// Output:
	// 1 attempt; 1 connection
	// <nil> 1 connection
}
