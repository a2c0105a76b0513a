package overlap_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

var (
	churnWrite = flag.Bool("churn.write", false, "measure, and write the tables into docs/consistency.md")
	churnSeeds = flag.Int("churn.seeds", 200, "listings for each figure")
)

// summary is many outcomes of one algorithm in one kind of world.
type summary struct {
	tally
	losing         int
	recall         float64
	requests, wall []float64
}

func (s *summary) add(o outcome) {
	s.tally.add(o)
	s.recall += o.recall()
	s.requests = append(s.requests, float64(o.requests))
	s.wall = append(s.wall, o.wall)
	if o.lost > 0 {
		s.losing++
	}
}

func (s *summary) percent(n int) string { return fmt.Sprintf("%.3g", 100*float64(n)/float64(s.runs)) }

// quantiles is a median and a 99th percentile.
func quantiles(values []float64, format string) string {
	sorted := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 { return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))] }
	return fmt.Sprintf(format+" / "+format, at(.5), at(.99))
}

// measure lets an algorithm read a fresh world for each seed.
func measure(t *testing.T, read algorithm, seeds int, s setting) *summary {
	t.Helper()
	sum := &summary{}
	synctest.Test(t, func(t *testing.T) {
		for seed := range seeds {
			s.list.Seed = uint64(seed)
			if s.within > 0 {
				s.list.Shrink.At = max(.01, s.within*rand.New(rand.NewPCG(s.list.Seed, 1)).Float64())
			}
			sum.add(observe(newWorld(s), read))
		}
	})
	return sum
}

// live is a list of the tables, which has lived for a while before it is read.
func live(size int, order livelist.Order, churn float64) setting {
	return setting{list: livelist.Config{Size: size, Order: order, Churn: churn, Warm: 10}, paging: livelist.Paging{Cap: 100}}
}

var churns = []float64{.1, 1, 5}

type reader struct {
	name string
	read algorithm
}

var ours = []reader{{"overlap, streaming", stream}, {"overlap, parallel 8", snapshot(8)}}

var baselines = []reader{
	{"naive, with or without dedupe", naive},
	{"naive, a count of 500 taken at its word", trusting},
	{"parallel pages, 8 in flight", parallelPages},
	{"forward and backward, union", thereAndBack},
	{"double collect until two agree, at most 6", doubleCollect},
}

// across joins what f says of each.
func across[T any](of []T, f func(T) string) string {
	var parts []string
	for _, s := range of {
		parts = append(parts, f(s))
	}
	return strings.Join(parts, " · ")
}

func compareTable(t *testing.T, seeds int) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, "| algorithm | recall | scans that lose something, % | scans that claim nothing was lost, % | requests, median / p99 | wall, median / p99 |\n|---|---|---|---|---|---|")
	for _, r := range slices.Concat(baselines, ours) {
		var of []*summary
		for _, churn := range churns {
			of = append(of, measure(t, r.read, seeds, live(1000, livelist.StartDown, churn)))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.name,
			across(of, func(s *summary) string { return fmt.Sprintf("%.5f", s.recall/float64(s.runs)) }),
			across(of, func(s *summary) string { return s.percent(s.losing) }),
			across(of, func(s *summary) string {
				if s.complete+s.conditional == 0 && r.name != baselines[4].name {
					return "silent"
				}
				return s.percent(s.complete + s.conditional)
			}),
			across(of, func(s *summary) string { return quantiles(s.requests, "%.0f") }),
			across(of, func(s *summary) string { return quantiles(s.wall, "%.1f") }))
	}
	return b.String()
}

func orderTable(t *testing.T, seeds int) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, "| order | driver | lost | Complete, % | Conditional, % | requests, median / p99 | wall, median / p99 |\n|---|---|---|---|---|---|---|")
	for _, order := range append([]livelist.Order{livelist.StartDown, livelist.Arbitrary}, livelist.Orders()[livelist.LooseTies:]...) {
		for _, r := range ours {
			var of []*summary
			for _, churn := range churns {
				of = append(of, measure(t, r.read, seeds, live(1000, order, churn)))
			}
			fmt.Fprintf(&b, "| %v | %s | %s | %s | %s | %s | %s |\n", order, strings.TrimPrefix(r.name, "overlap, "),
				across(of, func(s *summary) string { return fmt.Sprint(s.falseComplete + s.falseConditional) }),
				across(of, func(s *summary) string { return s.percent(s.complete) }),
				across(of, func(s *summary) string { return s.percent(s.conditional) }),
				across(of, func(s *summary) string { return quantiles(s.requests, "%.0f") }),
				across(of, func(s *summary) string { return quantiles(s.wall, "%.1f") }))
		}
	}
	return b.String()
}

func figures(b *strings.Builder, name string, of ...*summary) {
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", name,
		across(of, func(s *summary) string { return fmt.Sprintf("%.5f", s.recall/float64(s.runs)) }),
		across(of, func(s *summary) string { return fmt.Sprint(s.falseComplete + s.falseConditional) }),
		across(of, func(s *summary) string { return s.percent(s.complete) }),
		across(of, func(s *summary) string { return s.percent(s.conditional) }),
		across(of, func(s *summary) string { return quantiles(s.requests, "%.0f") }),
		across(of, func(s *summary) string { return quantiles(s.wall, "%.1f") }))
}

func serverTable(t *testing.T, seeds int) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, "| | recall | false verdicts | Complete, % | Conditional, % | requests, median / p99 | wall, median / p99 |\n|---|---|---|---|---|---|---|")
	figures(&b, "10,000 conferences, churn 5; naive", measure(t, naive, seeds, live(10_000, livelist.StartDown, 5)))
	server := func(name string, change func(*setting)) {
		s := live(1000, livelist.StartDown, 1)
		change(&s)
		var of []*summary
		for _, r := range ours {
			of = append(of, measure(t, r.read, seeds, s))
		}
		figures(&b, name, of...)
	}
	server("10,000 conferences, churn 5", func(s *setting) { s.list.Size, s.list.Churn = 10_000, 5 })
	server("10,000 conferences, churn 5, arbitrary order", func(s *setting) {
		s.list.Size, s.list.Churn, s.list.Order = 10_000, 5, livelist.Arbitrary
	})
	for _, to := range []int{300, 0} {
		var of []*summary
		for _, r := range ours {
			s := live(1000, livelist.StartDown, .1)
			s.list.Shrink.To, s.within = to, measure(t, r.read, 1, s).wall[0]
			of = append(of, measure(t, r.read, seeds, s))
		}
		figures(&b, fmt.Sprintf("shrinks to %d at a random time, churn 0.1", to), of...)
	}
	server("no cap", func(s *setting) { s.paging.Cap = 0 })
	server("counts above 100 refused", func(s *setting) { s.paging.Reject = 100 })
	server("total always 0", func(s *setting) { s.paging.Total = livelist.TotalZero })
	server("total within 2 %", func(s *setting) { s.paging.Total = livelist.TotalNoisy })
	server("total doubled", func(s *setting) { s.paging.Total = livelist.TotalDoubled })
	server("5 % hidden before paging, 2 toggles a unit", func(s *setting) { s.list.Filter, s.list.Single, s.list.Toggle = livelist.FilterBefore, .05, 2 })
	server("5 % hidden after paging", func(s *setting) { s.list.Filter, s.list.Single = livelist.FilterAfter, .05 })
	server("5 % hidden after paging, total 0", func(s *setting) {
		s.list.Filter, s.list.Single, s.paging.Total = livelist.FilterAfter, .05, livelist.TotalZero
	})
	server("pages of at most 80,000 bytes", func(s *setting) { s.paging.Bytes = 80_000 })
	server("two replicas, up to 2 units behind", func(s *setting) { s.paging.Lags = []float64{0, 2} })
	server("5 % of requests fail", func(s *setting) { s.lose = .05 })
	server("6 % of requests held up for 15 units", func(s *setting) { s.slow = .03 })
	server("100 start and end at once, every 3 units", func(s *setting) { s.list.Burst = livelist.Burst{Every: 3, Size: 100} })
	again := func(name string, change func(*setting)) {
		server("the last page again beyond the end"+name, func(s *setting) { s.paging.RepeatLast = true; change(s) })
	}
	again("", func(*setting) {})
	again(", 45 conferences", func(s *setting) { s.list.Size = 45 })
	again(", total within 2 %", func(s *setting) { s.paging.Total = livelist.TotalNoisy })
	again(", total always 0", func(s *setting) { s.paging.Total = livelist.TotalZero })
	again(", 5 % hidden after paging", func(s *setting) { s.list.Filter, s.list.Single = livelist.FilterAfter, .05 })
	server("odd counts taken as 20", func(s *setting) { s.paging.OddCounts = true })
	server("count ignored", func(s *setting) { s.paging.IgnoreCount = true })
	server("page ignored", func(s *setting) { s.paging.IgnorePage = true })
	return b.String()
}

// TestChurnTables measures and writes the tables of docs/consistency.md and its Chinese twin.
func TestChurnTables(t *testing.T) {
	if !*churnWrite {
		t.Skip("needs -churn.write")
	}
	for _, table := range []struct {
		name string
		make func(*testing.T, int) string
	}{{"compare", compareTable}, {"orders", orderTable}, {"servers", serverTable}, {"watch", watchTable}} {
		writeTable(t, table.name, table.make(t, *churnSeeds))
	}
}

// writeTable replaces what stands between the markers of a table, in both languages.
func writeTable(t *testing.T, name, table string) {
	t.Helper()
	start, end := fmt.Sprintf("<!-- %s: start -->\n", name), fmt.Sprintf("<!-- %s: end -->", name)
	for _, document := range []string{"../../docs/consistency.md", "../../docs/consistency.zh-CN.md"} {
		data, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, ok := strings.Cut(string(data), start)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no markers for the table %q", document, name)
		}
		if err := os.WriteFile(document, []byte(before+start+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
