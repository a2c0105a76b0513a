// Fleet lists the conferences of many administrators, several at a time, under one rate limit.
//
// It shows how a service or a batch job fans out: one client, whose limiter holds back all that its listings send
// together, so many listings at a time, and an administrator who cannot be listed does not cost the others theirs. The
// function listAll is what to copy.
package main

import (
	"context"
	"io"
	"os"

	"github.com/confopenapi/confopenapi-go/examples/internal/program"
)

func main() {
	program.Main(func(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
		return run(ctx, args, env, os.Stdin, stdout, stderr)
	})
}
