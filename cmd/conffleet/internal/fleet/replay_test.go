package fleet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// These are a stream of three events, one a minute, and a consumer of it on a node that knows only what it has delivered. What
// the leader says is the last event changes.
type (
	behindJetStream struct {
		jetstream.JetStream
		leader []uint64
	}
	behindStream struct {
		jetstream.Stream
		leader *[]uint64
	}
	behindConsumer struct{ jetstream.Consumer }
	behindMessages struct {
		jetstream.MessagesContext
		last uint64
	}
	behindMessage struct {
		jetstream.Msg
		sequence uint64
	}
)

func (b behindJetStream) Stream(context.Context, string) (jetstream.Stream, error) {
	return behindStream{leader: &b.leader}, nil
}

func (behindStream) CachedInfo() *jetstream.StreamInfo {
	return &jetstream.StreamInfo{State: jetstream.StreamState{LastSeq: 3}}
}

func (b behindStream) GetLastMsgForSubject(context.Context, string) (*jetstream.RawStreamMsg, error) {
	last := (*b.leader)[0]
	if *b.leader = (*b.leader)[1:]; last == 0 {
		return nil, jetstream.ErrMsgNotFound
	}
	return &jetstream.RawStreamMsg{Sequence: last, Time: at(last)}, nil
}

func (behindStream) OrderedConsumer(context.Context, jetstream.OrderedConsumerConfig) (jetstream.Consumer, error) {
	return behindConsumer{}, nil
}

func (behindConsumer) Messages(...jetstream.PullMessagesOpt) (jetstream.MessagesContext, error) {
	return &behindMessages{}, nil
}

func (m *behindMessages) Next(...jetstream.NextOpt) (jetstream.Msg, error) {
	if m.last++; m.last > 3 {
		return nil, context.DeadlineExceeded
	}
	return behindMessage{sequence: m.last}, nil
}

func (*behindMessages) Stop() {}

func (m behindMessage) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Sequence: jetstream.SequencePair{Stream: m.sequence}, Timestamp: at(m.sequence)}, nil
}

func (behindMessage) Data() []byte { return []byte(`{"v":1}`) }

func at(sequence uint64) time.Time { return time.Date(2026, 11, 2, 9, int(sequence), 0, 0, time.UTC) }

func written(sequences ...int) (lines string) {
	for _, n := range sequences {
		lines += fmt.Sprintf(`{"seq":%d,"v":1}`, n) + "\n"
	}
	return lines
}

// A node that has just started again has not all events yet. A replay from it waits for them, and repeats none.
func TestReplay_NodeIsBehind(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(file, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		replay Replay
		leader []uint64 // the last event, each time it is asked for
		want   string
	}{
		{Replay{}, []uint64{3}, written(1, 2, 3)},
		{Replay{Since: at(2).Add(time.Second)}, []uint64{3}, written(3)},
		{Replay{Since: at(3).Add(time.Second)}, []uint64{3}, ""},
		{Replay{}, []uint64{4, 3}, written(1, 2, 3)}, // the last event went meanwhile
		{Replay{}, []uint64{4, 0}, written(1, 2, 3)}, // all went
		{Replay{Checkpoint: file, Since: at(3).Add(time.Second)}, []uint64{3}, written(2, 3)},
		{Replay{Checkpoint: file}, []uint64{3}, ""}, // all are written
	} {
		var out bytes.Buffer
		store := &Store{js: behindJetStream{leader: c.leader}}
		if _, err := store.Replay(t.Context(), &out, c.replay); err != nil || out.String() != c.want {
			t.Errorf("%+v, last %v: got %q, %v, want %q", c.replay, c.leader, &out, err, c.want)
		}
	}
}

// A checkpoint of a stream that was made anew would hide its events.
func TestReplay_CheckpointOfAnotherStream(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(file, []byte("500\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, err := (&Store{js: behindJetStream{leader: []uint64{0}}}).Replay(t.Context(), &out, Replay{Checkpoint: file, Follow: true})
	if err == nil || !strings.Contains(err.Error(), "event 500") || out.Len() > 0 {
		t.Errorf("got %q, %v, want an error that names event 500", &out, err)
	}
}
