package doctor_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	kit "github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// The option that ignores totals is proposed where the list was at rest and all totals were above what it shows, but not where
// conferences may be missing; and with it, the guarantees hold.
func TestProposesIgnoredTotals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		paging   livelist.Paging
		opts     []confopenapi.Option
		proposed bool
		all      doctor.Verdict
	}{
		"doubled":              {livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalDoubled}, nil, true, doctor.Unusual},
		"doubled, and ignored": {livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalDoubled}, []confopenapi.Option{confopenapi.WithIgnoredTotals()}, false, doctor.OK},
		"right":                {livelist.Paging{Cap: 50, Clamp: true}, nil, false, doctor.OK},
		"not shown beyond 75":  {livelist.Paging{Depth: 75}, nil, false, doctor.Unusual},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(kit.WithConferences(kit.Conferences(120, 1)...), kit.WithOrder(kit.OrderStartDown), kit.WithPaging(c.paging))
			synctest.Test(t, func(t *testing.T) {
				r := examine(t, w, doctor.Options{}, c.opts...)
				if text := printed(t, r); strings.Contains(text, "Do not go by the totals") != c.proposed {
					t.Errorf("got the proposal: %v, want %v, in\n%s", !c.proposed, c.proposed, text)
				}
				for _, check := range []string{"sdk.all", "sdk.complete", "sdk.watch"} {
					if got := r.Find(check).Verdict; got != c.all {
						t.Errorf("%s: got %s, want %s", check, got, c.all)
					}
				}
			})
		})
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
