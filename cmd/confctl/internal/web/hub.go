package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// hub turns the states of the View into numbered versions, each made once for all readers.
type hub struct {
	options Options
	view    *confopenapi.View
	boot    string        // names this process in the ids of versions
	polling chan struct{} // a poll has ended or an event came
	paged   chan struct{} // a page came
	count   func(confopenapi.Event)
	samples memory

	mu      sync.Mutex
	changed chan struct{} // closed when there is a newer version
	version *version
	frames  [][]byte // that lead to the last versions, the newest last
	size    int      // of the frames
	feed    []entry  // the last events
	pending []entry  // those that no frame has yet
	number  int      // of the last event
	seen    confopenapi.ViewStatus
	polled  time.Time // when the last poll ended
	lost    error     // why the last poll was not recorded
	ended   error     // Run's; nil = it runs
	again   time.Time // when Run is called again
	rows    *rows
}

const (
	maxFrames    = 64
	maxFrameSize = 512 << 10 // of a larger change the page is told to load the state anew
	maxFeed      = 200
)

func newHub(o Options) *hub {
	h := &hub{
		options: o, boot: rand.Text()[:8], polling: make(chan struct{}, 1), paged: make(chan struct{}, 1),
		changed: make(chan struct{}), rows: &rows{},
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
	}
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
	rows, changed, gone := newRows(list, h.options.WithPersonalData, h.rows)
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
	next := &version{number: 1, rows: rows.list}
	if h.version != nil {
		next.number = h.version.number + 1
	}
	status := h.status(s, len(list), now)
	next.state, next.status = status.State, mustMarshal(status)
	frame.Number, frame.Status = next.number, next.status
	h.rows, h.version, h.seen, h.pending = rows, next, s, nil
	h.keep(frame.text(h.id(next.number)))
	close(h.changed)
	h.changed = make(chan struct{})
}

// keep keeps a frame, and drops the oldest ones that there is no room for.
func (h *hub) keep(text []byte) {
	h.frames, h.size = append(h.frames, text), h.size+len(text)
	for len(h.frames) > maxFrames || h.size > 16*maxFrameSize {
		h.size -= len(h.frames[0])
		h.frames = slices.Delete(h.frames, 0, 1)
	}
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
		line.ID, line.Title, line.Org = rowID(e.Conference.Identity()), e.Conference.Title, e.Conference.HostOrgName
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
	h.number++
	line.Number = h.number
	if len(h.feed) == maxFeed {
		h.feed = slices.Delete(h.feed, 0, 1)
	}
	h.feed, h.pending = append(h.feed, line), append(h.pending, line)
	if len(h.pending) > maxFeed {
		h.pending = slices.Delete(h.pending, 0, 1)
	}
}

// poll runs the View until ctx ends, and begins anew after a refusal for good. Its error is one of the arguments.
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

// runView runs the View once, and takes in its events.
func (h *hub) runView(ctx context.Context, first bool) error {
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
		}
	}()
	err := h.view.Run(ctx)
	close(ended)
	<-fed
	return err
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

func (h *hub) id(number int) string { return h.boot + "-" + strconv.Itoa(number) }

// current is the version of now as GET /api/v1/live has it.
func (h *hub) current() (id string, v *version) {
	h.mu.Lock()
	v, feed := h.version, slices.Clone(h.feed)
	h.mu.Unlock()
	v.once.Do(func() {
		v.body = fmt.Appendf(nil, `{"version":%q,"status":%s,"samples":%s,"feed":%s,"conferences":[`,
			h.id(v.number), v.status, mustMarshal(append([]Sample{}, h.samples.all()...)), mustMarshal(append([]entry{}, feed...)))
		v.body = append(append(v.body, bytes.Join(v.rows, []byte(","))...), "]}\n"...)
		v.zip = zipped(v.body)
	})
	return h.id(v.number), v
}

// since are the frames after the version with an id, and false if the state must be loaded anew. With them comes the id to go on
// from, and a channel that is closed when there are more.
func (h *hub) since(id string) (frames [][]byte, next string, changed <-chan struct{}, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next = h.id(h.version.number)
	text, mine := strings.CutPrefix(id, h.boot+"-")
	number, err := strconv.Atoi(text)
	behind := h.version.number - number
	if !mine || err != nil || behind < 0 || behind > len(h.frames) {
		return nil, next, h.changed, false
	}
	return slices.Clone(h.frames[len(h.frames)-behind:]), next, h.changed, true
}

// frame leads from the version before to one.
type frame struct {
	Number  int
	Status  []byte
	Changed [][]byte
	Gone    []string
	Sample  *Sample
	Feed    []entry
}

// text is the frame as a server-sent event.
func (f *frame) text(id string) []byte {
	data := fmt.Appendf(nil, `{"version":%q,"status":%s,"gone":%s,"feed":%s,"sample":%s,"changed":[`,
		id, f.Status, mustMarshal(append([]string{}, f.Gone...)), mustMarshal(append([]entry{}, f.Feed...)), mustMarshal(f.Sample))
	data = append(append(data, bytes.Join(f.Changed, []byte(","))...), "]}"...)
	if len(data) > maxFrameSize {
		return reload(id)
	}
	return sse("poll", id, data)
}

// reload tells the page to load the state anew.
func reload(id string) []byte { return sse("reload", id, []byte("{}")) }

func sse(event, id string, data []byte) []byte {
	text := "event: " + event + "\n"
	if id != "" {
		text += "id: " + id + "\n"
	}
	return append(append([]byte(text+"data: "), data...), "\n\n"...)
}

func asIncomplete(err error) (*confopenapi.IncompleteError, bool) {
	incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err)
	return incomplete, ok && incomplete.Err == nil
}
