package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Replay says which events to write.
type Replay struct {
	Since      time.Time // of the stream's time; zero = the first that is kept
	Admin      int64     // 0 = all
	Kind       string    // "" = all
	Follow     bool      // go on with the events that come
	Checkpoint string    // file with the sequence of the last event that was written; "" = none
}

// Replay writes events as NDJSON, each with its sequence as "seq". With a checkpoint it goes on after the last event that
// was written, whatever Since says. It returns how many it wrote.
func (s *Store) Replay(ctx context.Context, w io.Writer, r Replay) (int, error) {
	stream, err := s.js.Stream(ctx, EventsStream)
	if err != nil {
		return 0, storeError("find the events", err)
	}
	admin := "*"
	if r.Admin != 0 {
		admin = key(r.Admin)
	}
	filter := eventsPrefix + admin + "." + cmp.Or(r.Kind, "*")
	config := jetstream.OrderedConsumerConfig{FilterSubjects: []string{filter}, DeliverPolicy: jetstream.DeliverAllPolicy}
	if !r.Since.IsZero() {
		config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &r.Since
	}
	after, err := readCheckpoint(r.Checkpoint)
	if err != nil {
		return 0, err
	}
	if last := stream.CachedInfo().State.LastSeq; after > last {
		return 0, fmt.Errorf("%s is at event %d, but the stream ends with %d: it is of another stream", r.Checkpoint, after, last)
	}
	if after > 0 {
		config.DeliverPolicy, config.OptStartSeq, config.OptStartTime = jetstream.DeliverByStartSequencePolicy, after+1, nil
		r.Since = time.Time{}
	}
	end := uint64(math.MaxUint64)
	if !r.Follow {
		if end, err = lastEvent(ctx, stream, filter, r.Since); err != nil || end <= after {
			return 0, err
		}
	}
	consumer, err := stream.OrderedConsumer(ctx, config)
	if err != nil {
		return 0, storeError("read events", err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return 0, storeError("read events", err)
	}
	defer messages.Stop()
	written, saved := 0, time.Now()
	for {
		msg, err := nextEvent(ctx, messages, r.Follow)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil { // the last event may be gone by now
			if end, err = lastEvent(ctx, stream, filter, r.Since); err == nil && end > after {
				continue
			}
			return written, errors.Join(err, writeCheckpoint(r.Checkpoint, after))
		}
		if err != nil {
			if ctx.Err() != nil {
				err = nil // the caller ended it
			}
			return written, errors.Join(storeError("read events", err), writeCheckpoint(r.Checkpoint, after))
		}
		meta, err := msg.Metadata()
		if err == nil && (meta.Sequence.Stream <= after || meta.Timestamp.Before(r.Since)) { // from a node that is behind
			continue
		}
		if err == nil {
			_, err = w.Write(append(append(fmt.Appendf(nil, `{"seq":%d,`, meta.Sequence.Stream), msg.Data()[1:]...), '\n'))
		}
		if err != nil {
			return written, errors.Join(err, writeCheckpoint(r.Checkpoint, after))
		}
		written, after = written+1, meta.Sequence.Stream
		if after >= end {
			return written, writeCheckpoint(r.Checkpoint, after)
		}
		if meta.NumPending == 0 || time.Since(saved) > beat {
			saved = time.Now()
			if err := writeCheckpoint(r.Checkpoint, after); err != nil {
				return written, err
			}
		}
	}
}

// lastEvent is the sequence of the last event since a time; 0 = there is none. The leader knows it, while a node that is
// behind may not.
func lastEvent(ctx context.Context, stream jetstream.Stream, filter string, since time.Time) (uint64, error) {
	last, err := stream.GetLastMsgForSubject(ctx, filter)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound), err == nil && last.Time.Before(since):
		return 0, nil
	case err != nil:
		return 0, storeError("find the last event", err)
	}
	return last.Sequence, nil
}

// nextEvent waits for an event, but not for ever if it does not follow.
func nextEvent(ctx context.Context, messages jetstream.MessagesContext, follow bool) (jetstream.Msg, error) {
	if follow {
		return messages.Next(jetstream.NextContext(ctx))
	}
	ctx, cancel := brief(ctx)
	defer cancel()
	return messages.Next(jetstream.NextContext(ctx))
}

func readCheckpoint(file string) (uint64, error) {
	if file == "" {
		return 0, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	sequence, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		err = fmt.Errorf("%s has no number of an event, as a checkpoint has", file)
	}
	return sequence, err
}

// writeCheckpoint replaces the file as a whole.
func writeCheckpoint(file string, sequence uint64) error {
	if file == "" || sequence == 0 {
		return nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(temporary, sequence)
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}
