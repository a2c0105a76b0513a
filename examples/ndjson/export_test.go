package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/programtest"
)

// asProgram makes the test binary the program itself, for a test that kills it.
const asProgram = "NDJSON_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// job is a target in a directory of its own, and a service.
type job struct {
	t      *testing.T
	srv    *confopenapitest.Server // nil = the embedded fake
	target string
}

// jobOf is a job with 300 conferences in six pages that do not change by themselves.
func jobOf(t *testing.T, opts ...confopenapitest.Option) *job {
	t.Helper()
	srv := confopenapitest.NewServer(t, append([]confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(300, 1)...), confopenapitest.WithMaxCount(50),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
	}, opts...)...)
	return &job{t, srv, filepath.Join(t.TempDir(), "all.ndjson")}
}

func (j *job) run(args ...string) programtest.Outcome {
	return programtest.Run(j.t.Context(), run, j.srv, append([]string{"-o", j.target}, args...)...)
}

// runOn is run with a context, on a disk.
func (j *job) runOn(ctx context.Context, disk func(io.Writer) io.Writer, args ...string) programtest.Outcome {
	return programtest.Run(ctx, func(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
		cfg, err := parse(args, stderr)
		if err != nil {
			j.t.Fatal(err)
		}
		cfg.disk = disk
		return cfg.Report(export(ctx, cfg, env, stdout))
	}, j.srv, append([]string{"-o", j.target}, args...)...)
}

// files are the names beside the target, without the hash of unfinished ones.
func (j *job) files() (names []string) {
	j.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(j.target))
	if err != nil {
		j.t.Fatal(err)
	}
	for _, entry := range entries {
		parts := strings.Split(entry.Name(), ".")
		names = append(names, parts[len(parts)-1])
	}
	return names
}

// partials are the paths of unfinished files.
func (j *job) partials() []string {
	j.t.Helper()
	paths, err := filepath.Glob(filepath.Join(filepath.Dir(j.target), "*.partial"))
	if err != nil {
		j.t.Fatal(err)
	}
	return paths
}

// set are the lines of a file, which must all be whole and distinct.
func (j *job) set(path string) map[string]bool {
	j.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		j.t.Fatal(err)
	}
	lines := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if lines[line] || !strings.HasSuffix(line, "}\n") {
			j.t.Errorf("twice, or not whole: %q", line)
		}
		lines[line] = true
	}
	return lines
}

// conferences are those of a file.
func (j *job) conferences(path string) (list []confopenapi.Conference) {
	j.t.Helper()
	for line := range j.set(path) {
		var c confopenapi.Conference
		if err := c.UnmarshalJSON([]byte(line)); err != nil {
			j.t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

func TestRunsWithNothingSetUp(t *testing.T) {
	t.Parallel()
	j := &job{t: t, target: filepath.Join(t.TempDir(), "all.ndjson")}
	got := j.run()
	got.Must(t, program.OK, "embedded fake")
	if n := len(j.set(j.target)); n < 950 || !strings.Contains(got.Stdout, "listing was complete") {
		t.Errorf("%d lines, %q", n, got.Stdout)
	}
	if diff := cmp.Diff([]string{"ndjson"}, j.files()); diff != "" {
		t.Error(diff)
	}
}

var errFull = errors.New("no space left on device")

// fullDisk takes so many bytes more.
type fullDisk struct {
	next io.Writer
	left int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.left)
	d.left -= n
	written, err := d.next.Write(p[:n])
	if err == nil && n < len(p) {
		err = errFull
	}
	return written, err
}

// However often runs end, and wherever, the file of a list at rest is the one that a single run writes.
func TestWhateverEndsARunTheFileIsTheSame(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	j.run().Must(t, program.OK)
	want := j.set(j.target)
	if len(want) != 300 {
		t.Fatalf("%d lines", len(want))
	}
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 1))
		if err := os.Remove(j.target); err != nil {
			t.Fatal(err)
		}
		for ends := 1; ; ends++ {
			ctx, cancel := context.WithCancel(t.Context())
			disk := func(w io.Writer) io.Writer { return &fullDisk{w, rng.IntN(120_000)} }
			words := "no space left"
			if rng.IntN(2) == 0 {
				disk = func(w io.Writer) io.Writer { return &programtest.AtWrite{Writer: w, N: 1 + rng.IntN(200), F: cancel} }
				words = "interrupted"
			}
			got := j.runOn(ctx, disk)
			cancel()
			if got.Code == program.OK {
				if ends == 1 {
					t.Logf("seed %d: nothing ended the run", seed)
				}
				break
			}
			got.Must(t, program.Failed, words)
			if _, err := os.Stat(j.target); err == nil || t.Failed() {
				t.Fatalf("seed %d: a run that was ended has finished the file, or ended in another way", seed)
			}
		}
		if diff := cmp.Diff(want, j.set(j.target)); diff != "" {
			t.Fatalf("seed %d:\n%s", seed, diff)
		}
		if diff := cmp.Diff([]string{"ndjson"}, j.files()); diff != "" {
			t.Fatal(diff)
		}
	}
}

// A process that is killed while it waits for a page has kept all pages before it.
func TestAKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	j.run().Must(t, program.OK)
	want := j.set(j.target)
	for _, page := range []int{2, 4, 6} {
		if err := os.Remove(j.target); err != nil {
			t.Fatal(err)
		}
		asked, leave := make(chan struct{}), make(chan struct{})
		first := j.srv.RequestCount() // requests of this turn start here
		j.srv.Intercept(func(x *confopenapitest.Exchange) {
			if j.srv.RequestCount()-first == page-1 {
				close(asked)
				<-leave
			}
		})
		child := exec.CommandContext(t.Context(), os.Args[0], "-o", j.target)
		child.Env = append(os.Environ(), asProgram+"=1", program.EnvBaseURL+"="+j.srv.URL, program.EnvToken+"="+j.srv.Token())
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		<-asked
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		close(leave)
		j.srv.Intercept(nil)
		if paths := j.partials(); len(paths) != 1 || len(j.set(paths[0])) < 20 || len(j.set(paths[0])) >= 300 {
			t.Fatalf("killed at request %d, it left %q", page, j.files())
		}
		j.run().Must(t, program.OK, "Going on with")
		if diff := cmp.Diff(want, j.set(j.target)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"ndjson"}, j.files()); diff != "" {
			t.Error(diff)
		}
	}
}

// On a list that moves, the file is what either run has listed.
func TestAMovingListIsAUnion(t *testing.T) {
	t.Parallel()
	j := jobOf(t, confopenapitest.WithChurn(confopenapitest.Churn{Seed: 3, Rate: 2}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j.runOn(ctx, func(w io.Writer) io.Writer { return &programtest.AtWrite{Writer: w, N: 200, F: cancel} }).Must(t, program.Failed, "interrupted", "are kept in")
	earlier := j.conferences(j.partials()[0])
	for _, c := range earlier[:20] {
		j.srv.End(c.Identity())
	}

	first := j.srv.RequestCount() + 1
	got := j.run()
	got.Must(t, program.OK, "Going on with", "the union of both")
	found := map[confopenapi.Identity]bool{}
	for _, c := range j.conferences(j.target) {
		found[c.Identity()] = true
	}
	truth := j.srv.Truth(first, 0)
	wanted := maps.Clone(truth.Always)
	for _, c := range earlier {
		wanted[c.Identity()] = true
		truth.Ever[c.Identity()] = true
	}
	for id := range wanted {
		if !found[id] {
			t.Errorf("%v is missing", id)
		}
	}
	for id := range found {
		if !truth.Ever[id] {
			t.Errorf("%v was in neither run", id)
		}
	}
}

// What proves nothing is not finished, unless that is accepted.
func TestAnIncompleteListing(t *testing.T) {
	t.Parallel()
	j := jobOf(t, confopenapitest.WithOrder(confopenapitest.OrderShuffled))
	j.run().Must(t, program.Failed, "incomplete", "hint: the list moves", "are kept in")
	if diff := cmp.Diff([]string{"partial"}, j.files()); diff != "" {
		t.Error(diff)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := j.srv.RequestCount()
	j.srv.Intercept(func(*confopenapitest.Exchange) {
		if j.srv.RequestCount() > first { // in the middle of the listing
			cancel()
		}
	})
	j.runOn(ctx, nil, "-accept-incomplete").Must(t, program.Failed, "interrupted")
	if _, err := os.Stat(j.target); err == nil {
		t.Error("an interrupted run was taken for one that is good enough")
	}
	j.srv.Intercept(nil)

	j.run("-accept-incomplete").Must(t, program.OK, "Something may be missing, which is accepted: ", "incomplete")
	if len(j.set(j.target)) == 0 {
		t.Error("nothing was accepted")
	}
}

// A service that says no leaves nothing behind, and the file of an earlier day as it was.
func TestARefusalTouchesNothing(t *testing.T) {
	t.Parallel()
	j := jobOf(t)
	if err := os.WriteFile(j.target, []byte("yesterday\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	j.srv.FailNext(1, confopenapitest.Status(403))
	j.run().Must(t, program.Failed, "HTTP 403", "hint: ")
	if text, err := os.ReadFile(j.target); err != nil || string(text) != "yesterday\n" {
		t.Errorf("%q, %v", text, err)
	}
	if diff := cmp.Diff([]string{"ndjson"}, j.files()); diff != "" {
		t.Error(diff)
	}
	j.run().Must(t, program.OK)
	if n := len(j.set(j.target)); n != 300 {
		t.Errorf("%d lines", n)
	}
}
