// Package network_test has tests of the client over sockets of loopback, and of its load in simulated time, that take too long
// or depend too much on the machine for the SDK's own.
package network_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/confopenapi/confopenapi-go"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	base      = "https://conf.example.com/prefix"
	token     = "token-for-tests-4711"
	emptyPage = `{"status":0,"result":{"totalCount":0,"confList":[]},"msg":"success","request_id":"req-1"}`
	exhausted = "client-side retry budget"
)

var (
	quick = confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond})
	once  = confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1})
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func says(req *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, emptyPage) }

func list(ctx context.Context, client *confopenapi.Client) error {
	_, err := client.ListByStatus(ctx, nil)
	return err
}

// mustBe fails unless err is a T, which it returns.
func mustBe[T error](t *testing.T, err error) T {
	t.Helper()
	found, ok := errors.AsType[T](err)
	if !ok {
		t.Fatalf("got %T (%v), want %T", err, err, found)
	}
	return found
}

// wantTries fails unless a call fails after so many attempts, and says whether the budget ended it.
func wantTries(t *testing.T, client *confopenapi.Client, attempts int, byBudget bool) {
	t.Helper()
	err := list(t.Context(), client)
	meta, _ := confopenapi.MetaOf(err)
	if err == nil || meta.Attempts != attempts || strings.Contains(err.Error(), exhausted) != byBudget {
		t.Errorf("%d attempts, want %d, ended by the budget: %t: %v", meta.Attempts, attempts, byBudget, err)
	}
}
