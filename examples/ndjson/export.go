package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/partial"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

const usage = `Usage: ndjson [flags]
In a clone: go -C examples run ./ndjson [flags]

Writes all live conferences into a file, one JSON object a line: those of the service at
CONFOPENAPI_BASE_URL, with the token in CONFOPENAPI_TOKEN, or those of an embedded fake if
neither is set. What ends before the list does leaves an unfinished file, with which the
same command goes on. The file can be read by its owner alone. Names of files are
relative to the working directory, which go -C examples makes the directory examples.
Exits with 0, with 1 if the file is not finished, and with 2 if nothing was sent; go run
turns 2 into 1.

`

// config is what the flags say.
type config struct {
	*program.Flags
	request          confopenapi.ListByStatusRequest
	file             string
	fresh            bool
	acceptIncomplete bool

	disk func(io.Writer) io.Writer // what a test puts before the file, to fail like a disk; nil = nothing
}

// run is main without the process.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	cfg, err := parse(args, stderr)
	if err == nil {
		err = export(ctx, cfg, env, stdout)
	}
	return cfg.Report(err)
}

func parse(args []string, stderr io.Writer) (*config, error) {
	cfg := &config{Flags: program.NewFlags("ndjson", usage, "write the hosts and the passcodes, and show", stderr)}
	cfg.StringVar(&cfg.file, "o", "conferences.ndjson", "the `file` to write or to replace")
	cfg.BoolVar(&cfg.fresh, "fresh", false, "begin anew, and drop what an unfinished run has left")
	cfg.BoolVar(&cfg.acceptIncomplete, "accept-incomplete", false, "finish the file even if something may be missing")
	cfg.Admin(&cfg.request)
	cfg.HideSingle(&cfg.request)
	return cfg, cfg.Parse(args)
}

// embedded is a list of a few pages that moves gently while it is listed.
func embedded() []confopenapitest.Option {
	return []confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(1000, 1)...), confopenapitest.WithMaxCount(100),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 1}),
	}
}

// export lists everything into the unfinished file, and finishes it.
func export(ctx context.Context, cfg *config, env func(string) string, stdout io.Writer) error {
	service, err := cfg.Open(env, embedded)
	if err != nil {
		return err
	}
	defer service.Close()
	stderr := cfg.Output()
	file, err := cfg.open(service.Name)
	if err != nil {
		return err
	}
	defer file.Close()
	if n := file.Len(); n > 0 {
		fmt.Fprintf(stderr, "Going on with %d conferences of an unfinished run, last written at %s.\n", n, file.Written().UTC().Format(time.DateTime+" MST"))
	}

	var report confopenapi.Report
	pager := service.Client.Pager(&cfg.request, &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { report = r }})
	err = fill(ctx, file, pager, cfg.WithPersonalData)
	if err != nil && cfg.acceptIncomplete && errors.Is(err, confopenapi.ErrIncomplete) && ctx.Err() == nil {
		fmt.Fprintf(stderr, "Something may be missing, which is accepted: %s.\n", show.Printable(err.Error()))
		err = nil
	}
	if err == nil {
		err = program.Output(file.Finish())
	}
	if err != nil {
		if n := file.Len(); n > 0 {
			fmt.Fprintf(stderr, "%d conferences are kept in %s: the same command goes on with them.\n", n, file.Path())
		}
		return err
	}
	if n := file.Stale(); n > 0 {
		fmt.Fprintf(stderr, "Of these, %d were listed by the unfinished run alone and may have ended: the file is the union of both.\n", n)
	}
	_, err = fmt.Fprintf(stdout, "%s: %d conferences; the listing was %s\n", cfg.file, file.Len(), report)
	return program.Output(err)
}

// open opens the unfinished file. What must not be mixed in one file has unfinished files of different names.
func (cfg *config) open(service string) (*partial.File, error) {
	file, err := partial.Open(cfg.file, partial.Options{
		Job: fmt.Sprintf("%s\n%s\n%t", service, cfg.request, cfg.WithPersonalData), Fresh: cfg.fresh, Through: cfg.disk,
	})
	if err == nil {
		return file, nil
	}
	hint := "the directory of -o must exist, and the file be yours to write"
	if damaged, ok := errors.AsType[*partial.DamagedError](err); ok {
		hint = "nothing was changed: move " + damaged.Path + " away, or begin anew with -fresh"
	}
	switch {
	case errors.Is(err, partial.ErrNoFile):
		hint = "-o is the name of a file, which may exist"
	case errors.Is(err, partial.ErrBusy):
		hint = "wait for it, or choose another -o"
	}
	return nil, &program.Problem{Err: err, Hint: hint, Code: program.Unsent}
}

// fill adds what is live and not in the file yet.
func fill(ctx context.Context, file *partial.File, pager *confopenapi.Pager, withPersonalData bool) error {
	for conf, err := range pager.All(ctx) {
		if err != nil {
			return err
		}
		if !withPersonalData {
			show.Mask(&conf)
		}
		if err := file.Add(&conf); err != nil {
			return program.Output(err)
		}
	}
	return nil
}
