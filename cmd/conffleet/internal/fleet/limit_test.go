package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The embedded NATS refuses what would fill its disk, with a typed error, and goes on when there is room.
func TestStoreFull(t *testing.T) {
	dir := t.TempDir()
	if runtime.GOOS != "linux" || exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", dir).Run() != nil {
		t.Skip("only root can mount a small disk")
	}
	t.Cleanup(func() { _ = exec.CommandContext(context.Background(), "umount", "-l", dir).Run() })
	embedded, err := StartEmbedded(dir, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(embedded.Close)
	conn, err := Connect(embedded.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	store, err := Open(t.Context(), conn, Retention{EventsBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; err == nil && n < 100; n++ {
		err = putJSON(t.Context(), store.state, fmt.Sprint(n), strings.Repeat("x", 500_000))
	}
	if full, ok := errors.AsType[*StoreError](err); !ok || full.Kind != KindFull {
		t.Errorf("after %d values of 500 kB: got %v, want %s", n, err, KindFull)
	}
	stream, err := store.js.Stream(t.Context(), "KV_"+StateBucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil { // as age does
		t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		if err = putJSON(t.Context(), store.state, "again", "x"); err == nil {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("got %v although there is room, want nil", err)
		}
	}
}

// A file system without flock is named, and what helps; a file that cannot be opened is not taken for one.
func TestUnlockable(t *testing.T) {
	t.Parallel()
	for _, errno := range []syscall.Errno{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP} {
		err := unlockable("data", errno)
		for _, want := range []string{"the folder data", errno.Error(), "no flock", "--store on a local disk", "NATS_URL"} {
			if !strings.Contains(err.Error(), want) || !errors.Is(err, errno) {
				t.Errorf("got %q, want %q in it, and the errno", err, want)
			}
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := takeFolder(dir); err == nil || strings.Contains(err.Error(), "flock: choose") {
		t.Errorf("got %v, want the error of a file that cannot be opened", err)
	}
}
