package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// files stand in for those on the disk.
type files map[int64][]confopenapi.Conference

func (f files) write(admin int64, snap *confopenapi.Snapshot) error {
	f[admin] = snap.Conferences
	return nil
}

// from1to are the administrators of a test.
func from1to(n int64) (admins []int64) {
	for admin := int64(1); admin <= n; admin++ {
		admins = append(admins, admin)
	}
	return admins
}

func upTo(n int64) func(confopenapitest.Request) bool {
	return func(r confopenapitest.Request) bool { return r.List.AdminUserID <= n }
}

func TestListAll(t *testing.T) {
	full := errors.New("the disk is full")
	tests := map[string]struct {
		rules    []confopenapitest.Rule
		limit    time.Duration // of the run; 0 = none
		writable int64         // the last administrator whose file can be written; 0 = all
		missing  []int64
		err      error
		requests int // at most; 0 = any number
	}{
		"nothing fails": {requests: 60},
		"one is refused": {
			rules:   []confopenapitest.Rule{{Fault: confopenapitest.Status(403), When: func(r confopenapitest.Request) bool { return r.List.AdminUserID == 7 }}},
			missing: []int64{7},
		},
		"the first three get 401": {
			rules:   []confopenapitest.Rule{{Fault: confopenapitest.Status(401), When: upTo(3)}},
			missing: []int64{1, 2, 3},
		},
		"all get 401":           {rules: []confopenapitest.Rule{{Fault: confopenapitest.Status(401)}}, missing: from1to(20), requests: 9},
		"an outage that passes": {rules: []confopenapitest.Rule{{Fault: confopenapitest.Status(503), Times: 100}}},
		"an unmapped expiry":    {rules: []confopenapitest.Rule{{Fault: confopenapitest.BusinessStatus(4011, "null")}}, missing: from1to(20)},
		"the time is over":      {rules: []confopenapitest.Rule{{Fault: confopenapitest.Delay(time.Second)}}, limit: 30500 * time.Millisecond, missing: from1to(20)[10:]},
		"no time for a retry":   {rules: []confopenapitest.Rule{{Fault: confopenapitest.RetryAfter(503, "20"), When: upTo(5)}}, limit: 10 * time.Second, missing: from1to(5)},
		"a full disk":           {writable: 4, missing: from1to(20)[4:], err: full, requests: 15},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := confopenapitest.New(confopenapitest.WithFaults(tt.rules...))
				ctx := t.Context()
				if tt.limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.limit)
					defer cancel()
				}
				written := files{}
				missing, err := listAll(ctx, srv.Client(), from1to(20), time.Minute, func(admin int64, snap *confopenapi.Snapshot) error {
					if tt.writable > 0 && admin > tt.writable {
						return full
					}
					return written.write(admin, snap)
				})
				slices.Sort(missing)
				if !slices.Equal(missing, tt.missing) || !errors.Is(err, tt.err) {
					t.Errorf("got no file of %d and %v, want %d and %v", missing, err, tt.missing, tt.err)
				}
				if len(written)+len(missing) != 20 {
					t.Errorf("got %d files and %d missing, want 20 together", len(written), len(missing))
				}
				if n := srv.RequestCount(); tt.requests > 0 && n > tt.requests {
					t.Errorf("got %d requests, want at most %d", n, tt.requests)
				}
			})
		})
	}
}

// TestListEach_OtherTurnsFirst has those that fail not keep the others from their turn.
func TestListEach_OtherTurnsFirst(t *testing.T) {
	refused := confopenapitest.Status(401)
	failing := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) { return confopenapi.Token{}, io.ErrUnexpectedEOF })
	tests := map[string]struct {
		rule   confopenapitest.Rule
		source confopenapi.TokenSource // nil = the server's token
		want   []int64
	}{
		"the token is refused":                 {confopenapitest.Rule{Fault: refused}, nil, []int64{4, 5, 6, 1, 2, 3}},
		"the token is refused at a later page": {confopenapitest.Rule{Fault: refused, When: confopenapitest.OnPage(2)}, nil, []int64{4, 5, 6, 1, 2, 3}},
		"the time is over":                     {confopenapitest.Rule{Fault: confopenapitest.Delay(time.Minute), When: upTo(2)}, nil, []int64{2, 3, 4, 5, 6, 1}},
		"the token source fails":               {confopenapitest.Rule{}, failing, []int64{4, 5, 6, 1, 2, 3}},
		"each other is refused":                {confopenapitest.Rule{Fault: refused, When: func(r confopenapitest.Request) bool { return r.List.AdminUserID%2 == 1 }}, nil, []int64{1, 3, 5}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := confopenapitest.New(confopenapitest.WithFaults(tt.rule))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				client := srv.Client()
				if tt.source != nil {
					client = srv.Client(confopenapi.WithTokenSource(tt.source))
				}
				again, failed, err := listEach(ctx, client, from1to(6), files{}.write)
				if !slices.Equal(again, tt.want) || failed != nil || err != nil {
					t.Errorf("got %d again, %d failed and %v, want %d again", again, failed, err, tt.want)
				}
			})
		})
	}
}

func TestListAll_ListsWhatEachSees(t *testing.T) {
	srv := confopenapitest.NewServer(t,
		confopenapitest.WithAdmins(func(admin int64, c confopenapi.Conference) bool { return c.EventID%3 == admin%3 }))
	srv.Inject(confopenapitest.Rule{ // without Times: every request of administrator 7
		Fault: confopenapitest.Status(403),
		When:  func(r confopenapitest.Request) bool { return r.List.AdminUserID == 7 },
	})
	written := files{}
	missing, err := listAll(t.Context(), srv.Client(), []int64{6, 7, 8}, 0, written.write)
	if err != nil || !slices.Equal(missing, []int64{7}) {
		t.Errorf("got no file of %d and %v, want none of 7", missing, err)
	}
	for admin, list := range written {
		if err := srv.TruthFor(&confopenapi.ListByStatusRequest{AdminUserID: admin}, 1, 0).Check(list); err != nil {
			t.Errorf("administrator %d: %v", admin, err)
		}
	}
}

// TestRun_GoesOn has a second run of a night list only what is missing.
func TestRun_GoesOn(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	t.Setenv("CONFOPENAPI_BASE_URL", srv.URL)
	t.Setenv("CONFOPENAPI_TOKEN", srv.Token())
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "2.tmp"), []byte("of a killed program"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv.FailNext(1, confopenapitest.Status(403))
	if err := run(t.Context(), dir, 0, []int64{1, 2}); err == nil || err.Error() != "no file for the administrators [1]" {
		t.Errorf("got %v, want that of administrator 1 is no file", err)
	}
	before := len(srv.Requests())
	if err := run(t.Context(), dir, 0, []int64{1, 2}); err != nil {
		t.Error(err)
	}
	for _, r := range srv.Requests()[before:] {
		if r.List.AdminUserID != 1 { // the file of 2 exists
			t.Errorf("asked again: %s", r)
		}
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 2 {
		t.Errorf("got %q and %v, want two files", names, err)
	}
}
