package show_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/live"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
)

var titles = flag.Int("titles", 1000, "how many random titles go through the views and formats")

var (
	widths = []int{40, 60, 80, 120, 200}
	nine   = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	guards = regexp.MustCompile("(^|[;\t\r\n])'")
)

// TestRandomTitles shows that no title breaks a view or a format: nothing panics, no line is wider than the terminal, and
// columns stand below each other, as other implementations measure them.
func TestRandomTitles(t *testing.T) {
	t.Parallel()
	const part = 1000
	rng := rand.New(rand.NewPCG(3, 3))
	for done := 0; done < *titles; done += part {
		list := make([]confopenapi.Conference, part)
		for i := range list {
			list[i] = confopenapi.Conference{
				EventID: int64(i), ConferenceID: fmt.Sprint(i), Title: randomTitle(rng), HostOrgName: randomTitle(rng),
				StartTime: confopenapi.UnixTime(nine.Unix()), AttendeeCount: i,
			}
		}
		for _, width := range widths {
			out := table.Table{Printer: locale.Printer(language.Chinese), Width: width, Location: time.UTC}.Render(list)
			lines := strings.Split(out, "\n")
			if len(lines) != part+2 {
				t.Fatalf("list at %d columns: got %d lines, want %d", width, len(lines), part+2)
			}
			aligned(t, "list", lines[2:], "11-02 09:00", width)

			lines = view(list, width)
			if len(lines) != part+30 {
				t.Fatalf("watch at %d columns: got %d lines, want %d", width, len(lines), part+30)
			}
			for _, line := range lines {
				for name, measure := range terminals {
					if got := measure(line); got != width {
						t.Errorf("watch: got a line of %d columns by %s, want %d: %q", got, name, width, line)
					}
				}
			}
			aligned(t, "watch", lines[4:4+part], "  09:00", width)
			for _, line := range filtering(list[0].Title, width) {
				for name, measure := range terminals {
					if got := measure(line); got != width {
						t.Errorf("watch with a filter: got a line of %d columns by %s, want %d: %q", got, name, width, line)
					}
				}
			}
		}
		exported(t, list)
		if t.Failed() {
			return
		}
		if (done+part)%50_000 == 0 {
			t.Logf("%d titles", done+part)
		}
	}
}

// aligned checks rows that end with a number at the right, and have a mark in the column of times if there is room for it.
func aligned(t *testing.T, what string, rows []string, mark string, width int) {
	t.Helper()
	for name, measure := range terminals {
		whole, before := measure(rows[0]), -1
		if i := strings.LastIndex(rows[0], mark); i >= 0 {
			before = measure(rows[0][:i])
		}
		for _, row := range rows {
			if got := measure(row); got != whole || got > width {
				t.Errorf("%s at %d columns: got a row of %d columns by %s, want %d: %q", what, width, got, name, whole, row)
			}
			if i := strings.LastIndex(row, mark); before >= 0 && (i < 0 || measure(row[:i]) != before) {
				t.Errorf("%s at %d columns: the time is not below the others by %s: %q", what, width, name, row)
			}
		}
	}
}

// view is the picture of a watch on a terminal that is high enough.
func view(list []confopenapi.Conference, width int) []string {
	m := live.New(live.Options{
		Text: locale.Printer(language.Chinese), Zone: time.UTC, Service: list[0].Title, Filters: []string{list[1].Title}, Order: "attendeeCnt",
		Because: func(confopenapi.Reason) string { return "" }, Explain: func(err error) string { return err.Error() },
	})
	m.Update(tea.WindowSizeMsg{Width: width, Height: len(list) + 30})
	events := make([]confopenapi.Event, len(list))
	for i, c := range list {
		events[i] = confopenapi.Event{Kind: confopenapi.EventExisting, Conference: c, At: nine}
	}
	m.Update(live.Poll{Events: events, At: nine, Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete, Received: len(list), Start: nine, End: nine}})
	return strings.Split(ansi.Strip(m.View().Content), "\n")
}

// filtering is the picture while a filter is pasted, and then kept.
func filtering(text string, width int) []string {
	m := live.New(live.Options{Text: locale.Printer(language.Chinese), Zone: time.UTC})
	m.Update(tea.WindowSizeMsg{Width: width, Height: 10})
	m.Update(tea.KeyPressMsg{Code: '/', Text: "/"})
	m.Update(tea.PasteMsg{Content: text})
	lines := strings.Split(ansi.Strip(m.View().Content), "\n")
	m.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	return append(lines, strings.Split(ansi.Strip(m.View().Content), "\n")...)
}

// exported writes a list in every format, reads CSV back, and prints the events as lines.
func exported(t *testing.T, list []confopenapi.Conference) {
	t.Helper()
	for _, format := range export.Formats() {
		columns, err := export.ParseColumns("title")
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		out, err := export.Layout{Format: format, Columns: columns}.NewWriter(&file, filepath.Join(t.TempDir(), "scratch"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			if err := out.Write(&list[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := out.Finish(); err != nil {
			t.Fatal(err)
		}
		out.Close()
		if format == export.NDJSON && bytes.Count(file.Bytes(), []byte("\n")) != len(list) {
			t.Error("NDJSON: not a line each")
		}
		if format != export.CSV {
			continue
		}
		records, err := csv.NewReader(&file).ReadAll()
		if err != nil || len(records) != len(list)+1 {
			t.Fatalf("CSV: got %d records and %v", len(records), err)
		}
		for i, c := range list {
			want := strings.ReplaceAll(c.Title, "\r\n", "\n") // as this reader has it
			if got := guards.ReplaceAllString(records[i+1][0], "$1"); got != want {
				t.Errorf("CSV: got %q, want %q", got, want)
			}
		}
	}
	lines := live.Lines(width(func(line string) {
		for name, measure := range terminals {
			if got := measure(line); got > 80 {
				t.Errorf("a line of %d columns by %s: %q", got, name, line)
			}
		}
	}), live.Options{Text: locale.Printer(language.Chinese), Zone: time.UTC, Width: 80}, false, func(err error) error { return err }, nil)
	for _, c := range list {
		if err := lines.Event(confopenapi.Event{Kind: confopenapi.EventStarted, Conference: c, At: nine}); err != nil {
			t.Fatal(err)
		}
	}
}

// width gets each line that is written.
type width func(line string)

func (f width) Write(p []byte) (int, error) {
	f(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}

var _ io.Writer = width(nil)
