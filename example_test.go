package confopenapi_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// The bodies of these examples, or parts of them, are the code blocks of the READMEs: readme_test.go compares them.

// fake is the service that the examples call. It has 45 conferences.
func fake() *confopenapitest.Server {
	srv, err := confopenapitest.Start(confopenapitest.WithConferences(confopenapitest.Conferences(45, 1)...))
	if err != nil {
		log.Fatal(err)
	}
	return srv
}

func Example() {
	srv, err := confopenapitest.Start(confopenapitest.WithConferences(confopenapitest.Conferences(3, 1)...))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	baseURL, token, ctx := srv.URL, srv.Token(), context.Background()

	client, err := confopenapi.NewClient(baseURL, confopenapi.WithToken(token))
	if err != nil {
		log.Fatal(err)
	}
	for conf, err := range client.Pager(nil, nil).All(ctx) {
		if err != nil {
			log.Fatal(err) // errors.Is(err, confopenapi.ErrIncomplete): something may be missing
		}
		fmt.Println(conf.ConferenceID, conf.Title, conf.AttendeeCount)
	}
	// Output:
	// 22188557 面试 10
	// 22188560 版本发布 v2.0 决策会 14
	// 22188563 项目评审 5
}

func ExampleNewClient() {
	srv := fake()
	defer srv.Close()
	baseURL, token, ctx := srv.URL, srv.Token(), context.Background()

	client, err := confopenapi.NewClient(baseURL, confopenapi.WithToken(token))
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: 1, Count: 3})
	if err != nil {
		log.Fatal(err)
	}
	for _, conf := range page.Conferences {
		fmt.Println(conf.ConferenceID, conf.Title, conf.AttendeeCount)
	}
	fmt.Println(len(page.Conferences), "of", page.TotalCount)
	// Output:
	// 22188557 面试 10
	// 22188560 版本发布 v2.0 决策会 14
	// 22188563 项目评审 5
	// 3 of 45
}

func ExampleListByStatusRequest() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	for _, filter := range []*bool{nil, new(false), new(true)} {
		req := &confopenapi.ListByStatusRequest{FilterOneAttendee: filter, Count: 45}
		page, err := client.ListByStatus(ctx, req)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %s\n", req, page)
	}
	// Output:
	// count=45: 45 of 45 conferences
	// count=45&filterOneAttendee=false: 45 of 45 conferences
	// count=45&filterOneAttendee=true: 35 of 35 conferences
}

func Example_errors() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(confopenapi.WithToken("a-token-of-yesterday")), context.Background()

	page, err := client.ListByStatus(ctx, nil)
	refusal, refused := errors.AsType[*confopenapi.StatusError](err)
	switch {
	case err == nil:
		fmt.Println(page)
	case errors.Is(err, confopenapi.ErrUnauthorized):
		fmt.Println("a new token is needed")
	case errors.Is(err, confopenapi.ErrRateLimited), errors.Is(err, confopenapi.ErrServer):
		fmt.Println("it was tried again already: come back later")
	case refused:
		fmt.Println("the service refuses, for its reason", refusal.Code)
	default:
		log.Print(err) // any other error, such as no usable response
	}
	fmt.Println(err)
	// Output:
	// a new token is needed
	// confopenapi: conference/listbystatus: HTTP 401 Unauthorized with business status 401 (request id confopenapitest-000001)
}

func ExampleCacheTokens() {
	srv := fake()
	defer srv.Close()
	baseURL, ctx := srv.URL, context.Background()
	var fetched atomic.Int32
	fetchToken := func(context.Context) (string, error) {
		fetched.Add(1)
		return srv.Token(), nil
	}

	source := confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
		value, err := fetchToken(ctx) // yours: how tokens are obtained is not documented
		if err != nil {
			return confopenapi.Token{}, err
		}
		return confopenapi.Token{Value: confopenapi.NewSecret(value), Expiry: time.Now().Add(time.Hour)}, nil
	})
	client, err := confopenapi.NewClient(baseURL, confopenapi.WithTokenSource(confopenapi.CacheTokens(source)))
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if _, err := client.ListByStatus(ctx, nil); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(srv.RequestCount(), "calls,", fetched.Load(), "token")
	// Output: 3 calls, 1 token
}

// patiently asks src again while it fails, for half a minute at most.
func patiently(src confopenapi.TokenSource) confopenapi.TokenSource {
	return confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second) // less than WithTimeout
		defer cancel()
		for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
			token, err := src.Token(ctx)
			if err == nil {
				return token, nil
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return confopenapi.Token{}, err // the cause, and not that the time is over
			}
		}
	})
}

// The SDK does not retry a token source. A source that retries by itself survives a short outage of what issues the tokens.
func ExampleWithTokenSource() {
	srv := fake()
	defer srv.Close()
	baseURL, ctx := srv.URL, context.Background()
	asked := 0
	source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		if asked++; asked < 3 {
			return confopenapi.Token{}, errors.New("the token service is down")
		}
		return confopenapi.Token{Value: confopenapi.NewSecret(srv.Token())}, nil
	})

	client, err := confopenapi.NewClient(baseURL, confopenapi.WithTokenSource(confopenapi.CacheTokens(patiently(source))))
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.ListByStatus(ctx, nil)
	fmt.Println(page, err)
	fmt.Println("asked", asked, "times")
	// Output:
	// 20 of 45 conferences <nil>
	// asked 3 times
}

func ExampleWithStatusErrors() {
	// A service that reports an expired token with HTTP 200 and a status of its own.
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("token") == "token-1" {
			fmt.Fprint(w, `{"status":4011,"msg":"token expired"}`)
			return
		}
		fmt.Fprint(w, `{"status":0,"result":{"totalCount":0,"confList":[]}}`)
	}))
	defer srv.Close()
	baseURL, ctx := srv.URL, context.Background()
	var fetched atomic.Int32
	source := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret(fmt.Sprint("token-", fetched.Add(1)))}, nil
	}))

	client, err := confopenapi.NewClient(baseURL,
		confopenapi.WithTokenSource(source),
		confopenapi.WithStatusErrors(map[int]error{
			4011: confopenapi.ErrUnauthorized, // made up: learn your service's codes from its operator
			5030: confopenapi.ErrServer,
		}))
	if err != nil {
		log.Fatal(err)
	}

	page, err := client.ListByStatus(ctx, nil)
	fmt.Println(page, err)
	fmt.Println(fetched.Load(), "tokens,", page.Meta.Attempts, "attempts")
	// Output:
	// 0 of 0 conferences <nil>
	// 2 tokens, 2 attempts
}

func ExampleWithRetry() {
	srv := fake()
	defer srv.Close()
	baseURL, token := srv.URL, srv.Token()

	client, err := confopenapi.NewClient(baseURL,
		confopenapi.WithToken(token),
		confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 6, MaxRetryAfter: time.Minute}),
		confopenapi.WithAttemptTimeout(5*time.Second),
		confopenapi.WithTimeout(3*time.Minute))
	if err != nil {
		log.Fatal(err)
	}

	page, err := client.ListByStatus(context.Background(), nil)
	fmt.Println(page, err)
	// Output: 20 of 45 conferences <nil>
}

func ExampleWithObserver() {
	srv := fake()
	defer srv.Close()
	ctx := context.Background()

	counters := new(expvar.Map)
	client := srv.Client(confopenapi.WithObserver(confopenapi.Observer{
		EndAttempt: func(_ context.Context, a confopenapi.AttemptInfo) {
			counters.Add("attempts", 1)
			if a.Number > 1 {
				counters.Add("retries", 1)
			}
			counters.AddFloat("waited before an attempt, s", (a.LimiterWait + a.PacingWait).Seconds())
			counters.AddFloat("waited to retry, s", a.RetryIn.Seconds())
		},
		EndCall: func(_ context.Context, call confopenapi.CallInfo) {
			counters.Add("calls: "+cmp.Or(call.Kind, "success"), 1)
		},
	}))

	srv.FailNext(1, confopenapitest.Truncate())
	_, _ = client.ListByStatus(ctx, nil)
	srv.FailNext(1, confopenapitest.BusinessStatus(40001, "null"))
	_, _ = client.ListByStatus(ctx, nil)
	counters.Do(func(counter expvar.KeyValue) {
		if !strings.HasPrefix(counter.Key, "waited") { // seconds differ from run to run
			fmt.Println(counter.Key, counter.Value)
		}
	})
	// Output:
	// attempts 3
	// calls: status 1
	// calls: success 1
	// retries 1
}

func ExampleCall() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	type total struct {
		TotalCount int `json:"totalCount"`
	}
	in := map[string]any{"page": 1, "count": 1}
	result, meta, err := confopenapi.Call[total](ctx, client, "confopenapi/conference/listbystatus", in, confopenapi.Idempotent())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.TotalCount, meta.RequestID)
	// Output: 45 confopenapitest-000001
}

func ExampleConference() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))

	conf := confopenapi.Conference{
		ConferenceID: "22188557", EventID: 1165158, Title: "周例会", HostName: "张三", AttendeeCount: 5,
		Status: confopenapi.StatusInProgress, StartTime: 1715600000, Passcode: confopenapi.NewSecret("5d41c4ac"),
	}
	fmt.Printf("%+v\n", conf)
	logger.Info("live", "conf", conf)
	fmt.Println(conf.Passcode, conf.Passcode.Reveal())
	// Output:
	// conference "22188557" (event 1165158, in progress, 5 attendees, started 2024-05-13T11:33:20Z)
	// level=INFO msg=live conf.eventId=1165158 conf.conferenceId=22188557 conf.startTime=1715600000 conf.status=2 conf.attendeeCnt=5
	// [redacted] 5d41c4ac
}

// A struct of what may be logged also serves slices and JSON, which show everything of a Conference.
func ExampleConference_allowed() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	conferences := []confopenapi.Conference{{ConferenceID: "22188557", EventID: 1165158, Title: "周例会", HostName: "张三", AttendeeCount: 5}}

	type allowed struct {
		EventID       int64  `json:"eventId"`
		ConferenceID  string `json:"conferenceId"`
		AttendeeCount int    `json:"attendeeCnt"`
	}
	var list []allowed
	for _, conf := range conferences {
		list = append(list, allowed{conf.EventID, conf.ConferenceID, conf.AttendeeCount})
	}
	logger.Info("live", "list", list)
	// Output: {"level":"INFO","msg":"live","list":[{"eventId":1165158,"conferenceId":"22188557","attendeeCnt":5}]}
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// crowded is what a program might have to test: it counts the conferences of a page with at least n attendees.
func crowded(ctx context.Context, client *confopenapi.Client, n int) (int, error) {
	page, err := client.ListByStatus(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("crowded: %w", err)
	}
	count := 0
	for _, conf := range page.Conferences {
		if conf.AttendeeCount >= n {
			count++
		}
	}
	return count, nil
}

func Example_testing() {
	t := &testRun{}
	defer t.end()
	ctx := context.Background()

	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(
		confopenapi.Conference{ConferenceID: "1", Title: "周例会", AttendeeCount: 5},
		confopenapi.Conference{ConferenceID: "2", Title: "全员大会", AttendeeCount: 300},
	))
	got, err := crowded(ctx, srv.Client(), 100) // the function under test
	if err != nil || got != 1 {
		t.Fatalf("crowded = %d, %v, want 1", got, err)
	}
	fmt.Println(srv.RequestCount(), "request")
	// Output: 1 request
}

func Example_failures() {
	srv := fake()
	defer srv.Close()
	ctx := context.Background()

	srv.FailNext(2, confopenapitest.Status(503))
	quick := confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond})
	page, err := srv.Client(quick).ListByStatus(ctx, nil)

	fmt.Println(page, err)
	fmt.Println(page.Meta.Attempts, "attempts")
	// Output:
	// 20 of 45 conferences <nil>
	// 3 attempts
}

// testRun stands in for the *testing.T that an example does not have.
type testRun struct{ cleanups []func() }

func (*testRun) Helper()                           {}
func (t *testRun) Cleanup(f func())                { t.cleanups = append(t.cleanups, f) }
func (*testRun) Errorf(format string, args ...any) { log.Printf(format, args...) }
func (*testRun) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

func (t *testRun) end() {
	for _, f := range t.cleanups {
		f()
	}
}

func ExampleConference_AppendJSON() {
	conf := confopenapi.Conference{ConferenceID: "22188557", AttendeeCount: 5, Extra: map[string]json.RawMessage{"room": []byte(`"A1"`)}}

	var line []byte // serves all lines
	line = append(conf.AppendJSON(line[:0]), '\n')
	fmt.Printf("%s … %s", line[:40], line[bytes.Index(line, []byte(`"room"`)):])
	// Output: {"eventId":0,"conferenceId":"22188557"," … "room":"A1"}
}

func ExampleMetaOf() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	srv.FailNext(1, confopenapitest.BusinessStatus(40001, "null"))

	_, err := client.ListByStatus(ctx, nil)
	if err != nil {
		meta, _ := confopenapi.MetaOf(err) // without a response, it has the attempts and the time
		logger.Error("no list", "err", err, "requestId", meta.RequestID, "httpStatus", meta.HTTPStatus, "serverTime", meta.ServerTime)
	}
	// Output:
	// level=ERROR msg="no list" err="confopenapi: conference/listbystatus: business status 40001 (request id confopenapitest-000001)" requestId=confopenapitest-000001 httpStatus=200 serverTime=2026-03-26T08:46:08.582Z
}

func ExampleHTTPError() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	srv.FailNext(1, confopenapitest.RetryAfter(429, "3600"))

	_, err := client.ListByStatus(ctx, nil)
	if refused, ok := errors.AsType[*confopenapi.HTTPError](err); ok {
		fmt.Println(refused.StatusCode, "come back in", refused.RetryAfter)
	}
	fmt.Println(err)
	// Output:
	// 429 come back in 1h0m0s
	// confopenapi: conference/listbystatus: HTTP 429 Too Many Requests with business status 429; the server asks to wait 1h0m0s, longer than the limit of 30s (request id confopenapitest-000001)
}

func ExampleDecodeError() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	srv.FailNext(1, confopenapitest.HTML(200)) // a portal responds in place of the service

	_, err := client.ListByStatus(ctx, nil)
	if odd, ok := errors.AsType[*confopenapi.DecodeError](err); ok {
		fmt.Println(odd.Meta.Header.Get("Content-Type"), "at byte", odd.Offset)
	}
	fmt.Println(err)
	// Output:
	// text/html; charset=utf-8 at byte 0
	// confopenapi: conference/listbystatus: the response is not the promised JSON: HTML or XML where an object belongs at byte 0
}

func ExampleIncompleteError() {
	srv := busy()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(403), When: func(r confopenapitest.Request) bool {
		return r.List.Page > 5
	}})

	received := 0
	for _, err := range client.Pager(nil, nil).All(ctx) {
		if incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err); ok {
			fmt.Println(incomplete.Report.Received == received, incomplete.Report.Verdict)
			fmt.Println("because of the service's refusal:", errors.Is(incomplete.Err, confopenapi.ErrForbidden))
			break
		}
		if err != nil {
			log.Fatal(err) // not even a first page came
		}
		received++
	}
	// Output:
	// true incomplete
	// because of the service's refusal: true
}

// A job that failed asks whether it is worth running again later.
func ExampleIsRetryable() {
	srv := fake()
	defer srv.Close()
	ctx := context.Background()
	client := srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))

	for _, fault := range []confopenapitest.Fault{confopenapitest.Status(503), confopenapitest.Status(403)} {
		srv.FailNext(1, fault)
		_, err := client.ListByStatus(ctx, nil)
		fmt.Println(fault, confopenapi.IsRetryable(err))
	}
	// Output:
	// Status(503) true
	// Status(403) false
}

// A client that is one of many has a small budget: when it is spent, calls that fail are not repeated.
func ExampleRetryPolicy() {
	srv := fake()
	defer srv.Close()
	ctx := context.Background()
	client := srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{
		MinWait: time.Nanosecond, MaxWait: time.Nanosecond, // for an example: the default waits are for services
		Budget: 3,
	}))

	srv.FailNext(100, confopenapitest.Status(503))
	for range 3 {
		_, err := client.ListByStatus(ctx, nil)
		meta, _ := confopenapi.MetaOf(err)
		fmt.Println(meta.Attempts, "attempts")
	}
	// Output:
	// 4 attempts
	// 1 attempts
	// 1 attempts
}

// Neither the event id nor the conference id names a run alone, so a map has the identity as its key.
func ExampleIdentity() {
	monday := confopenapi.Conference{EventID: 1165158, ConferenceID: "22188557", StartTime: 1715600000, AttendeeCount: 5}
	tuesday := monday // the same reservation runs again
	tuesday.StartTime += 24 * 60 * 60

	peak := map[confopenapi.Identity]int{}
	for _, conf := range []confopenapi.Conference{monday, tuesday, monday} {
		peak[conf.Identity()] = max(peak[conf.Identity()], conf.AttendeeCount)
	}
	fmt.Println(len(peak), "runs")
	// Output: 2 runs
}

func ExampleUnixTime() {
	conf := confopenapi.Conference{StartTime: 1715600000} // and no StopTime
	china := time.FixedZone("UTC+8", 8*60*60)             // what you show is in a zone of your choice

	fmt.Println(conf.StartTime.Time().In(china).Format(time.DateTime))
	if conf.StopTime.IsZero() {
		fmt.Println("goes on, or unknown")
	}
	// Output:
	// 2024-05-13 19:33:20
	// goes on, or unknown
}

func ExampleSecret() {
	passcode := confopenapi.NewSecret("5d41c4ac")

	fmt.Printf("%v %+v %q\n", passcode, passcode, passcode)
	fmt.Println(passcode.Equal(confopenapi.NewSecret("5d41c4ac")), passcode.IsZero())
	kept, err := json.Marshal(passcode)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(kept), passcode.Reveal())
	// Output:
	// [redacted] [redacted] [redacted]
	// true false
	// "5d41c4ac" 5d41c4ac
}

func ExampleConferenceStatus() {
	for _, conf := range []confopenapi.Conference{{Status: confopenapi.StatusInProgress}, {Status: 9}} {
		switch conf.Status {
		case confopenapi.StatusInProgress:
			fmt.Println("goes on")
		case confopenapi.StatusEnded, confopenapi.StatusExpired:
			fmt.Println("is over")
		default: // the list of names is not whole
			fmt.Println("is in", conf.Status)
		}
	}
	// Output:
	// goes on
	// is in status 9
}

func ExampleMeta() {
	fmt.Println(confopenapi.Meta{HTTPStatus: 200, RequestID: "r-1", Attempts: 1})
	// Output: HTTP 200, request id "r-1", attempts 1, elapsed 0s
}
