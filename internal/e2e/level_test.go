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

// heapSlack is by how much the heap may differ without anything being kept: tables of the runtime and of net/http.
const heapSlack = 1 << 20

func (l level) String() string {
	return fmt.Sprintf("%d goroutines, %.1f MB of heap, %d connections, %d other open files",
		l.goroutines, float64(l.heap)/1e6, l.connections, l.files)
}

func (l level) check(t *testing.T, before level) {
	t.Helper()
	if l.goroutines > before.goroutines || l.connections > before.connections || l.files > before.files ||
		l.heap > before.heap+heapSlack {
		t.Errorf("something is left: %v; before: %v", l, before)
	}
	if err := goleak.Find(ignored...); err != nil {
		t.Error(err)
	}
}

func measure(t *testing.T) level {
	t.Helper()
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport.CloseIdleConnections() // of toxiproxy's client
	}
	var memory runtime.MemStats
	for range 3 { // a pool is emptied by the second
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

// settle measures until what is closing is closed, at most for some seconds.
func settle(t *testing.T, before level) level {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		l := measure(t)
		if l.goroutines <= before.goroutines && l.connections <= before.connections && l.files <= before.files ||
			time.Now().After(deadline) {
			return l
		}
	}
}
