package confopenapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// busy is a service of 1,000 conferences that start and end while they are listed.
func busy() *confopenapitest.Server {
	srv, err := confopenapitest.Start(
		confopenapitest.WithConferences(confopenapitest.Conferences(1000, 1)...),
		confopenapitest.WithMaxCount(100),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 1}))
	if err != nil {
		log.Fatal(err)
	}
	return srv
}

func ExamplePager_All() {
	srv := busy()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	attendees := 0
	for conf, err := range client.Pager(nil, nil).All(ctx) {
		if err != nil {
			log.Fatal(err) // errors.Is(err, confopenapi.ErrIncomplete): something may be missing
		}
		attendees += conf.AttendeeCount
	}
	fmt.Println(attendees > 1000)
	// Output: true
}

func ExamplePagerOptions() {
	srv := busy()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	pager := client.Pager(&confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}, &confopenapi.PagerOptions{
		MaxItems: 10,
		OnReport: func(r confopenapi.Report) { fmt.Println(r.Verdict, "-", r.Reason) },
	})
	n := 0
	for _, err := range pager.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		n++
	}
	fmt.Println(n)
	// Output:
	// incomplete - stopped
	// 10
}

func ExamplePager_Pages() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	// Show a page, and keep where it ends.
	var cursor confopenapi.Cursor
	for page, err := range client.Pager(nil, &confopenapi.PagerOptions{PageSize: 20}).Pages(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(page)
		cursor = page.Next
		break
	}
	// Later, perhaps in another process, go on there.
	for page, err := range client.Pager(nil, nil).PagesFrom(ctx, cursor) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(page)
	}
	// Output:
	// page 1: 20 of 45 conferences
	// page 2: 20 of 45 conferences
	// page 3: 5 of 45 conferences
}

func ExampleClient_Snapshot() {
	srv := busy()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	snap, err := client.Snapshot(ctx, nil, &confopenapi.SnapshotOptions{Parallel: 8})
	switch {
	case errors.Is(err, confopenapi.ErrIncomplete) && snap.Report.Received*100 > snap.Report.TotalCount*95:
		fmt.Println("good enough for a chart, not for a bill:", snap.Report)
	case err != nil:
		log.Fatal(err)
	case snap.Report.Verdict == confopenapi.VerdictComplete:
		fmt.Println("nothing is missing")
	default:
		fmt.Println("nothing is missing, on one condition:", snap.Report)
	}
	fmt.Println(srv.Truth(1, 0).Check(snap.Conferences))
	// Output:
	// nothing is missing
	// <nil>
}

func ExampleClient_Watch() {
	srv := busy()
	defer srv.Close()
	client := srv.Client()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	events := map[confopenapi.EventKind]int{}
	handle := func(event confopenapi.Event) { events[event.Kind]++ }

	polls := 0
	for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{
		Interval: time.Millisecond, // 30 s unless you say otherwise
		OnPoll: func(*confopenapi.Snapshot) error { // after the poll's events
			if polls++; polls == 3 {
				cancel() // of ctx: the loop ends, without an error
			}
			return nil
		},
	}) {
		if err != nil {
			log.Fatal(err) // the watch cannot work, for example because the token is refused
		}
		handle(event) // yours: event.Kind says what happened to event.Conference
	}
	fmt.Println(polls, "polls;", events[confopenapi.EventExisting] > 900, events[confopenapi.EventStarted] > 0, events[confopenapi.EventEnded] > 0)
	// Output: 3 polls; true true true
}

func ExampleWatcher() {
	srv := fake()
	defer srv.Close()
	client := srv.Client()

	var checkpoint []byte
	follow := func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		save := func(state []byte) error {
			checkpoint = state
			cancel() // one poll is enough for an example
			return nil
		}
		events := 0
		handle := func(confopenapi.Event) { events++ }

		watcher := confopenapi.NewWatcher()
		if len(checkpoint) > 0 { // what an earlier run has saved
			if err := json.Unmarshal(checkpoint, watcher); err != nil {
				log.Fatal(err)
			}
		}
		for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{
			Watcher: watcher,
			OnPoll: func(*confopenapi.Snapshot) error {
				state, err := json.Marshal(watcher)
				if err != nil {
					return err
				}
				return save(state) // yours: to a disk, to a database
			},
		}) {
			if err != nil {
				log.Fatal(err) // the watch cannot work, or its state could not be saved
			}
			handle(event) // yours
		}
		fmt.Println("events:", events)
	}

	follow()
	srv.End(srv.Live()[0].Identity()) // while the program is not running
	follow()
	// Output:
	// events: 45
	// events: 1
}

func ExampleClient_View() {
	srv := busy()
	defer srv.Close()
	client := srv.Client()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	view := client.View(nil, nil)
	go func() {
		if err := view.Run(ctx); err != nil { // polls until ctx ends
			log.Print(err)
		}
	}()
	if err := view.Wait(ctx); err != nil { // for the first listing
		log.Fatal(err)
	}
	conferences := view.List() // from memory: as often as you like, in any goroutine
	status := view.Status()
	fmt.Println(len(conferences) > 900, status.Report.Verdict, time.Since(status.At) < time.Minute)

	existing := 0
	for event := range view.Subscribe(ctx) { // what is there, then what changes
		if event.Kind != confopenapi.EventExisting {
			break
		}
		if existing++; existing == len(conferences) {
			break // enough for an example
		}
	}
	fmt.Println(existing == len(conferences))
	// Output:
	// true complete true
	// true
}

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
	fmt.Println(snap.Report.Verdict, pages == snap.Report.Calls)
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
	// Output: {"verdict":"complete","received":45,"totalCount":45,"calls":3,"attempts":3,"start":"0001-01-01T00:00:00Z","end":"0001-01-01T00:00:00Z","stats":{"rounds":3,"duplicates":24,"drift":0,"repairs":2}}
}

// A program that polls by itself, for example on demand, passes its snapshots to Step.
func ExampleWatcher_Step() {
	srv := fake()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	watcher := confopenapi.NewWatcher()

	poll := func() {
		snap, err := client.Snapshot(ctx, nil, &confopenapi.SnapshotOptions{Watcher: watcher})
		if err != nil && !errors.Is(err, confopenapi.ErrIncomplete) {
			log.Fatal(err)
		}
		events := map[confopenapi.EventKind]int{}
		for _, event := range watcher.Step(snap) { // an incomplete snapshot ends nothing
			events[event.Kind]++
		}
		fmt.Println(events[confopenapi.EventExisting], "existing,", events[confopenapi.EventStarted], "started,", events[confopenapi.EventEnded], "ended")
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
		for page, err := range client.Pager(nil, &confopenapi.PagerOptions{PageSize: 30}).PagesFrom(ctx, at) {
			if err != nil {
				log.Fatal(err) // a cursor that came from outside may be damaged: a *RequestError
			}
			fmt.Println(page)
			return page.Next
		}
		return ""
	}
	next := show("")
	for next != "" { // the empty cursor would begin anew
		next = show(next)
	}
	// Output:
	// page 1: 30 of 45 conferences
	// page 2: 15 of 45 conferences
}

// A service that serves the list from memory and handles every change once, over restarts too.
func ExampleView_restart() {
	srv := fake()
	defer srv.Close()
	client := srv.Client()
	var checkpoint []byte

	run := func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		load := func() []byte { return checkpoint }
		store := func(events []confopenapi.Event, state []byte) error {
			for _, event := range events {
				if event.Kind == confopenapi.EventEnded {
					fmt.Println("ended:", event.Conference.EventID, event.Proven)
				}
			}
			checkpoint = state
			cancel() // one poll is enough for an example
			return nil
		}

		restored := func() *confopenapi.Watcher {
			watcher := confopenapi.NewWatcher()
			if state := load(); len(state) > 0 { // yours: the last state that was stored
				if err := json.Unmarshal(state, watcher); err != nil {
					log.Fatal(err)
				}
			}
			return watcher
		}
		watcher := restored() // for the events that must not be lost
		view := client.View(nil, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{
			Watcher: restored(), // another one, for the view and its subscribers
			OnPoll: func(snapshot *confopenapi.Snapshot) error {
				events := watcher.Step(snapshot)
				state, err := json.Marshal(watcher)
				if err != nil {
					return err
				}
				return store(events, state) // yours: both in one transaction
			},
		}})
		if err := view.Run(ctx); err != nil { // polls until ctx ends
			log.Fatal(err) // the next start goes on from what was stored
		}
	}

	run()
	srv.End(srv.Live()[0].Identity()) // while the program is not running
	run()
	// Output: ended: 1165158 true
}
