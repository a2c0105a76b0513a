// Confctl lists, exports and watches live conferences, and examines how a service behaves.
//
// Without settings it calls a fake service that it starts itself. With CONFOPENAPI_BASE_URL and CONFOPENAPI_TOKEN, with
// --base-url and --token-file, or with a profile that login writes, it calls a real one.
package main

import (
	"context"
	"io"
	"os"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

func main() {
	program.Main(func(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
		return run(ctx, args, env, os.Stdin, stdout, stderr)
	})
}

// run is main without the process.
func run(ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{Printer: printerFor(args, env), env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	err := newRoot(a, args).ExecuteContext(ctx)
	if a.unwritten != nil {
		err = a.output(a.unwritten)
	}
	return a.report(ctx, err)
}
