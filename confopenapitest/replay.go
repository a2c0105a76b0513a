package confopenapitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
)

// Replay is an http.RoundTripper that responds from a recording of Recorder, without a network:
//
//	replay, err := confopenapitest.OpenReplay("testdata/monday.json")
//	client, err := confopenapi.NewClient("https://replay.example.com",
//		confopenapi.WithHTTPClient(&http.Client{Transport: replay}))
//
// A request gets the next response that was recorded for the same path, page, count and filterOneAttendee. Other fields do
// not matter. If no response is left, RoundTrip returns an error, which the SDK retries like a network failure. A Replay is
// safe for concurrent use.
type Replay struct {
	mu   sync.Mutex
	left map[string][]recorded
}

// OpenReplay reads a recording.
func OpenReplay(file string) (*Replay, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("confopenapitest: %w", err)
	}
	var from recording
	if err := json.Unmarshal(data, &from); err != nil {
		return nil, fmt.Errorf("confopenapitest: %s is not a recording: %w", file, err)
	}
	r := &Replay{left: make(map[string][]recorded)}
	for _, x := range from.Exchanges {
		key := replayKey(x.Method, x.Path, x.Request)
		r.left[key] = append(r.left[key], x)
	}
	return r, nil
}

// replayKey is equal for a request and the recorded one that it matches.
func replayKey(method, path string, body []byte) string {
	var asked map[string]json.RawMessage
	_ = json.Unmarshal(body, &asked) // no fields if it is not an object
	return fmt.Sprintf("%s %s, page %s, count %s, filterOneAttendee %s",
		method, plainPath(path), asked["page"], asked["count"], asked["filterOneAttendee"])
}

// RoundTrip responds with the next recorded response to the request.
func (r *Replay) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readRequest(req)
	if err != nil {
		return nil, err
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	key := replayKey(req.Method, req.URL.Path, body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.left[key]) == 0 {
		return nil, fmt.Errorf("confopenapitest: the recording has no further response to %s", key)
	}
	next := r.left[key][0]
	r.left[key] = r.left[key][1:]
	return next.response(req), nil
}

// Unused is the number of recorded responses that were not requested yet.
func (r *Replay) Unused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, list := range r.left {
		n += len(list)
	}
	return n
}

func (x recorded) response(req *http.Request) *http.Response {
	body := []byte(x.Text)
	if len(x.Response) > 0 {
		body = x.Response
	}
	header := http.Header{}
	if x.Kind != "" {
		header.Set("Content-Type", x.Kind)
	}
	if x.RetryAfter != "" {
		header.Set("Retry-After", x.RetryAfter)
	}
	return newResponse(req, x.Status, header, body)
}
