package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/fleet"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/web"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// natsServer starts NATS, also again at the same port with the same files.
func natsServer(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// writer writes what conffleet writes, by the contract of docs/fleet.md.
type writer struct {
	*testing.T
	state, seen, shared jetstream.KeyValue
}

func newWriter(t *testing.T, url string) *writer {
	t.Helper()
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{T: t}
	for name, bucket := range map[string]*jetstream.KeyValue{"conffleet_state": &w.state, "conffleet_seen": &w.seen, "conffleet_shared": &w.shared} {
		if *bucket, err = js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: name}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *writer) put(kv jetstream.KeyValue, admin int64, value []byte) {
	w.Helper()
	if _, err := kv.Put(w.Context(), strconv.FormatInt(admin, 10), value); err != nil {
		w.Fatal(err)
	}
}

// list writes a state: see encode.
func (w *writer) list(version int, admin int64, verdict string, n int, ago time.Duration) {
	w.Helper()
	w.put(w.state, admin, w.encode(version, admin, verdict, n, ago))
}

// encode makes a state with n conferences, whose last proven listing began so long ago.
func (w *writer) encode(version int, admin int64, verdict string, n int, ago time.Duration) []byte {
	w.Helper()
	noise := make([]byte, 90*n) // a checkpoint takes about as much
	_, _ = rand.Read(noise)
	conferences := []map[string]any{}
	for _, c := range confopenapitest.Conferences(n, uint64(admin)) {
		conferences = append(conferences, map[string]any{"eventId": c.EventID, "conferenceId": c.ConferenceID, "startTime": c.StartTime, "title": c.Title, "attendeeCnt": 2, "voipCnt": 1})
	}
	state := map[string]any{"v": version, "admin": admin, "listings": 1, "at": time.Now(), "verdict": verdict, "live": conferences, "watcher": noise}
	if ago > 0 {
		state["proven"] = time.Now().Add(-ago).UTC()
	}
	data, err := json.Marshal(state)
	if err != nil {
		w.Fatal(err)
	}
	return zipped(data)
}

// result writes the last result of an administrator's tasks.
func (w *writer) result(admin int64, kind string) {
	w.Helper()
	w.put(w.seen, admin, fmt.Appendf(nil, `{"v":1,"admin":%d,"at":"2026-01-02T03:04:05Z","live":0,"kind":%q,"worker":"w"}`, admin, kind))
}

// admins writes whom the fleet lists.
func (w *writer) admins(version int, ids ...int64) {
	w.Helper()
	data, err := json.Marshal(map[string]any{"v": version, "interval": 60, "admins": ids})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.shared.Put(w.Context(), "admins", zipped(data)); err != nil {
		w.Fatal(err)
	}
}

func zipped(data []byte) []byte {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, _ = zip.Write(data)
	_ = zip.Close()
	return out.Bytes()
}

// fleetPicture is GET /api/v1/live of a fleet.
type fleetPicture struct {
	Version string `json:"version"`
	Status  struct {
		State       web.State `json:"state"`
		Since       int64     `json:"since"`
		Conferences int       `json:"conferences"`
		Hidden      bool      `json:"hidden"`
		Error       web.Text  `json:"error"`
	} `json:"status"`
	Samples [][]int64 `json:"samples"`
	Admins  []struct {
		Admin       int64     `json:"admin"`
		State       web.State `json:"state"`
		Since       int64     `json:"since"`
		Conferences int       `json:"conferences"`
		Kind        string    `json:"kind"`
	} `json:"admins"`
	Conferences []struct {
		ID    string `json:"id"`
		Admin int64  `json:"admin"`
		Title string `json:"title"`
	} `json:"conferences"`
}

// states are those of the administrators, such as "1001 complete 3".
func (p *fleetPicture) states() string {
	var all []string
	for _, a := range p.Admins {
		all = append(all, strings.TrimSpace(fmt.Sprint(a.Admin, " ", a.State, " ", a.Conferences, " ", a.Kind)))
	}
	return strings.Join(all, ", ")
}

// serveFleet shows a fleet until the test ends.
func serveFleet(t *testing.T, url string) (address string) {
	t.Helper()
	f, err := fleet.Connect(url, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return serve(t, nil, func(o *web.Options) { o.Fleet, o.Client, o.Service, o.StaleAfter = f, nil, f.Name(), 4*time.Minute })
}

// picture asks until the picture is as wanted.
func picture(t *testing.T, address, query, what string, good func(*fleetPicture) bool) (p *fleetPicture) {
	t.Helper()
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		_, body := get(t, address+"/api/v1/live"+query)
		p = new(fleetPicture)
		if err := json.Unmarshal([]byte(body), p); err != nil {
			t.Fatal(err)
		}
		if good(p) {
			return p
		}
	}
	t.Fatalf("got %s, %s, %d conferences, want %s", p.Status.State, p.states(), len(p.Conferences), what)
	return nil
}

func TestFleet_StatesOfAdministrators(t *testing.T) {
	s := natsServer(t, t.TempDir(), -1)
	w := newWriter(t, s.ClientURL())
	w.list(1, 1001, "complete", 3, time.Second)
	w.list(1, 1002, "conditional", 2, time.Second)
	w.list(1, 1003, "incomplete", 1, time.Second)
	w.list(1, 1004, "complete", 4, 10*time.Minute) // old, whatever it was worth
	w.list(1, 1005, "complete", 5, time.Minute)
	w.result(1001, "")
	w.result(1005, "unauthorized")
	w.result(1006, "timeout") // never listed
	address := serveFleet(t, s.ClientURL())
	want := "1001 complete 3, 1002 conditional 2, 1003 incomplete 1, 1004 stale 4, 1005 failing 5 unauthorized, 1006 failing 0 timeout"
	p := picture(t, address, "", want, func(p *fleetPicture) bool { return p.states() == want })
	if p.Status.State != web.StateStale || p.Status.Conferences != 15 || len(p.Conferences) != 15 || p.Conferences[0].Admin != 1001 || !strings.HasPrefix(p.Conferences[0].ID, "1001:") {
		t.Errorf("got %s, and %d of %d conferences, want stale as the worst list, and 15 that name their administrators", p.Status.State, len(p.Conferences), p.Status.Conferences)
	}
	if oldest := p.Admins[3].Since; p.Status.Since != oldest || time.Since(time.UnixMilli(oldest)) < 10*time.Minute {
		t.Errorf("got a picture since %d, want that of the oldest list, %d, 10 minutes ago", p.Status.Since, oldest)
	}
	if last := p.Samples[len(p.Samples)-1]; last[1] != 15 || last[2] != 30 || last[3] != 15 {
		t.Errorf("got the sample %v, want 15 conferences, 30 attendees and 15 VoIP clients", last)
	}
	if p := picture(t, address, "?admin=1002", "two conferences", func(p *fleetPicture) bool { return len(p.Conferences) == 2 }); p.Conferences[0].Admin != 1002 {
		t.Errorf("got conferences of %d, want those of 1002", p.Conferences[0].Admin)
	}
	if resp, _ := get(t, address+"/api/v1/live?admin=all"); resp.StatusCode != 400 {
		t.Errorf("an administrator that is no number: got HTTP %d, want 400", resp.StatusCode)
	}
	if _, body := get(t, address+"/metrics"); strings.Contains(body, "confopenapi_listing_stale") || !strings.Contains(body, "confopenapi_web_event_streams") {
		t.Errorf("got /metrics of a list, want the pages only:\n%s", body)
	}
}

// Only administrators of the fleet's list are shown, those too that were not listed yet. A list of a later version changes nothing.
func TestFleet_OnlyWhomItLists(t *testing.T) {
	s := natsServer(t, t.TempDir(), -1)
	w := newWriter(t, s.ClientURL())
	w.list(1, 1001, "complete", 3, 10*time.Minute)
	w.list(1, 1002, "complete", 2, time.Second)
	w.list(2, 1001, "complete", 3, 10*time.Minute) // of nobody who is shown
	w.admins(1, 1002, 1003)
	address := serveFleet(t, s.ClientURL())
	want := "1002 complete 2, 1003 waiting 0"
	p := picture(t, address, "", want, func(p *fleetPicture) bool { return p.states() == want })
	if p.Status.State != web.StateWaiting || len(p.Conferences) != 2 {
		t.Errorf("got %s and %d conferences, want waiting and 2", p.Status.State, len(p.Conferences))
	}
	w.admins(2, 1001)
	picture(t, address, "", "cut, with the earlier list", func(p *fleetPicture) bool {
		return p.Status.State == web.StateCut && p.states() == want && strings.Contains(p.Status.Error.English, "the list of administrators")
	})
	w.admins(1, 1002)
	picture(t, address, "", "1002", func(p *fleetPicture) bool {
		return p.Status.State == web.StateComplete && p.states() == "1002 complete 2"
	})
	if err := w.shared.Delete(t.Context(), "admins"); err != nil {
		t.Fatal(err)
	}
	picture(t, address, "", "all, as nobody says whom the fleet lists", func(p *fleetPicture) bool {
		return p.states() == want && strings.Contains(p.Status.Error.English, "1001") // whose state is of a later version
	})
}

// A page that follows an administrator gets the rows of that one, and the states of all.
func TestFleet_EventsOfOneAdministrator(t *testing.T) {
	s := natsServer(t, t.TempDir(), -1)
	w := newWriter(t, s.ClientURL())
	for _, admin := range []int64{1001, 1002, 1003} {
		w.list(1, admin, "complete", 3, time.Second)
	}
	address := serveFleet(t, s.ClientURL())
	p := picture(t, address, "", "three administrators", func(p *fleetPicture) bool { return len(p.Admins) == 3 })
	one, all := stream(t, address+"/api/v1/events?admin=1002&after="+p.Version), stream(t, address+"/api/v1/events?after="+p.Version)
	w.list(1, 1001, "complete", 1, time.Second)
	w.list(1, 1002, "incomplete", 2, time.Minute)
	follow := func(next func() (event, id, data string)) (admins, gone []string) {
		for len(admins) < 2 {
			event, _, data := next()
			if event != "poll" {
				t.Fatalf("got the event %q, want poll", event)
			}
			var f struct {
				Admins []struct {
					Admin int64 `json:"admin"`
				} `json:"admins"`
				Gone []string `json:"gone"`
			}
			if err := json.Unmarshal([]byte(data), &f); err != nil {
				t.Fatal(err)
			}
			for _, a := range f.Admins {
				admins = append(admins, fmt.Sprint(a.Admin))
			}
			for _, id := range f.Gone {
				gone = append(gone, id[:5])
			}
		}
		return admins, gone
	}
	if admins, gone := follow(one); fmt.Sprint(admins, gone) != "[1001 1002] [1002:]" {
		t.Errorf("following 1002: got the states of %v, and %v gone, want those of 1001 and 1002, and one of 1002", admins, gone)
	}
	if admins, gone := follow(all); fmt.Sprint(admins, gone) != "[1001 1002] [1001: 1001: 1002:]" {
		t.Errorf("following all: got the states of %v, and %v gone, want 1001 and 1002, two of 1001 and one of 1002", admins, gone)
	}
}

// A record of a later version changes nothing that is shown, but is named.
func TestFleet_OtherVersion(t *testing.T) {
	s := natsServer(t, t.TempDir(), -1)
	w := newWriter(t, s.ClientURL())
	w.list(1, 1001, "complete", 3, time.Second)
	address := serveFleet(t, s.ClientURL())
	picture(t, address, "", "three conferences", func(p *fleetPicture) bool { return len(p.Conferences) == 3 })
	w.list(2, 1001, "complete", 9, time.Second)
	p := picture(t, address, "", "cut", func(p *fleetPicture) bool { return p.Status.State == web.StateCut })
	if len(p.Conferences) != 3 || !strings.Contains(p.Status.Error.English, "version 2, want 1") {
		t.Errorf("got %d conferences and %q, want the 3 of before, and the versions", len(p.Conferences), p.Status.Error.English)
	}
	w.list(1, 1001, "complete", 4, time.Second)
	picture(t, address, "", "four conferences, complete", func(p *fleetPicture) bool { return p.Status.State == web.StateComplete && len(p.Conferences) == 4 })
}

// While NATS is away the page says so, and the lists grow old. Then it goes on.
func TestFleet_NATSAway(t *testing.T) {
	dir := t.TempDir()
	s := natsServer(t, dir, -1)
	w := newWriter(t, s.ClientURL())
	w.list(1, 1001, "complete", 3, time.Second)
	address := serveFleet(t, s.ClientURL())
	before := picture(t, address, "", "complete", func(p *fleetPicture) bool { return p.Status.State == web.StateComplete })
	if resp, body := get(t, address+"/healthz"); resp.StatusCode != 200 || body != "ok\n" {
		t.Errorf("/healthz: got HTTP %d and %q, want 200 and ok", resp.StatusCode, body)
	}
	port := s.Addr().(*net.TCPAddr).Port
	s.Shutdown()
	s.WaitForShutdown()
	p := picture(t, address, "", "cut", func(p *fleetPicture) bool { return p.Status.State == web.StateCut })
	if resp, body := get(t, address+"/healthz"); resp.StatusCode != 503 {
		t.Errorf("/healthz without NATS: got HTTP %d and %q, want 503", resp.StatusCode, body)
	}
	if p.Status.Since != before.Status.Since || len(p.Conferences) != 3 || p.Status.Error.English == "" {
		t.Errorf("got since %d, %d conferences and %q, want since %d as before, 3, and why", p.Status.Since, len(p.Conferences), p.Status.Error.English, before.Status.Since)
	}
	natsServer(t, dir, port)
	w.list(1, 1001, "complete", 5, time.Second)
	picture(t, address, "", "five conferences, complete", func(p *fleetPicture) bool { return p.Status.State == web.StateComplete && len(p.Conferences) == 5 })
}

// The conferences of all administrators are shown together up to a number. Those of one always are.
func TestFleet_TooManyToShowTogether(t *testing.T) {
	s := natsServer(t, t.TempDir(), -1)
	w := newWriter(t, s.ClientURL())
	for admin := range int64(10) {
		w.list(1, 1001+admin, "complete", 2000, time.Second)
	}
	address := serveFleet(t, s.ClientURL())
	p := picture(t, address, "", "20,000 conferences", func(p *fleetPicture) bool { return len(p.Conferences) == 20_000 })
	next := stream(t, address+"/api/v1/events?after="+p.Version)
	w.list(1, 1011, "complete", 1, time.Second)
	if event, _, _ := next(); event != "reload" {
		t.Errorf("got the event %q, want reload as the list cannot be shown any more", event)
	}
	p = picture(t, address, "", "none of 20,001", func(p *fleetPicture) bool { return p.Status.Hidden })
	if len(p.Conferences) != 0 || p.Status.Conferences != 20_001 {
		t.Errorf("got %d of %d conferences, want none of 20001", len(p.Conferences), p.Status.Conferences)
	}
	picture(t, address, "?admin=1003", "2,000 conferences", func(p *fleetPicture) bool { return len(p.Conferences) == 2000 })
}

// No error has anything of an address, which may have a password.
func TestFleet_AddressIsSecret(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	_ = listener.Close()
	for _, address := range []string{"nats://user:geheim@bad host:4222", "nats://user:geheim@", "nats://user:geheim@" + closed, "nats://user:geheim@example.com:port"} {
		if _, err := fleet.Connect(address, ""); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("got %v, want an error without the password", err)
		}
	}
	s := natsServer(t, t.TempDir(), -1)
	f, err := fleet.Connect("nats://user:geheim@"+s.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Name() != s.Addr().String() {
		t.Errorf("got the name %q, want %q", f.Name(), s.Addr())
	}
}

var largeFleet = flag.Bool("fleet.large", false, "measure a page of 10,000 administrators with 60 conferences each")

// TestFleet_Large measures what a fleet of 600,000 conferences takes of confctl.
func TestFleet_Large(t *testing.T) {
	if !*largeFleet {
		t.Skip("it measures: -fleet.large")
	}
	s := natsServer(t, t.TempDir(), -1)
	w := newWriter(t, s.ClientURL())
	values := make([][]byte, 1000)
	for i := range values {
		values[i] = w.encode(1, int64(i), "complete", 60, time.Second) // the page goes by the key
	}
	size := 0
	for admin := range 10_000 {
		w.put(w.state, int64(1+admin), values[admin%1000])
		size += len(values[admin%1000])
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, began := heap(), time.Now()
	address := serveFleet(t, s.ClientURL())
	p := picture(t, address, "", "600,000 conferences", func(p *fleetPicture) bool { return p.Status.Conferences == 600_000 })
	if len(p.Conferences) != 0 || len(p.Admins) != 10_000 {
		t.Errorf("got %d conferences and %d administrators, want 0 and 10000", len(p.Conferences), len(p.Admins))
	}
	t.Logf("%d MB for 10,000 x 60 conferences, of %d bytes each in NATS, after %s", (heap()-before)>>20, size/600_000, time.Since(began).Round(time.Second/10))
}
