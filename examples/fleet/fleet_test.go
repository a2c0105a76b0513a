package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/programtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listing runs the program against srv, or against its embedded fake if that is nil, without a limit of requests.
func listing(ctx context.Context, srv *confopenapitest.Server, stdin string, args ...string) programtest.Outcome {
	return programtest.Run(ctx, from(stdin), srv, append([]string{"-rate", "0"}, args...)...)
}

// from is the program with a standard input.
func from(stdin string) func(context.Context, []string, func(string) string, io.Writer, io.Writer) int {
	return func(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
		return run(ctx, args, env, strings.NewReader(stdin), stdout, stderr)
	}
}

// results are the lines of -json.
func resultsOf(t *testing.T, o programtest.Outcome) (list []result) {
	t.Helper()
	for line := range strings.Lines(o.Stdout) {
		var r result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// sees has each administrator see the conferences whose event id ends in the same digit as theirs.
func sees(admin int64, c confopenapi.Conference) bool { return c.EventID%10 == admin%10 }

func tenths(t *testing.T, opts ...confopenapitest.Option) *confopenapitest.Server {
	t.Helper()
	return confopenapitest.NewServer(t, append([]confopenapitest.Option{
		confopenapitest.WithConferences(confopenapitest.Conferences(400, 1)...), confopenapitest.WithMaxCount(30),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithAdmins(sees),
	}, opts...)...)
}

// want is what a listing of an administrator must come to.
func want(srv *confopenapitest.Server, admin int64) result {
	r := result{Admin: admin, Verdict: "complete"}
	for _, c := range srv.Live() {
		if sees(admin, c) {
			r.Conferences++
			r.Attendees += c.AttendeeCount
		}
	}
	return r
}

var seen = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".err" }, cmp.Ignore())

func TestRunsWithNothingSetUp(t *testing.T) {
	t.Parallel()
	got := listing(t.Context(), nil, "", "-json")
	got.Must(t, program.OK, "embedded fake")
	lists := map[int]bool{}
	for _, r := range resultsOf(t, got) {
		lists[r.Conferences] = true
	}
	if len(lists) != 3 {
		t.Errorf("the demonstration shows %v", got.Stdout)
	}
}

func TestEachAdministratorsList(t *testing.T) {
	t.Parallel()
	srv := tenths(t)
	var all []string
	var wanted []result
	for admin := range int64(30) {
		all = append(all, fmt.Sprint(admin+1))
		wanted = append(wanted, want(srv, admin+1))
	}
	got := listing(t.Context(), srv, "", "-json", "-admins", strings.Join(all, ","))
	got.Must(t, program.OK)
	if diff := cmp.Diff(wanted, resultsOf(t, got), seen); diff != "" || got.Stderr != "" {
		t.Errorf("stderr %q\n%s", got.Stderr, diff)
	}
}

func TestWhereIDsComeFrom(t *testing.T) {
	t.Parallel()
	srv := tenths(t)
	file := filepath.Join(t.TempDir(), "ids")
	if err := os.WriteFile(file, []byte("5\r\n6\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"", []string{"-admins", "1, 2"}, "[1 2]"},
		{"", []string{"-from", file, "-admins", "7,5,7"}, "[7 5 6]"},
		{"9\n8\n9\n", []string{"-from", "-"}, "[9 8]"},
	} {
		got := listing(t.Context(), srv, c.stdin, append(c.args, "-json")...)
		got.Must(t, program.OK)
		var ids []int64
		for _, r := range resultsOf(t, got) {
			ids = append(ids, r.Admin)
		}
		if fmt.Sprint(ids) != c.want {
			t.Errorf("%v: %v, want %s", c.args, ids, c.want)
		}
	}
}

// of means the requests of an administrator.
func of(admin int64) func(confopenapitest.Request) bool {
	return func(r confopenapitest.Request) bool { return r.List.AdminUserID == admin }
}

// What goes wrong for one administrator does not cost the others theirs.
func TestOneFailureStopsNobody(t *testing.T) {
	t.Parallel()
	srv := tenths(t, confopenapitest.WithFaults(
		confopenapitest.Rule{Fault: confopenapitest.Status(403), When: of(2)},
		confopenapitest.Rule{Fault: confopenapitest.BusinessStatus(7, "null"), When: of(4)},
		// It breaks after the first page: what came is shown, and worth what it is worth.
		confopenapitest.Rule{Fault: confopenapitest.Status(401), When: func(r confopenapitest.Request) bool {
			return r.List.AdminUserID == 5 && r.List.Page > 1
		}},
	))
	args := []string{"-admins", "1,2,3,4,5,6", "-parallel", "2"}
	got := listing(t.Context(), srv, "", append(args, "-json")...)
	got.Must(t, program.Failed, "3 of 6 listings failed; the first is that of 2: ", "HTTP 403", "hint: the token is good, but not for these lists")
	results := resultsOf(t, got)
	for _, i := range []int{0, 2, 5} {
		if diff := cmp.Diff(want(srv, int64(i+1)), results[i], seen); diff != "" {
			t.Error(diff)
		}
	}
	for i, words := range map[int]string{1: "HTTP 403", 3: "business status 7", 4: "HTTP 401"} {
		if r := results[i]; !strings.Contains(r.Error, words) || r.Verdict == "complete" {
			t.Errorf("%+v", r)
		}
	}
	if r := results[4]; r.Verdict != "incomplete" || r.Conferences != 30 || r.Attendees == 0 {
		t.Errorf("what came before the failure is lost: %+v", r)
	}

	table := listing(t.Context(), srv, "", args...)
	table.Must(t, program.Failed)
	lines := strings.Split(table.Stdout, "\n")
	if len(lines) != 2+6+1 || !strings.Contains(lines[3], "failed") || !strings.Contains(lines[3], "HTTP 403") || !strings.Contains(lines[6], "incomplete") {
		t.Errorf("the table is\n%s", table.Stdout)
	}
}

// wire is a network without sockets, on which every request takes a second of a bubble's time.
type wire struct{ service *confopenapitest.Server }

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Second)
	recorder := httptest.NewRecorder()
	w.service.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// All listings together keep to one rate and to so many at a time.
func TestRateAndParallelism(t *testing.T) {
	for _, c := range []struct {
		rate     float64
		parallel int
		want     time.Duration // of 10 listings of two requests each
	}{
		{0, 1, 20 * time.Second},
		{0, 5, 4 * time.Second},
		{0, 50, 2 * time.Second},
		{2, 50, 10*time.Second + 500*time.Millisecond}, // the last is sent after 19 pauses of half a second
		{.5, 50, 39 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			service := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(10, 1)...))
			client, err := confopenapi.NewClient("https://conf.example.com", confopenapi.WithToken(service.Token()),
				confopenapi.WithHTTPClient(&http.Client{Transport: wire{service}}),
				confopenapi.WithLimiter(limiter(c.rate)), confopenapi.WithTimeout(0))
			if err != nil {
				t.Fatal(err)
			}
			admins := make([]int64, 10)
			for i := range admins {
				admins[i] = int64(i + 1)
			}
			start := time.Now()
			for _, r := range listAll(t.Context(), client, confopenapi.ListByStatusRequest{}, admins, c.parallel) {
				if r.err != nil {
					t.Error(r.err)
				}
			}
			if took := time.Since(start); took != c.want {
				t.Errorf("at %v a second, %d at a time, %d requests took %s, want %s", c.rate, c.parallel, service.RequestCount(), took, c.want)
			}
		})
	}
}

func TestAnInterruptEndsAll(t *testing.T) {
	t.Parallel()
	srv := tenths(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv.Intercept(func(x *confopenapitest.Exchange) {
		cancel()
		<-x.Context().Done()
	})
	got := listing(ctx, srv, "", "-admins", "1,2,3,4,5,6,7,8", "-parallel", "2")
	got.Must(t, program.Failed, "8 of 8 listings failed", "hint: it was interrupted")
}

func TestMistakesExitWithTwo(t *testing.T) {
	t.Parallel()
	srv := tenths(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "there are no administrators"},
		{[]string{"-from", "-"}, "there are no administrators"},
		{[]string{"-admins", "1,secret,3"}, "administrator 2 of those given"},
		{[]string{"-admins", "0"}, "administrator 1 of those given"},
		{[]string{"-admins", "9223372036854775808"}, "administrator 1 of those given"},
		{[]string{"-from", t.TempDir()}, "is a directory"},
		{[]string{"-from", filepath.Join(t.TempDir(), "no")}, "no such file"},
		{[]string{"-admins", "1", "-rate", "-1"}, "-rate -1"},
		{[]string{"-admins", "1", "-rate", "NaN"}, "-rate NaN"},
		{[]string{"-admins", "1", "-rate", "Inf"}, "-rate +Inf"},
		{[]string{"-admins", "1", "-parallel", "0"}, "-parallel 0"},
	} {
		got := listing(t.Context(), srv, "", c.args...)
		got.Must(t, program.Unsent, "fleet: ", c.want, "\nhint: ")
		if got.Stdout != "" || strings.Contains(got.Stderr, "secret") {
			t.Errorf("%v: %q, %q", c.args, got.Stdout, got.Stderr)
		}
	}
	if n := srv.RequestCount(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestAnUnwrittenResultIsAnError(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-rate", "0"}, {"-rate", "0", "-json"}} {
		var stderr bytes.Buffer
		code := from("")(t.Context(), args, programtest.Env(nil), new(programtest.BrokenPipe), &stderr)
		programtest.Outcome{Code: code, Stderr: stderr.String()}.Must(t, program.Failed, "writing the result", "hint: ")
	}
}
