package follow_test

import (
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
	kinds    []confopenapi.EventKind
	failures int
	polled   func()
}

func (t *told) Event(e confopenapi.Event) error {
	t.kinds = append(t.kinds, e.Kind)
	return nil
}

func (t *told) Polled(confopenapi.Report) {
	if t.polled != nil {
		t.polled()
	}
}
func (t *told) Failed(error) { t.failures++ }

var text = message.NewPrinter(language.English)

func following(t *testing.T, srv *confopenapitest.Server, file string, polls uint, to *told) *follow.Checkpoint {
	t.Helper()
	kept, err := follow.Restore(text, file, srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Run(t.Context(), srv.Client(), follow.Options{Text: text, Interval: time.Nanosecond, Polls: polls, Kept: kept}, to); err != nil {
		t.Fatal(err)
	}
	return kept
}

func idsOf(list []confopenapi.Conference) (ids []string) {
	for _, c := range list {
		ids = append(ids, c.ConferenceID)
	}
	return ids
}

// What a view shows after a restart is what was told before and is live still. The watch tells the rest.
func TestKnownIsWhatWasToldAndIsThereStill(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(5, 1)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list[1:]...), confopenapitest.WithOrder(confopenapitest.OrderStartDown))
	file := filepath.Join(t.TempDir(), "checkpoint")
	following(t, srv, file, 1, &told{})

	srv.End(list[4].Identity())
	srv.Update(list[2].Identity(), func(c *confopenapi.Conference) { c.AttendeeCount++ })
	kept, err := follow.Restore(text, file, srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	srv.Add(list[0])
	known, err := kept.Known(t.Context(), srv.Client(), nil)
	if diff := cmp.Diff(idsOf(list[1:4]), idsOf(known)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}

	// It changes nothing: the watch still tells all that happened.
	to := &told{}
	following(t, srv, file, 1, to)
	want := []confopenapi.EventKind{confopenapi.EventEnded, confopenapi.EventStarted, confopenapi.EventUpdated}
	if diff := cmp.Diff(want, to.kinds); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsKnownAtFirst(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	kept, err := follow.Restore(text, filepath.Join(t.TempDir(), "checkpoint"), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if known, err := kept.Known(t.Context(), srv.Client(), nil); known != nil || err != nil || srv.RequestCount() != 0 {
		t.Errorf("%d known, %v, after %d requests", len(known), err, srv.RequestCount())
	}
}

func TestWhatIsKnownMayNotBeHad(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	file := filepath.Join(t.TempDir(), "checkpoint")
	following(t, srv, file, 1, &told{})
	kept, err := follow.Restore(text, file, srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	srv.FailNext(1, confopenapitest.Status(403))
	if known, err := kept.Known(t.Context(), srv.Client(), nil); known != nil || err == nil {
		t.Errorf("%d known, %v", len(known), err)
	}
}

// The last event of a poll has been told before Polled, and failed polls count.
func TestPollsAreCounted(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 1)...))
	srv.FailNext(2, confopenapitest.Status(403))
	polls, to := 0, &told{}
	to.polled = func() {
		polls++
		if len(to.kinds) != 3 {
			t.Errorf("%d events at poll %d", len(to.kinds), polls)
		}
	}
	following(t, srv, "", 5, to)
	if polls != 3 || to.failures != 2 {
		t.Errorf("%d polls and %d failures, of 5", polls, to.failures)
	}
}
