package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/confctl/internal/live"
	"github.com/confopenapi/confopenapi-go/examples/internal/follow"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

// watching is what the flags of watch say.
type watching struct {
	json       bool
	interval   time.Duration
	polls      uint
	checkpoint string
	filter     string
	sort       string
	reverse    bool
	kinds      []confopenapi.EventKind
}

// newWatchCommand follows the list.
func newWatchCommand(a *app) *cobra.Command {
	w := &watching{sort: live.SortKeys[0]}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: a.Sprintf("follow the live conferences as they start, change and end"),
		Long: a.Sprintf("watch follows the live conferences as they start, change and end: in a view with a table and the latest events on a terminal, and as a line for each event in a pipe.") +
			"\n\n" + a.Sprintf("A poll that fails is shown, and the watch goes on. The watch ends with q and exit code 0, with Ctrl-C and 130, or after --polls; it exits with 1 if the last of them listed nothing."),
		Example: examples(
			example{"confctl watch", a.Sprintf("a view of the live conferences; ? lists its keys")},
			example{"confctl watch --filter 评审 --sort attendees", a.Sprintf("only conferences with this word, the largest first")},
			example{"confctl watch --json --events started,ended --checkpoint seen.json", a.Sprintf("starts and ends as JSON lines; after a restart only what changed meanwhile")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error { return w.run(cmd.Context(), a) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&w.json, "json", false, a.Sprintf("print a JSON object a line for each event"))
	flags.DurationVar(&w.interval, "interval", 5*time.Second, a.Sprintf("wait for this `DURATION` between polls, 10 %% more or less"))
	flags.UintVar(&w.polls, "polls", 0, a.Sprintf("end after `N` polls, failed ones included; 0 is never"))
	flags.StringVar(&w.checkpoint, "checkpoint", "", a.Sprintf("go on from this `FILE`, and write down there what was told"))
	flags.StringVar(&w.filter, "filter", "", a.Sprintf("only conferences with all these `WORDS` in their ids, title or organisation"))
	flags.Func("sort", a.Sprintf("sort the view by this `COLUMN`: %s (default %s)", strings.Join(live.SortKeys, ", "), w.sort), w.sortBy)
	flags.BoolVar(&w.reverse, "reverse", false, a.Sprintf("reverse the order"))
	flags.Func("events", a.Sprintf("only events of these `KINDS`: existing, started, updated, ended, resumed, restarted"), w.only)
	if err := cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(live.SortKeys, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
	return cmd
}

func (w *watching) sortBy(key string) error {
	if !slices.Contains(live.SortKeys, key) {
		return errors.New("no such column")
	}
	w.sort = key
	return nil
}

func (w *watching) only(kinds string) error {
	for name := range strings.SplitSeq(kinds, ",") {
		var kind confopenapi.EventKind
		if err := kind.UnmarshalText([]byte(name)); err != nil {
			return err
		}
		w.kinds = append(w.kinds, kind)
	}
	return nil
}

// run follows the list until ctx ends, a key is pressed, or there were enough polls.
func (w *watching) run(ctx context.Context, a *app) error {
	if w.interval == 0 { // which the SDK takes for its default
		return a.unsent(a.Sprintf("%sinterval is a duration such as 30s or 5m", "--"), errors.New("--interval 0s"))
	}
	inView := !w.json && a.isTerminal(a.stdout) && a.env("TERM") != "dumb"
	if inView && a.verbose && a.isTerminal(a.stderr) {
		return a.unsent(a.Sprintf("send it to a file, as in 2>attempts.log, or add --json"), errors.New(a.Sprintf("the log of --verbose would be in the view")))
	}
	service, err := a.openOr(eventful)
	if err != nil {
		return err
	}
	defer service.Close()
	kept, err := follow.Restore(a.Printer, w.checkpoint, service.Name)
	if err != nil {
		return err
	}

	told := &tally{}
	watch := func(ctx context.Context, to follow.Teller) error {
		told.Teller = to
		return follow.Run(ctx, service.Client, follow.Options{
			Text: a.Printer, Request: a.request, Interval: w.interval, Polls: w.polls, Kept: kept,
		}, told)
	}
	options := live.Options{
		Text: a.Printer, Zone: time.Local, Service: service.Name, Interval: w.interval, Filter: w.filter,
		Sort: w.sort, Reverse: w.reverse, Kinds: w.kinds, WithPersonalData: a.withPersonalData, NoColor: !a.colors(),
		Explain: func(err error) string { return show.Printable(err.Error()) },
	}
	if inView {
		known := func(ctx context.Context) ([]confopenapi.Conference, error) {
			return kept.Known(ctx, service.Client, &a.request)
		}
		err = live.Run(ctx, live.Terminal{In: a.keyboard(), Out: a.stdout, Env: os.Environ()}, options, known, watch)
		if told.failed != nil { // what the view said of it is gone
			a.voice().Report(a.stderr, told.failed)
		}
	} else {
		err = a.output(watch(ctx, live.Lines(a.stdout, options, w.json, func(err error) { a.voice().Report(a.stderr, err) })))
	}
	fmt.Fprintln(a.stderr, a.Sprintf("events: %d, polls: %d", told.events, told.polls))
	if err == nil && ctx.Err() != nil || errors.Is(err, live.ErrInterrupted) {
		return w.interrupted(a)
	}
	return err
}

// interrupted is the problem of Ctrl-C, which is how a watch may well end.
func (w *watching) interrupted(a *app) error {
	hint := a.Sprintf("with --checkpoint, the next run goes on where this one ended")
	if w.checkpoint != "" {
		hint = a.Sprintf("the same command goes on from here")
	}
	return &program.Problem{Err: errors.New(a.Sprintf("interrupted")), Hint: hint, Code: exitInterrupted}
}

// tally counts what a Teller is told.
type tally struct {
	follow.Teller
	events, polls int
	failed        error // of the last poll; nil = it listed something
}

func (t *tally) Event(e confopenapi.Event) error {
	t.events++
	return t.Teller.Event(e)
}

func (t *tally) Polled(r confopenapi.Report) {
	t.polls++
	t.failed = nil
	t.Teller.Polled(r)
}

func (t *tally) Failed(err error) {
	t.failed = err
	t.Teller.Failed(err)
}

// eventful is a fake with a short list of the last two hours, in which something happens at most polls.
func eventful() []confopenapitest.Option {
	list, now := confopenapitest.Conferences(24, 1), time.Now().UTC()
	latest := list[0].StartTime
	for i := range list {
		start := now.Add(-5 * time.Duration(latest-list[i].StartTime) * time.Second)
		list[i].StartTime, list[i].StartTimeText = confopenapi.UnixTime(start.Unix()), start.Format(time.DateTime)
	}
	return []confopenapitest.Option{
		confopenapitest.WithConferences(list...),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: .6, Toggle: .6, SingleShare: .2, Resume: .3, Restart: .3}),
	}
}
