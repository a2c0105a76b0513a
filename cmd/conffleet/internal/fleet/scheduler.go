package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Scheduler puts one task per administrator and interval into the queue. Any number of them may run: the one with the lease
// schedules. Two at once, for a moment, do no harm, since a task's message id names its interval.
type Scheduler struct {
	Store    *Store
	ID       string // of this process
	Interval time.Duration
	Admins   func() ([]int64, error) // asked again every interval
	Log      *slog.Logger

	revision uint64  // of the lease
	told     []int64 // the administrators that were stored
	compared time.Time
	differs  float64 // the other interval that was reported
}

// Run schedules until ctx ends.
func (s *Scheduler) Run(ctx context.Context) {
	s.compared = time.Now() // the lease may be that of a process that was killed
	for ctx.Err() == nil {
		revision, err := s.acquire(ctx)
		if err == nil {
			s.revision = revision
			s.Log.Info("this process schedules")
			s.told = nil // another one may have stored others
			s.lead(ctx)
			continue
		}
		s.compare(ctx)
		pause(ctx, beat)
	}
	if s.revision == 0 { // it never had the lease
		return
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = s.Store.alive.Delete(ending, schedulerKey, jetstream.LastRevision(s.revision)) // so that another begins at once
}

func (s *Scheduler) acquire(ctx context.Context) (uint64, error) {
	ctx, cancel := brief(ctx)
	defer cancel()
	return s.Store.alive.Create(ctx, schedulerKey, []byte(s.ID))
}

func (s *Scheduler) renew(ctx context.Context) (uint64, error) {
	ctx, cancel := brief(ctx)
	defer cancel()
	return s.Store.alive.Update(ctx, schedulerKey, []byte(s.ID), s.revision)
}

// due is an administrator, and when in every interval the task is due.
type due struct {
	admin int64
	phase time.Duration
}

// lead schedules until the lease is lost.
func (s *Scheduler) lead(ctx context.Context) {
	var plan []due
	var planned time.Time
	last := time.Now().Add(-min(s.Interval, 2*aliveFor)) // what an earlier one may have left undone
	renewed := time.Now()
	tick := max(10*time.Millisecond, min(100*time.Millisecond, s.Interval/20))
	for pause(ctx, tick) {
		if time.Since(renewed) >= beat {
			revision, err := s.renew(ctx)
			if err != nil {
				return
			}
			s.revision, renewed = revision, time.Now()
		}
		if time.Since(planned) >= s.Interval {
			if admins, err := s.Admins(); err != nil {
				s.Log.Error("the administrators cannot be read; the earlier ones remain", "err", err)
			} else {
				plan = s.plan(admins)
				s.tell(ctx, admins)
			}
			planned = time.Now()
		}
		now := time.Now()
		s.schedule(ctx, plan, last, now)
		last = now
	}
}

// compare reports once if the process that schedules has another interval: this one would change it.
func (s *Scheduler) compare(ctx context.Context) {
	if time.Since(s.compared) < s.Interval {
		return
	}
	s.compared = time.Now()
	ctx, cancel := brief(ctx)
	defer cancel()
	var list AdminList
	entry, err := s.Store.shared.Get(ctx, adminsKey)
	if err != nil || decodeZip(entry.Value(), &list) != nil || list.Interval == s.Interval.Seconds() || list.Interval == s.differs {
		return
	}
	s.differs = list.Interval
	s.Log.Warn("this process has another --interval than the one that schedules: give all the same", "here", s.Interval, "there", time.Duration(list.Interval*float64(time.Second)))
}

// tell stores whom the fleet lists, for status, metrics and pages.
func (s *Scheduler) tell(ctx context.Context, admins []int64) {
	if s.told != nil && slices.Equal(s.told, admins) {
		return
	}
	value, err := s.Store.encodeZip(AdminList{Version, s.Interval.Seconds(), append([]int64{}, admins...)}, len(admins), "administrators")
	if err == nil {
		err = put(ctx, s.Store.shared, adminsKey, value)
	}
	if err != nil {
		s.Log.Warn("the list of administrators could not be stored, so the status may count others", "err", err)
		return
	}
	s.told = append([]int64{}, admins...)
	if len(admins) == 0 {
		s.Log.Warn("the list of administrators is empty: nobody is listed")
	}
}

func (s *Scheduler) plan(admins []int64) []due {
	plan := make([]due, len(admins))
	for i, admin := range admins {
		plan[i] = due{admin, time.Duration(spread(admin) % uint64(s.Interval))}
	}
	slices.SortFunc(plan, func(a, b due) int { return int(a.phase - b.phase) })
	return plan
}

// spread is a number without a pattern for every administrator, the same on every machine.
func spread(admin int64) uint64 {
	x := uint64(admin)*0x9E3779B97F4A7C15 + 1
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return (x ^ x>>31) >> 1
}

// schedule publishes the tasks that became due after last, up to now.
func (s *Scheduler) schedule(ctx context.Context, plan []due, last, now time.Time) {
	var tasks []message
	for at := last; at.Before(now); { // each turn stays in one interval
		number := at.UnixNano() / int64(s.Interval)
		begin := time.Unix(0, number*int64(s.Interval))
		end := begin.Add(s.Interval)
		if now.Before(end) {
			end = now
		}
		from, _ := slices.BinarySearchFunc(plan, at.Sub(begin), byPhase)
		to, _ := slices.BinarySearchFunc(plan, end.Sub(begin), byPhase)
		for _, d := range plan[from:to] {
			data, err := json.Marshal(Task{Version: Version, Admin: d.admin, Number: number})
			if err != nil {
				panic(err) // a Task can be marshalled
			}
			tasks = append(tasks, message{tasksPrefix + key(d.admin), fmt.Sprintf("%d-%d-%d", d.admin, s.Interval.Milliseconds(), number), data})
		}
		at = end
	}
	var failed error
	for _, err := range s.Store.publishAll(ctx, tasks) {
		// The administrator's earlier task is not done yet.
		if err != nil && !strings.Contains(err.Error(), "maximum messages per subject exceeded") {
			failed = err
		}
	}
	if failed != nil && !errors.Is(failed, context.Canceled) && !s.Store.away() {
		s.Log.Warn("tasks could not be published", "err", storeError("publish tasks", failed))
	}
}

func byPhase(d due, phase time.Duration) int { return int(d.phase - phase) }

// pause reports whether the time passed before ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
