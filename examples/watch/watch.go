package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

const usage = `Usage: watch [flags]
In a clone: go -C examples run ./watch [flags]

Follows the live conferences and prints what happens to them, a line each: to those of the
service at CONFOPENAPI_BASE_URL, with the token in CONFOPENAPI_TOKEN, or to those of an
embedded fake if neither is set. Ctrl-C ends it; a poll that fails does not.
With -checkpoint it goes on where an earlier run ended. That is of use with a real service:
each run has an embedded fake of its own, so that the list seems to have jumped back.
Exits with 0, with 1 if the last of -polls failed or the events could not be printed, and
with 2 if nothing was sent; go run turns 2 into 1.

`

// config is what the flags say.
type config struct {
	*program.Flags
	request    confopenapi.ListByStatusRequest
	checkpoint string
	interval   time.Duration
	polls      uint
	json       bool
}

// run is main without the process.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	cfg, err := parse(args, stderr)
	if err == nil {
		err = watch(ctx, cfg, env, stdout)
	}
	return cfg.Report(err)
}

func parse(args []string, stderr io.Writer) (*config, error) {
	cfg := &config{Flags: program.NewFlags("watch", usage, "show the hosts, in JSON the passcodes too, and", stderr)}
	cfg.StringVar(&cfg.checkpoint, "checkpoint", "", "go on from this `file`, and write down there what was told")
	cfg.DurationVar(&cfg.interval, "interval", 30*time.Second, "pause for this `duration` between polls, 10 % more or less")
	cfg.UintVar(&cfg.polls, "polls", 0, "end after `n` polls, failed ones included (default never)")
	cfg.Admin(&cfg.request)
	cfg.HideSingle(&cfg.request)
	cfg.BoolVar(&cfg.json, "json", false, "print a JSON object a line")
	return cfg, cfg.Parse(args)
}

// embedded is a short list in which something happens at most polls.
func embedded() []confopenapitest.Option {
	return []confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(12, 1)...),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 1, Toggle: .5, Resume: .3, Restart: .3}),
	}
}

// watch prints events until ctx ends or there were enough polls.
func watch(ctx context.Context, cfg *config, env func(string) string, stdout io.Writer) error {
	service, err := cfg.Open(env, embedded)
	if err != nil {
		return err
	}
	defer service.Close()
	kept, err := restore(cfg.checkpoint, service.Name)
	if err != nil {
		return err
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	polls, failed := uint(0), false // failed: the last poll listed nothing
	polled := func(listed bool) {
		failed = !listed
		if polls++; polls == cfg.polls {
			stop()
		}
	}
	for event, err := range service.Client.Watch(ctx, &cfg.request, &confopenapi.WatchOptions{
		Interval: cfg.interval,
		Watcher:  kept.Watcher,
		OnPoll: func(confopenapi.Report) error {
			polled(true)
			return kept.save()
		},
	}) {
		if err == nil {
			if err := program.Output(cfg.print(stdout, event)); err != nil {
				return err // and leave the checkpoint, since this event was not told
			}
			continue
		}
		if unsent, ok := errors.AsType[*confopenapi.RequestError](err); ok {
			return explain(unsent)
		}
		cfg.Report(err)
		if _, saving := errors.AsType[*program.Problem](err); !saving && !errors.Is(err, confopenapi.ErrIncomplete) {
			polled(false)
		}
	}
	if failed && polls == cfg.polls {
		return &program.Problem{Err: errors.New("the last poll listed nothing"), Hint: "the lines above say why", Code: program.Failed}
	}
	return kept.save() // the watch may have ended between two events
}

// explain gives the errors of the arguments that only this program has a hint.
func explain(err *confopenapi.RequestError) error {
	if err.Field == "Watcher" {
		return useless(err)
	}
	return err
}

func (cfg *config) print(w io.Writer, e confopenapi.Event) error {
	if !cfg.WithPersonalData {
		show.Mask(&e.Conference)
	}
	if cfg.json {
		return show.JSON(w, e)
	}
	c := e.Conference
	facts := []string{show.Printable(c.ConferenceID)}
	if c.Title != "" { // of what ended before a restart, only the identity is known
		facts = append(facts, show.Printable(c.Title), fmt.Sprintf("%d attending", c.AttendeeCount))
	}
	if cfg.WithPersonalData && c.HostName != "" {
		facts = append(facts, show.Printable(c.HostName))
	}
	if len(e.Changed) > 0 {
		facts = append(facts, "changed "+strings.Join(e.Changed, " "))
	}
	if e.Kind == confopenapi.EventEnded && !e.Proven {
		facts = append(facts, "not proven")
	}
	_, err := fmt.Fprintf(w, "%s  %-9s  %s\n", e.At.UTC().Format(time.DateTime), e.Kind, strings.Join(facts, ", "))
	return err
}
