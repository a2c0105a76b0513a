//go:build unix

package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/world"
)

// A process with NATS in it works, shows its status to others, stops when asked, and goes on with its files.
func TestRunEmbedded(t *testing.T) {
	t.Parallel()
	w := world.New(5, 5, 3)
	service := httptest.NewServer(w)
	t.Cleanup(service.Close)
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(world.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(dir, "data")
	env := []string{"CONFOPENAPI_BASE_URL=" + service.URL, "CONFOPENAPI_TOKEN=", "NATS_URL="}
	for turn := range 2 {
		cmd := start(t, "conffleet", env, "run", "--store", store, "--admins", adminsFile(t, w.Admins()), "--interval", "1s", "--token-file", token, "--max-events", "16")
		var out string
		for began := time.Now(); ; time.Sleep(200 * time.Millisecond) {
			_, out, _ = conffleet(t.Context(), nil, "status", "--store", store)
			if strings.Contains(out, "5, 0 without a proven listing") && strings.Contains(out, "WORKER") && strings.Contains(out, "/32") {
				break
			}
			if time.Since(began) > 30*time.Second {
				t.Fatalf("turn %d: got the status %q, want 5 proven listings", turn, out)
			}
		}
		code, events, message := conffleet(t.Context(), nil, "replay", "--store", store, "--kind", "existing")
		if code != ok || !strings.Contains(events, `"kind":"existing"`) {
			t.Errorf("replay: got exit code %d and %q: %s", code, events, message)
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil || strings.Contains(fmt.Sprint(cmd.Stderr), world.Token) {
			t.Errorf("turn %d: got %v, want exit code 0 and no token", turn, err)
		}
	}
}
