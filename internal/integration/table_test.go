package integration_test

import (
	"testing"
	"time"
)

// cell is what came of one call in one story.
type cell struct {
	outcome  string
	err      error
	attempts int
	took     time.Duration
}

func play(t *testing.T, component string, faults []fault) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			cells := f.row(t)
			for _, c := range calls {
				t.Logf("%-14s %s, %d attempts, %s", c.name, cells[c.name].outcome, cells[c.name].attempts, cells[c.name].took)
			}
		})
	}
}
