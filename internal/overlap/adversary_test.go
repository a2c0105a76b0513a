package overlap_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

var (
	adversarialRuns  = flag.Int("adversarial.runs", 1500, "listings of the adversarial run, per driver")
	adversarialSeed  = flag.Uint64("adversarial.seed", 1, "its first seed")
	adversarialWrite = flag.Bool("adversarial.write", false, "write its table into docs/consistency.md")
)

// adversarial is a world in which everything that a server or a list may do is chosen at random.
func adversarial(seed uint64) setting {
	rng := rand.New(rand.NewPCG(seed, 0xad7e45))
	pick := func(of ...int) int { return of[rng.IntN(len(of))] }
	chance := func(p float64) bool { return rng.Float64() < p }
	var s setting
	size := pick(rng.IntN(25), 20+rng.IntN(80), 60+rng.IntN(240), 60+rng.IntN(240), 100+rng.IntN(700))
	s.list = livelist.Config{
		Seed:      seed,
		Size:      size,
		Order:     livelist.Orders()[rng.IntN(len(livelist.Orders()))],
		Warm:      float64(pick(0, 0, 3, 30)),
		Round:     int64(pick(0, 0, 0, 60, 300, 1800)),
		RisingIDs: chance(.5),
	}
	s.list.Churn = []float64{0, .1, .5, 1, 2, 5, 10, 20, 50}[rng.IntN(9)]
	if chance(.3) {
		s.list.Return = .8 * rng.Float64()
	}
	if chance(.3) {
		s.list.Restart = .2
	}
	if chance(.2) {
		s.list.Burst = livelist.Burst{Every: 1 + 4*rng.Float64(), Size: 1 + rng.IntN(60)}
	}
	if chance(.15) {
		s.list.Shrink = livelist.Shrink{At: .3 + 5*rng.Float64(), To: pick(0, size/10, size/3, size/2)}
	}
	if chance(.4) {
		s.list.Filter = livelist.Filter(1 + rng.IntN(2))
		s.list.Single = []float64{.02, .05, .2, .5}[rng.IntN(4)]
		s.list.Toggle = []float64{0, .5, 2, 10}[rng.IntN(4)]
	}
	if chance(.05) {
		s.list.Twins = .02
	}
	if chance(.05) {
		s.list.Anonymous = .02
	}
	s.paging.Cap = pick(0, 20, 30, 50, 99, 100, 500, max(20, size-1), max(20, size), size+20)
	if chance(.2) {
		s.paging.Reject = pick(20, 50, 100, 499)
	}
	if chance(.12) {
		s.paging.Bytes = pick(20_000, 40_000, 80_000)
	}
	if chance(.03) {
		s.paging.Depth = pick(50, 100, 200)
	}
	if chance(.5) {
		s.paging.Total = livelist.Totals()[rng.IntN(int(livelist.TotalSkipped))]
	}
	switch {
	case chance(.02):
		s.paging.IgnorePage = true
	case chance(.02):
		s.paging.IgnoreCount = true
	case chance(.02):
		s.paging.OddCounts = true
	}
	if chance(.1) {
		for range 1 + rng.IntN(3) {
			s.paging.Lags = append(s.paging.Lags, 3*rng.Float64())
		}
	}
	if chance(.1) {
		s.lose = []float64{.02, .1, .3}[rng.IntN(3)]
	}
	if s.paging.Bytes > 0 && chance(.5) { // a page still holds the default count
		s.paging.Heavy = 1 + rng.IntN(100)
		s.paging.Bytes *= 5
	}
	if chance(.1) {
		s.slow = []float64{.01, .05, .2}[rng.IntN(3)]
	}
	s.paging.RepeatLast = chance(.2)
	if s.paging.Total == livelist.TotalExact && chance(.1) {
		s.paging.Total = livelist.TotalSkipped
	}
	return s
}

// tally counts the verdicts in one kind of world, and the false ones.
type tally struct{ runs, complete, conditional, falseComplete, falseConditional int }

func (t *tally) add(o outcome) {
	t.runs++
	switch o.report.Verdict {
	case overlap.Complete:
		t.complete++
		if o.lost > 0 {
			t.falseComplete++
		}
	case overlap.Conditional:
		t.conditional++
		if o.lost > 0 {
			t.falseConditional++
		}
	}
}

func tallyHead(first string) string {
	return "| " + first + " | listings | Complete | of these false | Conditional | of these false |\n|---|---|---|---|---|---|\n"
}

func tallyRow(b *strings.Builder, name string, of ...*tally) {
	count := func(f func(*tally) int) string { return across(of, func(t *tally) string { return fmt.Sprint(f(t)) }) }
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", name, count(func(t *tally) int { return t.runs }),
		count(func(t *tally) int { return t.complete }), count(func(t *tally) int { return t.falseComplete }),
		count(func(t *tally) int { return t.conditional }), count(func(t *tally) int { return t.falseConditional }))
}

// These kinds of servers are counted separately. The first two break what every proof assumes.
const (
	dishonest  = "page or count not honoured"
	shallow    = "rows far down never shown"
	miscounted = "totals before the filter, old, doubled or off by 2 %"
)

// kind is the row of the table for a world. sound reports whether what the proofs assume holds in it.
func (s setting) kind() (name string, sound bool) {
	switch {
	case s.paging.IgnorePage || s.paging.IgnoreCount || s.paging.OddCounts:
		return dishonest, false
	case s.paging.Depth > 0:
		return shallow, false
	case slices.Contains([]livelist.Total{livelist.TotalRaw, livelist.TotalCached, livelist.TotalNoisy, livelist.TotalDoubled}, s.paging.Total):
		return miscounted, s.list.Order.Stable()
	default:
		return s.list.Order.String(), s.list.Order.Stable()
	}
}

func kinds() []string {
	var names []string
	for _, order := range livelist.Orders() {
		names = append(names, order.String())
	}
	return append(names, dishonest, shallow, miscounted)
}

// listThrice lists a world without facts, with those of this listing, and with those of another world. It reports what is wrong. No
// verdict is false in a sound world, unless the listing says that it assumed what another world taught, or that totals are
// right that were right by chance before. No row is invented, and every listing ends.
func listThrice(s setting, read algorithm, other setting, report func(of string, o outcome, wrong string)) (first, again, last outcome) {
	kind, sound := s.kind()
	check := func(of string, o outcome, believed bool) outcome {
		switch {
		case o.invented > 0:
			report(of, o, fmt.Sprintf("%d rows that were never listed", o.invented))
		case o.requests > requestLimit && !s.paging.IgnorePage && !s.paging.RepeatLast: // new rows on every page look like an endless list
			report(of, o, fmt.Sprintf("%d requests, want at most %d", o.requests, requestLimit))
		case sound && o.lost > 0 && o.report.Verdict > overlap.Incomplete && !(believed && o.report.Assumed):
			report(of, o, fmt.Sprintf("%s, but %d of %d lost", verdictNames[o.report.Verdict], o.lost, o.always))
		}
		return o
	}
	w := newWorld(s)
	first = check("without facts", observe(w, read), false)
	w.known, w.requests = first.report.Facts, 0
	again = check("facts of the same world", observe(w, read), kind == miscounted)
	w = newWorld(s)
	w.known = observe(newWorld(other), read).report.Facts
	last = check("facts of another world", observe(w, read), true)
	return first, again, last
}

var adversaryDrivers = []reader{{"parallel", snapshot(8)}, {"streaming", stream}}

// TestAdversarySeeds lists worlds in which a verdict was false once.
func TestAdversarySeeds(t *testing.T) {
	for seed, why := range map[uint64]string{
		27_579:    "a full page whose old total fits by chance, and a page within it that disagrees in its rows",
		36_903:    "the totals of two pages agree by chance, and that of a third does not",
		40_535:    "a full page whose total fits by chance, and a page within it that disagrees in its total",
		65_753:    "the total drops with the response that is to show whether the first page is the list",
		70_391:    "pages limited in bytes, and a total that is wrong twice in the same way",
		85_827:    "a first page that lacks a row, and an old total",
		140_332:   "totals of the page, after another world has taught that they count the list: no page seems to be repeated",
		177_593:   "a list that shrank, and a filter that hides a row of its first page, which no listing has met before",
		2_009_842: "a page that is full only by the page size of the facts, and an old total that two pages share by chance",
		3_010_109: "pages limited in bytes, seen only by totals, and a total that moves and agrees with a short page by chance",
		3_016_696: "pages limited in bytes that hold fewer rows than the default, and rows behind the first page before it is read again",
	} {
		for _, d := range adversaryDrivers {
			t.Run(why+", "+d.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					listThrice(adversarial(seed), d.read, adversarial(seed+1_000_003), func(of string, o outcome, wrong string) {
						t.Errorf("seed %d, %s: %s\n%+v", seed, of, wrong, o.report)
					})
				})
			})
		}
	}
}

// TestAdversary does so for adversarial worlds.
func TestAdversary(t *testing.T) {
	tallies := map[string]*tally{}
	for _, kind := range kinds() {
		for _, d := range adversaryDrivers {
			tallies[kind+d.name] = &tally{}
		}
	}
	taught := map[string]*tally{"same": {}, "other": {}, "miscounted": {}}
	const batch = 100
	runs := few(*adversarialRuns)
	for done := 0; done < runs; done += batch {
		var failures []string
		synctest.Test(t, func(t *testing.T) {
			for i := range min(batch, runs-done) {
				seed := *adversarialSeed + uint64(done+i)
				s := adversarial(seed)
				kind, sound := s.kind()
				for _, d := range adversaryDrivers {
					first, again, last := listThrice(s, d.read, adversarial(seed+1_000_003), func(of string, o outcome, wrong string) {
						failures = append(failures, fmt.Sprintf("seed %d, %s, %s: %s\n%+v\n%+v", seed, d.name, of, wrong, s, o.report))
					})
					tallies[kind+d.name].add(first)
					switch {
					case kind == miscounted && sound:
						taught["miscounted"].add(again)
					case sound:
						taught["same"].add(again)
					}
					if sound {
						taught["other"].add(last)
					}
				}
			}
		})
		for _, f := range failures {
			t.Error(f)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d listings, seeds %d to %d.\n\n", 2*runs, *adversarialSeed, *adversarialSeed+uint64(runs)-1)
	b.WriteString(tallyHead("world"))
	for _, kind := range kinds() {
		tallyRow(&b, kind, tallies[kind+"streaming"], tallies[kind+"parallel"])
	}
	tallyRow(&b, "sound worlds, again with the facts that the first listing learned", taught["same"])
	tallyRow(&b, "the same, where totals are wrong", taught["miscounted"])
	tallyRow(&b, "sound worlds, with the facts of another world", taught["other"])
	t.Log("\n" + b.String())
	if *adversarialWrite {
		writeTable(t, "adversary", b.String())
	}
}
