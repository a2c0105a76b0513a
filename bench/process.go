package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// roleEnv makes this program a helper of another run of it.
const roleEnv = "CONFOPENAPI_BENCH_ROLE"

// The roles.
const (
	workerRole = "worker"
	serverRole = "server"
)

// play does what the environment says, if it names a role.
func play() (played bool, err error) {
	switch role := os.Getenv(roleEnv); role {
	case "":
		return false, nil
	case workerRole:
		return true, work(os.Stdin, os.Stdout)
	case serverRole:
		return true, serve(os.Stdin, os.Stdout)
	default:
		return true, fmt.Errorf("%s is %q, which is no role", roleEnv, role)
	}
}

// A helper is this program once more, in a role. It ends when its input does.
type helper struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.Reader
}

// start starts a helper, with one processor and perhaps more settings in its environment.
func start(ctx context.Context, role string, env ...string) (*helper, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(append(os.Environ(), roleEnv+"="+role, "GOMAXPROCS=1"), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &helper{cmd, in, out}, cmd.Start()
}

func (h *helper) close() error { return errors.Join(h.in.Close(), h.cmd.Wait()) }
