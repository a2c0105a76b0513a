package doctor_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	kit "github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// Where totals always count twice what is listed, the advice is the same in every run; with the totals ignored it says so. Where the
// list moves, the summary says that another run may differ.
func TestAdviceOnDoubledTotals(t *testing.T) {
	t.Parallel()
	const other = "another run may find, and advise, something else"
	wants := [][]doctor.Step{nil, nil}
	for seed := range uint64(5) {
		for _, rate := range []float64{0, 0.2} {
			for ignored, opts := range [][]confopenapi.Option{nil, {confopenapi.WithIgnoredTotals()}} {
				w := newWorld(kit.WithConferences(kit.Conferences(60, 1)...), kit.WithOrder(kit.OrderStartDown),
					kit.WithPaging(livelist.Paging{Total: livelist.TotalDoubled}), kit.WithChurn(kit.Churn{Rate: rate, Toggle: rate, Seed: seed}))
				synctest.Test(t, func(t *testing.T) {
					r := examine(t, w, doctor.Options{}, opts...)
					if wants[ignored] == nil {
						wants[ignored] = r.Next
					}
					if diff := cmp.Diff(wants[ignored], r.Next); diff != "" || len(r.Next) == 0 {
						t.Errorf("seed %d, rate %g, totals ignored: %d: the advice differs (-want +got)\n%s", seed, rate, ignored, diff)
					}
					if got := strings.Contains(strings.Join(strings.Fields(printed(t, r)), " "), other); got != (rate > 0) {
						t.Errorf("seed %d, rate %g: got %q: %t, want %t", seed, rate, other, got, rate > 0)
					}
				})
			}
		}
	}
	if on := "--ignore-totals is on"; strings.Contains(wants[0][0].What.Format, on) || !strings.Contains(wants[1][0].What.Format, on) {
		t.Errorf("got %q, and with the totals ignored %q, want %q in the second only", wants[0][0].What.Format, wants[1][0].What.Format, on)
	}
}

// A total that is not quite that of the pages is not said to be the same.
func TestTotalsNearby(t *testing.T) {
	t.Parallel()
	for more, want := range map[int]string{0: "The total and the pages agree: 120.", 2: "The total is 122 and the pages have 120: near enough"} {
		w := newWorld(kit.WithConferences(kit.Conferences(120, 1)...), kit.WithOrder(kit.OrderStartDown), kit.WithTotal(func(live int) int { return live + more }))
		synctest.Test(t, func(t *testing.T) {
			if text := strings.Join(strings.Fields(printed(t, examine(t, w, doctor.Options{}))), " "); !strings.Contains(text, want) {
				t.Errorf("%d more: got\n%s\nwant %q", more, text, want)
			}
		})
	}
}

// A report does not say both that nothing changed and that the list did.
func TestChangesOutsideReadings(t *testing.T) {
	t.Parallel()
	met := 0
	for seed := range uint64(10) {
		w := newWorld(kit.WithConferences(kit.Conferences(60, 1)...), kit.WithOrder(kit.OrderStartDown), kit.WithChurn(kit.Churn{Rate: 0.1, Seed: seed}))
		synctest.Test(t, func(t *testing.T) {
			r := examine(t, w, doctor.Options{})
			moves := r.Find("list.moves").What.In(printers[0])
			if !strings.HasPrefix(moves, "Nothing changed") {
				return
			}
			met++
			changed := strings.Contains(printed(t, r), "changed during this run")
			if said := strings.Contains(moves, "in other readings the list or its total did"); said != changed {
				t.Errorf("seed %d: the summary says that the list changed: %t, and list.moves %q", seed, changed, moves)
			}
		})
	}
	if met == 0 {
		t.Error("in no run the readings were all the same")
	}
}
