//go:build linux

package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// call is one of the ways to use the client. It checks its result against what the fake knows to be true, and returns the
// error that the caller got.
type call struct {
	name string
	do   func(*scene, *confopenapi.Client) error
}

var calls = []call{
	{name: "ListByStatus", do: listByStatus},
	{name: "All", do: allOf},
	{name: "Snapshot", do: snapshot},
	{name: "Watch", do: watch},
	{name: "Call", do: callOnce},
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
	s.checkPart(page.Conferences)
	if len(page.Conferences) != pageSize {
		s.Errorf("%d conferences", len(page.Conferences))
	}
}

// checkPart checks what need not be everything.
func (s *scene) checkPart(found []confopenapi.Conference) {
	s.Helper()
	truth := s.kit.Truth(1, 0)
	truth.Always = nil
	s.must(truth.Check(found))
}

func allOf(s *scene, client *confopenapi.Client) error {
	var found []confopenapi.Conference
	for c, err := range client.Pager(nil, &confopenapi.PagerOptions{PageSize: pageSize}).All(s.ctx) {
		if err != nil {
			s.checkPart(found)
			return err
		}
		found = append(found, c)
	}
	s.must(s.kit.Truth(1, 0).Check(found))
	return nil
}

func snapshot(s *scene, client *confopenapi.Client) error {
	snap, err := client.Snapshot(s.ctx, nil, &confopenapi.SnapshotOptions{PageSize: pageSize})
	switch {
	case err == nil:
		s.must(s.kit.Truth(1, 0).Check(snap.Conferences))
	case snap != nil:
		s.checkPart(snap.Conferences)
	}
	return err
}

// watch takes two polls that prove something, or two that do not. What it believes after a poll must be true.
func watch(s *scene, client *confopenapi.Client) error {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	known := map[confopenapi.Identity]bool{}
	polls, failures, first := 0, 0, 1
	options := &confopenapi.WatchOptions{Interval: 1, Snapshot: confopenapi.SnapshotOptions{PageSize: pageSize}}
	options.OnPoll = func(report confopenapi.Report) error {
		if report.Verdict == confopenapi.VerdictIncomplete {
			return nil
		}
		for id := range s.kit.Truth(first, 0).Always {
			if !known[id] {
				s.Errorf("poll %d missed %v", polls+1, id)
			}
		}
		first = s.kit.RequestCount() + 1
		if polls++; polls == 2 {
			cancel()
		}
		return nil
	}
	for event, err := range client.Watch(ctx, nil, options) {
		if err != nil {
			refusal, refused := errors.AsType[*confopenapi.HTTPError](err)
			if failures++; failures == 2 || refused && refusal.RetryAfter > time.Minute { // which a watch waits for
				return err
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
	if polls == 2 {
		return nil
	}
	if s.ctx.Err() == nil {
		s.Error("the watch ended by itself")
	}
	return errEnded
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
