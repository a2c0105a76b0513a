//go:build linux

package integration_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"syscall"

	"github.com/confopenapi/confopenapi-go"
)

// call is one of the ways to use the client. It checks its result against what the fake knows to be true, and returns the
// error that the caller got.
type call struct {
	name string
	make func(*scene, *confopenapi.Client) error
}

var calls = []call{
	{name: "ListByStatus", make: listByStatus},
	{name: "All", make: allOf},
	{name: "Snapshot", make: snapshot},
	{name: "Watch", make: watch},
	{name: "Call", make: callOnce},
}

func listByStatus(s *scene, client *confopenapi.Client) error {
	page, err := client.ListByStatus(s.ctx, &confopenapi.ListByStatusRequest{Page: 1, Count: pageSize})
	if err == nil {
		s.checkPage(page)
	}
	return err
}

// callOnce is a call that may have an effect: whatever happens, the service sees it once at the most.
func callOnce(s *scene, client *confopenapi.Client) error {
	page, _, err := confopenapi.Call[*confopenapi.ConfList](s.ctx, client, "confopenapi/conference/listbystatus",
		map[string]int{"page": 1, "count": pageSize})
	if n := s.kit.RequestCount(); n > 1 {
		s.Errorf("the service has seen it %d times", n)
	}
	if err == nil {
		s.checkPage(page)
	}
	return err
}

func (s *scene) checkPage(page *confopenapi.ConfList) {
	s.Helper()
	truth := s.kit.Truth(1, 0)
	truth.Always = nil // one page is not the list
	if err := truth.Check(page.Conferences); err != nil {
		s.Error(err)
	}
	if len(page.Conferences) != pageSize {
		s.Errorf("%d conferences", len(page.Conferences))
	}
}

func allOf(s *scene, client *confopenapi.Client) error {
	var found []confopenapi.Conference
	for c, err := range client.Pager(nil, &confopenapi.PagerOptions{PageSize: pageSize}).All(s.ctx) {
		if err != nil {
			return err
		}
		found = append(found, c)
	}
	if err := s.kit.Truth(1, 0).Check(found); err != nil {
		s.Error(err)
	}
	return nil
}

func snapshot(s *scene, client *confopenapi.Client) error {
	snap, err := client.Snapshot(s.ctx, nil, &confopenapi.SnapshotOptions{PageSize: pageSize})
	if err == nil {
		if err := s.kit.Truth(1, 0).Check(snap.Conferences); err != nil {
			s.Error(err)
		}
	}
	return err
}

// watch takes two polls that list, or two that do not. What it believes after each poll must be true.
func watch(s *scene, client *confopenapi.Client) error {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	known := map[confopenapi.Identity]bool{}
	polls, failures, first := 0, 0, 1
	var failed error
	options := &confopenapi.WatchOptions{
		Interval: 1, Snapshot: confopenapi.SnapshotOptions{PageSize: pageSize},
		OnPoll: func(confopenapi.Report) error {
			truth := s.kit.Truth(first, 0)
			for id := range truth.Always {
				if !known[id] {
					s.Errorf("poll %d missed %v", polls+1, id)
				}
			}
			first = s.kit.RequestCount() + 1
			if polls++; polls == 2 {
				cancel()
			}
			return nil
		},
	}
	for event, err := range client.Watch(ctx, nil, options) {
		if err != nil {
			failed = err
			if failures++; failures == 2 {
				return failed
			}
			continue
		}
		id := event.Conference.Identity()
		if event.Kind != confopenapi.EventEnded {
			known[id] = true
			continue
		}
		delete(known, id)
		if event.Proven && s.kit.Truth(first, 0).Always[id] {
			s.Errorf("%v was there all the time", event)
		}
	}
	switch {
	case polls > 0:
		return nil
	case failed == nil && s.ctx.Err() != nil:
		return errEnded
	case failed == nil:
		s.Error("the watch ended by itself")
	}
	return failed
}

// reason is the kind of a TransportError.
func reason(failure *confopenapi.TransportError) string {
	switch {
	case errors.Is(failure, context.DeadlineExceeded):
		return "caller's deadline"
	case errors.Is(failure, os.ErrDeadlineExceeded):
		return "timeout"
	case isCertificate(failure):
		return "certificate"
	case failure.Meta.HTTPStatus != 0:
		return "cut"
	case errors.Is(failure, syscall.ECONNREFUSED):
		return "refused"
	}
	return "no answer"
}

func isCertificate(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok || errors.As(err, new(x509.UnknownAuthorityError))
}
