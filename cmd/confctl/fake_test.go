package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// The commands by which a script has a service, and ends a program in the middle of a listing:
//
//	fake         starts a service of 300 conferences in pages of 50, and has the environment name it
//	fake churn   has them start and end by themselves; fake shuffled, come in another order each time
//	fake long    has three conferences, of which one has a title of 40,000 characters
//	fake stop    stops it
//	hold N       has the Nth request from now wait
//	end SIGNAL   ends the program in the background once that request waits
//	ended CODE   checks, after wait, how the program ended
//	gone N       has N conferences end
//	union A B    checks that B has the lines of A and what was live since gone, and no more

// scene is a script's service and the program that it ends.
type scene struct {
	service *confopenapitest.Server
	waits   chan struct{} // closed when the request waits
	child   *exec.Cmd
	since   int // the first request after gone
}

var scenes sync.Map // of *testscript.TestScript

func sceneOf(ts *testscript.TestScript) *scene {
	s, ok := scenes.Load(ts)
	if !ok {
		ts.Fatalf("there is no fake yet")
	}
	return s.(*scene)
}

func fake(ts *testscript.TestScript, _ bool, args []string) {
	opts := []confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(300, 1)...), confopenapitest.WithMaxCount(50),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
	}
	switch fmt.Sprint(args) {
	case "[]":
	case "[long]":
		list := confopenapitest.Conferences(3, 1)
		list[1].Title = strings.Repeat("长", 40_000)
		opts = append(opts, confopenapitest.WithConferences(list...))
	case "[churn]":
		opts = append(opts, confopenapitest.WithChurn(confopenapitest.Churn{Seed: 3, Rate: 2}))
	case "[shuffled]":
		opts = append(opts, confopenapitest.WithOrder(confopenapitest.OrderShuffled))
	case "[stop]":
		ts.Check(sceneOf(ts).service.Close())
		return
	default:
		ts.Fatalf("usage: fake [churn|shuffled|long|stop]")
	}
	service, err := confopenapitest.Start(opts...)
	ts.Check(err)
	ts.Defer(func() { _ = service.Close() })
	scenes.Store(ts, &scene{service: service})
	ts.Defer(func() { scenes.Delete(ts) })
	ts.Setenv(program.EnvBaseURL, service.URL)
	ts.Setenv(program.EnvToken, service.Token())
}

func number(ts *testscript.TestScript, args []string) int {
	if len(args) != 1 {
		ts.Fatalf("a number, and nothing else")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	return n
}

func hold(ts *testscript.TestScript, _ bool, args []string) {
	s, n := sceneOf(ts), number(ts, args)
	s.waits = make(chan struct{})
	waits, first := s.waits, s.service.RequestCount()
	s.service.Intercept(func(x *confopenapitest.Exchange) {
		if s.service.RequestCount()-first == n-1 {
			close(waits)
			<-x.Context().Done()
		}
	})
}

// end waits for the request, and not for a time, which only bounds a test that fails.
func end(ts *testscript.TestScript, _ bool, args []string) {
	s := sceneOf(ts)
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}
	if len(args) != 1 || signals[args[0]] == nil || len(ts.BackgroundCmds()) != 1 {
		ts.Fatalf("usage: end INT|TERM|KILL, with one program in the background")
	}
	select {
	case <-s.waits:
	case <-time.After(30 * time.Second):
		ts.Fatalf("the request that is held did not come")
	}
	s.child = ts.BackgroundCmds()[0]
	ts.Check(s.child.Process.Signal(signals[args[0]]))
}

func ended(ts *testscript.TestScript, _ bool, args []string) {
	s, want := sceneOf(ts), number(ts, args)
	s.service.Intercept(nil)
	if code := s.child.ProcessState.ExitCode(); code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

func gone(ts *testscript.TestScript, _ bool, args []string) {
	s := sceneOf(ts)
	for _, c := range s.service.Live()[:number(ts, args)] {
		s.service.End(c.Identity())
	}
	s.since = s.service.RequestCount() + 1
}

func union(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: union EARLIER FILE")
	}
	truth := sceneOf(ts).service.Truth(sceneOf(ts).since, 0)
	earlier, found := identities(ts, args[0]), identities(ts, args[1])
	for _, wanted := range []map[confopenapi.Identity]bool{truth.Always, earlier} {
		for id := range wanted {
			if !found[id] {
				ts.Fatalf("%v is missing", id)
			}
		}
	}
	for id := range found {
		if !earlier[id] && !truth.Ever[id] {
			ts.Fatalf("%v was in neither run", id)
		}
	}
}

// identities are those of a file's lines, behind its head if it has one.
func identities(ts *testscript.TestScript, file string) map[confopenapi.Identity]bool {
	found := make(map[confopenapi.Identity]bool)
	for line := range strings.Lines(ts.ReadFile(file)) {
		if strings.HasPrefix(line, `{"confctlExport"`) {
			continue
		}
		var c confopenapi.Conference
		ts.Check(c.UnmarshalJSON([]byte(line)))
		if found[c.Identity()] {
			ts.Fatalf("%v is there twice", c.Identity())
		}
		found[c.Identity()] = true
	}
	return found
}

// condition knows [mounts] and [terminals]: whether a script may have a file system and a terminal of its own. Where CI=true
// a script that needs one fails without it, and is not skipped.
func condition(name string) (bool, error) {
	check := map[string]func() error{"mounts": mounts, "terminals": terminals}[name]
	if check == nil {
		return false, fmt.Errorf("unknown condition %s", name)
	}
	err := check()
	if err != nil && os.Getenv("CI") == "true" {
		return false, fmt.Errorf("no %s here: %w", name, err)
	}
	return err == nil, nil
}

func mounts() error {
	text, err := exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

func terminals() error { return exec.Command("script", "-qec", "true", os.DevNull).Run() }
