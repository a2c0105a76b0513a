package fleet

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
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
	URL string // with its token: other processes of this user read it from the file "url" of the folder

	dir     string
	lock    *flock.Flock // of the folder
	options server.Options
	server  *server.Server
	stop    context.CancelFunc
	guarded chan struct{} // closed when guard has ended
}

// StartEmbedded starts a NATS server on loopback, with its files in a folder that only this user can read.
func StartEmbedded(dir, listen string, sync bool) (*Embedded, error) {
	host, portText, err := net.SplitHostPort(listen)
	port, unread := strconv.Atoi(portText)
	if err != nil || unread != nil || port < 0 || port > math.MaxUint16 {
		return nil, fmt.Errorf("--listen %q: it is not HOST:PORT", listen)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := takeFolder(dir)
	if err != nil {
		return nil, err
	}
	e, err := startLocked(dir, host, port, sync)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	e.lock = lock
	return e, nil
}

// takeFolder locks a folder for this process: two servers with the same files would spoil them. The system gives the lock up when
// the process ends, however it ends.
func takeFolder(dir string) (*flock.Flock, error) {
	lock, holder := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600)), filepath.Join(dir, "pid")
	mine, err := lock.TryLock()
	switch {
	case err != nil:
		_ = lock.Close()
		return nil, unlockable(dir, err)
	case !mine:
		_ = lock.Close()
		pid, _ := os.ReadFile(holder) // for people only
		return nil, fmt.Errorf("the folder %s is in use by another conffleet run, process %s: end that, choose another --store, or join it with NATS_URL=$(cat %s)",
			dir, cmp.Or(strings.TrimSpace(string(pid)), "unknown"), urlFile(dir))
	}
	_ = os.Remove(holder)                                                   // which may be a link
	_ = os.WriteFile(holder, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600) // startLocked says it better if the disk is full
	return lock, nil
}

// unlockable explains a failure to lock: some file systems, such as those of a network or a container, have no locks.
func unlockable(dir string, err error) error {
	if _, unopened := errors.AsType[*fs.PathError](err); unopened {
		return err
	}
	return fmt.Errorf("the folder %s cannot be locked against a second conffleet run (%w), as its file system seems to have no flock: choose a --store on a local disk, or run NATS apart and set NATS_URL", dir, err)
}

func startLocked(dir, host string, port int, sync bool) (*Embedded, error) {
	last, token := lastAddress(dir)
	if port == 0 {
		port = freePort(host, last)
	}
	if port != last {
		token = rand.Text() // whoever has the last port may have been sent the last token
	}
	room := int64(1 << 40)
	if free, ok := freeBytes(dir); ok {
		// NATS refuses what is beyond that, so the fleet does not fill the disk.
		if room = free + used(dir) - 2*reserve; room <= 0 {
			return nil, &StoreError{Op: "start NATS", Kind: KindFull, Err: fmt.Errorf("%d MB are free in %s, and %d are needed", free>>20, dir, 2*reserve>>20)}
		}
	}
	e := &Embedded{dir: dir, guarded: make(chan struct{}), options: server.Options{
		ServerName: "conffleet", Host: host, Port: port, Authorization: token, MaxPayload: maxPayload, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: room, SyncInterval: 2 * time.Minute, SyncAlways: sync,
	}}
	if err := e.start(); err != nil {
		return nil, err
	}
	address, _ := e.server.Addr().(*net.TCPAddr)
	e.options.Port = address.Port // also of the servers that follow
	e.URL = "nats://" + e.options.Authorization + "@" + address.String()
	_ = os.Remove(urlFile(dir)) // a new file follows no link, and nobody else can read it
	if err := os.WriteFile(urlFile(dir), []byte(e.URL+"\n"), 0o600); err != nil {
		e.shutdown()
		return nil, err
	}
	var ctx context.Context
	ctx, e.stop = context.WithCancel(context.Background())
	go e.guard(ctx)
	return e, nil
}

func (e *Embedded) start() error {
	options := e.options // NATS changes them
	s, err := server.NewServer(&options)
	if err != nil {
		return fmt.Errorf("embedded NATS: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		s.Shutdown()
		return errors.New("embedded NATS: it does not start; is the folder in use, or the port taken?")
	}
	e.server = s
	return nil
}

func (e *Embedded) shutdown() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

// lastAddress is the port and the token of the last server in a folder, if there was one. With these the next one is the same to
// other processes: they connect again.
func lastAddress(dir string) (port int, token string) {
	text, _ := URLIn(dir)
	if u, err := url.Parse(text); err == nil && ownToken.MatchString(u.User.Username()) {
		port, _ = strconv.Atoi(u.Port())
		token = u.User.Username()
	}
	return port, token
}

// ownToken is what rand.Text makes.
var ownToken = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// freePort is the wanted port if it is free, or any free one.
func freePort(host string, wanted int) int {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(wanted))) //nolint:noctx // it does not wait
	if wanted == 0 || err != nil {
		wanted = server.RANDOM_PORT
	}
	if err == nil {
		_ = l.Close()
	}
	return wanted
}

// URLIn is the address of the embedded NATS that keeps its files in a folder, or that of the last one.
func URLIn(dir string) (string, error) {
	text, err := os.ReadFile(urlFile(dir))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
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

// guard stops the server while others have filled the disk, or when a write failed, and starts it again when there is room.
// Clients connect again by themselves.
func (e *Embedded) guard(ctx context.Context) {
	defer close(e.guarded)
	for on := true; pause(ctx, beat/4); {
		free, ok := freeBytes(e.dir)
		switch {
		case on && (ok && free < reserve || !e.server.JetStreamEnabled()):
			e.shutdown() // what it has accepted is kept
			on = false
		case !on && (!ok || free > 2*reserve):
			on = e.start() == nil // or it is tried again
		}
	}
}

// Close ends the server, after what it has accepted is written.
func (e *Embedded) Close() {
	e.stop()
	<-e.guarded
	e.shutdown()
	_ = e.lock.Close()
}

// Watched has a log say once when NATS is away, and once when it is back.
func Watched(log *slog.Logger) nats.Option {
	return func(o *nats.Options) error {
		o.NoCallbacksAfterClientClose = true
		o.DisconnectedErrCB = func(*nats.Conn, error) { log.Warn("NATS does not respond; this process waits for it") }
		o.ReconnectedCB = func(*nats.Conn) { log.Info("NATS responds again") }
		return nil
	}
}

// Connect connects to NATS, and connects again whenever the connection breaks.
func Connect(address string, more ...nats.Option) (*nats.Conn, error) {
	conn, err := nats.Connect(address, append([]nats.Option{nats.Name("conffleet"), nats.MaxReconnects(-1), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), nats.ReconnectWait(250 * time.Millisecond), nats.RetryOnFailedConnect(true)}, more...)...)
	if _, unparsed := errors.AsType[*url.Error](err); unparsed {
		err = errors.New("the address of NATS does not parse") // it has the token
	}
	return conn, err
}
