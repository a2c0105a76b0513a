package doctor_test

import (
	"strconv"
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
				w := newWorld(kit.WithConferences(kit.Conferences(120, 1)...), kit.WithOrder(kit.OrderStartDown),
					kit.WithPaging(livelist.Paging{Total: livelist.TotalDoubled}), kit.WithChurn(kit.Churn{Rate: rate, Toggle: rate, Seed: seed}))
				synctest.Test(t, func(t *testing.T) {
					r := examine(t, w, doctor.Options{}, opts...)
					if wants[ignored] == nil {
						wants[ignored] = r.Next
					}
					if diff := cmp.Diff(wants[ignored], r.Next); diff != "" || len(r.Next) == 0 {
						t.Errorf("seed %d, rate %g, totals ignored: %d: the advice differs (-want +got)\n%s", seed, rate, ignored, diff)
					}
					flat := strings.Join(strings.Fields(printed(t, r)), " ")
					for text, want := range map[string]bool{
						other: rate > 0, "With --ignore-totals a listing that ends with exit code 3 may succeed": rate > 0 && ignored == 0,
						"A listing that ends with exit code 3 may succeed": rate > 0 && ignored == 1, // without, none does
					} {
						if got := strings.Contains(flat, text); got != want {
							t.Errorf("seed %d, rate %g, totals ignored: %d: got %q: %t, want %t", seed, rate, ignored, text, got, want)
						}
					}
				})
			}
		}
	}
	for i, want := range []string{"Use --ignore-totals, also with export", "Use it as it is:"} { // and no question: the checks know that nothing is missing
		if got := wants[i][0].What.Format; !strings.HasPrefix(got, want) {
			t.Errorf("totals ignored: %d: got %q, want %q", i, got, want)
		}
	}
}

// A total that is not that of the pages is not near enough, whether the list moves or not, and all guarantees that rest on it say so.
func TestTotalsNearby(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 50} {
		for _, rate := range []float64{0, 0.2} {
			for _, more := range []int{0, 1, 3, 5, -1} {
				w := newWorld(kit.WithConferences(kit.Conferences(120, 1)...), kit.WithOrder(kit.OrderStartDown), kit.WithMaxCount(limit),
					kit.WithTotal(func(live int) int { return live + more }), kit.WithChurn(kit.Churn{Rate: rate}))
				synctest.Test(t, func(t *testing.T) {
					r := examine(t, w, doctor.Options{})
					total, all := r.Find("total.list"), r.Find("sdk.all")
					if odd := total.Verdict == doctor.Unusual; odd != (more != 0) || (all.Verdict == doctor.Unusual) != (more > 0) {
						t.Errorf("limit %d, rate %g, %+d: got %s: %s, and %s: %s", limit, rate, more, total.Verdict, total.What.In(printers[0]), all.Verdict, all.What.In(printers[0]))
					}
				})
			}
		}
	}
}

// Where what is hidden has a place on pages, none of these shows the end: there, too, totals that vary do not explain that more is missing.
func TestTotalsOfPagesWithGaps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(kit.WithConferences(kit.Conferences(60, 5143)...), kit.WithOrder(kit.OrderStartDown), kit.WithFilterAfterPaging(),
			kit.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Depth: 55, Total: livelist.TotalNoisy}), kit.WithChurn(kit.Churn{Seed: 5143}))
		r := examine(t, w, doctor.Options{Request: confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}})
		if f := r.Find("total.list"); f.Verdict != doctor.Unusual {
			t.Errorf("got %s: %s", f.Verdict, f.What.In(printers[0]))
		}
	})
	synctest.Test(t, func(t *testing.T) { // twice as large as what is listed, and a little more or less
		w := newWorld(kit.WithConferences(kit.Conferences(130, 5201)...), kit.WithOrder(kit.OrderArbitrary), kit.WithFilterAfterPaging(),
			kit.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Depth: 55, Total: livelist.TotalNoisy}))
		r := examine(t, w, doctor.Options{Request: confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}}, confopenapi.WithIgnoredTotals())
		if f := r.Find("sdk.all"); f.Verdict == doctor.OK {
			t.Errorf("got %s: %s; total: %s", f.Verdict, f.What.In(printers[0]), r.Find("total.list").What.In(printers[0]))
		}
	})
}

// Who follows the advice to ask more often comes to an end: at rest no command is advised twice.
func TestAdviceEnds(t *testing.T) {
	t.Parallel()
	for _, total := range []livelist.Total{livelist.TotalZero, livelist.TotalSkipped, livelist.TotalDoubled} {
		for _, n := range []int{130, 700} {
			for most, last := 50, 0; most > last; {
				w := newWorld(kit.WithConferences(kit.Conferences(n, 1)...), kit.WithOrder(kit.OrderStartDown), kit.WithPaging(livelist.Paging{Cap: 10, Clamp: true, Total: total}))
				last = most
				synctest.Test(t, func(t *testing.T) {
					next := examine(t, w, doctor.Options{MaxRequests: most}).Next
					if len(next) == 0 || next[0].Command == "confctl doctor" {
						t.Errorf("total %d, %d conferences, at most %d requests: got %v, want another command", total, n, most, next)
						return
					}
					if number, ok := strings.CutPrefix(next[0].Command, "confctl doctor --max-requests "); ok {
						if most, _ = strconv.Atoi(number); most <= last {
							t.Errorf("total %d, %d conferences: got %d requests after %d", total, n, most, last)
						}
					}
				})
			}
		}
	}
}

// Totals that vary pass in one listing and not in the next: the report says that they do, and that guarantees rest on chance.
func TestNoisyTotals(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 100} {
		for _, rate := range []float64{0, 0.2} {
			for seed := range uint64(5) {
				w := newWorld(kit.WithConferences(kit.Conferences(240, seed)...), kit.WithOrder(kit.OrderStartDown), kit.WithChurn(kit.Churn{Rate: rate, Seed: seed}),
					kit.WithPaging(livelist.Paging{Cap: limit, Clamp: limit > 0, Total: livelist.TotalNoisy}))
				synctest.Test(t, func(t *testing.T) {
					text := strings.Join(strings.Fields(printed(t, examine(t, w, doctor.Options{}))), " ")
					for _, want := range []string{"The total varies: compared with what the pages have", "cannot be proven every time: the total varies", "confctl list --all --ignore-totals", "whenever the total is too large by chance"} {
						if !strings.Contains(text, want) {
							t.Errorf("limit %d, rate %g, seed %d: no %q in\n%s", limit, rate, seed, want, text)
						}
					}
				})
			}
		}
	}
}

// Where totals that are ignored count what did not come, marks and summary say that completeness is not known.
func TestIgnoredTotalsThatSpeakAgainst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(kit.WithConferences(kit.Conferences(60, 1)...), kit.WithOrder(kit.OrderStartDown), kit.WithPaging(livelist.Paging{Depth: 25}))
		r := examine(t, w, doctor.Options{}, confopenapi.WithIgnoredTotals())
		for _, check := range []string{"sdk.all", "sdk.complete", "sdk.watch"} {
			if f := r.Find(check); f.Verdict != doctor.Unknown || !strings.Contains(f.What.Format, "if the total is wrong") {
				t.Errorf("%s: got %s: %s", check, f.Verdict, f.What.In(printers[0]))
			}
		}
		if r.Hindered() || !strings.Contains(strings.Join(strings.Fields(inEnglish(t, r)), " "), "Guarantees that are not known to hold: 3 of 4: the service counts 60 conferences, of which 25 came.") {
			t.Errorf("got %s", inEnglish(t, r))
		}
	})
}

// Old totals, a limit of depth and a list that moves: all guarantees that do not hold have one reason.
func TestOneReason(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		w := newWorld(kit.WithConferences(kit.Conferences(240, seed)...), kit.WithOrder(kit.OrderStartDown), kit.WithChurn(kit.Churn{Rate: 2, Seed: seed}),
			kit.WithPaging(livelist.Paging{Depth: 100, Total: livelist.TotalCached}))
		synctest.Test(t, func(t *testing.T) {
			r := examine(t, w, doctor.Options{})
			reason := func(check string) string {
				_, why, _ := strings.Cut(r.Find(check).What.In(printers[0]), ": ")
				return why
			}
			if all, complete := reason("sdk.all"), reason("sdk.complete"); all != complete || all != "the service counts more conferences than it lists." || r.Find("count.odd").Verdict == doctor.Unusual {
				t.Errorf("seed %d: got %q, %q and %s", seed, all, complete, r.Find("count.odd").What.In(printers[0]))
			}
		})
	}
}

// What is unusual has the consequence of its own kind.
func TestConsequences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		check, want string
		opts        []kit.Option
	}{
		"totals of 0":       {"total.list", "Totals prove nothing", []kit.Option{kit.WithPaging(livelist.Paging{Total: livelist.TotalZero})}},
		"negative totals":   {"total.list", "Totals prove nothing", []kit.Option{kit.WithPaging(livelist.Paging{Total: livelist.TotalNegative})}},
		"totals of pages":   {"total.list", "Totals prove nothing", []kit.Option{kit.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalPage})}},
		"totals too small":  {"total.list", "Totals prove nothing", []kit.Option{kit.WithTotal(func(n int) int { return n - 7 })}},
		"totals too large":  {"total.list", "Listings without --ignore-totals end with exit code 3.", []kit.Option{kit.WithTotal(func(n int) int { return n + 7 })}},
		"totals that vary":  {"total.list", "by chance", []kit.Option{kit.WithPaging(livelist.Paging{Total: livelist.TotalNoisy})}},
		"totals of some":    {"total.list", "by chance", []kit.Option{kit.WithConferences(kit.Conferences(60, 1)...), kit.WithPaging(livelist.Paging{Total: livelist.TotalSkipped, Depth: 55})}},
		"ties that move":    {"order.stable", "conferences with the same start", []kit.Option{kit.WithConferences(tied(120)...), kit.WithOrder(kit.Order(livelist.LooseTies))}},
		"any order":         {"order.stable", "by the conferences that pages share", []kit.Option{kit.WithOrder(kit.OrderShuffled)}},
		"no token needed":   {"token.wrong", "Whoever reaches the service", []kit.Option{kit.WithToken("")}},
		"a refusal":         {"token.wrong", "After HTTP 401", []kit.Option{kit.WithRefusal(kit.BusinessStatus(7, "null"))}},
		"a page of fifteen": {"count.default", "fewer than 20", []kit.Option{kit.WithMaxCount(15)}},
	} {
		w := newWorld(append([]kit.Option{kit.WithConferences(kit.Conferences(120, 1)...), kit.WithOrder(kit.OrderStartDown)}, c.opts...)...)
		synctest.Test(t, func(t *testing.T) {
			f := examine(t, w, doctor.Options{}).Find(c.check)
			if got := f.Matters.In(printers[0]); f.Verdict != doctor.Unusual || !strings.Contains(got, c.want) {
				t.Errorf("%s: got %s: %s, want %q", name, f.Verdict, got, c.want)
			}
		})
	}
}

// A list at rest whose conferences only change places is not said to have changed.
func TestReordering(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 50} {
		for _, order := range []livelist.Order{livelist.Shuffled, livelist.LooseTies} {
			w := newWorld(kit.WithConferences(tied(120)...), kit.WithMaxCount(limit), kit.WithOrder(kit.Order(order)))
			synctest.Test(t, func(t *testing.T) {
				text := inEnglish(t, examine(t, w, doctor.Options{}))
				if flat := strings.Join(strings.Fields(text), " "); strings.Contains(flat, "The list or its total changed") || !strings.Contains(flat, "The order of the list changed during this run; no conference") || strings.Contains(flat, "that left") {
					t.Errorf("limit %d, %s: got\n%s", limit, order, text)
				}
			})
		}
	}
}

// Where only the order changes, and a listing succeeded all the same, one that does not may succeed when it is run again.
func TestReorderingMayFail(t *testing.T) {
	t.Parallel()
	met := 0
	for seed := range uint64(10) {
		w := newWorld(kit.WithConferences(kit.Conferences(60, seed)...), kit.WithMaxCount(50), kit.WithOrder(kit.Order(livelist.LooseTies)))
		synctest.Test(t, func(t *testing.T) {
			r := examine(t, w, doctor.Options{})
			flat := strings.Join(strings.Fields(inEnglish(t, r)), " ")
			if r.Find("sdk.all").Verdict != doctor.OK || !strings.Contains(flat, "The order of the list changed") {
				return
			}
			met++
			if !strings.Contains(flat, "A listing that ends with exit code 3 may succeed when it is run again.") {
				t.Errorf("seed %d: got\n%s", seed, flat)
			}
		})
	}
	if met == 0 {
		t.Error("no listing succeeded where the order changed")
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

// Where no requests were left for a listing without totals, what it proves is not promised, but tried next. A list at rest is not
// listed twice with totals, so that there are.
func TestListingWithoutTotals(t *testing.T) {
	t.Parallel()
	for most, want := range map[int]string{50: "confctl doctor --ignore-totals", 100: "confctl list --all --ignore-totals"} { // with both listings 52 to 74
		w := newWorld(kit.WithConferences(kit.Conferences(400, 1)...), kit.WithOrder(kit.OrderStartDown), kit.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalDoubled}))
		synctest.Test(t, func(t *testing.T) {
			r := examine(t, w, doctor.Options{MaxRequests: most})
			if most == 50 && r.Find("sdk.all").Verdict == doctor.Unknown {
				return // as rarely as four requests in flight come in another order, the first listing takes more
			}
			if len(r.Next) == 0 || r.Next[0].Command != want {
				t.Errorf("at most %d requests: got %v, want %q first", most, r.Next, want)
			}
		})
	}
}

// Where no page shows the end, totals vary as far as all pages show, and not between a number and itself.
func TestTotalsVaryBetween(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		w := newWorld(kit.WithConferences(kit.Conferences(130, seed)...), kit.WithOrder(kit.OrderArbitrary), kit.WithFilterAfterPaging(),
			kit.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalNoisy}))
		synctest.Test(t, func(t *testing.T) {
			f := examine(t, w, doctor.Options{Request: confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}}).Find("total.list")
			if strings.HasPrefix(f.What.Format, "The total varies") && f.What.Args[0] == f.What.Args[1] {
				t.Errorf("seed %d: got %s", seed, f.What.In(printers[0]))
			}
		})
	}
}
