package send

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// NewTransport is net/http's default, but it keeps as many idle connections as a busy job uses, notices dead ones of HTTP/2, and
// bounds headers.
func NewTransport() *http.Transport {
	const perHost = 128
	return &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DialContext:       (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2: true,
		// All attempts share one connection of HTTP/2. Pings end a dead one within the default time of an attempt.
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second},
		MaxIdleConns:           perHost,
		MaxIdleConnsPerHost:    perHost,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// neverLeft reports whether a request provably was not sent: no connection came about, to the service or to the proxy.
func neverLeft(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && (failed.Op == "dial" || failed.Op == "proxyconnect")
}

// handshake keeps how a TLS handshake failed: no type of an error of crypto/tls, or of a caller's own verification, shows that
// it came from there.
type handshake struct{ err atomic.Pointer[error] }

// watchHandshake makes one for an attempt, since a connection can come about after the attempt that began it.
func watchHandshake(ctx context.Context, u *url.URL) (context.Context, *handshake) {
	if u.Scheme != "https" {
		return ctx, nil
	}
	h := &handshake{}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) { h.err.Store(&err) },
	}), h
}

// failed reports whether err is that of the handshake, and no mere failure of the network under it.
func (h *handshake) failed(err error) bool {
	if h == nil {
		return false
	}
	cause := h.err.Load()
	if cause == nil || *cause == nil || !errors.Is(err, *cause) {
		return false
	}
	network, ok := errors.AsType[net.Error](*cause)
	broken := ok && (network.Timeout() || !isAlert(*cause)) || errors.Is(*cause, io.EOF) ||
		errors.Is(*cause, io.ErrUnexpectedEOF) || errors.Is(*cause, context.Canceled)
	return !broken
}

// isAlert reports whether the peer ended the connection with a TLS alert, whose type crypto/tls does not export.
func isAlert(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "remote error"
}

// ErrTooLarge is the Err of an attempt whose body is longer than MaxBytes.
var ErrTooLarge = errors.New("response too large")

const (
	maxPrealloc = 1 << 20 // bytes of a body that are believed to come before they do
	maxKept     = 1 << 20 // bytes of a buffer that serves another call
	minBuffer   = 4 << 10
)

// buffer holds the body of a response while the call lasts.
type buffer struct{ data []byte }

var buffers sync.Pool

func newBuffer() *buffer {
	if b, ok := buffers.Get().(*buffer); ok {
		return b
	}
	return &buffer{}
}

func (b *buffer) release() {
	if cap(b.data) <= maxKept {
		buffers.Put(b)
	}
}

// read reads to the end, which is where a cut or damaged gzip stream shows, and closes the body. The result is good until
// the next read or release.
func (b *buffer) read(resp *http.Response, limit int64) ([]byte, error) {
	if resp.Body == nil {
		return nil, nil
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil // what follows is the connection itself, and reading it would not end
	}
	if resp.ContentLength > limit {
		return nil, tooLarge(limit)
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
			return b.data[:limit], tooLarge(limit)
		case err == io.EOF: // itself: an error that wraps it is another
			return b.data, nil
		case err != nil:
			return b.data, err
		}
	}
}

func tooLarge(limit int64) error { return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit) }
