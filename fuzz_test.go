package confopenapi_test

import (
	"math"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// A call ends with a page, or with a typed error of one line without the token.
func FuzzResponse(f *testing.F) {
	for _, text := range bodies(f) {
		for _, status := range []int{200, 302, 429, 503} {
			f.Add(status, text, "1", "/elsewhere")
		}
	}
	for _, text := range markedBodies() {
		f.Add(200, text, "Fri, 31 Dec 1999 23:59:59 GMT", "http://[")
	}
	f.Fuzz(func(t *testing.T, status int, text, retryAfter, location string) {
		client := overTransport(t, roundTripper(says(status, text, "Retry-After", retryAfter, "Location", location)), once, confopenapi.WithToken(markToken))
		page, err := client.ListByStatus(t.Context(), nil)
		if err == nil {
			if page == nil || status < 200 || status > 299 {
				t.Errorf("HTTP %d: got %v without an error", status, page)
			}
			return
		}
		if page != nil || !isTyped(err) {
			t.Errorf("got %v, %v, want an error of this package alone", page, err)
		}
		if line := err.Error(); strings.ContainsAny(line, "\r\n") || len(line) > 1000 || strings.Contains(line, markToken) {
			t.Errorf("got %q, want one short line without the token", line)
		}
	})
}

// A base URL makes a client whose requests go to that host, or an error.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{
		"https://conf.example.com/prefix", "http://127.0.0.1:80", "https://user:pw@h", "https://h:0", "https://[::1]:1/a%2Fb?", "//h", "https://h/../x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, base string) {
		var got *http.Request
		client, err := confopenapi.NewClient(base, once, confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(
			func(req *http.Request) (*http.Response, error) {
				got = req
				return says(200, emptyPage)(req)
			})}))
		if err != nil {
			mustBe[*confopenapi.RequestError](t, err)
			return
		}
		if err := list(t.Context(), client); err != nil {
			t.Fatalf("base URL %q: got %v, want a list", base, err)
		}
		if got.URL.User != nil || got.URL.RawQuery != "" || got.URL.Host == "" || !strings.HasPrefix(got.URL.Path, "/") ||
			!strings.HasSuffix(got.URL.Path, "/confopenapi/conference/listbystatus") {
			t.Errorf("base URL %q: got %q", base, got.URL)
		}
	})
}

// RetryAfter is the wait that the header asks for. A wait beyond the limit is not begun.
func FuzzRetryAfter(f *testing.F) {
	const now = "Tue, 14 May 2024 10:00:00 GMT"
	for _, after := range []string{
		"", "0", "7", " 7 ", "-5", "+5", "1.5", "1e3", "soon", "٧", "000000000000000000000000000001", "9223372036", "9223372037",
		"99999999999999999999", "Tue, 14 May 2024 10:00:09 GMT", "Tuesday, 14-May-24 10:00:09 GMT", "Tue May 14 10:00:09 2024",
		"Mon, 13 May 2024 10:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT",
	} {
		f.Add(after, now)
		f.Add(after, "")
	}
	f.Add(now, "Sat, 01 Jan 0000 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, after, date string) {
		const attempts = 3
		client, transport := overMock(t, []confopenapi.Option{confopenapi.WithPacing(false), confopenapi.WithRetry(confopenapi.RetryPolicy{
			MaxAttempts: attempts, MinWait: 1, MaxWait: 1, MaxRetryAfter: 1,
		})}, says(http.StatusTooManyRequests, "", "Retry-After", after, "Date", date))
		earliest := time.Now()
		err := list(t.Context(), client)
		refused := mustBe[*confopenapi.HTTPError](t, err)
		least, most := referenceWait(after, date, time.Now()), referenceWait(after, date, earliest)
		if refused.RetryAfter < least || refused.RetryAfter > most {
			t.Errorf("Retry-After %q, Date %q: got %s, want %s to %s", after, date, refused.RetryAfter, least, most)
		}
		if refused.RetryAfter > 1 {
			wantAttempts(t, transport, 1)
		} else if least > 1 || most <= 1 {
			wantAttempts(t, transport, attempts)
		}
		if line := err.Error(); strings.ContainsAny(line, "\r\n") || len(line) > 1000 {
			t.Errorf("got %q, want one short line", line)
		}
	})
}

// referenceWait is what a Retry-After asks for, in arithmetic without limits.
func referenceWait(after, date string, now time.Time) time.Duration {
	after = strings.TrimSpace(after)
	wait := new(big.Int)
	if strings.Trim(after, "0123456789") == "" && after != "" {
		wait.SetString(after, 10)
		wait.Mul(wait, big.NewInt(int64(time.Second)))
	} else if at, err := http.ParseTime(after); err == nil {
		if told, err := http.ParseTime(date); err == nil {
			now = told
		}
		wait.Mul(big.NewInt(at.Unix()-now.Unix()), big.NewInt(int64(time.Second)))
		wait.Add(wait, big.NewInt(int64(at.Nanosecond()-now.Nanosecond())))
	}
	switch {
	case wait.Sign() < 0:
		return 0
	case !wait.IsInt64():
		return math.MaxInt64
	}
	return time.Duration(wait.Int64())
}
