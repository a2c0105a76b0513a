//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

var (
	fleetAdmins = flag.Int("fleet.admins", 60, "administrators of TestKilled and TestCluster; the issue asks for 2000")
	fleetTime   = flag.Duration("fleet.time", 25*time.Second, "how long the fleets of TestKilled and TestCluster work; with 2000 administrators, 3m")
)

// trial is a fleet of processes that lists a world while things break.
type trial struct {
	t        *testing.T
	world    *world.World
	service  *httptest.Server
	env      []string
	args     []string
	interval time.Duration
	began    time.Time

	mu     sync.Mutex
	stderr []*bytes.Buffer
}

func newTrial(t *testing.T, natsURL string, replicas int) *trial {
	t.Helper()
	r := &trial{t: t, world: world.New(*fleetAdmins, 20, 7), began: time.Now()}
	r.service = httptest.NewServer(r.world)
	t.Cleanup(r.service.Close)
	r.interval = max(time.Second, time.Duration(*fleetAdmins)*time.Second/200)
	r.env = []string{"NATS_URL=" + natsURL, "CONFOPENAPI_BASE_URL=" + r.service.URL, "CONFOPENAPI_TOKEN=" + world.Token}
	r.args = []string{"run", "--admins", adminsFile(t, r.world.Admins()), "--interval", r.interval.String(), "--rate", "1000", "--replicas", fmt.Sprint(replicas)}
	t.Cleanup(func() {
		for i, b := range r.stderr {
			if t.Failed() {
				t.Logf("worker %d: %s", i, tail(b.String(), 3000))
			}
		}
	})
	stop := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(max(20*time.Millisecond, 2*time.Second/time.Duration(*fleetAdmins))):
				r.world.Change()
			}
		}
	})
	t.Cleanup(func() { close(stop); group.Wait() })
	return r
}

// start starts a worker process.
func (r *trial) start() *exec.Cmd {
	r.t.Helper()
	cmd := command(context.WithoutCancel(r.t.Context()), r.env, r.args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	r.stderr = append(r.stderr, &stderr)
	r.mu.Unlock()
	r.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// until waits for a part of the trial's time.
func (r *trial) until(part float64) {
	time.Sleep(time.Until(r.began.Add(time.Duration(part * float64(*fleetTime)))))
}

// judge stops the workers that are left, and compares the events with what happened.
func (r *trial) judge(lost int, workers ...*exec.Cmd) {
	t := r.t
	t.Helper()
	for _, w := range workers {
		if err := w.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	for _, w := range workers {
		if err := w.Wait(); err != nil {
			t.Errorf("a worker that was asked to stop ended with %v, want exit code 0", err)
		}
	}
	env := map[string]string{}
	for _, e := range r.env {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	code, out, stderr := conffleet(t.Context(), env, "replay")
	if code != ok {
		t.Fatalf("replay: got exit code %d: %s", code, stderr)
	}
	var seen []world.Event
	err := events(strings.NewReader(out), func(e *fleet.Event) {
		seen = append(seen, world.Event{ID: e.ID, Admin: e.Admin, Kind: e.Kind, Conference: e.Conference.Identity(), LastSeen: e.LastSeen, At: e.At})
	})
	if err != nil {
		t.Fatal(err)
	}
	v := r.world.Check(seen, lost)
	code, out, stderr = conffleet(t.Context(), env, "status", "--json")
	var status fleet.Status
	if err := json.Unmarshal([]byte(out), &status); code != ok || err != nil {
		t.Fatalf("status: got exit code %d, %v: %s", code, err, stderr)
	}
	var text bytes.Buffer
	if err := report(&text, &v); err != nil || v.Starts == 0 || v.Ends == 0 {
		t.Errorf("got %s", &text)
	}
	if status.Admins != len(r.world.Admins()) || status.Unproven > 0 || status.Dead > 0 {
		t.Errorf("got %d administrators listed, %d of them without a proven listing, %d tasks given up, want %d, 0, 0", status.Admins, status.Unproven, status.Dead, len(r.world.Admins()))
	}
	t.Logf("%d requests, %d events, %s", r.world.Requests(), len(seen), &text)
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// Two of four worker processes are killed, and NATS is restarted. Nothing is lost, told twice, or false.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	dir := t.TempDir()
	options := server.Options{Port: server.RANDOM_PORT, StoreDir: dir}
	nats := node(t, options)
	options.Port = nats.Addr().(*net.TCPAddr).Port
	r := newTrial(t, nats.ClientURL(), 1)
	a, b, c, d := r.start(), r.start(), r.start(), r.start()
	r.until(0.3)
	_ = a.Process.Kill()
	_ = a.Wait()
	r.until(0.45)
	nats.Shutdown()
	nats.WaitForShutdown()
	time.Sleep(2 * time.Second)
	node(t, options)
	r.until(0.6)
	_ = b.Process.Kill()
	_ = b.Wait()
	r.until(1)
	r.judge(2, c, d)
}

// One of three NATS nodes is killed.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	var nodes []*server.Server
	var ports []int
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		_ = l.Close()
	}
	routes := server.RoutesFromStr(fmt.Sprintf("nats://127.0.0.1:%d,nats://127.0.0.1:%d,nats://127.0.0.1:%d", ports[0], ports[1], ports[2]))
	var urls []string
	for i := range 3 {
		n := node(t, server.Options{
			ServerName: fmt.Sprintf("n%d", i), Port: server.RANDOM_PORT, StoreDir: t.TempDir(), Routes: routes,
			Cluster: server.ClusterOpts{Name: "fleet", Host: "127.0.0.1", Port: ports[i]},
		})
		nodes, urls = append(nodes, n), append(urls, n.ClientURL())
	}
	leads := func(n *server.Server) bool { return n.JetStreamIsLeader() && len(n.JetStreamClusterPeers()) == 3 }
	for deadline := time.Now().Add(time.Minute); !slices.ContainsFunc(nodes, leads); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the cluster does not form")
		}
	}
	r := newTrial(t, strings.Join(urls, ","), 3)
	a := r.start()
	b := r.start()
	r.until(0.5)
	nodes[1].Shutdown()
	r.until(1)
	r.judge(2, a, b)
}
