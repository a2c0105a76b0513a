package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

func ExampleClient_ListByStatus() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	page, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{
		FilterOneAttendee: new(true), // without those that have one attendee
		Page:              1,
		Count:             10,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Conferences), "of", page.TotalCount, "in", page.Meta.Attempts, "attempt")
	// Output: 10 of 35 in 1 attempt
}

// A listing has no bound in time but that of its context.
func ExampleSnapshotOptions() {
	srv := busy()
	defer srv.Close()
	client := srv.Client()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	pages := 0
	snap, err := client.Snapshot(ctx, nil, &confopenapi.SnapshotOptions{
		Parallel:   8,
		Require:    confopenapi.VerdictComplete, // an absence has consequences here
		OnProgress: func(received, total int) { pages++ },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(snap.Report.Verdict, pages == snap.Report.Requests)
	// Output: complete true
}

// A report goes into a log or a table as it is: it holds no personal data.
func ExampleReport() {
	srv := fake()
	defer srv.Close()

	snap, err := srv.Client().Snapshot(context.Background(), nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	report := snap.Report
	report.Start, report.End = time.Time{}, time.Time{} // differ from run to run
	text, err := json.Marshal(report)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output: {"verdict":"complete","received":45,"totalCount":45,"requests":4,"rounds":4,"duplicates":6,"drift":0,"repairs":2,"start":"0001-01-01T00:00:00Z","end":"0001-01-01T00:00:00Z"}
}

// A program that polls by itself, say when it is told to, takes the snapshots in by Step.
func ExampleWatcher_Step() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	watcher := confopenapi.NewWatcher()

	poll := func() {
		snap, err := client.Snapshot(ctx, nil, nil)
		if err != nil && !errors.Is(err, confopenapi.ErrIncomplete) {
			log.Fatal(err)
		}
		told := map[confopenapi.EventKind]int{}
		for _, event := range watcher.Step(snap) { // an incomplete snapshot ends nothing
			told[event.Kind]++
		}
		fmt.Println(told[confopenapi.EventExisting], "existing,", told[confopenapi.EventStarted], "started,", told[confopenapi.EventEnded], "ended")
	}
	poll()
	srv.End(srv.Live()[0].Identity())
	srv.Add(confopenapi.Conference{EventID: 2000000, ConferenceID: "99999999", StartTime: 1800000000, AttendeeCount: 2})
	poll()
	// Output:
	// 45 existing, 0 started, 0 ended
	// 0 existing, 1 started, 1 ended
}

// A page for people, whose address holds where it begins.
func ExampleCursor() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	show := func(at confopenapi.Cursor) (next confopenapi.Cursor) {
		for page, err := range client.Pager(nil, &confopenapi.PagerOptions{PageSize: 30, Start: at}).Pages(ctx) {
			if err != nil {
				log.Fatal(err) // a cursor that came from outside may be damaged: a *RequestError
			}
			fmt.Println(page)
			return page.Next
		}
		return ""
	}
	next := show("")
	for next != "" { // as Start the empty cursor would begin anew
		next = show(next)
	}
	// Output:
	// page 1: 30 of 45 conferences
	// page 2: 15 of 45 conferences
}
