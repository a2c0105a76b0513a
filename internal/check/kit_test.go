package check_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// once sends each call once: each response counts.
var once = confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1})

// All requests of the SDK, and all responses of a fake without faults, keep the contract.
func TestKitKeepsContract(t *testing.T) {
	type paging = livelist.Paging
	churn := confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 2, Toggle: 1, Resume: 0.2, Restart: 0.2})
	modes := map[string][]confopenapitest.Option{
		"defaults":            nil,
		"empty":               {confopenapitest.WithConferences()},
		"example spelling":    {confopenapitest.WithExampleSpelling()},
		"churn":               {churn, confopenapitest.WithExampleSpelling()},
		"cap":                 {confopenapitest.WithMaxCount(7)},
		"rejected count":      {confopenapitest.WithPaging(paging{Reject: 10})},
		"cap by rows":         {confopenapitest.WithPaging(paging{Cap: 5})},
		"cap by bytes":        {confopenapitest.WithPaging(paging{Bytes: 4000})},
		"limited depth":       {confopenapitest.WithPaging(paging{Depth: 10})},
		"filter after paging": {confopenapitest.WithFilterAfterPaging()},
		"page ignored":        {confopenapitest.WithPaging(paging{IgnorePage: true})},
		"last page repeated":  {confopenapitest.WithPaging(paging{RepeatLast: true})},
		"count ignored":       {confopenapitest.WithPaging(paging{IgnoreCount: true})},
		"counts rounded":      {confopenapitest.WithPaging(paging{OddCounts: true})},
		"replicas":            {churn, confopenapitest.WithPaging(paging{Lags: []float64{0, 3}})},
		"token in the header": {confopenapitest.WithTokenIn(confopenapi.TokenInHeader)},
		"token in the body":   {confopenapitest.WithTokenIn(confopenapi.TokenInBody)},
		"business refusal": {
			confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Uses: 1}), confopenapitest.WithRefusal(confopenapitest.BusinessStatus(40101, "null")),
		},
		"HTTP refusal":   {confopenapitest.WithTokenLimits(confopenapitest.TokenLimits{Uses: 1})},
		"administrators": {confopenapitest.WithAdmins(func(id int64, c confopenapi.Conference) bool { return c.HostID%2 == id%2 })},
		"unknown field": {confopenapitest.WithConferences(confopenapi.Conference{
			Extra: map[string]json.RawMessage{"new": json.RawMessage(`{"a":[null]}`)},
		})},
	}
	for _, order := range livelist.Orders() {
		modes["order "+order.String()] = []confopenapitest.Option{churn, confopenapitest.WithOrder(confopenapitest.Order(order))}
	}
	for _, total := range livelist.Totals() {
		modes[fmt.Sprint("total ", total)] = []confopenapitest.Option{confopenapitest.WithPaging(paging{Total: total})}
	}
	api := openContract(t)
	requests := []*confopenapi.ListByStatusRequest{
		nil,
		{Count: 3},
		{Page: 2, Count: 10},
		{Page: 1 << 30, Count: 1 << 30},
		{Count: 500, FilterOneAttendee: new(true)},
		{FilterOneAttendee: new(false), AdminUserID: 1<<63 - 1},
	}
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			srv := confopenapitest.NewServer(t, opts...)
			seen := &checker{T: t, api: api}
			placements := []confopenapi.TokenPlacement{confopenapi.TokenInBoth}
			if opts == nil {
				placements = append(placements, confopenapi.TokenInHeader, confopenapi.TokenInBody)
			}
			for _, placement := range placements {
				client := srv.Client(seen.option(), once, confopenapi.WithTokenPlacement(placement))
				for _, req := range requests {
					_, err := client.ListByStatus(t.Context(), req)
					if wrong, broken := errors.AsType[*confopenapi.DecodeError](err); broken {
						t.Error(wrong)
					}
				}
				_, _ = client.Snapshot(t.Context(), nil, nil) // some of these services refuse, or prove nothing
				for _, err := range client.Pager(nil, nil).All(t.Context()) {
					if wrong, broken := errors.AsType[*confopenapi.DecodeError](err); broken {
						t.Error(wrong)
					}
				}
			}
			if got, want := len(seen.responses), srv.RequestCount(); got != want || got < len(placements)*len(requests) {
				t.Errorf("got %d responses checked, want those to all %d requests", got, want)
			}
			if err := errors.Join(seen.responses...); err != nil {
				t.Errorf("a response breaks the contract: %v", err)
			}
		})
	}
}

// The contract refuses the faults that break a response, and accepts those that are a proper refusal.
func TestContractSeesFaults(t *testing.T) {
	var broken []string
	api := openContract(t)
	for _, fault := range confopenapitest.Faults() {
		srv := confopenapitest.NewServer(t, confopenapitest.WithFaults(confopenapitest.Rule{Fault: fault}))
		seen := &checker{T: t, api: api}
		_, err := srv.Client(seen.option(), once).ListByStatus(t.Context(), nil)
		if len(seen.responses) == 0 || seen.responses[0] == nil { // Reset sends no response
			continue
		}
		broken = append(broken, fault.String())
		if err == nil && fault.String() != "null list" { // which the SDK takes for an empty page
			t.Errorf("%s breaks the contract (%v): got no error of the SDK, want one", fault, seen.responses[0])
		}
	}
	slices.Sort(broken)
	want := []string{
		"BOM", `BusinessStatus(0, "")`, "BusinessStatus(0, [])", "BusinessStatus(0, absent)", "BusinessStatus(0, null)",
		"BusinessStatus(0, {})", "HTML(200)", "Redirect(301)", "Redirect(302)", "Redirect(303)", "Redirect(307)", "Redirect(308)",
		"Truncate()", "cut chunks", "cut gzip", "deep nesting", "empty body", "empty object", "missing status", "null list",
		"null status", "trailing bytes",
	}
	if diff := cmp.Diff(want, broken); diff != "" {
		t.Errorf("faults that break the contract (-want +got):\n%s", diff)
	}
}

// Of the stories in testdata, the contract refuses these: what the SDK tolerates all the same, and what it refuses, too.
func TestStoriesAgainstContract(t *testing.T) {
	tolerated := []string{
		"both_spellings.json", "float_ids.json", "list_null.json", "long_ids.json", "null_everything.json", "numeric_mobile.json", "quoted_integers.json",
	}
	refused := []string{
		"bad_gateway.html", "bom.json", "captive_portal.html", "empty_object.json", "result_missing.json", "result_null.json",
		"result_string.json", "status_missing.json", "status_null.json", "trailing_bytes.json",
	}
	files, err := filepath.Glob(stories + "*")
	if err != nil || len(files) < 30 {
		t.Fatalf("got the stories %q, %v; want at least 30", files, err)
	}
	api := openContract(t)
	for _, file := range files {
		name, text := filepath.Base(file), mustRead(t, file)
		if name == "doc_request.json" {
			continue
		}
		isTolerated, isRefused := slices.Contains(tolerated, name), slices.Contains(refused, name)
		if err := api.checkResponse(t, text); (err != nil) != (isTolerated || isRefused) {
			t.Errorf("%s: got %v of the contract, want an error: %t", name, err, isTolerated || isRefused)
		}
		client, err := confopenapi.NewClient("https://conf.example.com", once, confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(
			func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}, nil
			})}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.ListByStatus(t.Context(), nil)
		if _, wrong := errors.AsType[*confopenapi.DecodeError](err); wrong != isRefused {
			t.Errorf("%s: got %v of the SDK, want a DecodeError: %t", name, err, isRefused)
		}
	}
}
