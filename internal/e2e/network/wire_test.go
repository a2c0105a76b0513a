package network_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
)

// wire is a service whose connections are played by hand, so that they can break off at any byte.
type wire struct {
	url            string
	client         *http.Client // trusts the service
	requests       atomic.Int64 // whose head came
	whole          atomic.Int64 // that came to their end
	conns          connections
	faults         atomic.Int64
	reused         atomic.Int64 // faults on a connection that had served before
	fault          fault
	bad            func(request int64, served bool) bool // has the fault; served: its connection has served before
	beforeResponse func()
}

// fault is what a connection does with a request instead of a response.
type fault struct {
	name    string
	early   bool       // as soon as the head of the request came
	sent    part       // of the response
	frames  playFrames // what follows, of HTTP/2 alone
	ending  ending     // of the connection
	unacted bool       // the peer says so
}

type playFrames func(framer *http2.Framer, stream uint32) error

// part is how much of a response is sent.
type part int

const (
	nothing part = iota
	halfHead
	head
	halfBody
	all
)

// response is one as its bytes.
type response struct{ head, body []byte }

func (r response) part(p part) []byte {
	h, b := len(r.head), len(r.body)
	return slices.Concat(r.head, r.body)[:[...]int{0, h / 2, h, h + b/2, h + b}[p]]
}

type ending int

const (
	open ending = iota
	closed
	reset
)

const (
	plainHTTP1 = "HTTP/1.1"
	tlsHTTP1   = "HTTP/1.1, TLS"
	tlsHTTP2   = "HTTP/2"
)

// newWire has a service listen until the test ends.
func newWire(t *testing.T, protocol string, f fault, bad func(request int64, served bool) bool) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{fault: f, bad: bad, url: "http://" + listener.Addr().String(), beforeResponse: func() {}}
	serve, transport := w.serveHTTP1, &http.Transport{MaxIdleConnsPerHost: 100}
	w.client = &http.Client{Transport: transport}
	var config *tls.Config
	if protocol != plainHTTP1 {
		certificate, pool := loopbackCertificate()
		config = &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}}
		w.url = "https://" + listener.Addr().String()
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	if protocol == tlsHTTP2 {
		serve, transport.ForceAttemptHTTP2 = w.serveHTTP2, true
		config.NextProtos = []string{"h2"}
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.conns.state(conn, http.StateNew)
			served.Go(func() {
				defer w.conns.state(conn, http.StateClosed)
				c := &wireConn{Conn: conn, tcp: conn.(*net.TCPConn)}
				if config != nil {
					c.Conn = tls.Server(conn, config)
				}
				defer func() { _ = c.Close() }()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		transport.CloseIdleConnections()
		served.Wait()
	})
	return w
}

// loopbackCertificate is httptest's.
var loopbackCertificate = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server.TLS.Certificates[0], pool
})

// wireConn is a connection of the service.
type wireConn struct {
	net.Conn
	tcp    *net.TCPConn
	served bool
}

// next is the fault of a request whose head came, or nil.
func (w *wire) next(c *wireConn) *fault {
	served := c.served
	c.served = true
	if !w.bad(w.requests.Add(1), served) {
		return nil
	}
	w.faults.Add(1)
	if served {
		w.reused.Add(1)
	}
	return &w.fault
}

// end ends a connection, and reports whether it did.
func (f *fault) end(c *wireConn) bool {
	switch f.ending {
	case closed:
		_ = c.Close()
	case reset:
		_ = c.tcp.SetLinger(0)
		_ = c.tcp.Close()
	}
	return f.ending != open
}

var http1Response = response{
	fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(emptyPage)),
	[]byte(emptyPage),
}

func (w *wire) serveHTTP1(c *wireConn) {
	in := bufio.NewReader(c)
	for {
		if _, err := in.Peek(1); err != nil {
			return
		}
		f := w.next(c)
		if f != nil && f.early {
			f.end(c)
			return
		}
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		w.whole.Add(1)
		if f != nil {
			_, _ = c.Write(http1Response.part(f.sent))
			f.end(c)
			return
		}
		w.beforeResponse()
		if _, err := c.Write(http1Response.part(all)); err != nil {
			return
		}
	}
}

// http2Response is HEADERS and DATA.
func http2Response(stream uint32) (r response) {
	var out bytes.Buffer
	framer := http2.NewFramer(&out, nil)
	statusOK := []byte{0x80 | 8} // entry 8 of HPACK's static table
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: statusOK, EndHeaders: true})
	r.head = bytes.Clone(out.Bytes())
	out.Reset()
	_ = framer.WriteData(stream, true, []byte(emptyPage))
	r.body = out.Bytes()
	return r
}

func (w *wire) serveHTTP2(c *wireConn) {
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(c, c)
	err := framer.WriteSettings()
	var f *fault
	done := uint32(0) // the stream whose fault was played
	for err == nil {
		var frame http2.Frame
		if frame, err = framer.ReadFrame(); err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				err = framer.WritePing(true, frame.Data)
			}
		case *http2.HeadersFrame:
			if f = w.next(c); f == nil || !f.early {
				continue
			}
			done = frame.StreamID
		case *http2.DataFrame:
			if !frame.StreamEnded() || frame.StreamID == done {
				continue
			}
			done = frame.StreamID
			w.whole.Add(1)
			if f == nil {
				w.beforeResponse()
				_, err = c.Write(http2Response(frame.StreamID).part(all))
				continue
			}
		default:
			continue
		}
		if done == 0 || done != frame.Header().StreamID {
			continue
		}
		_, err = c.Write(http2Response(done).part(f.sent))
		if err == nil && f.frames != nil {
			err = f.frames(framer, done)
		}
		if f.end(c) {
			return
		}
	}
}
