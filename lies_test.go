package confopenapi_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
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
