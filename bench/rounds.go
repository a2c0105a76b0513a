package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// A plan is how long to measure.
type plan struct {
	rounds int           // 0 = as many as there is time for
	time   time.Duration // no round except the first begins if it might end after it
	slice  time.Duration // CPU of one subject in one round
}

// A session measures tasks, and has the workers that this takes.
type session struct {
	plan    plan
	log     io.Writer
	workers map[string]*worker // by their settings
}

func newSession(p plan, log io.Writer) *session {
	return &session{plan: p, log: log, workers: map[string]*worker{}}
}

// measure takes the tasks through round after round, and returns their results and how many rounds there were. In a round
// every subject of every task runs one slice, those of a task in another order each time, so that whatever else the
// machine does meets all of them alike.
func (s *session) measure(ctx context.Context, tasks []task) ([]result, int, error) {
	begin := time.Now()
	results := make([]result, len(tasks))
	for i, t := range tasks {
		var err error
		if results[i], err = s.prepare(ctx, t); err != nil {
			return nil, 0, err
		}
	}
	elapsed := func() time.Duration { return time.Since(begin).Round(time.Second) }
	fmt.Fprintf(s.log, "prepared after %s\n", elapsed())

	random := rand.New(rand.NewPCG(1, 2))
	done, longest := 0, time.Duration(0)
	for done == 0 || s.another(done, time.Since(begin)+longest) {
		start := time.Now()
		for _, r := range results {
			for _, i := range random.Perm(len(r.rows)) {
				taken, err := s.slice(ctx, r.task, r.rows[i].subject, r.rows[i].runs)
				if err != nil {
					return nil, 0, err
				}
				r.rows[i].samples = append(r.rows[i].samples, taken)
			}
		}
		longest = max(longest, time.Since(start))
		done++
		fmt.Fprintf(s.log, "round %d after %s\n", done, elapsed())
	}
	for _, r := range results {
		r.summarise()
	}
	return results, done, nil
}

func (s *session) another(done int, ends time.Duration) bool {
	if s.plan.rounds > 0 {
		return done < s.plan.rounds
	}
	return ends <= s.plan.time
}

// prepare finds how many runs make a slice of each subject, and what it retains.
func (s *session) prepare(ctx context.Context, t task) (result, error) {
	r := result{task: t}
	for _, subject := range t.subjects {
		row := &row{subject: subject}
		r.rows = append(r.rows, row)
		for runs := 1; row.runs == 0; runs *= 2 {
			taken, err := s.slice(ctx, t, subject, runs)
			if err != nil {
				return r, err
			}
			if taken.CPU >= s.plan.slice/4 {
				row.runs = max(1, int(s.plan.slice/max(1, taken.perRun())))
			}
		}
		if subject.retained == nil {
			continue
		}
		kept, err := s.retained(ctx, t, subject)
		if err != nil {
			return r, err
		}
		row.retention = &kept
	}
	return r, nil
}

func (s *session) slice(ctx context.Context, t task, of subject, runs int) (taken sample, err error) {
	if err := ctx.Err(); err != nil {
		return sample{}, context.Cause(ctx)
	}
	if of.env == "" {
		taken, err = slice(of, runs)
	} else {
		var d delivery
		d, err = s.order(ctx, t, of, runs)
		taken = d.Sample
	}
	if err != nil {
		return sample{}, fmt.Errorf("%s, %s: %w", t, of, err)
	}
	return taken, nil
}

func (s *session) retained(ctx context.Context, t task, of subject) (kept retention, err error) {
	if of.env == "" {
		kept, err = of.retained()
	} else {
		var d delivery
		d, err = s.order(ctx, t, of, 0)
		kept = d.Retention
	}
	if err != nil {
		return retention{}, fmt.Errorf("%s, what %s retains: %w", t, of, err)
	}
	return kept, nil
}

// order has a worker do it, and starts that if there is none yet.
func (s *session) order(ctx context.Context, t task, of subject, runs int) (delivery, error) {
	w := s.workers[of.env]
	if w == nil {
		var err error
		if w, err = startWorker(ctx, of.env); err != nil {
			return delivery{}, err
		}
		s.workers[of.env] = w
	}
	return w.do(order{Size: t.size, Subject: of.String(), Runs: runs})
}

func (s *session) close() error {
	var errs []error
	for _, w := range s.workers {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}
