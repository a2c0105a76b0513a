// Package pool keeps no more connections open than there are requests under way.
//
// net/http opens one for every request that finds none idle, and goes on opening it when another's becomes free first. From
// a cold start on a busy machine, or after a server has dropped them all, that is up to half as many again as are of use,
// and each costs both sides a handshake.
package pool

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// Transport is net/http's, which opens a connection only while there are fewer than requests under way to the same host. It
// is safe for concurrent use.
type Transport struct {
	next *http.Transport
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu      sync.Mutex
	hosts   map[target]*host
	changed chan struct{} // closed when there may be room for a connection that waits; nil = none waits
}

// target is where a request goes. Its connections are of no use for requests to others.
type target struct{ scheme, host string }

type host struct {
	requests    int  // under way, until their bodies are closed
	connections int  // open, or being opened
	shared      bool // HTTP/2, where net/http sees to it that one connection serves all
}

// request is a request's context, by which what dials for it finds it, and the body of its answer, which ends it.
type request struct {
	context.Context
	io.ReadCloser

	pool    *Transport
	host    *host
	dialing int // connections that are being opened for it
	over    bool
	failed  bool
}

type requestKey struct{}

func (r *request) Value(key any) any {
	if key == (requestKey{}) {
		return r
	}
	return r.Context.Value(key)
}

func (r *request) Close() error {
	defer r.end()
	return r.ReadCloser.Close()
}

// fail ends a request without an answer. What is still being opened for it may hang for as long as it takes to give up, and
// no other request shall wait for that.
func (r *request) fail() {
	r.pool.update(func() {
		r.host.requests--
		r.host.connections -= r.dialing
		r.over, r.failed = true, true
	})
}

func (r *request) end() {
	r.pool.update(func() {
		if !r.over {
			r.host.requests--
			r.over = true
		}
	})
}

// New takes over t, which has a DialContext and is not used otherwise from then on.
func New(t *http.Transport) *Transport {
	p := &Transport{next: t, dial: t.DialContext, hosts: map[target]*host{}}
	t.DialContext = p.open
	return p
}

// CloseIdleConnections closes those that no request uses.
func (p *Transport) CloseIdleConnections() { p.next.CloseIdleConnections() }

// RoundTrip sends a request, which is under way until the body of its answer is closed.
func (p *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	r := &request{Context: req.Context(), pool: p}
	p.update(func() {
		r.host = p.at(target{req.URL.Scheme, req.URL.Host})
		r.host.requests++
	})
	resp, err := p.next.RoundTrip(req.WithContext(r))
	if err != nil {
		r.fail()
		return nil, err
	}
	if resp.ProtoMajor > 1 {
		p.update(func() { r.host.shared = true })
	}
	r.ReadCloser, resp.Body, resp.Request = resp.Body, r, req
	return resp, nil
}

// errNotNeeded is seen by nobody: the request has its answer, or was given up.
var errNotNeeded = errors.New("the connection is not needed any more")

// open dials when there is room. Whatever there is instead of room will serve the request: a connection that is idle by
// then, or is still being opened, or is closed, which makes room.
func (p *Transport) open(ctx context.Context, network, address string) (net.Conn, error) {
	r, ok := ctx.Value(requestKey{}).(*request)
	if !ok {
		return p.dial(ctx, network, address) // for nobody that is counted
	}
	if err := p.reserve(ctx, r); err != nil {
		return nil, err
	}
	conn, err := p.dial(ctx, network, address)
	p.update(func() {
		r.dialing--
		switch {
		case err != nil && !r.failed:
			r.host.connections--
		case err == nil && r.failed: // a later request will use it
			r.host.connections++
		}
	})
	if err != nil {
		return nil, err
	}
	return &connection{conn, sync.OnceFunc(func() { p.update(func() { r.host.connections-- }) })}, nil
}

// reserve waits for room until the request is over. It outlives ctx's other ends: a connection that one request waits for in
// vain may serve the next.
func (p *Transport) reserve(ctx context.Context, r *request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if r.over {
			return errNotNeeded
		}
		if h := r.host; h.shared || h.connections < h.requests {
			h.connections++
			r.dialing++
			return nil
		}
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		p.mu.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// at is the host there. Where hosts are many, those that nothing goes to any more are forgotten.
func (p *Transport) at(to target) *host {
	h := p.hosts[to]
	if h == nil {
		for to, h := range p.hosts {
			if h.requests == 0 && h.connections == 0 {
				delete(p.hosts, to)
			}
		}
		h = &host{}
		p.hosts[to] = h
	}
	return h
}

// update changes figures, and wakes those who wait for that.
func (p *Transport) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// connection makes room when it is closed.
type connection struct {
	net.Conn
	release func()
}

func (c *connection) Close() error {
	defer c.release()
	return c.Conn.Close()
}
