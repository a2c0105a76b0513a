package confopenapi

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/diff"
)

const (
	defaultInterval = 30 * time.Second
	longestAsked    = 5 * time.Minute // that a watch waits because it was asked to: the server may be back sooner than it says
)

// WatchOptions adjust a Watch. The zero value and nil mean the defaults.
type WatchOptions struct {
	// Interval is the pause from the end of a poll to the next, 10 % more or less at random, so that programs that were
	// started together do not poll together. The default is 30 s. Where the server refuses a poll and asks for a longer wait, the
	// pause is that, up to five minutes.
	Interval time.Duration
	// GiveUp ends a conference without proof after so many polls in a row that lack it; 0 = never. A poll counts only if all
	// its requests were answered. Without GiveUp, nothing ends on a service whose list proves nothing, poll after poll.
	GiveUp int
	// Snapshot is how each poll lists. A PageSize that the service turns out not to give is lowered for later polls.
	Snapshot SnapshotOptions
	// Watcher goes on from an earlier state. The default is a new one. It must not serve two watches at once, and if a
	// Watch has used it before, that must have been for the same request.
	Watcher *Watcher
	// OnPoll is called after each poll whose first page came, also if the list is empty or the poll is incomplete, once the
	// loop has consumed the poll's last event. It is not called after a poll that failed as a whole, which yields its error
	// alone, nor after one in which ctx ended: a loop that counts polls must count those errors too. Marshal the Watcher here,
	// and a program that restarts from it is told no change twice and misses none. Its error is yielded, and the watch goes on.
	OnPoll func(Report) error
}

// Watch polls the list with Snapshot and yields what changed from poll to poll: conferences that started, were updated,
// ended, came back or run anew. The first poll yields what is there as EventExisting.
//
// An EventEnded that is Proven rests on a proof that the conference was out of the list at some moment of the poll, not on
// its absence from some pages, which is common while a list moves. One that is not Proven rests on two listings of
// VerdictConditional that lack it, or on one that shows a later run of its reservation, and so on their condition; or on
// WatchOptions.GiveUp. A poll that failed, in part or as a whole, ends nothing.
// What comes and goes between two polls is not seen.
//
// Errors do not end the watch: a poll that fails, or proves less than WatchOptions.Snapshot.Require asks, yields its error
// with a zero Event, as Snapshot returns it, and what such a poll did show is yielded after it. Only a *RequestError for bad
// arguments, such as a request whose Page is more than 1, ends it: it is yielded alone, once. The watch ends when ctx does,
// without an error and within the cancellation of one request, or when the loop breaks. WithTimeout bounds each request, and
// nothing else bounds a poll.
//
// The Watcher takes in each event as it is yielded: after a break, another Watch with it goes on with the next event.
//
// Every range is a watch of its own and starts from WatchOptions.Watcher, or anew. It costs one Snapshot a poll, and in
// memory the conferences of the list twice.
func (c *Client) Watch(ctx context.Context, req *ListByStatusRequest, opts *WatchOptions) iter.Seq2[Event, error] {
	var o WatchOptions
	if opts != nil {
		o = *opts
	}
	l, listErr := newLister(c, req, o.Snapshot.PageSize)
	return func(yield func(Event, error) bool) {
		w := o.Watcher
		if w == nil {
			w = NewWatcher()
		}
		err := listErr
		if err == nil {
			err = o.check()
		}
		if err == nil {
			err = l.checkWhole(ctx)
		}
		if err == nil {
			err = w.bind(l.filter().String())
		}
		if err != nil {
			yield(Event{}, err)
			return
		}
		for {
			asked, more := l.poll(ctx, w, o, yield)
			if !more || !sleep(ctx, max(jittered(o.Interval), asked)) {
				return
			}
		}
	}
}

func (o *WatchOptions) check() error {
	switch {
	case o.Interval < 0:
		return badRequest("Interval", "%s is negative", o.Interval)
	case o.GiveUp < 0:
		return badRequest("GiveUp", "%d is negative", o.GiveUp)
	}
	return o.Snapshot.check()
}

// bind ties a Watcher to a request: the changes from one list to another are none.
func (w *Watcher) bind(list string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bound && w.list != list {
		return badRequest("Watcher", "it is of another request")
	}
	w.list, w.bound = list, true
	return nil
}

// poll is one round of a watch. It reports whether to go on, and how long the server asked to wait before that.
func (l lister) poll(ctx context.Context, w *Watcher, o WatchOptions, yield func(Event, error) bool) (asked time.Duration, more bool) {
	if size := w.learned(); size > 0 {
		l.pageSize = min(l.pageSize, size)
	}
	snapshot, err := l.snapshot(ctx, o.Snapshot)
	if ctx.Err() != nil {
		return 0, false
	}
	if err != nil && !yield(Event{}, err) {
		return 0, false
	}
	asked = min(askedToWait(err), longestAsked)
	if snapshot == nil {
		return asked, true
	}
	change := w.begin(snapshot, o.GiveUp)
	for _, e := range change.Events {
		w.apply(change.Next)
		if !yield(eventOf(e), nil) {
			return 0, false
		}
		if ctx.Err() != nil {
			return 0, false
		}
	}
	w.apply(change.Finish)
	if o.OnPoll != nil {
		if err := o.OnPoll(snapshot.Report); err != nil && !yield(Event{}, fmt.Errorf("confopenapi: OnPoll: %w", err)) {
			return 0, false
		}
	}
	return asked, true
}

func (w *Watcher) learned() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pageSize
}

func (w *Watcher) begin(s *Snapshot, giveUp int) *diff.Change[Conference] {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tracker.GiveUp = giveUp
	return w.compare(s)
}

func (w *Watcher) apply(step func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	step()
}

// jittered is 10 % more or less than the interval.
func jittered(interval time.Duration) time.Duration {
	if interval == 0 {
		interval = defaultInterval
	}
	least := interval - interval/10
	return least + min(rand.N(interval/5+1), math.MaxInt64-least)
}

// sleep reports whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
