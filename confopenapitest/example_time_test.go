package confopenapitest_test

import (
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
