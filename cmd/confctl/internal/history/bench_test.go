package history_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// BenchmarkRecord records a poll of 10,000 conferences. Between two polls 75 start, 75 end, and some change their counts.
func BenchmarkRecord(b *testing.B) {
	for name, changing := range map[string]int{"calm": 500, "all": 10_000} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "history.db")
			store, err := history.Open(path, history.Options{Service: "fake"})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			list := confopenapitest.Conferences(10_000, 1)
			at, next := nine, 100_000
			poll := func() {
				s := &confopenapi.Snapshot{Conferences: append([]confopenapi.Conference{}, list...), Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete, Start: at, End: at.Add(time.Second)}}
				if err := store.Record(s); err != nil {
					b.Fatal(err)
				}
				at = at.Add(30 * time.Second)
			}
			began := time.Now()
			poll()
			first, before := time.Since(began), size(path)
			for b.Loop() {
				list = append(list[75:], confopenapitest.ConferencesFrom(next, 75, 1)...)
				next += 75
				for i := range changing {
					list[i].AttendeeCount++
					list[i].VoIPCount++
				}
				poll()
			}
			_ = store.Close()
			b.ReportMetric(float64(first.Milliseconds()), "ms-first")
			b.ReportMetric(float64(size(path)-before)/float64(75*b.N), "bytes/run")
			b.ReportMetric(float64(before), "bytes-at-first")
		})
	}
}

// size is how large the file is, with what is not yet merged into it.
func size(path string) (n int64) {
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			n += info.Size()
		}
	}
	return n
}
