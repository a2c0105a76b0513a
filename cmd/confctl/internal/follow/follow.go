// Package follow is a watch as programs run it: one that counts its polls, continues after errors, and continues after a
// restart from a checkpoint.
package follow

import (
	"cmp"
	"context"
	"errors"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// Options are what to follow, and for how long.
type Options struct {
	Text     *message.Printer
	Request  confopenapi.ListByStatusRequest
	Interval time.Duration // from poll to poll, as confopenapi.WatchOptions has it
	Polls    uint          // end after so many, failed ones included; 0 = never
	Kept     *Checkpoint   // from Restore
	Existing bool          // after a restart, also deliver what is still listed

	// Record gets the snapshot of each poll, after Listener.Polled; nil = nobody. The watch continues after its error, which is
	// the watch's if the last poll has one.
	Record func(*confopenapi.Snapshot) error
}

// Listener gets what a watch finds, one call at a time.
type Listener interface {
	// Event gets each change. Its error ends the watch, and the event then counts as not delivered.
	Event(confopenapi.Event) error
	// Polled is called after the events of a poll, before the checkpoint records them.
	Polled(confopenapi.Report)
	// Failed gets the error of a poll, or of keeping what it listed. The watch continues.
	Failed(err error, listed bool)
}

// Run delivers events until ctx ends or there were enough polls. Its error is one of the arguments, that of a first poll
// that failed for good, that of Event, or a *program.Problem if the last of Options.Polls listed nothing or the last checkpoint
// could not be written.
func Run(ctx context.Context, client *confopenapi.Client, o Options, to Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	polls, failed := uint(0), false // failed: the last poll listed nothing
	var unrecorded error            // of the last poll
	polled := func(listed bool) {
		failed = !listed
		if polls++; polls == o.Polls {
			stop()
		}
	}
	for event, err := range client.Watch(ctx, &o.Request, &confopenapi.WatchOptions{
		Interval: o.Interval,
		Watcher:  o.Kept.Watcher,
		Existing: o.Existing,
		OnPoll: func(s *confopenapi.Snapshot) error {
			to.Polled(s.Report)
			for _, c := range s.Conferences {
				o.Kept.remember(c) // durations change without an event
			}
			if o.Record != nil {
				if unrecorded = o.Record(s); unrecorded != nil {
					to.Failed(unrecorded, true)
				}
			}
			polled(true)
			if err := o.Kept.save(); err != nil {
				to.Failed(err, true) // and try again after the next poll
			}
			return nil
		},
	}) {
		switch {
		case err != nil:
			return o.explain(err)
		case event.Kind == confopenapi.EventPollFailed:
			listed := errors.Is(event.Err, confopenapi.ErrIncomplete) // with which a snapshot comes
			to.Failed(event.Err, listed)
			if !listed {
				polled(false)
			}
		default:
			ended := event.Kind == confopenapi.EventEnded
			if ended {
				o.Kept.recall(&event)
			}
			if err := to.Event(event); err != nil {
				return err // the checkpoint stays, since this event was not delivered
			}
			if ended {
				o.Kept.forget(&event.Conference)
			} else {
				o.Kept.remember(event.Conference)
			}
		}
	}
	if failed && polls == o.Polls {
		return &program.Problem{
			Err:  errors.New(o.Text.Sprintf("the last poll failed")),
			Hint: o.Text.Sprintf("see the lines above"), Code: program.Failed,
		}
	}
	return cmp.Or(o.Kept.save(), unrecorded) // the watch may have ended between two events
}

// explain gives the errors of the arguments that only a watch has a hint.
func (o *Options) explain(err error) error {
	if wrong, ok := errors.AsType[*confopenapi.RequestError](err); ok && wrong.Field == "Watcher" {
		return o.Kept.useless(errors.New(o.Text.Sprintf("%s is of another request: another --admin or --hide-single", o.Kept.path)))
	}
	return err
}
