package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/follow"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/live"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// watch is what the flags say.
type watch struct {
	*app
	json       bool
	interval   time.Duration
	polls      uint
	checkpoint string
	store      string
	keepDays   uint
	filters    []string
	order      string
	kinds      string

	options live.Options
}

// newWatchCommand follows the list.
func newWatchCommand(a *app) *cobra.Command {
	w := &watch{app: a}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: a.Sprintf("follow the live conferences as they start, change and end"),
		Long: a.Sprintf("Follow the live conferences as they start, change and end: on a terminal as a table with the latest events, in a pipe as one line per event.") + "\n\n" +
			a.Sprintf("If a poll fails, the failure is shown and the watch continues, unless the service refuses the first poll. If the service refuses the token later, token-command or the token file is asked for another. The watch ends with q (exit code 0), with Ctrl-C (130), or after --polls; the exit code is 1 if the last poll failed.") + "\n\n" +
			a.Sprintf("Events: existing (it was there already, or an earlier poll may have missed it), started, updated, ended, resumed (the same run is back after an end), restarted (its reservation runs again, with a later start). An end that is proven is certain, if the service lists every live conference; one that is not was inferred from listings that may have missed the conference."),
		Example: examples(
			example{"confctl watch", a.Sprintf("the live conferences; ? shows the keys")},
			example{"confctl watch --filter 评审 --sort -attendeeCnt", a.Sprintf("those that contain 评审, the largest first")},
			example{"confctl watch --store meetings.db --interval 30s", a.Sprintf("record which conferences ran when, for confctl history")},
			example{"confctl watch --json --checkpoint seen.json", a.Sprintf("JSON lines; after a restart only the changes since then")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.check(cmd); err != nil {
				return err
			}
			return w.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.DurationVar(&w.interval, "interval", 5*time.Second, a.Sprintf("wait for this `DURATION` between polls, 10 %% more or less"))
	flags.UintVar(&w.polls, "polls", 0, a.Sprintf("end after `N` polls, failed ones included"))
	flags.StringVar(&w.checkpoint, "checkpoint", "", a.Sprintf("continue from this `FILE`, and save the progress there, but no personal data: of conferences that end before the next start it is masked, and every --filter that searches it shows them; changes that --filter or --events hides count as shown"))
	flags.StringVar(&w.store, "store", "", a.Sprintf("record in this `FILE` which conferences ran when, for confctl history, and send the alerts of ~/.config/confctl/config.toml, for which https://github.com/confopenapi/confopenapi-go/blob/main/docs/history.md has an example"))
	flags.UintVar(&w.keepDays, "keep-days", 365, a.Sprintf("what ended `N` days ago leaves --store; 0 keeps all"))
	flags.StringVar(&w.kinds, "events", "", a.Sprintf("show only events of these `KINDS`, separated by commas: %s", locale.List(a.Printer, kindNames())))
	flags.StringArrayVar(&w.filters, "filter", nil, a.Sprintf("show only conferences with `TEXT` in the title, an id, the organisation or another text, personal data only with --with-personal-data; or with FIELD=VALUE, the whole text; also !=, >, >=, <, <=; if repeated, all must match; nothing says that a conference does not match any more"))
	flags.StringVar(&w.order, "sort", live.Orders[0], a.Sprintf("sort by `FIELD`, or by several, separated by commas; -FIELD puts the largest first"))
	flags.BoolVar(&w.json, "json", false, a.Sprintf("one JSON document per event, each on its own line"))
	completeList(cmd, "sort", fieldNames(), true)
	completeFilter(cmd)
	completeList(cmd, "events", kindNames(), false)
	return cmd
}

func kindNames() (names []string) {
	for kind := confopenapi.EventExisting; kind <= confopenapi.EventRestarted; kind++ {
		names = append(names, kind.String())
	}
	return names
}

// check validates the flags before anything is sent.
func (w *watch) check(cmd *cobra.Command) error {
	if w.interval <= 0 { // of which the SDK takes 0 for its default
		return w.misused(cmd, nil, w.Sprintf("--%s: bad value %q", "interval", w.interval.String()))
	}
	w.options = live.Options{
		Text: w.Printer, Zone: w.zone, Width: columns(w.stdout), Interval: w.interval, Filters: w.filters, Order: w.order,
		WithPersonalData: w.withPersonalData, NoColor: !w.colors(),
		Explain: func(err error) string { return show.Printable(program.Describe(w.Printer, err)) }, Because: func(r confopenapi.Reason) string { return program.Because(w.Printer, r) },
	}
	picker := table.Picker{Printer: w.Printer, WithPersonalData: w.withPersonalData, Location: w.zone}
	if _, err := picker.Order(w.order); err != nil {
		return w.mispicked(cmd, err)
	}
	for _, text := range w.filters {
		condition, err := picker.Condition(text)
		if err != nil {
			return w.mispicked(cmd, err)
		}
		w.options.Conditions = append(w.options.Conditions, condition)
	}
	if w.kinds == "" {
		return nil
	}
	for name := range strings.SplitSeq(strings.ReplaceAll(w.kinds, "，", ","), ",") {
		kind, ok := live.Kind(w.Printer, strings.TrimSpace(name))
		if !ok {
			return w.misused(cmd, oneOf(name, kindNames()), w.Sprintf("--%s: bad value %q", "events", name))
		}
		w.options.Kinds = append(w.options.Kinds, kind)
	}
	return nil
}

// run follows the list until ctx ends, a key quits, or there were enough polls.
func (w *watch) run(ctx context.Context) error {
	inView := !w.json && w.isTerminal(w.stdout) && w.env("TERM") != "dumb"
	if inView && w.verbose && w.isTerminal(w.stderr) {
		return w.unsent(w.Sprintf("redirect it to a file, as in 2>attempts.log, or add --json"), errors.New(w.Sprintf("the log of --verbose would disturb the screen")))
	}
	service, err := w.openOr(ctx, eventful)
	if err != nil {
		return err
	}
	defer service.Close()
	w.options.Service = service.Name
	if service.Embedded() {
		w.options.Service = w.Sprintf("embedded fake")
	}
	kept, err := follow.Restore(w.Printer, w.checkpoint, service.Name)
	if err != nil {
		return err
	}
	defer kept.Close()
	if service.Embedded() && len(kept.Conferences) > 0 {
		w.note(w.Sprintf("The embedded fake makes up another list in each run: the conferences of %s end now, and others start. With confctl serve, they stay.", w.checkpoint))
	}
	if service.Embedded() && w.store != "" {
		w.note(w.Sprintf("The embedded fake makes up another list in each run: %s gets the conferences of all runs.", w.store))
	}
	w.options.Known = map[confopenapi.Identity]bool{}
	for _, c := range kept.Conferences {
		w.options.Known[c.Identity()] = true
	}
	record, end, err := w.recorder(ctx, service, inView)
	if err != nil {
		return err
	}
	defer end()
	counted := &counting{options: &w.options}
	following := func(ctx context.Context, to follow.Listener) error {
		counted.Listener = to
		return follow.Run(ctx, service.Client, follow.Options{
			Text: w.Printer, Request: w.request, Interval: w.interval, Polls: w.polls, Kept: kept, Existing: inView, Record: record,
		}, counted)
	}
	if inView {
		err = w.view(ctx, following)
		if counted.failed != nil { // the screen that showed it is gone
			w.voice().Report(w.stderr, counted.failed)
		}
	} else {
		err = following(ctx, live.Lines(w.stdout, w.options, w.json, w.output, w.tell))
	}
	fmt.Fprintln(w.stderr, w.Sprintf("events: %d, polls: %d", counted.events, counted.polls))
	if counted.incomplete > 0 {
		w.note(w.Sprintf("Incomplete polls: %d of %d. %s", counted.incomplete, counted.polls, live.Unproven(w.Printer, counted.reason)))
	}
	if reserve := w.reserve(counted.last); reserve != "" {
		w.note(reserve)
	}
	if err == nil && ctx.Err() != nil || errors.Is(err, live.ErrInterrupted) {
		return w.interrupted(service.Embedded())
	}
	return err
}

// tell reports the error of a poll, or with nil that polls succeed again.
func (w *watch) tell(err error) {
	if err == nil {
		w.note(w.Sprintf("The polls succeed again."))
	}
	w.voice().Report(w.stderr, err)
}

// recorder records polls in the file of --store, if there is one. What its alerts report is on the screen, or else on stderr.
func (w *watch) recorder(ctx context.Context, service *program.Service, inView bool) (record func(*confopenapi.Snapshot) error, end func(), err error) {
	if w.store == "" {
		return nil, func() {}, nil
	}
	report := func(err error) { w.voice().Report(w.stderr, w.undelivered(err)) }
	if inView {
		problems, post := queue()
		w.options.Problems, report = problems, func(err error) { post(w.undelivered(err)) }
	}
	store, end, err := w.recording(ctx, w.store, w.keepDays, service, report)
	if err != nil {
		return nil, nil, err
	}
	return func(s *confopenapi.Snapshot) error { return w.unrecorded(store.Record(s)) }, end, nil
}

// view shows the watch on the terminal.
func (w *watch) view(ctx context.Context, following func(context.Context, follow.Listener) error) error {
	err := live.Run(ctx, live.Terminal{In: w.keyboard(), Out: w.stdout, Env: os.Environ()}, w.options, following)
	if _, unfit := errors.AsType[*live.TerminalError](err); unfit {
		return &program.Problem{Err: err, Hint: w.Sprintf("--json and pipes need no terminal"), Code: program.Failed}
	}
	return err
}

// interrupted is the problem of Ctrl-C.
func (w *watch) interrupted(embedded bool) error {
	hint := w.Sprintf("with --checkpoint, the next run continues where this one ended")
	switch {
	case embedded:
		hint = w.Sprintf("the embedded fake makes up another list in each run")
	case w.checkpoint != "" || w.store != "":
		hint = w.Sprintf("the same command continues from here")
	}
	return &program.Problem{Err: errors.New(w.Sprintf("interrupted")), Hint: hint, Code: exitInterrupted}
}

// counting counts the events that a Listener shows, and its polls.
type counting struct {
	follow.Listener
	options       *live.Options
	events, polls int
	incomplete    int                // of the polls
	reason        confopenapi.Reason // of the last of these
	last          confopenapi.Report // of the last that listed something
	failed        error              // of the last poll; nil = it listed something
}

func (t *counting) Event(e confopenapi.Event) error {
	if t.options.Wants(e) {
		t.events++
	}
	return t.Listener.Event(e)
}

func (t *counting) Polled(r confopenapi.Report) {
	t.polls++
	t.failed, t.last = nil, r
	if r.Verdict == confopenapi.VerdictIncomplete {
		t.incomplete++
		t.reason = r.Reason
	}
	t.Listener.Polled(r)
}

func (t *counting) Failed(err error, listed bool) {
	if !listed { // of one that listed something Polled is called
		t.polls++
	}
	t.failed = err
	t.Listener.Failed(err, listed)
}

// eventful is a fake of whose list most polls find something changed.
func eventful() []confopenapitest.Option {
	return alive(60, 1, confopenapitest.Churn{Seed: 1, Rate: .25, Toggle: .75, Resume: .2, Restart: .3})
}
