package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/follow"
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
	text := message.NewPrinter(language.English)
	kept, err := follow.Restore(text, cfg.checkpoint, service.Name)
	if err != nil {
		return err
	}
	return follow.Run(ctx, service.Client, follow.Options{
		Text: text, Request: cfg.request, Interval: cfg.interval, Polls: cfg.polls, Kept: kept,
	}, teller{cfg, stdout})
}

// teller prints events to stdout and errors to stderr.
type teller struct {
	cfg    *config
	stdout io.Writer
}

func (t teller) Event(e confopenapi.Event) error { return program.Output(t.cfg.print(t.stdout, e)) }
func (teller) Polled(confopenapi.Report)         {}
func (t teller) Failed(err error)                { t.cfg.Report(err) }

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
