package confopenapitest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// TestWaitInFakeTime shows how a test of a long wait ends at once: New needs no network, so that it works in fake time.
func TestWaitInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New()
		srv.FailNext(1, confopenapitest.RetryAfter(429, "20"))
		begin := time.Now()
		if _, err := srv.Client().ListByStatus(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited < 20*time.Second {
			t.Errorf("waited %s, want 20s or more, as in Retry-After", waited)
		}
	})
}

// TestViewInFakeTime shows how a test of a View changes the list and waits for the poll that sees it, without real time.
func TestViewInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New(confopenapitest.WithConferences(confopenapitest.Conferences(3, 1)...))
		view := srv.Client().View(nil, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{Interval: 30 * time.Second}})
		go func() { _ = view.Run(t.Context()) }() // ends with the test
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		srv.End(srv.Live()[0].Identity())
		time.Sleep(40 * time.Second) // longer than the interval and its 10 %
		synctest.Wait()
		if n := len(view.List()); n != 2 {
			t.Errorf("got %d conferences after the next poll, want 2", n)
		}
	})
}

// TestOwnClientInFakeTime shows how a program that makes its own client is tested in fake time.
func TestOwnClientInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New()
		client, err := confopenapi.NewClient(srv.URL, confopenapi.WithToken(srv.Token()), confopenapi.WithHTTPClient(&http.Client{Transport: srv}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListByStatus(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	})
}

// TestHangInFakeTime shows a View whose service does not respond: at first only its age says so.
func TestHangInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New()
		view := srv.Client().View(nil, nil)
		go func() { _ = view.Run(t.Context()) }() // ends with the test
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Delay(time.Hour)})
		time.Sleep(61 * time.Second) // two intervals
		if status := view.Status(); status.Failed != 0 || status.Err != nil || time.Since(status.At) < time.Minute {
			t.Errorf("got %+v while the poll is running, want an old list and no error", status)
		}
		time.Sleep(5 * time.Minute)
		if status := view.Status(); status.Failed == 0 || status.Err == nil {
			t.Errorf("got %+v after five minutes, want failed polls and an error", status)
		}
	})
}

// TestOutageInFakeTime shows a View during an outage, and after it.
func TestOutageInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New()
		view := srv.Client().View(nil, nil)
		go func() { _ = view.Run(t.Context()) }() // ends with the test
		if err := view.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(503)}) // until further notice
		time.Sleep(5 * time.Minute)
		if status := view.Status(); status.Failed == 0 || status.Err == nil {
			t.Errorf("got %+v in an outage, want failed polls and an error", status)
		}
		srv.ClearFaults()
		time.Sleep(5 * time.Minute)
		if status := view.Status(); status.Failed != 0 || status.Err != nil {
			t.Errorf("got %+v after the outage, want no error", status)
		}
	})
}

// TestRestartInFakeTime shows that a watch which goes on from a checkpoint reports what ended meanwhile.
func TestRestartInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New()
		var checkpoint []byte
		run := func(d time.Duration) (ended int) { // the program: it ends after d
			watcher := confopenapi.NewWatcher()
			if checkpoint != nil {
				if err := json.Unmarshal(checkpoint, watcher); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			for event, err := range srv.Client().Watch(ctx, nil, &confopenapi.WatchOptions{
				Watcher: watcher,
				OnPoll:  func(*confopenapi.Snapshot) (err error) { checkpoint, err = json.Marshal(watcher); return err },
			}) {
				if err != nil {
					t.Fatal(err)
				}
				if event.Kind == confopenapi.EventEnded {
					ended++
				}
			}
			return ended
		}
		run(time.Minute)
		srv.End(srv.Live()[0].Identity()) // while the program does not run
		if n := run(time.Minute); n != 1 {
			t.Errorf("got %d ends after the restart, want 1", n)
		}
	})
}
