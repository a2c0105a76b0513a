package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the test binary be the helper of a test, as the program is its own.
func TestMain(m *testing.M) {
	if played, err := play(); played {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestRun is a whole run with nothing but slices of next to nothing.
func TestRun(t *testing.T) {
	var out, log bytes.Buffer
	args := []string{"-rounds", "1", "-slice", "1ns", "-only", "/(0|20)/", "-json"}
	if err := run(t.Context(), args, &out, &log); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	var got struct {
		Rounds int       `json:"rounds"`
		Rows   []jsonRow `json:"rows"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if want := len(decoders()) + len(encoders()) + 4*len(callers()); got.Rounds != 1 || len(got.Rows) != want {
		t.Errorf("%d rounds with %d rows, want 1 with %d", got.Rounds, len(got.Rows), want)
	}
	for _, row := range got.Rows {
		if slices.Min(row.Ratio[:]) <= 0 || row.CPU <= 0 || row.Allocs < 1 {
			t.Errorf("%s, %s takes no CPU or allocates nothing", row.Task, row.Subject)
		}
		if decodes := strings.HasPrefix(row.Task, decodeGroup); decodes && (row.Kept.Whole < 400 || row.Kept.One < 400) {
			t.Errorf("%s, %s retains %g and %g bytes, less than a conference", row.Task, row.Subject, row.Kept.Whole, row.Kept.One)
		}
	}
}

func TestBadArguments(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.md")
	if err := os.WriteFile(broken, []byte("<!-- decode: start -->\n<!-- decode: end -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"decode"},
		{"-rounds", "-1"},
		{"-time", "0s"},
		{"-slice", "0s"},
		{"-only", "("},
		{"-only", "nothing"},
		{"-only", "decode", "-markdown", "../BENCHMARKS.md"},
		{"-markdown", filepath.Join(t.TempDir(), "absent.md")},
		{"-markdown", broken},
	} {
		if err := run(t.Context(), args, new(bytes.Buffer), new(bytes.Buffer)); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

func TestSonicsVariableIsRefused(t *testing.T) {
	t.Setenv(sonicVariable, "1")
	if err := run(t.Context(), []string{"-only", "^size$"}, new(bytes.Buffer), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), sonicVariable) {
		t.Errorf("%v", err)
	}
}

// TestDocument writes figures that are made up into the real document's places.
func TestDocument(t *testing.T) {
	const original = "../BENCHMARKS.md"
	text, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "BENCHMARKS.md")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	doc, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.write(madeUp()); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3 rounds in 7s", "| decode peer | 2.00 (1.50–2.50) |", "| forms peer |", "| encode peer |", "| append peer |", "| memory peer |", "| loopback peer |", "| confopenapi | 1,234,567 | 1,000 |",
	} {
		if !strings.Contains(string(written), want) {
			t.Errorf("%q is not in\n%s", want, written)
		}
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || !slices.Equal(names, []string{path}) {
		t.Errorf("%q is left beside the document: %v", names, err)
	}
}
