package overlap_test

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// found counts the rows that an algorithm saw.
type found = map[livelist.Identity]int

const pageSize = 100 // the baselines know the server's cap; Stream and Snapshot must find it

// get reads a page and adds it to what was found.
func (w *world) get(into found, page, count int) (rows, total int) {
	p, err := w.fetch(context.Background(), page, count)
	if err != nil {
		return 0, 0
	}
	for _, it := range p.Items {
		into[it.Identity()]++
	}
	return len(p.Items), p.Total
}

// naive reads page after page until one is short. Distinct rows are the same with and without dedupe.
func naive(w *world) (found, overlap.Report) {
	into := found{}
	for page := 1; ; page++ {
		if n, _ := w.get(into, page, pageSize); n < pageSize {
			return into, overlap.Report{}
		}
	}
}

// trusting requests 500 rows and takes fewer rows for the end.
func trusting(w *world) (found, overlap.Report) {
	into := found{}
	for page := 1; ; page++ {
		if n, _ := w.get(into, page, 500); n < 500 {
			return into, overlap.Report{}
		}
	}
}

// parallelPages reads the first page and then as many as its total takes, eight at a time.
func parallelPages(w *world) (found, overlap.Report) {
	into := found{}
	_, total := w.get(into, 1, pageSize)
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, 8)
	for page := 2; page <= (total+pageSize-1)/pageSize; page++ {
		slots <- struct{}{}
		wg.Go(func() {
			own := found{}
			w.get(own, page, pageSize)
			<-slots
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(into, own)
		})
	}
	wg.Wait()
	return into, overlap.Report{}
}

// thereAndBack reads all pages forward and backward, and takes what either saw.
func thereAndBack(w *world) (found, overlap.Report) {
	into := found{}
	last := 1
	for ; ; last++ {
		if n, _ := w.get(into, last, pageSize); n < pageSize {
			break
		}
	}
	for page := last; page > 0; page-- {
		w.get(into, page, pageSize)
	}
	return into, overlap.Report{}
}

// doubleCollect reads everything until two readings agree, at most six times. Agreement is its verdict.
func doubleCollect(w *world) (found, overlap.Report) {
	into, _ := naive(w)
	before := slices.Collect(maps.Keys(into))
	for range 5 {
		again, _ := naive(w)
		maps.Copy(into, again)
		if len(again) == len(before) && !slices.ContainsFunc(before, func(id livelist.Identity) bool { return again[id] == 0 }) {
			return into, overlap.Report{Verdict: overlap.Conditional}
		}
		before = slices.Collect(maps.Keys(again))
	}
	return into, overlap.Report{Verdict: overlap.Incomplete}
}
