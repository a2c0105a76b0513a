package fleet

import (
	"testing"
	"time"
)

// A worker pauses after several administrators were refused in a row, longer each time; one that the service accepts does not.
func TestAccess(t *testing.T) {
	t.Parallel()
	var a access
	now := time.Now()
	for i, step := range []struct {
		admin   int64
		kind    string
		after   time.Duration
		changed bool
		slots   int
	}{
		{1, "unauthorized", 0, false, 3},
		{1, "unauthorized", 0, false, 3}, // the same one again proves nothing
		{2, "forbidden", 0, false, 3},
		{2, "timeout", 0, false, 3},
		{3, "unauthorized", 0, true, 0},
		{4, "unauthorized", time.Second, false, 0}, // in progress when the pause began
		{5, "timeout", 5 * time.Second, false, 1},
		{6, "unauthorized", 0, false, 0},
		{6, "server", 9 * time.Second, false, 0},
		{6, "server", 2 * time.Second, false, 1},
		{6, "", 0, true, 32},
		{1, "forbidden", 0, false, 32},
		{2, "forbidden", 0, false, 32},
		{3, "forbidden", 0, false, 32},
		{4, "incomplete", 0, false, 32},
		{1, "forbidden", 0, false, 32},
	} {
		now = now.Add(step.after)
		if changed, slots := a.took(step.admin, step.kind, now), a.slots(32, now); changed != step.changed || slots != step.slots {
			t.Errorf("step %d, %+v: got %t and %d slots, want %t and %d", i, step, changed, slots, step.changed, step.slots)
		}
	}
	for admin := range int64(20) {
		if a.took(100+admin, "unauthorized", now) != (admin == loseAfter-2) {
			t.Errorf("%d administrators refused after a success: got %+v, want a pause after %d", admin+2, a, loseAfter)
		}
	}
	for range 20 {
		now = a.until
		a.took(1, "unauthorized", now)
	}
	if got := a.until.Sub(now); got != longPause {
		t.Errorf("got a pause of %s at last, want %s", got, longPause)
	}
}
