// Package check decides whether the repository can be released. Its tests hold the documents, the contract, the Go API and
// what importers download to what is true of the code; "make check" runs them. It is a module of its own, so that what it
// needs is no dependency of the SDK.
package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Module is the path of the SDK's module.
const Module = "github.com/confopenapi/confopenapi-go"

// Files are the paths, from the root and with slashes, of what is or is to be committed.
func Files(ctx context.Context, root string) ([]string, error) {
	out, err := git(ctx, root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	var files []string
	for name := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		switch _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name))); {
		case err == nil:
			files = append(files, name)
		case !errors.Is(err, os.ErrNotExist): // it is deleted, and that is not committed yet
			return nil, err
		}
	}
	return files, nil
}

var version = regexp.MustCompile(`(?m)^const Version = "(.+)"$`)

// Version is what the SDK says of itself, also in its User-Agent, in the form of a tag: "v0.1.0".
func Version(root string) (string, error) {
	code, err := os.ReadFile(filepath.Join(root, "client.go"))
	if err != nil {
		return "", err
	}
	match := version.FindSubmatch(code)
	if match == nil {
		return "", errors.New("client.go has no Version")
	}
	return "v" + string(match[1]), nil
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}
