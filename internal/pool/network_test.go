package pool_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/pool"
)

// network is a server in memory, to which one dials by a script: how long each dial takes, and whether it fails. Requests
// are held for as long as their paths say.
type network struct {
	t         *testing.T
	wire      *http.Transport
	transport *pool.Transport
	conns     chan net.Conn

	mu     sync.Mutex
	script []dial
	dials  int
	last   context.Context // of the last dial
}

type dial struct {
	takes time.Duration
	err   error
	mute  bool // nobody answers on the connection
	late  bool // nor there, until it is closed
}

// lateConn reads something when it is closed, and not before.
type lateConn struct {
	net.Conn
	closed chan struct{}
}

func (c lateConn) Read([]byte) (int, error) {
	<-c.closed
	return 1, io.EOF
}

func (c lateConn) Close() error {
	close(c.closed)
	return c.Conn.Close()
}

func newNetwork(t *testing.T, script ...dial) *network {
	t.Helper()
	n := &network{t: t, conns: make(chan net.Conn), script: script}
	n.wire = &http.Transport{DialContext: n.dial, MaxIdleConnsPerHost: 10, TLSHandshakeTimeout: time.Minute, Protocols: new(http.Protocols)}
	n.wire.Protocols.SetHTTP1(true)
	n.transport = pool.New(n.wire)
	server := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held, err := time.ParseDuration(r.URL.Path[1:])
		if err != nil { // it hangs up
			panic(http.ErrAbortHandler)
		}
		time.Sleep(held)
		_, _ = io.WriteString(w, "answered")
	})}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(n) })
	t.Cleanup(func() {
		n.transport.CloseIdleConnections()
		_ = server.Close()
		serving.Wait()
	})
	return n
}

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n.mu.Lock()
	var is dial
	if n.dials < len(n.script) {
		is = n.script[n.dials]
	}
	n.dials++
	n.last = ctx
	n.mu.Unlock()
	time.Sleep(is.takes)
	if is.err != nil {
		return nil, is.err
	}
	client, server := net.Pipe()
	switch {
	case is.mute:
		return client, nil
	case is.late:
		return lateConn{client, make(chan struct{})}, nil
	}
	select {
	case n.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *network) Accept() (net.Conn, error) {
	conn, ok := <-n.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (n *network) Close() error   { close(n.conns); return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{} }

func (n *network) dialed() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

func (n *network) get(held string) error { return n.getWithin(time.Hour, held) }

func (n *network) getWithin(timeout time.Duration, held string) error {
	ctx, cancel := context.WithTimeout(n.t.Context(), timeout)
	defer cancel()
	address := held
	if !strings.Contains(held, "/") {
		address = "http://conf.example.com/" + held
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return err
	}
	resp, err := n.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	if resp.Request != req {
		n.t.Error("the answer is one to another request")
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close(), resp.Body.Close())
}

// story is when requests are sent, and how long the server holds each, as the path of a URL if the host is another.
type story []struct {
	at   time.Duration
	held string
}

// play sends the requests, which all succeed, and returns when each was answered.
func (n *network) play(requests story) []time.Duration {
	n.t.Helper()
	start, answered := time.Now(), make([]time.Duration, len(requests))
	var all sync.WaitGroup
	for i, r := range requests {
		all.Go(func() {
			time.Sleep(r.at)
			if err := n.get(r.held); err != nil {
				n.t.Errorf("request %d: %v", i+1, err)
			}
			answered[i] = time.Since(start)
		})
	}
	all.Wait()
	return answered
}
