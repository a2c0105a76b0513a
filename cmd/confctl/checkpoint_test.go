package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// watching runs "confctl watch" against srv. Polls follow at once.
func watching(ctx context.Context, srv *confopenapitest.Server, args ...string) outcome {
	return confctl(ctx, srv, append([]string{"watch", "--interval", "1ns"}, args...)...)
}

// watchingInto is watching with a standard output.
func watchingInto(ctx context.Context, stdout io.Writer, srv *confopenapitest.Server, args ...string) outcome {
	var stderr bytes.Buffer
	args = append([]string{"watch", "--interval", "1ns"}, args...)
	code := run(ctx, args, envOf(srv), strings.NewReader(""), stdout, &stderr)
	return outcome{Code: code, Stderr: stderr.String()}
}

// kindsOf are the kinds of the events that were printed.
func kindsOf(o outcome) (kinds []string) {
	for line := range strings.Lines(o.Stdout) {
		kinds = append(kinds, strings.Fields(line)[2]) // after the date and the time
	}
	return kinds
}

func two() []confopenapi.Conference {
	return []confopenapi.Conference{
		{ConferenceID: "1", EventID: 1, StartTime: 1715600001, AttendeeCount: 5, Title: "周例会", HostName: "张三"},
		{ConferenceID: "2", EventID: 2, StartTime: 1715600002, AttendeeCount: 5, Title: "two\nlines\x1b[31m"},
	}
}

// A program that is stopped at random points, and continues from its checkpoint, reports everything once.
func TestCheckpointReportsEverythingOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 1))
			srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(120, seed)...),
				confopenapitest.WithMaxCount(50), confopenapitest.WithOrder(confopenapitest.OrderStartDown),
				confopenapitest.WithChurn(confopenapitest.Churn{Seed: seed, Rate: 1, Toggle: 1, Resume: .2, Restart: .2}))
			file := filepath.Join(t.TempDir(), "checkpoint")
			known, events := ledger{}, 0
			book := func(stdout string) {
				for line := range strings.Lines(stdout) {
					var e confopenapi.Event
					if err := json.Unmarshal([]byte(line), &e); err != nil {
						t.Fatal(err)
					}
					if events++; !known.post(e) {
						t.Errorf("%v does not fit the events before: %v", e, known[e.Conference.Identity()])
					}
				}
			}
			for range 15 {
				if rng.IntN(2) == 0 { // after a poll
					got := watching(t.Context(), srv, "--json", "--checkpoint", file, "--polls", fmt.Sprint(1+rng.IntN(3)))
					got.must(t, program.OK)
					book(got.Stdout)
					continue
				}
				ctx, cancel := context.WithCancel(t.Context()) // between two events
				var stdout bytes.Buffer
				got := watchingInto(ctx, &atWrite{Writer: &stdout, N: 1 + rng.IntN(25), F: cancel}, srv, "--json", "--checkpoint", file)
				cancel()
				got.must(t, exitInterrupted)
				book(stdout.String())
			}
			srv.SetChurn(confopenapitest.Churn{})
			got := watching(t.Context(), srv, "--json", "--checkpoint", file, "--polls", "3") // what is not proven ends with the second
			got.must(t, program.OK)
			book(got.Stdout)
			if diff := cmp.Diff(attending(srv.Live()...), known); diff != "" || events < 150 {
				t.Errorf("after %d events:\n%s", events, diff)
			}
		})
	}
}

// ledger is what a reader of the events knows: who is live, with how many attendees.
type ledger map[confopenapi.Identity]int

// post books an event and reports whether it fits the events before.
func (l ledger) post(e confopenapi.Event) bool {
	id := e.Conference.Identity()
	count, live := l[id]
	switch e.Kind {
	case confopenapi.EventEnded:
		delete(l, id)
		return live
	case confopenapi.EventUpdated:
		l[id] = e.Conference.AttendeeCount
		return live && count != e.Conference.AttendeeCount // else the same event came twice: the fake changes nothing else
	}
	l[id] = e.Conference.AttendeeCount
	return !live
}

func attending(list ...confopenapi.Conference) ledger {
	l := ledger{}
	for _, c := range list {
		l[c.Identity()] = c.AttendeeCount
	}
	return l
}

func TestCheckpointReportsNetChange(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(two()...))
	file := filepath.Join(t.TempDir(), "checkpoint")
	first := watching(t.Context(), srv, "--checkpoint", file, "--polls", "2")
	first.must(t, program.OK)
	one := srv.Live()[0].Identity()
	srv.End(srv.Live()[1].Identity())
	for n := 6; n < 9; n++ {
		srv.Update(one, func(c *confopenapi.Conference) { c.AttendeeCount = n })
	}
	second := watching(t.Context(), srv, "--checkpoint", file, "--polls", "2")
	second.must(t, program.OK)
	third := watching(t.Context(), srv, "--checkpoint", file, "--polls", "2")
	if diff := cmp.Diff([]string{"existing", "existing"}, kindsOf(first)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ended", "updated"}, kindsOf(second)); diff != "" || !strings.Contains(second.Stdout, "ended      2, two lines [31m, ") ||
		!strings.Contains(second.Stdout, "updated    1, 周例会, attending 8\n") {
		t.Errorf("%q\n%s", second.Stdout, diff)
	}
	if third.Stdout != "" {
		t.Errorf("printed twice: %q", third.Stdout)
	}
}

// An end during a restart meets the filters that it met before. One by personal data, which a checkpoint does not have, it meets
// in any case.
func TestCheckpointFiltersEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string // ids of what ended, in any case without others
		host string
	}{
		{[]string{"--filter", "hostOrgName=研发部", "--filter", "attendeeCnt>=5"}, "2", "[masked]"},
		{[]string{"--filter", "hostOrgName!=研发部"}, "3", "[masked]"},
		{[]string{"--filter", "研发"}, "2", "[masked]"},
		{[]string{"--filter", "张三"}, "", ""},
		{[]string{"--filter", "hostName=张三", "--with-personal-data"}, "2 3", "[masked]"},
		{[]string{"--filter", "张三", "--filter", "attendeeCnt=4", "--with-personal-data"}, "3", "[masked]"},
	} {
		list := append(two(), confopenapi.Conference{ConferenceID: "3", EventID: 3, StartTime: 1715600003, AttendeeCount: 4, HostOrgName: "市场部", HostName: "李四"})
		list[1].HostOrgName, list[1].HostName = "研发部", "张三"
		srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...))
		args := append(c.args, "--json", "--events", "ended", "--checkpoint", filepath.Join(t.TempDir(), "checkpoint"), "--polls")
		watching(t.Context(), srv, append(args, "1")...).must(t, program.OK)
		srv.End(list[1].Identity())
		srv.End(list[2].Identity())
		got := watching(t.Context(), srv, append(args, "2")...)
		got.must(t, program.OK)
		var ids []string
		for line := range strings.Lines(got.Stdout) {
			var e confopenapi.Event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, e.Conference.ConferenceID)
			if e.Conference.HostName != c.host {
				t.Errorf("%v: got the host %q, want %q", c.args, e.Conference.HostName, c.host)
			}
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%v: got the ends of %q, want those of %q", c.args, got, c.want)
		}
	}
}

// damages are files that are not valid checkpoints.
var damages = map[string]string{
	"half of it": `{"service":"`, "another JSON": `[1,2]`, "an empty object": `{}`, "null": "null", "a number": "7", "a table": "eventId,title\n1,周例会\n",
}

func TestCheckpointInvalid(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(two()...))
	other := confopenapitest.NewServer(t)
	file := filepath.Join(t.TempDir(), "checkpoint")
	watching(t.Context(), srv, "--checkpoint", file, "--polls", "1").must(t, program.OK)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(srv *confopenapitest.Server, content []byte, words string, args ...string) {
		t.Helper()
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		sent := srv.RequestCount()
		got := watching(t.Context(), srv, append(args, "--checkpoint", file, "--polls", "1")...)
		got.must(t, program.Unsent, words, "hint: nothing was changed")
		now, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(now, content) || srv.RequestCount() != sent || got.Stdout != "" {
			t.Errorf("the file was changed, or something sent: %v, %q", err, got.Stdout)
		}
	}
	refused(srv, good, "of another request", "--admin", "7")
	refused(other, good, "of another service")
	for name, text := range damages {
		t.Log(name)
		refused(srv, []byte(text), "is not a checkpoint of this program, or it is damaged")
	}
	refused(srv, good[:len(good)/2], "damaged")
	for _, text := range []string{`{"service":"embedded fake","watcher":{}}`, `{"watcher":{"state":{"version":99}}}`, strings.Replace(string(good), `"conferences":`, `"titles":`, 1)} {
		refused(srv, []byte(text), "is a checkpoint of another version of this program")
	}
}

// An empty file, as mktemp makes it, is a new start. It keeps its permissions.
func TestCheckpointEmpty(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(two()...))
	for name, text := range map[string]string{"empty": "", "blank": " \n", "CRLF": "\r\n", "a mark": "\ufeff", "tabs": "\t\n\n"} {
		file := filepath.Join(t.TempDir(), "checkpoint")
		if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		first, second := watching(t.Context(), srv, "--checkpoint", file, "--polls", "1"), watching(t.Context(), srv, "--checkpoint", file, "--polls", "1")
		first.must(t, program.OK)
		if len(kindsOf(first)) != 2 || second.Stdout != "" {
			t.Errorf("%s: got %q, then %q, want both conferences once", name, first.Stdout, second.Stdout)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: got %v, %v, want still 0640", name, info.Mode(), err)
		}
	}
}

func TestCheckpointInUse(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(two()...))
	dir := t.TempDir()
	file, link := filepath.Join(dir, "checkpoint"), filepath.Join(dir, "link")
	if err := os.Symlink("checkpoint", link); err != nil {
		t.Skip(err)
	}
	ctx, end := context.WithCancel(t.Context())
	first := watchingInto(ctx, &atWrite{Writer: io.Discard, N: 1, F: func() {
		for _, name := range []string{file, link} {
			watching(t.Context(), srv, "--checkpoint", name, "--polls", "1").
				must(t, program.Unsent, "another watch is using "+name, "hint: wait until it ends")
		}
		end()
	}}, srv, "--checkpoint", file)
	first.must(t, exitInterrupted)
	watching(t.Context(), srv, "--checkpoint", link, "--polls", "1").must(t, program.OK)
	if names, _ := filepath.Glob(file + ".*"); len(names) > 0 {
		t.Errorf("got %v left behind", names)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().IsRegular() {
		t.Errorf("got %v, %v, want still a link", info, err)
	}
}

func TestCheckpointUnwritable(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(two()...))
	dir := t.TempDir()
	watching(t.Context(), srv, "--checkpoint", filepath.Join(dir, "no", "file"), "--polls", "1").must(t, program.Unsent, "writing the checkpoint")
	watching(t.Context(), srv, "--checkpoint", dir, "--polls", "1").must(t, program.Unsent, "is a directory")
	if n := srv.RequestCount(); n != 0 {
		t.Errorf("%d requests", n)
	}

	// The directory goes after the start: each poll reports it and continues.
	gone := filepath.Join(dir, "gone")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	srv.Intercept(func(*confopenapitest.Exchange) { _ = os.RemoveAll(gone) })
	got := watching(t.Context(), srv, "--checkpoint", filepath.Join(gone, "file"), "--polls", "2")
	got.must(t, program.Failed, "writing the checkpoint", "is repeated")
	if len(kindsOf(got)) != 2 || srv.RequestCount() < 2 {
		t.Errorf("%q", got.Stdout)
	}
}

// A program that crashes in the middle of a poll's events continues with the poll, and not with an earlier one.
func TestCheckpointAfterBrokenPipe(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(two()...))
	file := filepath.Join(t.TempDir(), "checkpoint")
	crash := func(lines int) {
		t.Helper()
		watchingInto(t.Context(), &brokenPipe{Writes: lines}, srv, "--checkpoint", file).
			must(t, program.Failed, "broken pipe", "hint: ")
	}
	goesOn := func(want ...string) {
		t.Helper()
		got := watching(t.Context(), srv, "--checkpoint", file, "--polls", "1")
		if diff := cmp.Diff(want, kindsOf(got)); diff != "" {
			t.Error(diff)
		}
	}
	crash(1)
	goesOn("existing", "existing")

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	one := srv.Live()[0].Identity()
	lastOfPoll := srv.RequestCount() + 1
	srv.Intercept(func(*confopenapitest.Exchange) {
		if srv.RequestCount() > lastOfPoll { // the first poll, of two requests at most, is over
			srv.Update(one, func(c *confopenapi.Conference) { c.AttendeeCount++ })
		}
	})
	crash(2)
	srv.Intercept(nil)
	goesOn("updated")
}

// The embedded fake is another list in each run, so what a checkpoint has of it ends: nobody shall think that it is the service.
func TestCheckpointOfTheEmbeddedFake(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seen.json")
	for _, want := range []bool{false, true} {
		var stdout, stderr bytes.Buffer
		nothing := func(string) string { return "" }
		if code := run(t.Context(), []string{"watch", "--polls", "1", "--checkpoint", path}, nothing, strings.NewReader(""), &stdout, &stderr); code != 0 {
			t.Fatalf("got exit code %d and %q", code, stderr.String())
		}
		if got := strings.Contains(strings.ReplaceAll(stderr.String(), "\n", " "), "makes up another list in each run"); got != want {
			t.Errorf("says that the list is another one: got %t, want %t, in %q", got, want, stderr.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"watch", "--json", "--checkpoint", path}, func(string) string { return "" }, strings.NewReader(""), &stdout, &stderr); code != exitInterrupted ||
		strings.Contains(stderr.String(), "continues from here") {
		t.Errorf("got exit code %d and %q, want %d and no promise to continue", code, stderr.String(), exitInterrupted)
	}
}
