package main

import (
	"slices"
	"time"
)

// A result is a task's rows, the SDK's first.
type result struct {
	task
	rows []*row
}

// A row is what was measured of a subject.
type row struct {
	subject
	runs    int      // of a slice
	samples []sample // of each round

	ratio     [3]float64    // quartiles of CPU over that of the SDK in the same round
	cpu       time.Duration // median of a run
	allocs    float64       // of a run
	bytes     float64       // that a run allocates
	retention *retention    // nil = not measured
}

// summarise fills the figures of the rows in from the samples.
func (r result) summarise() {
	sdk := r.rows[0].samples
	for _, row := range r.rows {
		var ratios, cpus, allocs, bytes []float64
		for round, s := range row.samples {
			runs := float64(s.Runs)
			ratios = append(ratios, float64(s.perRun())/float64(sdk[round].perRun()))
			cpus = append(cpus, float64(s.perRun()))
			allocs = append(allocs, float64(s.Allocs)/runs)
			bytes = append(bytes, float64(s.Bytes)/runs)
		}
		row.ratio = [3]float64{quantile(ratios, .25), quantile(ratios, .5), quantile(ratios, .75)}
		row.cpu = time.Duration(quantile(cpus, .5))
		row.allocs, row.bytes = quantile(allocs, .5), quantile(bytes, .5)
	}
}

// quantile is between two values if it falls between them.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
