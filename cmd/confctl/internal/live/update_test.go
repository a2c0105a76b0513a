package live_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/live"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// ids are the first column of the table's rows.
func ids(m *live.Model) (found []string) {
	for _, line := range lines(m) {
		if fields := strings.Fields(line); len(fields) > 5 && strings.HasPrefix(fields[0], "1165") {
			found = append(found, fields[0])
		}
	}
	return found
}

// idsOf are those of the kit's conferences with these indexes.
func idsOf(indexes ...int) (found []string) {
	for _, i := range indexes {
		found = append(found, fmt.Sprint(confopenapitest.Conferences(i+1, 1)[i].EventID))
	}
	return found
}

// shows fails unless a line of the picture has this text.
func shows(t *testing.T, m *live.Model, want string) {
	t.Helper()
	if got := lines(m); !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, want) }) {
		t.Errorf("no %q in\n%s", want, strings.Join(got, "\n"))
	}
}

func press(m *live.Model, keys ...string) (cmd tea.Cmd) {
	for _, name := range keys {
		_, cmd = m.Update(key(name))
	}
	return cmd
}

func TestSortingGoesThroughTheColumnsAndBack(t *testing.T) {
	t.Parallel()
	o := options(language.English)
	list := confopenapitest.Conferences(12, 1)
	m := viewing(o, 120, 40, poll(time.Minute, existing(len(list))...))
	for _, order := range live.Orders {
		for _, downward := range []bool{strings.HasPrefix(order, "-"), !strings.HasPrefix(order, "-")} {
			want := slices.Clone(list)
			sign := map[bool]string{true: "-"}[downward]
			sorted, err := table.Picker{Printer: o.Text}.Order(sign + strings.TrimPrefix(order, "-") + ",startTime")
			if err != nil {
				t.Fatal(err)
			}
			sorted(want)
			var wanted []string
			for _, c := range want {
				wanted = append(wanted, fmt.Sprint(c.EventID))
			}
			if diff := cmp.Diff(wanted, ids(m)); diff != "" {
				t.Errorf("%s%s: %s", sign, order, diff)
			}
			press(m, "r")
		}
		press(m, "s")
	}
	shows(t, m, "START v") // after the last column comes the first
	press(m, "r")
	shows(t, m, "START ^")

	o.Order = "hostOrgName, -attendeeCnt" // no column, but an order
	m = viewing(o, 120, 40, poll(time.Minute, existing(len(list))...))
	before := ids(m)
	press(m, "r", "r")
	if diff := cmp.Diff(before, ids(m)); diff != "" {
		t.Error(diff)
	}
	press(m, "s")
	shows(t, m, "START v")
}

func TestScrollingEndsAtBothEnds(t *testing.T) {
	t.Parallel()
	m := viewing(options(language.English), 100, 24, poll(time.Minute, existing(30)...))
	page := len(ids(m))
	for _, c := range []struct {
		keys  []string
		first int
	}{
		{[]string{"up"}, 0},
		{[]string{"down", "down"}, 2},
		{[]string{"pgdown"}, 2 + page},
		{[]string{"up"}, 1 + page},
		{[]string{"end"}, 30 - page},
		{[]string{"down", "pgdown"}, 30 - page},
		{[]string{"pgup"}, 30 - 2*page},
		{[]string{"home"}, 0},
	} {
		press(m, c.keys...)
		if got := ids(m); got[0] != idsOf(c.first)[0] || len(got) != page {
			t.Errorf("after %v: %d rows from %s, want %d from %s", c.keys, len(got), got[0], page, idsOf(c.first)[0])
		}
	}
	press(m, "end")
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 60})
	if got := ids(m); len(got) != 30 {
		t.Errorf("a taller terminal shows %d of 30 rows", len(got))
	}
}

func TestTheFilter(t *testing.T) {
	t.Parallel()
	all := existing(16)
	m := viewing(options(language.English), 100, 24, poll(time.Minute, all...))
	press(m, "/")
	press(m, strings.Split("项目Q", "")...)
	shows(t, m, "Enter keep  Esc clear  Ctrl-C quit")
	if m.View().Cursor == nil {
		t.Error("no cursor where one types")
	}
	press(m, "backspace", "enter")
	shows(t, m, "filter: 项目")
	shows(t, m, "q quit  Esc clear")
	if got := ids(m); len(got) == 0 || len(got) == 16 || m.View().Cursor != nil {
		t.Errorf("%d rows, cursor %v", len(got), m.View().Cursor)
	}
	press(m, "s") // a key again, and no letter
	shows(t, m, "TITLE ^")
	press(m, "esc")
	if got := len(ids(m)); got < 10 {
		t.Errorf("%d rows after the filter", got)
	}
	press(m, "/")
	m.Update(tea.PasteMsg{Content: idsOf(3)[0]})
	if diff := cmp.Diff(idsOf(3), ids(m)); diff != "" {
		t.Error(diff)
	}
	press(m, "esc")
	m.Update(tea.PasteMsg{Content: "nothing"}) // is ignored, because no filter is being typed
	if got := len(ids(m)); got < 10 {
		t.Errorf("%d rows after the filter", got)
	}

	press(m, "/")
	press(m, strings.Split("attendeeCnt>=", "")...)
	several := len(ids(m))
	press(m, strings.Split("many", "")...)
	shows(t, m, `not "many"`)
	if got := len(ids(m)); got != several {
		t.Errorf("a filter that is still being written leaves %d rows, and the one before %d", got, several)
	}
	press(m, "esc", "/")
	press(m, strings.Split("no such words", "")...)
	shows(t, m, "no conference matches the filter")

	o := options(language.English)
	o.Filters = []string{"22188", "attendeeCnt>=10"}
	o.Conditions = conditions(t, o.Filters...)
	m = viewing(o, 120, 40, poll(time.Minute, all...))
	shows(t, m, "--filter 22188  --filter attendeeCnt>=10")
	if got := len(ids(m)); got == 0 || got > 10 {
		t.Errorf("%d conferences have ten attendees", got)
	}
}

func TestPausedViewDoesNotChange(t *testing.T) {
	t.Parallel()
	m := viewing(options(language.English), 100, 30, poll(time.Minute, existing(4)...))
	press(m, "p")
	before := ids(m)
	m.Update(poll(2*time.Minute, confopenapi.Event{Kind: confopenapi.EventEnded, Conference: confopenapitest.Conferences(1, 1)[0]}))
	if diff := cmp.Diff(before, ids(m)); diff != "" {
		t.Error(diff)
	}
	shows(t, m, "paused, events since: 1")
	shows(t, m, "q quit  p continue")
	press(m, "p")
	shows(t, m, "p pause")
	if diff := cmp.Diff(idsOf(1, 2, 3), ids(m)); diff != "" {
		t.Errorf("what came meanwhile: %s", diff)
	}
}

func TestEventKindsAreFiltered(t *testing.T) {
	t.Parallel()
	o := options(language.English)
	o.Kinds = []confopenapi.EventKind{confopenapi.EventStarted}
	got := strings.Join(lines(viewing(o, 100, 40, two()...)), "\n")
	if !strings.Contains(got, "09:12:05  started ") || strings.Contains(got, "09:12:05  ended") {
		t.Error(got)
	}
}

func TestAFailureIsShownUntilAPollSucceeds(t *testing.T) {
	t.Parallel()
	m := viewing(options(language.English), 80, 24, failure)
	shows(t, m, "HTTP 503")
	shows(t, m, "next in about 5s")
	patient := failure
	patient.Asked = time.Minute
	m.Update(patient)
	shows(t, m, "next in about 1m0s")
	m.Update(poll(15 * time.Minute))
	if got := strings.Join(lines(m), "\n"); strings.Contains(got, "HTTP 503") {
		t.Error(got)
	}
	m.Update(live.Failure{Text: "no such directory", Listed: true, At: nine.Add(15 * time.Minute)}) // of a checkpoint
	shows(t, m, "no such directory")
	shows(t, m, "complete  2 requests in 12ms")
	uncounted := poll(15 * time.Minute)
	uncounted.Report.TotalCount = 0
	m.Update(uncounted)
	shows(t, m, "complete  totals not used  2 requests in 12ms")
	m.Update(live.Tick(nine.Add(16 * time.Minute)))
	shows(t, m, "listing ...")
}

// A conference that is first seen after a poll that may have missed it is not called a start, which the event and the line above
// the table say as long as it is so.
func TestNewAfterAnIncompletePoll(t *testing.T) {
	t.Parallel()
	m := viewing(options(language.English), 100, 30, poll(0, existing(3)...))
	if got := strings.Join(lines(m), "\n"); strings.Contains(got, "new, or missed before") {
		t.Errorf("what the first poll finds is called new, in\n%s", got)
	}
	short := poll(time.Minute, existing(4)[3])
	short.Report.Verdict, short.Report.Reason = confopenapi.VerdictIncomplete, confopenapi.ReasonTotal
	m.Update(short)
	shows(t, m, "existing   "+idsOf(3)[0])
	shows(t, m, "new, or missed before")
	shows(t, m, "See confctl doctor. Incomplete polls show no ends; the next one shows what")
}

func TestProblemsStayAmongTheEvents(t *testing.T) {
	t.Parallel()
	o := options(language.English)
	o.Kinds = []confopenapi.EventKind{confopenapi.EventEnded}
	m := viewing(o, 80, 24, poll(0, existing(3)...), live.Problem{Text: "an alert did not reach the webhook ops", At: nine.Add(time.Minute)})
	m.Update(poll(2 * time.Minute))
	shows(t, m, "09:01:00  an alert did not reach the webhook ops")
	shows(t, m, "next in about 5s")
}

func TestHowLongConferencesRun(t *testing.T) {
	t.Parallel()
	events := existing(7)
	for i, ago := range []time.Duration{-50 * time.Second, 59 * time.Second, 59 * time.Minute, 65 * time.Minute, 24 * time.Hour, 51 * time.Hour} {
		events[i].Conference.StartTime = confopenapi.UnixTime(nine.Add(-ago).Unix())
	}
	events[6].Conference.StartTime = 0 // the service does not say
	m := viewing(options(language.English), 100, 24, poll(0, events...))
	for _, want := range []string{"09:00    0s     ", "08:59    59s    ", "08:01    59m    ", "07:55    1h05m  ", "11-01    1d00h  ", "10-31    2d03h  ", "-        -      "} {
		shows(t, m, want)
	}
}

// Midnight does not hide when conferences of the last hours began, and neither does the end of a month.
func TestStartsAroundMidnight(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 11, 30, 16, 10, 0, 0, time.UTC) // 00:10 of 1 December in Shanghai
	o := options(language.Chinese)
	o.Zone = time.FixedZone("", 8*60*60)
	events := existing(3)
	for i, ago := range []time.Duration{5 * time.Minute, 20 * time.Minute, 25 * time.Hour} {
		events[i].Conference.StartTime = confopenapi.UnixTime(midnight.Add(-ago).Unix())
	}
	m := viewing(o, 100, 24, poll(midnight.Sub(nine), events...))
	for _, want := range []string{"00:05   5m ", "23:50   20m ", "11-29   1d01h "} {
		shows(t, m, want)
	}
}

func TestHostsOnlyWithPersonalData(t *testing.T) {
	t.Parallel()
	o := options(language.English)
	if got := strings.Join(lines(viewing(o, 140, 24, two()...)), "\n"); strings.Contains(got, "HOST") {
		t.Error(got)
	}
	o.WithPersonalData = true
	shows(t, viewing(o, 140, 24, two()...), "HOST")
	shows(t, viewing(o, 140, 24, two()...), confopenapitest.Conferences(1, 1)[0].HostName)

	o = options(language.Chinese)
	o.WithPersonalData = true
	shows(t, viewing(o, 140, 24, poll(0, confopenapi.Event{Kind: confopenapi.EventEnded, Conference: confopenapi.Conference{EventID: 7, HostName: "[masked]"}})), "7, （已脱敏）")
}

func TestQuitting(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"q"}, {"ctrl+c"}, {"/", "ctrl+c"}, {"?", "q"}} {
		cmd := press(viewing(options(language.English), 80, 24), keys...)
		if cmd == nil {
			t.Errorf("%v does not quit", keys)
		} else if _, quits := cmd().(tea.QuitMsg); !quits {
			t.Errorf("%v does not quit", keys)
		}
	}
	if cmd := press(viewing(options(language.English), 80, 24), "/", "q"); cmd != nil {
		t.Error("a q in the filter quits")
	}
}

func TestALongWatchKeepsItsLatestEvents(t *testing.T) {
	t.Parallel()
	m := live.New(options(language.English))
	for i := range 100 {
		m.Update(poll(time.Duration(i)*time.Second, existing(20)...))
	}
	m.Update(poll(time.Hour, confopenapi.Event{Kind: confopenapi.EventEnded, Conference: confopenapitest.Conferences(1, 1)[0], Proven: true}))
	shows(t, m, "10:00:00  ended ")
}

// A filter that makes no sense says so, while it is written and when it is kept.
func TestUnclearFilter(t *testing.T) {
	t.Parallel()
	m := viewing(options(language.Chinese), 100, 24, slices.Concat(two(), []tea.Msg{key("/")}, typing("标题=x"))...)
	shows(t, m, "/标题=x")
	shows(t, m, `会议没有名为 "标题" 的字段`)
	press(m, "enter")
	shows(t, m, `筛选：标题=x  会议没有名为 "标题" 的字段`)
	if got := strings.Join(lines(m), "\n"); strings.Contains(got, "没有符合筛选条件的会议") {
		t.Error(got)
	}
}

// After a restart, what the checkpoint knew is no news, in whichever poll it comes, and what it did not know may be new.
func TestKnownFromACheckpoint(t *testing.T) {
	t.Parallel()
	events := existing(3)
	o := options(language.English)
	o.Known = map[confopenapi.Identity]bool{events[0].Conference.Identity(): true, events[1].Conference.Identity(): true}
	m := viewing(o, 100, 24, poll(0, events[0], events[2]), poll(time.Minute, events[1]))
	shows(t, m, "new, or missed before")
	if got := strings.Count(strings.Join(lines(m), "\n"), "existing"); got != 1 {
		t.Errorf("got %d conferences as existing, want the one that was not known, in\n%s", got, strings.Join(lines(m), "\n"))
	}
}
