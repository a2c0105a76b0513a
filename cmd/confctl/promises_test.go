package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

var (
	every = flag.Int("promises.every", 0, "of all combinations of oddities, try one in so many; 0 = none")
	again = flag.Int("promises.again", 4, "how often each advised command is run there")
)

// combination is a service that is odd in several ways at once, and how doctor is called there.
type combination struct {
	total      string // of totalNames, or a number that is added to the exact one
	cap, depth int
	order      livelist.Order
	churn      float64
	hide       string // "", "before" or "after" paging
	ignore     bool
	n          int
}

func combinations() (all []combination) {
	for _, total := range append(append([]string{}, totalNames...), "+1", "+4", "-2") {
		for _, limit := range []int{0, 50} {
			for _, depth := range []int{0, 55} {
				for _, order := range []livelist.Order{livelist.StartDown, livelist.Arbitrary, livelist.LooseTies, livelist.SortedPage, livelist.Shuffled} {
					for _, churn := range []float64{0, 0.2, 1} {
						for _, hide := range []string{"", "before", "after"} {
							for _, ignore := range []bool{false, true} {
								for _, n := range []int{45, 60, 130} {
									all = append(all, combination{total, limit, depth, order, churn, hide, ignore, n})
								}
							}
						}
					}
				}
			}
		}
	}
	return all
}

// start serves it.
func (c *combination) start(t *testing.T, seed uint64) *confopenapitest.Server {
	t.Helper()
	paging := livelist.Paging{Cap: c.cap, Clamp: c.cap > 0, Depth: c.depth}
	opts := []confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(c.n, seed)...), confopenapitest.WithOrder(confopenapitest.Order(c.order)),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: seed, Rate: c.churn}),
	}
	if c.hide == "after" {
		opts = append(opts, confopenapitest.WithFilterAfterPaging())
	}
	known := false
	for i, name := range totalNames {
		if name == c.total {
			paging.Total, known = livelist.Totals()[i], true
		}
	}
	if !known {
		var more int
		if _, err := fmt.Sscan(c.total, &more); err != nil {
			t.Fatal(err)
		}
		opts = append(opts, confopenapitest.WithTotal(func(live int) int { return live + more }))
	}
	return confopenapitest.NewServer(t, append(opts, confopenapitest.WithPaging(paging))...)
}

// A report does not contradict itself, and its advice is what happens: whoever follows it gets the exit code that it promises.
func TestDoctorKeepsItsPromises(t *testing.T) {
	t.Parallel()
	if *every == 0 {
		t.Skip("-promises.every 29 tries 447 combinations")
	}
	var tried, broken atomic.Int32
	var group sync.WaitGroup
	next := make(chan int)
	all := combinations()
	for range 2 {
		group.Go(func() {
			for i := range next {
				tried.Add(1)
				if wrong := all[i].contradictions(t, uint64(i), *again); len(wrong) > 0 {
					broken.Add(1)
					t.Errorf("%d %+v: %s", i, all[i], strings.Join(wrong, "; "))
				}
			}
		})
	}
	for i := 0; i < len(all); i += *every {
		next <- i
	}
	close(next)
	group.Wait()
	t.Logf("%d combinations, %d with contradictions", tried.Load(), broken.Load())
}

// What doctor advises where totals vary or are a little too large succeeds every time, at rest and moving.
func TestDoctorsAdviceOnTotals(t *testing.T) {
	t.Parallel()
	for _, total := range []string{"noisy", "+1", "+4", "doubled"} {
		for _, limit := range []int{0, 50} {
			for _, churn := range []float64{0, 0.2} {
				c := combination{total: total, cap: limit, churn: churn, n: 120}
				if wrong := c.contradictions(t, 1, 20); len(wrong) > 0 {
					t.Errorf("%+v: %s", c, strings.Join(wrong, "; "))
				}
			}
		}
	}
}

// contradictions are those of a report with itself, with the service, and with what the advised commands do.
func (c *combination) contradictions(t *testing.T, seed uint64, again int) (wrong []string) {
	t.Helper()
	srv := c.start(t, seed)
	var flags []string
	if c.hide != "" {
		flags = append(flags, "--hide-single")
	}
	args := append([]string{"doctor", "--json"}, flags...)
	if c.ignore {
		args = append(args, "--ignore-totals")
	}
	got := confctl(t.Context(), srv, args...)
	var report struct {
		Findings []struct {
			Check   string `json:"check"`
			Verdict string `json:"verdict"`
			What    string `json:"what"`
		} `json:"findings"`
		Summary []string `json:"summary"`
		Next    []struct {
			What    string `json:"what"`
			Command string `json:"command"`
		} `json:"next"`
	}
	if err := json.Unmarshal([]byte(got.Stdout), &report); err != nil {
		return []string{"no report: " + got.Stderr}
	}
	verdict, what := map[string]string{}, map[string]string{}
	for _, f := range report.Findings {
		verdict[f.Check], what[f.Check] = f.Verdict, f.What
	}
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	broken := verdict["sdk.all"] == "unusual" || verdict["sdk.complete"] == "unusual" || verdict["sdk.watch"] == "unusual" || verdict["sdk.pages"] == "unusual"
	if want := map[bool]int{false: 0, true: exitUnproven}[broken]; got.Code != want {
		fail("exit code %d, want %d", got.Code, want)
	}
	summary := strings.Join(report.Summary, " ")
	if c.churn == 0 && c.total != "noisy" && c.total != "cached" && (strings.Contains(summary, "The list or its total changed") || strings.Contains(summary, "The list changed")) {
		fail("at rest, and %q", summary)
	}
	_, all, reasoned := strings.Cut(what["sdk.all"], ": ")
	_, complete, also := strings.Cut(what["sdk.complete"], ": ")
	if verdict["sdk.all"] == "unusual" && reasoned && also && all != complete && !strings.Contains(what["sdk.complete"], "has a condition") {
		fail("two reasons: %q and %q", what["sdk.all"], what["sdk.complete"])
	}
	if strings.Contains(all, "counts more") && verdict["total.list"] == "ok" {
		fail("total.list is ok (%s), and sdk.all: %s", what["total.list"], what["sdk.all"])
	}
	if verdict["sdk.all"] == "ok" && verdict["total.list"] == "ok" && strings.Contains(what["sdk.all"], "Totals were no evidence") {
		fail("total.list is ok (%s), and no evidence", what["total.list"])
	}
	total := c.total == "exact" || c.total == "doubled" || c.total == "noisy" || c.total == "cached"
	if c.depth > 0 && c.n >= 2*c.depth && total && verdict["sdk.all"] == "ok" && !strings.Contains(summary, "many") {
		fail("conferences are hidden, and sdk.all: %s", what["sdk.all"])
	}
	if len(report.Next) == 0 {
		fail("no advice")
	}
	announced := strings.Contains(summary, "may succeed when it is run again") // which only a list that moves is
	runs := func(command string) (codes []int) {
		for i := range again {
			if i > 0 && strings.HasPrefix(command, "confctl export") {
				break
			}
			got := confctl(t.Context(), srv, strings.Fields(command)[1:]...)
			if got.Code == exitUnproven && announced && !strings.Contains(got.Stderr, "counts more") {
				got.Code = 0 // as announced
			}
			codes = append(codes, got.Code)
		}
		return codes
	}
	for i, step := range report.Next {
		if strings.HasPrefix(step.Command, "confctl doctor") || strings.Contains(step.Command, "--admin ID") {
			continue
		}
		command := strings.ReplaceAll(step.Command, "-o list.csv", "-o "+t.TempDir()+"/list.csv --force")
		for _, code := range runs(command) {
			if code != 0 {
				fail("step %d, %s: exit code %d after %q; all: %s; total: %s", i+1, command, code, step.What, what["sdk.all"], what["total.list"])
				break
			}
		}
	}
	if !c.ignore && verdict["sdk.all"] == "unusual" && (strings.Contains(what["sdk.all"], "cannot be proven") || strings.Contains(what["sdk.all"], "exit code 3")) {
		good := 0
		for _, code := range runs("confctl list --all " + strings.Join(flags, " ")) {
			if code == 0 {
				good++
			}
		}
		if good == again && c.churn == 0 && !strings.Contains(what["sdk.all"], "by chance") {
			fail("list --all never fails at rest, and sdk.all: %s", what["sdk.all"])
		}
	}
	return wrong
}
