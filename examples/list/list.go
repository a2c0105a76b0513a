package main

import (
	"context"
	"errors"
	"io"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

const usage = `Usage: list [flags]
In a clone: go -C examples run ./list [flags]

Prints one page of the live conferences: those of the service at CONFOPENAPI_BASE_URL,
with the token in CONFOPENAPI_TOKEN, or those of an embedded fake if neither is set.
Exits with 0, with 1 if the call failed, and with 2 if nothing was sent; go run turns 2
into 1.

`

// config is what the flags say.
type config struct {
	*program.Flags
	request confopenapi.ListByStatusRequest
	json    bool
}

// run is main without the process.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	cfg, err := parse(args, stderr)
	if err == nil {
		err = list(ctx, cfg, env, stdout)
	}
	return cfg.Report(err)
}

func parse(args []string, stderr io.Writer) (*config, error) {
	cfg := &config{Flags: program.NewFlags("list", usage, "show the hosts, in JSON the passcodes too, and", stderr)}
	cfg.IntVar(&cfg.request.Page, "page", 0, "list page `n`, from 1 (default 1)")
	cfg.IntVar(&cfg.request.Count, "count", 0, "a page of `n` conferences; the service may send fewer (default 20)")
	cfg.Admin(&cfg.request)
	cfg.HideSingle(&cfg.request)
	cfg.BoolVar(&cfg.json, "json", false, "print the page as one JSON document")
	return cfg, cfg.Parse(args)
}

// embedded is what the fake has by itself.
func embedded() []confopenapitest.Option { return nil }

// list makes the call and prints what came of it.
func list(ctx context.Context, cfg *config, env func(string) string, stdout io.Writer) error {
	service, err := cfg.Open(env, embedded)
	if err != nil {
		return err
	}
	defer service.Close()
	page, err := service.Client.ListByStatus(ctx, &cfg.request)
	if errors.Is(err, confopenapi.ErrTooLarge) {
		return &program.Problem{Err: err, Hint: "ask for fewer with -count", Code: program.Failed}
	}
	if err != nil {
		return err
	}

	if !cfg.WithPersonalData {
		show.MaskPage(page)
	}
	if cfg.json {
		return program.Output(show.JSON(stdout, page)) // by the names that the service uses
	}
	return program.Output(printTable(stdout, page, cfg))
}
