package fleet

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Share is a worker's part of the fleet's rate: the limit, divided by the workers that show signs of life, times a factor that
// a refusal halves for all. It is a confopenapi.Limiter.
//
// At no time is the sum of the shares above the limit. A worker that joins sends nothing until all others have seen it. One
// that does not see its own signs of life sends nothing, before the others divide its share.
type Share struct {
	Limit float64 // requests a second of the whole fleet

	differs func(id string, limit float64) // hears once of each worker with another limit

	store *Store
	id    string
	turn  chan struct{} // of who waits first

	mu       sync.Mutex
	rewatch  context.CancelFunc
	watching context.Context // until rewatch
	changed  chan struct{}   // closed when the rate changes
	seen     map[string]time.Time
	limits   map[string]float64 // of other workers
	joined   time.Time          // first own sign of life that came back, after none did
	factor   float64            // at the time set
	set      time.Time
	cut      time.Time // by this worker
	next     time.Time // of the next request
	clock    Clock
	sent     int64
	used     float64
	sentThen int64
}

const (
	joinAfter   = 2 * beat
	silentAfter = aliveFor - beat
	recovery    = 0.05 // a second
	leastFactor = 0.02
)

// NewShare returns the share of the worker with an id.
func NewShare(store *Store, id string, limit float64) *Share {
	watching, rewatch := context.WithCancel(context.Background())
	return &Share{
		watching: watching, rewatch: rewatch, Limit: limit, store: store, id: id, turn: make(chan struct{}, 1), changed: make(chan struct{}),
		seen: map[string]time.Time{}, limits: map[string]float64{}, factor: 1, differs: func(string, float64) {},
	}
}

// Run follows the other workers, and says every second what self returns, until ctx ends. Then it says that this one left.
func (s *Share) Run(ctx context.Context, self func() WorkerRecord) {
	var group sync.WaitGroup
	group.Go(func() { s.follow(ctx, s.store.alive, workerKeys+"*", s.saw) })
	group.Go(func() { s.follow(ctx, s.store.shared, rateKey, s.told) })
	then := time.Now()
	for once := true; once || pause(ctx, beat); once = false {
		s.mu.Lock()
		s.used = float64(s.sent-s.sentThen) / time.Since(then).Seconds()
		s.sentThen, then = s.sent, time.Now()
		s.mu.Unlock()
		record := self()
		record.Sent, record.Used, record.Limit, record.Share = s.counts()
		began := time.Now()
		putting, cancel := context.WithTimeout(ctx, silentAfter)
		err := putJSON(putting, s.store.alive, workerKeys+s.id, record) // if it fails, none comes back, and the share is 0
		if err == nil {
			s.measure(putting, began, time.Now())
		}
		cancel()
		s.notify() // signs of life may be too old now
	}
	group.Wait()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = s.store.alive.Delete(ending, workerKeys+s.id)
}

func (s *Share) counts() (sent int64, used, limit, rate float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, s.used, s.Limit, s.rate()
}

// measure finds how NATS's clock differs from that of this machine, by the sign of life that was just stored.
func (s *Share) measure(ctx context.Context, began, ended time.Time) {
	if entry, err := s.store.alive.Get(ctx, workerKeys+s.id); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.clock = s.clock.Measured(began, ended, entry.Created())
		if time.Since(s.seen[s.id]) > 2*beat { // NATS has it, so it is the watch that broke
			s.rewatch()
			s.watching, s.rewatch = context.WithCancel(context.Background())
		}
	}
}

// Clock is that of NATS.
func (s *Share) Clock() Clock {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock.At(time.Now())
}

// follow watches keys until ctx ends, also after the watch broke.
func (s *Share) follow(ctx context.Context, kv jetstream.KeyValue, keys string, see func(jetstream.KeyValueEntry)) {
	for ctx.Err() == nil {
		s.mu.Lock()
		watching, stop := context.WithCancel(s.watching)
		s.mu.Unlock()
		context.AfterFunc(ctx, stop)
		watch(watching, kv, keys, func(entry jetstream.KeyValueEntry) {
			if entry != nil {
				see(entry)
			}
		})
		stop()
		pause(ctx, beat/4)
	}
}

// saw takes in a sign of life.
func (s *Share) saw(entry jetstream.KeyValueEntry) {
	id, now := strings.TrimPrefix(entry.Key(), workerKeys), time.Now()
	s.mu.Lock()
	switch {
	case entry.Operation() != jetstream.KeyValuePut:
		delete(s.seen, id)
		delete(s.limits, id)
	case id == s.id:
		if now.Sub(s.seen[id]) > silentAfter { // the others may have divided its share meanwhile
			s.joined = now
		}
		s.seen[id] = entry.Created().Add(-s.clock.Offset) // an old one may come again after a break
	default:
		s.seen[id] = now
		var r WorkerRecord
		if _, known := s.limits[id]; !known && decode(entry.Value(), &r) == nil {
			if s.limits[id] = r.Limit; r.Limit != s.Limit {
				s.differs(id, r.Limit)
			}
		}
	}
	s.mu.Unlock()
	s.notify()
}

// told takes in a factor. Its age counts from now, so that no clock but that of this machine matters.
func (s *Share) told(entry jetstream.KeyValueEntry) {
	var r Rate
	if decode(entry.Value(), &r) != nil || r.Factor <= 0 {
		return
	}
	s.mu.Lock()
	s.factor, s.set = min(1, r.Factor), time.Now()
	s.mu.Unlock()
	s.notify()
}

func (s *Share) notify() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// rate is in requests a second. Hold mu.
func (s *Share) rate() float64 {
	now, n := time.Now(), 0
	if now.Sub(s.seen[s.id]) > silentAfter || now.Sub(s.joined) < joinAfter {
		return 0
	}
	for id, at := range s.seen {
		if now.Sub(at) > aliveFor+beat {
			delete(s.seen, id)
			delete(s.limits, id)
		} else {
			n++
		}
	}
	return s.Limit / float64(n) * s.current(now)
}

// current is the factor now.
func (s *Share) current(now time.Time) float64 {
	if s.factor >= 1 {
		return 1
	}
	return min(1, s.factor+recovery*now.Sub(s.set).Seconds())
}

// Wait waits for the turn of one request.
func (s *Share) Wait(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	for {
		s.mu.Lock()
		now, changed, rate := time.Now(), s.changed, s.rate()
		wait := time.Hour
		if rate > 0 {
			gap := time.Duration(float64(time.Second) / rate)
			late := max(gap, 20*time.Millisecond)        // what a late timer may make up for
			wait = min(max(s.next.Sub(now), -late), gap) // the rate may have grown
			s.next = now.Add(wait)
			if wait <= 0 {
				s.next = s.next.Add(gap)
				s.sent++
				s.mu.Unlock()
				return nil
			}
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-time.After(wait):
		}
	}
}

// Refused halves the rate of the whole fleet, after the service refused a request of this worker with 429. What is refused
// within a second after that was sent before, and does not count.
func (s *Share) Refused(ctx context.Context) {
	s.mu.Lock()
	now := time.Now()
	if now.Sub(s.cut) < time.Second || now.Sub(s.set) < time.Second {
		s.mu.Unlock()
		return
	}
	s.factor, s.cut = max(leastFactor, s.current(now)/2), now
	s.set = now
	data, err := json.Marshal(Rate{Version: Version, Factor: s.factor})
	s.mu.Unlock()
	s.notify()
	if err == nil {
		_, err = s.store.shared.Put(ctx, rateKey, data)
	}
	_ = err // without NATS, this worker alone is slower
}
