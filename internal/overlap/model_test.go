package overlap_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

var prove = flag.Bool("prove", false, "check every schedule of the model, not a slice")

// schedule is one listing of a service.
type schedule struct {
	service
	mu       sync.Mutex
	flight   []*call
	report   overlap.Report
	over     bool
	panicked any
}

// call is a request in flight. Its response may be older than its arrival.
type call struct {
	page, count int
	response    *overlap.Page[int]
	arrives     chan struct{}
}

// arrive chooses which response arrives next, and what changes before it. It is of the instant at which it arrives, or of
// one before a change.
func (s *schedule) arrive(flight []*call) *call {
	c := flight[s.choose(len(flight))]
	if c.response != nil {
		return c
	}
	for s.responses > 0 && s.left > 0 && s.choose(2) == 1 {
		s.left--
		for _, other := range flight {
			if other != c && other.response == nil && s.choose(2) == 1 {
				other.response = s.respond(other.page, other.count)
			}
		}
		s.change()
	}
	c.response = s.respond(c.page, c.count)
	return c
}

func (s *schedule) fetch(_ context.Context, page, count int) (overlap.Page[int], error) {
	if s.responses > modelRequests {
		return overlap.Page[int]{}, errRunaway
	}
	c := &call{page: page, count: count}
	if s.inFlight < 2 {
		return *s.arrive([]*call{c}).response, nil
	}
	c.arrives = make(chan struct{})
	s.mu.Lock()
	s.flight = append(s.flight, c)
	s.mu.Unlock()
	<-c.arrives
	return *c.response, nil
}

// run lists the service in a synctest bubble.
func (s *schedule) run() {
	s.begin()
	s.report, s.over, s.flight = overlap.Report{}, false, s.flight[:0]
	if s.inFlight < 2 {
		s.drive()
		return
	}
	go s.drive()
	for synctest.Wait(); !s.over; synctest.Wait() {
		slices.SortFunc(s.flight, func(a, b *call) int { return cmp.Or(cmp.Compare(a.page, b.page), cmp.Compare(a.count, b.count)) })
		c := s.arrive(s.flight)
		s.flight = slices.DeleteFunc(s.flight, func(v *call) bool { return v == c })
		close(c.arrives)
	}
}

func (s *schedule) drive() {
	defer func() { s.panicked, s.over = recover(), true }()
	src := overlap.Source[int]{Key: func(id *int) overlap.Key { return s.all[*id].key }, Fetch: s.fetch}
	found := func(id int) bool { s.all[id].found++; return true }
	options := overlap.Options{PageSize: s.size, Parallel: s.inFlight}
	if s.inFlight == 0 {
		s.report, _ = overlap.Stream(context.Background(), src, options, found)
		return
	}
	result, _ := overlap.Snapshot(context.Background(), src, options)
	s.report = result.Report
	for _, id := range result.Items {
		found(id)
	}
}

const modelRequests = 400 // of a listing, at most

// check compares the listing with what was in the list.
func (s *schedule) check() (o outcome, wrong string) {
	o = outcome{report: s.report, requests: s.responses}
	for _, r := range s.all {
		switch {
		case r.found > 1 || r.found > 0 && r.seen == 0:
			wrong = fmt.Sprintf("row %d was returned %d times, and listed at %d responses", r.id, r.found, r.seen)
		case r.found == 0 && r.seen == s.responses:
			o.lost++
		}
	}
	switch good := s.report.Verdict > overlap.Incomplete; {
	case s.panicked != nil:
		wrong = fmt.Sprint("panic: ", s.panicked)
	case s.responses > modelRequests:
		wrong = fmt.Sprintf("%d requests", s.responses)
	case good && o.lost > 0 && s.evidence() == honestTotals:
		wrong = fmt.Sprintf("%s, but %d rows lost", verdictNames[s.report.Verdict], o.lost)
	}
	return o, wrong
}

const honestTotals = "exact, skipped on short pages, of the page, 0, -1"

// evidence says what the totals of a schedule are worth. It is a column of the table.
func (s *schedule) evidence() string {
	switch s.total {
	case livelist.TotalRaw:
		return "before the filter"
	case livelist.TotalCached:
		return "old"
	case livelist.TotalNoisy:
		return "off by one"
	case livelist.TotalDoubled:
		return "doubled"
	}
	if s.lie.zero && s.most == 0 {
		return "0 and no rows for good, from the first response on"
	}
	if s.blank && s.total != livelist.TotalExact {
		return "of the page or 0, and all rows of a page are hidden"
	}
	return honestTotals
}

// models are all services whose lists have one order.
func models(order livelist.Order) (all []model) {
	for _, total := range livelist.Totals() {
		add := func(kind string, m model) {
			m.kind, m.order, m.total, m.size = kind, order, total, cmp.Or(m.size, overlap.MinPageSize)
			all = append(all, m)
			m.inFlight, m.sample = 2, m.rows > 21 || m.repeats || m.lies && m.rows > 5 || total == livelist.TotalDoubled // too many
			all = append(all, m)
		}
		exact := total == livelist.TotalExact
		for rows := range 6 {
			add("shows all", model{rows: rows, changes: 2})
			add("repeats its last page", model{rows: rows, changes: 2, repeats: true})
			for hidden := uint(1); hidden < 1<<rows && total != livelist.TotalNegative; hidden++ { // the same as 0
				add("hides rows", model{rows: rows, changes: 2, hidden: hidden})
			}
			if exact && rows > 0 {
				add("lies", model{rows: rows, changes: 1, lies: true})
			}
		}
		for _, rows := range []int{19, 20, 21, 22, 39, 40, 41} {
			add("hides a stretch", model{rows: rows, hides: true})
			if exact {
				add("lies at rest", model{rows: rows, lies: true})
			}
			if total == livelist.TotalRaw || total == livelist.TotalNegative {
				continue // the same as exact, and as 0
			}
			add("a block", model{rows: rows, changes: 1, block: true})
			add("a block, repeats its last page", model{rows: rows, changes: 1, block: true, repeats: true})
			add("a block, cap n", model{rows: rows, size: 500, limit: rows, changes: 1, block: true})
			add("a block, cap n+1", model{rows: rows, size: 500, limit: rows + 1, changes: 1, block: true})
		}
	}
	return all
}

// TestModel lists with the real drivers. With -prove it checks every schedule of up to two changes in lists of 0 to 5 rows, with
// every set of rows hidden after paging, or of one change and one lie; and in lists of 19 to 22 and 39 to 41 rows every start or
// end of a block of 1, 2, 3, 5, 10, 20 or all rows, every hidden stretch, and every lie at rest. Changes come before any response
// but the first, at every place that the order allows. With two requests in flight, responses arrive in every order and as old as
// they can be; models with too many schedules (more than 20,000) have 300 random ones.
func TestModel(t *testing.T) {
	var all []model
	for _, order := range []livelist.Order{livelist.StartDown, livelist.StartUp, livelist.EventUp, livelist.StartOnly, livelist.Arbitrary} {
		all = append(all, models(order)...)
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:few(len(all))]
	var next, failed atomic.Int64
	var table modelTable
	t.Run("all", func(t *testing.T) {
		for worker := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint("worker ", worker), func(t *testing.T) {
				t.Parallel()
				for i := next.Add(1); int(i) <= len(all) && failed.Load() < 5; i = next.Add(1) {
					var failure string
					synctest.Test(t, func(*testing.T) { failure = table.check(all[i-1], uint64(i)) })
					if failure != "" {
						failed.Add(1)
						t.Error(failure)
					}
				}
			})
		}
	})
	t.Logf("%d models, %d of them enumerated to the end, %s", len(all), len(all)-int(table.cut.Load()), table.String())
}

// A service that doubles its totals and repeats its last page seems to have no end, though no page has a new row. A slice of TestModel
// meets it too seldom.
func TestModelEndless(t *testing.T) {
	for i, m := range models(livelist.StartUp) {
		if m.total != livelist.TotalDoubled || !m.block || !m.repeats || m.inFlight < 2 {
			continue
		}
		var table modelTable
		var failure string
		synctest.Test(t, func(*testing.T) { failure = table.play(m, uint64(i), 0, few(150)) })
		if failure != "" {
			t.Error(failure)
		}
	}
}

// modelTable counts schedules by the kind of their model and by their totals.
type modelTable struct {
	mu   sync.Mutex
	cut  atomic.Int64 // models that were not enumerated to the end
	rows map[[2]string]modelRowTally
}

type modelRowTally struct {
	tally
	most int // requests
}

// check plays the schedules of a model, or some of them, and returns the first failure with its trace.
func (t *modelTable) check(m model, seed uint64) (failure string) {
	enumerate, random := 20_000, 300
	if !*prove {
		enumerate, random = 0, 4
	} else if m.sample {
		enumerate = 0
	}
	return t.play(m, seed, enumerate, random)
}

// play plays so many schedules in order, and if there are more, so many random ones.
func (t *modelTable) play(m model, seed uint64, enumerate, random int) (failure string) {
	s := &schedule{service: service{model: m, all: make([]modelRow, 0, 128)}}
	for n, more := 0, true; more && n < enumerate+random; n, more = n+1, s.next() {
		if n == enumerate {
			s.choices = choices{rng: rand.New(rand.NewPCG(seed, 1))}
			t.cut.Add(1)
		}
		s.run()
		o, wrong := s.check()
		t.add([2]string{m.kind, s.evidence()}, o)
		if wrong != "" {
			var b strings.Builder
			s.trace = func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
			s.run()
			return fmt.Sprintf("%+v\n%s%s\n%+v", m, &b, wrong, o.report)
		}
	}
	return ""
}

func (t *modelTable) add(key [2]string, o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[[2]string]modelRowTally{}
	}
	c := t.rows[key]
	c.add(o)
	c.most = max(c.most, o.requests)
	t.rows[key] = c
}

func (t *modelTable) String() string {
	var lines []string
	sum := 0
	for key, c := range t.rows {
		sum += c.runs
		lines = append(lines, fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %d | %d |",
			key[0], key[1], c.runs, c.complete, c.falseComplete, c.conditional, c.falseConditional, c.most))
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d schedules\n\n| service | totals | schedules | Complete | of these false | Conditional | of these false | most requests |\n"+
		"|---|---|---|---|---|---|---|---|\n%s", sum, strings.Join(lines, "\n"))
}
