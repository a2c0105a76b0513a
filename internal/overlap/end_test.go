package overlap_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// A limit in bytes makes the last pages short if their rows are large. That looks like the end: no verdict may rest on it.
func TestLargeRowsAreNotTheEnd(t *testing.T) {
	totals := map[string]func(list, page int) int{
		"exact": func(list, _ int) int { return list },
		"zero":  func(int, int) int { return 0 },
		"page":  func(_, page int) int { return page },
	}
	for name, total := range totals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := 0
			for size := 300; size < 1300; size += 500 / few(10) {
				for large := 10; large <= 100; large += 10 {
					for _, weight := range []int{2, 4, 8} {
						src := weighty(size, size-large, weight, total)
						result, err := overlap.Snapshot(t.Context(), src, overlap.Options{})
						if err != nil {
							t.Fatal(err)
						}
						streamed := 0
						report, err := overlap.Stream(t.Context(), src, overlap.Options{}, func(livelist.Item) bool { streamed++; return true })
						if err != nil {
							t.Fatal(err)
						}
						if len(result.Items) < size && result.Report.Verdict > overlap.Incomplete || streamed < size && report.Verdict > overlap.Incomplete {
							t.Errorf("%d rows, the last %d weigh %d: %d, %+v; %d, %+v",
								size, large, weight, len(result.Items), result.Report, streamed, report)
						}
						if len(result.Items) == size {
							whole++
						}
					}
				}
			}
			if whole == 0 {
				t.Error("no list was ever complete")
			}
		})
	}
}

// weighty is a list that does not change. A page has at most 100 rows, whose weights add up to at most 110. A row weighs 1, or
// weight from the index large on.
func weighty(size, large, weight int, total func(list, page int) int) overlap.Source[livelist.Item] {
	return overlap.Source[livelist.Item]{Key: keyOf, Fetch: func(_ context.Context, page, count int) (overlap.Page[livelist.Item], error) {
		from := min((page-1)*count, size)
		var items []livelist.Item
		for i, sum := from, 0; i < min(from+min(count, 100), size); i++ {
			if sum++; i >= large {
				sum += weight - 1
			}
			if sum > 110 && len(items) > 0 {
				break
			}
			items = append(items, livelist.Item{
				EventID: int64(i + 1), ConferenceID: strconv.Itoa(100_000 + i*7%9973), Start: livelist.Epoch - int64(i),
			})
		}
		return overlap.Page[livelist.Item]{Items: items, Total: total(size, len(items))}, nil
	}}
}
