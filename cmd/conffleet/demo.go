package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

// demo is a fleet of its own, with a made-up service, in a folder that goes.
type demo struct {
	*app
	admins, workers, most int
	length, interval      time.Duration
	rate, churn           float64
}

func newDemoCommand(a *app) *cobra.Command {
	d := &demo{app: a}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "watch a fleet work on a made-up service, and compare its events with what happened",
		RunE:  func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&d.admins, "demo-admins", 200, "`N` administrators")
	f.IntVar(&d.workers, "workers", 3, "`N` workers")
	f.IntVar(&d.most, "conferences", 30, "`N` conferences of an administrator at most, at the beginning")
	f.DurationVar(&d.length, "length", 20*time.Second, "`DURATION` of the demo")
	f.DurationVar(&d.interval, "interval", 2*time.Second, "list each administrator once in this `DURATION`")
	f.Float64Var(&d.rate, "rate", 600, "`REQUESTS` a second that the fleet may send")
	f.Float64Var(&d.churn, "churn", 20, "`N` conferences start or end each second")
	return cmd
}

func (d *demo) run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "conffleet-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	service := world.New(d.admins, d.most, 1)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: service, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	embedded, err := fleet.StartEmbedded(folder, "127.0.0.1:0", false)
	if err != nil {
		return err
	}
	defer embedded.Close()

	conn, err := fleet.Connect(embedded.URL)
	if err != nil {
		return err
	}
	defer conn.Close()
	store, err := fleet.Open(ctx, conn, fleet.Retention{})
	if err != nil {
		return err
	}
	working, stop := context.WithTimeout(ctx, d.length)
	defer stop()
	fmt.Fprintf(d.stdout, "%d administrators, %d workers, one listing of each in %s; %g conferences start or end each second, for %s\n",
		d.admins, d.workers, d.interval, d.churn, d.length)
	began := time.Now()
	var group sync.WaitGroup
	scheduler := &fleet.Scheduler{Store: store, ID: "demo", Interval: d.interval, Admins: func() ([]int64, error) { return service.Admins(), nil }, Log: slog.New(slog.DiscardHandler)}
	group.Go(func() { scheduler.Run(working) })
	failed := make([]error, d.workers)
	for i := range d.workers {
		group.Go(func() {
			failed[i] = d.work(working, embedded.URL, fmt.Sprintf("worker-%d", i+1), "http://"+listener.Addr().String())
		})
	}
	group.Go(func() { d.change(working, service) })
	status, err := d.follow(working, store)
	group.Wait()
	if err = errors.Join(err, errors.Join(failed...)); err != nil || ctx.Err() != nil {
		return err
	}
	return d.summary(ctx, store, status, service, time.Since(began))
}

// work runs a worker with a connection of its own until ctx ends.
func (d *demo) work(ctx context.Context, natsURL, id, baseURL string) error {
	conn, err := fleet.Connect(natsURL)
	if err != nil {
		return err
	}
	defer conn.Close()
	store, err := fleet.Attach(ctx, conn)
	if err != nil {
		return err
	}
	worker, err := fleet.NewWorker(store, id, baseURL, d.rate, confopenapi.WithToken(world.Token))
	if err != nil {
		return err
	}
	worker.Run(ctx)
	return nil
}

// change lets conferences start and end.
func (d *demo) change(ctx context.Context, service *world.World) {
	ticker := time.NewTicker(time.Duration(float64(time.Second) / d.churn))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			service.Change()
		}
	}
}

// follow prints a line each second, and returns the last status.
func (d *demo) follow(ctx context.Context, store *fleet.Store) (last *fleet.Status, err error) {
	picture, err := fleet.NewPicture(ctx, store)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return last, nil
		case <-ticker.C:
		}
		s, err := picture.Status(ctx)
		if ctx.Err() != nil {
			return last, nil
		}
		if err != nil {
			return last, err
		}
		last = s
		oldest := "-"
		if !s.OldestProven.IsZero() {
			oldest = s.At.Sub(s.OldestProven).Round(100 * time.Millisecond).String()
		}
		fmt.Fprintf(d.stdout, "%3ds  %4d administrators, %5d conferences, oldest proven listing %5s ago, %6d events, %3d tasks waiting, %3.0f requests/s\n",
			n, s.Admins, s.Live, oldest, s.Events, s.Waiting, s.Used)
	}
}

// summary compares the events with what happened. It fails if they do not agree.
func (d *demo) summary(ctx context.Context, store *fleet.Store, status *fleet.Status, service *world.World, took time.Duration) error {
	var all bytes.Buffer
	if _, err := store.Replay(ctx, &all, fleet.Replay{}); err != nil {
		return err
	}
	kinds := map[string]int{}
	var seen []world.Event
	err := events(&all, func(e *fleet.Event) {
		kinds[e.Kind.String()]++
		seen = append(seen, world.Event{ID: e.ID, Admin: e.Admin, Kind: e.Kind, Conference: e.Conference.Identity(), At: e.At})
	})
	if err != nil {
		return err
	}
	v := service.Check(seen, 0)
	fmt.Fprintln(d.stdout)
	if status != nil {
		_ = status.WriteTable(d.stdout, 5) // as the lines before
	}
	fmt.Fprintln(d.stdout)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(d.stdout, "%6d events %s\n", kinds[kind], kind)
	}
	fmt.Fprintf(d.stdout, "%6.1f requests a second, of %g allowed\n", float64(service.Requests())/took.Seconds(), d.rate)
	return report(d.stdout, &v)
}

func report(w io.Writer, v *world.Verdict) error {
	fmt.Fprintf(w, "\n%d of %d administrators were listed. Of what two polls could see, %d of %d starts and %d of %d ends were delivered; %d events came twice, %d were false.\n",
		v.Listed, v.Admins, v.Starts-v.MissedStarts, v.Starts, v.Ends-v.MissedEnds, v.Ends, v.Twice, v.False)
	if v.OK() && v.Listed == v.Admins {
		return nil
	}
	for _, e := range v.Examples {
		fmt.Fprintln(w, e)
	}
	return errors.New("the events do not agree with what happened")
}
