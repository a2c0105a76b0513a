package follow_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/follow"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// told is a Teller that keeps what it is told. After polls it calls polled.
type told struct {
	events   []confopenapi.Event
	failures int
	polled   func()
}

func (t *told) Event(e confopenapi.Event) error {
	t.events = append(t.events, e)
	return nil
}

func (t *told) Polled(confopenapi.Report) {
	if t.polled != nil {
		t.polled()
	}
}
func (t *told) Failed(error) { t.failures++ }

var text = message.NewPrinter(language.English)

func following(t *testing.T, srv *confopenapitest.Server, o follow.Options, file string, to *told) {
	t.Helper()
	var err error
	o.Text, o.Interval = text, time.Nanosecond
	if o.Kept, err = follow.Restore(text, file, srv.URL); err != nil {
		t.Fatal(err)
	}
	if err := follow.Run(t.Context(), srv.Client(), o, to); err != nil {
		t.Fatal(err)
	}
}

// With Existing, a restart tells what was told before and is there still, and then what changed.
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
		following(t, srv, follow.Options{Polls: 1}, file, &told{})

		srv.End(list[4].Identity())
		srv.Update(list[2].Identity(), func(c *confopenapi.Conference) { c.AttendeeCount++ })
		srv.Add(list[0])
		to := &told{}
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
		want = append(want, event{confopenapi.EventEnded, list[4].ConferenceID}, event{confopenapi.EventStarted, list[0].ConferenceID})
		if !existing {
			want = append(want, event{confopenapi.EventUpdated, list[2].ConferenceID})
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(event{})); diff != "" {
			t.Errorf("Existing %t: (-want +got)\n%s", existing, diff)
		}
	}
}

// A first poll that failed for good ends the watch; a later one is told, and the watch goes on.
func TestRunFirstPollRefused(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	srv.FailNext(1, confopenapitest.Status(403))
	kept, err := follow.Restore(text, "", srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	to := &told{}
	err = follow.Run(t.Context(), srv.Client(), follow.Options{Text: text, Interval: time.Nanosecond, Polls: 2, Kept: kept}, to)
	if !errors.Is(err, confopenapi.ErrForbidden) || len(to.events) > 0 || to.failures > 0 {
		t.Errorf("got %v, %d events and %d failures, want the refusal alone", err, len(to.events), to.failures)
	}
}

// The last event of a poll has been told before Polled, and failed polls count.
func TestRunCountsPolls(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 1)...))
	polls, to := 0, &told{}
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
