package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// Where totals always count more than is listed, --ignore-totals lets every command prove its listing, and so does a profile.
func TestIgnoreTotals(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(120, 1)...), confopenapitest.WithOrder(confopenapitest.OrderStartDown),
		confopenapitest.WithPaging(livelist.Paging{Cap: 50, Clamp: true, Total: livelist.TotalDoubled}))
	file := filepath.Join(t.TempDir(), "all.csv")
	commands := map[string]int{ // the exit code without the flag
		"snapshot": exitUnproven, "export --resume -o " + file: exitUnproven, "list --all --sort title": exitUnproven, "doctor": exitUnproven,
		"watch --polls 1 --json --events existing": 0,
	}
	for command, code := range commands {
		args := strings.Fields(command)
		confctl(t.Context(), srv, args...).must(t, code)
		with := confctl(t.Context(), srv, append(args, "--ignore-totals")...)
		with.must(t, 0)
		if strings.Contains(with.Stderr, "counts more") {
			t.Errorf("%s --ignore-totals: got %q", command, with.Stderr)
		}
	}
	confctl(t.Context(), srv, "watch", "--polls", "1").must(t, 0, "counts more", "Incomplete polls: 1 of 1. See confctl doctor. Incomplete polls")
	for args, want := range map[string]string{
		"list --ignore-totals -n 1":             "1 live conference, perhaps more; --all shows all", // one page was read
		"list --sort -attendeeCnt -n 3":         "3 of 120 live conferences that came; --all shows all of these. Perhaps not all came: others may belong before those shown",
		"list --filter attendeeCnt>=0 -n 3":     "3 of 120 matching conferences; --all shows all of these. 120 live conferences came, perhaps not all: others may match",
		"list --filter attendeeCnt>=1000 --all": "0 shown. Of 120 live conferences that came, 0 match; perhaps there are more",
	} {
		if got := strings.Join(strings.Fields(confctl(t.Context(), srv, strings.Fields(args)...).Stdout), " "); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
	said := confctl(t.Context(), srv, "snapshot").Stdout
	if want := "If it always does, confctl doctor says"; !strings.Contains(said, want) {
		t.Errorf("snapshot: got %q, want %q", said, want)
	}

	for args, want := range map[string]bool{"list --all": false, "list --all --ignore-totals": true, "list --limit 120 --ignore-totals": false, "list --limit 200 --ignore-totals": true} {
		got := strings.Join(strings.Fields(confctl(t.Context(), srv, strings.Fields(args)...).Stdout), " ")
		if has := strings.Contains(got, "Totals were ignored, and the service counts 240: conferences that it never lists are not noticed."); has != want {
			t.Errorf("%s: says that totals were ignored: got %t, want %t, in\n%s", args, has, want, got)
		}
	}

	home := t.TempDir()
	profile := func(args ...string) outcome {
		var stdout, stderr bytes.Buffer
		env := func(name string) string { return map[string]string{"XDG_CONFIG_HOME": home}[name] }
		code := run(t.Context(), args, env, strings.NewReader(srv.Token()), &stdout, &stderr)
		return outcome{code, stdout.String(), stderr.String()}
	}
	for _, args := range [][]string{{"login", "--base-url", srv.URL, "--ignore-totals"}, {"list"}} {
		if got := profile(args...); got.Code != 0 || strings.Contains(got.Stdout, "240 live") {
			t.Errorf("%s: got exit code %d and %q, want 0, and not the total of 240, which is to be ignored", args[0], got.Code, got.Stdout)
		}
	}
	if text, err := os.ReadFile(filepath.Join(home, "confctl", "config.toml")); err != nil || !strings.Contains(string(text), "\nignore-totals = true\n") {
		t.Errorf("got %v and %q, want ignore-totals in the profile", err, text)
	}
	got := profile("snapshot")
	got.must(t, 0)
	if want := "Totals were ignored"; !strings.Contains(strings.ReplaceAll(got.Stdout, "\n", " "), want) {
		t.Errorf("snapshot with the profile: got %q, want %q", got.Stdout, want)
	}
	profile("snapshot", "--ignore-totals=false").must(t, exitUnproven)
	profile("login", "--ignore-totals=false").must(t, program.Unsent, "another address, administrator or ignore-totals")
}

// A doctor that is run again examines the same: totals are ignored then, too.
func TestDoctorAgainIgnoresTotals(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(8000, 1)...), confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithMaxCount(100))
	if got, want := confctl(t.Context(), srv, "doctor", "--ignore-totals").Stdout, "confctl doctor --max-requests 300 --ignore-totals=true\n"; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant %q in it", got, want)
	}
}

// Where the service gives no total, nothing notices what it never lists, and each verdict says so.
func TestNoTotals(t *testing.T) {
	t.Parallel()
	for _, total := range []livelist.Total{livelist.TotalZero, livelist.TotalNegative, livelist.TotalPage} {
		srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(60, 1)...), confopenapitest.WithPaging(livelist.Paging{Total: total}))
		for _, args := range [][]string{{"list", "--all"}, {"snapshot"}, {"export", "-o", filepath.Join(t.TempDir(), "list.csv")}, {"watch", "--polls", "1"}} {
			got := confctl(t.Context(), srv, args...)
			got.must(t, 0)
			if want := "The service gives no total of its list: conferences that it never lists are not noticed."; !strings.Contains(strings.Join(strings.Fields(got.Stdout+got.Stderr), " "), want) {
				t.Errorf("%s, total %v: got %q and %q, want %q", args[0], total, got.Stdout, got.Stderr, want)
			}
		}
	}
}
