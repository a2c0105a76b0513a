package check_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

// asking is a request as the documentation wants it.
func asking(ctx context.Context) *http.Request {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://conf.example.com/prefix"+endpoint, http.NoBody)
	if err != nil {
		panic(err) // the URL is a constant
	}
	req.Header = http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "Token": {"made-up-token"}}
	return req
}

func TestContractRequests(t *testing.T) {
	api := mustOpen(t)
	for _, body := range []string{mustRead(t, stories+"doc_request.json"), `{}`, `{"adminUserId":9223372036854775807}`} {
		if err := api.request(asking(t.Context()), []byte(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	inBody := asking(t.Context())
	inBody.Header.Del("Token")
	if err := api.request(inBody, []byte(`{"token":"made-up-token"}`)); err != nil {
		t.Errorf("the token in the body: %v", err)
	}
	for _, body := range []string{
		``, `{"page":1`, `[]`, `null`, `{"page":"1"}`, `{"page":0}`, `{"page":-1}`, `{"page":1.5}`, `{"page":null}`,
		`{"count":0}`, `{"count":-20}`, `{"adminUserId":"123456789"}`, `{"filterOneAttendee":1}`, `{"filterOneAttendee":null}`,
		`{"token":4711}`, `{"token":""}`, `{"status":2}`, `{"Page":1}`,
	} {
		if api.request(asking(t.Context()), []byte(body)) == nil {
			t.Errorf("the contract takes the body %q", body)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another method":     func(r *http.Request) { r.Method = http.MethodPut },
		"another path":       func(r *http.Request) { r.URL.Path = "/confopenapi/conference/list" },
		"a query":            func(r *http.Request) { r.URL.RawQuery = "page=1" },
		"no content type":    func(r *http.Request) { r.Header.Del("Content-Type") },
		"a form":             func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"accepts HTML alone": func(r *http.Request) { r.Header.Set("Accept", "text/html") },
	} {
		req := asking(t.Context())
		change(req)
		if api.request(req, []byte(`{}`)) == nil {
			t.Errorf("%s: the contract takes it", name)
		}
	}
}

// answered returns what is wrong with a response of HTTP 200, or nil.
func (c *contract) answered(t *testing.T, body string) error {
	t.Helper()
	return c.response(asking(t.Context()), http.StatusOK, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, []byte(body))
}

func TestContractResponses(t *testing.T) {
	api := mustOpen(t)
	example := mustRead(t, stories+"doc_example.json")
	change := func(old, replacement string) string { return edited(t, example, old, replacement) }
	for name, body := range map[string]string{
		"the example":         example,
		"a member too many":   change(`"eventId"`, `"new": [{}], "eventId"`),
		"a conference status": change(`"status": 2`, `"status": -17`),
		"unknown flags":       change(`"isRecord": true`, `"isRecord": null`),
		"no request id":       change(`"request_id"`, `"x"`),
		"a business error":    `{"status":4711,"result":"what?"}`,
		"below 0":             `{"status":-1}`,
	} {
		if err := api.answered(t, body); err != nil {
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
		if api.answered(t, body) == nil {
			t.Errorf("%s: the contract takes it", name)
		}
	}
}

func TestContractDescription(t *testing.T) {
	good := mustRead(t, description)
	for name, text := range map[string]string{
		"empty":         "",
		"no OpenAPI":    "swagger: none\n",
		"unknown field": strings.Replace(good, "operationId:", "operationID:", 1),
		"lost schema":   strings.Replace(good, "    ConfList:", "    ConfLists:", 1),
		"bad example":   strings.Replace(good, "totalCount: 2", "totalCount: two", 1),
	} {
		if _, err := openContract([]byte(text)); err == nil || text == good {
			t.Errorf("%s: it was opened", name)
		}
	}
	components := mustOpen(t).description.Components
	for name := range components.Schemas {
		if !strings.Contains(good, "'#/components/schemas/"+name+"'") && !strings.Contains(good, "#/components/schemas/"+name+"\n") {
			t.Errorf("nothing uses schema %s", name)
		}
	}
	for _, needs := range mustOpen(t).description.Security {
		for name := range needs {
			if components.SecuritySchemes[name] == nil {
				t.Errorf("there is no security scheme %s", name)
			}
		}
	}
}
