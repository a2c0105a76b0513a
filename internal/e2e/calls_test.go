//go:build linux

package e2e_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

const (
	token    = "integration-token-4711"
	pageSize = 60
	path     = "confopenapi/conference/listbystatus"
)

// user calls a client in every way, and compares each result with what the service knows to be true.
type user struct {
	*testing.T
	*tally
	kit      *confopenapitest.Server
	client   *confopenapi.Client
	parallel int                  // of Snapshot
	polls    int                  // after which a watch is left
	goesOn   func(err error) bool // after a failed poll of a watch
}

// tally counts the results of calls.
type tally struct {
	single, listings, snapshots, polled   atomic.Int64 // single: ListByStatus and Call
	complete, conditional                 atomic.Int64 // listings by their verdict
	always, found                         atomic.Int64 // conferences that proven results must have, and those that they have
	events, provenEnded, falseEnded       atomic.Int64
	refused, failed, untyped, late        atomic.Int64 // calls without a result, and those that broke a promise
	attempts, badAttempts, retries        atomic.Int64
	toxics, proxiesKilled, injectedFaults atomic.Int64
}

type call struct {
	name string
	do   func(*user, context.Context) error
}

var calls = []call{
	{"ListByStatus", (*user).list},
	{"All", (*user).all},
	{"Snapshot", (*user).snapshot},
	{"Watch", (*user).watch},
	{"Call", (*user).call},
}

// next is the number of the next request that the service sees.
func (u *user) next() int { return u.kit.RequestCount() + 1 }

func (u *user) list(ctx context.Context) error {
	return u.page(func() (*confopenapi.ConfList, error) {
		return u.client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Page: 1, Count: pageSize})
	})
}

// call may have an effect, for all that the client knows.
func (u *user) call(ctx context.Context) error {
	return u.page(func() (*confopenapi.ConfList, error) {
		page, _, err := confopenapi.Call[*confopenapi.ConfList](ctx, u.client, path, map[string]int{"page": 1, "count": pageSize})
		return page, err
	})
}

func (u *user) page(get func() (*confopenapi.ConfList, error)) error {
	u.single.Add(1)
	first := u.next()
	page, err := get()
	if err != nil {
		return err
	}
	u.checkPart(first, page.Conferences)
	if got := len(page.Conferences); got != pageSize {
		u.Errorf("got a page of %d conferences, want %d", got, pageSize)
	}
	return nil
}

// checkPart checks a result that may lack conferences.
func (u *user) checkPart(first int, found []confopenapi.Conference) {
	u.Helper()
	truth := u.kit.Truth(first, 0)
	truth.Always = nil
	if err := truth.Check(found); err != nil {
		u.Error(err)
	}
}

func (u *user) all(ctx context.Context) error {
	u.listings.Add(1)
	first := u.next()
	var found []confopenapi.Conference
	var report confopenapi.Report
	options := &confopenapi.PagerOptions{PageSize: pageSize, OnReport: func(of confopenapi.Report) { report = of }}
	for c, err := range u.client.Pager(nil, options).All(ctx) {
		if err != nil {
			u.checkPart(first, found)
			return err
		}
		found = append(found, c)
	}
	u.judge(report, first, found)
	return nil
}

func (u *user) snapshot(ctx context.Context) error {
	u.snapshots.Add(1)
	first := u.next()
	snap, err := u.client.Snapshot(ctx, nil, &confopenapi.SnapshotOptions{PageSize: pageSize, Parallel: u.parallel})
	switch {
	case err == nil:
		u.judge(snap.Report, first, snap.Conferences)
	case snap != nil:
		u.checkPart(first, snap.Conferences)
	}
	return err
}

// judge compares a listing that claims to lack nothing with what the service knows.
func (u *user) judge(report confopenapi.Report, first int, found []confopenapi.Conference) {
	u.Helper()
	u.count(report)
	truth := u.kit.Truth(first, 0)
	u.always.Add(int64(len(truth.Always)))
	u.found.Add(int64(len(truth.Always) - len(truth.Lost(found))))
	if err := truth.Check(found); err != nil {
		u.Errorf("%v: %v", report, err)
	}
}

func (u *user) count(report confopenapi.Report) {
	switch report.Verdict {
	case confopenapi.VerdictComplete:
		u.complete.Add(1)
	case confopenapi.VerdictConditional:
		u.conditional.Add(1)
	}
}

// errEnded stands for the end of a watch whose context ended: it yields no error then.
var errEnded = errors.New("ended")

// watch polls until so many polls have proved something. What it knows after each of them must be true.
func (u *user) watch(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	known := map[confopenapi.Identity]bool{}
	polls, first := 0, u.next()
	options := &confopenapi.WatchOptions{Interval: 1, Snapshot: confopenapi.SnapshotOptions{PageSize: pageSize}}
	options.OnPoll = func(snap *confopenapi.Snapshot) error {
		report := snap.Report
		u.polled.Add(1)
		if report.Verdict == confopenapi.VerdictIncomplete {
			return nil
		}
		u.count(report)
		for id := range u.kit.Truth(first, 0).Always {
			if !known[id] {
				u.Errorf("got no %v from poll %d, want all that was in the list during it", id, polls+1)
			}
		}
		first = u.next()
		if polls++; polls == u.polls {
			cancel()
		}
		return nil
	}
	for event, err := range u.client.Watch(ctx, nil, options) {
		if err != nil {
			return err
		}
		if event.Kind == confopenapi.EventPollFailed {
			if !u.goesOn(event.Err) {
				return event.Err
			}
			continue
		}
		u.events.Add(1)
		id := event.Conference.Identity()
		if event.Kind != confopenapi.EventEnded {
			known[id] = true
			continue
		}
		delete(known, id)
		if event.Proven {
			u.provenEnded.Add(1)
			if u.kit.Truth(first, 0).Always[id] {
				u.falseEnded.Add(1)
				u.Errorf("got %v of a conference that was in the list all the time", event)
			}
		}
	}
	if polls == u.polls {
		return nil
	}
	if parent.Err() == nil {
		u.Error("got the end of a watch whose context goes on")
	}
	return errEnded
}
