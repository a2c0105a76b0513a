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
	"reflect"
	"slices"
	"strings"
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

// Once keeps net/http from sending a request again by itself, which it does where it can read the body again: a request that a
// middleware made anew has a GetBody for that.
func Once(next http.RoundTripper) http.RoundTripper { return once{next} }

type once struct{ next http.RoundTripper }

func (t once) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.GetBody != nil {
		req = req.WithContext(req.Context()) // the middleware's stays as it is
		req.GetBody = nil
	}
	return t.next.RoundTrip(req)
}

// connection is what net/http says of the connections of an attempt. Its methods can run after the attempt.
type connection struct {
	trace   httptrace.ClientTrace
	wanted  atomic.Int32          // connections that are waited for
	got     atomic.Int32          // that came about: a middleware may use several
	reused  atomic.Bool           // the last had served before
	refused atomic.Pointer[error] // how a TLS handshake failed: no error's type shows that it came from there
}

func watchConnection(ctx context.Context) (context.Context, *connection) {
	c := &connection{}
	c.trace = httptrace.ClientTrace{
		GetConn: func(string) { c.wanted.Add(1) },
		GotConn: func(info httptrace.GotConnInfo) {
			c.wanted.Add(-1)
			c.got.Add(1)
			c.reused.Store(info.Reused)
		},
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) { c.refused.Store(&err) },
	}
	return httptrace.WithClientTrace(ctx, &c.trace), c
}

// unsent reports whether err proves that the service did nothing: no connection came about, to it or to the proxy, or the only
// one that did says so by HTTP/2.
func (c *connection) unsent(err error) bool {
	if refusedStream(err) {
		return c.got.Load() <= 1
	}
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed != nil && (failed.Op == "dial" || failed.Op == "proxyconnect") && c.got.Load() == 0
}

// refusedStream reports whether the peer of HTTP/2 says, before a response, that it did not begin with the request: RST_STREAM
// with REFUSED_STREAM, or a GOAWAY that names an earlier stream. net/http has only texts for it. The first is of what it would
// send again if it could; the second is of the first stream of a connection.
func refusedStream(err error) bool {
	text := err.Error()
	return strings.HasPrefix(text, "http2: Transport: cannot retry err [") &&
		(strings.Contains(text, "REFUSED_STREAM") || strings.Contains(text, "GOAWAY")) ||
		strings.HasPrefix(text, "http2: Transport received GOAWAY from server ErrCode:")
}

// stale reports whether a connection that had served before was lost, as others of its age may be.
func (c *connection) stale(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return c.reused.Load() && !(ok && network.Timeout()) && !errors.Is(err, context.Canceled) && !refusedStream(err)
}

// badHandshake reports whether err is that of the TLS handshake, and no mere failure of the network under it.
func (c *connection) badHandshake(err error) bool {
	cause := c.refused.Load()
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
	return ok && failed != nil && failed.Op == "remote error"
}

// withoutPhrase replaces the reason phrase of a proxy that refused CONNECT, unless it is a standard one: it can name the user. For
// net/http the phrase is the error, of no type of its own.
func (c *connection) withoutPhrase(err error, usesProxy bool) error {
	_, typed := errors.AsType[*net.OpError](err)
	handshake := c.refused.Load()
	if typed || !usesProxy || c.wanted.Load() == 0 || c.got.Load() > 0 || handshake != nil && *handshake != nil {
		return err
	}
	cause := err
	for inner := errors.Unwrap(cause); inner != nil; inner = errors.Unwrap(cause) {
		cause = inner
	}
	if reflect.TypeOf(cause) != reflect.TypeOf(io.EOF) || slices.Contains([]error{io.EOF, io.ErrUnexpectedEOF, context.Canceled}, cause) {
		return err
	}
	for status := http.StatusMultipleChoices; status < 600; status++ {
		if text := http.StatusText(status); text == cause.Error() && text != "" {
			return fmt.Errorf("the proxy refused: %s", text)
		}
	}
	return errors.New("the proxy refused")
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
