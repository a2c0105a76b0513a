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
	confctl(t.Context(), other, "snapshot", "--facts", file).must(t, program.Unsent, "the facts were learned of another service")
	if err := os.WriteFile(file, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	confctl(t.Context(), srv, "snapshot", "--facts", file).must(t, program.Unsent, "does not contain facts")
}

// What doctor learned of some services does not make a listing of one page cheaper: it says what is missing.
func TestFacts_NotEnough(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		option confopenapitest.Option
		want   string
	}{
		"totals of 0":       {confopenapitest.WithTotal(func(int) int { return 0 }), "totals do not count the list"},
		"a list that moves": {confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 2}), "whether pages are full"},
	} {
		srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(47, 1)...), confopenapitest.WithOrder(confopenapitest.OrderStartDown), c.option)
		got := confctl(t.Context(), srv, "doctor", "--facts", filepath.Join(t.TempDir(), "facts.json"))
		if text := strings.ReplaceAll(got.Stderr, "\n", " "); !strings.Contains(text, c.want) || !strings.Contains(text, "still take more than one request") {
			t.Errorf("%s: got %q, want %q in it", name, got.Stderr, c.want)
		}
	}
}
