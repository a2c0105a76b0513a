package confopenapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

// Replay is an http.RoundTripper that answers from a recording of Recorder, without a network:
//
//	replay, err := confopenapitest.OpenReplay("testdata/monday.json")
//	client, err := confopenapi.NewClient("https://replay.example.com",
//		confopenapi.WithHTTPClient(&http.Client{Transport: replay}))
//
// A request gets the next answer that was recorded for the same endpoint, page, count and filterOneAttendee; tokens, ids
// and other members that recordings replace do not count. A request without a further answer is an error, which the SDK
// retries like any failure of the network. A Replay is safe for concurrent use.
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
		return nil, fmt.Errorf("confopenapitest: %s is no recording: %w", file, err)
	}
	r := &Replay{left: make(map[string][]recorded)}
	for _, x := range from.Exchanges {
		key := replayKey(x.Method, x.Path, x.Request)
		r.left[key] = append(r.left[key], x)
	}
	return r, nil
}

func replayKey(method, path string, body []byte) string {
	return method + " " + plainPath(path) + " " + shape(body)
}

// RoundTrip answers with the next recorded answer to the request.
func (r *Replay) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	key := replayKey(req.Method, req.URL.Path, body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.left[key]) == 0 {
		return nil, fmt.Errorf("confopenapitest: the recording has no further answer to %s", key)
	}
	next := r.left[key][0]
	r.left[key] = r.left[key][1:]
	return next.response(req), nil
}

// Unused is how many recorded answers nobody has asked for.
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
	for name, value := range map[string]string{"Content-Type": x.Kind, "Retry-After": x.RetryAfter} {
		if value != "" {
			header.Set(name, value)
		}
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", x.Status, http.StatusText(x.Status)), StatusCode: x.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}
