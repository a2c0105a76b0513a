//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

var (
	fleetAdmins = flag.Int("fleet.admins", 60, "administrators of TestKilled and TestCluster; docs/fleet.md has the figures of 2000")
	fleetTime   = flag.Duration("fleet.time", 25*time.Second, "how long the fleets of TestKilled and TestCluster work; with 2000 administrators, 3m")
)

// trial is a fleet of processes that lists a world while things break.
type trial struct {
	t     *testing.T
	world *world.World
	nats  string
	env   []string
	args  []string
	began time.Time // when the service got the first request
}

func newTrial(t *testing.T, natsURL string, replicas int) *trial {
	t.Helper()
	r := &trial{t: t, world: world.New(*fleetAdmins, 20, 7), nats: natsURL}
	service := httptest.NewServer(r.world)
	t.Cleanup(service.Close)
	interval := max(time.Second, time.Duration(*fleetAdmins)*time.Second/200)
	r.env = []string{"NATS_URL=" + natsURL, "CONFOPENAPI_BASE_URL=" + service.URL, "CONFOPENAPI_TOKEN=" + world.Token}
	r.args = []string{"run", "--admins", adminsFile(t, r.world.Admins()), "--interval", interval.String(), "--rate", "1000", "--replicas", strconv.Itoa(replicas)}
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
	return start(r.t, "conffleet", r.env, r.args...)
}

// until waits for a part of the trial's time.
func (r *trial) until(part float64) {
	r.t.Helper()
	if r.began.IsZero() {
		r.rounds(0)
		r.began = time.Now()
	}
	time.Sleep(time.Until(r.began.Add(time.Duration(part * float64(*fleetTime)))))
}

// rounds waits for a request, and for about so many listings of each administrator: what counts as an end needs several.
func (r *trial) rounds(n int) {
	r.t.Helper()
	then := r.world.Requests()
	want := int64(1 + n*len(r.world.Admins()))
	for began := time.Now(); r.world.Requests() < then+want; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > time.Minute+*fleetTime {
			r.t.Fatalf("got %d requests in %s, want %d", r.world.Requests()-then, time.Since(began), want)
		}
	}
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
	env := map[string]string{"NATS_URL": r.nats}
	code, out, stderr := conffleet(t.Context(), env, "replay")
	if code != ok {
		t.Fatalf("replay: got exit code %d: %s", code, stderr)
	}
	var seen []world.Event
	err := events(strings.NewReader(out), func(e *fleet.Event) {
		seen = append(seen, world.Event{ID: e.ID, Admin: e.Admin, Kind: e.Kind, Conference: e.Conference.Identity(), At: e.At})
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
		t.Errorf("got %d administrators listed, %d of them without a proven listing, %d dead tasks, want %d, 0, 0", status.Admins, status.Unproven, status.Dead, len(r.world.Admins()))
	}
	t.Logf("%d requests, %d events, %s", r.world.Requests(), len(seen), &text)
}

// Two of four worker processes are killed, and NATS, which starts again. Nothing is lost, told twice, or false.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	dir := t.TempDir()
	port, url := address(t)
	nats := node(t, port, dir)
	r := newTrial(t, url, 1)
	a, b, c, d := r.start(), r.start(), r.start(), r.start()
	r.until(0.3)
	kill(a)
	r.until(0.45)
	kill(nats)
	time.Sleep(2 * time.Second)
	node(t, port, dir)
	r.until(0.6)
	kill(b)
	r.rounds(10)
	r.until(1)
	r.judge(2, c, d)
}

// While NATS is away, workers and a replay that follows say so once, and once when it is back. The status says what to start.
func TestNATSAway(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes ten seconds")
	}
	dir, store := t.TempDir(), t.TempDir()
	port, url := address(t)
	nats := node(t, port, dir)
	r := newTrial(t, url, 1)
	worker := r.start()
	r.rounds(2)
	following, stop := context.WithCancel(t.Context())
	said := make(chan string, 1)
	go func() {
		_, _, stderr := conffleet(following, map[string]string{"NATS_URL": url}, "replay", "--follow")
		said <- stderr
	}()
	time.Sleep(time.Second)
	kill(nats)
	time.Sleep(6 * time.Second)
	if err := os.WriteFile(filepath.Join(store, "url"), []byte(url), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := conffleet(t.Context(), nil, "status", "--store", store); code != failed || !strings.Contains(stderr, store+" does not respond") || !strings.Contains(stderr, "conffleet run") {
		t.Errorf("status: got exit code %d and %q, want 1, and what to start", code, stderr)
	}
	node(t, port, dir)
	r.rounds(2)
	stop()
	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := worker.Wait(); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{"run": fmt.Sprint(worker.Stderr), "replay": <-said} {
		if away, back := lines(text, "NATS does not respond; this process waits"), lines(text, "NATS responds again"); away != 1 || back != 1 || lines(text, "") > 12 {
			t.Errorf("%s: got %d and %d lines, want one that NATS is away, and one that it is back:\n%s", name, away, back, text)
		}
	}
}

// One of three NATS nodes is killed, which leads all streams. The others go on without it, and with it when it starts again.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	var routes, urls []string
	for range 3 {
		_, route := address(t)
		routes = append(routes, route)
	}
	var starts []func() *exec.Cmd
	for i, route := range routes {
		dir := t.TempDir()
		port, url := address(t)
		urls = append(urls, url)
		starts = append(starts, func() *exec.Cmd {
			return node(t, port, dir, "-n", strconv.Itoa(i), "-cluster_name", "fleet", "-cluster", route, "-routes", strings.Join(routes, ","))
		})
	}
	leader := starts[0]()
	starts[1]()
	starts[2]()
	r := newTrial(t, strings.Join(urls, ","), 3)
	a, b := r.start(), r.start()
	r.until(0.2)
	lead(t, urls[0], "0")
	kill(leader)
	r.rounds(2)
	starts[0]()
	r.rounds(10)
	r.until(1)
	r.judge(2, a, b)
}

// lead has a node of a cluster lead all three streams and four buckets.
func lead(t *testing.T, url, node string) {
	t.Helper()
	conn, err := fleet.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for led := 0; led < 7; {
		led = 0
		streams := js.ListStreams(ctx)
		for s := range streams.Info() {
			if s.Cluster.Leader == node {
				led++
			} else {
				_, _ = conn.Request("$JS.API.STREAM.LEADER.STEPDOWN."+s.Config.Name, []byte(`{"placement":{"preferred":"`+node+`"}}`), time.Second)
			}
		}
		if err := streams.Err(); err != nil {
			t.Fatalf("node %s does not lead all streams: %v", node, err)
		}
	}
}
