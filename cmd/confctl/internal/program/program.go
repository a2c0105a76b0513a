// Package program is what confctl is as a program: signals, the choice of the service, and errors that come as one line and
// a hint.
package program

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes.
const (
	OK     = 0
	Failed = 1 // the service was asked, and something failed
	Unsent = 2 // nothing was sent
)

// Main runs a program as a process: a run that can be tested, with a context that ends when the process is asked to end.
// Asked twice, the process ends at once.
func Main(run func(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
