package overlap_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// The number of a case is that of the list of small inputs that failed.
func TestResponsesThatLackRows(t *testing.T) {
	lie := func(of livelist.Lie, first, every, times int) livelist.Lying {
		return livelist.Lying{Lie: of, First: first, Every: every, Times: times}
	}
	const whole, refused, either = 1, 2, 0 // all rows and at least Conditional; Incomplete; one of both
	type world struct {
		name   string
		size   int
		paging livelist.Paging
		want   int
		most   int // requests; 0 = any
	}
	worlds := []world{
		{"T2 nothing after the first response", 1000, livelist.Paging{Cap: 100, Lying: lie(livelist.LieZero, 2, 1, 0)}, refused, 15},
		{"T3 two responses that know nothing", 1000, livelist.Paging{Cap: 100, Lying: lie(livelist.LieZero, 2, 1, 2)}, either, 0},
		{"T6 a limit in bytes and large rows at the end", 1000, livelist.Paging{Cap: 100, Bytes: 100_000, Heavy: 30, HeavyBy: 12}, either, 0},
		{"T7 a depth limit", 1000, livelist.Paging{Cap: 100, Depth: 955}, refused, 0},
		{"T7 a depth limit", 300, livelist.Paging{Cap: 100, Depth: 295}, refused, 0},
		{"T7 a depth limit", 20, livelist.Paging{Cap: 100, Depth: 18}, refused, 0},
		{"T7 a depth limit", 25, livelist.Paging{Cap: 100, Depth: 22}, refused, 0},
		{"T7 a lost shard", 1000, livelist.Paging{Cap: 100, Lying: lie(livelist.LieShard, 1, 1, 0)}, refused, 0},
		{"T9 the first response is empty", 1000, livelist.Paging{Cap: 100, Lying: lie(livelist.LieEmpty, 1, 0, 0)}, whole, 13},
	}
	for size := 1; size <= 8; size++ {
		worlds = append(worlds, world{"T1 the first response is empty", size, livelist.Paging{Lying: lie(livelist.LieEmpty, 1, 0, 0)}, whole, 4})
	}
	for first := 2; first <= 12; first++ {
		worlds = append(worlds,
			world{fmt.Sprint("T4 a hole in response ", first), 1000, livelist.Paging{Cap: 100, Lying: lie(livelist.LieHole, first, 0, 0)}, whole, 14},
			world{fmt.Sprint("T8 response ", first, " is empty"), 1000, livelist.Paging{Cap: 100, Lying: lie(livelist.LieEmpty, first, 0, 0)}, whole, 14})
	}
	for _, w := range worlds {
		for _, driver := range []string{"parallel", "streaming"} {
			t.Run(fmt.Sprint(w.name, "/", w.size, "/", driver), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rows, r, err := list(still(w.size, w.paging), driver, 0)
					good := r.Verdict > overlap.Incomplete
					if err != nil || good && (w.want == refused || rows < w.size) || !good && w.want == whole || w.most > 0 && r.Requests > w.most {
						t.Errorf("got %d of %d rows, %s, %d requests, %v", rows, w.size, verdictNames[r.Verdict], r.Requests, err)
					}
				})
			})
		}
	}
}

// scripted lists pages that a function makes of the number of the request, the page and the count. It fails if a page below 1
// is asked for.
func scripted(t *testing.T, page func(n, page, count int) overlap.Page[livelist.Item]) overlap.Result[livelist.Item] {
	t.Helper()
	requests := 0
	result, err := overlap.Snapshot(t.Context(), overlap.Source[livelist.Item]{
		Key: keyOf,
		Fetch: func(_ context.Context, number, count int) (overlap.Page[livelist.Item], error) {
			requests++
			if number < 1 || count < 1 {
				t.Errorf("got a request for page %d, count %d, want at least 1", number, count)
				number, count = 1, max(1, count)
			}
			return page(requests, number, count), nil
		},
	}, overlap.Options{Parallel: 1})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// rows are those of a list of size that a page shows; some are hidden after it was cut.
func rows(size, page, count int, hidden func(i int) bool) (items []livelist.Item) {
	for i := (page - 1) * count; i < min(page*count, size); i++ {
		if !hidden(i) {
			items = append(items, livelist.Item{EventID: int64(i + 1), ConferenceID: fmt.Sprint(i + 1), Start: livelist.Epoch - int64(i)})
		}
	}
	return items
}

// T5, T12: a filter hides the rows 10 to 19 of 21 after paging.
func TestHiddenPageBeforeLastRow(t *testing.T) {
	for name, total := range map[string]func(rows int) int{
		"visible": func(int) int { return 11 }, "all": func(int) int { return 21 }, "page": func(rows int) int { return rows },
	} {
		got := scripted(t, func(_, page, count int) overlap.Page[livelist.Item] {
			items := rows(21, page, min(count, 20), func(i int) bool { return i >= 10 && i < 20 })
			return overlap.Page[livelist.Item]{Items: items, Total: total(len(items))}
		})
		if len(got.Items) < 11 && got.Report.Verdict > overlap.Incomplete {
			t.Errorf("totals: %s: got %d of 11 rows, %+v", name, len(got.Items), got.Report)
		}
	}
}

// T11: one of 21 rows is hidden after paging, the total is one behind, and one row ends after the first response.
func TestRowEndsBeforeHiddenOne(t *testing.T) {
	got := scripted(t, func(n, page, count int) overlap.Page[livelist.Item] {
		all := rows(21, 1, 21, func(i int) bool { return n > 1 && i == 3 })
		var items []livelist.Item
		for i := (page - 1) * min(count, 20); i < min(page*min(count, 20), len(all)); i++ {
			if all[i].EventID != 8 {
				items = append(items, all[i])
			}
		}
		return overlap.Page[livelist.Item]{Items: items, Total: len(all) - 1}
	})
	last := false
	for _, it := range got.Items {
		last = last || it.EventID == 21
	}
	if !last && got.Report.Verdict == overlap.Complete {
		t.Errorf("got %d rows without the last one, %+v, want not Complete", len(got.Items), got.Report)
	}
}

// C7: a list of 8 empties while it is read.
func TestShortListEmpties(t *testing.T) {
	got := scripted(t, func(n, page, count int) overlap.Page[livelist.Item] {
		if n > 1 {
			return overlap.Page[livelist.Item]{}
		}
		return overlap.Page[livelist.Item]{Items: rows(8, page, count, func(int) bool { return false }), Total: 8}
	})
	if got.Report.Verdict != overlap.Complete || got.Report.Requests > 5 {
		t.Errorf("got %+v, want Complete in at most 5 requests", got.Report)
	}
}

// C8: page numbers begin with 1, also if totals are 0 and the last page comes again.
func TestPageNumbers(t *testing.T) {
	for size := range 60 {
		for _, total := range []int{0, 1, -1} {
			scripted(t, func(_, page, count int) overlap.Page[livelist.Item] {
				count = min(count, 20)
				page = min(page, max(1, (size+count-1)/count))
				return overlap.Page[livelist.Item]{Items: rows(size, page, count, func(int) bool { return false }), Total: total}
			})
		}
	}
}

// Totals that always count more than the service shows can be ignored.
func TestIgnoreTotals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := still(1000, livelist.Paging{Cap: 100, Depth: 955})
		result, err := overlap.Snapshot(context.Background(), w.source(), overlap.Options{IgnoreTotals: true})
		r := result.Report
		if err != nil || r.Verdict != overlap.Complete || r.Rows != 955 || r.TotalCount != 1000 || r.Missing != 0 {
			t.Errorf("got %+v, %v, want Complete with 955 rows, none missing, and the total 1000", r, err)
		}
	})
}

// A list at rest whose total always counts one more than it shows: reading a place again and again proves nothing.
func TestConstantTotalIsNotAskedForEver(t *testing.T) {
	for _, n := range []int{1, 5, 19, 20} {
		sent := map[[2]int]int{}
		src := overlap.Source[int]{
			Key: func(i *int) overlap.Key { return overlap.Key{EventID: int64(*i + 1), Start: int64(*i)} },
			Fetch: func(_ context.Context, page, count int) (overlap.Page[int], error) {
				sent[[2]int{page, count}]++
				p := overlap.Page[int]{Total: n + 1}
				for i := (page - 1) * count; i < min(n, page*count); i++ {
					p.Items = append(p.Items, i)
				}
				return p, nil
			},
		}
		r, err := overlap.Snapshot(t.Context(), src, overlap.Options{Parallel: 1})
		if err != nil || r.Report.Verdict != overlap.Incomplete || r.Report.Reason != overlap.ReasonTotal {
			t.Errorf("%d rows: got %v, %+v, want an incomplete listing for its total", n, err, r.Report)
		}
		for place, times := range sent {
			if times > 4 {
				t.Errorf("%d rows: page %d of %d was read %d times, want at most 4", n, place[0], place[1], times)
			}
		}
	}
}
