package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/follow"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/live"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// screen is a terminal that says what has been written to it.
type screen struct {
	mu      sync.Mutex
	written bytes.Buffer
	changed chan struct{}
}

func newScreen() *screen { return &screen{changed: make(chan struct{}, 1)} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return s.written.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.String()
}

// waitFor waits until text has been written.
func (s *screen) waitFor(t *testing.T, text string) {
	t.Helper()
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.changed:
		case <-t.Context().Done():
			t.Fatalf("no %q was written", text)
		}
	}
}

// show runs a view of srv. Type into keys; the error comes when it ends.
func show(ctx context.Context, srv *confopenapitest.Server, o live.Options, polls uint) (keys *io.PipeWriter, s *screen, ended chan error) {
	in, keys := io.Pipe()
	s, ended = newScreen(), make(chan error, 1)
	client := srv.Client()
	kept, _ := follow.Restore(o.Text, "", srv.URL)
	interval := time.Nanosecond
	if polls == 0 {
		interval = time.Hour // what is waited for is of the first poll
	}
	watch := func(ctx context.Context, to follow.Listener) error {
		return follow.Run(ctx, client, follow.Options{Text: o.Text, Interval: interval, Polls: polls, Kept: kept}, to)
	}
	go func() {
		ended <- live.Run(ctx, live.Terminal{In: in, Out: s, Env: []string{"TERM=xterm-256color", "TTY_FORCE=1"}}, o, watch)
		_ = in.Close()
	}()
	return keys, s, ended
}

func TestTheViewFollowsAService(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key  string
		want error
	}{"quit": {"q", nil}, "interrupted": {"\x03", live.ErrInterrupted}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(5, 1)...))
			keys, s, ended := show(t.Context(), srv, options(language.Chinese), 0)
			s.waitFor(t, "预约 ID")
			s.waitFor(t, idsOf(4)[0])
			_, _ = keys.Write([]byte(c.key))
			if err := <-ended; !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if strings.Contains(s.String(), confopenapitest.Conferences(1, 1)[0].HostName) {
				t.Error("personal data is shown")
			}
		})
	}
}

func TestTheViewEndsWithItsContextAndItsPolls(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(5, 1)...))
	_, _, ended := show(t.Context(), srv, options(language.English), 3)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, s, ended := show(ctx, srv, options(language.English), 0)
	s.waitFor(t, idsOf(4)[0])
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNoColor(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	const green = "\x1b[32m"
	for _, none := range []bool{false, true} {
		o := options(language.English)
		o.NoColor = none
		_, s, ended := show(t.Context(), srv, o, 1)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := s.String(); strings.Contains(got, green) == none || !strings.Contains(got, "complete") {
			t.Errorf("NoColor %t: %q", none, got)
		}
	}
}

func conditions(t *testing.T, filters ...string) (list []table.Condition) {
	t.Helper()
	picker := table.Picker{Printer: locale.Printer(language.English)}
	for _, filter := range filters {
		condition, err := picker.Condition(filter)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, condition)
	}
	return list
}

func TestLines(t *testing.T) {
	t.Parallel()
	o := options(language.Chinese)
	o.Kinds = []confopenapi.EventKind{confopenapi.EventStarted, confopenapi.EventEnded}
	o.Conditions = conditions(t, "22188", "attendeeCnt>1")
	list := confopenapitest.Conferences(2, 1)
	list[1].Title = "two\nlines\x1b[31m"
	events := []confopenapi.Event{
		{Kind: confopenapi.EventStarted, Conference: list[0], At: nine},
		{Kind: confopenapi.EventUpdated, Conference: list[0], At: nine, Changed: []string{"attendeeCnt"}},
		{Kind: confopenapi.EventEnded, Conference: list[1], At: nine},
		{Kind: confopenapi.EventEnded, Conference: confopenapi.Conference{ConferenceID: "7"}, At: nine},
	}
	printed := func(o live.Options, asJSON bool) string {
		var out bytes.Buffer
		to := live.Lines(&out, o, asJSON, func(err error) error { return err }, nil)
		for _, e := range events {
			if err := to.Event(e); err != nil {
				t.Error(err)
			}
		}
		return out.String()
	}
	want := "2026-11-02 09:00:00Z  已开始    1165158, 面试, 参会人数 10\n2026-11-02 09:00:00Z  已结束    1165159, two lines [31m, 未证明\n"
	if diff := cmp.Diff(want, printed(o, false)); diff != "" {
		t.Error(diff)
	}

	got := strings.Split(strings.TrimSpace(printed(o, true)), "\n")
	var e confopenapi.Event
	if err := json.Unmarshal([]byte(got[0]), &e); err != nil || len(got) != 2 || e.Kind != confopenapi.EventStarted || e.Conference.Title != list[0].Title {
		t.Errorf("%v, %v", err, got)
	}
	for _, with := range []bool{false, true} {
		o.WithPersonalData = with
		for _, asJSON := range []bool{false, true} {
			if got := printed(o, asJSON); strings.Contains(got, list[0].HostName) != with {
				t.Errorf("personal data %t, JSON %t: %s", with, asJSON, got)
			}
		}
	}
}

// A failure that lasts is reported once, in a pipe too: F is a poll that failed, f one that failed otherwise, P a poll, I one that lists
// something and fails.
func TestLinesReportALastingFailureOnce(t *testing.T) {
	t.Parallel()
	for polls, want := range map[string]string{
		"FFFF": "F", "FFff": "Ff", "PFFPPP": "F-", "FPFPFP": "F", "FFPPFF": "F-F", "IIII": "I", "IIPP": "I-", "PPP": "",
	} {
		got := ""
		failed := func(err error) {
			switch {
			case err == nil:
				got += "-"
			case errors.Is(err, confopenapi.ErrServer):
				got += "F"
			case errors.Is(err, confopenapi.ErrIncomplete):
				got += "I"
			default:
				got += "f"
			}
		}
		to := live.Lines(io.Discard, options(language.English), false, nil, failed)
		for i, poll := range polls {
			switch poll {
			case 'F': // each says how long it took
				to.Failed(&confopenapi.HTTPError{StatusCode: 503, Meta: confopenapi.Meta{Attempts: 4, Elapsed: time.Duration(i) * time.Second}}, false)
			case 'f':
				to.Failed(&confopenapi.TransportError{Attempts: i}, false)
			case 'I':
				to.Failed(&confopenapi.IncompleteError{}, true)
				to.Polled(confopenapi.Report{})
			case 'P':
				to.Polled(confopenapi.Report{})
			}
		}
		if got != want {
			t.Errorf("%s: got the reports %q, want %q", polls, got, want)
		}
	}
}
