// Watch prints what happens to the live conferences, one line per event.
//
// With -checkpoint it remembers after each poll what it has printed, and continues from there after a restart.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/service"
)

func main() {
	checkpoint := flag.String("checkpoint", "", "remember in this `file` what was printed")
	interval := flag.Duration("interval", 30*time.Second, "the pause between polls")
	polls := flag.Int("polls", 0, "end after `n` polls; 0 means never")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := watch(ctx, *checkpoint, *interval, *polls); err != nil {
		log.Fatal(err)
	}
}

func watch(ctx context.Context, checkpoint string, interval time.Duration, polls int) error {
	// In the fake list something happens at most polls.
	client, stop, err := service.Open(confopenapitest.WithConferences(confopenapitest.Conferences(12, 1)...),
		confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 1, Toggle: .5, Resume: .3, Restart: .3}))
	if err != nil {
		return err
	}
	defer stop()
	watcher, err := restore(checkpoint)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	onPoll := func(*confopenapi.Snapshot) error { // after the events of the poll
		if polls--; polls == 0 {
			cancel() // ends the loop below
		}
		return save(checkpoint, watcher)
	}
	for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{Interval: interval, Watcher: watcher, OnPoll: onPoll}) {
		if err != nil {
			return err
		}
		if event.Kind == confopenapi.EventPollFailed {
			log.Print(event.Err) // the watch continues
			continue
		}
		c := event.Conference
		fmt.Printf("%s  %-9s  %q  %q, %d attendees\n", event.At.UTC().Format(time.DateTime), event.Kind, c.ConferenceID, c.Title, c.AttendeeCount)
	}
	return nil
}

// restore reads a watcher that save has written.
func restore(file string) (*confopenapi.Watcher, error) {
	watcher := confopenapi.NewWatcher()
	if file == "" {
		return watcher, nil
	}
	state, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return watcher, nil // the first run
	}
	if err != nil {
		return nil, err
	}
	return watcher, json.Unmarshal(state, watcher)
}

// save replaces the file as a whole, so that a crash leaves the old one or the new one.
func save(file string, watcher *confopenapi.Watcher) error {
	if file == "" {
		return nil
	}
	state, err := json.Marshal(watcher)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", state, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
