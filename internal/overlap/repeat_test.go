package overlap_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// list reads a world with one of the drivers, and returns the number of rows.
func list(w *world, driver string, size int) (rows int, report overlap.Report, err error) {
	opts := overlap.Options{PageSize: size, Parallel: 8}
	if driver == "streaming" {
		report, err = overlap.Stream(context.Background(), w.source(), opts, func(livelist.Item) bool { rows++; return true })
		return rows, report, err
	}
	result, err := overlap.Snapshot(context.Background(), w.source(), opts)
	return len(result.Items), result.Report, err
}

// A server that returns its last page for pages beyond the end is listed as well as one that returns empty pages.
func TestLastPageRepeated(t *testing.T) {
	for _, size := range []int{0, 1, 2, 5, 19, 20, 21, 45, 100, 101, 250, 1000, 1037, 10_000} {
		if size == 10_000 && testing.Short() {
			continue
		}
		for _, paging := range []livelist.Paging{{}, {Cap: 100}, {Cap: 100, Clamp: true}} {
			for _, pageSize := range []int{0, 50, 100} {
				for _, driver := range []string{"parallel", "streaming"} {
					t.Run(fmt.Sprint(size, " rows/", paging.Cap, paging.Clamp, "/", pageSize, " a page/", driver), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							_, plain, err := list(still(size, paging), driver, pageSize)
							if err != nil || plain.Verdict != overlap.Complete {
								t.Fatalf("%+v, %v", plain, err)
							}
							repeating := paging
							repeating.RepeatLast = true
							rows, again, err := list(still(size, repeating), driver, pageSize)
							if err != nil || rows != size || again.Verdict != overlap.Complete || again.Requests > plain.Requests+1 {
								t.Errorf("got %d rows, %+v, %v, want %d rows, Complete, about %d requests", rows, again, err, size, plain.Requests)
							}
						})
					})
				}
			}
		}
	}
}

// The same holds for lists that change fast.
func TestLastPageRepeatedWhileListMoves(t *testing.T) {
	seeds := few(60)
	for _, order := range []livelist.Order{livelist.StartDown, livelist.StartUp} {
		for _, size := range []int{30, 101} {
			for _, d := range ours {
				t.Run(fmt.Sprint(order, "/", size, " rows/", d.name), func(t *testing.T) {
					s := live(size, order, 5)
					s.paging.Cap = 0
					plain := measure(t, d.read, seeds, s)
					s.paging.RepeatLast = true
					again := measure(t, d.read, seeds, s)
					if again.falseComplete+again.falseConditional > 0 || again.complete < plain.complete-max(2, seeds/15) {
						t.Errorf("got %d of %d Complete, %d false, want about %d, none false", again.complete, seeds, again.falseComplete+again.falseConditional, plain.complete)
					}
				})
			}
		}
	}
}

// Where the total is not that of the list, repeated pages are at least noticed soon.
func TestLastPageRepeatedUselessTotals(t *testing.T) {
	for _, total := range livelist.Totals() {
		for _, filter := range []livelist.Filter{livelist.FilterNone, livelist.FilterBefore, livelist.FilterAfter} {
			for _, size := range []int{5, 45, 250} {
				for _, d := range ours {
					t.Run(fmt.Sprint("total ", total, "/filter ", filter, "/", size, " rows/", d.name), func(t *testing.T) {
						s := live(size, livelist.StartDown, 1)
						s.list.Filter, s.list.Single = filter, .05
						s.paging = livelist.Paging{RepeatLast: true, Total: total}
						m := measure(t, d.read, few(5), s)
						for _, n := range m.requests {
							if n > 45 {
								t.Errorf("got %.0f requests, want at most 45", n)
							}
						}
						if m.falseComplete+m.falseConditional > 0 {
							t.Errorf("got %d false verdicts, want none", m.falseComplete+m.falseConditional)
						}
					})
				}
			}
		}
	}
}

// A page is new although a filter hid many of its rows, or although a list that grows at its top moved known rows to it.
func TestNewPagesAreNotRepeats(t *testing.T) {
	for _, seed := range []uint64{168, 2828} {
		synctest.Test(t, func(t *testing.T) {
			if o := observe(newWorld(adversarial(seed)), stream); o.lost > 0 || o.report.Verdict == overlap.Incomplete {
				t.Errorf("seed %d: got %d lost, %+v, want none lost, proven", seed, o.lost, o.report)
			}
		})
	}
}

// If a total is too small, and a multiple of the count, real pages look like a repeated last page. They are not taken for it.
func TestTotalsTooSmall(t *testing.T) {
	const size = 530
	for total := 142; total < size; total += 500 / few(250) {
		src := overlap.Source[livelist.Item]{Key: keyOf, Fetch: func(_ context.Context, page, count int) (overlap.Page[livelist.Item], error) {
			from := min((page-1)*count, size)
			var items []livelist.Item
			for i := from; i < min(from+min(count, 100), size); i++ {
				items = append(items, livelist.Item{EventID: int64(i + 1), ConferenceID: strconv.Itoa(100_000 + i*7%9973), Start: livelist.Epoch - int64(i)})
			}
			return overlap.Page[livelist.Item]{Items: items, Total: total}, nil
		}}
		result, err := overlap.Snapshot(t.Context(), src, overlap.Options{Parallel: 1}) // in the order of the plan
		if err != nil || len(result.Items) != size || result.Report.Verdict != overlap.Complete {
			t.Errorf("total %d: got %d rows, %+v, %v, want %d, Complete", total, len(result.Items), result.Report, err, size)
		}
		streamed := 0
		report, err := overlap.Stream(t.Context(), src, overlap.Options{}, func(livelist.Item) bool { streamed++; return true })
		if err != nil || streamed != size || report.Verdict != overlap.Complete {
			t.Errorf("total %d, streaming: got %d rows, %+v, %v, want %d, Complete", total, streamed, report, err, size)
		}
	}
}

// If totals count the rows of their page, every page looks like a repeated first page.
func TestTotalsCountThePage(t *testing.T) {
	for _, d := range ours {
		s := live(101, livelist.StartDown, 1)
		s.paging = livelist.Paging{Total: livelist.TotalPage}
		s.list.Filter, s.list.Single = livelist.FilterAfter, .05
		if m := measure(t, d.read, 20, s); m.complete+m.conditional < 19 || slices.Max(m.requests) > 11 {
			t.Errorf("%s: %d of 20 proven, %v requests", d.name, m.complete+m.conditional, m.requests)
		}
	}
	for seed := range uint64(few(200)) {
		s := adversarial(9_000_000 + seed)
		s.list.Size = min(s.list.Size, 20+int(seed%60))
		s.paging.Total, s.paging.RepeatLast = livelist.TotalPage, false
		if s.list.Filter == livelist.FilterNone {
			s.list.Filter, s.list.Single = livelist.FilterAfter, .5
		}
		if _, sound := s.kind(); !sound {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			if o := observe(newWorld(s), stream); o.lost > 0 && o.report.Verdict > overlap.Incomplete {
				t.Errorf("seed %d: %d lost, %+v", seed, o.lost, o.report)
			}
		})
	}
}

// A page that lost most of its rows looks like the end if its total says so. It is not the end if pages behind it came before,
// even if by their totals each could be a repeated last page.
func TestShortPageBeforeOthersIsNotTheEnd(t *testing.T) {
	const size, claimed, lost = 1600, 1400, 60
	for hole := 1000; hole < 1150; hole += 5 {
		src := overlap.Source[livelist.Item]{Key: keyOf, Fetch: func(ctx context.Context, page, count int) (overlap.Page[livelist.Item], error) {
			count = min(count, 100)
			offset := (page - 1) * count
			if err := sleep(ctx, unit-time.Duration(offset)); err != nil { // later pages are answered first
				return overlap.Page[livelist.Item]{}, err
			}
			var items []livelist.Item
			for i := offset; i < min(offset+count, size); i++ {
				if i < hole || i >= hole+lost {
					items = append(items, livelist.Item{EventID: int64(i + 1), ConferenceID: strconv.Itoa(100_000 + i*7%9973), Start: livelist.Epoch - int64(i)})
				}
			}
			total := claimed
			switch {
			case offset >= hole+lost:
				total = offset
			case offset+count > hole:
				total = offset + len(items)
			}
			return overlap.Page[livelist.Item]{Items: items, Total: total}, nil
		}}
		synctest.Test(t, func(t *testing.T) {
			result, err := overlap.Snapshot(context.Background(), src, overlap.Options{Parallel: 16})
			if err != nil || len(result.Items) < size-lost && result.Report.Verdict > overlap.Incomplete {
				t.Errorf("hole at %d: %d rows, %+v, %v", hole, len(result.Items), result.Report, err)
			}
		})
	}
}

// A server that ignores page returns its first page for every page. That is not the end, and the reason says so.
func TestPageIgnoredIsNotTheEnd(t *testing.T) {
	for size := 10; size < 420; size += 420 / few(42) {
		for _, limit := range []int{20, 50} {
			for _, total := range []livelist.Total{livelist.TotalExact, livelist.TotalPage, livelist.TotalZero} {
				for _, driver := range []string{"parallel", "streaming"} {
					synctest.Test(t, func(t *testing.T) {
						rows, r, err := list(still(size, livelist.Paging{IgnorePage: true, Cap: limit, Total: total}), driver, 0)
						if err != nil || rows < size && (r.Verdict > overlap.Incomplete || r.Reason != overlap.ReasonPaging || r.Requests > 21) {
							t.Errorf("%d rows, at most %d a page, total %d, %s: %+v, %v", size, limit, total, driver, r, err)
						}
					})
				}
			}
		}
	}
}
