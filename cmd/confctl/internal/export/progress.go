package export

import (
	"fmt"
	"io"
)

// Stage is what an export is doing.
type Stage int

// The stages, of which a pipe has the first alone.
const (
	Listing Stage = iota
	Writing
)

// Progress is called after each conference with the number done in a stage. It can be nil.
type Progress func(stage Stage, done int)

func (p Progress) report(stage Stage, done int) {
	if p != nil {
		p(stage, done)
	}
}

// Lines prints a line at 1000, 2000 and 5000, and at every 10,000.
func Lines(w io.Writer, line func(stage Stage, done int) string) Progress {
	return func(stage Stage, done int) {
		if done == 1000 || done == 2000 || done == 5000 || done%10_000 == 0 {
			fmt.Fprintln(w, line(stage, done))
		}
	}
}
