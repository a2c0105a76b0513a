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
	"time"
)

// Transport is net/http's, which opens a connection only while there are fewer than requests under way to the same host, or
// after a second in vain. It is safe for concurrent use.
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
	connections int  // open, or being opened, for requests that did not fail
	shared      bool // HTTP/2, where net/http sees to it that one connection serves all
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

// request is a request's context, by which what dials for it finds it, and the body of its answer, which ends it.
type request struct {
	context.Context
	io.ReadCloser

	pool   *Transport
	host   *host
	opened []*connection // for it
	over   bool
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

// fail ends a request without an answer. What was opened for it counts no longer: it may still be at a dial, a handshake or a
// proxy that hangs, and no other request shall wait for that.
func (r *request) fail() {
	r.pool.update(func() {
		r.host.requests--
		r.over = true
		for _, c := range r.opened {
			c.discount()
		}
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

// patience is how long a dial waits for room. What should have made some by then is a dial, or a handshake, that hangs: TCP
// sends what was lost again after a second.
const patience = time.Second

// errNotNeeded is seen by nobody: the request has its answer, or was given up.
var errNotNeeded = errors.New("the connection is not needed any more")

// open dials when there is room. Whatever there is instead of room will serve the request: a connection that is idle by
// then, or is still being opened, or is closed, which makes room.
func (p *Transport) open(ctx context.Context, network, address string) (net.Conn, error) {
	r, ok := ctx.Value(requestKey{}).(*request)
	if !ok {
		return p.dial(ctx, network, address) // for nobody that is counted
	}
	c, err := p.reserve(r)
	if err != nil {
		return nil, err
	}
	if c.Conn, err = p.dial(ctx, network, address); err != nil {
		p.update(c.discount)
		return nil, err
	}
	return c, nil
}

// reserve waits for room, but not for long, and no longer than the request lasts.
func (p *Transport) reserve(r *request) (*connection, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var enough <-chan time.Time
	for hangs := false; ; {
		if r.over {
			return nil, errNotNeeded
		}
		if h := r.host; h.shared || h.connections < h.requests || hangs {
			h.connections++
			c := &connection{pool: p, host: h, counts: true}
			r.opened = append(r.opened, c)
			return c, nil
		}
		if enough == nil {
			enough = time.After(patience)
		}
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-enough:
			hangs = true
		}
		p.mu.Lock()
	}
}

// connection makes room when it is closed. It may last for days, and so knows nothing of the request that it was opened for.
type connection struct {
	net.Conn

	pool   *Transport
	host   *host
	counts bool
}

func (c *connection) Close() error {
	defer c.pool.update(c.discount)
	return c.Conn.Close()
}

// discount is called by updates.
func (c *connection) discount() {
	if c.counts {
		c.host.connections--
		c.counts = false
	}
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
