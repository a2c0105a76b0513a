//go:build linux

package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// level is what a process holds.
type level struct {
	goroutines  int
	heap        uint64 // bytes that are reachable
	connections int
	files       int // open, without connections
}

func (l level) String() string {
	return fmt.Sprintf("%d goroutines, %.1f MB of heap, %d connections, %d other open files",
		l.goroutines, float64(l.heap)/1e6, l.connections, l.files)
}

// heapSlack is what tables of the runtime and of net/http may add to the heap.
const heapSlack = 1 << 20

func (l level) exceeds(before level) bool {
	return l.goroutines > before.goroutines || l.connections > before.connections || l.files > before.files || l.heap > before.heap+heapSlack
}

func measure(t *testing.T) level {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // of toxiproxy's client
	var memory runtime.MemStats
	for range 3 { // the second empties a sync.Pool
		runtime.GC()
	}
	runtime.ReadMemStats(&memory)
	l := level{goroutines: runtime.NumGoroutine(), heap: memory.HeapAlloc}
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		switch target, err := os.Readlink(name); {
		case err != nil: // the one by which the directory was read
		case strings.HasPrefix(target, "socket:"):
			l.connections++
		default:
			l.files++
		}
	}
	return l
}

// settle measures until a level is reached again, for ten seconds at most.
func settle(t *testing.T, before level) level {
	t.Helper()
	l := measure(t)
	for end := time.Now().Add(10 * time.Second); l.exceeds(before) && time.Now().Before(end); l = measure(t) {
	}
	if l.exceeds(before) {
		t.Errorf("got %v at the end, want at most %v", l, before)
	}
	if err := goleak.Find(ignored...); err != nil {
		t.Error(err)
	}
	return l
}
