package fleet_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
)

// Other processes connect again by themselves when the process with the embedded NATS was started again.
func TestEmbeddedKeepsItsAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	again := make(chan struct{}, 1)
	conn, err := fleet.Connect(first.URL, nats.ReconnectHandler(func(*nats.Conn) { again <- struct{}{} }))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	first.Close()

	second, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if second.URL != first.URL {
		t.Error("the second server in the folder has another port or token than the first")
	}
	select {
	case <-again:
	case <-time.After(time.Minute):
		t.Errorf("the client of the first server has not connected to the second: %v", conn.LastError())
	}
}

// Two servers with the same files would spoil them: the second is refused, and says who has the folder and how to join.
func TestEmbeddedOnceInAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	second, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
	if err == nil {
		second.Close()
		t.Fatal("a second server starts in the folder of the first")
	}
	for _, want := range []string{dir, fmt.Sprintf("process %d", os.Getpid()), "NATS_URL=$(cat " + filepath.Join(dir, "url") + ")"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q in it", err, want)
		}
	}
	first.Close()
	third, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
	if err != nil {
		t.Fatalf("the folder is not free when its server has ended: %v", err)
	}
	third.Close()
}

// A process id that cannot be written, such as on a full disk, which has an error of its own, is for people only.
func TestEmbeddedWithoutProcessID(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "pid", "blocked"), 0o700); err != nil {
		t.Fatal(err)
	}
	first, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
	if err != nil {
		t.Fatalf("got %v, want a server without the file pid", err)
	}
	defer first.Close()
	if _, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false); err == nil || !strings.Contains(err.Error(), "process unknown") {
		t.Errorf("got %v, want the second server refused, and process unknown", err)
	}
}

// A file of another program, or of another form, gives no token, and what it names is not overwritten.
func TestEmbeddedHasATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, had := range []string{
		"", "\n", "nonsense", "nats://me:hunter2@nats.example.com:4222", "nats://$2a$11$ooo@127.0.0.1:4998", "nats://a%2Fb%40%20c@127.0.0.1:4999",
	} {
		dir := t.TempDir()
		other := filepath.Join(dir, "other")
		if err := errors.Join(os.WriteFile(other, []byte(had), 0o644), os.Symlink(other, filepath.Join(dir, "url"))); err != nil { //nolint:gosec // others may read it
			t.Fatal(err)
		}
		embedded, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
		if err != nil {
			t.Errorf("%q: %v", had, err)
			continue
		}
		conn, err := fleet.Connect(embedded.URL, nats.RetryOnFailedConnect(false))
		if err != nil {
			t.Errorf("%q: %v", had, err)
		} else {
			conn.Close()
		}
		embedded.Close()
		if text, err := os.ReadFile(other); err != nil || string(text) != had {
			t.Errorf("%q: the file behind the link has %q, %v", had, text, err)
		}
		if info, err := os.Lstat(filepath.Join(dir, "url")); err != nil || info.Mode() != 0o600 {
			t.Errorf("%q: %v, %v; want a file that only its owner can read", had, info.Mode(), err)
		}
	}
}

// An address that does not parse is not shown: it may have a token.
func TestConnectShowsNoToken(t *testing.T) {
	t.Parallel()
	_, err := fleet.Connect("nats://SECRET@127.0.0.1:42x22")
	if err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("got %v, want an error without the token", err)
	}
}

// A port that another program has taken is no reason not to start.
func TestEmbeddedTakesAnotherPort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	was, err := url.Parse(first.URL)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", was.Host)
	if err != nil {
		t.Skipf("the port is taken already: %v", err)
	}
	defer func() { _ = taken.Close() }()
	second, err := fleet.StartEmbedded(dir, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	now, err := url.Parse(second.URL)
	if err != nil {
		t.Fatal(err)
	}
	if now.Host == was.Host || now.User.String() == was.User.String() {
		t.Error("got the port that is taken, or the token that its new owner may have been sent")
	}
}
