package main

import (
	"runtime"
	"syscall"
	"time"
)

// A sample is what a slice took: a subject's runs, one after the other.
type sample struct {
	Runs   int           `json:"runs"`
	CPU    time.Duration `json:"cpu"` // of the whole process: user and system, with garbage collection
	Allocs uint64        `json:"allocs"`
	Bytes  uint64        `json:"bytes"`
}

func (s sample) perRun() time.Duration { return s.CPU / time.Duration(s.Runs) }

// slice runs a subject so many times. Some runs before them are not counted: they fill the pools that collections have
// emptied, and the caches of a processor that has done something else since. Without them, a subject in a process of its
// own, which slept for the rest of the round, took up to 8 % more than the same subject in this one.
//
// There is no collection before or after. Garbage is left to the next slice, as it was left to this one by the slice
// before. A collection costs by what is alive, which hardly varies here, and falls due after so many allocated bytes, so
// each slice contains about as many as it causes. Collecting on purpose before a slice would give every subject several
// megabytes of garbage without a charge.
func slice(s subject, runs int) (sample, error) {
	for range 1 + runs/8 {
		if err := s.run(); err != nil {
			return sample{}, err
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cpu()
	for range runs {
		if err := s.run(); err != nil {
			return sample{}, err
		}
	}
	took := cpu() - start
	runtime.ReadMemStats(&after)
	return sample{Runs: runs, CPU: took, Allocs: after.Mallocs - before.Mallocs, Bytes: after.TotalAlloc - before.TotalAlloc}, nil
}

// cpu is what this process has used of the processors so far.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // its arguments are constants
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
