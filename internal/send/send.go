// Package send sends one call: its attempts, within its time, with the waits and retries that a policy and a budget allow. It
// sends bytes, and asks its caller what each attempt is worth; it knows nothing of what the bytes mean.
package send

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Sender sends the calls of a client. It is not changed after the first call, and safe for concurrent use.
type Sender struct {
	Transport      http.RoundTripper
	Connections    http.RoundTripper // the innermost Transport
	Jar            http.CookieJar    // nil = none
	Limiter        Limiter           // nil = none
	Policy         Policy
	Family         *Family
	Quota          *Quota
	Paced          bool          // calls wait for their turn
	AttemptTimeout time.Duration // 0 = none
	MaxBytes       int64         // of a response's body
}

// Limiter waits before each attempt.
type Limiter interface{ Wait(context.Context) error }

// Request is what each attempt sends. A Caller may change Body in Prepare, and before it asks for a Replay.
type Request struct {
	URL  *url.URL
	Body []byte
}

// Attempt is one attempt and its result.
type Attempt struct {
	Number int       // how often the request was sent so far; 0 = not at all
	Sent   bool      // and this time
	Last   bool      // the policy allows no other attempt
	Began  time.Time // when it was sent
	Ended  time.Time // when the response was whole, or the attempt had failed

	PacingWait  time.Duration // for its turn, before it was sent
	LimiterWait time.Duration // for the limiter, likewise

	Status int         // 0 = no response
	Header http.Header // of the response
	Body   []byte      // partial beside Err; good until Judge returns
	Err    error       // why there is no whole response; nil = there is one

	CallOver bool   // Err is the end of the call's time
	While    string // what the call waited for instead of the response
	Unsent   bool   // the service provably did nothing
	Final    bool   // another attempt would meet the same Err
}

// Caller has a request sent. Its methods are called in turn, by the goroutine that called Send.
type Caller interface {
	// Prepare completes the request when it is its turn. An error ends the call.
	Prepare() error
	// Header returns a new header for each attempt.
	Header() http.Header
	// Begin returns the context of an attempt that is about to be sent.
	Begin(context.Context, *Attempt) context.Context
	// Judge says what an attempt is worth.
	Judge(*Attempt) Judgement
	// Done follows Judge. again says that another attempt follows, after wait.
	Done(a *Attempt, again bool, wait time.Duration)
}

// Judgement is what an attempt is worth.
type Judgement struct {
	Healthy bool // the service works: a success, or a refusal that stays
	Refused bool // there were too many requests
	Retry   bool // another attempt may do better
	Replay  bool // the request was changed: it is sent again at once
}

// Result says how a call ended.
type Result struct {
	Err    error         // the call's time ended after the last judgement; nil = that judgement stands
	Waited time.Duration // the wait for another attempt in which it ended
	Note   string        // why a failure was not retried, where that is not plain
}

// Send sends a request until its caller is content or no attempt may follow.
func (s *Sender) Send(d Deadline, r *Request, caller Caller) Result {
	c, _ := calls.Get().(*call)
	c.state = state{sender: s, deadline: d, request: r, caller: caller}
	defer c.release()
	c.http.Jar = s.Jar
	// http.Client copies a request's header and body for redirects that are never followed: it gets none, and each attempt adds them.
	bare := &http.Request{
		Method: http.MethodPost, URL: r.URL, Host: r.URL.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
	}
	c.bare.Request = bare.WithContext(d.ctx)
	resp, err := c.loop.Do(&c.bare)
	if err == nil {
		_ = resp.Body.Close() // the attempt has read it
	}
	if c.waiting {
		c.result.Err, c.result.Waited = d.Err(time.Now()), c.wait
	}
	return c.result
}

// call is one call. It stands between go-retryablehttp, which repeats and waits, and the transport, which sends: as a
// RoundTripper it reads each response whole, so that a body that breaks off is the attempt's failure. It also hides the
// transport from go-retryablehttp, which would close idle connections after each failure.
type call struct {
	http http.Client
	loop retryablehttp.Client
	bare retryablehttp.Request
	body buffer
	state
}

// state is what a call does not leave to the next one of the pool.
type state struct {
	sender   *Sender
	deadline Deadline
	request  *Request
	caller   Caller

	attempt  Attempt
	prepared bool
	over     bool          // the last judgement stands, or there is none
	failures int           // attempts that were followed by a wait
	refusals int           // attempts that are not counted: they were refused while others were served
	counted  bool          // the last attempt is not one of these
	stale    int           // attempts that lost a connection which had served before
	wait     time.Duration // before the next attempt
	waiting  bool
	reserved bool // the budget gave a retry that is not sent yet
	result   Result
}

var calls = sync.Pool{New: func() any {
	c := &call{}
	c.http = http.Client{Transport: c, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.loop = retryablehttp.Client{
		HTTPClient: &c.http, RetryMax: math.MaxInt, // check decides
		CheckRetry: c.check, Backoff: c.beginWait, ErrorHandler: retryablehttp.PassthroughErrorHandler,
		PrepareRetry: func(req *http.Request) error {
			clear(req.Header) // http.Client added cookies, and adds those of the time again
			return nil
		},
	}
	return c
}}

func (c *call) release() {
	if c.reserved {
		c.sender.Family.Budget.give(retryCost) // for a retry that was not sent
	}
	c.state, c.bare.Request, c.http.Jar = state{}, nil, nil
	if cap(c.body.data) > maxKept {
		c.body.data = nil
	}
	calls.Put(c)
}

// RoundTrip makes one attempt: it waits for its turn and for the limiter, sends, and reads the response whole.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	s, a := c.sender, &c.attempt
	c.waiting = false
	*a = Attempt{Number: a.Number, Began: time.Now()}
	if err := c.ready(); err != nil {
		a.Err, a.Ended = err, time.Now()
		return nil, err
	}
	a.Number++
	a.Sent = true
	a.Last = a.Number-c.refusals >= s.Policy.MaxAttempts
	c.reserved = false
	ctx, cancel := c.deadline.attempt(a.Began, s.AttemptTimeout)
	defer cancel()
	ctx, conn := watchConnection(c.caller.Begin(ctx, a))
	resp, err := s.Transport.RoundTrip(c.outgoing(ctx, req))
	if err == nil && resp == nil {
		err = errors.New("the transport returned neither a response nor an error")
	}
	if err == nil {
		a.Status, a.Header = resp.StatusCode, resp.Header
		a.Body, err = c.body.read(resp, s.MaxBytes)
		resp.Body = http.NoBody
	}
	a.Ended = time.Now()
	if err != nil {
		c.failed(ctx, conn, err)
		return nil, a.Err
	}
	return resp, nil
}

// ErrLimiter is the Err of an attempt that the limiter refused.
var ErrLimiter = errors.New("the limiter refused")

// ready waits until the attempt may be sent. Where a pause or an outage began while it waited for the limiter or a token, it
// begins again.
func (c *call) ready() error {
	s, a := c.sender, &c.attempt
	for {
		if s.Paced && (s.Quota.active.Load() || s.Family.outage.active.Load()) {
			began := time.Now()
			err := c.waitForTurn()
			a.Began = time.Now()
			a.PacingWait += a.Began.Sub(began)
			if err != nil {
				return err
			}
		}
		turn := a.Began
		if err := c.prepare(); err != nil {
			return err
		}
		if !s.Paced || !s.Quota.paused(a.Began) && !s.Family.outage.openedAfter(turn) {
			return c.deadline.Err(a.Began)
		}
	}
}

// prepare waits for the token and the limiter.
func (c *call) prepare() error {
	s, a := c.sender, &c.attempt
	if !c.prepared {
		if err := c.caller.Prepare(); err != nil {
			c.over = true
			return err
		}
		c.prepared = true
		a.Began = time.Now()
	}
	if s.Limiter != nil {
		began := time.Now()
		err := c.waitForLimiter()
		a.Began = time.Now()
		a.LimiterWait += a.Began.Sub(began)
		if err != nil {
			return err
		}
	}
	return nil
}

// waitForTurn ends in an outage after MaxWait, so that the callers do not pile up.
func (c *call) waitForTurn() error {
	s, a := c.sender, &c.attempt
	ctx, cancel := c.deadline.Context()
	defer cancel()
	w := &waiter{retry: a.Number > 0, began: c.deadline.began}
	err := s.Quota.turn(ctx, w, quotaIdle, 0, ErrRefusing)
	if err == nil {
		err = s.Family.outage.turn(ctx, w, outageIdle, s.Policy.MaxWait, ErrFailing)
	}
	if (errors.Is(err, ErrRefusing) || errors.Is(err, ErrFailing)) && a.Number > 0 { // what the last attempt met says more
		c.result.Note, c.over = "no turn for another attempt came", true
	}
	if err != nil {
		a.Final, a.While = true, "while waiting for its turn"
	}
	return err
}

func (c *call) waitForLimiter() error {
	ctx, cancel := c.deadline.Context()
	defer cancel()
	err := c.sender.Limiter.Wait(ctx)
	if err == nil {
		return nil
	}
	c.attempt.Final, c.attempt.While = true, "while waiting for the limiter"
	return fmt.Errorf("%w: %w", ErrLimiter, err)
}

// outgoing is the request of one attempt. A transport may keep it for longer, so it shares nothing that changes. Without a
// GetBody, net/http cannot send it again by itself.
func (c *call) outgoing(ctx context.Context, bare *http.Request) *http.Request {
	req := bare.WithContext(ctx)
	req.Header = c.caller.Header()
	if cookies := bare.Header["Cookie"]; cookies != nil {
		req.Header["Cookie"] = cookies
	}
	req.ContentLength = int64(len(c.request.Body))
	req.Body = io.NopCloser(bytes.NewReader(c.request.Body))
	return req
}

// failed says what an attempt's error means.
func (c *call) failed(ctx context.Context, conn *connection, err error) {
	a := &c.attempt
	a.Unsent = a.Status == 0 && conn.unsent(err)
	a.Final = conn.badHandshake(err) || isAlert(err)
	a.Err = notContextError(ctx, conn.withoutPhrase(err, c.usesProxy()))
	if ctx.Err() != nil && conn.got.Load() == 0 && conn.wanted.Load() > 0 {
		a.While = "while waiting for a connection"
	}
	if a.Status != 0 || !conn.stale(err) {
		return
	}
	c.stale++ // one proves nothing of the other idle connections; after two, the next attempt shall not meet another
	if closer, ok := c.sender.Connections.(interface{ CloseIdleConnections() }); ok && c.stale > 1 {
		closer.CloseIdleConnections()
	}
}

// usesProxy is true if a proxy may stand between, also where a wrapped transport does not show it.
func (c *call) usesProxy() bool {
	transport, ok := c.sender.Connections.(*http.Transport)
	if !ok || transport.Proxy == nil {
		return !ok
	}
	proxy, err := transport.Proxy(&http.Request{URL: c.request.URL})
	return proxy != nil || err != nil
}

// check has the attempt judged for go-retryablehttp, and decides whether another follows.
func (c *call) check(_ context.Context, _ *http.Response, err error) (bool, error) {
	a := &c.attempt
	if a.Status == 0 && a.Err == nil || errors.Is(err, http.ErrSchemeMismatch) {
		a.Err, a.Final, a.Ended = err, true, time.Now() // http.Client refused the request, or knows better
	}
	if c.over {
		return false, nil
	}
	if a.Err != nil {
		if ended := c.deadline.Err(time.Now()); ended != nil {
			a.Err, a.CallOver = ended, true
		}
	}
	j := c.caller.Judge(a)
	c.learn(j)
	again := c.mayFollow(j)
	c.caller.Done(a, again, c.wait)
	return again, nil
}

// learn passes the result of an attempt to the budget and the pacing of later calls. It ignores an attempt that the caller
// cancelled, which says nothing about the service; so does the end of WithTimeout, while other attempts are good.
func (c *call) learn(j Judgement) {
	c.counted = true
	s, a, now := c.sender, &c.attempt, time.Now() // the judgement can take time: it may fetch a token
	if !a.Sent || a.CallOver && (c.deadline.ctx.Err() != nil || s.Family.outage.works(now)) {
		return
	}
	if j.Healthy {
		s.Family.Budget.give(1)
	}
	if !s.Paced {
		return
	}
	switch {
	case j.Refused:
		s.Quota.refused(a.Began, now, RetryAfter(a.Header, now), s.Policy)
		if !a.Last && c.refusals < s.Policy.MaxAttempts && s.Quota.works(now) {
			c.refusals++
			c.counted = false
		}
	case j.Healthy:
		s.Quota.served(now)
	}
	s.Family.outage.sent(now, j.Healthy || j.Refused)
}

// mayFollow plans another attempt, or says in the result why there is none.
func (c *call) mayFollow(j Judgement) bool {
	policy := c.sender.Policy
	c.wait = 0
	switch {
	case c.attempt.Last || !j.Retry && !j.Replay:
		return false
	case j.Replay:
		return true
	}
	if c.result.Err = c.deadline.Err(time.Now()); c.result.Err != nil {
		return false
	}
	asked := RetryAfter(c.attempt.Header, time.Now())
	wait := Backoff(policy, c.failures, asked)
	switch {
	case asked > policy.MaxRetryAfter:
		c.result.Note = fmt.Sprintf("the server asks to wait %s, longer than the limit of %s", asked, policy.MaxRetryAfter)
	case c.deadline.before(wait):
		c.result.Note = fmt.Sprintf("the next attempt, in %s, would come after the deadline", wait.Round(time.Millisecond))
	case c.counted && policy.Budget >= 0 && !c.sender.Family.Budget.take(policy.Budget):
		c.result.Note = fmt.Sprintf("the client-side retry budget of %d is exhausted", policy.Budget)
	default:
		c.reserved = c.counted && policy.Budget >= 0
		c.failures++
		c.wait = wait
		return true
	}
	return false
}

// beginWait is called by go-retryablehttp when it begins to wait.
func (c *call) beginWait(time.Duration, time.Duration, int, *http.Response) time.Duration {
	c.waiting = true
	return c.wait
}
