package confopenapitest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestInterceptResponds(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	client := srv.Client(quick)
	generated := confopenapitest.Conferences(3, 9)
	sees := func(response func(*confopenapitest.Exchange)) (*confopenapi.ConfList, error) {
		srv.Intercept(response)
		return client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Page: 2})
	}

	page, err := sees(func(x *confopenapitest.Exchange) {
		if x.List.Page != 2 || x.Number != 0 || x.Context().Err() != nil || x.Header.Get("Token") != "[redacted]" {
			t.Errorf("the interceptor got %s with the token %s, want page 2, number 0 and [redacted]", x.Request, x.Header.Get("Token"))
		}
		x.List.Page = 1 // has no effect
	})
	if err != nil || len(page.Conferences) != 5 {
		t.Errorf("without a response of the interceptor: got %v, %v, want 5 conferences", page, err)
	}

	page, err = sees(func(x *confopenapitest.Exchange) {
		x.Fail(confopenapitest.Status(403)) // the last response counts
		x.RespondPage(1_000_000, generated...)
	})
	if err != nil || page.TotalCount != 1_000_000 {
		t.Errorf("RespondPage: got %v, %v, want a total of 1,000,000", page, err)
	} else if diff := cmp.Diff(generated, page.Conferences); diff != "" {
		t.Errorf("RespondPage (-want +got)\n%s", diff)
	}

	if _, err := sees(func(x *confopenapitest.Exchange) { x.Fail(confopenapitest.Status(403)) }); !errors.Is(err, confopenapi.ErrForbidden) {
		t.Errorf("Fail: got %v, want %v", err, confopenapi.ErrForbidden)
	}
	if page, err := sees(func(x *confopenapitest.Exchange) { x.Fail(confopenapitest.FaultNamed("gzip")) }); err != nil || len(page.Conferences) != 5 {
		t.Errorf("Fail with gzip: got %v, %v, want 5 conferences", page, err)
	}
	_, err = sees(func(x *confopenapitest.Exchange) { x.Respond(200, `{"status":7,"msg":"七"}`) })
	if refused, ok := errors.AsType[*confopenapi.StatusError](err); !ok || refused.Code != 7 || refused.Msg != "七" {
		t.Errorf("Respond: got %v, want the business status 7", err)
	}

	var statuses []int
	for _, r := range srv.Requests() {
		statuses = append(statuses, r.Status)
	}
	if diff := cmp.Diff([]int{200, 200, 403, 200, 200}, statuses); diff != "" {
		t.Errorf("statuses of Requests (-want +got)\n%s", diff)
	}
	if page, err := sees(nil); err != nil || len(page.Conferences) != 5 {
		t.Errorf("after Intercept(nil): got %v, %v, want 5 conferences", page, err)
	}
}

// A handler can serve a sibling endpoint; the request does not break the contract.
func TestExchangeHandle(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	srv.Intercept(func(x *confopenapitest.Exchange) {
		if strings.HasSuffix(x.Path, "/conference/end") {
			x.Handle(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var in struct {
					EventID int64 `json:"eventId"`
				}
				data, _ := io.ReadAll(r.Body)
				if err := json.Unmarshal(data, &in); err != nil || r.Header.Get("token") != srv.Token() {
					t.Errorf("the handler got the body %s, %v, want the original request with its token", data, err)
				}
				for _, c := range srv.Live() {
					if c.EventID == in.EventID {
						srv.End(c.Identity())
					}
				}
				_, _ = io.WriteString(w, `{"status":0,"result":{"ended":true}}`)
			}))
		}
	})
	first := srv.Live()[0]
	out, _, err := confopenapi.Call[struct{ Ended bool }](t.Context(), srv.Client(), "confopenapi/conference/end", map[string]int64{"eventId": first.EventID})
	if err != nil || !out.Ended || srv.Live()[0].EventID == first.EventID {
		t.Errorf("got %v, %v, want the first conference ended", out, err)
	}
}

// Many clients, changes, faults and readers at once: for the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t,
		confopenapitest.WithChurn(confopenapitest.Churn{Rate: 2, Toggle: 1, Resume: .5}),
		confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Truncate(), Probability: .1}))
	srv.Intercept(func(x *confopenapitest.Exchange) {
		if x.List.Page == 2 {
			srv.Add(confopenapitest.Conferences(1, 5)...)
		}
	})
	client := srv.Client(quick)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for page := range 20 {
				_, _ = client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Page: page%3 + 1})
				switch i {
				case 0:
					srv.Truth(1, 0)
					srv.Requests()
				case 1:
					srv.Update(srv.Live()[0].Identity(), func(c *confopenapi.Conference) { c.Title = "改" })
				case 2:
					srv.FailNext(1, confopenapitest.FaultNamed("stale connection"))
					srv.RotateToken()
				case 3:
					srv.SetConferences(confopenapitest.Conferences(30, uint64(page))...)
				}
			}
		})
	}
	group.Wait()
}
