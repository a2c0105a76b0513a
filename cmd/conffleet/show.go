package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
)

func newStatusCommand(a *app) *cobra.Command {
	asJSON, failing := false, false
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show the queue, the workers, and how old the picture is",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 30*time.Second)
			defer cancel()
			store, disconnect, err := a.attach(ctx)
			if err != nil {
				return err
			}
			defer disconnect()
			picture, err := fleet.NewPicture(ctx, store)
			if err != nil {
				return err
			}
			status, err := picture.Status(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.stdout, status)
			}
			most := 5
			if failing {
				most = len(status.FailingAdmins)
			}
			return status.WriteTable(a.stdout, most)
		},
	}
	cmd.Flags().BoolVar(&failing, "failing", false, "show all administrators whose last task failed; otherwise the five that have failed longest")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func writeJSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(value)
}

func newReplayCommand(a *app) *cobra.Command {
	var r fleet.Replay
	var since string
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "write the events since a time as NDJSON",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if r.Since, err = parseSince(since, time.Now()); err != nil {
				return misuseError{err}
			}
			if r.Kind != "" {
				err := new(confopenapi.EventKind).UnmarshalText([]byte(r.Kind))
				if wrong, ok := errors.AsType[*confopenapi.RequestError](err); ok {
					err = wrong.Err // without the name of a type
				}
				if err != nil {
					return misuseError{fmt.Errorf("--kind %q: %w", r.Kind, err)}
				}
			}
			store, disconnect, err := a.attach(cmd.Context(), fleet.Watched(slog.New(slog.NewTextHandler(a.stderr, nil))))
			if err != nil {
				return err
			}
			defer disconnect()
			_, err = store.Replay(cmd.Context(), a.stdout, r)
			return err
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&since, "since", "", "begin at this `TIME`: a duration ago such as 1h, or as 2026-11-02T15:04:05Z; the default is the first event that is kept")
	f.Int64Var(&r.Admin, "admin", 0, "of the administrator with this user `ID` only")
	f.StringVar(&r.Kind, "kind", "", "of this `KIND` only, such as ended")
	f.BoolVar(&r.Follow, "follow", false, "go on with the events that come, until Ctrl-C")
	f.StringVar(&r.Checkpoint, "checkpoint", "", "`FILE` with the sequence of the last event that was written; go on after it")
	return cmd
}

func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("--since %q: it is neither a duration such as 24h nor a time such as 2026-11-02T15:04:05Z", text)
	}
	return at, nil
}

// events reads what Replay wrote.
func events(from io.Reader, see func(*fleet.Event)) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e fleet.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return err
		}
		see(&e)
	}
	return lines.Err()
}
