package main

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"confctl": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:       "testdata/script",
		Setup:     setup,
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "fake": fake, "hold": hold, "end": end, "ended": ended, "gone": gone, "union": union,
		},
		Deadline:            time.Now().Add(10 * time.Minute), // so that a command that does not end is named
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// setup gives each script a service of its own, in FAKE_URL with FAKE_TOKEN, whose list is at rest, and in DEAD_URL an
// address where no server listens. It names neither to confctl, so that scripts begin with the embedded fake.
func setup(env *testscript.Env) error {
	srv, err := confopenapitest.Start(confopenapitest.WithConferences(confopenapitest.Conferences(45, 7)...))
	if err != nil {
		return err
	}
	env.Defer(func() { _ = srv.Close() })
	env.Setenv("FAKE_URL", srv.URL)
	env.Setenv("FAKE_TOKEN", srv.Token())
	env.Setenv("DEAD_URL", "http://127.0.0.1:1")
	env.Setenv("TZ", "Asia/Shanghai")
	env.Setenv("GORACE", "atexit_sleep_ms=0") // or each process takes a second more under the race detector
	return nil
}

// exits runs a command and checks its exit code: exits CODE COMMAND ARGUMENT…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGUMENT...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}
