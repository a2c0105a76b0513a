package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// TestWebFleetMisuse gives flags that do not fit a fleet, or addresses where none is. The password is never printed.
func TestWebFleetMisuse(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("nats://user:geheim@192.0.2.1:port\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args string
		code int
		want string
	}{
		"a history":        {"--nats nats://user:geheim@127.0.0.1:1 --store meetings.db", program.Unsent, "--store cannot be used"},
		"an administrator": {"--nats nats://user:geheim@127.0.0.1:1 --admin 1001", program.Unsent, "--admin cannot be used"},
		"a service":        {"--nats nats://user:geheim@127.0.0.1:1 --base-url https://conf.example.com", program.Unsent, "--base-url cannot be used"},
		"credentials only": {"--nats-creds file", program.Unsent, "only for --nats"},
		"no file":          {"--nats no/such/url", program.Unsent, "no/such/url"},
		"no URL":           {"--nats " + file, program.Failed, "does not parse"},
		"no NATS":          {"--nats nats://user:geheim@127.0.0.1:1", program.Failed, "NATS does not respond"},
	} {
		got := confctl(t.Context(), nil, append([]string{"web", "--addr", "127.0.0.1:0"}, strings.Fields(c.args)...)...)
		got.must(t, c.code, c.want)
		if strings.Contains(got.Stdout+got.Stderr, "geheim") {
			t.Errorf("%s: got the password in %q", name, got.Stderr)
		}
	}
}
