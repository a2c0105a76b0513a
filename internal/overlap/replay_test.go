package overlap_test

import (
	"flag"
	"testing"
	"testing/synctest"
)

var replaySeed = flag.Uint64("adversarial.replay", 0, "list only the world of this seed, and log every page")

// TestReplay shows what happened in one world of the adversary.
func TestReplay(t *testing.T) {
	if *replaySeed == 0 {
		t.Skip("needs -adversarial.replay and -v")
	}
	for _, d := range ours {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(adversarial(*replaySeed))
			w.trace = t.Logf
			o := observe(w, d.read)
			t.Logf("%s\n%+v\n%+v\nlost %d of %d", d.name, w.setting, o.report, o.lost, o.always)
		})
	}
}
