package fleet

import "time"

// Clock is how much NATS's clock, which all workers share, is ahead of that of this machine: Offset, give or take Within.
type Clock struct {
	Offset, Within time.Duration
}

// drift is more than clocks that nobody sets drift apart in a beat.
const drift = beat / 2000

// Measured is the clock after one more measurement: a value that was stored between two times here, at a time of NATS. The
// measurement that took least counts, until its clock has drifted, or was set.
func (c Clock) Measured(began, ended, stored time.Time) Clock {
	within := ended.Sub(began) / 2
	latest := Clock{Offset: stored.Sub(began) - within, Within: within}
	c.Within += drift
	set := (latest.Offset - c.Offset).Abs() > latest.Within+c.Within
	if c == (Clock{Within: drift}) || within < c.Within || set {
		return latest
	}
	return c
}
