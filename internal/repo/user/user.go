// Package user is a machine on which somebody starts to use the SDK: with a Go toolchain and nothing of this repository
// but what can be downloaded. What is downloaded is the working tree, in the form that a release has.
package user

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/confopenapi/confopenapi-go/internal/repo/tree"
)

// A Machine runs commands.
type Machine struct {
	Version string // of the SDK that can be had
	Zip     string // the file that the go command downloads
	env     []string
}

// NewMachine sets a machine up in dir. A clone of the repository's address gets what is committed at root.
func NewMachine(ctx context.Context, root, dir string) (*Machine, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	proxy := filepath.Join(dir, "proxy")
	mod, err := writeProxy(ctx, root, proxy)
	if err != nil {
		return nil, err
	}
	known, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	cache, next, _ := strings.Cut(strings.TrimSpace(string(known)), "\n")
	m := &Machine{Version: mod.Version, Zip: filepath.Join(proxy, filepath.FromSlash(mod.Path), "@v", mod.Version+".zip")}
	m.env = append(os.Environ(),
		// Its own cache of modules, or else this version would be in everybody's; the others come from there.
		"GOMODCACHE="+filepath.Join(dir, "modules"), "GOPROXY="+fileURL(proxy)+","+fileURL(filepath.Join(cache, "cache", "download"))+","+next,
		"GOSUMDB=off", "GONOPROXY=none", "GOPRIVATE=", "GOWORK=off", "GOFLAGS=-modcacherw",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+fileURL(root)+".insteadOf", "GIT_CONFIG_VALUE_0=https://"+tree.Module,
	)
	return m, nil
}

func fileURL(path string) string { return "file://" + filepath.ToSlash(path) }

// Run runs a command of the shell in a folder, and returns what it printed, also with an error.
func (m *Machine) Run(ctx context.Context, dir, command string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-euc", command)
	cmd.Dir, cmd.Env = dir, m.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return string(out), nil
}
