package confopenapi

import (
	"io"
	"net/http"
	"slices"
)

const (
	maxPrealloc = 1 << 20 // bytes of an answer that are believed to come before they do
	maxKept     = 1 << 20 // bytes of a buffer that serves the next call
	minBuffer   = 4 << 10
)

// buffer holds the body of an answer while the call lasts. Nothing that a call returns refers to it.
type buffer struct{ data []byte }

// trim lets go of a buffer that is too large to be kept for the next call.
func (b *buffer) trim() {
	if cap(b.data) > maxKept {
		b.data = nil
	}
}

// read reads to the end, which is where a cut or damaged gzip stream shows, and closes the body. What it returns is good
// until it is called again or the call ends.
func (b *buffer) read(resp *http.Response, limit int64) ([]byte, error) {
	if resp.Body == nil {
		return nil, nil
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil // what follows is no body but the connection itself, and reading it would not end
	}
	if resp.ContentLength > limit {
		return nil, tooLargeError(limit)
	}
	b.data = slices.Grow(b.data[:0], int(max(min(resp.ContentLength, maxPrealloc)+1, minBuffer)))
	for {
		if len(b.data) == cap(b.data) {
			b.data = slices.Grow(b.data, len(b.data))
		}
		n, err := resp.Body.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		switch {
		case int64(len(b.data)) > limit:
			return b.data[:limit], tooLargeError(limit)
		case err == io.EOF: // itself: an error that wraps it is another
			return b.data, nil
		case err != nil:
			return b.data, err
		}
	}
}
