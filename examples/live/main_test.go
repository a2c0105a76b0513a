package main

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestLive(t *testing.T) {
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(
		confopenapi.Conference{EventID: 1, Title: "周例会", HostOrgID: 7, AttendeeCount: 3},
		confopenapi.Conference{EventID: 2, Title: "面试", HostOrgID: 8},
	))
	view := srv.Client().View(nil, nil)
	get := func(url string) (int, string) {
		w := httptest.NewRecorder()
		live(view)(w, httptest.NewRequestWithContext(t.Context(), "GET", url, nil))
		return w.Code, w.Body.String()
	}
	if code, _ := get("/live"); code != 503 {
		t.Errorf("before the first listing: got HTTP %d, want 503", code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- view.Run(ctx) }()
	if err := view.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	cancel() // what the view shows stays
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for url, want := range map[string][]string{"/live": {"周例会", "面试"}, "/live?org=7": {"周例会"}, "/live?org=9": nil} {
		code, body := get(url)
		var response struct {
			Verdict     string       `json:"verdict"`
			Conferences []conference `json:"conferences"`
		}
		if err := json.Unmarshal([]byte(body), &response); err != nil || code != 200 || response.Verdict != "complete" || len(response.Conferences) != len(want) {
			t.Errorf("%s: got HTTP %d with %s, want %v", url, code, body, want)
		}
	}
	if code, body := get("/live?org=x"); code != 400 {
		t.Errorf("org=x: got HTTP %d with %s, want 400", code, body)
	}
}
