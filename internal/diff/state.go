package diff

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

const stateVersion = 1 // of the JSON form

// ErrState is the error for JSON that is not of a Tracker, or is of another version.
var ErrState = errors.New("diff: not a state that this version can read")

type state struct {
	Version int        `json:"version"`
	Last    int64      `json:"last,omitempty"` // Unix microseconds of the end of the last listing
	Whole   [2]int64   `json:"whole,omitzero"` // of the start and the end of the last Complete listing
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
func (t *Tracker[T]) MarshalJSON() ([]byte, error) {
	s := state{Version: stateVersion, Settled: t.settled, Polls: t.polls}
	if !t.last.IsZero() {
		s.Last = t.last.UnixMicro()
	}
	if !t.whole.end.IsZero() {
		s.Whole = [2]int64{t.whole.start.UnixMilli(), t.whole.end.UnixMilli()}
	}
	for k, r := range t.known {
		one := runState{Key: k, Seen: r.lastSeen.UnixMilli(), Digests: slices.Clone(r.digests), Absent: r.absent, Missed: r.missed}
		if t.fresh(r) {
			one.First = r.first
		}
		for _, i := range t.Unkept {
			if i < len(one.Digests) {
				one.Digests[i] = 0
			}
		}
		s.Known = append(s.Known, one)
	}
	for k, at := range t.ended {
		s.Ended = append(s.Ended, runState{Key: k, Seen: at.UnixMilli()})
	}
	for _, runs := range [][]runState{s.Known, s.Ended} {
		slices.SortFunc(runs, func(a, b runState) int { return compareKeys(a.Key, b.Key) })
	}
	return json.Marshal(s)
}

// UnmarshalJSON restores a Tracker, except for GiveUp and Unkept. After an error the Tracker is unchanged.
func (t *Tracker[T]) UnmarshalJSON(data []byte) error {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return errors.Join(ErrState, err)
	}
	if s.Version != stateVersion {
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
	t.known = make(map[overlap.Key]run[T], len(s.Known))
	t.ended = make(map[overlap.Key]time.Time, len(s.Ended))
	for _, one := range s.Known {
		t.known[one.Key] = run[T]{digests: one.Digests, first: one.First, lastSeen: past(one.Seen), absent: one.Absent, missed: one.Missed}
	}
	for _, one := range s.Ended {
		t.ended[one.Key] = past(one.Seen)
	}
	return nil
}
