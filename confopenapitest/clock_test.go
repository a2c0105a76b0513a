package confopenapitest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestWithClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now().Add(-10 * time.Minute)
		list := confopenapitest.Conferences(1, 1)
		list[0].StartTime = confopenapi.UnixTime(began.Unix())
		srv := confopenapitest.New(confopenapitest.WithClock(), confopenapitest.WithConferences(list...),
			confopenapitest.WithOrder(confopenapitest.OrderStartDown))
		srv.SetChurn(confopenapitest.Churn{Seed: 1, Rate: 5})
		client := srv.Client()
		for range 3 {
			time.Sleep(time.Hour)
			page, err := client.ListByStatus(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := page.Meta.ServerTime, time.Now().UTC(); !got.Equal(want) {
				t.Errorf("got the timestamp %s, want %s", got, want)
			}
			for _, c := range page.Conferences {
				since := time.Since(c.StartTime.Time())
				if got := time.Duration(c.DurationSeconds) * time.Second; got != since || c.DurationMinutes != int(since.Minutes()) {
					t.Errorf("got a duration of %s, want %s since the start", got, since)
				}
				if since > 3*time.Hour+10*time.Minute {
					t.Errorf("got a start %s ago, want one since the test began", since)
				}
			}
			if latest := page.Conferences[0].StartTime.Time(); time.Since(latest) > time.Hour {
				t.Errorf("got the latest start %s ago, want one of churn", time.Since(latest))
			}
		}
	})
}
