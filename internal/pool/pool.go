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
	connections int  // open, or being opened, but for those that seem to hang
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
	if req.URL == nil {
		return p.next.RoundTrip(req) // which refuses it
	}
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

// fail ends a request without an answer. What was opened for it seems to hang, and no other request shall wait for that.
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

// errNotNeeded is seen by nobody: the request has its answer, or was given up.
var errNotNeeded = errors.New("the connection is not needed any more")

// open dials when there is room. Whatever there is instead of room will serve the request: a connection that is idle by
// then, or is still being opened, or is closed or hangs, which makes room.
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
		c.end()
		return nil, err
	}
	return c, nil
}

// reserve waits for room until the request is over.
func (p *Transport) reserve(r *request) (*connection, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if r.over {
			return nil, errNotNeeded
		}
		if h := r.host; h.shared || h.connections < h.requests {
			c := &connection{pool: p, host: h}
			c.count()
			c.late = time.AfterFunc(patience, func() { p.update(c.doubt) })
			r.opened = append(r.opened, c)
			return c, nil
		}
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		<-changed
		p.mu.Lock()
	}
}

// patience is how long a connection counts on which nothing has come from the other side yet. After that its dial, its
// handshake or a proxy seems to hang: TCP sends what was lost again after a second.
const patience = time.Second

// connection makes room when it is closed. It may last for days, and so knows nothing of the request that it was opened for.
type connection struct {
	net.Conn

	pool   *Transport
	host   *host
	late   *time.Timer // doubts it
	first  sync.Once
	heard  bool // something has come from the other side
	counts bool
	closed bool // or did not come about
}

func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.first.Do(func() {
			c.late.Stop()
			c.pool.update(func() {
				c.heard = true
				c.count()
			})
		})
	}
	return n, err
}

func (c *connection) Close() error {
	defer c.end()
	return c.Conn.Close()
}

func (c *connection) end() {
	c.late.Stop()
	c.pool.update(func() {
		c.discount()
		c.closed = true
	})
}

// doubt, count and discount are called by who holds the pool's lock.
func (c *connection) doubt() {
	if !c.heard { // while the timer was on its way
		c.discount()
	}
}

func (c *connection) count() {
	if !c.counts && !c.closed {
		c.host.connections++
		c.counts = true
	}
}

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
