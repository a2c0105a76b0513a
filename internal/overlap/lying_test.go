package overlap_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

var (
	lyingRuns  = flag.Int("lying.runs", 600, "listings of lying services, per driver")
	lyingSeed  = flag.Uint64("lying.seed", 1, "the first seed of them")
	lyingChurn = flag.String("lying.churn", "rest,live", "rest, live, or both with a comma")
)

// lying is a world whose service half-fails. Its totals are exact. once reports whether one response alone lies.
func lying(seed uint64, churn float64) (s setting, kind string, once bool) {
	rng := rand.New(rand.NewPCG(seed, 0x11e5))
	pick := func(of ...int) int { return of[rng.IntN(len(of))] }
	s.list = livelist.Config{
		Seed:      seed,
		Size:      pick(1+rng.IntN(25), 20+rng.IntN(80), 60+rng.IntN(240), 100+rng.IntN(900)),
		Order:     livelist.Order(rng.IntN(int(livelist.Given) + 1)),
		Round:     int64(pick(0, 0, 0, 300)),
		RisingIDs: rng.IntN(2) == 0,
		Churn:     churn,
	}
	if churn > 0 {
		s.list.Warm = float64(pick(0, 3, 30))
	}
	s.paging.Cap = pick(0, 20, 50, 99, 100, 100, 500)
	lies := livelist.Lies()
	lie := &s.paging.Lying
	which := rng.IntN(len(lies) + 1)
	if which == len(lies) {
		s.paging.Bytes, s.paging.Heavy, s.paging.HeavyBy = pick(40_000, 80_000), 1+rng.IntN(60), pick(4, 12)
		return s, "heavy tail", false
	}
	lie.Lie = lies[which]
	switch rng.IntN(4) {
	case 0, 1:
		once = true
		lie.First = 1 + rng.IntN(1+s.list.Size/90)
		if lie.First > 1 || rng.IntN(3) == 0 {
			lie.First++
		}
	case 2:
		lie.First, lie.Every, lie.Times = 1+rng.IntN(6), pick(1, 1, 2, 3, 5), pick(2, 3, 0)
	default:
		lie.First, lie.Every = pick(1, 1, 2), 1
	}
	if lie.Lie == livelist.LieOld {
		lie.Age = float64(pick(3, 20, 60))
		s.list.Warm += lie.Age
	}
	kind = lie.Lie.String()
	switch {
	case once:
		kind += ", once"
	case lie.Every == 1 && lie.Times == 0:
		kind += ", for good"
	default:
		kind += ", at times"
	}
	return s, kind, once
}

// silent is a service whose responses all have no rows and the total 0. It looks like an empty list, and is counted apart.
const silent = "nothing but empty, total 0"

func lyingKinds() []string {
	var kinds []string
	for _, lie := range livelist.Lies() {
		for _, when := range []string{"once", "at times", "for good"} {
			kinds = append(kinds, lie.String()+", "+when)
		}
	}
	return append(kinds, "heavy tail", silent)
}

// TestLyingServices lists services whose successes lack rows that their totals count. At rest no verdict is false, and one
// lie does not cost a listing.
func TestLyingServices(t *testing.T) {
	for _, at := range strings.Split(*lyingChurn, ",") {
		tallies := map[string]*[2]tally{}
		for _, kind := range lyingKinds() {
			tallies[kind] = &[2]tally{}
		}
		var whole, onces [2]int
		const batch = 100
		for done := 0; done < *lyingRuns; done += batch {
			var failures []string
			synctest.Test(t, func(t *testing.T) {
				for i := range min(batch, *lyingRuns-done) {
					seed := *lyingSeed + uint64(done+i)
					s, kind, once := lyingAt(at, seed)
					for j, d := range ours {
						o := observe(newWorld(s), d.read)
						kind := kind
						if o.report.Rows == 0 && o.report.TotalCount == 0 {
							kind = silent
						}
						tallies[kind][j].add(o)
						if o.invented > 0 || o.requests > requestLimit {
							failures = append(failures, fmt.Sprintf("%s, seed %d, %s: %d rows invented, %d requests", at, seed, d.name, o.invented, o.requests))
						}
						good := o.report.Verdict > 1
						if good && o.lost > 0 && kind != silent {
							failures = append(failures, fmt.Sprintf("%s, seed %d, %s, %s: %s, but %d of %d lost\n%+v\n%+v",
								at, seed, kind, d.name, verdictNames[o.report.Verdict], o.lost, o.always, s, o.report))
						}
						if once && kind != silent {
							onces[j]++
							if good && o.lost == 0 {
								whole[j]++
							} else {
								failures = append(failures, fmt.Sprintf("%s, seed %d, %s, %s: not overcome, %+v", at, seed, kind, d.name, o.report))
							}
						}
					}
				}
			})
			for _, f := range failures {
				t.Log(f)
				if at == "rest" && strings.Contains(f, " lost\n") || strings.Contains(f, "invented") {
					t.Fail()
				}
			}
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s: %d listings, seeds %d to %d.\n\n", at, 2**lyingRuns, *lyingSeed, *lyingSeed+uint64(*lyingRuns)-1)
		fmt.Fprintln(&b, "| what lacks | driver | listings | Complete | of these false | Conditional | of these false |\n|---|---|---|---|---|---|---|")
		var all tally
		for _, kind := range lyingKinds() {
			for j, d := range ours {
				c := tallies[kind][j]
				fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d |\n", kind, d.name, c.runs, c.complete, c.falseComplete, c.conditional, c.falseConditional)
				if kind == silent {
					continue
				}
				all.runs += c.runs
				all.complete += c.complete
				all.conditional += c.conditional
				all.falseComplete += c.falseComplete
				all.falseConditional += c.falseConditional
			}
		}
		fmt.Fprintf(&b, "| all | | %d | %d | %d | %d | %d |\n", all.runs, all.complete, all.falseComplete, all.conditional, all.falseConditional)
		if wrong := all.falseComplete + all.falseConditional; wrong > 3+all.runs/200 {
			t.Errorf("%s: got %d false verdicts of %d, want at most 1 in 200", at, wrong, all.runs)
		}
		for j, d := range ours {
			if 100*whole[j] < 97*onces[j] {
				t.Errorf("%s, %s: got %d of %d listings over one lie, want 97 in 100", at, d.name, whole[j], onces[j])
			}
			fmt.Fprintf(&b, "\none lie overcome, %s: %d of %d (%.2f %%)", d.name, whole[j], onces[j], 100*float64(whole[j])/float64(max(1, onces[j])))
		}
		t.Log("\n" + b.String())
	}
}

// lyingAt is a lying world at rest, or with a churn of 0.1 to 5.
func lyingAt(at string, seed uint64) (s setting, kind string, once bool) {
	if at == "rest" {
		return lying(seed, 0)
	}
	return lying(seed, []float64{.1, .5, 1, 2, 5}[seed%5])
}
