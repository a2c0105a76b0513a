package doctor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	kit "github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// trait is a way to be odd that goes with others.
type trait struct {
	apply func(*livelist.Paging) []kit.Option
	odd   string // what must be named
	maybe string // what may be named too, where there is enough to see
}

// traits are in groups, of each of which a service has one at most.
var traits = [][]trait{
	{
		{func(o *livelist.Paging) []kit.Option { o.Cap, o.Clamp = 50, true; return nil }, "count.max", ""},
		{func(o *livelist.Paging) []kit.Option { o.Cap = 50; return nil }, "count.max", ""},
		{func(o *livelist.Paging) []kit.Option { o.Reject = 60; return nil }, "count.max", ""},
	},
	{
		{func(*livelist.Paging) []kit.Option { return []kit.Option{kit.WithOrder(kit.OrderArbitrary)} }, "order.key", ""},
		{func(*livelist.Paging) []kit.Option { return []kit.Option{kit.WithOrder(kit.Order(livelist.EventUp))} }, "", ""},
		{func(*livelist.Paging) []kit.Option { return []kit.Option{kit.WithOrder(kit.OrderShuffled)} }, "order.key", "order.stable"},
		{func(*livelist.Paging) []kit.Option {
			return []kit.Option{kit.WithOrder(kit.Order(livelist.SortedPage))}
		}, "", "order.key"},
	},
	{
		{func(o *livelist.Paging) []kit.Option { o.Total = livelist.TotalDoubled; return nil }, "", "total.list"},
		{func(o *livelist.Paging) []kit.Option { o.Total = livelist.TotalZero; return nil }, "total.list", ""},
		{func(o *livelist.Paging) []kit.Option { o.Total = livelist.TotalPage; return nil }, "total.list", ""},
		{func(o *livelist.Paging) []kit.Option { o.Total = livelist.TotalRaw; return nil }, "", "total.filter"},
		{func(o *livelist.Paging) []kit.Option { o.Depth = 75; return nil }, "", "list.depth total.list"},
	},
	{{func(*livelist.Paging) []kit.Option { return []kit.Option{kit.WithFilterAfterPaging()} }, "", "filter.paging"}},
	{
		{func(o *livelist.Paging) []kit.Option { o.RepeatLast = true; return nil }, "page.beyond", ""},
		{func(o *livelist.Paging) []kit.Option { o.IgnorePage = true; return nil }, "", "page.number"},
	},
	{
		{func(o *livelist.Paging) []kit.Option { o.OddCounts = true; return nil }, "count.odd", ""},
		{func(o *livelist.Paging) []kit.Option { o.IgnoreCount = true; return nil }, "count.honoured", ""},
	},
	{{func(*livelist.Paging) []kit.Option { return []kit.Option{kit.WithExampleSpelling()} }, "fields.spelling", ""}},
	{
		{func(*livelist.Paging) []kit.Option { return []kit.Option{kit.WithTokenIn(confopenapi.TokenInBody)} }, "token.header", ""},
		{func(*livelist.Paging) []kit.Option {
			return []kit.Option{kit.WithRefusal(kit.BusinessStatus(7, "null"))}
		}, "token.wrong", ""},
	},
}

// Services are odd in several ways at once. The report names only oddities that they have, and all that must show.
func TestMixedOddities(t *testing.T) {
	t.Parallel()
	mixes := 5 * *seeds
	if testing.Short() {
		mixes = 2
	}
	for seed := range uint64(mixes) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w, must, may := mix(seed)
			synctest.Test(t, func(t *testing.T) {
				r := examine(t, w, doctor.Options{})
				odd := slices.DeleteFunc(with(r, doctor.Unusual), func(check string) bool { return strings.HasPrefix(check, "sdk.") })
				for _, check := range odd {
					if !slices.Contains(must, check) && !slices.Contains(may, check) {
						t.Errorf("%s is odd: %s %v", check, r.Find(check).What.Format, r.Find(check).Evidence)
					}
				}
				for _, check := range must {
					if !slices.Contains(odd, check) {
						t.Errorf("%s is %s: %s", check, r.Find(check).Verdict, r.Find(check).What.Format)
					}
				}
				if t.Failed() {
					t.Logf("it must name %v, and may name %v", must, may)
				}
			})
		})
	}
}

// mix is a service with traits by chance, and what must and may be named of it.
func mix(seed uint64) (w *world, must, may []string) {
	r := rand.New(rand.NewPCG(seed, 1))
	var oddities livelist.Paging
	opts := []kit.Option{
		kit.WithOrder(kit.OrderStartDown), kit.WithConferences(kit.Conferences(120, seed)...),
		kit.WithChurn(kit.Churn{Seed: seed, Rate: 0.2 * float64(seed%2)}),
	}
	for _, group := range traits {
		if r.IntN(3) == 0 {
			chosen := group[r.IntN(len(group))]
			opts = append(opts, chosen.apply(&oddities)...)
			must, may = append(must, strings.Fields(chosen.odd)...), append(may, strings.Fields(chosen.maybe)...)
		}
	}
	switch {
	case oddities.IgnorePage: // a page that is always the first hides what is on others
		may, must = append(append(may, must...), "page.beyond"), nil
	case oddities.RepeatLast && oddities.Depth > 0: // where the last page is, nothing is shown
		may = append(may, "page.beyond")
		must = slices.DeleteFunc(must, func(check string) bool { return check == "page.beyond" })
	}
	if oddities.IgnoreCount { // which goes before what else count does
		may = append(may, "count.max")
		must = slices.DeleteFunc(must, func(check string) bool { return check == "count.max" })
	}
	return newWorld(append(opts, kit.WithPaging(oddities))...), must, may
}
