package main

import (
	"runtime"
	"syscall"
	"time"
)

// A sample is what a slice of a subject took: so many runs, one after the other.
type sample struct {
	Runs   int
	CPU    time.Duration // of the whole process: user and system, with garbage collection
	Allocs uint64
	Bytes  uint64
}

func (s sample) perRun() time.Duration { return s.CPU / time.Duration(s.Runs) }

// slice runs a subject n times. One more run before that is not counted: it fills the pools and caches that the subjects
// before it have emptied.
//
// There is no collection before or after: garbage is left to the next slice, as it was left to this one by the slice
// before. A collection costs by what is alive, which hardly varies here, and falls due after so many allocated bytes, so
// each slice pays for about as many as it causes. Collecting on purpose before a slice would give every subject that
// allocates up to 4 MB without a charge.
func slice(s subject, n int) (sample, error) {
	if err := s.run(); err != nil {
		return sample{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cpu()
	for range n {
		if err := s.run(); err != nil {
			return sample{}, err
		}
	}
	took := cpu() - start
	runtime.ReadMemStats(&after)
	return sample{Runs: n, CPU: took, Allocs: after.Mallocs - before.Mallocs, Bytes: after.TotalAlloc - before.TotalAlloc}, nil
}

// cpu is what this process has used of the processors so far.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // the arguments are constants
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// A retention is what stays in memory after a garbage collection.
type retention struct {
	Page float64 // bytes a conference, if whole pages are kept
	One  float64 // bytes a page, if a copy of one conference of each is kept
}

// retain decodes pages and keeps all of them, then one conference of each. Every page has its own body, as one that came
// over the network has: a decoder whose strings point into it keeps it alive.
func retain(body []byte, d decoder) (retention, error) {
	pages := max(8, 4<<20/len(body))
	whole, conferences, err := live(body, pages, func(body []byte) (any, int, error) {
		page, err := d.decode(body)
		return page, size(page), err
	})
	if err != nil {
		return retention{}, err
	}
	one, _, err := live(body, pages, func(body []byte) (any, int, error) {
		page, err := d.decode(body)
		return first(page), 1, err
	})
	return retention{Page: whole / float64(conferences), One: one / float64(pages)}, err
}

// live returns by how many bytes the heap has grown when what make returns is kept.
func live(body []byte, pages int, decode func([]byte) (any, int, error)) (bytes float64, conferences int, err error) {
	kept := make([]any, pages)
	before := heap()
	for i := range kept {
		page, n, err := decode(append(make([]byte, 0, len(body)), body...))
		if err != nil {
			return 0, 0, err
		}
		kept[i], conferences = page, conferences+n
	}
	bytes = float64(heap()) - float64(before)
	runtime.KeepAlive(kept)
	return bytes, conferences, nil
}

// heap is what is alive. It collects three times: pools give up what they hold in the second, and finalizers may give up
// more.
func heap() uint64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
