// Bench puts this SDK beside its peers: how much CPU and memory they take to decode a page and to call the endpoint, in one
// run in which they take turns. BENCHMARKS.md, which -markdown writes, says what is compared and how.
//
// Run it in its own directory, because it builds programs of this module to measure their sizes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"
)

// The sizes of pages: as the service sends by default, as large as a program would ask for, and, to decode, larger still.
// An empty one shows what a call costs beside its conferences.
var (
	decodeSizes = []int{20, 200, 2000}
	callSizes   = []int{0, 20, 200}
)

// encodeSize is the size of the pages that are encoded, or decoded in other forms.
const encodeSize = 200

type config struct {
	plan     plan
	only     *regexp.Regexp
	markdown string
	json     bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	if played, err := play(); played {
		return err
	}
	cfg, err := parse(args, log)
	if err != nil {
		return err
	}
	if os.Getenv(sonicVariable) != "" {
		return fmt.Errorf("%s is set: half of sonic's figures would be of something else", sonicVariable)
	}
	var doc *document
	if cfg.markdown != "" {
		if doc, err = open(cfg.markdown); err != nil {
			return err
		}
	}
	r, err := measure(ctx, cfg, log)
	if err != nil {
		return err
	}
	if doc != nil {
		if err := doc.write(r); err != nil {
			return err
		}
	}
	if cfg.json {
		err = r.printJSON(out)
	} else {
		err = r.print(out)
	}
	if err == nil && r.Programs != nil {
		err = withinBudget(r.Programs)
	}
	return err
}

func parse(args []string, log io.Writer) (config, error) {
	var cfg config
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.IntVar(&cfg.plan.rounds, "rounds", 0, "measure so many rounds; 0 = as many as -time allows")
	flags.DurationVar(&cfg.plan.time, "time", 3*time.Minute, "begin no round that would end after this `time`")
	flags.DurationVar(&cfg.plan.slice, "slice", 30*time.Millisecond, "CPU `time` of each subject in each round")
	only := flags.String("only", "", "measure only what matches this `regexp`, such as ^decode/200/sonic or ^size$; the SDK is always with it")
	flags.StringVar(&cfg.markdown, "markdown", "", "write the tables into the marked places of this `file`; not with -only")
	flags.BoolVar(&cfg.json, "json", false, "print JSON instead of tables")
	if err := flags.Parse(args); err != nil {
		return cfg, err
	}
	switch {
	case flags.NArg() > 0:
		return cfg, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case cfg.plan.rounds < 0 || cfg.plan.time <= 0 || cfg.plan.slice <= 0:
		return cfg, errors.New("-rounds must not be negative, -time and -slice must be positive")
	case cfg.markdown != "" && *only != "":
		return cfg, errors.New("-markdown takes a whole run: leave -only out")
	}
	var err error
	if cfg.only, err = regexp.Compile(*only); err != nil {
		return cfg, fmt.Errorf("-only: %w", err)
	}
	return cfg, nil
}

// measure takes up what matches, in helpers that it starts and ends.
func measure(ctx context.Context, cfg config, log io.Writer) (r report, err error) {
	begin := time.Now()
	runtime.GOMAXPROCS(1)
	server, address, err := startServer(ctx)
	if err != nil {
		return r, err
	}
	defer end(server.close, &err)
	tasks, err := allTasks(address)
	if err != nil {
		return r, err
	}
	tasks = matching(tasks, cfg.only)
	sizes := cfg.only.MatchString(sizeGroup)
	if len(tasks) == 0 && !sizes {
		return r, fmt.Errorf("-only %s matches nothing", cfg.only)
	}
	var (
		results []result
		rounds  int
		built   []program
	)
	if len(tasks) > 0 {
		s := newSession(cfg.plan, log)
		defer end(s.close, &err)
		if results, rounds, err = s.measure(ctx, tasks); err != nil {
			return r, err
		}
	}
	if sizes {
		if built, err = buildPrograms(ctx); err != nil {
			return r, err
		}
	}
	return newReport(begin, rounds, results, built), nil
}

// end ends helpers. How they went matters only if nothing went wrong before: an interrupt ends them too.
func end(helpers func() error, err *error) {
	if ended := helpers(); *err == nil {
		*err = ended
	}
}
