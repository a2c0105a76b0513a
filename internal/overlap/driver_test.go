package overlap_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// still is a list that does not change.
func still(size int, paging livelist.Paging) *world {
	return newWorld(setting{list: livelist.Config{Seed: 1, Size: size, Order: livelist.StartDown}, paging: paging})
}

func rowsOf(w *world) (ids []livelist.Identity) {
	for _, it := range w.server.List.Items() {
		ids = append(ids, it.Identity())
	}
	return ids
}

func TestSnapshotKeepsServerOrder(t *testing.T) {
	for _, size := range []int{0, 1, 19, 20, 21, 99, 100, 101, 300, 1000} {
		for _, limit := range []int{0, 20, 100} {
			t.Run(fmt.Sprint(size, " rows cap ", limit), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := still(size, livelist.Paging{Cap: limit})
					result, err := overlap.Snapshot(context.Background(), w.source(), overlap.Options{Parallel: 8})
					if err != nil || result.Report.Verdict != overlap.Complete {
						t.Fatalf("%+v, %v", result.Report, err)
					}
					var got []livelist.Identity
					for _, it := range result.Items {
						got = append(got, it.Identity())
					}
					if !slices.Equal(got, rowsOf(w)) {
						t.Errorf("got %d rows, want the list's %d in its order", len(got), size)
					}
				})
			})
		}
	}
}

func TestStreamYieldsInOrderAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := still(450, livelist.Paging{Cap: 50})
		var got []livelist.Identity
		report, err := overlap.Stream(context.Background(), w.source(), overlap.Options{}, func(it livelist.Item) bool {
			got = append(got, it.Identity())
			return true
		})
		if err != nil || report.Verdict != overlap.Complete || !slices.Equal(got, rowsOf(w)) {
			t.Errorf("%d rows, %+v, %v", len(got), report, err)
		}
	})
}

func TestStreamStops(t *testing.T) {
	for _, c := range []struct {
		name     string
		maxItems int
		breakAt  int
		want     int
	}{{"after MaxItems", 70, 0, 70}, {"at a break", 0, 1, 1}, {"at a break on a seam", 0, 51, 51}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := still(450, livelist.Paging{Cap: 50})
				n := 0
				report, err := overlap.Stream(context.Background(), w.source(), overlap.Options{MaxItems: c.maxItems}, func(livelist.Item) bool {
					n++
					return n != c.breakAt
				})
				if err != nil || n != c.want || report.Verdict != overlap.Incomplete || report.Reason != overlap.ReasonStopped {
					t.Errorf("%d rows, %+v, %v", n, report, err)
				}
			})
		})
	}
}

// Rows with the same identity in one page, or without one, are all kept; the verdict is then at most Conditional.
func TestRowsWithoutUniqueIdentity(t *testing.T) {
	row := func(id int64) livelist.Item {
		return livelist.Item{EventID: id, ConferenceID: fmt.Sprint(id), Start: id}
	}
	list := []livelist.Item{row(1), row(2), row(2), {Start: 5}, {Start: 5}, row(6), row(7), row(8), row(9), row(10)}
	src := overlap.Source[livelist.Item]{Key: keyOf, Fetch: func(_ context.Context, page, count int) (overlap.Page[livelist.Item], error) {
		from := min((page-1)*count, len(list))
		return overlap.Page[livelist.Item]{Items: list[from:min(from+count, len(list))], Total: len(list)}, nil
	}}
	result, err := overlap.Snapshot(t.Context(), src, overlap.Options{})
	if err != nil || len(result.Items) != len(list) || result.Report.Verdict != overlap.Conditional || result.Report.Reason != overlap.ReasonIdentity {
		t.Errorf("got %d rows, %+v, %v, want %d rows, Conditional, ReasonIdentity", len(result.Items), result.Report, err, len(list))
	}
}

var errDown = errors.New("down")

// faulty lets fail decide about each request before it is sent.
func faulty(w *world, fail func(n int64, page, count int) error) (overlap.Source[livelist.Item], *atomic.Int64) {
	src := w.source()
	fetch, requests := src.Fetch, &atomic.Int64{}
	src.Fetch = func(ctx context.Context, page, count int) (overlap.Page[livelist.Item], error) {
		if err := fail(requests.Add(1), page, count); err != nil {
			return overlap.Page[livelist.Item]{}, err
		}
		return fetch(ctx, page, count)
	}
	src.Classify = func(err error) overlap.Fault {
		switch {
		case errors.Is(err, errDown):
			return overlap.Fatal
		case errors.Is(err, livelist.ErrCount):
			return overlap.CountRejected
		}
		return overlap.Failed
	}
	return src, requests
}

// Attempts and pauses are summed over pages that came and requests that failed.
func TestReportCountsAttemptsAndPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, requests := faulty(still(2000, livelist.Paging{Cap: 100}), func(n int64, _, _ int) error {
			if n == 3 || n == 14 {
				return errLost
			}
			return nil
		})
		var attempts atomic.Int64
		fetch := src.Fetch
		src.Fetch = func(ctx context.Context, page, count int) (overlap.Page[livelist.Item], error) {
			p, err := fetch(ctx, page, count)
			p.Attempts, p.Pauses = 1+page%3, 1
			attempts.Add(int64(p.Attempts))
			return p, err
		}
		result, err := overlap.Snapshot(context.Background(), src, overlap.Options{Parallel: 4})
		r := result.Report
		if err != nil || r.Verdict != overlap.Complete {
			t.Fatalf("got %+v, %v, want a Complete listing", r, err)
		}
		if r.Requests != int(requests.Load()) || r.Attempts != int(attempts.Load()) || r.Pauses != r.Requests {
			t.Errorf("got %d requests, %d attempts, %d pauses, want %d, %d, and as many pauses as requests", r.Requests, r.Attempts, r.Pauses, requests.Load(), attempts.Load())
		}
	})
}

// The attempts of cancelled requests count, too.
func TestReportCountsAttemptsAfterCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
		defer cancel()
		src, requests := faulty(still(5000, livelist.Paging{Cap: 100}), func(int64, int, int) error { return nil })
		fetch := src.Fetch
		src.Fetch = func(ctx context.Context, page, count int) (overlap.Page[livelist.Item], error) {
			p, err := fetch(ctx, page, count)
			p.Attempts = 1
			return p, err
		}
		result, _ := overlap.Snapshot(ctx, src, overlap.Options{Parallel: 8})
		if got, want := result.Report.Attempts, int(requests.Load()); got != want || want < 2 {
			t.Errorf("got %d attempts, want %d: one for each request", got, want)
		}
	})
}

func TestErrors(t *testing.T) {
	first := errors.New("first page")
	for _, c := range []struct {
		name    string
		paging  livelist.Paging
		fail    func(n int64, page, count int) error
		want    error
		verdict overlap.Verdict
		reason  string
	}{
		{"the first page fails", livelist.Paging{}, func(int64, int, int) error { return first }, first, 0, ""},
		{"a fatal error later", livelist.Paging{Cap: 50}, func(n int64, _, _ int) error {
			if n == 4 {
				return errDown
			}
			return nil
		}, errDown, overlap.Incomplete, overlap.ReasonFailed},
		{"counts are refused twice", livelist.Paging{Reject: 20}, func(int64, int, int) error { return nil }, nil, overlap.Complete, ""},
		{"counts are always refused", livelist.Paging{Reject: 1}, func(int64, int, int) error { return nil }, livelist.ErrCount, 0, ""},
		{"one page fails once", livelist.Paging{Cap: 50}, func(n int64, _, _ int) error {
			if n == 4 {
				return errLost
			}
			return nil
		}, nil, overlap.Complete, ""},
		{"all but the first page fail", livelist.Paging{Cap: 50}, func(_ int64, page, _ int) error {
			if page > 1 {
				return errLost
			}
			return nil
		}, nil, overlap.Incomplete, overlap.ReasonFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src, requests := faulty(still(300, c.paging), c.fail)
				result, err := overlap.Snapshot(context.Background(), src, overlap.Options{Parallel: 4})
				if !errors.Is(err, c.want) || result.Report.Verdict != c.verdict || result.Report.Reason != c.reason {
					t.Errorf("got %+v, %v, want verdict %d, reason %q, error %v", result.Report, err, c.verdict, c.reason, c.want)
				}
				if failed := result.Report.Reason == overlap.ReasonFailed; failed != (result.Report.Err != nil) || !failed && result.Report.Failed > 0 {
					t.Errorf("got Failed %d, Err %v, which do not fit the reason", result.Report.Failed, result.Report.Err)
				}
				if requests.Load() > 60 {
					t.Errorf("got %d requests, want at most 60", requests.Load())
				}
			})
		})
	}
}

// A synctest bubble ends only when no goroutine is left in it.
func TestCancel(t *testing.T) {
	for _, after := range []time.Duration{0, 1, 1500 * time.Millisecond, 2500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), after)
			defer cancel()
			start := time.Now()
			_, err := overlap.Snapshot(ctx, still(5000, livelist.Paging{Cap: 100}).source(), overlap.Options{Parallel: 8})
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > after {
				t.Errorf("got %v after %v, want DeadlineExceeded after %v", err, time.Since(start), after)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received, calls := 0, 0
		result, _ := overlap.Snapshot(context.Background(), still(950, livelist.Paging{Cap: 100}).source(), overlap.Options{OnProgress: func(n, total int) {
			if n < received || total != 950 {
				t.Errorf("got %d rows of %d after %d rows", n, total, received)
			}
			received = n
			calls++
		}})
		if received != 950 || calls != result.Report.Requests {
			t.Errorf("got %d rows in %d calls, want 950 in %d", received, calls, result.Report.Requests)
		}
	})
}

// A listing ends, whatever the server returns.
func TestRandomResponses(t *testing.T) {
	for seed := range uint64(few(300)) {
		rng := rand.New(rand.NewPCG(seed, 1))
		key := func() livelist.Item {
			return livelist.Item{EventID: rng.Int64N(50) - 5, ConferenceID: []string{"", "x", "007", "7"}[rng.IntN(4)], Start: rng.Int64N(20) - 10}
		}
		responses := 0
		src := overlap.Source[livelist.Item]{Key: keyOf, Fetch: func(context.Context, int, int) (overlap.Page[livelist.Item], error) {
			if responses++; rng.IntN(20) == 0 && responses > 1 {
				return overlap.Page[livelist.Item]{}, errLost
			}
			items := make([]livelist.Item, rng.IntN([]int{1, 3, 30, 600}[seed%4]))
			for i := range items {
				items[i] = key()
			}
			return overlap.Page[livelist.Item]{Items: items, Total: []int{math.MinInt, -1, 0, 7, math.MaxInt}[rng.IntN(5)]}, nil
		}}
		report, err := overlap.Stream(t.Context(), src, overlap.Options{}, func(livelist.Item) bool { return true })
		if err != nil || responses > 500 {
			t.Errorf("seed %d: got %d requests, %+v, %v, want at most 500 and no error", seed, responses, report, err)
		}
	}
}

// Evidence shows that a row of a sorted list was gone, unless its place was not read.
func TestEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := still(300, livelist.Paging{Cap: 100})
		items := w.server.List.Items()
		gone := []livelist.Item{items[0], items[99], items[150], items[299]}
		for _, it := range gone {
			w.server.List.End(it.Identity())
		}
		result, _ := overlap.Snapshot(context.Background(), w.source(), overlap.Options{})
		for _, it := range gone {
			if !result.Evidence.Gone(keyOf(&it)) {
				t.Errorf("%v: got not gone, want gone", it)
			}
		}
		src, _ := faulty(w, func(_ int64, page, _ int) error {
			if page > 1 {
				return errLost
			}
			return nil
		})
		half, _ := overlap.Snapshot(context.Background(), src, overlap.Options{})
		for _, it := range gone[2:] {
			if half.Evidence.Gone(keyOf(&it)) {
				t.Errorf("%v: got gone, though its place was not read", it)
			}
		}
		if (*overlap.Evidence)(nil).Gone(keyOf(&gone[0])) {
			t.Error("nil evidence: got gone, want not gone")
		}
	})
}

// A page of one row again and again must not take time that grows with its square.
func TestPageRepeatsOneRow(t *testing.T) {
	page := make([]livelist.Item, 100_000)
	for i := range page {
		page[i] = livelist.Item{EventID: 1, ConferenceID: "1", Start: 1}
	}
	src := still(0, livelist.Paging{}).source()
	src.Fetch = func(context.Context, int, int) (overlap.Page[livelist.Item], error) {
		return overlap.Page[livelist.Item]{Items: page, Total: len(page)}, nil
	}
	got, err := overlap.Snapshot(t.Context(), src, overlap.Options{Parallel: 1})
	if err != nil || got.Report.Verdict == overlap.Complete {
		t.Errorf("got %+v, %v, want less than Complete", got.Report, err)
	}
}
