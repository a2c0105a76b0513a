package check_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// once does not try again: each answer counts.
var once = confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1})

// Whatever the fake serves while nothing goes wrong, and all that the SDK asks for meanwhile, keeps the contract.
func TestKitKeepsContract(t *testing.T) {
	type o = livelist.Paging
	churn := confopenapitest.WithChurn(confopenapitest.Churn{
		Seed: 1, Rate: 2, Toggle: 1, Resume: 0.2, Restart: 0.2,
	})
	modes := map[string][]confopenapitest.Option{
		"as it comes":         nil,
		"nothing is live":     {confopenapitest.WithConferences()},
		"the example's names": {confopenapitest.WithExampleSpelling()},
		"live":                {churn},
		"live, example's":     {churn, confopenapitest.WithExampleSpelling()},
		"silent cap":          {confopenapitest.WithMaxCount(7)},
		"rejected count":      {confopenapitest.WithPaging(o{Reject: 10})},
		"cap by rows":         {confopenapitest.WithPaging(o{Cap: 5})},
		"cap by bytes":        {confopenapitest.WithPaging(o{Bytes: 4000})},
		"limited depth":       {confopenapitest.WithPaging(o{Depth: 10})},
		"filter after paging": {confopenapitest.WithFilterAfterPaging()},
		"page ignored":        {confopenapitest.WithPaging(o{IgnorePage: true})},
		"last page repeated":  {confopenapitest.WithPaging(o{RepeatLast: true})},
		"count ignored":       {confopenapitest.WithPaging(o{IgnoreCount: true})},
		"counts rounded":      {confopenapitest.WithPaging(o{OddCounts: true})},
		"replicas":            {churn, confopenapitest.WithPaging(o{Lags: []float64{0, 3}})},
		"token in the header": {confopenapitest.WithTokenIn(confopenapi.TokenInHeader)},
		"token in the body":   {confopenapitest.WithTokenIn(confopenapi.TokenInBody)},
		"another token":       {confopenapitest.WithToken("another")},
		"refused as business": {confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Uses: 1}), confopenapitest.WithRefusal(confopenapitest.BusinessStatus(40101, "null"))},
		"refused as HTTP":     {confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Uses: 1})},
		"administrators":      {confopenapitest.WithAdmins(func(id int64, c confopenapi.Conference) bool { return c.HostID%2 == id%2 })},
		"members of tomorrow": {confopenapitest.WithConferences(confopenapi.Conference{Extra: map[string]json.RawMessage{"new": json.RawMessage(`{"a":[null]}`)}})},
	}
	for _, order := range livelist.Orders() {
		modes["order "+order.String()] = []confopenapitest.Option{churn, confopenapitest.WithOrder(confopenapitest.Order(order))}
	}
	for total := livelist.TotalExact; total <= livelist.TotalNegative; total++ {
		modes["total "+string(rune('0'+total))] = []confopenapitest.Option{confopenapitest.WithPaging(o{Total: total})}
	}
	api := mustOpen(t)
	requests := []*confopenapi.ListByStatusRequest{
		nil, {Count: 3}, {Page: 2, Count: 10}, {Page: 99}, {Count: 500, FilterOneAttendee: new(true)}, {FilterOneAttendee: new(false), AdminUserID: 10001},
	}
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			seen := &checker{t: t, api: api}
			client := confopenapitest.NewServer(t, opts...).Client(seen.option(), once, confopenapi.WithTokenPlacement(confopenapi.TokenInBoth))
			for _, req := range requests {
				_, err := client.ListByStatus(t.Context(), req)
				if wrong, broken := errors.AsType[*confopenapi.DecodeError](err); broken {
					t.Error(wrong)
				}
			}
			if len(seen.responses) != len(requests) {
				t.Fatalf("%d answers to %d requests", len(seen.responses), len(requests))
			}
			if err := errors.Join(seen.responses...); err != nil {
				t.Error(err)
			}
		})
	}
}

// The contract tells a broken answer from one that is merely unwelcome, as the SDK does.
func TestContractSeesFaults(t *testing.T) {
	broken := map[string]bool{}
	api := mustOpen(t)
	for _, fault := range confopenapitest.Faults() {
		srv := confopenapitest.NewServer(t, confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault}))
		seen := &checker{t: t, api: api}
		_, err := srv.Client(seen.option(), once).ListByStatus(t.Context(), nil)
		if len(seen.responses) == 0 { // Reset: there is nothing to look at
			continue
		}
		if wrong := seen.responses[0]; wrong != nil {
			broken[fault.String()] = true
			if err == nil && fault.String() != "null list" { // which the SDK takes for an empty page
				t.Errorf("%s breaks the contract, and the SDK takes it: %v", fault, wrong)
			}
		}
	}
	want := []string{
		"BOM", `BusinessStatus(0, "")`, "BusinessStatus(0, [])", "BusinessStatus(0, absent)", "BusinessStatus(0, null)",
		"BusinessStatus(0, {})", "HTML(200)", "Redirect(301)", "Redirect(302)", "Redirect(303)", "Redirect(307)", "Redirect(308)",
		"Truncate()", "cut chunks", "cut gzip", "deep nesting", "empty body", "empty object", "missing status", "null list",
		"null status", "trailing bytes",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(broken))); diff != "" {
		t.Errorf("the contract sees (-want +got):\n%s", diff)
	}
}

// The requests of the SDK keep the contract wherever the token goes and whatever is asked for, and whichever way it lists.
func TestSDKKeepsContract(t *testing.T) {
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(300, 1)...), confopenapitest.WithMaxCount(50))
	seen := &checker{t: t, api: mustOpen(t)}
	for _, placement := range []confopenapi.TokenPlacement{confopenapi.TokenInHeader, confopenapi.TokenInBody, confopenapi.TokenInBoth} {
		client := srv.Client(seen.option(), confopenapi.WithTokenPlacement(placement))
		for _, filter := range []*bool{nil, new(false), new(true)} {
			for _, admin := range []int64{0, 1, 1<<63 - 1} {
				for _, page := range []int{0, 1, 1 << 30} {
					for _, count := range []int{0, 1, 1 << 30} {
						req := confopenapi.ListByStatusRequest{FilterOneAttendee: filter, AdminUserID: admin, Page: page, Count: count}
						if _, err := client.ListByStatus(t.Context(), &req); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			req := confopenapi.ListByStatusRequest{FilterOneAttendee: filter}
			if _, err := client.Snapshot(t.Context(), &req, nil); err != nil {
				t.Fatal(err)
			}
			for _, err := range client.Pager(&req, nil).All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if srv.RequestCount() != seen.requests || seen.requests < 243 {
		t.Errorf("%d requests came, and %d were checked", srv.RequestCount(), seen.requests)
	}
	if err := errors.Join(seen.responses...); err != nil {
		t.Error(err)
	}
}

// What the vendor adds must break nobody; what the SDK tolerates beyond the contract is still no part of it.
func TestStoriesAgainstContract(t *testing.T) {
	kept := []string{
		"business_error_empty_array.json", "business_error_empty_string.json", "business_error_no_result.json",
		"business_error_null_result.json", "doc_example.json", "documented_spellings.json", "duplicate_keys.json", "empty_list.json",
		"list_absent.json", "null_flags.json", "past_the_end.json", "status_behind_result.json", "unknown_members.json",
	}
	tolerated := []string{
		"both_spellings.json", "float_ids.json", "list_null.json", "long_ids.json", "null_everything.json", "numeric_mobile.json", "quoted_integers.json",
	}
	refused := []string{
		"bad_gateway.html", "bom.json", "captive_portal.html", "empty_object.json", "result_missing.json", "result_null.json",
		"result_string.json", "status_missing.json", "status_null.json", "trailing_bytes.json",
	}
	files, err := filepath.Glob(stories + "*")
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(kept, tolerated, refused, []string{"doc_request.json"})
	for _, file := range files {
		if !slices.Contains(all, filepath.Base(file)) {
			t.Errorf("%s: does it keep the contract?", filepath.Base(file))
		}
	}
	api := mustOpen(t)
	for _, name := range kept {
		if err := api.answered(t, mustRead(t, stories+name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range slices.Concat(tolerated, refused) {
		if api.answered(t, mustRead(t, stories+name)) == nil {
			t.Errorf("%s is no part of the contract, and the contract takes it", name)
		}
	}
	for _, name := range tolerated {
		answer := roundTripper(func(*http.Request) (*http.Response, error) {
			body := io.NopCloser(strings.NewReader(mustRead(t, stories+name)))
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
		})
		client, err := confopenapi.NewClient("https://conf.example.com", once, confopenapi.WithHTTPClient(&http.Client{Transport: answer}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListByStatus(t.Context(), nil); err != nil {
			t.Errorf("%s is tolerated: %v", name, err)
		}
	}
}
