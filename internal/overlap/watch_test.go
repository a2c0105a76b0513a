package overlap_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/diff"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// polling counts what a series of polls reported.
type polling struct {
	ended    int // Ended events
	proven   int // of these, Proven
	wrong    int // of these, runs that were listed during the whole poll
	wrongly  int // of the wrong ones, Proven
	missed   int // runs that were gone for three polls without an Ended
	late     int // polls between the first without a run and its Ended, in total
	requests int
	polls    int
}

// pause is the time between two polls.
const pause = 20

// poller lists the world once and returns the known runs that ended, and whether that is proven.
type poller func(w *world) (ended map[livelist.Identity]bool)

// watch lets a poller follow a world for some polls.
func watch(w *world, p poller, polls int) (r polling) {
	known := map[livelist.Identity]bool{}
	gone := map[livelist.Identity]int{} // polls that it was absent from, from beginning to end
	for range polls {
		time.Sleep(pause * unit)
		w.server.List.Advance(w.now())
		from, before := w.now(), w.requests
		ended := p(w)
		to := w.now()
		w.server.List.Advance(to)
		truth := w.server.Truth(from, to)
		r.requests += w.requests - before
		r.polls++
		for id, proven := range ended {
			r.ended++
			if proven {
				r.proven++
			}
			if truth.Always[id] {
				r.wrong++
				if proven {
					r.wrongly++
				}
			}
			r.late += gone[id]
			delete(known, id)
			delete(gone, id)
		}
		for id := range known {
			if truth.Ever[id] {
				gone[id] = 0
			} else if gone[id]++; gone[id] == 3 {
				r.missed++
			}
		}
		for id := range truth.Always {
			known[id] = true
		}
	}
	return r
}

// naiveDiff ends a run that so many naive listings lack.
func naiveDiff(absences int) poller {
	known := map[livelist.Identity]int{}
	return func(w *world) map[livelist.Identity]bool {
		now, _ := naive(w)
		ended := map[livelist.Identity]bool{}
		for id := range known {
			if now[id] > 0 {
				continue
			}
			if known[id]++; known[id] == absences {
				ended[id] = false
				delete(known, id)
			}
		}
		for id := range now {
			known[id] = 0
		}
		return ended
	}
}

// tracked is what the watcher does: a Snapshot, and a Tracker that gets its verdict and evidence.
func tracked() poller {
	var t diff.Tracker[livelist.Item]
	return func(w *world) map[livelist.Identity]bool {
		result, err := overlap.Snapshot(context.Background(), w.source(), overlap.Options{Parallel: 8})
		if err != nil {
			return nil
		}
		rows := make([]diff.Row[livelist.Item], 0, len(result.Items))
		for _, it := range result.Items {
			rows = append(rows, diff.Row[livelist.Item]{Key: keyOf(&it), Item: it})
		}
		ended := map[livelist.Identity]bool{}
		change := t.Compare(rows, diff.Poll{Verdict: result.Report.Verdict, Answered: result.Report.Failed == 0, Gone: result.Evidence.Gone, Start: result.Report.Start, At: result.Report.End})
		change.Finish()
		for _, e := range change.Events {
			if e.Kind == diff.Ended {
				ended[livelist.Identity{EventID: e.Key.EventID, ConferenceID: e.Key.ConferenceID, Start: e.Key.Start}] = e.Proven
			}
		}
		return ended
	}
}

func watchTable(t *testing.T, seeds int) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, "| watcher, 20 polls | Ended | false | Proven | false though Proven | never told | polls late | requests a poll |\n|---|---|---|---|---|---|---|---|")
	for _, order := range []livelist.Order{livelist.StartDown, livelist.StartUp, livelist.Arbitrary} {
		for _, p := range []struct {
			name string
			new  func() poller
		}{{"naive difference", func() poller { return naiveDiff(1) }}, {"naive, two absences", func() poller { return naiveDiff(2) }}, {"snapshot and witness", tracked}} {
			var of []polling
			for _, churn := range []float64{1, 5} {
				var sum polling
				synctest.Test(t, func(t *testing.T) {
					for seed := range max(1, seeds/10) {
						s := live(1000, order, churn)
						s.list.Seed = uint64(seed)
						r := watch(newWorld(s), p.new(), 20)
						sum.ended += r.ended
						sum.proven += r.proven
						sum.wrong += r.wrong
						sum.wrongly += r.wrongly
						sum.missed += r.missed
						sum.late += r.late
						sum.requests += r.requests
						sum.polls += r.polls
					}
				})
				of = append(of, sum)
			}
			fmt.Fprintf(&b, "| %s, %v | %s | %s | %s | %s | %s | %s | %s |\n", p.name, order,
				across(of, func(p polling) string { return fmt.Sprint(p.ended) }),
				across(of, func(p polling) string {
					return fmt.Sprintf("%d (%.2f %%)", p.wrong, 100*float64(p.wrong)/float64(max(1, p.ended)))
				}),
				across(of, func(p polling) string { return fmt.Sprint(p.proven) }),
				across(of, func(p polling) string { return fmt.Sprint(p.wrongly) }),
				across(of, func(p polling) string { return fmt.Sprint(p.missed) }),
				across(of, func(p polling) string { return fmt.Sprintf("%.2f", float64(p.late)/float64(max(1, p.ended))) }),
				across(of, func(p polling) string { return fmt.Sprintf("%.1f", float64(p.requests)/float64(p.polls)) }))
		}
	}
	return b.String()
}

// An Ended is Proven only if the run was gone, and every end is reported.
func TestWatchEndsOnlyEndedRuns(t *testing.T) {
	for _, order := range []livelist.Order{livelist.StartDown, livelist.StartUp, livelist.TextUp, livelist.StartOnly, livelist.Arbitrary} {
		for _, churn := range []float64{1, 5} {
			t.Run(fmt.Sprint(order, " churn ", churn), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := live(500, order, churn)
					s.lose = .03
					r := watch(newWorld(s), tracked(), 25)
					if r.wrongly > 0 || r.missed > 0 || r.ended == 0 {
						t.Errorf("got %+v, want some ended, none wrongly or missed", r)
					}
				})
			})
		}
	}
}

// If all pages but the first fail, no run ends.
func TestWatchEndsNothingIfPagesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(live(1000, livelist.StartDown, 5))
		p := tracked()
		if r := watch(w, p, 3); r.ended == 0 {
			t.Fatal("nothing ended before, though the list churns")
		}
		w.setting.dead = true
		if r := watch(w, p, 10); r.ended > 0 {
			t.Errorf("got %d runs ended, want none", r.ended)
		}
		w.setting.dead = false
		if r := watch(w, p, 3); r.ended == 0 || r.wrongly > 0 {
			t.Errorf("after it came back: %+v", r)
		}
	})
}
