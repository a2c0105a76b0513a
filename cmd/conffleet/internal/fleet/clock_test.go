package fleet_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
)

// However long a request to NATS takes, there and back, its clock is within what the measurements say.
func TestClockWithin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var clock fleet.Clock
		ahead := time.Duration(random.Int64N(int64(20*time.Second))) - 10*time.Second
		for i, now := 0, time.Now(); i < 100; i++ {
			there, back := time.Duration(random.ExpFloat64()*1e7), time.Duration(random.ExpFloat64()*1e7)
			clock = clock.Measured(now, now.Add(there+back), now.Add(there+ahead))
			if off := (clock.Offset - ahead).Abs(); off > clock.At(now.Add(there+back)).Within {
				t.Fatalf("after %d measurements: the clock is %v ahead, got %v within %v", i+1, ahead, clock.Offset, clock.Within)
			}
			pause := time.Duration(random.ExpFloat64() * 1e9)
			now = now.Add(there + back + pause)
			ahead += pause / 10_000
		}
		if clock.Within > 100*time.Millisecond {
			t.Errorf("after 100 measurements: got within %v, want less than 100ms", clock.Within)
		}
	}
}

// A clock that was set is noticed by the next measurement, and a slow measurement does not replace a quick one.
func TestClockSet(t *testing.T) {
	now := time.Now()
	quick := fleet.Clock{}.Measured(now, now.Add(2*time.Millisecond), now.Add(time.Millisecond))
	if quick.Offset != 0 || quick.Within != time.Millisecond {
		t.Errorf("after a Put of 2ms: got %v, want 0s within 1ms", quick)
	}
	if got := quick.At(now.Add(10 * time.Minute)).Within; got < 250*time.Millisecond {
		t.Errorf("ten minutes later: got within %v, want at least 250ms, as clocks drift", got)
	}
	if got := quick.Measured(now, now.Add(time.Second), now.Add(900*time.Millisecond)); got.Offset != 0 {
		t.Errorf("after a Put of 1s: got the offset %v, want that of the quick one", got.Offset)
	}
	if got := quick.Measured(now, now.Add(time.Second), now.Add(time.Minute)).Offset.Round(time.Second); got != time.Minute {
		t.Errorf("after the clock was set: got the offset %v, want 1m", got)
	}
}
