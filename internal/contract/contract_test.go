package contract_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/contract"
)

func TestRequestsThatBreakTheContract(t *testing.T) {
	api := mustOpen(t)
	right := func(body string) func(*http.Request) { return func(r *http.Request) { setBody(r, body) } }
	for name, change := range map[string]func(*http.Request){
		"as documented":     right(story(t, "doc_request.json")),
		"the defaults":      right(`{}`),
		"the largest admin": right(`{"adminUserId":9223372036854775807}`),
		"the token in the body": func(r *http.Request) {
			r.Header.Del("Token")
			setBody(r, `{"token":"made-up-token"}`)
		},
	} {
		req := asking(t.Context(), "{}")
		change(req)
		if err := api.Request(req); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another method":        func(r *http.Request) { r.Method = http.MethodPut },
		"another path":          func(r *http.Request) { r.URL.Path = "/confopenapi/conference/list" },
		"a query":               func(r *http.Request) { r.URL.RawQuery = "page=1" },
		"no content type":       func(r *http.Request) { r.Header.Del("Content-Type") },
		"a form":                func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"accepts HTML alone":    func(r *http.Request) { r.Header.Set("Accept", "text/html") },
		"no body":               right(``),
		"no JSON":               right(`{"page":1`),
		"an array":              right(`[]`),
		"null":                  right(`null`),
		"page in quotes":        right(`{"page":"1"}`),
		"page 0":                right(`{"page":0}`),
		"page below 0":          right(`{"page":-1}`),
		"half a page":           right(`{"page":1.5}`),
		"no page":               right(`{"page":null}`),
		"count 0":               right(`{"count":0}`),
		"count below 0":         right(`{"count":-20}`),
		"admin in quotes":       right(`{"adminUserId":"123456789"}`),
		"filter as a number":    right(`{"filterOneAttendee":1}`),
		"no filter":             right(`{"filterOneAttendee":null}`),
		"the token as a number": right(`{"token":4711}`),
		"an empty token":        right(`{"token":""}`),
		"a member too many":     right(`{"status":2}`),
		"another case":          right(`{"Page":1}`),
	} {
		req := asking(t.Context(), "{}")
		change(req)
		if api.Request(req) == nil {
			t.Errorf("%s: the contract takes it", name)
		}
	}
}

func setBody(r *http.Request, body string) {
	r.Body = asking(r.Context(), body).Body
	r.ContentLength = int64(len(body))
}

func TestAnswersThatBreakTheContract(t *testing.T) {
	api := mustOpen(t)
	example := story(t, "doc_example.json")
	change := func(old, replacement string) string {
		if strings.Count(example, old) != 1 {
			t.Fatalf("the example does not have %q once", old)
		}
		return strings.Replace(example, old, replacement, 1)
	}
	for name, body := range map[string]string{
		"the example":         example,
		"a member too many":   change(`"eventId"`, `"new": [{}], "eventId"`),
		"a conference status": change(`"status": 2`, `"status": -17`),
		"unknown flags":       change(`"isRecord": true`, `"isRecord": null`),
		"no request id":       change(`"request_id"`, `"x"`),
		"a business error":    `{"status":4711,"result":"what?"}`,
		"below 0":             `{"status":-1}`,
	} {
		if err := api.Response(asking(t.Context(), "{}"), answering(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, body := range map[string]string{
		"no status":             change(`"status": 0,`, ``),
		"the status in quotes":  change(`"status": 0`, `"status": "0"`),
		"status null":           change(`"status": 0`, `"status": null`),
		"no result":             change(`"result"`, `"results"`),
		"another result":        `{"status":0,"result":{"total":2,"list":[]}}`,
		"the total in quotes":   change(`"totalCount": 2`, `"totalCount": "2"`),
		"the list as an object": `{"status":0,"result":{"totalCount":0,"confList":{}}}`,
		"a row as a string":     `{"status":0,"result":{"totalCount":1,"confList":["22188557"]}}`,
		"an id in quotes":       change(`"eventId": 1165158`, `"eventId": "1165158"`),
		"an id as a number":     change(`"conferenceId": "22188557"`, `"conferenceId": 22188557`),
		"no subject":            change(`"confName": "周例会"`, `"confName": null`),
		"a flag as a number":    change(`"isSecureConf": false`, `"isSecureConf": 0`),
		"half an attendee":      change(`"attendeeCnt": 5`, `"attendeeCnt": 5.5`),
		"the start as text":     change(`"startTime": 1715600000`, `"startTime": "2024-05-14 10:00:00"`),
		"msg as a list":         change(`"msg": "success"`, `"msg": []`),
		"the timestamp as text": change(`"timestamp": 1774514768581`, `"timestamp": "1774514768581"`),
		"a duration in numbers": change(`"request_duration": "38.849885ms"`, `"request_duration": 38.8`),
		"nothing":               ``,
		"cut":                   example[:len(example)/2],
		"a list":                `[]`,
	} {
		if api.Response(asking(t.Context(), "{}"), answering(body)) == nil {
			t.Errorf("%s: the contract takes it", name)
		}
	}
}

func TestWhatIsNoDescription(t *testing.T) {
	good, err := os.ReadFile(description)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":         "",
		"no OpenAPI":    "swagger: none\n",
		"unknown field": strings.Replace(string(good), "operationId:", "operationID:", 1),
		"lost schema":   strings.Replace(string(good), "    ConfList:", "    ConfLists:", 1),
	} {
		file := filepath.Join(t.TempDir(), "openapi.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := contract.Open(file); err == nil {
			t.Errorf("%s: it was opened", name)
		}
	}
	if _, err := contract.Open(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that is not there was opened")
	}
}

// A body that was checked is still there for whoever comes next.
func TestBodiesRemain(t *testing.T) {
	api := mustOpen(t)
	req, resp := asking(t.Context(), `{"page":2}`), answering(story(t, "doc_example.json"))
	if err := api.Request(req); err != nil {
		t.Fatal(err)
	}
	if err := api.Response(req, resp); err != nil {
		t.Fatal(err)
	}
	var asked, answered map[string]any
	if err := json.NewDecoder(req.Body).Decode(&asked); err != nil || asked["page"] != 2.0 {
		t.Errorf("the request's body is %v, %v", asked, err)
	}
	if err := json.NewDecoder(resp.Body).Decode(&answered); err != nil || answered["msg"] != "success" {
		t.Errorf("the answer's body is %v, %v", answered, err)
	}
}
