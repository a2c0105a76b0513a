// List prints one page of the live conferences.
//
// With nothing set up it lists those of a fake service that it starts itself. With CONFOPENAPI_BASE_URL and
// CONFOPENAPI_TOKEN set it lists those of a real one.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
