package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

const (
	token    = "bench-token"
	endpoint = "/confopenapi/conference/listbystatus"
	pageSize = 20
)

// A caller is a client of the endpoint.
type caller struct {
	peer
	// connect makes one that asks base for a page, over a transport, or over its own if that is nil.
	connect func(base string, transport http.RoundTripper) (call, error)
}

// A call asks for a page. It fails unless that came, with HTTP status 200 and status 0 in the envelope, and returns what
// the client made of the response; nil if it made nothing of it.
type call func(context.Context) (any, error)

// request is the body of the peers' requests.
type request struct {
	FilterOneAttendee *bool `json:"filterOneAttendee,omitempty"`
	AdminUserID       int64 `json:"adminUserId,omitempty"`
	Page              int   `json:"page,omitempty"`
	Count             int   `json:"count,omitempty"`
}

func firstPage() request { return request{FilterOneAttendee: new(false), Page: 1, Count: pageSize} }

// success judges a response like the SDK: its HTTP status and that of the envelope.
func success(code int, e *wire.Envelope) (any, error) {
	if code != http.StatusOK || e.Status == nil || *e.Status != 0 {
		return nil, refused(code)
	}
	return e, nil
}

func refused(code int) error { return fmt.Errorf("refused with HTTP status %d", code) }

// canned is a transport that responds from memory: no connection, no other process. Its bodies can only be read piece by piece, like
// those of a connection.
type canned struct{ carousel[body] }

func (c *canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	if err := req.Body.Close(); err != nil {
		return nil, err
	}
	body := c.next().envelope
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)),
		Body: io.NopCloser(struct{ io.Reader }{bytes.NewReader(body)}), Request: req,
	}, nil
}

// service responds with pages of the size that its path begins with: /20 and the endpoint.
func service(sizes ...int) http.Handler {
	mux := http.NewServeMux()
	for _, size := range sizes {
		turn := &carousel[body]{all: bodies(size)}
		mux.HandleFunc("POST /"+strconv.Itoa(size)+endpoint, func(w http.ResponseWriter, req *http.Request) {
			_, _ = io.Copy(io.Discard, req.Body)
			body := turn.next().envelope
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body)
		})
	}
	return mux
}
