package send

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// Family is what the calls of a client and of its relatives share.
type Family struct {
	Budget Budget
	outage outage
}

// Quota paces the calls that share a token source after the service refused one for too many requests. A refusal holds all of
// them back, for as long as the service asks. Then they take turns, at 0.7 of the rate that the service served. The rate grows by
// 20 % a second until the next refusal, since the first one may have come before much was served, and by 5 % a second from then on.
type Quota struct {
	pacer
	first bool // the rate is that of the first refusal
}

const (
	leftByRefusal = 0.7  // of the rate
	growthAtFirst = 1.2  // of the rate, in a second
	growth        = 1.05 // after the second refusal

	unlimited        = 10 * time.Second // without a refusal: the limit is not where it was
	growthAfterwards = 1.5
	episode          = time.Second // in which the rate is cut once
	quotaIdle        = 10 * time.Second
)

// served records a response that is not a refusal.
func (q *Quota) served(now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counts.add(now, true)
	if q.active.Load() {
		q.refusals = 0
		q.estimate(now)
	}
}

// estimate raises the rate after the first refusal: responses that arrive during the pause show what the service can serve.
func (q *Quota) estimate(now time.Time) {
	if q.first && now.Before(q.next) {
		q.rate = max(q.rate, leftByRefusal*float64(q.counts.most(now)))
	}
}

// refused records the refusal of an attempt that began at began. asked is how long the service asks to wait; 0 = it does not say.
func (q *Quota) refused(began, now time.Time, asked time.Duration, policy Policy) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case !q.active.Load():
		q.open(now, leastRate, growthAtFirst)
		q.first = true
	case began.Before(q.changed): // the rate was cut since
		q.pause(now, refusalWait(policy, 1, asked))
		return
	case now.Sub(q.changed) >= episode:
		q.rate, q.growth, q.first = max(leastRate, leftByRefusal*q.rate), growth, false
		q.changed = now
	}
	q.pause(now, refusalWait(policy, q.refusals, asked))
	q.refusals++
	q.estimate(now)
}

// refusalWait is how long nothing is sent after a refusal. Where the service does not say, and refuses more than one request, it
// is a second at least: many services count by the second.
func refusalWait(policy Policy, refusals int, asked time.Duration) time.Duration {
	wait := Backoff(policy, refusals, min(asked, policy.MaxRetryAfter))
	if least := min(time.Second, policy.MaxWait); asked == 0 && refusals > 0 {
		wait = max(wait, least+rand.N(least/4+1))
	}
	return wait
}

// paused reports whether nothing may be sent now.
func (q *Quota) paused(now time.Time) bool {
	if !q.active.Load() {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return now.Before(q.pauseEnd)
}

// outage paces the calls to a service that fails. It begins when fewer than half of the attempts of the last ten
// seconds were good. Then there is a turn each second, or twice as many as good responses. Each good response doubles the rate,
// but not more than once in 0.4 s.
type outage struct{ pacer }

const (
	outageMin  = 50 // failures at least
	doubleTime = 400 * time.Millisecond
	outageIdle = time.Second
)

// sent records the result of an attempt.
func (o *outage) sent(now time.Time, good bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts.add(now, good)
	if good && !o.active.Load() {
		return
	}
	lately := float64(o.counts.most(now))
	switch {
	case !o.active.Load():
		if good, bad := o.counts.sum(now, window); bad >= outageMin && good < bad {
			o.open(now, max(leastRate, lately), 1)
			o.pause(now, rand.N(o.interval())) // so that processes keep apart
		}
	case !good:
		o.rate = max(leastRate, min(o.rate, 2*lately))
	case now.Sub(o.changed) >= doubleTime:
		o.rate *= 2
		o.changed = now
		if sooner := now.Add(o.interval()); sooner.Before(o.next) {
			o.next = sooner
		}
		o.give(now)
	}
}

// pacer has calls take turns while it is active.
type pacer struct {
	active atomic.Bool // false = everyone passes

	mu       sync.Mutex
	counts   counts
	rate     float64   // turns a second, at least leastRate
	growth   float64   // of the rate, in a second in which an attempt waits
	next     time.Time // when the next turn is
	grown    time.Time // until when the growth of the rate is counted
	pauseEnd time.Time // of the last pause
	opened   time.Time // when it became active last
	changed  time.Time // when the rate changed by more than growth
	waited   time.Time // when an attempt waited last
	refusals int       // in a row, but those of one wave
	queue    []*waiter // in the order of their turns
	timer    *time.Timer
}

const (
	leastRate = 1                     // turns a second
	lateTurns = 20 * time.Millisecond // turns of so much time are made up for, where a timer was late
)

// waiter is an attempt that waits for its turn.
type waiter struct {
	retry bool          // another attempt of a call; these go first
	began time.Time     // the call
	turn  chan struct{} // closed when it has come
}

// ErrRefusing and ErrFailing are the Err of an attempt whose turn did not come, and say why.
var (
	ErrRefusing = errors.New("the service refuses so many requests")
	ErrFailing  = errors.New("the service is failing")
)

// turn waits until an attempt may be sent, until ctx ends, or for patience; 0 = any time. After idle time without a wait, the
// pacer is no longer active.
func (p *pacer) turn(ctx context.Context, w *waiter, idle, patience time.Duration, why error) error {
	if !p.active.Load() {
		return nil
	}
	p.mu.Lock()
	now := time.Now()
	if !p.active.Load() {
		p.mu.Unlock()
		return nil
	}
	if len(p.queue) == 0 && !now.Before(p.next) {
		p.advance(now)
		if now.Sub(p.waited) > idle {
			p.active.Store(false)
		}
		p.mu.Unlock()
		return nil
	}
	if deadline, limited := ctx.Deadline(); limited && deadline.Before(p.next) {
		p.mu.Unlock()
		return fmt.Errorf("%w; its turn would come after the deadline", why)
	}
	w.turn = make(chan struct{})
	place := sort.Search(len(p.queue), func(i int) bool { return w.before(p.queue[i]) })
	p.queue = slices.Insert(p.queue, place, w)
	p.give(now)
	p.mu.Unlock()

	var timeout <-chan time.Time
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		p.leave(w)
		return ContextError(ctx)
	case <-timeout:
		p.leave(w)
		return fmt.Errorf("%w; its turn did not come within %s", why, patience)
	}
}

func (p *pacer) leave(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.queue, w); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
	} else if len(p.queue) > 0 { // it has just been given a turn, which is the next one's
		p.giveFirst()
	}
}

// giveFirst gives the first waiter its turn.
func (p *pacer) giveFirst() {
	close(p.queue[0].turn)
	p.queue = slices.Delete(p.queue, 0, 1)
}

// open has everyone wait from now on.
func (p *pacer) open(now time.Time, rate, growth float64) {
	p.rate, p.growth = rate, growth
	p.opened, p.changed, p.waited, p.next = now, now, now, now
	p.refusals = 0
	p.active.Store(true)
}

// works reports whether an attempt was good lately.
func (p *pacer) works(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	good, _ := p.counts.sum(now, window)
	return good > 0
}

// openedAfter reports whether it became active after t, and is.
func (p *pacer) openedAfter(t time.Time) bool {
	if !p.active.Load() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened.After(t)
}

// pause holds the next turn back.
func (p *pacer) pause(now time.Time, wait time.Duration) {
	if end := now.Add(wait); end.After(p.next) {
		p.next = end
	}
	p.grown, p.pauseEnd = p.next, p.next // growth begins after the pause
}

func (p *pacer) interval() time.Duration {
	return time.Duration(float64(time.Second) / p.rate)
}

// advance uses a turn.
func (p *pacer) advance(now time.Time) {
	if late := now.Add(-lateTurns); p.next.Before(late) {
		p.next = late
	}
	p.next = p.next.Add(p.interval())
}

// give gives the turns that are due, and sets the timer for the next.
func (p *pacer) give(now time.Time) {
	for len(p.queue) > 0 && !now.Before(p.next) {
		p.giveFirst()
		growth := p.growth
		if growth > 1 && now.Sub(p.changed) > unlimited {
			growth = growthAfterwards
		}
		p.rate *= math.Pow(growth, max(0, now.Sub(p.grown).Seconds()))
		p.grown = now
		p.advance(now)
	}
	if len(p.queue) == 0 {
		return
	}
	p.waited = now
	if p.timer == nil {
		p.timer = time.AfterFunc(p.next.Sub(now), p.wake)
	} else {
		p.timer.Reset(p.next.Sub(now))
	}
}

func (p *pacer) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.give(time.Now())
}

// before reports whether a waiter's turn comes first: other attempts first, those of the oldest call before others; then first
// attempts as they came. So no call fails because later ones pass it.
func (w *waiter) before(other *waiter) bool {
	if w.retry && other.retry {
		return w.began.Before(other.began)
	}
	return w.retry && !other.retry
}

// counts has how many attempts of each of the last seconds were good and bad.
type counts [window + 1]struct {
	second    int64 // since 1970
	good, bad int
}

const window = 10 // seconds

func (c *counts) add(now time.Time, good bool) {
	slot := &c[uint64(now.Unix())%uint64(len(c))]
	if slot.second != now.Unix() {
		*slot = counts{}[0]
		slot.second = now.Unix()
	}
	if good {
		slot.good++
	} else {
		slot.bad++
	}
}

// sum is what n seconds have, up to the one of now.
func (c *counts) sum(now time.Time, n int) (good, bad int) {
	for _, slot := range c {
		if age := now.Unix() - slot.second; 0 <= age && age < int64(n) {
			good, bad = good+slot.good, bad+slot.bad
		}
	}
	return good, bad
}

// most is how many good ones the last second has, or the one that has begun.
func (c *counts) most(now time.Time) int {
	last, _ := c.sum(now.Add(-time.Second), 1)
	this, _ := c.sum(now, 1)
	return max(last, this)
}
