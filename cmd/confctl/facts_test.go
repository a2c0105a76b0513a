package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// What doctor writes lets other commands list a page with one request. A file of another service, or that is no such file, is refused.
func TestFacts(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(47, 1)...), confopenapitest.WithOrder(confopenapitest.OrderStartDown))
	file := filepath.Join(t.TempDir(), "facts.json")
	confctl(t.Context(), srv, "snapshot", "--facts", file).must(t, program.Unsent, "confctl doctor --facts "+file)
	confctl(t.Context(), srv, "doctor", "--facts", file).must(t, 0, "What was learned is in "+file)
	before := srv.RequestCount()
	got := confctl(t.Context(), srv, "snapshot", "--facts", file)
	got.must(t, 0)
	if n, want := srv.RequestCount()-before, "every 30th is made without this assumption"; n != 1 || !strings.Contains(strings.ReplaceAll(got.Stdout, "\n", " "), want) {
		t.Errorf("got %d requests and %q, want 1 and %q", n, got.Stdout, want)
	}
	other := confopenapitest.NewServer(t)
	confctl(t.Context(), other, "snapshot", "--facts", file).must(t, program.Unsent, "another base URL")
	if err := os.WriteFile(file, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	confctl(t.Context(), srv, "snapshot", "--facts", file).must(t, program.Unsent, "does not contain facts")
}
