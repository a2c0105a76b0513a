package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// sent is what matters of a request.
type sent struct {
	Method, URL, Token, ContentType string
	Body                            map[string]any
}

// recorder notes the request, and responds from memory.
type recorder struct {
	canned
	got sent
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	mediaType, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";")
	r.got = sent{Method: req.Method, URL: req.URL.String(), Token: req.Header.Get("token"), ContentType: mediaType}
	if err := json.Unmarshal(text, &r.got.Body); err != nil {
		return nil, err
	}
	return r.canned.RoundTrip(req)
}

// TestCallersAgree is why the figures mean something: all send the same, and make the same of the response.
func TestCallersAgree(t *testing.T) {
	want := sent{
		Method: http.MethodPost, URL: "https://confopenapi.example.com/prefix" + endpoint, Token: token, ContentType: "application/json",
		Body: map[string]any{"filterOneAttendee": false, "page": 1.0, "count": 20.0},
	}
	for _, n := range []int{0, 20, 200} {
		response := bodies(n)()[:1]
		var envelope wire.Envelope
		if err := json.Unmarshal(response[0].envelope, &envelope); err != nil {
			t.Fatal(err)
		}
		for _, c := range callers() {
			record := &recorder{canned: canned{carousel[body]{all: func() []body { return response }}}}
			call, err := c.connect("https://confopenapi.example.com/prefix", record)
			if err != nil {
				t.Fatal(err)
			}
			page, err := call(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", c.peer, err)
			}
			if diff := cmp.Diff(want, record.got); diff != "" {
				t.Errorf("%s sends (-want +got):\n%s", c.peer, diff)
			}
			if page == nil && strings.HasPrefix(c.setting, "body discarded") {
				continue
			}
			if diff := cmp.Diff(&envelope.Result, plain(t, page), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s, a page of %d (-want +got):\n%s", c.peer, n, diff)
			}
		}
	}
}

// TestCallersRefuse makes sure that all look at both statuses.
func TestCallersRefuse(t *testing.T) {
	for body, code := range map[string]int{
		`{"status":7,"result":{"totalCount":0,"confList":[]},"msg":"","request_id":"","timestamp":0,"request_duration":""}`: http.StatusOK,
		`{"status":0,"result":{"totalCount":0,"confList":[]},"msg":"","request_id":"","timestamp":0,"request_duration":""}`: http.StatusForbidden,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}))
		for _, c := range callers() {
			if strings.HasPrefix(c.setting, "body discarded") && code == http.StatusOK {
				continue
			}
			call, err := c.connect(srv.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			if page, err := call(t.Context()); err == nil {
				t.Errorf("%s takes HTTP status %d and %s for %v", c.peer, code, body, page)
			}
		}
		srv.Close()
	}
}
