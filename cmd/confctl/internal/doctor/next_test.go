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

// TestNext checks what the report says, and what it says to do, in confctl's own commands.
func TestNext(t *testing.T) {
	t.Parallel()
	ignored := confopenapi.WithIgnoredTotals()
	for name, c := range map[string]struct {
		n    int
		kit  []kit.Option
		sdk  []confopenapi.Option
		want []string // of the report without line breaks
	}{
		"as documented": {60, nil, nil, []string{"All 4 guarantees hold at this service", "Next: Use it as it is: confctl list --all"}},
		"too long":      {8000, []kit.Option{kit.WithMaxCount(100)}, nil, []string{"confctl doctor --max-requests 300"}},
		"unsorted": {800, []kit.Option{kit.WithOrder(kit.OrderArbitrary)}, nil, []string{
			"--require complete fails, because a whole listing has a condition: assumes-order", "without --require complete: confctl list --all",
		}},
		"short": {26, []kit.Option{kit.WithPaging(livelist.Paging{OddCounts: true})}, nil, []string{
			"All 4 guarantees hold as long as the list is as short as it is now", "exit code 3: confctl export -o list.csv --require incomplete",
		}},
		"ten a page": {100, []kit.Option{kit.WithMaxCount(10)}, nil, []string{
			"Too few conferences were seen to find out", "Let it try a whole listing: confctl doctor --max-requests 200",
		}},
		"not shown beyond 40": {60, []kit.Option{kit.WithPaging(livelist.Paging{Depth: 40})}, nil, []string{
			"which is right: the total, or what it lists. If the total is wrong, use --ignore-totals", "For a file that may lack conferences: confctl export -o list.csv --require incomplete",
		}},
		"not shown beyond 100": {300, []kit.Option{kit.WithPaging(livelist.Paging{Depth: 100})}, nil, []string{
			"Conferences beyond the first 100 are never listed", "cannot be proven: the service counts more conferences than it lists",
			"The service counts 300 conferences, and lists only 100: it never lists the others. A shorter list may be complete, such as that of one administrator, whose user id whoever runs the service knows: confctl list --all --admin ID",
		}},
		"few not shown": {218, []kit.Option{kit.WithPaging(livelist.Paging{Depth: 200, Cap: 40, Clamp: true})}, nil, []string{
			"The total is 218, but the pages have 200", "The service counts 218 conferences, and lists only 200",
		}},
		"not shown, and ignored": {60, []kit.Option{kit.WithPaging(livelist.Paging{Depth: 40})}, []confopenapi.Option{ignored}, []string{
			"A whole listing misses nothing if the total is wrong", "not known sdk.all", "of which 40 came",
			"--ignore-totals is on, as it should be if the total is wrong. Then use it as it is: confctl list --all --ignore-totals",
		}},
		"not shown beyond 100, and ignored": {300, []kit.Option{kit.WithPaging(livelist.Paging{Depth: 100})}, []confopenapi.Option{ignored}, []string{
			"does not hold sdk.all", "does not hold sdk.complete", "does not hold sdk.watch watch and web may report ends that did not happen",
			"Guarantees that do not hold at this service: 3 of 4.", "it never lists the others", "confctl list --all --admin ID --ignore-totals=false",
		}},
		"not shown beyond 30, and totals are 0": {60, []kit.Option{kit.WithPaging(livelist.Paging{Depth: 30, Total: livelist.TotalZero})}, nil, []string{
			"what it never lists would not be noticed", "are proven, as far as the service lists every conference that is live",
		}},
		"not shown beyond 100, and totals are of the page": {300, []kit.Option{kit.WithPaging(livelist.Paging{Depth: 100, Cap: 100, Clamp: true, Total: livelist.TotalPage})}, nil, []string{
			"what it never lists would not be noticed", "are proven, as far as the service lists every conference that is live",
		}},
		"not shown beyond 55, and the last page counts only what came": {130, []kit.Option{kit.WithPaging(livelist.Paging{Depth: 55, Cap: 20, Clamp: true, Total: livelist.TotalSkipped})}, nil, []string{
			"unusual total.list The total varies: compared with what the pages have, it is between +0 and +75", "does not hold sdk.all", "Such totals do not show whether conferences are missing",
		}},
		"empty, and counted as three": {0, []kit.Option{kit.WithTotal(func(int) int { return 3 })}, nil, []string{
			"The total is 3, but the pages have 0.", "does not hold sdk.all", "with the address of the service: confctl list --all --ignore-totals",
		}},
		"empty": {0, nil, nil, []string{"unknown total.list The list is empty.", "No guarantee was found not to hold"}},
		"a million too many": {79, []kit.Option{kit.WithTotal(func(live int) int { return live + 1_000_000 })}, nil, []string{
			"Either the total is too large, or some conferences are never listed.", "with the address of the service: confctl list --all --ignore-totals",
		}},
		"a condition, and totals are 0": {800, []kit.Option{kit.WithOrder(kit.OrderArbitrary), kit.WithPaging(livelist.Paging{Total: livelist.TotalZero})}, nil, []string{
			"holds sdk.all A whole listing misses nothing that the service lists, on one condition: assumes-order",
		}},
		"no proof although totals are ignored": {120, []kit.Option{kit.WithOrder(kit.OrderShuffled), kit.WithPaging(livelist.Paging{Total: livelist.TotalDoubled})}, []confopenapi.Option{ignored}, []string{
			"misses nothing cannot be proven: the service does not keep the order of its list.", "Next: For a file that may lack conferences: confctl export -o list.csv --require incomplete",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(append([]kit.Option{kit.WithOrder(kit.OrderStartDown), kit.WithConferences(kit.Conferences(c.n, 1)...)}, c.kit...)...)
			synctest.Test(t, func(t *testing.T) {
				var o doctor.Options
				if name == "a million too many" { // after which four requests at a time may look for long
					o.MaxRequests = 100
				}
				text := printed(t, examine(t, w, o, c.sdk...))
				flat := strings.Join(strings.Fields(text), " ")
				for _, want := range c.want {
					if !strings.Contains(flat, want) {
						t.Errorf("no %q in\n%s", want, text)
					}
				}
			})
		})
	}
}
