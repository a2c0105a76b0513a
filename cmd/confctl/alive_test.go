package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// The embedded fake looks like a service of now, in which doctor finds nothing odd.
func TestEmbeddedFakeLooksAlive(t *testing.T) {
	t.Parallel()
	got := confctl(t.Context(), nil, "doctor", "--json")
	got.must(t, 0)
	var report struct {
		Findings []struct {
			Check   string `json:"check"`
			Verdict string `json:"verdict"`
			What    string `json:"what"`
		} `json:"findings"`
	}
	if err := json.Unmarshal([]byte(got.Stdout), &report); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Verdict == "unusual" || f.Verdict == "failed" {
			t.Errorf("doctor finds %s: %s", f.Check, f.What)
		}
	}

	got = confctl(t.Context(), nil, "list", "--all", "--json")
	got.must(t, 0)
	looksAlive(t, got.Stdout)
	served := serving(t, func(env func(string) string) {
		var stdout bytes.Buffer
		if code := run(t.Context(), []string{"list", "--all", "--json"}, env, strings.NewReader(""), &stdout, io.Discard); code != 0 {
			t.Errorf("exit code %d", code)
		}
		looksAlive(t, stdout.String())
	}, "--conferences", "500", "--churn", "5")
	served.must(t, 0)
}

func looksAlive(t *testing.T, list string) {
	t.Helper()
	var page confopenapi.ConfList
	if err := json.Unmarshal([]byte(list), &page); err != nil || len(page.Conferences) < 50 {
		t.Fatalf("got %d conferences and %v", len(page.Conferences), err)
	}
	for _, c := range page.Conferences {
		since := time.Since(c.StartTime.Time())
		lasts := time.Duration(c.DurationSeconds) * time.Second
		if since < 0 || since > past+10*time.Minute || (since-lasts).Abs() > 10*time.Second || c.DurationMinutes != c.DurationSeconds/60 {
			t.Errorf("got %v that started %s ago and lasts %s", c, since, lasts)
		}
		if c.StopTime != 0 && c.StopTime.Time().Before(c.StartTime.Time()) {
			t.Errorf("got %v that ends before it starts", c)
		}
	}
}

// The fakes look alive however long they run: for three hours over midnight, at the end of a month and of a year.
func TestFakesLookAliveForHours(t *testing.T) {
	for name, fake := range map[string]func() []confopenapitest.Option{"of list and web": embedded, "of watch": eventful} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2000, 12, 31, 22, 30, 0, 0, time.UTC)))
				srv := confopenapitest.New(fake()...)
				client := srv.Client()
				first := len(srv.Live())
				for poll := range 3 * 720 { // as watch polls, with three requests each
					time.Sleep(5 * time.Second)
					for range 3 {
						if _, err := client.ListByStatus(t.Context(), nil); err != nil {
							t.Fatal(err)
						}
					}
					if poll%12 == 0 {
						looksLived(t, srv.Live(), first)
					}
				}
				if err := findsNothing(t.Context(), client); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// looksLived checks a list of a fake that began with so many conferences.
func looksLived(t *testing.T, list []confopenapi.Conference, first int) {
	t.Helper()
	if n := len(list); n < first/2 || n > 2*first {
		t.Errorf("%s: got %d conferences, %d at first", time.Now(), n, first)
	}
	one, all := 0, 0
	for _, c := range list {
		if c.StartTime.Time().After(time.Now()) || c.StopTime != 0 {
			t.Errorf("%s: got a start at %s and an end at %s", time.Now(), c.StartTime.Time(), c.StopTime.Time())
		}
		if want := c.StartTime.Time().Add(8 * time.Hour).UTC().Format(time.DateTime); c.StartTimeText != want {
			t.Errorf("%s: got the start %s as text, want %s", time.Now(), c.StartTimeText, want)
		}
		if len(c.ConferenceID) != 8 {
			t.Errorf("got the id %s, want one like the others", c.ConferenceID)
		}
		if all += c.AttendeeCount; c.AttendeeCount == 1 {
			one++
		}
	}
	if 2*one > len(list) || all < 3*len(list) {
		t.Errorf("%s: got %d attendees in %d conferences, %d of which have one", time.Now(), all, len(list), one)
	}
}

// findsNothing is what doctor finds unusual, or nil.
func findsNothing(ctx context.Context, client *confopenapi.Client) error {
	report, err := doctor.Run(ctx, doctor.Options{Client: client})
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		if f.Verdict == doctor.Unusual || f.Verdict == doctor.Failed {
			err = errors.Join(err, fmt.Errorf("doctor finds %s: %s", f.Check, f.What.In(locale.Printer(language.English))))
		}
	}
	return err
}

func TestSpreadShortLists(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	for n := range 3 {
		list := confopenapitest.Conferences(n, 1)
		spread(list, now)
		for i, c := range list {
			if ago := now.Sub(c.StartTime.Time()); ago < time.Minute || ago > past+2*time.Minute {
				t.Errorf("%d of %d: got a start %s ago", i, n, ago)
			}
		}
	}
}

// An address that serve prints works when it is copied.
func TestBaseURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		addr net.TCPAddr
		want string
	}{
		{net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "http://127.0.0.1:80"},
		{net.TCPAddr{IP: net.IPv6zero, Port: 8080}, "http://127.0.0.1:8080"},
		{net.TCPAddr{IP: net.IPv4zero, Port: 8080}, "http://127.0.0.1:8080"},
		{net.TCPAddr{IP: net.IPv6loopback, Port: 8080}, "http://[::1]:8080"},
		{net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 8080}, "http://[fe80::1%25eth0]:8080"},
	} {
		if got := baseURL(&c.addr); got != c.want {
			t.Errorf("baseURL(%v): got %s, want %s", &c.addr, got, c.want)
		}
	}
}
