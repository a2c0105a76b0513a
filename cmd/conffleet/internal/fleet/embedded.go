package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// reserve is the room on the disk below which the embedded NATS stops. A write that fails for want of room would stop a
// stream until NATS is started again.
const reserve = 8 << 20

// maxPayload is what an embedded NATS accepts as one value, eight times the default of NATS.
const maxPayload = 8 << 20

// Embedded is a NATS server in this process.
type Embedded struct {
	URL    string // with its token: other processes of this user read it from the file "url" of the folder
	file   string // with the URL
	server *server.Server
	stop   context.CancelFunc
}

// StartEmbedded starts a NATS server on loopback, with its files in a folder that only this user can read.
func StartEmbedded(dir, listen string, sync bool) (*Embedded, error) {
	host, portText, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	token := rand.Text()
	config := server.JetStreamConfig{StoreDir: dir, MaxMemory: 64 << 20, MaxStore: 1 << 40, SyncInterval: 2 * time.Minute, SyncAlways: sync}
	if free, ok := freeBytes(dir); ok {
		// NATS refuses what is beyond that, so the fleet does not fill the disk.
		if config.MaxStore = free + used(config.StoreDir) - 2*reserve; config.MaxStore <= 0 {
			return nil, &StoreError{Op: "start NATS", Kind: KindFull, Err: fmt.Errorf("%d MB are free in %s, and %d are needed", free>>20, dir, 2*reserve>>20)}
		}
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "conffleet", Host: host, Port: port, Authorization: token, MaxPayload: maxPayload, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, JetStreamMaxMemory: config.MaxMemory, JetStreamMaxStore: config.MaxStore,
		SyncInterval: config.SyncInterval, SyncAlways: sync,
	})
	if err != nil {
		return nil, fmt.Errorf("embedded NATS: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		s.Shutdown()
		return nil, errors.New("embedded NATS: it does not start; is the folder in use, or the port taken?")
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &Embedded{URL: "nats://" + token + "@" + s.Addr().String(), file: urlFile(dir), server: s, stop: stop}
	if err := os.WriteFile(urlFile(dir), []byte(e.URL+"\n"), 0o600); err != nil {
		e.Close()
		return nil, err
	}
	go e.guard(ctx, config)
	return e, nil
}

// URLIn is the address of the embedded NATS that keeps its files in a folder.
func URLIn(dir string) (string, error) {
	text, err := os.ReadFile(urlFile(dir))
	if err != nil {
		return "", err
	}
	return string(text[:len(text)-1]), nil
}

func urlFile(dir string) string { return filepath.Join(dir, "url") }

// used is how much the files in a folder hold.
func used(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}

// guard stops JetStream while others have filled the disk, and starts it again when there is room.
func (e *Embedded) guard(ctx context.Context, config server.JetStreamConfig) {
	for pause(ctx, beat/4) {
		free, ok := freeBytes(config.StoreDir)
		switch on := e.server.JetStreamEnabled(); {
		case ok && on && free < reserve:
			_ = e.server.ShutdownJetStream() // what it has accepted is kept
		case !on && (!ok || free > 2*reserve):
			again := config                      // NATS changes it
			_ = e.server.EnableJetStream(&again) // it is tried again
		}
	}
}

// Close ends the server, after what it has accepted is written.
func (e *Embedded) Close() {
	e.stop()
	_ = os.Remove(e.file)
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

// Connect connects to NATS, and connects again whenever the connection breaks.
func Connect(url string, more ...nats.Option) (*nats.Conn, error) {
	return nats.Connect(url, append([]nats.Option{nats.Name("conffleet"), nats.MaxReconnects(-1), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), nats.ReconnectWait(250 * time.Millisecond), nats.RetryOnFailedConnect(true)}, more...)...)
}
