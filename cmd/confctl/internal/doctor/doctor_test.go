package doctor_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	kit "github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// odd is a service that is odd in some ways.
type odd struct {
	name   string
	opts   []kit.Option
	change func(string) string
	hide   bool     // conferences with one attendee are not asked for
	odd    []string // exactly these, without the guarantees
	broken []string // exactly these guarantees
	maybe  []string // these differ from list to list
	known  []string // these must be known to be fine
}

var worlds = []odd{
	{
		name:  "plain",
		opts:  []kit.Option{kit.WithOrder(kit.OrderStartDown)},
		known: []string{"token.both", "token.wrong", "count.odd", "page.number", "page.beyond", "page.filled", "filter.single", "filter.paging", "order.key", "order.stable", "total.list", "total.filter", "list.depth", "time.date", "time.timestamp", "sdk.pages", "sdk.all", "sdk.complete", "sdk.watch"},
	},
	{
		name:  "a silent cap, earliest start first",
		opts:  []kit.Option{kit.WithMaxCount(50), kit.WithOrder(kit.Order(livelist.StartUp))},
		odd:   []string{"count.max"},
		known: []string{"count.odd", "order.key", "total.list", "sdk.complete"},
	},
	{
		name:  "pages of 15 at the most",
		opts:  []kit.Option{kit.WithMaxCount(15), kit.WithOrder(kit.OrderStartDown)},
		odd:   []string{"count.default", "count.max"},
		maybe: []string{"sdk.all", "sdk.complete", "sdk.watch"},
		known: []string{"count.odd", "page.number"},
	},
	{
		name:  "counts refused",
		opts:  []kit.Option{kit.WithPaging(livelist.Paging{Reject: 60}), kit.WithOrder(kit.Order(livelist.EventDown))},
		odd:   []string{"count.max"},
		known: []string{"order.key", "order.ties", "sdk.complete"},
	},
	{
		name:  "filtered after paging, spelt as in the example",
		opts:  []kit.Option{kit.WithFilterAfterPaging(), kit.WithExampleSpelling(), kit.WithOrder(kit.OrderStartDown)},
		odd:   []string{"filter.paging", "fields.spelling"},
		known: []string{"filter.single", "total.filter", "sdk.complete"},
	},
	{
		name:  "filtered after paging, and that is asked for",
		opts:  []kit.Option{kit.WithFilterAfterPaging(), kit.WithMaxCount(40), kit.WithOrder(kit.OrderStartDown)},
		hide:  true,
		odd:   []string{"count.max", "page.filled"},
		maybe: []string{"filter.paging", "sdk.all", "sdk.complete", "sdk.watch"}, // of some lists too few are hidden
		known: []string{"filter.single", "order.key"},
	},
	{
		name:   "page ignored",
		opts:   []kit.Option{kit.WithPaging(livelist.Paging{IgnorePage: true}), kit.WithOrder(kit.OrderStartDown)},
		odd:    []string{"page.number"},
		broken: []string{"sdk.pages", "sdk.all", "sdk.complete", "sdk.watch"},
	},
	{
		name:  "the last page again",
		opts:  []kit.Option{kit.WithPaging(livelist.Paging{RepeatLast: true, Cap: 40, Clamp: true}), kit.WithOrder(kit.OrderStartDown)},
		odd:   []string{"count.max", "page.beyond"},
		known: []string{"page.number", "sdk.pages", "sdk.all", "sdk.complete", "sdk.watch"},
	},
	{
		name: "odd counts rounded, the token in the header only",
		opts: []kit.Option{
			kit.WithPaging(livelist.Paging{OddCounts: true, Cap: 50, Clamp: true}), kit.WithTokenIn(confopenapi.TokenInHeader), kit.WithOrder(kit.OrderStartDown),
		},
		odd:    []string{"token.body", "count.max", "count.odd"},
		broken: []string{"sdk.all", "sdk.complete", "sdk.watch"},
	},
	{
		name:   "count ignored, the token in the body only",
		opts:   []kit.Option{kit.WithPaging(livelist.Paging{IgnoreCount: true}), kit.WithTokenIn(confopenapi.TokenInBody), kit.WithOrder(kit.OrderStartDown)},
		odd:    []string{"token.header", "count.honoured"},
		broken: []string{"sdk.all", "sdk.complete", "sdk.watch"},
	},
	{
		name:   "no order that can be seen",
		opts:   []kit.Option{kit.WithMaxCount(50), kit.WithOrder(kit.OrderArbitrary)},
		odd:    []string{"count.max", "order.key"},
		broken: []string{"sdk.complete", "sdk.watch"},
		known:  []string{"order.stable", "sdk.all"},
	},
	{
		name:   "another order every time",
		opts:   []kit.Option{kit.WithMaxCount(50), kit.WithOrder(kit.OrderShuffled)},
		odd:    []string{"count.max", "order.key", "order.stable"},
		broken: []string{"sdk.all", "sdk.complete", "sdk.watch"},
	},
	{
		name:   "totals doubled",
		opts:   []kit.Option{kit.WithMaxCount(50), kit.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalDoubled}), kit.WithOrder(kit.OrderStartDown)},
		odd:    []string{"count.max", "total.list"},
		broken: []string{"sdk.all", "sdk.complete", "sdk.watch"},
		known:  []string{"total.filter", "list.depth"},
	},
	{
		name: "totals of the page",
		opts: []kit.Option{kit.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalPage}), kit.WithOrder(kit.OrderStartDown)},
		odd:  []string{"count.max", "total.list"},
	},
	{
		name: "totals of nothing",
		opts: []kit.Option{kit.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalZero}), kit.WithOrder(kit.OrderStartDown)},
		odd:  []string{"count.max", "total.list"},
	},
	{
		name:  "totals before the filter, a wrong token a business status",
		opts:  []kit.Option{kit.WithPaging(livelist.Paging{Total: livelist.TotalRaw}), kit.WithRefusal(kit.BusinessStatus(40101, "null")), kit.WithOrder(kit.OrderStartDown)},
		odd:   []string{"token.wrong", "total.filter"},
		known: []string{"total.list"},
	},
	{
		name:   "nothing shown beyond 75",
		opts:   []kit.Option{kit.WithPaging(livelist.Paging{Depth: 75}), kit.WithOrder(kit.OrderStartDown)},
		odd:    []string{"total.list"},
		broken: []string{"sdk.all", "sdk.complete", "sdk.watch"},
		maybe:  []string{"list.depth"}, // of some lists the filter hides too few
	},
	{
		name:  "starts by the half hour, ties in an order that cannot be seen",
		opts:  []kit.Option{kit.WithConferences(tied(120)...), kit.WithMaxCount(50), kit.WithOrder(kit.Order(livelist.StartOnly))},
		odd:   []string{"count.max", "order.ties"},
		maybe: []string{"sdk.complete", "sdk.watch"}, // as pages begin among ties or not
		known: []string{"order.key", "order.stable", "sdk.all"},
	},
	{
		name:  "starts by the half hour, ties in another order every time",
		opts:  []kit.Option{kit.WithConferences(tied(120)...), kit.WithMaxCount(50), kit.WithOrder(kit.Order(livelist.LooseTies))},
		odd:   []string{"count.max", "order.ties", "order.stable"},
		maybe: []string{"sdk.all", "sdk.complete", "sdk.watch"},
		known: []string{"order.key"},
	},
	{
		name:   "only pages are sorted",
		opts:   []kit.Option{kit.WithMaxCount(50), kit.WithOrder(kit.Order(livelist.SortedPage))},
		odd:    []string{"count.max", "order.key"},
		maybe:  []string{"sdk.all"}, // the list keeps its order, which a listing may go by
		broken: []string{"sdk.complete", "sdk.watch"},
	},
	{
		name:  "no token needed, pages limited in bytes",
		opts:  []kit.Option{kit.WithToken(""), kit.WithPaging(livelist.Paging{Bytes: 20_000}), kit.WithOrder(kit.OrderStartDown)},
		odd:   []string{"token.wrong", "count.max"},
		maybe: []string{"count.default", "page.filled", "sdk.all", "sdk.complete", "sdk.watch"}, // by how large the conferences are
		known: []string{"count.odd"},
	},
	{
		name: "members drifted",
		opts: []kit.Option{kit.WithOrder(kit.OrderStartDown)},
		change: func(body string) string {
			body = strings.ReplaceAll(body, `"billingCode":""`, `"hostNick":"李四","billingCode":null`)
			body = strings.ReplaceAll(body, `"boxCnt":`, `"boxCount":`)
			return strings.ReplaceAll(strings.ReplaceAll(body, `"attendeeCnt":`, `"attendeeCnt":"`), `,"voipCnt"`, `","voipCnt"`)
		},
		odd: []string{"fields.unknown", "fields.null", "fields.absent", "fields.type"},
	},
}

var seeds = flag.Int("seeds", 2, "how many lists of each world are examined")

func TestFindingsOfEveryWorld(t *testing.T) {
	t.Parallel()
	for i, c := range worlds {
		if testing.Short() && i%4 != 0 {
			continue
		}
		for seed := range uint64(*seeds) {
			for _, rate := range []float64{0, 0.2} {
				if *seeds <= 2 && (seed == 0) != (rate == 0) {
					continue // one list at rest, and another that moves
				}
				t.Run(fmt.Sprintf("%s, seed %d, churn %v", c.name, seed, rate), func(t *testing.T) {
					t.Parallel()
					w := newWorld(append([]kit.Option{
						kit.WithConferences(kit.Conferences(120, seed+1)...),
						kit.WithChurn(kit.Churn{Seed: seed, Rate: rate, Toggle: rate}),
					}, c.opts...)...)
					w.change = c.change
					synctest.Test(t, func(t *testing.T) {
						var o doctor.Options
						if c.hide {
							o.Request.FilterOneAttendee = new(true)
						}
						c.check(t, examine(t, w, o))
					})
				})
			}
		}
	}
}

// check wants a report that names what is odd, and nothing else.
func (c *odd) check(t *testing.T, r *doctor.Report) {
	t.Helper()
	named := slices.DeleteFunc(with(r, doctor.Unusual), func(check string) bool { return slices.Contains(c.maybe, check) })
	want := slices.Concat(c.odd, c.broken)
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(named))); diff != "" {
		t.Errorf("odd (-want +got):\n%s", diff)
	}
	for _, check := range c.known {
		if f := r.Find(check); f.Verdict != doctor.OK {
			t.Errorf("%s is %s: %s", check, f.Verdict, f.What.Format)
		}
	}
	if failed := with(r, doctor.Failed); len(failed) > 0 || r.Err != nil {
		t.Errorf("%v failed: %v", failed, r.Err)
	}
}

// tied are conferences of which many start at the same time, as meetings do.
func tied(n int) []confopenapi.Conference {
	list := kit.Conferences(n, 1)
	for i := range list {
		list[i].StartTime -= list[i].StartTime % 600
	}
	return list
}
