package overlap_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// Each order gives its verdict, for lists that do not change and for those that change fast.
func TestVerdictByOrder(t *testing.T) {
	for _, c := range []struct {
		order       livelist.Order
		round       int64 // of the start times
		least, most overlap.Verdict
	}{
		{livelist.StartDown, 0, overlap.Complete, overlap.Complete},
		{livelist.StartUp, 0, overlap.Complete, overlap.Complete},
		{livelist.StartDown, 300, overlap.Complete, overlap.Complete},
		{livelist.EventUp, 0, overlap.Complete, overlap.Complete},
		{livelist.NumberDown, 0, overlap.Complete, overlap.Complete},
		{livelist.TextUp, 0, overlap.Complete, overlap.Complete},
		{livelist.StartOnly, 0, overlap.Complete, overlap.Complete},
		{livelist.Arbitrary, 0, overlap.Conditional, overlap.Conditional},
		{livelist.LooseTies, 120, overlap.Conditional, overlap.Conditional},
		{livelist.SwapRemove, 0, overlap.Incomplete, overlap.Conditional},
		{livelist.SortedPage, 0, overlap.Incomplete, overlap.Conditional},
		{livelist.Shuffled, 0, overlap.Incomplete, overlap.Incomplete},
	} {
		for _, d := range ours {
			for _, churn := range []float64{0, 5} {
				t.Run(fmt.Sprintf("%v/round %d/%s/churn %v", c.order, c.round, d.name, churn), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						for seed := range uint64(few(12)) {
							s := live(1000, c.order, churn)
							s.list.Seed, s.list.Round = seed, c.round
							o := observe(newWorld(s), d.read)
							if v := o.report.Verdict; v < c.least || v > c.most {
								t.Errorf("seed %d: got %s, want %s to %s; %+v", seed, verdictNames[v], verdictNames[c.least], verdictNames[c.most], o.report)
							}
							if o.lost > 0 && o.report.Verdict > overlap.Incomplete && c.order != livelist.SwapRemove {
								t.Errorf("seed %d: %d lost, %+v", seed, o.lost, o.report)
							}
						}
					})
				})
			}
		}
	}
}

// A list that does not change is proven for every length, also with small pages.
func TestUnchangingLists(t *testing.T) {
	for _, size := range []int{20, 21, 23, 50} {
		t.Run(fmt.Sprint(size, " a page"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for n := 0; n < 450; n += 450 / few(450) {
					s := live(n, livelist.EventUp, 0)
					s.paging.Cap = size
					if o := observe(newWorld(s), snapshot(1)); o.report.Verdict != overlap.Complete {
						t.Errorf("%d rows: got %+v, want Complete", n, o.report)
					}
				}
			})
		})
	}
}

// A server that ignores page or count is noticed soon, and still read as far as possible.
func TestDishonestServers(t *testing.T) {
	for _, c := range []struct {
		name   string
		paging livelist.Paging
		recall float64
		most   int // requests
	}{
		{"page ignored", livelist.Paging{Cap: 100, IgnorePage: true}, 0.09, 30},
		{"count ignored", livelist.Paging{IgnoreCount: true}, 0.97, 70},
		{"odd counts taken as 20", livelist.Paging{Cap: 100, OddCounts: true}, 0.97, 40},
	} {
		for _, d := range ours {
			t.Run(c.name+"/"+d.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for seed := range uint64(few(10)) {
						s := live(1000, livelist.StartDown, 1)
						s.list.Seed, s.paging = seed, c.paging
						o := observe(newWorld(s), d.read)
						if o.report.Verdict != overlap.Incomplete || o.report.Reason != overlap.ReasonPaging || o.recall() < c.recall || o.requests > c.most {
							t.Errorf("seed %d: got recall %.3f, %d requests, %+v, want recall %.2f, %d requests, ReasonPaging", seed, o.recall(), o.requests, o.report, c.recall, c.most)
						}
					}
				})
			})
		}
	}
}

// Pages that were sorted after they were cut have foreign rows between shared ones. In these worlds of the adversary nothing
// else shows it.
func TestForeignRowsRefuteOrder(t *testing.T) {
	for _, seed := range []uint64{41001463, 41003778, 41004516, 41005906, 41008891, 41008977, 41009464, 41009580} {
		for _, d := range ours {
			synctest.Test(t, func(t *testing.T) {
				if o := observe(newWorld(adversarial(seed)), d.read); o.lost > 0 && o.report.Verdict == overlap.Complete {
					t.Errorf("seed %d, %s: %d lost, %+v", seed, d.name, o.lost, o.report)
				}
			})
		}
	}
}

// A row that moved to a part not yet read is noticed when it comes again.
func TestMovedRowIsNoticed(t *testing.T) {
	w := still(600, livelist.Paging{})
	list := w.server.List.Items()
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	requests := 0
	src := overlap.Source[livelist.Item]{Key: keyOf, Fetch: func(_ context.Context, page, count int) (overlap.Page[livelist.Item], error) {
		if requests++; requests == 4 {
			row := list[20]
			list = slices.Insert(slices.Delete(list, 20, 21), 450, row)
		}
		count = min(count, 100)
		from := min((page-1)*count, len(list))
		return overlap.Page[livelist.Item]{Items: list[from:min(from+count, len(list))], Total: len(list)}, nil
	}}
	report, err := overlap.Stream(t.Context(), src, overlap.Options{}, func(livelist.Item) bool { return true })
	if err != nil || report.Verdict != overlap.Incomplete || report.Reason != overlap.ReasonOrder {
		t.Errorf("got %+v, %v, want ReasonOrder", report, err)
	}
}

// A list that shrinks while it is read is still proven, with few requests.
func TestShrinking(t *testing.T) {
	for _, to := range []int{300, 10} {
		for _, at := range []float64{.8, 1.2} {
			for _, d := range ours {
				t.Run(fmt.Sprintf("to %d at %v/%s", to, at, d.name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						for seed := range uint64(few(10)) {
							s := live(1000, livelist.StartUp, .1)
							s.list.Seed, s.list.Shrink = seed, livelist.Shrink{At: at, To: to}
							if o := observe(newWorld(s), d.read); o.lost > 0 || o.report.Verdict != overlap.Complete || o.requests > 13 {
								t.Errorf("seed %d: %d lost, %+v", seed, o.lost, o.report)
							}
						}
					})
				})
			}
		}
	}
}

// A list of a few pages, of which the last is half full, is proven although it grows and shrinks meanwhile.
func TestEndOfFewPages(t *testing.T) {
	for _, size := range []int{127, 147, 149, 187, 251, 331, 349} {
		for _, churn := range []float64{1, 3} {
			for _, d := range ours {
				t.Run(fmt.Sprintf("%d/%g/%s", size, churn, d.name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						for seed := range uint64(few(12)) {
							s := live(size, livelist.StartDown, churn)
							s.list.Seed = seed
							if o := observe(newWorld(s), d.read); o.lost > 0 || o.report.Verdict < overlap.Conditional || o.requests > 13 {
								t.Errorf("seed %d: %d lost, %+v", seed, o.lost, o.report)
							}
						}
					})
				})
			}
		}
	}
}

// A delayed response shows the list as it was long ago. It is not taken for another order or another pace.
func TestDelayedResponses(t *testing.T) {
	for _, slow := range []float64{.01, .03} {
		for _, parallel := range []int{8, 16} {
			t.Run(fmt.Sprintf("%g of them/%d in flight", slow, parallel), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for seed := range uint64(few(5)) {
						s := live(10_000, livelist.StartDown, 5)
						s.list.Seed, s.slow = 14+seed, slow
						if o := observe(newWorld(s), snapshot(parallel)); o.lost > 0 || o.report.Verdict != overlap.Complete {
							t.Errorf("seed %d: %d lost, %+v", seed, o.lost, o.report)
						}
					}
				})
			})
		}
	}
}

// Worlds of the adversary that fooled an earlier version, by seed.
func TestCounterexamples(t *testing.T) {
	for _, seed := range []uint64{21194, 37508, 105166, 114855, 118071, 118367, 128294, 139094, 218265, 1055272, 1079838, 1092577, 1105653, 1111727, 1135178, 1138630, 7077090, 11010174, 40027722} {
		s := adversarial(seed)
		kind, _ := s.kind()
		for _, d := range ours {
			synctest.Test(t, func(t *testing.T) {
				o := observe(newWorld(s), d.read)
				if o.lost > 0 && o.report.Verdict > overlap.Incomplete && kind != dishonest {
					t.Errorf("seed %d, %s: %d lost, %+v", seed, d.name, o.lost, o.report)
				}
			})
		}
	}
}

// Snapshot waits for a source that ignores the context.
func TestNothingRunsAfterReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := still(2000, livelist.Paging{Cap: 100}).source()
		fetch := src.Fetch
		var running atomic.Int64
		src.Fetch = func(_ context.Context, page, count int) (overlap.Page[livelist.Item], error) {
			running.Add(1)
			defer running.Add(-1)
			return fetch(context.Background(), page, count)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
		defer cancel()
		if _, err := overlap.Snapshot(ctx, src, overlap.Options{Parallel: 8}); err == nil {
			t.Error("got no error, want the context's")
		}
		if n := running.Load(); n != 0 {
			t.Errorf("got %d requests still running, want none", n)
		}
	})
}

// Where a short page only counts up to its last row, the other pages count what a depth limit hides. Without the limit, such totals
// do no harm.
func TestDepthLimitWhereShortPagesCountNothing(t *testing.T) {
	for _, hidden := range []int{0, 5, 30} {
		for _, d := range ours {
			t.Run(fmt.Sprintf("%d hidden/%s", hidden, d.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for _, limit := range []int{20, 50, 100, 500} {
						for size := 60; size <= 960; size += 100 {
							s := live(size, livelist.StartDown, 0)
							s.paging.Cap, s.paging.Total, s.paging.Depth = limit, livelist.TotalSkipped, size-hidden
							o := observe(newWorld(s), d.read)
							switch r := o.report; {
							case hidden == 0 && r.Verdict != overlap.Complete:
								t.Errorf("%d rows, cap %d: got %s, %s, want complete", size, limit, verdictNames[r.Verdict], r.Reason)
							case hidden > 0 && (r.Verdict != overlap.Incomplete || r.Reason != overlap.ReasonTotal || r.Missing != hidden):
								t.Errorf("%d rows, cap %d: got %s, %s, %d missing, want incomplete, %s", size, limit, verdictNames[r.Verdict], r.Reason, r.Missing, overlap.ReasonTotal)
							}
						}
					}
				})
			})
		}
	}
}
