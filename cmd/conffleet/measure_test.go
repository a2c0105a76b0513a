//go:build unix

package main

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

var measureFleet = flag.Bool("fleet.measure", false, "measure the figures of docs/fleet.md, for some minutes")

// TestMeasure measures what a listing costs a worker process, what the store holds for a conference, and what four processes
// do against one where the service takes its time.
func TestMeasure(t *testing.T) {
	if !*measureFleet {
		t.Skip("it measures for minutes: -fleet.measure")
	}
	small := measure(t, 10_000, 60, 0, 1, "--interval", "60s", "--rate", "2000", "--slots", "32")
	t.Logf("10,000 administrators, one process: %.0f listings a second, %.2f ms of CPU a listing, %d MB; %.2f requests a listing; %.0f bytes of state a conference, %.0f an event",
		small.rate, small.cpu.Seconds()*1000/small.listings, small.memory>>20, small.requests, small.state, small.event)
	one := measure(t, 2000, 20, 200*time.Millisecond, 1, "--interval", "5s", "--rate", "5000", "--slots", "8")
	four := measure(t, 2000, 20, 200*time.Millisecond, 4, "--interval", "5s", "--rate", "5000", "--slots", "8")
	t.Logf("200 ms a request: one process %.1f listings a second, four %.1f: %.2f times", one.rate, four.rate, four.rate/one.rate)
	if four.rate < 3.2*one.rate {
		t.Errorf("got %.2f times the listings with four processes, want 3.2", four.rate/one.rate)
	}
}

type cost struct {
	listings, rate, requests, state, event float64
	cpu                                    time.Duration
	memory                                 int64
}

func measure(t *testing.T, admins, most int, latency time.Duration, processes int, args ...string) (c cost) {
	t.Helper()
	w := world.New(admins, most, 1)
	w.Before = func(http.ResponseWriter, *http.Request, int64) bool { time.Sleep(latency); return false }
	service := httptest.NewServer(w)
	defer service.Close()
	port, url := address(t)
	node(t, port, t.TempDir())
	env := []string{"NATS_URL=" + url, "CONFOPENAPI_BASE_URL=" + service.URL, "CONFOPENAPI_TOKEN=" + world.Token}
	var workers []*exec.Cmd
	for range processes {
		workers = append(workers, start(t, "conffleet", env, append([]string{"run", "--admins", adminsFile(t, w.Admins())}, args...)...))
	}
	conn, err := fleet.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	time.Sleep(10 * time.Second) // they join
	store, err := fleet.Attach(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := fleet.NewPicture(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	done := func() (tasks float64, s *fleet.Status) {
		s, err := picture.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s.Workers {
			tasks += float64(r.Tasks)
		}
		return tasks, s
	}
	before, _ := done()
	began, sent := time.Now(), w.Requests()
	time.Sleep(30 * time.Second)
	after, status := done()
	c.listings, c.rate = after, (after-before)/time.Since(began).Seconds()
	c.requests = float64(w.Requests()-sent) / (after - before)
	c.state, c.event = float64(status.StateBytes)/float64(status.Live), float64(status.EventsBytes)/float64(status.Events)
	for _, cmd := range workers {
		c.memory = max(c.memory, resident(t, cmd.Process.Pid))
		_ = cmd.Process.Signal(syscall.SIGTERM)
	}
	for _, cmd := range workers {
		_ = cmd.Wait()
		c.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return c
}

// resident is the most memory that a process had; 0 where there is no /proc.
func resident(t *testing.T, pid int) (n int64) {
	t.Helper()
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &n); err == nil {
			return n << 10
		}
	}
	return 0
}
