package pool_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The third is sent while the second, for whom a connection is still being opened, is on the way over the first's.
var surplus = story{{0, "200ms"}, {100 * time.Millisecond, "200ms"}, {300 * time.Millisecond, "100ms"}}

func TestNoMoreConnectionsThanRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, dial{}, dial{takes: time.Minute})
		answered := n.play(surplus)
		if want := []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond}; !slices.Equal(answered, want) || n.dialed() != 2 {
			t.Errorf("answered at %v with %d connections", answered, n.dialed())
		}
		synctest.Wait() // what waited for room is gone with its request, though the slow dial goes on
		time.Sleep(time.Minute)
	})
}

// The third is answered over the first's connection, and needs none of its own for as long as that takes.
func TestNoMoreConnectionsThanLongRequests(t *testing.T) {
	for _, takes := range []time.Duration{400 * time.Millisecond, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, dial{}, dial{takes: takes})
			n.play(story{{0, "200ms"}, {100 * time.Millisecond, "200ms"}, {300 * time.Millisecond, "30m"}})
			if n.dialed() != 2 {
				t.Errorf("%d connections", n.dialed())
			}
		})
	}
}

func TestAsManyConnectionsAsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		for range 3 {
			answered := n.play(story{{0, "1s"}, {0, "1s"}, {0, "1s"}})
			if slices.Max(answered) != time.Second || n.dialed() != 3 {
				t.Errorf("answered at %v with %d connections", answered, n.dialed())
			}
		}
		n.transport.CloseIdleConnections()
		answered := n.play(story{{0, "1s"}, {0, "1s"}, {0, "1s"}})
		if slices.Max(answered) != time.Second || n.dialed() != 6 {
			t.Errorf("answered at %v with %d connections", answered, n.dialed()-3)
		}
	})
}

// What fails or is closed leaves room for others, and takes no part in what may be opened.
func TestFailuresLeaveTheBoundAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := dial{err: errors.New("refused")}
		n := newNetwork(t, refused, refused, dial{}, dial{}, dial{}, dial{takes: time.Minute})
		for range 2 {
			if err := n.get("1s"); !errors.Is(err, refused.err) {
				t.Error(err)
			}
		}
		for range 2 {
			if err := n.get("hang up"); err == nil {
				t.Error("the server hung up")
			}
		}
		n.play(surplus)
		if n.dialed() != 6 {
			t.Errorf("%d connections", n.dialed()-4)
		}
		time.Sleep(time.Minute)
	})
}

// A request that is given up leaves a dial that hangs. The next one dials anew, and both connections count once they serve.
func TestNobodyWaitsForAHangingDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, dial{takes: time.Minute}, dial{}, dial{takes: time.Minute})
		if err := n.getWithin(time.Second, "1s"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if answered := n.play(story{{0, "1s"}}); answered[0] != time.Second || n.dialed() != 2 {
			t.Errorf("answered at %v with %d connections", answered, n.dialed())
		}
		time.Sleep(time.Minute) // the first is open now, and idle
		n.play(story{{0, "1s"}, {0, "1s"}})
		if n.dialed() != 2 {
			t.Errorf("%d connections for 2 requests", n.dialed())
		}
		if n.play(append(story{{0, "1s"}}, surplus...)); n.dialed() != 3 {
			t.Errorf("%d connections for 3 requests", n.dialed())
		}
		time.Sleep(time.Minute)
	})
}

// So it is where what hangs is the handshake, or what a proxy is asked for, on a connection that is open.
func TestNobodyWaitsForAHangingHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := dial{err: errors.New("refused")}
		n := newNetwork(t, dial{mute: true}, refused)
		if err := n.getWithin(time.Second, "https://conf.example.com/1s"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		start := time.Now()
		if err := n.get("https://conf.example.com/1s"); !errors.Is(err, refused.err) || time.Since(start) > 0 {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		time.Sleep(time.Minute)
	})
}

// The second request was answered over the first's connection, which is closed by now, while its own dial hangs: the third
// waits for that in vain, but not for long.
func TestNobodyWaitsForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, dial{}, dial{takes: time.Minute})
		n.play(story{{0, "200ms"}, {100 * time.Millisecond, "200ms"}})
		if err := n.get("hang up"); err == nil {
			t.Error("the server hung up")
		}
		answered := n.play(story{{0, "200ms"}})
		if answered[0] != 900*time.Millisecond || n.dialed() != 3 {
			t.Errorf("answered at %v with %d connections", answered, n.dialed())
		}
		time.Sleep(time.Minute)
	})
}

// An answer that comes just when the connection is taken for one that hangs is the last word.
func TestAnAnswerAtTheLastMoment(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, dial{}, dial{takes: time.Minute})
			n.play(story{{0, "1s"}})
			if n.play(surplus); n.dialed() != 2 {
				t.Errorf("%d connections for 2 requests", n.dialed())
			}
			time.Sleep(time.Minute)
		})
	}
}

// What comes while a connection is being closed makes it count no more.
func TestAClosedConnectionDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, dial{late: true})
		if err := n.getWithin(time.Second, "0s"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if answered := n.play(story{{0, "1s"}}); answered[0] != time.Second {
			t.Errorf("answered at %v", answered)
		}
	})
}

// A request that is given up while its dial waits for room needs none any more.
func TestNobodyDialsForWhatWasGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, dial{}, dial{takes: time.Minute})
		var given sync.WaitGroup
		given.Go(func() {
			time.Sleep(300 * time.Millisecond)
			if err := n.getWithin(50*time.Millisecond, "0s"); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
		n.play(surplus[:2])
		given.Wait()
		time.Sleep(time.Minute)
		if n.dialed() != 2 {
			t.Errorf("%d connections", n.dialed())
		}
	})
}

// The dials that were started for the second pair, and not needed, fail: the third need not wait for the first's connections.
func TestRoomIsTakenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unreachable := dial{takes: 400 * time.Millisecond, err: errors.New("unreachable")}
		n := newNetwork(t, dial{}, dial{}, unreachable, unreachable)
		answered := n.play(story{
			{0, "200ms"},
			{0, "200ms"},
			{100 * time.Millisecond, "1s"},
			{100 * time.Millisecond, "1s"},
			{300 * time.Millisecond, "100ms"},
			{300 * time.Millisecond, "100ms"},
		})
		if slices.Max(answered[4:]) != 600*time.Millisecond || n.dialed() != 6 {
			t.Errorf("answered at %v with %d connections", answered, n.dialed())
		}
	})
}

// A further request makes room for one that waits.
func TestAFurtherRequestMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, dial{}, dial{takes: time.Minute})
		answered := n.play(story{
			{0, "200ms"}, {100 * time.Millisecond, "1s"}, {300 * time.Millisecond, "100ms"}, {400 * time.Millisecond, "100ms"},
		})
		if slices.Max(answered[2:]) > 600*time.Millisecond || n.dialed() != 3 {
			t.Errorf("answered at %v with %d connections", answered, n.dialed())
		}
		time.Sleep(time.Minute)
	})
}

// A connection to one host is of no use for another, nor one without TLS for one with it. But it counts for its own all the
// while.
func TestHostsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := dial{err: errors.New("refused")}
		n := newNetwork(t, dial{}, dial{}, refused, dial{takes: time.Minute})
		answered := n.play(story{{0, "0s"}, {time.Second, "http://elsewhere.example.com/0s"}})
		if answered[1] != time.Second || n.dialed() != 2 {
			t.Errorf("answered at %v with %d connections", answered, n.dialed())
		}
		start := time.Now()
		if err := n.get("https://conf.example.com/0s"); !errors.Is(err, refused.err) || time.Since(start) > 0 {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if n.play(surplus); n.dialed() != 4 {
			t.Errorf("%d connections to one host", n.dialed()-2)
		}
		time.Sleep(time.Minute)
	})
}

// Whatever has happened, when all is over the next requests find as much room as they need, and no more.
func TestAfterwardsTheBoundIsAsItWas(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 0))
			before := make([]dial, 100)
			for i := range before {
				before[i].takes = time.Duration(chance.IntN(2000)) * time.Millisecond
				switch chance.IntN(10) {
				case 0:
					before[i].err = errors.New("unreachable")
				case 1:
					before[i].mute = true
				}
			}
			n := newNetwork(t, before...)
			var all sync.WaitGroup
			for range 40 {
				sent := time.Duration(chance.IntN(3000)) * time.Millisecond
				patience := time.Duration(chance.IntN(3000)) * time.Millisecond
				held := []string{"0s", "100ms", "1s", "hang up", "https://conf.example.com/0s"}[chance.IntN(5)]
				all.Go(func() {
					time.Sleep(sent)
					_ = n.getWithin(patience, held)
				})
			}
			all.Wait()
			time.Sleep(time.Hour)
			n.transport.CloseIdleConnections()
			n.mu.Lock()
			n.script, n.dials = []dial{{}, {takes: time.Minute}}, 0
			n.mu.Unlock()
			if answered := n.play(surplus); slices.Max(answered) != 500*time.Millisecond || n.dialed() != 2 {
				t.Errorf("seed %d: answered at %v with %d connections", seed, answered, n.dialed())
			}
			time.Sleep(time.Minute)
		})
	}
}

// A connection may last for days, and a caller's context hold much.
func TestAConnectionKeepsNoContext(t *testing.T) {
	n := newNetwork(t)
	type key struct{}
	kept := func() weak.Pointer[[1 << 10]byte] {
		value := new([1 << 10]byte)
		ctx := context.WithValue(t.Context(), key{}, value)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://conf.example.com/0s", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := n.transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		n.last = nil
		return weak.Make(value)
	}()
	for range 1000 { // what serves the connection may not be done with the request yet
		if runtime.GC(); kept.Value() == nil {
			return
		}
	}
	t.Error("the context of a request that is over is kept")
}

// An answer need not be read to its end.
func TestClosingABody(t *testing.T) {
	n := newNetwork(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://conf.example.com/0s", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := n.transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if n, _ := resp.Body.Read(make([]byte, 1)); n > 0 {
		t.Error("the answer can still be read")
	}
}

// Over HTTP/2, where a connection may be open that takes no further request, a dial does not wait for it to be closed. Nor
// does one of nobody's.
func TestDialsThatDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		n.wire.Protocols.SetHTTP1(false)
		n.wire.Protocols.SetUnencryptedHTTP2(true)
		open := func(ctx context.Context) error {
			conn, err := n.wire.DialContext(ctx, "tcp", "conf.example.com:80")
			if err != nil {
				return err
			}
			return conn.Close()
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://conf.example.com/1s", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := n.transport.RoundTrip(req)
		if err != nil || resp.ProtoMajor != 2 {
			t.Fatal(resp, err)
		}
		start, dialing := time.Now(), n.last
		if err := errors.Join(open(dialing), open(t.Context())); err != nil || time.Since(start) > 0 {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		_ = resp.Body.Close()
		if err := open(dialing); err == nil {
			t.Error("a connection for a request that is over")
		}
	})
}

func TestARequestToNowhereIsRefused(t *testing.T) {
	n := newNetwork(t)
	if resp, err := n.transport.RoundTrip(&http.Request{}); err == nil {
		t.Error(resp.Status)
	}
}
