package fleet

import "time"

// Clock is how much the clock of NATS's leader, which all workers share, is ahead of that of this machine: Offset, give or take
// Within. The zero value was not measured.
type Clock struct {
	Offset, Within time.Duration
	at             time.Time // of the measurement, on this machine
}

// At is the clock at a time after it was measured. Clocks that nobody sets drift apart by less than 0.5 ms a second.
func (c Clock) At(now time.Time) Clock {
	if !c.at.IsZero() {
		c.Within += now.Sub(c.at) / 2000
	}
	return c
}

// Measured is the clock after one more measurement: a value that was stored between two times here, at a time of NATS. The
// measurement that took least counts, until its clock has drifted, or was set.
func (c Clock) Measured(began, ended, stored time.Time) Clock {
	within := ended.Sub(began) / 2
	latest, had := Clock{stored.Sub(began) - within, within, ended}, c.At(ended)
	set := (latest.Offset - had.Offset).Abs() > latest.Within+had.Within
	if c.at.IsZero() || within < had.Within || set {
		return latest
	}
	return c
}
