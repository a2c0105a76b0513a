package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
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
	// What must not be mixed in one file has unfinished files of different names.
	job := fmt.Sprintf("%s\n%s\n%t", service.Name, cfg.request, cfg.WithPersonalData)
	file, err := openPartial(cfg.file, job, cfg.fresh)
	if err != nil {
		return err
	}
	defer file.close()
	if cfg.disk != nil {
		file.out = cfg.disk(file.out)
	}
	if n := len(file.listed); n > 0 {
		fmt.Fprintf(stderr, "Going on with %d conferences of an unfinished run, last written at %s.\n", n, file.written)
	}

	var report confopenapi.Report
	pager := service.Client.Pager(&cfg.request, &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { report = r }})
	err = fill(ctx, file, pager, cfg.WithPersonalData)
	if err != nil && cfg.acceptIncomplete && errors.Is(err, confopenapi.ErrIncomplete) && ctx.Err() == nil {
		fmt.Fprintf(stderr, "Something may be missing, which is accepted: %s.\n", show.Printable(err.Error()))
		err = nil
	}
	if err == nil {
		err = file.finish()
	}
	if err != nil {
		if n := len(file.listed); n > 0 {
			fmt.Fprintf(stderr, "%d conferences are kept in %s: the same command goes on with them.\n", n, file.path)
		}
		return err
	}
	if n := file.stale(); n > 0 {
		fmt.Fprintf(stderr, "Of these, %d were listed by the unfinished run alone and may have ended: the file is the union of both.\n", n)
	}
	_, err = fmt.Fprintf(stdout, "%s: %d conferences; the listing was %s\n", cfg.file, len(file.listed), report)
	return program.Output(err)
}

// fill adds what is live and not in the file yet.
func fill(ctx context.Context, file *partial, pager *confopenapi.Pager, withPersonalData bool) error {
	for conf, err := range pager.All(ctx) {
		if err != nil {
			return err
		}
		if !withPersonalData {
			show.Mask(&conf)
		}
		if err := file.add(conf); err != nil {
			return err
		}
	}
	return nil
}
