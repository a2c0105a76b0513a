// Conffleet lists the live conferences of many administrators with many workers, on NATS JetStream.
//
// The demo needs nothing: go run . demo. docs/fleet.md of the repository says how to run a fleet, and has the contract of its
// events and its state.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // asked twice, the process ends at once
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	ok     = 0
	failed = 1
	misuse = 2
)

// misuseError is of a command line or an environment that is wrong or not complete.
type misuseError struct{ error }

func (e misuseError) Unwrap() error { return e.error }

// run is main without the process.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "conffleet",
		Short: "list many administrators' live conferences with many workers",
		Long: "Conffleet lists the live conferences of many administrators with many workers, and publishes what starts and ends.\n\n" +
			"Workers share a queue, a state and a rate in NATS JetStream: that of NATS_URL, or one embedded in the first process.\n" +
			"The service is at CONFOPENAPI_BASE_URL, and its token in CONFOPENAPI_TOKEN, or where the flags of run say.",
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	a := &app{env: env, stdout: stdout, stderr: stderr}
	root.PersistentFlags().StringVar(&a.store, "store", "conffleet-data", "`FOLDER` of the embedded NATS; without NATS_URL, status and replay find it there")
	root.AddCommand(newRunCommand(a), newStatusCommand(a), newReplayCommand(a), newDemoCommand(a))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misuseError{badValue(err)} })
	for _, cmd := range root.Commands() {
		cmd.Args = func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuseError{fmt.Errorf("unexpected argument %q", args[0])}
			}
			return nil
		}
	}
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ok
	}
	fmt.Fprintln(stderr, "conffleet:", err)
	if _, misused := errors.AsType[misuseError](err); misused || cmd == root {
		fmt.Fprintf(stderr, "see %s -h\n", cmd.CommandPath())
		return misuse
	}
	return failed
}

// badValue says what the value of a flag can be.
func badValue(err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	what := map[string]string{
		"int": "a whole number", "int64": "a whole number", "float64": "a number", "duration": "a duration such as 30s, 1m or 24h", "bool": "true or false",
	}[invalid.GetFlag().Value.Type()]
	return fmt.Errorf("--%s %q: it is not %s", invalid.GetFlag().Name, invalid.GetValue(), what)
}

// app is what the commands share.
type app struct {
	env            func(string) string
	stdout, stderr io.Writer
	store          string
}

// attach connects to the fleet of NATS_URL, or to that of an embedded NATS. Call close.
func (a *app) attach(ctx context.Context, more ...nats.Option) (s *fleet.Store, closer func(), err error) {
	url := a.env("NATS_URL")
	embedded := url == ""
	if embedded {
		url, err = fleet.URLIn(a.store)
	}
	var conn *nats.Conn
	if err == nil {
		conn, err = fleet.Connect(url, append(more, nats.RetryOnFailedConnect(false))...)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, misuseError{fmt.Errorf("NATS_URL is not set, and no conffleet run with --store %s was started here", a.store)}
	case errors.Is(err, nats.ErrNoServers) && embedded:
		return nil, nil, fmt.Errorf("the NATS of %s does not respond: start conffleet run with --store %[1]s and without NATS_URL, which holds it; or set NATS_URL", a.store)
	case errors.Is(err, nats.ErrNoServers):
		return nil, nil, errors.New("the NATS of NATS_URL does not respond: is it running, and is the address right?")
	case err != nil:
		return nil, nil, err
	}
	if s, err = fleet.Attach(ctx, conn); err != nil {
		conn.Close()
		return nil, nil, err
	}
	return s, conn.Close, nil
}
