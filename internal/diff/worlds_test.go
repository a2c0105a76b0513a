package diff_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/diff"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// world is a service with a live list of 300 rows, watched every 20 request times.
type world struct {
	name  string
	list  livelist.Config
	lags  []float64 // of its replicas
	lie   float64   // share of responses that lie
	lies  func(p *livelist.Page)
	exact bool // no end is Proven and false
}

// worlds are honest services, some with replicas that are less or more than a poll behind, and services whose successes lack rows.
func worlds() []world {
	churn := func(rate float64, order livelist.Order) livelist.Config {
		return livelist.Config{Seed: 1, Size: 300, Order: order, Churn: rate, Return: .2, Restart: .2, Warm: 100}
	}
	rest := churn(0, livelist.StartDown)
	empty := func(p *livelist.Page) { p.Items = nil }
	zero := func(p *livelist.Page) { p.Items, p.Total = nil, 0 }
	hole := func(p *livelist.Page) {
		if n := len(p.Items); n > 10 {
			p.Items = slices.Delete(slices.Clone(p.Items), n/2-5, n/2+5)
		}
	}
	return []world{
		{name: "honest, churn 0.1", list: churn(.1, livelist.StartDown), exact: true},
		{name: "honest, churn 1", list: churn(1, livelist.StartDown), exact: true},
		{name: "honest, arbitrary order, churn 1", list: churn(1, livelist.Arbitrary), exact: true},
		{name: "a replica 15 behind, churn 1", list: churn(1, livelist.StartDown), lags: []float64{0, 0, 15}, exact: true},
		{name: "a replica 60 behind, churn 0.1", list: churn(.1, livelist.StartDown), lags: []float64{0, 0, 60}},
		{name: "a replica 60 behind, churn 1", list: churn(1, livelist.StartDown), lags: []float64{0, 0, 60}},
		{name: "empty responses, total right, at rest", list: rest, lie: .05, lies: empty, exact: true},
		{name: "empty responses, total 0, at rest", list: rest, lie: .05, lies: zero, exact: true},
		{name: "ten rows missing, at rest", list: rest, lie: .05, lies: hole, exact: true},
		{name: "empty responses, total right, churn 1", list: churn(1, livelist.StartDown), lie: .05, lies: empty, exact: true},
		{name: "empty responses, total 0, churn 1", list: churn(1, livelist.StartDown), lie: .05, lies: zero, exact: true},
		{name: "ten rows missing, churn 1", list: churn(1, livelist.StartDown), lie: .05, lies: hole, exact: true},
	}
}

// TestWorlds watches each world: how many ends are false, and how many wait too long.
func TestWorlds(t *testing.T) {
	polls := 100
	switch {
	case *prove:
		polls = 1000
	case testing.Short():
		polls = 20
	}
	for _, w := range worlds() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			got := w.watch(t, polls)
			t.Logf("| %s | %d | %d | %d | %d | %d | %d |", w.name, polls, got.complete, got.ended, got.wrong, got.wrongly, got.late)
			if got.late > 0 || w.exact && (got.wrongly > 0 || w.list.Churn > 0 && got.ended == 0) {
				t.Errorf("got %+v, want no end that is Proven and false, and none that waits longer than a poll", got)
			}
		})
	}
}

type watched struct {
	complete int // polls
	ended    int // events
	wrong    int // of these, of runs that were listed during the whole poll; of a list with replicas, since they were seen
	wrongly  int // of these, Proven
	late     int // runs that two Complete listings in a row lacked without an Ended
}

func (w world) watch(t *testing.T, polls int) (r watched) {
	t.Helper()
	server := livelist.NewServer(livelist.New(w.list), livelist.Paging{Cap: 100, Lags: w.lags})
	rng := rand.New(rand.NewPCG(7, 7))
	now := 0.0
	var one sync.Mutex
	source := overlap.Source[livelist.Item]{
		Fetch: func(_ context.Context, page, count int) (overlap.Page[livelist.Item], error) {
			one.Lock()
			defer one.Unlock()
			now += .5
			server.List.Advance(now)
			p, err := server.Page(page, count)
			if w.lies != nil && rng.Float64() < w.lie {
				w.lies(&p)
			}
			now += .5
			return overlap.Page[livelist.Item]{Items: p.Items, Total: p.Total}, err
		},
		Key: func(it *livelist.Item) overlap.Key {
			return overlap.Key{EventID: it.EventID, ConferenceID: it.ConferenceID, Start: it.Start}
		},
		Classify: func(error) overlap.Fault { return overlap.Failed },
	}
	var tracker diff.Tracker[livelist.Item]
	live, lacked := map[overlap.Key]bool{}, map[overlap.Key]bool{}
	for range polls {
		now += 20
		from := now
		result, err := overlap.Snapshot(t.Context(), source, overlap.Options{Parallel: 1})
		if err != nil {
			t.Fatal(err)
		}
		server.List.Advance(now)
		listed := map[float64]map[livelist.Identity]bool{} // since a time, all the time
		rows := make([]diff.Row[livelist.Item], len(result.Items))
		here := map[overlap.Key]bool{}
		for i, it := range result.Items {
			rows[i] = diff.Row[livelist.Item]{Key: source.Key(&it), Item: it}
			here[rows[i].Key] = true
		}
		change := tracker.Compare(rows, diff.Poll{
			Verdict: result.Report.Verdict, Answered: result.Report.Failed == 0, Gone: result.Evidence.Gone,
			Start: seconds(from), At: seconds(now),
		})
		change.Finish()
		for _, e := range change.Events {
			live[e.Key] = e.Kind != diff.Ended
			if e.Kind != diff.Ended {
				continue
			}
			delete(live, e.Key)
			r.ended++
			since := from
			if len(w.lags) > 0 { // a replica that shows it as gone is right if it was gone since
				since = e.LastSeen.Sub(noon).Seconds()
			}
			if listed[since] == nil {
				listed[since] = server.List.Truth(since, now).Always
			}
			if listed[since][livelist.Identity{EventID: e.Key.EventID, ConferenceID: e.Key.ConferenceID, Start: e.Key.Start}] {
				r.wrong++
				if e.Proven {
					r.wrongly++
				}
			}
		}
		before := lacked
		lacked = map[overlap.Key]bool{}
		if result.Report.Verdict == overlap.Complete {
			r.complete++
			for k := range live {
				if !here[k] {
					lacked[k] = true
					if before[k] {
						r.late++
					}
				}
			}
		}
	}
	return r
}

func seconds(at float64) time.Time { return noon.Add(time.Duration(at * float64(time.Second))) }
