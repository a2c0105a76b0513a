// Command repo does what a release of this repository needs.
//
//	repo api check ROOT               fails if the Go API broke and CHANGELOG.md does not name what did
//	repo api breaks ROOT TAG          the same for what apidiff -incompatible printed, from its input
//	repo api write ROOT               writes api/go.txt, what the API is compared with
//	repo release ROOT VERSION [yes]   checks whether VERSION can be released; yes makes its tag
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/confopenapi/confopenapi-go/internal/repo/api"
	"github.com/confopenapi/confopenapi-go/internal/repo/release"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "repo:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	command := strings.Join(args[:min(len(args), 2)], " ")
	switch {
	case command == "api check" && len(args) == 3:
		return api.Check(args[2], os.Stdout)
	case command == "api breaks" && len(args) == 4:
		return api.Breaks(args[2], args[3], os.Stdin, os.Stdout)
	case command == "api write" && len(args) == 3:
		return api.Write(args[2], os.Stdout)
	case len(args) >= 3 && args[0] == "release":
		confirmed := len(args) == 4 && args[3] == "yes"
		r := release.Release{Root: args[1], Version: args[2], Confirm: confirmed, Check: makeCheck(args[1])}
		return r.Run(context.Background(), os.Stdout)
	}
	return errors.New("usage: repo api check ROOT, repo api breaks ROOT TAG, repo api write ROOT, or repo release ROOT VERSION [yes]")
}

// makeCheck runs make check.
func makeCheck(root string) func(context.Context) error {
	return func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, "make", "-C", root, "check")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return cmd.Run()
	}
}
