package confopenapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// A page that shows less than its total says is there is read again. What is still missing then is an *IncompleteError, last.
func TestPagesReadsAgainWhatLacksRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		page     int // that lacks rows
		times    int // so often
		shows    int // of its 100 rows
		numbers  []int
		requests int
		missing  int
	}{
		{"empty once", 2, 1, 0, []int{1, 2, 3}, 4, 0},
		{"empty for good", 2, 9, 0, []int{1}, 3, 200},
		{"short once", 2, 1, 60, []int{1, 2, 3}, 4, 0},
		{"short for good", 2, 9, 60, []int{1, 2, 3}, 5, 40}, // and page 4, empty
		{"the first empty once", 1, 1, 0, []int{1, 2, 3}, 4, 0},
		{"the first empty for good", 1, 9, 0, nil, 2, 300},
		{"the last short once", 3, 1, 60, []int{1, 2, 3}, 4, 0},
		{"the last short for good", 3, 9, 60, []int{1, 2, 3}, 5, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := liveList(t, 300)
			all := srv.Live()
			lies := 0
			srv.Intercept(func(x *confopenapitest.Exchange) {
				if x.List.Page == c.page && lies < c.times {
					lies++
					x.RespondPage(300, all[(c.page-1)*100:][:c.shows]...)
				}
			})
			pager := srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 100})
			got := walk(t, pager, "")
			if !slices.Equal(got.numbers, c.numbers) || srv.RequestCount() != c.requests {
				t.Errorf("got pages %v in %d requests, want %v in %d", got.numbers, srv.RequestCount(), c.numbers, c.requests)
			}
			if c.missing == 0 {
				if got.err != nil || len(got.found) != 300 || got.next != "" {
					t.Errorf("got %d of 300 conferences, %v", len(got.found), got.err)
				}
				return
			}
			r := mustBe[*confopenapi.IncompleteError](t, got.err).Report
			if r.Missing != c.missing || r.Received != 300-c.missing || r.Reason != confopenapi.ReasonTotal || r.Calls != c.requests {
				t.Errorf("got %v, want %d missing", got.err, c.missing)
			}
			if c.shows > 0 || c.page == 1 {
				return
			}
			lies = c.times // it is well again
			if rest := walk(t, pager, got.next); rest.err != nil || len(rest.found) != c.missing {
				t.Errorf("from the cursor: got %d conferences, %v, want %d", len(rest.found), rest.err, c.missing)
			}
		})
	}
}

// A service whose pages are never full, but whose total agrees, costs one request more.
func TestPagesThatAreNeverFull(t *testing.T) {
	t.Parallel()
	srv := liveList(t, 0)
	all := confopenapitest.Conferences(270, 1)
	srv.Intercept(func(x *confopenapitest.Exchange) {
		from := min((x.List.Page-1)*90, 270)
		x.RespondPage(270, all[from:min(from+90, 270)]...)
	})
	first := confopenapi.Cursor("")
	for page, err := range srv.Client().Pager(nil, &confopenapi.PagerOptions{PageSize: 90}).Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		first = page.Next
		break
	}
	srv.Intercept(func(x *confopenapitest.Exchange) { // the same pages, but each hides nine more
		from := min((x.List.Page-1)*90, 270)
		to := min(from+90, 270)
		if x.List.Page > 1 {
			to = max(from, to-9)
		}
		x.RespondPage(252, all[from:to]...)
	})
	before := srv.RequestCount()
	got := walk(t, srv.Client().Pager(nil, nil), first)
	if n := srv.RequestCount() - before; got.err != nil || len(got.found) != 162 || n != 4 {
		t.Errorf("got %d conferences in %d requests, %v, want 162 in 4", len(got.found), n, got.err)
	}
}

// A snapshot that is not later than the last one changes nothing, in this process and in the next. In the second order one
// listing does not prove an end, and the same listing twice is still one.
func TestWatcherIgnoresOlderSnapshots(t *testing.T) {
	t.Parallel()
	for order, wants := range map[confopenapitest.Order][2]string{
		confopenapitest.OrderStartDown: {"[ended true]", "[]"},
		confopenapitest.OrderArbitrary: {"[]", "[ended false]"},
	} {
		srv := liveList(t, 250, confopenapitest.WithOrder(order))
		snapshot := func() *confopenapi.Snapshot {
			snap, err := srv.Client().Snapshot(t.Context(), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			return snap
		}
		step := func(w *confopenapi.Watcher, snap *confopenapi.Snapshot) string {
			events := []string{}
			for _, e := range w.Step(snap) {
				events = append(events, fmt.Sprint(e.Kind, " ", e.Proven))
			}
			return fmt.Sprint(events)
		}
		watcher := confopenapi.NewWatcher()
		older := snapshot()
		watcher.Step(older)
		srv.End(srv.Live()[120].Identity())
		newer := snapshot()
		if got := step(watcher, newer); got != wants[0] {
			t.Errorf("%v: a newer snapshot: got %v, want %v", order, got, wants[0])
		}
		want, err := json.Marshal(watcher)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []*confopenapi.Watcher{watcher, restored(t, watcher)} {
			for _, snap := range []*confopenapi.Snapshot{newer, older, newer} {
				events := step(w, snap)
				if got, err := json.Marshal(w); err != nil || events != "[]" || string(got) != string(want) {
					t.Errorf("%v: an older one: got %v, want no change", order, events)
				}
			}
			if got := step(w, snapshot()); got != wants[1] {
				t.Errorf("%v: a later one: got %v, want %v", order, got, wants[1])
			}
		}
	}
}

// A success without rows ends nothing at first. If the list stays empty, that is believed.
func TestWatchEmptyList(t *testing.T) {
	for _, size := range []int{1, 8, 250} {
		for empty, want := range map[int]int{1: 0, 2: size, 5: size} {
			synctest.Test(t, func(t *testing.T) {
				service := serviceOf(size)
				client, _ := onWire(t, service)
				polls := 0
				service.Intercept(func(x *confopenapitest.Exchange) {
					if polls >= 5 && polls < 5+empty {
						x.RespondPage(0)
					}
				})
				kinds := map[confopenapi.EventKind]int{}
				for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{OnPoll: func(*confopenapi.Snapshot) error {
					if polls++; polls == 12 {
						return errEnough
					}
					return nil
				}}) {
					if errors.Is(err, errEnough) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					kinds[event.Kind]++
					if event.Kind == confopenapi.EventEnded && (!event.Proven || polls != 6) {
						t.Errorf("poll %d: got %v, want a proven end in poll 7", polls+1, event)
					}
				}
				if kinds[confopenapi.EventEnded] != want || kinds[confopenapi.EventResumed] != want || kinds[confopenapi.EventExisting] != size {
					t.Errorf("%d conferences, empty for %d polls: got %v, want %d ended and resumed", size, empty, kinds, want)
				}
			})
		}
	}
}

// A conference that the last polls showed first is not ended by one page of a replica that does not have it yet.
func TestWatchReplicaThatIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := serviceOf(300)
		client, _ := onWire(t, service)
		var polls atomic.Int32
		var old []confopenapi.Conference
		service.Intercept(func(x *confopenapitest.Exchange) {
			if polls.Load() != 6 || x.List.Page != 1 { // in poll 7, page 1 is of a replica that is behind
				return
			}
			x.RespondPage(len(old), old[:min(x.List.Count, 100)]...)
		})
		kinds := map[confopenapi.EventKind]int{}
		for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{OnPoll: func(*confopenapi.Snapshot) error {
			switch polls.Add(1) {
			case 5:
				old = service.Live()
				service.Add(confopenapi.Conference{ConferenceID: "1", EventID: 1, StartTime: 1900000000, AttendeeCount: 2})
			case 9:
				return errEnough
			}
			return nil
		}}) {
			if errors.Is(err, errEnough) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			kinds[event.Kind]++
		}
		want := map[confopenapi.EventKind]int{confopenapi.EventExisting: 300, confopenapi.EventStarted: 1}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("events (-want +got)\n%s", diff)
		}
	})
}

// Every change of a count is an update, in this process and in the next.
func TestWatcherCountsDoNotCollide(t *testing.T) {
	t.Parallel()
	conf := confopenapi.Conference{EventID: 1, ConferenceID: "1", StartTime: 1}
	watcher := confopenapi.NewWatcher()
	at := time.Now().Add(-time.Hour)
	step := func(attendees int) []confopenapi.Event {
		conf.AttendeeCount = attendees
		at = at.Add(time.Second)
		return watcher.Step(&confopenapi.Snapshot{
			Conferences: []confopenapi.Conference{conf}, Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete, Start: at, End: at},
		})
	}
	counts := []int{0, 1, 65534, 65535, 65536, 65537, 131070, 131071, math.MaxInt32 - 1, math.MaxInt32}
	step(0)
	for _, a := range counts {
		for _, b := range counts {
			step(a)
			watcher = restored(t, watcher)
			if events := step(b); len(events) > 0 != (a != b) {
				t.Errorf("%d attendees, then %d: got %v", a, b, events)
			}
		}
	}
}

// A program that is killed after any event, and goes on from its checkpoint, gets the events of one that is not.
func TestWatchRestoredBetweenEvents(t *testing.T) {
	var plain []string
	for _, killed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			service := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(5, 1)...), confopenapitest.WithOrder(confopenapitest.OrderGiven))
			client, _ := onWire(t, service)
			first := service.Live()
			polls := 0
			onPoll := func(*confopenapi.Snapshot) error {
				switch polls++; polls {
				case 4:
					service.End(first[0].Identity())
					service.Restart(first[1].Identity(), first[1].StartTime+1_000_000)
				case 12:
					service.End(first[0].Identity())
				case 5, 14: // the run is back, and a later one of the same reservation beside it
					service.Resume(first[0].Identity())
					again := first[0]
					again.StartTime += confopenapi.UnixTime(1_000_000 + polls)
					service.Add(again)
				case 6:
					service.Update(first[2].Identity(), func(c *confopenapi.Conference) { c.AttendeeCount, c.Title = 77, "x" })
					service.Update(first[3].Identity(), func(c *confopenapi.Conference) { c.AttendeeCount = 78 })
				case 16:
					return errEnough
				}
				return nil
			}
			var got []string
			watcher := confopenapi.NewWatcher()
			for over := false; !over; {
				for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: watcher, OnPoll: onPoll}) {
					if over = errors.Is(err, errEnough); over {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, fmt.Sprint(event.Kind, event.Conference.Identity(), event.Changed, event.Proven))
					if killed {
						break
					}
				}
				watcher = restored(t, watcher)
			}
			if !killed {
				plain = got
			}
			if diff := cmp.Diff(plain, got); diff != "" || len(got) < 15 {
				t.Errorf("%d events (-whole +killed)\n%s", len(got), diff)
			}
		})
	}
	kinds := map[string]bool{}
	for _, line := range plain {
		kinds[line[:4]] = true
	}
	if len(kinds) != 6 {
		t.Errorf("got kinds %v, want all six", slices.Sorted(maps.Keys(kinds)))
	}
}

// One response that lacks rows does not cost a listing; one that goes on to lack them does. Totals count all rows.
func TestResponsesThatLackRows(t *testing.T) {
	t.Parallel()
	once := func(lie livelist.Lie, response int) livelist.Lying { return livelist.Lying{Lie: lie, First: response} }
	for _, c := range []struct {
		name   string
		size   int
		paging livelist.Paging
		whole  bool // all rows, and at least Conditional; else Incomplete
		reason confopenapi.Reason
	}{
		{"the first response is empty", 8, livelist.Paging{Lying: once(livelist.LieEmpty, 1)}, true, ""},
		{"the first response of many is empty", 1000, livelist.Paging{Lying: once(livelist.LieEmpty, 1)}, true, ""},
		{"the fifth response is empty", 1000, livelist.Paging{Lying: once(livelist.LieEmpty, 5)}, true, ""},
		{"the fifth response has a hole", 1000, livelist.Paging{Lying: once(livelist.LieHole, 5)}, true, ""},
		{"nothing after the first response", 1000, livelist.Paging{Lying: livelist.Lying{Lie: livelist.LieZero, First: 2, Every: 1}}, false, confopenapi.ReasonContradiction},
		{"T3 two responses that know nothing", 1000, livelist.Paging{Lying: livelist.Lying{Lie: livelist.LieZero, First: 2, Every: 1, Times: 2}}, true, ""},
		{"T6 pages limited in bytes, large rows at the end", 1000, livelist.Paging{Bytes: 100_000, Heavy: 30, HeavyBy: 12}, false, confopenapi.ReasonTotal},
		{"the last rows are never shown", 1000, livelist.Paging{Depth: 955}, false, confopenapi.ReasonTotal},
		{"the last of a few rows are never shown", 20, livelist.Paging{Depth: 18}, false, confopenapi.ReasonTotal},
	} {
		c.paging.Cap = 100
		service := func() *confopenapi.Client { return serviceOf(c.size, confopenapitest.WithPaging(c.paging)).Client() }
		snapshot, err := service().Snapshot(t.Context(), nil, nil)
		if snapshot == nil {
			t.Errorf("%s: Snapshot: got %v", c.name, err)
			continue
		}
		check := func(method string, rows int, r confopenapi.Report, err error) {
			refused := errors.Is(err, confopenapi.ErrIncomplete) && confopenapi.IsRetryable(err)
			if c.whole && (err != nil || rows != c.size) || !c.whole && (!refused || r.Reason != c.reason || !strings.Contains(err.Error(), "WithIgnoredTotals")) {
				t.Errorf("%s: %s: got %d of %d rows, %v, %v, want all: %t", c.name, method, rows, c.size, r, err, c.whole)
			}
		}
		check("Snapshot", len(snapshot.Conferences), snapshot.Report, err)
		var report confopenapi.Report
		rows, failed := 0, error(nil)
		for _, err := range service().Pager(nil, &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { report = r }}).All(t.Context()) {
			if failed = err; err == nil {
				rows++
			}
		}
		check("All", rows, report, failed)
	}
}

// Totals that always count more than the service shows can be ignored, and the report says so.
func TestWithIgnoredTotals(t *testing.T) {
	t.Parallel()
	client := derive(t, serviceOf(1000, confopenapitest.WithPaging(livelist.Paging{Cap: 100, Depth: 955})).Client(), confopenapi.WithIgnoredTotals())
	snapshot, err := client.Snapshot(t.Context(), nil, nil)
	if err != nil || len(snapshot.Conferences) != 955 || snapshot.Report.Verdict != confopenapi.VerdictComplete {
		t.Fatalf("got %v, %v, want Complete with 955", snapshot, err)
	}
	if r := snapshot.Report; !r.TotalsIgnored || r.TotalCount != 1000 || !strings.Contains(r.String(), "counts 1000, which is ignored") {
		t.Errorf("got %+v, printed as %q, want the total 1000, ignored", r, r)
	}
}

// Pages ends where the service has no more rows, whatever its total says.
func TestPagesIgnoresTotals(t *testing.T) {
	t.Parallel()
	srv := serviceOf(300, confopenapitest.WithPaging(livelist.Paging{Cap: 100, Depth: 255}))
	rows := func(c *confopenapi.Client) (n int, err error) {
		for page, err := range c.Pager(nil, nil).Pages(t.Context()) {
			if err != nil {
				return n, err
			}
			n += len(page.Conferences)
		}
		return n, nil
	}
	if n, err := rows(derive(t, srv.Client(), confopenapi.WithIgnoredTotals())); n != 255 || err != nil {
		t.Errorf("totals ignored: got %d rows, %v, want 255", n, err)
	}
	if n, err := rows(srv.Client()); n != 255 || !errors.Is(err, confopenapi.ErrIncomplete) {
		t.Errorf("got %d rows, %v, want 255 and an IncompleteError", n, err)
	}
}

// At debug level the log has the numbers that disagree.
func TestDisagreeingTotalsAreLogged(t *testing.T) {
	t.Parallel()
	for want, paging := range map[string]livelist.Paging{
		"reason=total received=955 totalCount=1000 largestTotal=1000":      {Cap: 100, Depth: 955},
		"reason=contradiction received=100 totalCount=0 largestTotal=1000": {Cap: 100, Lying: livelist.Lying{Lie: livelist.LieZero, First: 2, Every: 1}},
	} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		client := derive(t, serviceOf(1000, confopenapitest.WithPaging(paging)).Client(), confopenapi.WithLogger(logger))
		if _, err := client.Snapshot(t.Context(), nil, nil); !errors.Is(err, confopenapi.ErrIncomplete) || !strings.Contains(log.String(), want) {
			t.Errorf("got %v, logged %q, want %q", err, log.String()[max(0, log.Len()-300):], want)
		}
	}
}

// Inputs that were called complete once, though rows were missing. The numbers are those of the list of inputs that failed.
func TestListingsOfServicesThatHalfFail(t *testing.T) {
	t.Parallel()
	type service func(x *confopenapitest.Exchange, n int) (total int, rows []confopenapi.Conference)
	list := confopenapitest.Conferences(21, 1)
	page := func(x *confopenapitest.Exchange, all []confopenapi.Conference) (from, to int) {
		count := min(x.List.Count, 20)
		from = min((x.List.Page-1)*count, len(all))
		return from, min(from+count, len(all))
	}
	for name, c := range map[string]struct {
		serve    service
		want     int // rows of a result that is at least Conditional, at least
		calls    int // at most; 0 = any
		complete bool
	}{
		"T5, T12 a filter hides rows 10 to 19 of 21 after paging": {want: 11, serve: func(x *confopenapitest.Exchange, _ int) (int, []confopenapi.Conference) {
			from, to := page(x, list)
			rows := slices.Clone(list[from:to])
			rows = slices.DeleteFunc(rows, func(c confopenapi.Conference) bool {
				i := slices.IndexFunc(list, func(o confopenapi.Conference) bool { return o.EventID == c.EventID })
				return i >= 10 && i < 20
			})
			return 11, rows
		}},
		"T11 one row hidden after paging, one ends": {want: 20, serve: func(x *confopenapitest.Exchange, n int) (int, []confopenapi.Conference) {
			all := slices.Clone(list)
			if n > 1 {
				all = slices.Delete(all, 3, 4)
			}
			from, to := page(x, all)
			rows := slices.DeleteFunc(slices.Clone(all[from:to]), func(c confopenapi.Conference) bool { return c.EventID == list[7].EventID })
			return len(all) - 1, rows
		}},
		"C7 a list of 8 empties": {want: 8, calls: 5, complete: true, serve: func(x *confopenapitest.Exchange, n int) (int, []confopenapi.Conference) {
			if n > 1 {
				return 0, nil
			}
			return 8, list[:8]
		}},
		"C8 total 0, the last page comes again": {want: 21, serve: func(x *confopenapitest.Exchange, _ int) (int, []confopenapi.Conference) {
			if x.List.Page < 1 {
				t.Errorf("got a request for page %d", x.List.Page)
			}
			x.List.Page = min(max(x.List.Page, 1), (len(list)+x.List.Count-1)/x.List.Count)
			from, to := page(x, list)
			return 0, list[from:to]
		}},
	} {
		for _, parallel := range []int{1, 4} {
			srv := confopenapitest.New()
			var requests atomic.Int64
			srv.Intercept(func(x *confopenapitest.Exchange) {
				total, rows := c.serve(x, int(requests.Add(1)))
				x.RespondPage(total, rows...)
			})
			snapshot, err := srv.Client().Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Parallel: parallel})
			if snapshot == nil {
				t.Errorf("%s: got %v", name, err)
				continue
			}
			r := snapshot.Report
			if err == nil && r.Received < c.want || c.complete && r.Verdict != confopenapi.VerdictComplete || c.calls > 0 && r.Calls > c.calls {
				t.Errorf("%s, %d in flight: got %v, %v, want %d rows or Incomplete, at most %d calls", name, parallel, r, err, c.want, c.calls)
			}
		}
	}
}

// The faults of the kit that make a response lack rows: once costs no listing, always is never complete.
func TestListingsThroughFaultsThatLackRows(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"null list", "no rows", "no rows, total 0", "hole", "pages of 10 KB", "ten rows deep"} {
		for number := 1; number <= 5; number++ {
			srv := serviceOf(300, confopenapitest.WithMaxCount(100))
			requests := 0
			srv.Inject(confopenapitest.Rule{Fault: confopenapitest.FaultNamed(name), Times: 1, When: func(confopenapitest.Request) bool {
				requests++
				return requests == number
			}})
			snapshot, err := srv.Client().Snapshot(t.Context(), nil, &confopenapi.SnapshotOptions{Parallel: 1})
			if err != nil || snapshot.Report.Received != 300 {
				t.Errorf("%s in response %d: got %v, %v, want all 300", name, number, snapshot, err)
			}
		}
		srv := serviceOf(300, confopenapitest.WithMaxCount(100))
		srv.Inject(confopenapitest.Rule{Fault: confopenapitest.FaultNamed(name), When: func(r confopenapitest.Request) bool { return r.List.Page > 1 }})
		snapshot, err := srv.Client().Snapshot(t.Context(), nil, nil)
		if snapshot == nil || err == nil && snapshot.Report.Received < 300 {
			t.Errorf("%s in all but the first pages: got %v, %v, want all 300 or Incomplete", name, snapshot, err)
		}
	}
}
