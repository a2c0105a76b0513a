package follow_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/follow"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen is a Listener that keeps its events. After polls it calls polled.
type seen struct {
	events   []confopenapi.Event
	failures int
	polled   func()
}

func (t *seen) Event(e confopenapi.Event) error {
	t.events = append(t.events, e)
	return nil
}

func (t *seen) Polled(confopenapi.Report) {
	if t.polled != nil {
		t.polled()
	}
}
func (t *seen) Failed(error, bool) { t.failures++ }

var text = message.NewPrinter(language.English)

func following(t *testing.T, srv *confopenapitest.Server, o follow.Options, file string, to *seen) {
	t.Helper()
	var err error
	o.Text, o.Interval = text, time.Nanosecond
	if o.Kept, err = follow.Restore(text, file, srv.URL); err != nil {
		t.Fatal(err)
	}
	defer o.Kept.Close()
	if err := follow.Run(t.Context(), srv.Client(), o, to); err != nil {
		t.Fatal(err)
	}
}

// With Existing, a restart first delivers the conferences that are still listed, and then the changes.
func TestRunExistingAfterRestart(t *testing.T) {
	t.Parallel()
	type event struct {
		kind confopenapi.EventKind
		id   string
	}
	for _, existing := range []bool{true, false} {
		list := confopenapitest.Conferences(5, 1)
		srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list[1:]...), confopenapitest.WithOrder(confopenapitest.OrderStartDown))
		file := filepath.Join(t.TempDir(), "checkpoint")
		following(t, srv, follow.Options{Polls: 1}, file, &seen{})

		srv.End(list[4].Identity())
		srv.Update(list[2].Identity(), func(c *confopenapi.Conference) { c.AttendeeCount++ })
		srv.Add(list[0])
		to := &seen{}
		following(t, srv, follow.Options{Polls: 1, Existing: existing}, file, to)
		var got, want []event
		for _, e := range to.events {
			got = append(got, event{e.Kind, e.Conference.ConferenceID})
		}
		if existing {
			for _, c := range list[1:4] {
				want = append(want, event{confopenapi.EventExisting, c.ConferenceID})
			}
		}
		want = append(want, event{confopenapi.EventEnded, list[4].ConferenceID}, event{confopenapi.EventStarted, list[0].ConferenceID},
			event{confopenapi.EventUpdated, list[2].ConferenceID})
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(event{})); diff != "" {
			t.Errorf("Existing %t: (-want +got)\n%s", existing, diff)
		}
	}
}

// The end of a conference that was seen before a restart has what the last poll showed, but no personal data.
func TestRunEndAfterRestart(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(3, 1)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...))
	file := filepath.Join(t.TempDir(), "checkpoint")
	following(t, srv, follow.Options{Polls: 1}, file, &seen{})
	srv.Update(list[0].Identity(), func(c *confopenapi.Conference) { c.Title, c.DurationSeconds = "renamed", 7 })
	following(t, srv, follow.Options{Polls: 1}, file, &seen{})
	srv.Update(list[0].Identity(), func(c *confopenapi.Conference) { c.DurationSeconds = 8 }) // of which there is no event
	following(t, srv, follow.Options{Polls: 1}, file, &seen{})
	want := srv.Live()[slices.IndexFunc(srv.Live(), func(c confopenapi.Conference) bool { return c.Identity() == list[0].Identity() })]
	show.Mask(&want)
	srv.End(list[0].Identity())
	to := &seen{}
	following(t, srv, follow.Options{Polls: 2}, file, to)
	var ended []confopenapi.Conference
	for _, e := range to.events {
		if e.Kind == confopenapi.EventEnded {
			ended = append(ended, e.Conference)
		}
	}
	fields := cmp.Transformer("fields", func(c confopenapi.Conference) string { return string(c.AppendJSON(nil)) })
	if diff := cmp.Diff([]confopenapi.Conference{want}, ended, fields); diff != "" {
		t.Errorf("what ended (-want +got)\n%s", diff)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "renamed") || !strings.Contains(string(text), list[2].Title) || strings.Contains(string(text), list[2].HostName) {
		t.Errorf("got %v and %s, want what is listed, without its host, and nothing else", err, text)
	}
}

// A first poll that failed for good ends the watch; a later failure is reported, and the watch continues.
func TestRunFirstPollRefused(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	srv.FailNext(1, confopenapitest.Status(403))
	kept, err := follow.Restore(text, "", srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	to := &seen{}
	err = follow.Run(t.Context(), srv.Client(), follow.Options{Text: text, Interval: time.Nanosecond, Polls: 2, Kept: kept}, to)
	if !errors.Is(err, confopenapi.ErrForbidden) || len(to.events) > 0 || to.failures > 0 {
		t.Errorf("got %v, %d events and %d failures, want the refusal alone", err, len(to.events), to.failures)
	}
}

// Polled is called after the last event of a poll, and failed polls count.
func TestRunCountsPolls(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 1)...))
	polls, to := 0, &seen{}
	to.polled = func() {
		if polls++; polls == 1 {
			srv.FailNext(2, confopenapitest.Status(403))
		}
		if len(to.events) != 3 {
			t.Errorf("got %d events at poll %d, want 3", len(to.events), polls)
		}
	}
	following(t, srv, follow.Options{Polls: 5}, "", to)
	if polls != 3 || to.failures != 2 {
		t.Errorf("got %d polls and %d failures, want 3 and 2", polls, to.failures)
	}
}
