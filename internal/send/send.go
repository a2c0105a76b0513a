// Package send sends one call: its attempts, within its time, with the waits and retries that a policy and a budget allow. It
// sends bytes, and asks its caller what each attempt is worth; it knows nothing of what the bytes mean.
package send

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Sender sends the calls of a client. It is not changed after the first call, and safe for concurrent use.
type Sender struct {
	Transport      http.RoundTripper
	Jar            http.CookieJar // nil = none
	Limiter        Limiter        // nil = none
	Policy         Policy
	Budget         *Budget
	AttemptTimeout time.Duration // 0 = none
	MaxBytes       int64         // of a response's body
}

// Limiter waits before each attempt.
type Limiter interface{ Wait(context.Context) error }

// Request is what each attempt sends. A Judge may change Header and Body before it asks for a Replay.
type Request struct {
	URL        *url.URL
	Header     func() http.Header // a new one for each attempt
	Body       []byte
	Repeatable bool // sending it twice does no harm
}

// Attempt is what came of one attempt.
type Attempt struct {
	Number int       // how often the request was sent so far; 0 = not at all
	Last   bool      // the policy allows no other attempt
	Began  time.Time // when it was sent

	Status int         // 0 = no response
	Header http.Header // of the response
	Body   []byte      // partial beside Err; good until Judge returns
	Err    error       // why there is no whole response; nil = there is one

	Ended  bool   // Err is the end of the call's time
	While  string // what the call waited for when it ended; "" = the response
	Unsent bool   // no connection came about
	Final  bool   // another attempt would meet the same Err
}

// Judge says what attempts are worth. Its methods are called in turn, by the goroutine that called Send.
type Judge interface {
	Judge(*Attempt) Judgement
	// Done follows Judge. again says that another attempt follows, after wait.
	Done(a *Attempt, again bool, wait time.Duration)
}

// Judgement is what an attempt is worth.
type Judgement struct {
	Healthy bool // the service works: a success, or a refusal that stays
	Retry   bool // another attempt may do better
	Replay  bool // the request was changed: it is sent again at once
}

// Result says how a call ended.
type Result struct {
	Err    error         // the call's time ended after the last judgement; nil = that judgement stands
	Waited time.Duration // the wait for another attempt in which it ended
	Note   string        // why a failure was not retried, where that is not plain
}

// Send sends a request until its judge is content or no attempt may follow.
func (s *Sender) Send(d Deadline, r *Request, judge Judge) Result {
	c := &call{sender: s, deadline: d, request: r, judge: judge, body: newBuffer()}
	defer c.body.release()
	c.http = http.Client{Transport: c, Jar: s.Jar, CheckRedirect: refuseRedirect}
	c.loop = retryablehttp.Client{
		HTTPClient: &c.http, RetryMax: s.Policy.MaxAttempts - 1,
		CheckRetry: c.check, Backoff: c.beginWait, PrepareRetry: dropCookies, ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	// http.Client copies a request's header and body for redirects that are never followed: it gets none, and each attempt adds them.
	bare := &http.Request{
		Method: http.MethodPost, URL: r.URL, Host: r.URL.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
	}
	resp, err := c.loop.Do(&retryablehttp.Request{Request: bare.WithContext(d.ctx)})
	if err == nil {
		_ = resp.Body.Close() // the attempt has read it
	}
	if c.reserved { // the retry was cancelled
		s.Budget.refund()
	}
	if c.waiting {
		c.result.Err, c.result.Waited = d.Err(time.Now()), c.wait
	}
	return c.result
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// dropCookies removes the cookies that http.Client added: it adds those of the time.
func dropCookies(req *http.Request) error {
	clear(req.Header)
	return nil
}

// call is one call. It stands between go-retryablehttp, which repeats and waits, and the transport, which sends: as a
// RoundTripper it reads each response whole, so that a body that breaks off is the attempt's failure. Nobody reaches through it
// to close idle connections, as go-retryablehttp does after each failure.
type call struct {
	sender   *Sender
	deadline Deadline
	request  *Request
	judge    Judge
	http     http.Client
	loop     retryablehttp.Client
	body     *buffer

	attempt  Attempt
	failures int           // attempts that were followed by a wait
	wait     time.Duration // before the next attempt
	waiting  bool
	reserved bool // the budget gave a retry that is not sent yet
	result   Result
}

// RoundTrip makes one attempt: it waits for the limiter, sends, and reads the response whole.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	s, a := c.sender, &c.attempt
	c.waiting = false
	*a = Attempt{Number: a.Number, Began: time.Now()}
	if s.Limiter != nil {
		if a.Err = c.waitForLimiter(); a.Err != nil {
			return nil, a.Err
		}
	}
	a.Began = time.Now()
	if a.Err = c.deadline.Err(a.Began); a.Err != nil {
		return nil, a.Err
	}
	a.Number++
	a.Last = a.Number >= s.Policy.MaxAttempts
	c.reserved = false
	ctx, cancel := c.deadline.attempt(a.Began, s.AttemptTimeout)
	defer cancel()
	ctx, tls := watchHandshake(ctx, req.URL)
	resp, err := s.Transport.RoundTrip(c.outgoing(ctx, req))
	if err == nil && resp == nil {
		err = errNothing
	}
	if err == nil {
		a.Status, a.Header = resp.StatusCode, resp.Header
		a.Body, err = c.body.read(resp, s.MaxBytes)
		resp.Body = http.NoBody
	}
	if err != nil {
		a.Unsent = neverLeft(err)
		a.Final = tls.failed(err) || isAlert(err)
		a.Err = notCallers(ctx, err)
		return nil, a.Err
	}
	return resp, nil
}

var errNothing = errors.New("the transport returned neither a response nor an error")

func (c *call) waitForLimiter() error {
	ctx, cancel := c.deadline.Context()
	defer cancel()
	err := c.sender.Limiter.Wait(ctx)
	if err == nil {
		return nil
	}
	c.attempt.Final, c.attempt.While = true, "while waiting for the limiter"
	return fmt.Errorf("the limiter refused: %w", err)
}

// outgoing is the request of one attempt. A transport may keep it for longer, so it shares nothing that changes.
func (c *call) outgoing(ctx context.Context, bare *http.Request) *http.Request {
	req := bare.WithContext(ctx)
	req.Header = c.request.Header()
	if cookies := bare.Header["Cookie"]; cookies != nil {
		req.Header["Cookie"] = cookies
	}
	if c.request.Repeatable {
		req.Header["Idempotency-Key"] = nil // never sent, but net/http then replays a request that met a stale connection
	}
	data := c.request.Body
	req.ContentLength = int64(len(data))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	req.Body, _ = req.GetBody()
	return req
}

// check has the attempt judged for go-retryablehttp, and decides whether another follows.
func (c *call) check(_ context.Context, _ *http.Response, err error) (bool, error) {
	a := &c.attempt
	if a.Status == 0 && a.Err == nil || errors.Is(err, http.ErrSchemeMismatch) {
		a.Err, a.Final = err, true // http.Client refused the request, or knows better
	}
	if a.Err != nil {
		if ended := c.deadline.Err(time.Now()); ended != nil {
			a.Err, a.Ended = ended, true
		}
	}
	j := c.judge.Judge(a)
	if j.Healthy {
		c.sender.Budget.give()
	}
	again := c.mayFollow(j)
	c.judge.Done(a, again, c.wait)
	return again, nil
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
	case policy.Budget >= 0 && !c.sender.Budget.take(policy.Budget):
		c.result.Note = fmt.Sprintf("the client-side retry budget of %d is exhausted", policy.Budget)
	default:
		c.reserved = policy.Budget >= 0
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
