package check_test

import (
	"net/http"
	"strings"
	"testing"
)

// checkRequest returns what is wrong with the documented request, with another body or "header: value", method, path or query.
func (c *contract) checkRequest(t *testing.T, body, change string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://conf.example.com/prefix"+endpoint, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "Token": {"made-up"}}
	switch key, value, _ := strings.Cut(change, ": "); key {
	case "":
	case "method":
		req.Method = value
	case "path":
		req.URL.Path = value
	case "query":
		req.URL.RawQuery = value
	default:
		req.Header.Set(key, value)
	}
	return c.request(req, []byte(body))
}

// checkResponse returns what is wrong with a response of HTTP 200 with a body, or nil.
func (c *contract) checkResponse(t *testing.T, body string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://conf.example.com"+endpoint, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return c.response(req, http.StatusOK, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, []byte(body))
}

func TestContractRequests(t *testing.T) {
	api := openContract(t)
	for _, body := range []string{mustRead(t, stories+"doc_request.json"), `{}`, `{"adminUserId":9223372036854775807}`, `{"token":"made-up"}`} {
		if err := api.checkRequest(t, body, ""); err != nil {
			t.Errorf("%s: got %v, want no error", body, err)
		}
	}
	for _, body := range []string{
		``, `{"page":1`, `[]`, `null`, `{"page":"1"}`, `{"page":0}`, `{"page":-1}`, `{"page":1.5}`, `{"page":null}`,
		`{"count":0}`, `{"count":-20}`, `{"adminUserId":"123456789"}`, `{"filterOneAttendee":1}`, `{"filterOneAttendee":null}`,
		`{"token":4711}`, `{"token":""}`, `{"status":2}`, `{"Page":1}`,
	} {
		if api.checkRequest(t, body, "") == nil {
			t.Errorf("the body %q: got no error, want one", body)
		}
	}
	for _, change := range []string{
		"method: PUT", "path: /confopenapi/conference/list", "query: page=1", "Content-Type: ",
		"Content-Type: application/x-www-form-urlencoded", "Accept: text/html",
	} {
		if api.checkRequest(t, `{}`, change) == nil {
			t.Errorf("%s: got no error, want one", change)
		}
	}
}

// Each case changes one place of the documented response.
func TestContractResponses(t *testing.T) {
	api, example := openContract(t), mustRead(t, stories+"doc_example.json")
	for _, tt := range []struct {
		old, new string
		broken   bool
	}{
		{``, ``, false},
		{`"eventId"`, `"new": [{}], "eventId"`, false},
		{`"status": 2`, `"status": -17`, false},
		{`"isRecord": true`, `"isRecord": null`, false},
		{`"request_id"`, `"x"`, false},
		{example, `{"status":4711,"result":"what?"}`, false},
		{example, `{"status":-1}`, false},
		{`"status": 0,`, ``, true},
		{`"status": 0`, `"status": "0"`, true},
		{`"status": 0`, `"status": null`, true},
		{`"result"`, `"results"`, true},
		{`"totalCount": 2`, `"totalCount": "2"`, true},
		{`"eventId": 1165158`, `"eventId": "1165158"`, true},
		{`"conferenceId": "22188557"`, `"conferenceId": 22188557`, true},
		{`"confName": "周例会"`, `"confName": null`, true},
		{`"isSecureConf": false`, `"isSecureConf": 0`, true},
		{`"attendeeCnt": 5`, `"attendeeCnt": 5.5`, true},
		{`"startTime": 1715600000`, `"startTime": "2024-05-14 10:00:00"`, true},
		{`"msg": "success"`, `"msg": []`, true},
		{`"timestamp": 1774514768581`, `"timestamp": "1774514768581"`, true},
		{`"request_duration": "38.849885ms"`, `"request_duration": 38.8`, true},
		{example, `{"status":0,"result":{"total":2,"list":[]}}`, true},
		{example, `{"status":0,"result":{"totalCount":0,"confList":{}}}`, true},
		{example, `{"status":0,"result":{"totalCount":1,"confList":["22188557"]}}`, true},
		{example, ``, true},
		{example, example[:len(example)/2], true},
		{example, `[]`, true},
	} {
		if !strings.Contains(example, tt.old) {
			t.Errorf("the example has no %s", tt.old)
		}
		if err := api.checkResponse(t, strings.Replace(example, tt.old, tt.new, 1)); (err != nil) != tt.broken {
			t.Errorf("%.50s instead of %.50s: got %v, want an error: %t", tt.new, tt.old, err, tt.broken)
		}
	}
}
