package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// workerEnv makes this program a worker: one that runs slices as it is told, because it was started with a setting that a
// library reads when a program starts.
const workerEnv = "CONFOPENAPI_BENCH_WORKER"

// An order asks for a slice of a subject, or, with no runs, for what it retains.
type order struct {
	Task, Subject string
	Runs          int
}

// A delivery is what came of an order.
type delivery struct {
	Sample    sample
	Retention retention
	Error     string
}

// serve does a worker's work until its orders end.
func serve(tasks []task, in io.Reader, out io.Writer) error {
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o order
		if err := decoder.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var d delivery
		if err := d.fill(tasks, o); err != nil {
			d.Error = err.Error()
		}
		if err := encoder.Encode(d); err != nil {
			return err
		}
	}
}

func (d *delivery) fill(tasks []task, o order) (err error) {
	for _, t := range tasks {
		if t.String() != o.Task {
			continue
		}
		s, err := t.find(o.Subject)
		switch {
		case err != nil:
		case o.Runs == 0:
			d.Retention, err = s.retained()
		default:
			d.Sample, err = slice(s, o.Runs)
		}
		return err
	}
	return fmt.Errorf("no task %q", o.Task)
}

// A worker is this program once more, with a setting in its environment. It has the same tasks and is idle except for the
// slices that it is told to run, so its subjects take part in the rounds like the others.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	enc *json.Encoder
	dec *json.Decoder
}

func startWorker(env string) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), workerEnv+"=1", env)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &worker{cmd, in, json.NewEncoder(in), json.NewDecoder(out)}, nil
}

func (w *worker) do(o order) (delivery, error) {
	var d delivery
	if err := w.enc.Encode(o); err != nil {
		return d, fmt.Errorf("worker: %w", err)
	}
	if err := w.dec.Decode(&d); err != nil {
		return d, fmt.Errorf("worker: %w", err)
	}
	if d.Error != "" {
		return d, errors.New(d.Error)
	}
	return d, nil
}

// close ends the worker and waits for it.
func (w *worker) close() error {
	return errors.Join(w.in.Close(), w.cmd.Wait())
}
