// Command release checks whether a version of the repository in the working folder can be released. With "yes" it makes the
// tag.
//
//	release VERSION [yes]
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/confopenapi/confopenapi-go/internal/check"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: release VERSION [yes]")
		os.Exit(2)
	}
	r := check.Release{Root: ".", Version: os.Args[1], Confirm: len(os.Args) == 3 && os.Args[2] == "yes", Check: makeCheck}
	if err := r.Run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func makeCheck(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "make", "check")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
