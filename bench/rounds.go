package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"
)

// A plan is how long to measure.
type plan struct {
	rounds int           // 0 = as many as there is time for
	time   time.Duration // no round begins that would end after it
	slice  time.Duration // CPU of one subject in one round
}

// A row is a subject's figures in one task.
type row struct {
	subject
	ratio     [3]float64 // quartiles of CPU over that of the SDK in the same round
	perRun    time.Duration
	allocs    float64 // a run
	bytes     float64 // a run
	retention *retention

	runs    int
	samples []sample
}

// A result is a task's rows, the SDK's first.
type result struct {
	task
	rows []*row
}

// A session measures tasks, and has the workers that this takes.
type session struct {
	plan    plan
	log     io.Writer
	workers map[string]*worker
}

// measure takes the tasks through round after round. In each, every subject of every task runs one slice, in another
// order each time, so that whatever else the machine does meets all of them alike.
func (s *session) measure(tasks []task) ([]result, int, error) {
	begin := time.Now()
	var results []result
	for _, t := range tasks {
		r, err := s.prepare(t)
		if err != nil {
			return nil, 0, err
		}
		results = append(results, r)
	}
	fmt.Fprintf(s.log, "prepared in %s\n", time.Since(begin).Round(time.Second))

	random := rand.New(rand.NewPCG(1, 2))
	done, longest := 0, time.Duration(0)
	for s.plan.rounds == 0 || done < s.plan.rounds {
		if s.plan.rounds == 0 && done > 0 && time.Since(begin)+longest > s.plan.time {
			break
		}
		start := time.Now()
		for _, r := range results {
			for _, i := range random.Perm(len(r.rows)) {
				sample, err := s.slice(r.task, r.rows[i], r.rows[i].runs)
				if err != nil {
					return nil, 0, err
				}
				r.rows[i].samples = append(r.rows[i].samples, sample)
			}
		}
		longest = max(longest, time.Since(start))
		done++
		fmt.Fprintf(s.log, "round %d, %s\n", done, time.Since(begin).Round(time.Second))
	}
	for _, r := range results {
		r.summarise()
	}
	return results, done, nil
}

// prepare finds how many runs make a slice of each subject, and what it retains.
func (s *session) prepare(t task) (result, error) {
	r := result{task: t}
	for _, subject := range t.subjects {
		row := &row{subject: subject, runs: 1}
		r.rows = append(r.rows, row)
		for {
			sample, err := s.slice(t, row, row.runs)
			if err != nil {
				return r, err
			}
			if sample.CPU >= s.plan.slice/4 {
				row.runs = max(1, int(s.plan.slice/max(1, sample.perRun())))
				break
			}
			row.runs *= 2
		}
		if subject.retained == nil {
			continue
		}
		row.retention = new(retention)
		var err error
		if *row.retention, err = s.retained(t, subject); err != nil {
			return r, fmt.Errorf("%s, %s: %w", t, subject, err)
		}
	}
	return r, nil
}

func (s *session) slice(t task, r *row, runs int) (sample, error) {
	if r.env == "" {
		taken, err := slice(r.subject, runs)
		if err != nil {
			err = fmt.Errorf("%s, %s: %w", t, r.subject, err)
		}
		return taken, err
	}
	d, err := s.order(t, r.subject, runs)
	return d.Sample, err
}

func (s *session) retained(t task, of subject) (retention, error) {
	if of.env == "" {
		return of.retained()
	}
	d, err := s.order(t, of, 0)
	return d.Retention, err
}

func (s *session) order(t task, of subject, runs int) (delivery, error) {
	w := s.workers[of.env]
	if w == nil {
		var err error
		if w, err = startWorker(of.env); err != nil {
			return delivery{}, err
		}
		s.workers[of.env] = w
	}
	return w.do(order{t.String(), of.String(), runs})
}

func (s *session) close() error {
	var errs []error
	for _, w := range s.workers {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}

func (r result) summarise() {
	sdk := r.rows[0].samples
	for _, row := range r.rows {
		var ratios, allocs, bytes []float64
		var perRun []time.Duration
		for i, sample := range row.samples {
			ratios = append(ratios, float64(sample.perRun())/float64(sdk[i].perRun()))
			perRun = append(perRun, sample.perRun())
			allocs = append(allocs, float64(sample.Allocs)/float64(sample.Runs))
			bytes = append(bytes, float64(sample.Bytes)/float64(sample.Runs))
		}
		row.ratio = [3]float64{quantile(ratios, .25), quantile(ratios, .5), quantile(ratios, .75)}
		row.perRun, row.allocs, row.bytes = quantile(perRun, .5), quantile(allocs, .5), quantile(bytes, .5)
	}
}

// quantile sorts values, and interpolates between two of them.
func quantile[T ~float64 | ~int64](values []T, q float64) T {
	slices.Sort(values)
	at := q * float64(len(values)-1)
	low := int(at)
	high := min(low+1, len(values)-1)
	return values[low] + T((at-float64(low))*float64(values[high]-values[low]))
}
