package main

import (
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// past is how long ago the first conference of a fake started.
const past = 3 * time.Hour

// alive is a fake that lives by the clock. Its n conferences started in the last three hours.
func alive(n int, seed uint64, churn confopenapitest.Churn) []confopenapitest.Option {
	list := confopenapitest.Conferences(n, seed)
	spread(list, time.Now())
	return []confopenapitest.Option{
		confopenapitest.WithClock(),
		confopenapitest.WithConferences(list...),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
		confopenapitest.WithChurn(churn),
	}
}

// spread moves the starts of a list, the latest first, into the time before now, in the same proportions.
func spread(list []confopenapi.Conference, now time.Time) {
	if len(list) == 0 {
		return
	}
	latest := list[0].StartTime
	span := float64(max(1, latest-list[len(list)-1].StartTime))
	for i := range list {
		ago := time.Minute + time.Duration(float64(latest-list[i].StartTime)/span*float64(past))
		start := now.Add(-ago)
		list[i].StartTime = confopenapi.UnixTime(start.Unix())
	}
}
