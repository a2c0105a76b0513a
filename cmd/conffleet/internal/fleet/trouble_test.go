package fleet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

// raw reads records as other programs do, by the names of the contract.
func (g *rig) raw() jetstream.JetStream {
	g.t.Helper()
	js, err := jetstream.New(g.connect())
	if err != nil {
		g.t.Fatal(err)
	}
	return js
}

// seen are the last results of all administrators.
func (g *rig) seen() map[int64]fleet.Seen {
	g.t.Helper()
	ctx := g.t.Context()
	bucket, err := g.raw().KeyValue(ctx, "conffleet_seen")
	if err != nil {
		g.t.Fatal(err)
	}
	all := map[int64]fleet.Seen{}
	keys, err := bucket.Keys(ctx)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, k := range keys {
		entry, err := bucket.Get(ctx, k)
		if err != nil {
			g.t.Fatal(err)
		}
		var s fleet.Seen
		if err := json.Unmarshal(entry.Value(), &s); err != nil {
			g.t.Fatal(err)
		}
		all[s.Admin] = s
	}
	return all
}

// lastDead is the last task of an administrator that was dead.
func (g *rig) lastDead(admin string) (dead fleet.Dead) {
	g.t.Helper()
	stream, err := g.raw().Stream(g.t.Context(), "CONFFLEET_DEAD")
	if err != nil {
		g.t.Fatal(err)
	}
	msg, err := stream.GetLastMsgForSubject(g.t.Context(), "conffleet.dead."+admin)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := json.Unmarshal(msg.Data, &dead); err != nil {
		g.t.Fatal(err)
	}
	return dead
}

// One administrator whose requests are refused, and one whose requests hang, delay nobody.
func TestTrouble(t *testing.T) {
	t.Parallel()
	const refused, hanging = 1003, 1004
	w := world.New(30, 5, 3)
	w.Before = func(rw http.ResponseWriter, r *http.Request, admin int64) bool {
		switch admin {
		case refused:
			http.Error(rw, "{}", http.StatusUnauthorized)
		case hanging:
			<-r.Context().Done()
		}
		return admin == refused || admin == hanging
	}
	g := newRig(t, w, fleet.Retention{})
	g.schedule(time.Second)
	g.work("a", 8)
	s := g.status("a dead task, and 28 administrators with a proven listing", func(s *fleet.Status) bool {
		return s.Dead > 0 && s.Admins == 30 && s.Unproven == 2 && len(s.Failing) == 2
	})
	if s.Failing["unauthorized"] != 1 || s.Failing["timeout"] != 1 {
		t.Errorf("got %v, want one administrator that is refused and one that takes too long", s.Failing)
	}
	for range 3 {
		time.Sleep(time.Second)
		for admin, seen := range g.seen() {
			if age := time.Since(seen.Proven); admin != refused && admin != hanging && age > 4*time.Second {
				t.Errorf("the proven listing of %d is %s old, want 4s at most", admin, age)
			}
		}
	}
	since := func(s *fleet.Status) (text string) {
		for _, f := range s.FailingAdmins {
			text += fmt.Sprint(f.Admin, " ", f.Kind, " ", f.Since, "; ")
		}
		return text
	}
	again := g.status("the two still failing", func(s *fleet.Status) bool { return len(s.FailingAdmins) == 2 })
	if since(again) != since(s) || again.FailingAdmins[0].At == again.FailingAdmins[0].Since {
		t.Errorf("got %s, want failing since the first time: %s", since(again), since(s))
	}
	if dead := g.lastDead("1003"); dead.Kind != "unauthorized" || dead.Admin != refused || dead.Error == "" || strings.Contains(dead.Error, "\n") {
		t.Errorf("got %+v, want a refused token of %d, in one line", dead, refused)
	}
}

// A worker whose token the service refuses leaves its tasks to others, says so once, and goes on when it has a good token.
func TestWorker_TokenRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t, world.New(20, 5, 3), fleet.Retention{})
	var good atomic.Bool
	var log bytes.Buffer
	source := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		if good.Load() {
			return confopenapi.Token{Value: confopenapi.NewSecret(world.Token)}, nil
		}
		return confopenapi.Token{Value: confopenapi.NewSecret("wrong")}, nil
	}))
	bad, err := fleet.NewWorker(g.store, "bad", g.service.URL, g.limit, confopenapi.WithTokenSource(source))
	if err != nil {
		t.Fatal(err)
	}
	bad.Slots, bad.Log = 8, slog.New(slog.NewTextHandler(&log, nil))
	stop := g.start(bad.Run)
	g.schedule(2 * time.Second)
	isBad := func(s *fleet.Status) (r fleet.WorkerRecord) {
		for _, w := range s.Workers {
			if w.ID == "bad" {
				r = w
			}
		}
		return r
	}
	g.status("a worker that is refused", func(s *fleet.Status) bool { return isBad(s).Refused })
	g.work("good", 8)
	s := g.status("all administrators, without failures", func(s *fleet.Status) bool { return s.Admins == 20 && s.Unproven == 0 && len(s.Failing) == 0 })
	if n := isBad(s).Errors["unauthorized"]; n > 8 || s.Dead > 0 {
		t.Errorf("got %d tries with a wrong token, and %d dead tasks, want a few, and none", n, s.Dead)
	}
	good.Store(true)
	g.status("a worker that is not refused", func(s *fleet.Status) bool { return !isBad(s).Refused && isBad(s).Tasks > 0 })
	stop()
	if text := log.String(); strings.Count(text, "refuses the token") != 1 || strings.Count(text, "accepts the token") != 1 || strings.Count(text, "task failed") > 2 {
		t.Errorf("got the log\n%s\nwant once that the token is refused, and once that it is accepted", text)
	}
}

// When the stream of events or the bucket of states is full, nothing is lost: what could not be stored comes when there is room.
func TestFull(t *testing.T) {
	t.Parallel()
	for name, full := range map[string]fleet.Retention{"events": {EventsBytes: 20_000}, "states": {EventsBytes: 64 << 20, StateBytes: 6_000}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t, world.New(20, 20, 3), full)
			g.schedule(time.Second)
			g.work("a", 8)
			g.status("administrators without a state, for want of room", func(s *fleet.Status) bool { return s.Failing[fleet.KindFull] > 0 && s.Unproven > 0 })
			for range 40 {
				g.world.Change()
			}
			if _, err := fleet.Open(t.Context(), g.connect(), fleet.Retention{EventsBytes: 100 << 20}); err != nil {
				t.Fatal(err)
			}
			g.status("all administrators, without failures", func(s *fleet.Status) bool { return s.Admins == 20 && s.Unproven == 0 && len(s.Failing) == 0 })
			g.rounds(4)
			if v := g.check(); !v.OK() || v.Starts == 0 {
				t.Errorf("got %+v, want nothing lost, twice or false", v)
			}
		})
	}
}

// When a state is larger than NATS accepts, its task is dead with a typed error, and no event of it is published. When NATS
// accepts it, it comes.
func TestStateTooLarge(t *testing.T) {
	t.Parallel()
	options := server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), MaxPayload: 8 << 10, NoLog: true, NoSigs: true}
	start := func() *server.Server {
		o := options // NATS changes them
		s, err := server.NewServer(&o)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		return s
	}
	s := start()
	g := newRig(t, world.New(3, 300, 3), fleet.Retention{})
	g.embedded.URL = s.ClientURL()
	var err error
	if g.store, err = fleet.Open(t.Context(), g.connect(), fleet.Retention{}); err != nil {
		t.Fatal(err)
	}
	g.schedule(time.Second)
	g.work("a", 8)
	g.status("a state that is too large", func(s *fleet.Status) bool { return s.Failing[fleet.KindTooLarge] > 0 && s.Dead > 0 && s.Admins == 3 })
	for admin, seen := range g.seen() {
		if tooLarge := seen.Kind == fleet.KindTooLarge; tooLarge != (len(g.world.Live(admin)) > 60) {
			t.Errorf("got %q of %d with %d conferences, want %s with more than 60", seen.Kind, admin, len(g.world.Live(admin)), fleet.KindTooLarge)
		}
	}
	for _, e := range g.events() {
		if len(g.world.Live(e.Admin)) > 60 {
			t.Fatalf("got an event of %d, whose state could not be stored, want none", e.Admin)
		}
	}
	address, _ := s.Addr().(*net.TCPAddr)
	s.Shutdown()
	s.WaitForShutdown()
	options.Port, options.MaxPayload = address.Port, 1<<20
	start()
	g.status("all administrators, without failures", func(s *fleet.Status) bool { return s.Admins == 3 && s.Unproven == 0 && len(s.Failing) == 0 })
	if v := g.check(); !v.OK() || v.Starts == 0 {
		t.Errorf("got %+v, want nothing lost, twice or false", v)
	}
}

// When the disk is full, workers fail with a typed error. When there is room again, they go on, and nothing is lost.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if runtime.GOOS != "linux" || exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", dir).Run() != nil {
		t.Skip("only root can mount a small disk")
	}
	t.Cleanup(func() { _ = exec.CommandContext(context.Background(), "umount", "-l", dir).Run() })
	g := newRigIn(t, dir, world.New(20, 20, 3), fleet.Retention{EventsBytes: 4 << 20})
	g.schedule(time.Second)
	g.work("a", 8)
	g.status("20 administrators", func(s *fleet.Status) bool { return s.Admins == 20 && s.Unproven == 0 })
	ballast := dir + "/ballast"
	if err := fill(ballast); err == nil {
		t.Fatal("the disk does not become full")
	}
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		g.world.Change()
		if _, _, err := g.store.State(t.Context(), 1001); err != nil {
			if store, ok := errors.AsType[*fleet.StoreError](err); !ok || store.Kind != fleet.KindUnavailable {
				t.Errorf("got %v, want a *StoreError of kind %s", err, fleet.KindUnavailable)
			}
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal("NATS does not mind a full disk")
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	g.status("all administrators, without failures", func(s *fleet.Status) bool {
		return s.Admins == 20 && len(s.Failing) == 0 && s.At.Sub(s.OldestProven) < 4*time.Second
	})
	g.rounds(5)
	if v := g.check(); !v.OK() || v.Starts == 0 {
		t.Errorf("got %+v, want nothing lost, twice or false", v)
	}
}

// fill writes a file until there is no room.
func fill(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return nil //nolint:nilerr // there is no error of a full disk then
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	return errors.Join(err, f.Close())
}
