package confopenapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/diff"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// EventKind is what happened to a conference.
type EventKind int

const (
	EventExisting   EventKind = iota + 1 // it was there at the first look, or first seen after a listing that may have missed it
	EventStarted                         // it is new; with a filter, it came into the filtered list
	EventUpdated                         // the fields in Event.Changed are different; durations, which tick, and Extra make no update
	EventEnded                           // it is out of the list; with FilterOneAttendee, it may only have one attendee now
	EventResumed                         // the same run is back, which can happen within 12 hours after its end (sibling)
	EventRestarted                       // the same EventID and ConferenceID at a later start; the earlier run's EventEnded came before
	EventPollFailed                      // a poll failed, or proved less than required: Event.Err
	EventBehind                          // of View.Subscribe: forget what you have, what is there follows as EventExisting
)

var eventKinds = []string{"", "existing", "started", "updated", "ended", "resumed", "restarted", "poll-failed", "behind"}

// String is the kind in English, such as "existing".
func (k EventKind) String() string { return nameOf("event kind", eventKinds, int(k)) }

// MarshalText is String, for JSON.
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (k *EventKind) UnmarshalText(text []byte) error {
	return setByName(k, "EventKind", eventKinds, text)
}

// Event is one change of the list of live conferences, or a poll that failed. As JSON it has personal data.
type Event struct {
	Kind       EventKind  `json:"kind"`                // what happened
	Conference Conference `json:"conference,omitzero"` // as seen last; of an ended one from before a restart only its identity is known, and it prints status 0 and 0 attendees
	Changed    []string   `json:"changed,omitempty"`   // EventUpdated: documented names of the fields that changed, such as attendeeCnt
	Proven     bool       `json:"proven,omitempty"`    // EventEnded: it was proven to be out of the list at some moment of the poll, not inferred
	Err        error      `json:"-"`                   // EventPollFailed: the error of the poll; in JSON its text, as "err"
	At         time.Time  `json:"at"`                  // the end of the poll that noticed it, by the clock here
	LastSeen   time.Time  `json:"lastSeen,omitzero"`   // when the poll began that saw the conference last: it ended no earlier
	NotBefore  time.Time  `json:"notBefore,omitzero"`  // the conference came no earlier: the last VerdictComplete listing without it began then; zero = not known
}

// MarshalJSON writes the fields, and the text of Err as "err".
func (e Event) MarshalJSON() ([]byte, error) {
	type fields Event
	text := ""
	if e.Err != nil {
		text = e.Err.Error()
	}
	return json.Marshal(struct {
		fields
		Err string `json:"err,omitempty"`
	}{fields(e), text})
}

// Format prints one line, whatever the verb, without personal data.
func (e Event) Format(f fmt.State, _ rune) {
	text := e.Kind.String()
	if e.Proven {
		text += " (proven)"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	} else {
		text += " " + e.Conference.String()
	}
	if len(e.Changed) > 0 {
		text += ": " + strings.Join(e.Changed, ", ")
	}
	_, _ = io.WriteString(f, text)
}

// LogValue shows ids and counts, and no personal data, and of the other fields those that mean something for the Kind.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", e.Kind.String())}
	switch e.Kind {
	case EventPollFailed, EventBehind:
	default:
		attrs = append(attrs, slog.Any("conference", e.Conference))
	}
	if len(e.Changed) > 0 {
		attrs = append(attrs, slog.Any("changed", e.Changed))
	}
	if e.Kind == EventEnded {
		attrs = append(attrs, slog.Bool("proven", e.Proven))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("err", e.Err.Error()))
	}
	attrs = append(attrs, slog.Time("at", e.At))
	if !e.LastSeen.IsZero() {
		attrs = append(attrs, slog.Time("lastSeen", e.LastSeen))
	}
	if !e.NotBefore.IsZero() {
		attrs = append(attrs, slog.Time("notBefore", e.NotBefore))
	}
	return slog.GroupValue(attrs...)
}

// WatchOptions adjust a Watch. The zero value and nil mean the defaults.
type WatchOptions struct {
	// Interval is the pause from the end of a poll to the next, 10 % more or less at random. The default is 30 s. If the
	// service refuses a poll and asks for a longer wait, the pause is that, up to five minutes.
	Interval time.Duration
	// GiveUp ends a conference without proof after so many polls in a row that lack it. Polls that failed in part do not count.
	// 0 = never: then a list that proves nothing yields no EventEnded.
	GiveUp int
	// Snapshot is how each poll lists.
	Snapshot SnapshotOptions
	// Watcher is the state to go on from; nil = a new one. It serves one watch at a time, always of the same request.
	Watcher *Watcher
	// Existing: with a Watcher that knows conferences already, the first poll also yields those still there, as EventExisting, before what
	// changed. If that poll is incomplete, the others follow when a later poll shows them.
	Existing bool
	// OnPoll is called with the snapshot of each poll whose first page came, after the loop consumed the poll's last event. A program
	// that marshals the Watcher here can restart from it: no change is lost, and the changes of an unfinished poll come again.
	// The error of OnPoll ends the watch. In a View, List, Get and Status already show this poll, but subscribers may not have its
	// events yet.
	OnPoll func(*Snapshot) error
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

// Watch polls the list with Snapshot and yields what changed from poll to poll. The first poll yields what is there, as
// EventExisting. What starts and ends between two polls is not seen.
//
// A poll that fails, or proves less than WatchOptions.Snapshot.Require, yields an EventPollFailed, then the changes that it did
// show, and the watch goes on. An error ends the watch: a *RequestError for bad arguments, the error of a first poll that failed for
// good (not IsRetryable, such as a refused token), or what OnPoll returned. It is yielded once, last, with a zero Event. The watch
// ends without an error when ctx ends or the loop breaks. WithTimeout bounds each request; only ctx bounds a poll.
//
// docs/watching.md says when an end is yielded, and when it is Proven. Every range is a watch of its own. After a break, another
// Watch with the same Watcher goes on with the next event.
func (c *Client) Watch(ctx context.Context, req *ListByStatusRequest, opts *WatchOptions) iter.Seq2[Event, error] {
	return c.watch(ctx, req, opts, nil)
}

// watch is Watch, without an EventExisting of what is shown already.
func (c *Client) watch(ctx context.Context, req *ListByStatusRequest, opts *WatchOptions, shown []Event) iter.Seq2[Event, error] {
	o := *cmp.Or(opts, &WatchOptions{})
	l, listErr := newLister(c, req, o.Snapshot.PageSize)
	return func(yield func(Event, error) bool) {
		w := &watch{lister: l, options: o, watcher: cmp.Or(o.Watcher, NewWatcher())}
		w.options.Snapshot.Watcher = w.watcher
		if o.Existing {
			w.shown = map[overlap.Key]bool{}
		}
		for i := range shown {
			w.shown[keyOf(&shown[i].Conference)] = true
		}
		w.yield = func(e Event) bool { return yield(e, nil) && ctx.Err() == nil }
		err := cmp.Or(listErr, o.check(), l.checkWhole(ctx))
		if err == nil {
			err = w.watcher.bind(l.filter.String())
		}
		if err == nil {
			err = w.run(ctx)
		}
		if err != nil {
			yield(Event{}, err)
		}
	}
}

// watch is one range over Watch.
type watch struct {
	lister  lister
	options WatchOptions
	watcher *Watcher
	yield   func(Event) bool     // false = the loop broke, or the context ended
	shown   map[overlap.Key]bool // with Existing, the conferences of the list that were yielded; nil without
}

// run polls until the watch ends, and returns the error to end it with.
func (w *watch) run(ctx context.Context) error {
	for first := true; ; first = false {
		snapshot, err := takeSnapshot(ctx, w.lister, w.options.Snapshot)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the caller ended the watch
		case err != nil && first && snapshot == nil && !IsRetryable(err):
			return err
		case err != nil && !w.yield(Event{Kind: EventPollFailed, Err: err, At: time.Now()}):
			return nil
		}
		if snapshot != nil {
			if !w.changes(snapshot) {
				return nil
			}
			if w.options.OnPoll != nil {
				if err := w.options.OnPoll(snapshot); err != nil {
					return err
				}
			}
		}
		if !sleep(ctx, max(jittered(cmp.Or(w.options.Interval, defaultInterval)), min(askedToWait(err), longestAsked))) {
			return nil
		}
	}
}

// changes yields the events of a poll and reports whether to go on.
func (w *watch) changes(s *Snapshot) bool {
	change := w.watcher.compare(s, w.options.GiveUp)
	for _, e := range w.existing(s, change.Events) {
		if !w.yield(e) {
			return false
		}
	}
	for _, e := range change.Events {
		w.watcher.apply(change.Next)
		if !w.yield(eventOf(e)) {
			return false
		}
	}
	w.watcher.apply(change.Finish)
	return true
}

// existing are the conferences of a poll that were known before the watch and not yielded since.
func (w *watch) existing(s *Snapshot, changes []diff.Event[*Conference]) (events []Event) {
	if w.shown == nil {
		return nil
	}
	for _, e := range changes {
		switch e.Kind {
		case diff.Ended:
			delete(w.shown, e.Key)
		case diff.Updated:
		default:
			w.shown[e.Key] = true
		}
	}
	for i := range s.Conferences {
		c := &s.Conferences[i]
		if key := keyOf(c); !w.shown[key] && (c.EventID != 0 || c.ConferenceID != "") {
			w.shown[key] = true
			events = append(events, Event{Kind: EventExisting, Conference: *c, At: s.Report.End, LastSeen: s.Report.Start})
		}
	}
	return events
}

const (
	defaultInterval = 30 * time.Second
	longestAsked    = 5 * time.Minute // that a watch waits because the service asked for it
)

func jittered(interval time.Duration) time.Duration {
	least := interval - interval/10
	return least + min(rand.N(interval/5+1), math.MaxInt64-least)
}

// sleep reports whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// Watcher remembers what a watch has seen, so that another can go on from there; the zero Watcher has seen nothing. As JSON it
// is a checkpoint without personal data: identities, times, counts, and a digest of 16 bits for each other field but the passcode,
// some 250 bytes a conference. A digest misses one in 65,536 changes. It is safe for concurrent use, by one Watch or Step at a time.
type Watcher struct {
	mu      sync.Mutex
	tracker *diff.Tracker[*Conference] // nil = has seen nothing; a pointer, because fmt would print its conferences
	list    *string                    // canonical text of the request whose list it is; nil = not bound to one
}

// NewWatcher returns a Watcher that has seen nothing.
func NewWatcher() *Watcher { return &Watcher{} }

// Format prints nothing of what the Watcher has seen, whatever the verb: that has personal data.
func (w *Watcher) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "confopenapi watcher") }

// Step takes in a snapshot of the same list and returns what changed, as Watch does: first what ended, then what came, then
// what was updated, but no EventPollFailed or EventBehind. It is for programs that poll by themselves, with SnapshotOptions.Watcher
// set, and for the OnPoll of a View. A nil snapshot changes nothing, and neither does one that began before the last one ended. A
// snapshot that has been through JSON has lost the evidence of its pages.
func (w *Watcher) Step(s *Snapshot) []Event {
	if s == nil {
		return nil
	}
	change := w.compare(s, 0)
	events := make([]Event, len(change.Events))
	for i, e := range change.Events {
		events[i] = eventOf(e)
	}
	w.apply(change.Finish)
	return events
}

// bind ties a Watcher to a request.
func (w *Watcher) bind(list string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.list != nil && *w.list != list {
		return badRequest("Watcher", "it is of another request")
	}
	w.list = &list
	return nil
}

func (w *Watcher) apply(step func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	step()
}

// lacks reports whether a snapshot lacks a known conference.
func (w *Watcher) lacks(s *Snapshot) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tracker = cmp.Or(w.tracker, &diff.Tracker[*Conference]{})
	keys := make(map[overlap.Key]bool, len(s.Conferences))
	for i := range s.Conferences {
		keys[keyOf(&s.Conferences[i])] = true
	}
	return w.tracker.Lacks(keys)
}

// compare finds what a snapshot changes, and changes nothing yet.
func (w *Watcher) compare(s *Snapshot, giveUp int) *diff.Change[*Conference] {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tracker = cmp.Or(w.tracker, &diff.Tracker[*Conference]{})
	w.tracker.GiveUp = giveUp
	rows := make([]diff.Row[*Conference], len(s.Conferences))
	for i := range s.Conferences {
		c := new(s.Conferences[i]) // the caller's may change
		rows[i] = diff.Row[*Conference]{Key: keyOf(c), Digests: digestsOf(c), Item: c}
	}
	return w.tracker.Compare(rows, diff.Poll{
		Verdict: overlap.Verdict(s.Report.Verdict), Assumed: s.Report.Assumed, Answered: s.Report.Failed == 0, Gone: s.evidence.Gone,
		Start: s.Report.Start, At: s.Report.End,
	})
}

func eventOf(e diff.Event[*Conference]) Event {
	event := Event{Kind: EventKind(e.Kind), Proven: e.Proven, At: e.At, LastSeen: e.LastSeen, NotBefore: e.NotBefore}
	if e.Item != nil {
		event.Conference = *e.Item
	} else {
		event.Conference = Conference{EventID: e.Key.EventID, ConferenceID: e.Key.ConferenceID, StartTime: UnixTime(e.Key.Start)}
	}
	for _, i := range e.Changed {
		event.Changed = append(event.Changed, fieldNames[i])
	}
	return event
}

// digestsOf is a digest for each field whose change is an update, and zero for the others.
func digestsOf(c *Conference) []uint32 {
	digests := make([]uint32, len(fieldNames))
	var scratch [256]byte
	for _, i := range watched {
		value := appendField(scratch[:0], c, i)
		if strings.HasSuffix(fieldNames[i], "Cnt") {
			if n, err := strconv.ParseUint(string(value), 10, 64); err == nil {
				digests[i] = 1 + uint32(min(n, math.MaxUint32-1)) // counts change all the time: no change of one goes unnoticed
				continue
			}
		}
		sum := digest(value)
		digests[i] = max(1, uint32(uint16(sum>>48^sum)))
	}
	return digests
}

type watcherJSON struct {
	List  *string         `json:"list,omitempty"`
	State json.RawMessage `json:"state"`
}

// MarshalJSON writes what is needed to go on after the events that were yielded.
func (w *Watcher) MarshalJSON() ([]byte, error) {
	return w.marshal((*diff.Tracker[*Conference]).AppendJSON)
}

// MarshalChanges writes what is different since the last MarshalChanges of this Watcher, and the first time what MarshalJSON
// writes. UnmarshalJSON takes them one after another.
func (w *Watcher) MarshalChanges() ([]byte, error) {
	return w.marshal((*diff.Tracker[*Conference]).AppendChanges)
}

func (w *Watcher) marshal(appendState func(*diff.Tracker[*Conference], []byte) ([]byte, error)) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tracker = cmp.Or(w.tracker, &diff.Tracker[*Conference]{})
	w.tracker.Unkept = secretFields // a short secret could be guessed from its digest
	head, err := json.Marshal(watcherJSON{List: w.list})
	if err != nil {
		return nil, err
	}
	text, err := appendState(w.tracker, bytes.TrimSuffix(head, []byte("null}")))
	return append(text, '}'), err
}

// UnmarshalJSON restores a Watcher. Its error is a *RequestError, and the Watcher is then unchanged.
func (w *Watcher) UnmarshalJSON(data []byte) error {
	var in watcherJSON
	err := json.Unmarshal(data, &in)
	w.mu.Lock()
	defer w.mu.Unlock()
	tracker := cmp.Or(w.tracker, &diff.Tracker[*Conference]{})
	if err == nil && in.State == nil {
		err = errors.New("there is no state")
	}
	if err == nil {
		err = tracker.UnmarshalJSON(in.State)
	}
	if err != nil {
		return &RequestError{Field: "Watcher", Err: fmt.Errorf("it is no Watcher of this version: %w", err)}
	}
	w.list, w.tracker = in.List, tracker
	return nil
}
