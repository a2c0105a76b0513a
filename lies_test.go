package confopenapi_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

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
