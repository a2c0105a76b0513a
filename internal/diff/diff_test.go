package diff_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/diff"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

type tracker = diff.Tracker[string]

// step applies the whole change that a listing makes.
func step(t *tracker, rows []diff.Row[string], poll diff.Poll) []diff.Event[string] {
	change := t.Compare(rows, poll)
	change.Finish()
	return change.Events
}

// rows makes one row for each "name" or "name@start" or "name=digest".
func rows(specs ...string) (rows []diff.Row[string]) {
	for _, spec := range specs {
		var digest uint32
		name, value, _ := strings.Cut(spec, "=")
		_, _ = fmt.Sscan(value, &digest)
		name, at, _ := strings.Cut(name, "@")
		var start int64
		_, _ = fmt.Sscan(at, &start)
		rows = append(rows, diff.Row[string]{Key: overlap.Key{EventID: int64(len(name)), ConferenceID: name, Start: start}, Digests: []uint32{7, digest}, Item: "secret " + name})
	}
	return rows
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func describe(events []diff.Event[string]) string {
	var lines []string
	for _, e := range events {
		s := [...]string{"", "existing", "started", "updated", "ended", "resumed", "restarted"}[e.Kind] + " " + e.Key.ConferenceID
		if e.Key.Start != 0 {
			s += fmt.Sprint("@", e.Key.Start)
		}
		if e.Proven {
			s += " proven"
		}
		if len(e.Changed) > 0 {
			s += fmt.Sprint(" ", e.Changed)
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, ", ")
}

const (
	incomplete  = overlap.Incomplete
	conditional = overlap.Conditional
	complete    = overlap.Complete
)

type poll struct {
	verdict overlap.Verdict
	failed  bool
	rows    string
	want    string
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name   string
		giveUp int
		polls  []poll
	}{
		{"complete listings end at once, proven", 0, []poll{
			{complete, false, "a b", "existing a, existing b"},
			{complete, false, "a c", "ended b proven, started c"},
			{complete, false, "a c", ""},
		}},
		{"the end of a fresh run waits for the next poll", 0, []poll{
			{complete, false, "a", "existing a"},
			{complete, false, "a b", "started b"},
			{complete, false, "a b c", "started c"},
			{complete, false, "a b c", ""},
			{complete, false, "a", ""},
			{complete, false, "a", "ended b proven, ended c proven"},
		}},
		{"the end of a run that came four polls ago does not wait", 0, []poll{
			{complete, false, "a", "existing a"},
			{complete, false, "a b", "started b"},
			{complete, false, "a b", ""},
			{complete, false, "a b", ""},
			{complete, false, "a b", ""},
			{complete, false, "a", "ended b proven"},
		}},
		{"a fresh run that was only late is not ended", 0, []poll{
			{complete, false, "a", "existing a"},
			{complete, false, "a b", "started b"},
			{complete, false, "a", ""},
			{complete, false, "a b", ""},
			{complete, false, "a", ""},
			{conditional, false, "a", "ended b"},
		}},
		{"an empty list is believed at the second poll", 0, []poll{
			{complete, false, "a b", "existing a, existing b"},
			{complete, false, "", ""},
			{complete, false, "", "ended a proven, ended b proven"},
		}},
		{"an empty response is not believed", 0, []poll{
			{complete, false, "a b", "existing a, existing b"},
			{complete, false, "", ""},
			{complete, false, "a b", ""},
		}},
		{"a mass of ends waits for the next poll", 0, []poll{
			{complete, false, "a b c d e f g h i j k l", "existing a, existing b, existing c, existing d, existing e, existing f, existing g, existing h, existing i, existing j, existing k, existing l"},
			{complete, false, "a b m", "started m"},
			{complete, false, "a b c m", "ended d proven, ended e proven, ended f proven, ended g proven, ended h proven, ended i proven, ended j proven, ended k proven, ended l proven"},
			{complete, false, "a", "ended b proven, ended c proven"},
			{complete, false, "a", "ended m proven"},
		}},
		{"GiveUp after one poll, of all", 1, []poll{
			{complete, false, "a b", "existing a, existing b"},
			{incomplete, false, "a", "ended b"},
			{incomplete, false, "", ""},
			{incomplete, false, "", "ended a"},
		}},
		{"conditional listings end at the second absence", 0, []poll{
			{conditional, false, "a b", "existing a, existing b"},
			{conditional, false, "a", ""},
			{incomplete, true, "a", ""},
			{conditional, false, "a", "ended b"},
		}},
		{"seen again between two absences", 0, []poll{
			{conditional, false, "a b", "existing a, existing b"},
			{conditional, false, "a", ""},
			{conditional, false, "a b", ""},
			{conditional, false, "a", ""},
		}},
		{"incomplete listings end nothing", 0, []poll{
			{complete, false, "a b", "existing a, existing b"},
			{incomplete, true, "a", ""},
			{incomplete, false, "", ""},
			{incomplete, false, "", ""},
			{complete, false, "a b", ""},
		}},
		{"GiveUp counts polls with every page", 2, []poll{
			{complete, false, "a", "existing a"},
			{incomplete, true, "", ""},
			{incomplete, false, "", ""},
			{incomplete, true, "", ""},
			{incomplete, false, "", "ended a"},
		}},
		{"new after an incomplete listing is existing", 0, []poll{
			{complete, false, "a", "existing a"},
			{incomplete, false, "a b", "started b"},
			{complete, false, "a b c", "existing c"},
		}},
		{"resumed and restarted", 0, []poll{
			{complete, false, "a@1 b@1", "existing a@1, existing b@1"},
			{complete, false, "b@1", "ended a@1 proven"},
			{complete, false, "a@1 b@5", "ended b@1 proven, resumed a@1, restarted b@5"},
			{complete, false, "a@1", ""},
			{complete, false, "a@1", "ended b@5 proven"},
			{complete, false, "a@1 b@9", "restarted b@9"},
			{complete, false, "a@1 b@10", "ended b@9, restarted b@10"},
		}},
		{"a run that is back is not restarted by a later one", 0, []poll{
			{complete, false, "a@1 b", "existing a@1, existing b"},
			{complete, false, "b", "ended a@1 proven"},
			{complete, false, "a@5 a@1 b", "started a@5, resumed a@1"},
		}},
		{"a later run ends the earlier one", 0, []poll{
			{conditional, false, "a@1", "existing a@1"},
			{conditional, false, "a@5", "ended a@1, restarted a@5"},
		}},
		{"a later run next to the earlier one", 0, []poll{
			{complete, false, "a@1", "existing a@1"},
			{complete, false, "a@1 a@5", "started a@5"},
		}},
		{"updates", 0, []poll{
			{complete, false, "a=1 b=1", "existing a, existing b"},
			{complete, false, "a=2 b=1", "updated a [1]"},
			{incomplete, true, "b=3", "updated b [1]"},
		}},
		{"rows with one key make no updates when they change places", 0, []poll{
			{conditional, false, "a=1 a=2", "existing a"},
			{conditional, false, "a=2 a=1", ""},
		}},
		{"rows without an id are not tracked", 0, []poll{
			{complete, false, "@5 a", "existing a"},
			{complete, false, "a", ""},
		}},
	} {
		for _, restored := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, " restored ", restored), func(t *testing.T) {
				w := &tracker{GiveUp: c.giveUp}
				for i, p := range c.polls {
					events := step(w, rows(strings.Fields(p.rows)...), diff.Poll{Verdict: p.verdict, Answered: !p.failed, At: noon.Add(time.Duration(i) * time.Minute)})
					if got := describe(events); got != p.want {
						t.Errorf("poll %d: got %q, want %q", i, got, p.want)
					}
					if restored {
						data, err := json.Marshal(w)
						if err != nil {
							t.Fatal(err)
						}
						w = &tracker{GiveUp: c.giveUp}
						if err := json.Unmarshal(data, w); err != nil {
							t.Fatal(err)
						}
					}
				}
			})
		}
	}
}

// A run began after the last Complete listing without it did, and ended after the last listing with it began.
func TestBounds(t *testing.T) {
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	for _, restored := range []bool{false, true} {
		w := &tracker{}
		for i, p := range []struct {
			verdict overlap.Verdict
			rows    string
			want    string // "what notBefore lastSeen", in minutes
		}{
			{complete, "a", "existing a - 0"}, // each poll takes from minute 10·i to 10·i+5
			{conditional, "a b", "started b 0 10"},
			{conditional, "a b c", "started c 0 20"},
			{complete, "a b c", ""},
			{incomplete, "d", "started d 30 40"},
			{complete, "b c d", "ended a proven - 30"},
			{conditional, "a b c d", "resumed a 50 60"},
			{conditional, "a b", ""},
			{conditional, "a b", "ended c - 60, ended d - 60"},
			{conditional, "a b d e", "resumed d - 90, started e 50 90"}, // the last Complete listing had d
		} {
			list := rows(strings.Fields(p.rows)...)
			var got []string
			for _, e := range step(w, list, diff.Poll{Verdict: p.verdict, Answered: true, Start: at(10 * i), At: at(10*i + 5)}) {
				notBefore := "-"
				if !e.NotBefore.IsZero() {
					notBefore = fmt.Sprint(e.NotBefore.Sub(noon).Minutes())
				}
				got = append(got, fmt.Sprint(describe([]diff.Event[string]{e}), " ", notBefore, " ", e.LastSeen.Sub(noon).Minutes()))
			}
			if got := strings.Join(got, ", "); got != p.want {
				t.Errorf("restored: %t, poll %d: got %q, want %q", restored, i, got, p.want)
			}
			if restored {
				data, err := json.Marshal(w)
				if err != nil {
					t.Fatal(err)
				}
				w = &tracker{}
				if err := json.Unmarshal(data, w); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// A run that was given up, forgotten and then shown again may have been in the last Complete listing.
func TestBoundsOfAForgottenRun(t *testing.T) {
	w := &tracker{GiveUp: 3}
	step(w, rows("a", "b", "x"), diff.Poll{Verdict: complete, Answered: true, At: noon})
	for hour := range 14 {
		step(w, rows("a", "b"), diff.Poll{Verdict: incomplete, Answered: true, At: noon.Add(time.Duration(hour+1) * time.Hour)})
	}
	step(w, rows("a", "b"), diff.Poll{Verdict: incomplete, Answered: true, At: noon.Add(20 * time.Hour)})
	events := step(w, rows("a", "b", "x"), diff.Poll{Verdict: incomplete, Answered: true, At: noon.Add(21 * time.Hour)})
	if got := describe(events); got != "existing x" || !events[0].NotBefore.IsZero() {
		t.Errorf("got %q, not before %s; want existing x, not before an unknown time", got, events[0].NotBefore)
	}
}

func TestEndedRunsAreForgotten(t *testing.T) {
	w := &tracker{}
	step(w, rows("a"), diff.Poll{Verdict: complete, At: noon})
	step(w, rows(), diff.Poll{Verdict: complete, At: noon})
	step(w, rows(), diff.Poll{Verdict: complete, At: noon.Add(time.Minute)})
	step(w, rows(), diff.Poll{Verdict: complete, At: noon.Add(13 * time.Hour)})
	if got := describe(step(w, rows("a"), diff.Poll{Verdict: complete, At: noon.Add(14 * time.Hour)})); got != "started a" {
		t.Errorf("after half a day: got %q, want started a", got)
	}
}

func TestStateHoldsNoItems(t *testing.T) {
	w := &tracker{}
	step(w, rows("a", "b"), diff.Poll{Verdict: complete, At: noon})
	step(w, rows("a"), diff.Poll{Verdict: complete, At: noon})
	data, err := json.Marshal(w)
	if err != nil || strings.Contains(string(data), "secret") {
		t.Errorf("got %s, %v, want JSON without items", data, err)
	}
}

func TestStateOfAnotherFormat(t *testing.T) {
	for _, data := range []string{`{}`, `{"version":2}`, `[]`, `{"version":1,"known":3}`} {
		w := &tracker{}
		step(w, rows("a"), diff.Poll{Verdict: complete, At: noon})
		if err := json.Unmarshal([]byte(data), w); !errors.Is(err, diff.ErrState) {
			t.Errorf("%s: got %v, want ErrState", data, err)
		}
		if got := describe(step(w, rows("a"), diff.Poll{Verdict: complete, At: noon})); got != "" {
			t.Errorf("%s: the tracker changed: got %q, want no events", data, got)
		}
	}
}

func TestEventsCarryItems(t *testing.T) {
	w := &tracker{}
	step(w, rows("a"), diff.Poll{Verdict: complete, At: noon})
	events := step(w, rows("b"), diff.Poll{Verdict: complete, At: noon.Add(time.Minute)})
	if i := slices.IndexFunc(events, func(e diff.Event[string]) bool { return e.Kind == diff.Ended }); i != 0 || events[0].Item != "secret a" ||
		!events[0].LastSeen.Equal(noon) || !events[0].At.Equal(noon.Add(time.Minute)) {
		t.Errorf("got %+v, want first an Ended of a, with its item and times", events)
	}
}

func TestOlderListingsChangeNothing(t *testing.T) {
	during := func(from, to int) diff.Poll {
		return diff.Poll{Verdict: conditional, Start: noon.Add(time.Duration(from) * time.Second), At: noon.Add(time.Duration(to) * time.Second)}
	}
	w := &tracker{}
	step(w, rows("a", "b"), during(0, 5))
	step(w, rows("a"), during(10, 15))
	want := stateOf(t, w)
	for _, p := range []diff.Poll{during(10, 15), during(0, 5), during(0, 50), during(14, 20)} {
		if events := step(w, rows("c"), p); len(events) > 0 || stateOf(t, w) != want {
			t.Errorf("a listing from %v to %v: got %v, want no change", p.Start, p.At, describe(events))
		}
	}
	if got := describe(step(w, rows("a"), during(15, 20))); got != "ended b" {
		t.Errorf("a listing that began when the last one ended: got %q, want ended b", got)
	}
}

func stateOf(t *testing.T, w *tracker) string {
	t.Helper()
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Changes, one after another, make the same state, whatever the listings prove and whenever the changes are written.
func TestChangesMakeTheState(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	names := strings.Split("abcdefghijklmnop", "")
	var now, kept tracker
	largest := 0
	for poll := range 2000 {
		var specs []string
		for _, name := range names {
			if random.IntN(20) > 0 {
				specs = append(specs, fmt.Sprintf("%s@%d=%d", name, poll/1000, 1+random.IntN(30)/29))
			}
		}
		at := noon.Add(time.Duration(poll) * time.Minute)
		change := now.Compare(rows(specs...), diff.Poll{Verdict: overlap.Verdict(random.IntN(3)), Answered: random.IntN(2) > 0, Start: at, At: at.Add(time.Second)})
		for i := range change.Events {
			change.Next()
			if i == 1 && random.IntN(3) > 0 {
				keepChanges(t, &now, &kept)
			}
		}
		change.Finish()
		for range random.IntN(3) {
			if n := keepChanges(t, &now, &kept); poll > 0 {
				largest = max(largest, n)
			}
		}
	}
	if whole := len(stateOf(t, &now)); largest == 0 || largest > whole*3/2 {
		t.Errorf("the largest change has %d bytes, and the state %d", largest, whole)
	}
	if err := new(tracker).UnmarshalJSON([]byte(`{"version":1,"changes":true}`)); !errors.Is(err, diff.ErrState) {
		t.Errorf("changes of nothing: got %v, want ErrState", err)
	}
}

// keepChanges takes what changed into kept, which then has the state of now.
func keepChanges(t *testing.T, now, kept *tracker) int {
	t.Helper()
	text, err := now.AppendChanges(nil)
	if err == nil {
		err = kept.UnmarshalJSON(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stateOf(t, now), stateOf(t, kept)); diff != "" {
		t.Fatalf("after %.300s (-want +got)\n%s", text, diff)
	}
	return len(text)
}

// A clock that was set back makes no listing too old: the time of a state that lies in the future does not count, and after a
// restore the monotonic clock does.
func TestClockSetBack(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		w := &tracker{}
		step(w, rows("a"), diff.Poll{Verdict: complete, Start: time.Now().Add(off), At: time.Now().Add(off)})
		restored := &tracker{}
		if err := json.Unmarshal([]byte(stateOf(t, w)), restored); err != nil {
			t.Fatal(err)
		}
		if got := describe(step(restored, rows("b"), diff.Poll{Verdict: conditional, Start: time.Now(), At: time.Now()})); got != "started b" {
			t.Errorf("a state %v from now: got %q, want started b", off, got)
		}
	}
}
