package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/fleet"
)

// fleetHub turns what a fleet's NATS says into numbered versions. It keeps no rows: it makes those of the administrators that
// are asked for.
type fleetHub struct {
	journal
	options Options
	samples memory

	version *fleetVersion
}

// fleetVersion is a state of the fleet, and what the page shows of it. It does not change.
type fleetVersion struct {
	number int
	admins map[int64]*fleet.Admin
	lines  map[int64]adminLine
	hidden bool   // there are more than maxTogether conferences
	status []byte // JSON
	known  bool   // NATS responds, and has said everything

	once      sync.Once // makes body and zip of all administrators when the first reader asks
	body, zip []byte
}

// adminLine is what the page and GET /api/v1/live say of an administrator.
type adminLine struct {
	Admin       int64  `json:"admin"`
	State       State  `json:"state"`
	Since       int64  `json:"since"` // when the last proven listing began, in Unix milliseconds; 0 = there was none
	Conferences int    `json:"conferences"`
	Kind        string `json:"kind"` // of the error of the last task
}

const (
	maxTogether = 20_000 // conferences that are shown without the choice of an administrator
	buildEvery  = time.Second
)

// worst orders states, the worst first.
var worst = []State{StateCut, StateStale, StateIncomplete, StateFailing, StateWaiting, StateConditional, StateComplete}

func newFleetHub(o Options) *fleetHub {
	h := &fleetHub{journal: newJournal(), options: o, version: &fleetVersion{}}
	h.build(time.Now())
	return h
}

// poll follows the fleet until ctx ends.
func (h *fleetHub) poll(ctx context.Context) error {
	h.options.Fleet.Run(ctx)
	return nil
}

// run makes versions until ctx ends. Fleet asks NATS each second, so there is a reason for one that often.
func (h *fleetHub) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.options.Fleet.Changed:
		}
		h.build(time.Now())
		select {
		case <-ctx.Done():
			return
		case <-time.After(buildEvery):
		}
	}
}

// build makes a version if there is something new.
func (h *fleetHub) build(now time.Time) {
	admins, status := h.options.Fleet.Admins()
	before := h.version // only build replaces it
	next := &fleetVersion{admins: admins, lines: make(map[int64]adminLine, len(admins))}
	var sample *Sample
	if !status.Known {
		next.admins = nil
	} else if status.Err == nil {
		sample = total(admins, now)
	}
	var lines []adminLine
	var touched []int64
	for id, a := range next.admins {
		line := h.line(a, status.Ahead, now)
		next.lines[id] = line
		if line != before.lines[id] {
			lines = append(lines, line)
		}
		if a != before.admins[id] {
			touched = append(touched, id)
		}
	}
	s := h.status(next.lines, status)
	next.known = status.Known && status.Err == nil
	next.status, next.hidden = mustMarshal(s), s.Hidden
	gone := slices.ContainsFunc(slices.Collect(maps.Keys(before.lines)), func(id int64) bool { _, ok := next.lines[id]; return !ok })
	if next.known == before.known && bytes.Equal(next.status, before.status) && len(lines)+len(touched) == 0 && !gone {
		return
	}
	slices.SortFunc(lines, func(a, b adminLine) int { return cmp.Compare(a.Admin, b.Admin) })
	change := change{frame: frame{Status: next.status, Sample: sample, Admins: lines}, anew: gone || len(before.lines) == 0, hidden: next.hidden, moved: next.hidden != before.hidden}
	if !change.anew {
		for _, id := range slices.Sorted(slices.Values(touched)) {
			change.of(before.admins[id], next.admins[id])
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if sample != nil {
		h.samples.add(*sample)
	}
	h.add(func(id string) kept {
		return kept{change.size, func(admin int64) []byte { return change.text(id, admin) }}
	})
	next.number = h.number
	h.version = next
}

// change leads from one version to the next.
type change struct {
	frame  frame // without rows
	anew   bool  // all load the state anew
	moved  bool  // those who follow all administrators do
	hidden bool
	rows   []rowChange // by administrator
	size   int         // about
}

// rowChange is how the rows of an administrator changed.
type rowChange struct {
	admin   int64
	changed [][]byte
	gone    []string
}

// of adds how the rows of an administrator changed.
func (c *change) of(before, now *fleet.Admin) {
	old, _, _ := newRows(now.ID, before.Live(), false, &rows{})
	_, changed, gone := newRows(now.ID, now.Live(), false, old)
	c.rows = append(c.rows, rowChange{now.ID, changed, gone})
	c.size += 100 + 50*len(gone)
	for _, row := range changed {
		c.size += len(row)
	}
}

// text is the frame for those who follow one administrator, or 0.
func (c *change) text(id string, admin int64) []byte {
	if c.anew || admin == 0 && c.moved {
		return reload(id)
	}
	mine := c.frame
	for _, r := range c.rows {
		if admin == r.admin || admin == 0 && !c.hidden {
			mine.Changed, mine.Gone = append(mine.Changed, r.changed...), append(mine.Gone, r.gone...)
		}
	}
	return mine.text(id)
}

// line says what an administrator's list is worth at a moment. The times of a fleet are those of NATS's clock.
func (h *fleetHub) line(a *fleet.Admin, ahead time.Duration, now time.Time) adminLine {
	line := adminLine{Admin: a.ID, Conferences: a.Conferences, Kind: a.Kind, State: StateWaiting}
	if !a.Proven.IsZero() {
		began := a.Proven.Add(-ahead)
		line.Since = began.UnixMilli()
		if now.Sub(began) > h.options.StaleAfter {
			line.State = StateStale
			return line
		}
	}
	switch {
	case a.Verdict == confopenapi.VerdictIncomplete || a.Kind == "incomplete":
		line.State = StateIncomplete
	case a.Kind != "":
		line.State = StateFailing
	case a.Verdict == confopenapi.VerdictComplete:
		line.State = StateComplete
	case a.Verdict == confopenapi.VerdictConditional:
		line.State = StateConditional
	}
	return line
}

// status says what the whole picture is worth: the state of the worst administrator, and the age of the oldest list.
func (h *fleetHub) status(lines map[int64]adminLine, s fleet.Status) status {
	out := status{Service: h.options.Service, Fleet: true, StaleAfter: h.options.StaleAfter.Milliseconds(), State: StateWaiting}
	at := len(worst)
	for _, line := range lines {
		out.Conferences += line.Conferences
		at = min(at, slices.Index(worst, line.State))
		if line.Since > 0 && (out.Since == 0 || line.Since < out.Since) {
			out.Since = line.Since
		}
	}
	out.Hidden = out.Conferences > maxTogether
	if at < len(worst) {
		out.State = worst[at]
	}
	if s.Err != nil {
		out.State, out.Error = StateCut, h.options.Explain(s.Err)
	}
	return out
}

func total(admins map[int64]*fleet.Admin, now time.Time) *Sample {
	s := &Sample{At: now}
	for _, a := range admins {
		s.Conferences, s.Attendees = s.Conferences+a.Conferences, s.Attendees+a.Attendees
		for kind, count := range a.Clients {
			s.Clients[kind] += count
		}
	}
	return s
}

// healthy reports whether the fleet's NATS responds.
func (h *fleetHub) healthy() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.version.known
}

// current is the version of now as GET /api/v1/live has it, with the conferences of one administrator, or of all.
func (h *fleetHub) current(admin int64) (id string, body, zip []byte) {
	h.mu.Lock()
	v := h.version
	h.mu.Unlock()
	if admin != 0 {
		body = h.body(v, []int64{admin})
		return h.id(v.number), body, zipped(body)
	}
	v.once.Do(func() {
		var shown []int64
		if !v.hidden {
			shown = slices.Sorted(maps.Keys(v.admins))
		}
		v.body = h.body(v, shown)
		v.zip = zipped(v.body)
	})
	return h.id(v.number), v.body, v.zip
}

func (h *fleetHub) body(v *fleetVersion, shown []int64) []byte {
	lines := slices.SortedFunc(maps.Values(v.lines), func(a, b adminLine) int { return cmp.Compare(a.Admin, b.Admin) })
	body := fmt.Appendf(nil, `{"version":%q,"status":%s,"samples":%s,"feed":[],"admins":%s,"conferences":[`,
		h.id(v.number), v.status, mustMarshal(append([]Sample{}, h.samples.all()...)), mustMarshal(append([]adminLine{}, lines...)))
	var list [][]byte
	for _, id := range shown {
		rows, _, _ := newRows(id, v.admins[id].Live(), false, &rows{})
		list = append(list, rows.list...)
	}
	return append(append(body, bytes.Join(list, []byte(","))...), "]}\n"...)
}
