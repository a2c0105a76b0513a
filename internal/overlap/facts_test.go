package overlap_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// taught lists a world twice, and returns the second outcome, which had the facts of the first.
func taught(w *world, read algorithm) outcome {
	w.known = observe(w, read).report.Facts
	w.requests = 0
	return observe(w, read)
}

// No size of a list at rest is special: each is Complete for 1.5 requests a page and a few more, with facts one more.
func TestRequestsOfEverySize(t *testing.T) {
	step := 450 / few(450)
	for _, known := range []bool{false, true} {
		limit := 4.0
		if known {
			limit = 1
		}
		for _, limitOfPage := range []int{20, 50, 100, 500} {
			for _, d := range ours {
				worst, worstSize := -1000.0, 0
				synctest.Test(t, func(t *testing.T) {
					for size := 0; size <= 450; size += step {
						s := setting{list: livelist.Config{Size: size, Order: livelist.StartDown, Seed: uint64(size)}, paging: livelist.Paging{Cap: limitOfPage}}
						read := observe
						if known {
							read = taught
						}
						o := read(newWorld(s), d.read)
						pages := float64(max(1, (size+limitOfPage-1)/limitOfPage))
						if over := float64(o.requests) - 1.5*pages; over > worst {
							worst, worstSize = over, size
						}
						if o.report.Verdict != overlap.Complete || o.lost > 0 || float64(o.requests) > 1.5*pages+limit {
							t.Errorf("cap %d, %d rows, facts %t, %s: got %s with %d requests, want complete with at most %.1f",
								limitOfPage, size, known, d.name, verdictNames[o.report.Verdict], o.requests, 1.5*pages+limit)
						}
					}
				})
				t.Logf("cap %d, facts %t, %s: at worst 1.5 requests a page %+.1f, with %d rows", limitOfPage, known, d.name, worst, worstSize)
			}
		}
	}
}

// With facts a list of one page costs one request. A longer one costs its pages and what they share.
func TestRequestsWithFacts(t *testing.T) {
	var b strings.Builder
	b.WriteString("| rows | cap | churn | requests, streaming | requests, 8 in flight | Complete |\n|---|---|---|---|---|---|\n")
	for _, c := range []struct {
		size, limit int
		churn, want float64
	}{
		{2, 100, 0, 1},
		{19, 100, 0, 1},
		{20, 100, 0, 1},
		{47, 100, 0, 1},
		{99, 100, 0, 1},
		{100, 100, 0, 1},
		{101, 100, 0, 2},
		{250, 100, 0, 3},
		{1000, 500, 0, 3},
		{1000, 100, 0, 12},
		{1000, 100, 1, 13},
		{10_000, 100, 5, 122},
	} {
		var requests, complete []string
		for _, d := range ours {
			sum, good, times := 0, 0, few(50)
			synctest.Test(t, func(t *testing.T) {
				for seed := range times {
					s := live(c.size, livelist.StartDown, c.churn)
					s.list.Seed, s.paging.Cap = uint64(seed), c.limit
					o := taught(newWorld(s), d.read)
					sum += o.requests
					if o.report.Verdict == overlap.Complete {
						good++
					}
					if o.lost > 0 {
						t.Errorf("%d rows, churn %g, seed %d, %s: got %d of %d rows lost, want none", c.size, c.churn, seed, d.name, o.lost, o.always)
					}
				}
			})
			mean := float64(sum) / float64(times)
			requests, complete = append(requests, fmt.Sprintf("%.1f", mean)), append(complete, fmt.Sprintf("%d of %d", good, times))
			if mean > c.want || 100*good < 99*times {
				t.Errorf("%d rows, cap %d, churn %g, %s: got %.2f requests, %d of %d Complete, want at most %g, 99 in 100",
					c.size, c.limit, c.churn, d.name, mean, good, times, c.want)
			}
		}
		fmt.Fprintf(&b, "| %d | %d | %g | %s | %s |\n", c.size, c.limit, c.churn, strings.Join(requests, " | "), strings.Join(complete, ", "))
	}
	t.Log("\n" + b.String())
}

// A list of at most one row is listed with one request if it had at most one row before.
func TestTinyListWasTiny(t *testing.T) {
	for size := range 2 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(setting{list: livelist.Config{Size: size}})
			w.wasTiny = true
			if o := observe(w, stream); o.requests != 1 || o.report.Verdict != overlap.Complete || !o.report.Assumed {
				t.Errorf("%d rows: got %+v, want Complete and assumed, with 1 request", size, o.report)
			}
		})
	}
}

// Facts that the service contradicts are not relied on, and the report says so.
func TestFactsContradicted(t *testing.T) {
	good := overlap.Facts{PageSize: 100, Pages: overlap.PagesFilled, Totals: overlap.TotalsOfList}
	for name, paging := range map[string]livelist.Paging{
		"pages are cut by bytes": {Cap: 100, Bytes: 20_000},
		"totals are 0":           {Cap: 100, Total: livelist.TotalZero},
	} {
		t.Run(name, func(t *testing.T) {
			for _, d := range ours {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(setting{list: livelist.Config{Size: 250, Order: livelist.StartDown}, paging: paging})
					w.known = good
					o := observe(w, d.read)
					if !o.report.Contradicted || o.report.Assumed || o.lost > 0 || o.report.Verdict != overlap.Complete {
						t.Errorf("%s: got %d lost, %+v, want Complete, contradicted, not assumed", d.name, o.lost, o.report)
					}
				})
			}
		})
	}
}

// What a listing learns of a service.
func TestFactsLearned(t *testing.T) {
	for name, c := range map[string]struct {
		size   int
		paging livelist.Paging
		want   overlap.Facts
	}{
		"one page":              {47, livelist.Paging{Cap: 100}, overlap.Facts{Pages: "filled", Totals: "list", Order: "start down"}},
		"a full page":           {100, livelist.Paging{Cap: 100}, overlap.Facts{Pages: "filled", Totals: "list", Order: "start down"}},
		"two pages":             {150, livelist.Paging{Cap: 100}, overlap.Facts{PageSize: 100, Pages: "filled", Totals: "list", Beyond: "empty", Order: "start down"}},
		"ten pages":             {950, livelist.Paging{Cap: 100}, overlap.Facts{PageSize: 100, Pages: "filled", Totals: "list", Order: "start down, event down"}},
		"no cap":                {950, livelist.Paging{}, overlap.Facts{Pages: "filled", Totals: "list", Beyond: "empty", Order: "start down, event down"}},
		"a count refused":       {250, livelist.Paging{Reject: 100}, overlap.Facts{PageSize: 100, Pages: "filled", Totals: "list", Beyond: "empty", Order: "start down"}},
		"totals of the page":    {250, livelist.Paging{Cap: 100, Total: livelist.TotalPage}, overlap.Facts{PageSize: 100, Totals: "page", Beyond: "empty", Order: "start down"}},
		"totals that are 0":     {250, livelist.Paging{Cap: 100, Total: livelist.TotalZero}, overlap.Facts{PageSize: 100, Totals: "zero", Beyond: "empty", Order: "start down"}},
		"pages cut by bytes":    {250, livelist.Paging{Cap: 100, Bytes: 40_000}, overlap.Facts{Pages: "short", Totals: "list", Beyond: "empty", Order: "start down"}},
		"repeats its last":      {150, livelist.Paging{Cap: 100, RepeatLast: true}, overlap.Facts{PageSize: 100, Pages: "filled", Totals: "list", Beyond: "last-page", Order: "start down"}},
		"totals that are twice": {250, livelist.Paging{Cap: 100, Total: livelist.TotalDoubled}, overlap.Facts{PageSize: 100, Order: "start down"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := observe(newWorld(setting{list: livelist.Config{Size: c.size, Order: livelist.StartDown, Seed: 3}, paging: c.paging}), stream)
				if got := o.report.Facts; got != c.want {
					t.Errorf("got %+v, want %+v (%+v)", got, c.want, o.report)
				}
			})
		})
	}
}
