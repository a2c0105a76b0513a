package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
	"github.com/confopenapi/confopenapi-go/internal/scan"
)

const stateVersion = 1 // of the JSON form

// ErrState is the error for JSON that is not of a Tracker, or is of another version.
var ErrState = errors.New("diff: not a state that this version can read")

type state struct {
	Version int        `json:"version"`
	Changes bool       `json:"changes,omitempty"` // all other runs are as in the state before
	Listed  int64      `json:"listed,omitempty"`  // but were seen by the listing that began then, in Unix milliseconds
	Last    int64      `json:"last,omitempty"`    // Unix microseconds of the end of the last listing
	Whole   [2]int64   `json:"whole,omitzero"`    // of the start and the end of the last Complete listing
	Polls   int        `json:"polls,omitempty"`
	Settled bool       `json:"settled,omitempty"`
	Known   []runState `json:"known,omitempty"`
	Ended   []runState `json:"ended,omitempty"`
}

type runState struct {
	overlap.Key

	Seen    int64    `json:"seen"` // Unix milliseconds; of an ended run, its end
	Digests []uint32 `json:"digests,omitempty"`
	First   int      `json:"first,omitempty"` // of a fresh run
	Absent  int      `json:"absent,omitempty"`
	Missed  int      `json:"missed,omitempty"`
}

// MarshalJSON writes what a Tracker needs to go on: identities, digests and times.
func (t *Tracker[T]) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON writes.
func (t *Tracker[T]) AppendJSON(b []byte) ([]byte, error) {
	keys := make([]overlap.Key, 0, len(t.known)+len(t.ended))
	return t.appendState(b, state{}, slices.AppendSeq(slices.AppendSeq(keys, maps.Keys(t.known)), maps.Keys(t.ended)))
}

// AppendChanges appends what is different since the last AppendChanges, and the first time all. UnmarshalJSON takes one after
// another.
func (t *Tracker[T]) AppendChanges(b []byte) (_ []byte, err error) {
	if t.touched == nil {
		b, err = t.AppendJSON(b)
	} else {
		s := state{Changes: true}
		if !t.listed.IsZero() {
			s.Listed = t.listed.UnixMilli()
		}
		b, err = t.appendState(b, s, slices.Collect(maps.Keys(t.touched)))
	}
	t.touched, t.listed = map[overlap.Key]bool{}, time.Time{}
	return b, err
}

func (t *Tracker[T]) appendState(b []byte, s state, keys []overlap.Key) ([]byte, error) {
	s.Version, s.Settled, s.Polls = stateVersion, t.settled, t.polls
	if !t.last.IsZero() {
		s.Last = t.last.UnixMicro()
	}
	if !t.whole.end.IsZero() {
		s.Whole = [2]int64{t.whole.start.UnixMilli(), t.whole.end.UnixMilli()}
	}
	head, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(keys, compareKeys)
	known, ended := make([]runState, 0, len(keys)), []runState(nil)
	for _, k := range keys {
		if r := t.known[k]; r != nil {
			one := runState{Key: k, Seen: r.lastSeen.UnixMilli(), Digests: r.digests, Absent: r.absent, Missed: r.missed}
			if t.fresh(r) {
				one.First = r.first
			}
			known = append(known, one)
		} else if at, ok := t.ended[k]; ok {
			ended = append(ended, runState{Key: k, Seen: at.UnixMilli()})
		}
	}
	b = slices.Grow(b, 256*len(known)+64*len(ended))
	b = t.appendRuns(append(b, head[:len(head)-1]...), "known", known)
	return append(t.appendRuns(b, "ended", ended), '}'), nil
}

// appendRuns appends a field of the state. encoding/json takes three times as long, which a program that keeps its state at
// each poll feels.
func (t *Tracker[T]) appendRuns(b []byte, name string, runs []runState) []byte {
	b = append(append(append(b, ',', '"'), name...), `":[`...)
	number := func(name string, n int64) {
		if n != 0 {
			b = strconv.AppendInt(append(append(append(b, '"'), name...), '"', ':'), n, 10)
			b = append(b, ',')
		}
	}
	for i := range runs {
		r := &runs[i]
		b = append(b, '{')
		number("eventId", r.EventID)
		if r.ConferenceID != "" {
			b = append(scan.AppendString(append(b, `"conferenceId":`...), r.ConferenceID), ',')
		}
		number("start", r.Start)
		number("first", int64(r.First))
		number("absent", int64(r.Absent))
		number("missed", int64(r.Missed))
		if len(r.Digests) > 0 {
			b = append(b, `"digests":[`...)
			for i, d := range r.Digests {
				if slices.Contains(t.Unkept, i) {
					d = 0
				}
				b = append(strconv.AppendUint(b, uint64(d), 10), ',')
			}
			b = append(b[:len(b)-1], ']', ',')
		}
		b = append(strconv.AppendInt(append(b, `"seen":`...), r.Seen, 10), '}', ',')
	}
	return append(bytes.TrimSuffix(b, []byte(",")), ']')
}

// UnmarshalJSON restores a Tracker, except for GiveUp and Unkept. After an error the Tracker is unchanged.
func (t *Tracker[T]) UnmarshalJSON(data []byte) error {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return errors.Join(ErrState, err)
	}
	if s.Version != stateVersion || s.Changes && t.known == nil {
		return ErrState
	}
	for _, one := range slices.Concat(s.Known, s.Ended) {
		if conference(one.Key) == (overlap.Key{}) {
			return ErrState // no listing can show it
		}
	}
	now := time.Now()
	past := func(milli int64) time.Time { // the clock may have been set back
		if at := time.UnixMilli(milli); at.Before(now) {
			return at
		}
		return now
	}
	t.settled, t.polls, t.last, t.whole = s.Settled, s.Polls, time.Time{}, span{}
	if s.Whole != [2]int64{} {
		t.whole = span{past(s.Whole[0]), past(s.Whole[1])}
	}
	if ago := now.Sub(time.UnixMicro(s.Last)); s.Last > 0 && ago >= 0 { // else every listing would seem old
		t.last = now.Add(-ago) // by the monotonic clock of this process
	}
	t.touched = nil
	if !s.Changes {
		t.known, t.ended = make(map[overlap.Key]*run[T], len(s.Known)), make(map[overlap.Key]time.Time, len(s.Ended))
	}
	if s.Listed != 0 {
		for _, r := range t.known {
			r.lastSeen = past(s.Listed)
		}
	}
	for _, one := range s.Known {
		t.known[one.Key] = &run[T]{digests: one.Digests, first: one.First, lastSeen: past(one.Seen), absent: one.Absent, missed: one.Missed}
		delete(t.ended, one.Key)
	}
	for _, one := range s.Ended {
		t.ended[one.Key] = past(one.Seen)
		delete(t.known, one.Key)
	}
	if s.Listed != 0 {
		maps.DeleteFunc(t.ended, func(_ overlap.Key, at time.Time) bool { return time.UnixMicro(s.Last).Sub(at) > memory })
	}
	return nil
}
