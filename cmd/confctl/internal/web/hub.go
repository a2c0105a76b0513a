package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// hub turns the states of the View into numbered versions, each made once for all readers.
type hub struct {
	journal
	options Options
	view    *confopenapi.View
	polling chan struct{} // a poll has ended or an event came
	paged   chan struct{} // a page came
	count   func(confopenapi.Event)
	samples memory

	version *version
	feed    []entry // the last events
	pending []entry // those that no frame has yet
	events  int     // how many there were
	seen    confopenapi.ViewStatus
	polled  time.Time // when the last poll ended
	lost    error     // why the last poll was not recorded
	ended   error     // Run's; nil = it runs
	again   time.Time // when Run is called again
	told    State     // what OnState heard last; "" = nothing is wrong
	rows    *rows
}

const maxFeed = 200

func newHub(o Options) *hub {
	h := &hub{
		journal: newJournal(), options: o, polling: make(chan struct{}, 1), paged: make(chan struct{}, 1), rows: &rows{},
	}
	for _, s := range o.Past {
		h.samples.add(s)
	}
	watch := confopenapi.WatchOptions{Interval: o.Interval, OnPoll: h.record}
	watch.Snapshot.OnProgress = func(int, int) { wake(h.paged) }
	h.view = o.Client.View(&o.Request, &confopenapi.ViewOptions{Watch: watch})
	h.build(time.Now())
	return h
}

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// record gets each poll. It ends none: the next one that can be written makes up for an error.
func (h *hub) record(s *confopenapi.Snapshot) error {
	if h.options.Record != nil {
		err := h.options.Record(s)
		h.mu.Lock()
		h.lost = err
		h.mu.Unlock()
	}
	wake(h.polling)
	return nil
}

// run makes versions until ctx ends.
func (h *hub) run(ctx context.Context) {
	tick := time.NewTicker(time.Second) // for what comes without an event: a list that becomes stale
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.polling:
			h.build(time.Now())
		case err := <-h.options.Problems:
			text := h.options.ExplainStore(err)
			h.say(entry{At: time.Now().UnixMilli(), Kind: "problem", Error: &text})
			h.build(time.Now())
		case <-tick.C:
			if h.isDue(time.Now()) {
				h.build(time.Now())
			}
		}
		h.tell()
	}
}

// tell calls OnState when something begins or ceases to be wrong.
func (h *hub) tell() {
	h.mu.Lock()
	state, err := h.version.state, h.seen.Err
	h.mu.Unlock()
	now := state
	switch state {
	case StateComplete, StateConditional, StateWaiting:
		now = ""
	}
	if h.options.OnState != nil && now != h.told {
		h.options.OnState(state, err)
	}
	h.told = now
}

// isDue reports whether the status has changed.
func (h *hub) isDue(now time.Time) bool {
	s := h.view.Status()
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pending) > 0 || s.Failed != h.seen.Failed || !s.At.Equal(h.seen.At) || h.status(s, 0, now).State != h.version.state
}

// build makes a version of what the View shows.
func (h *hub) build(now time.Time) {
	s := h.view.Status() // before List, which is then no older
	list := h.view.List()
	rows, changed, gone := newRows(0, list, h.options.WithPersonalData, h.rows)
	h.mu.Lock()
	defer h.mu.Unlock()
	frame := frame{Changed: changed, Gone: gone, Feed: h.pending}
	if s.Failed != h.seen.Failed || !s.At.Equal(h.seen.At) {
		h.polled = now
		if !s.At.IsZero() && !s.At.Equal(h.seen.At) {
			sample := newSample(s.At, list)
			h.samples.add(sample)
			frame.Sample = &sample
		}
	}
	status := h.status(s, len(list), now)
	next := &version{state: status.State, status: mustMarshal(status), rows: rows.list}
	frame.Status = next.status
	h.rows, h.version, h.seen, h.pending = rows, next, s, nil
	h.add(func(id string) kept {
		text := frame.text(id)
		return kept{len(text), func(int64) []byte { return text }}
	})
	next.number = h.number
}

// event takes in an event of the View.
func (h *hub) event(e confopenapi.Event) {
	h.count(e)
	line := entry{At: e.At.UnixMilli(), Kind: e.Kind.String(), Proven: e.Proven}
	switch e.Kind {
	case confopenapi.EventExisting, confopenapi.EventUpdated:
		return
	case confopenapi.EventPollFailed:
		text := h.options.Explain(e.Err)
		line.Error = &text
	case confopenapi.EventBehind:
	default:
		line.ID, line.Title, line.Org = rowID(0, e.Conference.Identity()), e.Conference.Title, e.Conference.HostOrgName
	}
	h.say(line)
	if e.Kind == confopenapi.EventPollFailed {
		wake(h.polling)
	}
}

// say adds a line to the feed.
func (h *hub) say(line entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events++
	line.Number = h.events
	if len(h.feed) == maxFeed {
		h.feed = slices.Delete(h.feed, 0, 1)
	}
	h.feed, h.pending = append(h.feed, line), append(h.pending, line)
	if len(h.pending) > maxFeed {
		h.pending = slices.Delete(h.pending, 0, 1)
	}
}

// poll runs the View until ctx ends, and begins anew after a refusal for good, with waits that double. Its error is one of the arguments.
func (h *hub) poll(ctx context.Context) error {
	const most = 5 * time.Minute
	for wait, first := h.options.Interval, true; ; first = false {
		began := time.Now()
		err := h.runView(ctx, first)
		if _, bad := errors.AsType[*confopenapi.RequestError](err); bad {
			return err
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the caller ended it
		}
		if h.view.Status().At.After(began) {
			wait = h.options.Interval
		}
		h.mu.Lock()
		h.ended, h.again = err, time.Now().Add(wait)
		h.mu.Unlock()
		wake(h.polling)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		wait = min(2*wait, max(most, h.options.Interval))
	}
}

// runView runs the View once, and takes in its events. A refusal ends it also if polls succeeded before.
func (h *hub) runView(ctx context.Context, first bool) error {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ended, fed := make(chan struct{}), make(chan struct{})
	select {
	case <-h.paged:
	default:
	}
	go func() {
		defer close(fed)
		if !first { // between two Runs, Subscribe ends at once
			select {
			case <-h.paged:
			case <-ended:
				return
			}
		}
		for e := range h.view.Subscribe(ctx) {
			h.event(e)
			if refused(e.Err) {
				stop(e.Err)
			}
		}
	}()
	err := h.view.Run(running)
	close(ended)
	<-fed
	return cmp.Or(err, context.Cause(running))
}

// refused reports whether the service refuses the token, or what is asked with it.
func refused(err error) bool {
	err = program.Cause(err)
	return errors.Is(err, confopenapi.ErrUnauthorized) || errors.Is(err, confopenapi.ErrForbidden)
}

// version is a state of the list, and its number.
type version struct {
	number int
	state  State
	status []byte   // JSON
	rows   [][]byte // JSON

	once      sync.Once // makes body and zipped when the first reader asks
	body, zip []byte
}

// healthy reports whether there is a list, and it is not stale.
func (h *hub) healthy() bool {
	s := h.view.Status()
	return !s.At.IsZero() && time.Since(s.Report.Start) <= h.options.StaleAfter
}

// current is the version of now as GET /api/v1/live has it.
func (h *hub) current(int64) (id string, body, zip []byte) {
	h.mu.Lock()
	v, feed := h.version, slices.Clone(h.feed)
	h.mu.Unlock()
	v.once.Do(func() {
		v.body = fmt.Appendf(nil, `{"version":%q,"status":%s,"samples":%s,"feed":%s,"conferences":[`,
			h.id(v.number), v.status, mustMarshal(append([]Sample{}, h.samples.all()...)), mustMarshal(append([]entry{}, feed...)))
		v.body = append(append(v.body, bytes.Join(v.rows, []byte(","))...), "]}\n"...)
		v.zip = zipped(v.body)
	})
	return h.id(v.number), v.body, v.zip
}

func asIncomplete(err error) (*confopenapi.IncompleteError, bool) {
	incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err)
	return incomplete, ok && incomplete.Err == nil
}
