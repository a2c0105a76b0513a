package diff_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/diff"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

var prove = flag.Bool("prove", false, "check every sequence of the model, not a slice")

// element is a group of runs of a small list that come and go together.
type element struct {
	keys   []overlap.Key
	values int // digests that it is shown with
}

// What an element does in a poll. From shown on, it is in the list and the listing has it, with digest state-shown+1.
const (
	gone   = iota // out of the list during the whole poll
	hidden        // in the list, but the listing lacks it
	shown
)

// modelPoll is one poll of a model: what each element does, and what the listing says of itself.
type modelPoll struct {
	states  []int
	verdict overlap.Verdict
	gone    bool // its pages show what is gone
}

// model is a small list whose every history of three polls is checked.
type model struct {
	name     string
	elements []element
	giveUp   int
	slice    int // one history of so many is checked without -prove
}

func key(conference, start int) overlap.Key {
	return overlap.Key{EventID: int64(conference), ConferenceID: fmt.Sprint(conference), Start: int64(start)}
}

func block(first, n int) (e element) {
	for i := range n {
		e.keys = append(e.keys, key(first+i, 1))
	}
	e.values = 1
	return e
}

// polls are all polls whose evidence is true: a Complete listing has every row, and a page shows as gone what is gone.
func (m model) polls() (polls []modelPoll) {
	for _, states := range m.combinations(len(m.elements)) {
		polls = append(polls, modelPoll{states, incomplete, false}, modelPoll{states, conditional, false})
		if slices.Contains(states, gone) {
			polls = append(polls, modelPoll{states, conditional, true})
		}
		if !slices.Contains(states, hidden) {
			polls = append(polls, modelPoll{states, complete, false})
		}
	}
	return polls
}

func (m model) combinations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, before := range m.combinations(n - 1) {
		for state := range shown + m.elements[n-1].values {
			all = append(all, append(slices.Clone(before), state))
		}
	}
	return all
}

// listing is a modelPoll as the Tracker gets it, and what was in the list.
type listing struct {
	rows   []diff.Row[string]
	poll   diff.Poll
	listed map[overlap.Key]bool
}

// listing is the nth poll. The order of the rows changes from poll to poll.
func (m model) listing(p modelPoll, n int) (l listing) {
	l.listed = map[overlap.Key]bool{}
	for i, e := range m.elements {
		for _, k := range e.keys {
			if p.states[i] >= shown {
				l.rows = append(l.rows, diff.Row[string]{Key: k, Digests: []uint32{uint32(p.states[i] - shown + 1)}})
			}
			if p.states[i] != gone {
				l.listed[k] = true
			}
		}
	}
	if n%2 == 1 {
		slices.Reverse(l.rows)
	}
	at := noon.Add(time.Duration(n) * time.Minute)
	l.poll = diff.Poll{Verdict: p.verdict, Answered: true, Start: at, At: at.Add(time.Second)}
	if p.gone {
		l.poll.Gone = func(k overlap.Key) bool { return !l.listed[k] }
	}
	return l
}

// last is a Complete poll of what is in the list of another.
func (p modelPoll) last() modelPoll {
	states := slices.Clone(p.states)
	for i, state := range states {
		if state == hidden {
			states[i] = shown
		}
	}
	return modelPoll{states, complete, false}
}

// boundary is a place between two events, or between two polls, with the state there.
type boundary struct {
	polls, events int // polls that are finished; events so far
	state         string
}

// play is a history from a boundary on: its events, and all boundaries behind. With restores, another process goes on at each
// boundary, and lists the same.
func (m model) play(t *testing.T, history []listing, from boundary, restores bool) (events []diff.Event[string], places []boundary) {
	t.Helper()
	w := m.restored(t, from.state)
	for n := from.polls; n < len(history); n++ {
		l := history[n]
		change := w.Compare(l.rows, l.poll)
		for i := 0; i < len(change.Events); i++ {
			events = append(events, change.Events[i])
			change.Next()
			if restores {
				w = m.restored(t, stateOf(t, w))
				change, i = w.Compare(l.rows, l.poll), -1
			} else if from.state == "" {
				places = append(places, boundary{n, len(events), stateOf(t, w)})
			}
		}
		change.Finish()
		if restores {
			w = m.restored(t, stateOf(t, w))
		} else if from.state == "" {
			places = append(places, boundary{n + 1, len(events), stateOf(t, w)})
		}
	}
	return events, places
}

func (m model) restored(t *testing.T, state string) *tracker {
	t.Helper()
	w := &tracker{GiveUp: m.giveUp}
	if state != "" {
		if err := json.Unmarshal([]byte(state), w); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// truth checks the events of a history against what was listed: no event is made up, none is Proven that is not so, and at the
// end all is reported.
func truth(history []listing, events []diff.Event[string]) error {
	live, ended := map[overlap.Key]bool{}, map[overlap.Key]bool{}
	for n, l := range history {
		for ; len(events) > 0 && events[0].At.Equal(l.poll.At); events = events[1:] {
			e := events[0]
			is := slices.ContainsFunc(l.rows, func(r diff.Row[string]) bool { return r.Key == e.Key })
			earlier := func(k overlap.Key) bool { return ended[k] && k.EventID == e.Key.EventID && k.Start < e.Key.Start }
			switch {
			case e.Kind == diff.Ended && (is || !live[e.Key]),
				e.Kind != diff.Ended && (!is || live[e.Key] != (e.Kind == diff.Updated)),
				e.Kind == diff.Resumed && !ended[e.Key],
				e.Kind == diff.Restarted && !slices.ContainsFunc(slices.Collect(maps.Keys(ended)), earlier):
				return fmt.Errorf("poll %d: %s is made up", n+1, describe(events[:1]))
			case e.Proven && l.listed[e.Key]:
				return fmt.Errorf("poll %d: %s, but it is listed", n+1, describe(events[:1]))
			}
			live[e.Key] = e.Kind != diff.Ended
			ended[e.Key] = e.Kind == diff.Ended
		}
	}
	maps.DeleteFunc(live, func(_ overlap.Key, is bool) bool { return !is })
	listed := history[len(history)-1].listed
	if len(events) > 0 || !maps.Equal(live, listed) {
		return fmt.Errorf("at the end %v are reported to be there, want %v", live, listed)
	}
	return nil
}

// TestModel checks every history of three polls of small lists, and then two that are Complete. A restore between any two events
// changes no event.
func TestModel(t *testing.T) {
	small := []element{{[]overlap.Key{key(1, 1)}, 1}, {[]overlap.Key{key(1, 5)}, 1}, {[]overlap.Key{key(2, 1)}, 2}}
	for _, m := range []model{
		{"three runs", small, 0, 997},
		{"three runs, GiveUp 2", small, 2, 997},
		{"masses", []element{block(1, 10), block(20, 11)}, 0, 199},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			slice := m.slice
			if testing.Short() {
				slice *= 10
			}
			polls := m.polls()
			var at [5][]listing // by the number of the poll; behind the third, what is last
			for _, p := range polls {
				at[0], at[1], at[2] = append(at[0], m.listing(p, 0)), append(at[1], m.listing(p, 1)), append(at[2], m.listing(p, 2))
				at[3], at[4] = append(at[3], m.listing(p.last(), 3)), append(at[4], m.listing(p.last(), 4))
			}
			histories, restores, number := 0, 0, 0
			for i, first := range polls {
				if slices.Contains(first.states, hidden) || first.gone {
					continue // nothing is known yet: it makes no difference
				}
				for j := range polls {
					for k := range polls {
						if number++; number%slice > 0 && !*prove {
							continue
						}
						histories++
						restores += m.check(t, []listing{at[0][i], at[1][j], at[2][k], at[3][k], at[4][k]})
					}
				}
			}
			t.Logf("%d of %d histories, %d restores", histories, number, restores)
		})
	}
}

// check plays a history, and again from each of its boundaries, and with a restore at all of them.
func (m model) check(t *testing.T, history []listing) (restores int) {
	t.Helper()
	events, places := m.play(t, history, boundary{}, false)
	if err := truth(history, events); err != nil {
		t.Fatalf("%v\n%+v", err, history)
	}
	places = append(places, boundary{})
	same := func(a, b diff.Event[string]) bool {
		return a.Kind == b.Kind && a.Key == b.Key && a.Proven == b.Proven && slices.Equal(a.Changed, b.Changed)
	}
	for i, from := range places {
		got, _ := m.play(t, history, from, i == len(places)-1)
		if !slices.EqualFunc(got, events[from.events:], same) {
			t.Fatalf("restored after %d polls and %d events: got %s, want %s\n%+v",
				from.polls, from.events, describe(got), describe(events[from.events:]), history)
		}
	}
	return len(places)
}
