// Package world is a service of many administrators, whose lists change by the clock, and that knows what was live when.
package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// Token is what requests must carry.
const Token = "the-token-of-the-fleet"

// World is the service. It is an http.Handler.
type World struct {
	// Before sees every request before it is served, and may respond itself; nil = none.
	Before func(http.ResponseWriter, *http.Request, int64) (done bool)

	requests atomic.Int64
	accounts map[int64]*account
	admins   []int64

	mu   sync.Mutex
	rand *rand.Rand
}

// account is one administrator with a kit of its own.
type account struct {
	kit *confopenapitest.Server

	mu    sync.Mutex
	added int
	seed  uint64
	runs  map[confopenapi.Identity]*Life
	polls []Poll
}

// Life is how long a conference was live.
type Life struct{ From, To time.Time } // zero To = it is live

// Poll is one request for a first page.
type Poll struct{ Begin, End time.Time }

// New makes a world of n administrators, 1001 and following, with up to most conferences each.
func New(n, most int, seed uint64) *World {
	w := &World{accounts: map[int64]*account{}, rand: rand.New(rand.NewPCG(seed, 1))}
	now := time.Now()
	for i := range n {
		admin, size := int64(1001+i), 0
		if most > 0 {
			size = w.rand.IntN(most + 1)
		}
		a := &account{seed: seed + uint64(i), runs: map[confopenapi.Identity]*Life{}}
		a.kit = confopenapitest.New(confopenapitest.WithToken(Token), confopenapitest.WithConferences(), confopenapitest.WithRequestLog(0),
			confopenapitest.WithOrder(confopenapitest.OrderStartDown))
		for range size {
			a.start(now)
		}
		w.accounts[admin], w.admins = a, append(w.admins, admin)
	}
	return w
}

// Admins are the user ids.
func (w *World) Admins() []int64 { return w.admins }

// Live is what is live of an administrator.
func (w *World) Live(admin int64) []confopenapi.Conference { return w.accounts[admin].kit.Live() }

// Requests is how many requests came.
func (w *World) Requests() int64 { return w.requests.Load() }

// ServeHTTP has the administrator's kit serve a request.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.requests.Add(1)
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, 1<<20))
	var in struct {
		AdminUserID int64 `json:"adminUserId"`
		Page        int   `json:"page"`
	}
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	a := w.accounts[in.AdminUserID]
	if err != nil || a == nil {
		http.Error(rw, "no such administrator", http.StatusNotFound)
		return
	}
	if w.Before != nil && w.Before(rw, r, in.AdminUserID) {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	a.mu.Lock() // nothing changes meanwhile
	defer a.mu.Unlock()
	begin := time.Now()
	a.kit.ServeHTTP(rw, r)
	if in.Page <= 1 {
		a.polls = append(a.polls, Poll{begin, time.Now()})
	}
}

// start adds a conference.
func (a *account) start(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := confopenapitest.ConferencesFrom(a.added, 1, a.seed)[0]
	a.added++
	c.StartTime = confopenapi.UnixTime(now.Unix())
	a.runs[c.Identity()] = &Life{From: time.Now()}
	a.kit.Add(c)
}

// end ends a conference, if there are enough.
func (a *account) end(choose func(n int) int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	live := a.kit.Live()
	if len(live) < 2 {
		return
	}
	id := live[choose(len(live))].Identity()
	a.runs[id].To = time.Now()
	a.kit.End(id)
}

// Change starts or ends one conference of a random administrator.
func (w *World) Change() {
	w.mu.Lock()
	a, starts := w.accounts[w.admins[w.rand.IntN(len(w.admins))]], w.rand.IntN(2) == 0
	chosen := w.rand.Int()
	w.mu.Unlock()
	if starts {
		a.start(time.Now())
	} else {
		a.end(func(n int) int { return chosen % n })
	}
}

// Event is what the check needs to know of one.
type Event struct {
	ID         string
	Admin      int64
	Kind       confopenapi.EventKind
	Conference confopenapi.Identity
	At         time.Time
}

// Verdict is what the check found.
type Verdict struct {
	Starts, Ends   int // that must have been delivered
	MissedStarts   int
	MissedEnds     int
	Twice          int // events under one id
	False          int // events of what did not happen
	Examples       []string
	Listed, Admins int
}

// OK reports whether nothing is wrong.
func (v *Verdict) OK() bool { return v.MissedStarts+v.MissedEnds+v.Twice+v.False == 0 }

// Check compares events with what happened. A start must be there if at least two polls could see the run and lost is how
// many polls of an administrator may have come to nothing, since their workers were killed. An end must be there after as
// many polls more, as the SDK lets some ends wait for other polls.
func (w *World) Check(events []Event, lost int) Verdict {
	v := Verdict{Admins: len(w.admins)}
	type name struct {
		admin int64
		id    confopenapi.Identity
	}
	came, ended, ids := map[name]bool{}, map[name]bool{}, map[string]bool{}
	note := func(count *int, format string, args ...any) {
		*count++
		if len(v.Examples) < 10 {
			v.Examples = append(v.Examples, fmt.Sprintf(format, args...))
		}
	}
	for _, e := range events {
		if ids[e.ID] {
			note(&v.Twice, "twice: %s %v of %d", e.Kind, e.Conference, e.Admin)
		}
		ids[e.ID] = true
		a := w.accounts[e.Admin]
		a.mu.Lock()
		life := a.runs[e.Conference]
		a.mu.Unlock()
		n := name{e.Admin, e.Conference}
		switch e.Kind {
		case confopenapi.EventEnded:
			ended[n] = true
			if life == nil || life.To.IsZero() || life.To.After(e.At) {
				note(&v.False, "false: %v of %d ended by %v, but lives %+v", e.Conference, e.Admin, e.At, life)
			}
		case confopenapi.EventUpdated:
		default:
			came[n] = came[n] || e.Kind != confopenapi.EventResumed
			if life == nil || life.From.After(e.At) || e.Kind == confopenapi.EventResumed {
				note(&v.False, "false: %v of %d %s by %v, but lives %+v", e.Conference, e.Admin, e.Kind, e.At, life)
			}
		}
	}
	for _, admin := range w.admins {
		a := w.accounts[admin]
		a.mu.Lock()
		polls := apart(a.polls)
		if len(polls) > 0 {
			v.Listed++
		}
		for id, life := range a.runs {
			within, after := 0, 0
			for _, p := range polls {
				if p.Begin.After(life.From) && (life.To.IsZero() || p.End.Before(life.To)) {
					within++
				}
				if !life.To.IsZero() && p.Begin.After(life.To) {
					after++
				}
			}
			if within < 2+lost {
				continue
			}
			v.Starts++
			if !came[name{admin, id}] {
				note(&v.MissedStarts, "missed: start of %v of %d, live from %v to %v, in %d polls", id, admin, life.From, life.To, within)
			}
			if after >= 4+lost {
				v.Ends++
				if !ended[name{admin, id}] {
					note(&v.MissedEnds, "missed: end of %v of %d at %v, %d polls ago", id, admin, life.To, after)
				}
			}
		}
		a.mu.Unlock()
	}
	return v
}

// apart leaves out first pages of the same listing.
func apart(polls []Poll) []Poll {
	const listing = 500 * time.Millisecond
	var out []Poll
	for _, p := range polls {
		if len(out) == 0 || p.Begin.Sub(out[len(out)-1].Begin) > listing {
			out = append(out, p)
		}
	}
	return out
}
