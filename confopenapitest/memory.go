package confopenapitest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
)

// RoundTrip serves a request in the caller's goroutine, without a network, so that a Server can be the Transport of an
// http.Client. It returns the whole response, after all waits. Faults that break a connection are errors; so are those that
// only work on a real connection, such as "stale connection".
func (s *Server) RoundTrip(req *http.Request) (*http.Response, error) {
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() { _ = in.Body.Close() }()
	w := &memoryWriter{header: http.Header{}}
	aborted := w.serve(s, in)
	switch {
	case req.Context().Err() != nil:
		return nil, context.Cause(req.Context())
	case aborted && w.sent == nil:
		return nil, fmt.Errorf("confopenapitest: the connection was closed: %w", io.EOF)
	case w.sent == nil:
		w.WriteHeader(http.StatusOK)
	}
	resp := newResponse(req, w.status, w.sent, w.body.Bytes())
	if aborted {
		resp.Body = readCloser{io.MultiReader(resp.Body, failing{io.ErrUnexpectedEOF}), resp.Body}
	}
	if w.sent.Get("Content-Encoding") == "gzip" && req.Header.Get("Accept-Encoding") == "" {
		unzip(resp)
	}
	return resp, nil
}

// newResponse makes a response of HTTP/1.1.
func newResponse(req *http.Request, status int, header http.Header, body []byte) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// unzip decompresses a response, as net/http does for a request without Accept-Encoding.
func unzip(resp *http.Response) {
	body := resp.Body
	unzipped, err := gzip.NewReader(body)
	resp.Body = readCloser{unzipped, body}
	if err != nil {
		resp.Body = readCloser{failing{err}, body}
	}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength, resp.Uncompressed = -1, true
}

// memoryWriter stores a response.
type memoryWriter struct {
	header, sent http.Header // sent is nil until there is a status
	status       int
	body         bytes.Buffer
}

// serve reports whether the response was aborted.
func (w *memoryWriter) serve(handler http.Handler, req *http.Request) (aborted bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			aborted = true
		default:
			panic(p)
		}
	}()
	handler.ServeHTTP(w, req)
	return false
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if w.sent == nil {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *memoryWriter) Flush() {}

// readCloser is a body with another reader.
type readCloser struct {
	io.Reader
	io.Closer
}

// failing is a body whose reads fail.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
