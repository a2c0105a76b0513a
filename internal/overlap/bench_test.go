package overlap_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"
	"unsafe"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// generated is a list of so many rows, whose pages are made when they are requested.
func generated(rows int) overlap.Source[livelist.Item] {
	return overlap.Source[livelist.Item]{Key: keyOf, Fetch: func(_ context.Context, page, count int) (overlap.Page[livelist.Item], error) {
		count = min(count, 100)
		from := min((page-1)*count, rows)
		items := make([]livelist.Item, 0, count)
		for i := from; i < min(from+count, rows); i++ {
			items = append(items, livelist.Item{EventID: int64(i), ConferenceID: strconv.Itoa(i), Start: livelist.Epoch - int64(i)})
		}
		return overlap.Page[livelist.Item]{Items: items, Total: rows}, nil
	}}
}

// Streaming keeps about 40 bytes for each row.
func TestStreamMemory(t *testing.T) {
	const rows = 200_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, most := 0, uint64(0)
	report, err := overlap.Stream(t.Context(), generated(rows), overlap.Options{}, func(livelist.Item) bool {
		if n++; n%(rows/4) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			most = max(most, after.HeapAlloc-before.HeapAlloc)
		}
		return true
	})
	if err != nil || n != rows || report.Verdict != overlap.Complete {
		t.Fatalf("got %d rows, %+v, %v, want %d, Complete", n, report, err, rows)
	}
	if perRow := float64(most) / rows; perRow > 60 {
		t.Errorf("got %.0f bytes a row, want at most 60", perRow)
	} else {
		t.Logf("%.0f bytes a row", perRow)
	}
}

// Snapshot copies a row only once, into its result: not as the list grows.
func TestSnapshotCopiesARowOnce(t *testing.T) {
	type large struct {
		livelist.Item
		_ [500]byte
	}
	const rows = 20_000
	list := generated(rows)
	src := overlap.Source[large]{
		Key: func(l *large) overlap.Key { return list.Key(&l.Item) },
		Fetch: func(ctx context.Context, page, count int) (overlap.Page[large], error) {
			p, err := list.Fetch(ctx, page, count)
			items := make([]large, len(p.Items))
			for i, item := range p.Items {
				items[i].Item = item
			}
			return overlap.Page[large]{Items: items, Total: p.Total}, err
		},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := overlap.Snapshot(t.Context(), src, overlap.Options{})
	runtime.ReadMemStats(&after)
	if err != nil || len(r.Items) != rows {
		t.Fatalf("got %d rows, %v, want %d", len(r.Items), err, rows)
	}
	size := unsafe.Sizeof(large{})
	if perRow := float64(after.TotalAlloc-before.TotalAlloc) / rows / float64(size); perRow > 3 {
		t.Errorf("Snapshot allocated %.1f times the size of its rows, want at most 3: once for the pages, once for the result", perRow)
	}
}

func BenchmarkStream(b *testing.B) {
	for _, rows := range []int{10_000, 1_000_000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = overlap.Stream(b.Context(), generated(rows), overlap.Options{}, func(livelist.Item) bool { return true })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	for b.Loop() {
		_, _ = overlap.Snapshot(b.Context(), generated(10_000), overlap.Options{})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/row")
}
