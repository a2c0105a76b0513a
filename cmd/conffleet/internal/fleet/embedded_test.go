package fleet_test

import (
	"net"
	"net/url"
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
	if now.Host == was.Host || now.User.String() != was.User.String() {
		t.Error("got the port that is taken or another token, want another port and the same token")
	}
}
