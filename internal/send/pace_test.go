package send

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A waiter who is cancelled in the moment of its turn leaves the turn to the next one.
func TestTurnOfALeaverIsTheNextOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		p.open(time.Now(), 0.001, 1)
		p.pause(time.Now(), time.Hour)
		for range 2 {
			go func() { _ = p.turn(context.Background(), &waiter{}, time.Second, 0, ErrFailing) }()
		}
		synctest.Wait()
		first, second := p.queue[0], p.queue[1]
		p.mu.Lock()
		p.give(p.next)
		p.mu.Unlock()
		p.leave(first)
		select {
		case <-second.turn:
		default:
			t.Error("nobody has the turn")
		}
	})
}
