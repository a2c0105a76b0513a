package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// The environment has the address and the token, and no flag does: flags show in the list of processes and in histories.
const (
	envBaseURL = "CONFOPENAPI_BASE_URL"
	envToken   = "CONFOPENAPI_TOKEN"
)

// The exit codes.
const (
	exitOK    = 0
	exitError = 1 // the call failed
	exitUsage = 2 // nothing was sent
)

const usage = `Usage: list [flags]

Prints one page of the live conferences: those of the service at CONFOPENAPI_BASE_URL,
with the token in CONFOPENAPI_TOKEN, or those of an embedded fake if neither is set.
Exits with 0, with 1 if the call failed, and with 2 if nothing was sent.

`

// config is what the flags say.
type config struct {
	request          confopenapi.ListByStatusRequest
	json             bool
	withPersonalData bool
	verbose          bool
}

// run is main without the process.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	cfg, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage // flag has said why
	}
	if err := list(ctx, cfg, env, stdout, stderr); err != nil {
		code, hint := explain(err, cfg.withPersonalData)
		fmt.Fprintf(stderr, "list: %s\n", printable(err.Error()))
		fmt.Fprintf(stderr, "hint: %s\n", hint)
		return code
	}
	return exitOK
}

func parse(args []string, stderr io.Writer) (config, error) {
	var cfg config
	flags := flag.NewFlagSet("list", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.IntVar(&cfg.request.Page, "page", 0, "`number` of the page, from 1 (default 1)")
	flags.IntVar(&cfg.request.Count, "count", 0, "how `many` conferences a page has; the service may send fewer (default 20)")
	flags.Int64Var(&cfg.request.AdminUserID, "admin", 0, "list the conferences of the administrator with this user `id` (default the super administrator)")
	flags.BoolFunc("hide-single", "hide conferences with one attendee; =false lists them; without the flag the service decides", func(text string) error {
		hide, err := strconv.ParseBool(text)
		cfg.request.FilterOneAttendee = new(hide)
		return err
	})
	flags.BoolVar(&cfg.json, "json", false, "print the page as one JSON document")
	flags.BoolVar(&cfg.withPersonalData, "with-personal-data", false, "show the hosts, in JSON the passcodes too, and the service's own words in errors")
	flags.BoolVar(&cfg.verbose, "v", false, "log every attempt to stderr")
	if err := flags.Parse(args); err != nil {
		return cfg, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q", flags.Arg(0))
		fmt.Fprintf(stderr, "list: %v\n", err)
		flags.Usage()
		return cfg, err
	}
	return cfg, nil
}

// list makes the call and prints what came of it.
func list(ctx context.Context, cfg config, env func(string) string, stdout, stderr io.Writer) error {
	baseURL, token := env(envBaseURL), env(envToken)
	switch {
	case baseURL == "" && token == "":
		fake, err := confopenapitest.Start()
		if err != nil {
			return err
		}
		defer func() { _ = fake.Close() }()
		baseURL, token = fake.URL, fake.Token()
		fmt.Fprintf(stderr, "These conferences are made up, by an embedded fake. Set %s and %s to list real ones.\n", envBaseURL, envToken)
	case baseURL == "":
		return &halfSetError{set: envToken, missing: envBaseURL}
	case token == "":
		return &halfSetError{set: envBaseURL, missing: envToken}
	}

	opts := []confopenapi.Option{confopenapi.WithToken(token), confopenapi.WithUserAgent("list-example")}
	if cfg.verbose {
		handler := slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
		opts = append(opts, confopenapi.WithLogger(slog.New(handler)))
	}
	client, err := confopenapi.NewClient(baseURL, opts...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	page, err := client.ListByStatus(ctx, &cfg.request)
	if err != nil {
		return err
	}

	if !cfg.withPersonalData {
		mask(page)
	}
	if cfg.json {
		return printJSON(stdout, page)
	}
	return printTable(stdout, page, cfg)
}

// printJSON writes the page as one document, by the names that the service uses.
func printJSON(w io.Writer, page *confopenapi.ConfList) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(page); err != nil {
		return &outputError{err}
	}
	return nil
}
