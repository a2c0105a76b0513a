package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// An order asks a worker for a slice of a decoder, or, if Runs is 0, for what it retains.
type order struct {
	Size    int    `json:"size"`
	Subject string `json:"subject"`
	Runs    int    `json:"runs"`
}

// A delivery is the result of an order.
type delivery struct {
	Sample    sample    `json:"sample"`
	Retention retention `json:"retention"`
	Error     string    `json:"error"`
}

// work takes orders until they end.
func work(in io.Reader, out io.Writer) error {
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	tasks := map[int]task{}
	for {
		var o order
		if err := decoder.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		t, ok := tasks[o.Size]
		if !ok {
			t = decodeTask(o.Size, bodies(o.Size))
			tasks[o.Size] = t
		}
		d, err := deliver(t, o)
		if err != nil {
			d.Error = err.Error()
		}
		if err := encoder.Encode(d); err != nil {
			return err
		}
	}
}

func deliver(t task, o order) (d delivery, err error) {
	s, err := t.find(o.Subject)
	switch {
	case err != nil:
	case o.Runs == 0:
		d.Retention, err = s.retained()
	default:
		d.Sample, err = slice(s, o.Runs)
	}
	return d, err
}

// A worker runs slices in a process that was started with a setting that a library reads only then. It waits for orders, so its subjects take part in the rounds like all others.
type worker struct {
	*helper
	encoder *json.Encoder
	decoder *json.Decoder
}

func startWorker(ctx context.Context, env string) (*worker, error) {
	h, err := start(ctx, workerRole, env)
	if err != nil {
		return nil, err
	}
	return &worker{h, json.NewEncoder(h.in), json.NewDecoder(h.out)}, nil
}

func (w *worker) do(o order) (delivery, error) {
	var d delivery
	if err := w.encoder.Encode(o); err != nil {
		return d, fmt.Errorf("worker: %w", err)
	}
	if err := w.decoder.Decode(&d); err != nil {
		return d, fmt.Errorf("worker: %w", err)
	}
	if d.Error != "" {
		return d, errors.New(d.Error)
	}
	return d, nil
}
