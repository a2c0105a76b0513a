package confopenapi

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
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
	// EventExisting: it was there at the first look, or was first seen after a listing that may have missed it.
	EventExisting EventKind = iota + 1
	// EventStarted: it is new since the listing before. With a filter of conferences, it came into the filtered list.
	EventStarted
	// EventUpdated: members changed, which Event.Changed names. confDuration and confDurationMinute, which tick by themselves, and
	// Extra make no update.
	EventUpdated
	// EventEnded: it is out of the list. With FilterOneAttendee, it may only have one attendee now.
	EventEnded
	// EventResumed: the same run is back, which sibling endpoints document for 12 hours after its end.
	EventResumed
	// EventRestarted: the same reservation runs anew, at a later start. The earlier run's EventEnded came before.
	EventRestarted
)

// String is the kind in English: "existing", "started", "updated", "ended", "resumed" or "restarted".
func (k EventKind) String() string {
	switch k {
	case EventExisting:
		return "existing"
	case EventStarted:
		return "started"
	case EventUpdated:
		return "updated"
	case EventEnded:
		return "ended"
	case EventResumed:
		return "resumed"
	case EventRestarted:
		return "restarted"
	}
	return fmt.Sprintf("event kind %d", int(k))
}

// MarshalText is String, for JSON.
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (k *EventKind) UnmarshalText(text []byte) error {
	for known := EventExisting; known <= EventRestarted; known++ {
		if known.String() == string(text) {
			*k = known
			return nil
		}
	}
	return badRequest("EventKind", "it is no kind of event")
}

// Event is one change of the list of live conferences. It marshals as JSON with the conference's personal data.
type Event struct {
	Kind       EventKind  `json:"kind"`              // what happened
	Conference Conference `json:"conference"`        // as seen last; of an ended one from before a restart only its identity is known
	Changed    []string   `json:"changed,omitempty"` // EventUpdated: the documented names of the members that changed, such as attendeeCnt; nil for other kinds
	Proven     bool       `json:"proven,omitempty"`  // EventEnded: it was proven to be out of the list at some moment of the poll, not inferred
	At         time.Time  `json:"at"`                // the end of the poll that noticed it, by the clock here; an event says nothing finer
	LastSeen   time.Time  `json:"lastSeen"`          // the end of the last poll that saw the conference
}

// String is one line without personal data.
func (e Event) String() string {
	text := e.Kind.String()
	if e.Proven {
		text += " (proven)"
	}
	text += " " + e.Conference.String()
	if len(e.Changed) > 0 {
		text += ": " + strings.Join(e.Changed, ", ")
	}
	return text
}

// Format prints what String returns, whatever the verb, so that no personal data is printed by accident.
func (e Event) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue shows ids and counts, and no personal data.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", e.Kind.String()), slog.Any("conference", e.Conference),
		slog.Any("changed", e.Changed), slog.Bool("proven", e.Proven), slog.Time("at", e.At), slog.Time("lastSeen", e.LastSeen))
}

// Watcher remembers what a watch has seen, so that another can go on from there. json.Marshal writes it as a
// checkpoint, and json.Unmarshal into a Watcher of NewWatcher restores it. A checkpoint has identities, times and digests of
// members, 16 bits each: some 240 bytes a conference. They tell every change of a count, all but one in 65,536 of another
// member, and, but for the counts, not what was there. The passcode has no digest in it, since few digits would show through:
// its changes are noticed only between polls of one process.
//
// The zero Watcher has seen nothing. A Watcher is safe for concurrent use, but only one Watch or Step at a time makes sense.
type Watcher struct {
	mu       sync.Mutex
	tracker  diff.Tracker[Conference]
	pageSize int    // that the service turned out to give; 0 = not known
	list     string // the request whose list it is, as canonical text
	bound    bool   // to that list
}

// NewWatcher returns a Watcher that has seen nothing.
func NewWatcher() *Watcher { return &Watcher{} }

// Step takes in a snapshot of the same list, later than the one before, and returns what changed: what ended first, then
// what came, then what was updated. It is for programs that poll by themselves; the others use Client.Watch. A nil snapshot
// changes nothing.
//
// A conference that a snapshot lacks has ended if that is proven: the snapshot is Complete, or one of its pages shows the
// conferences on both sides of its place. It is taken to have ended, without being Proven, once two Conditional snapshots
// lack it, or one has a later run. An Incomplete snapshot ends nothing. A snapshot that has been through JSON has lost the
// evidence of its pages.
//
// Members that tick by themselves (confDuration, confDurationMinute) and Extra make no update.
func (w *Watcher) Step(s *Snapshot) []Event {
	if s == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	change := w.compare(s)
	events := make([]Event, len(change.Events))
	for i, e := range change.Events {
		events[i] = eventOf(e)
	}
	change.Finish()
	return events
}

// compare finds what a snapshot changes, and changes nothing yet.
func (w *Watcher) compare(s *Snapshot) *diff.Change[Conference] {
	if s.Report.PageSize > 0 {
		w.pageSize = s.Report.PageSize
	}
	rows := make([]diff.Row[Conference], len(s.Conferences))
	for i := range s.Conferences {
		c := &s.Conferences[i]
		rows[i] = diff.Row[Conference]{Key: keyOf(c), Digests: digestsOf(c), Item: *c}
	}
	return w.tracker.Compare(rows, diff.Poll{
		Verdict: overlap.Verdict(s.Report.Verdict), Answered: s.Report.Failed == 0, Evidence: s.evidence, At: s.Report.End,
	})
}

func eventOf(e diff.Event[Conference]) Event {
	event := Event{Kind: EventKind(e.Kind), Conference: e.Item, Proven: e.Proven, At: e.At, LastSeen: e.LastSeen}
	if e.Item.Identity() == (Identity{}) {
		event.Conference = Conference{EventID: e.Key.EventID, ConferenceID: e.Key.ConferenceID, StartTime: UnixTime(e.Key.Start)}
	}
	for _, i := range e.Changed {
		event.Changed = append(event.Changed, members[watched[i]])
	}
	return event
}

// watched are the members whose change is an update: all but what makes the identity and what ticks by itself.
var watched = func() (list []int) {
	still := []string{"eventId", "conferenceId", "startTime", "confDuration", "confDurationMinute"}
	for i, name := range members {
		if !slices.Contains(still, name) {
			list = append(list, i)
		}
	}
	return list
}()

// unkept are the indexes in watched of what is not to be guessed from a digest.
var unkept = []int{slices.IndexFunc(watched, func(member int) bool { return members[member] == "pcode2" })}

// digestsOf is a digest for each watched member. Zero is for unknown.
func digestsOf(c *Conference) []uint16 {
	digests := make([]uint16, len(watched))
	var scratch [256]byte
	d := newDigest()
	for i, member := range watched {
		value := appendMember(scratch[:0], c, member)
		if n, err := strconv.ParseUint(string(value), 10, 64); err == nil && strings.HasSuffix(members[member], "Cnt") {
			digests[i] = 1 + uint16(n%math.MaxUint16) // counts change all the time: no change of one goes unnoticed
			continue
		}
		d.Reset()
		_, _ = d.Write(value)
		digests[i] = max(1, uint16(d.sum()>>48^d.sum()))
	}
	return digests
}

// watcherJSON is a Watcher as JSON.
type watcherJSON struct {
	PageSize int                       `json:"pageSize,omitempty"`
	List     *string                   `json:"list,omitempty"`
	State    *diff.Tracker[Conference] `json:"state"`
}

// MarshalJSON writes what is needed to go on. In WatchOptions.OnPoll, and wherever no event is pending, that is exactly what
// the events so far told.
func (w *Watcher) MarshalJSON() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tracker.Unkept = unkept
	out := watcherJSON{PageSize: w.pageSize, State: &w.tracker}
	if w.bound {
		out.List = &w.list
	}
	return json.Marshal(out)
}

// UnmarshalJSON restores a Watcher. Its error is a *RequestError, and the Watcher is then unchanged.
func (w *Watcher) UnmarshalJSON(data []byte) error {
	var in watcherJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return &RequestError{Field: "Watcher", Err: fmt.Errorf("it is no Watcher of this version: %w", err)}
	}
	if in.State == nil {
		return badRequest("Watcher", "it is no Watcher of this version: there is no state")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pageSize, w.tracker = in.PageSize, *in.State
	if w.pageSize < 0 || w.pageSize > overlap.MaxPageSize {
		w.pageSize = 0
	}
	w.list, w.bound = "", in.List != nil
	if w.bound {
		w.list = *in.List
	}
	return nil
}
