package overlap_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// unit is one request time. It passes in a synctest bubble.
const unit = time.Second

// spread is how much longer or shorter than a unit a request may take.
const spread = 0.2

// stuck is how long a delayed request or response takes longer.
const stuck = 15 * unit

// requestLimit is far above what any listing here may need.
const requestLimit = 1000

// few is how often a test repeats what chance decides, or how many cases it takes of a range: a tenth with -short.
func few(usual int) int {
	if testing.Short() {
		return (usual + 9) / 10
	}
	return usual
}

var errRunaway = errors.New("too many requests")

var errLost = errors.New("request lost")

// setting is one world to read a list in.
type setting struct {
	list   livelist.Config
	paging livelist.Paging
	lose   float64 // share of requests that fail
	dead   bool    // all but the first fail
	slow   float64 // share of delayed requests, and of delayed responses
	within float64 // the list shrinks at a random time before this
}

// world is a live list behind a slow network, in the time of a synctest bubble.
type world struct {
	mu       sync.Mutex
	setting  setting
	server   *livelist.Server
	birth    time.Time
	requests int
	asked    map[[2]int]int // requests by place
	known    overlap.Facts
	wasTiny  bool
	trace    func(format string, args ...any)
}

func newWorld(s setting) *world {
	return &world{setting: s, server: livelist.NewServer(livelist.New(s.list), s.paging), birth: time.Now(), asked: map[[2]int]int{}}
}

func (w *world) now() float64 { return float64(time.Since(w.birth)) / float64(unit) }

// fetch takes about a unit. The server answers in the middle of it.
func (w *world) fetch(ctx context.Context, page, count int) (livelist.Page, error) {
	w.mu.Lock()
	w.requests++
	serial := w.requests
	w.asked[[2]int{page, count}]++
	try := w.asked[[2]int{page, count}]
	w.mu.Unlock()
	if serial > requestLimit {
		return livelist.Page{}, errRunaway
	}
	luck := w.luck(page, count, try)
	half := time.Duration(float64(unit) / 2 * (1 + spread*(2*luck-1)))
	there, back := half, half
	switch late := w.luck(count, -page, try); {
	case late < w.setting.slow:
		there += stuck
	case late < 2*w.setting.slow:
		back += stuck
	}
	if err := sleep(ctx, there); err != nil {
		return livelist.Page{}, err
	}
	w.mu.Lock()
	w.server.List.Advance(w.now())
	response, err := w.server.Page(page, count)
	w.mu.Unlock()
	if w.trace != nil {
		w.trace("%6.2f  page %d count %d: rows %d to %d, %d of them; total %d", w.now(), page, count, (page-1)*count, page*count, len(response.Items), response.Total)
	}
	if err := sleep(ctx, back); err != nil {
		return livelist.Page{}, err
	}
	if w.setting.lose > 0 && w.luck(-count, page, try) < w.setting.lose || w.setting.dead && page > 1 {
		return livelist.Page{}, errLost
	}
	return response, err
}

// luck is a number in [0, 1) that depends on the place and the attempt only.
func (w *world) luck(page, count, try int) float64 {
	h := fnv.New64a()
	fmt.Fprint(h, w.setting.list.Seed, " ", page, " ", count, " ", try)
	return rand.New(rand.NewPCG(h.Sum64(), 0)).Float64()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var verdictNames = [...]string{"none", "incomplete", "conditional", "complete"}

// outcome is one listing, compared with what the list remembers.
type outcome struct {
	report   overlap.Report
	found    map[livelist.Identity]int
	requests int
	wall     float64
	always   int // rows listed during the whole read
	lost     int // of these, not found
	invented int // found, but never listed
}

func (o outcome) recall() float64 {
	if o.always == 0 {
		return 1
	}
	return 1 - float64(o.lost)/float64(o.always)
}

// algorithm lists a world.
type algorithm func(w *world) (found map[livelist.Identity]int, report overlap.Report)

// observe lets an algorithm list a world, and compares the result with the truth.
func observe(w *world, read algorithm) outcome {
	from := w.now()
	before := w.requests
	found, report := read(w)
	to := w.now()
	w.server.List.Advance(to)
	truth := w.server.Truth(from, to)
	o := outcome{report: report, found: found, requests: w.requests - before, wall: to - from, always: len(truth.Always)}
	for id := range truth.Always {
		if found[id] == 0 {
			o.lost++
		}
	}
	for id := range found {
		if !truth.Ever[id] {
			o.invented++
		}
	}
	return o
}

func keyOf(it *livelist.Item) overlap.Key {
	return overlap.Key{EventID: it.EventID, ConferenceID: it.ConferenceID, Start: it.Start}
}

func (w *world) source() overlap.Source[livelist.Item] {
	return overlap.Source[livelist.Item]{
		Fetch: func(ctx context.Context, page, count int) (overlap.Page[livelist.Item], error) {
			p, err := w.fetch(ctx, page, count)
			return overlap.Page[livelist.Item]{Items: p.Items, Total: p.Total}, err
		},
		Key: keyOf,
		Classify: func(err error) overlap.Fault {
			if errors.Is(err, livelist.ErrCount) {
				return overlap.CountRejected
			}
			if errors.Is(err, errRunaway) {
				return overlap.Fatal
			}
			return overlap.Failed
		},
	}
}

// snapshot is the parallel driver.
func snapshot(parallel int) algorithm {
	return func(w *world) (map[livelist.Identity]int, overlap.Report) {
		found := map[livelist.Identity]int{}
		result, err := overlap.Snapshot(context.Background(), w.source(), overlap.Options{Parallel: parallel, Known: w.known, WasTiny: w.wasTiny})
		for _, it := range result.Items {
			found[it.Identity()]++
		}
		if err != nil {
			result.Report.Verdict = overlap.Incomplete
		}
		return found, result.Report
	}
}

// stream is the streaming driver.
func stream(w *world) (map[livelist.Identity]int, overlap.Report) {
	found := map[livelist.Identity]int{}
	report, err := overlap.Stream(context.Background(), w.source(), overlap.Options{Known: w.known, WasTiny: w.wasTiny}, func(it livelist.Item) bool {
		found[it.Identity()]++
		return true
	})
	if err != nil {
		report.Verdict = overlap.Incomplete
	}
	return found, report
}
