package main

import (
	"testing"
	"time"
)

func madeUp() report {
	r := report{Rounds: 3, Took: 7 * time.Second, Programs: []program{{"net/http", 1_233_567}, {"confopenapi", 1_234_567}}}
	for _, group := range []string{decodeGroup, formsGroup, encodeGroup, appendGroup, memoryGroup, loopbackGroup} {
		// In the second round the machine is ten times slower for both, and the peer's ratio hardly differs.
		sdk := &row{subject: subject{peer: peer{name: "confopenapi"}}, retention: &retention{}, samples: []sample{
			{Runs: 10, CPU: 10_000}, {Runs: 10, CPU: 100_000}, {Runs: 10, CPU: 10_000},
		}}
		other := &row{subject: subject{peer: peer{name: group + " peer"}}, retention: &retention{}, samples: []sample{
			{Runs: 20, CPU: 20_000, Allocs: 40}, {Runs: 20, CPU: 600_000, Allocs: 40}, {Runs: 20, CPU: 40_000, Allocs: 60},
		}}
		of := result{task{group: group, size: 20}, []*row{sdk, other}}
		of.summarise()
		r.results = append(r.results, of)
	}
	return r
}

func TestSummary(t *testing.T) {
	row := madeUp().results[0].rows[1]
	if want := [3]float64{1.5, 2, 2.5}; row.ratio != want {
		t.Errorf("quartiles %v of 1, 3 and 2, want %v", row.ratio, want)
	}
	if row.cpu != 2000 || row.allocs != 2 {
		t.Errorf("a run takes %d ns and %g allocations, want 2000 and 2", row.cpu, row.allocs)
	}
}

func TestFigures(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0.000", 0.0046: "0.005", 0.0996: "0.10", 0.4567: "0.46", 9.994: "9.99", 9.996: "10.0", 34.56: "34.6", 99.96: "100", 1234567: "1,234,567",
	} {
		if got := figure(x); got != want {
			t.Errorf("%v is %q, want %q", x, got, want)
		}
	}
	for x, want := range map[float64]string{-999: "-999", -123456: "-123,456", 100: "100", 1000: "1,000"} {
		if got := grouped(x); got != want {
			t.Errorf("%v is %q, want %q", x, got, want)
		}
	}
}
