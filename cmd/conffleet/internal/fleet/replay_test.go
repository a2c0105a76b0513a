package fleet

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// These are a stream of three events, and a consumer of it on a node that knows only what it has delivered.
type (
	behindJetStream struct{ jetstream.JetStream }
	behindStream    struct{ jetstream.Stream }
	behindConsumer  struct{ jetstream.Consumer }
	behindMessages  struct {
		jetstream.MessagesContext
		last uint64
	}
	behindMessage struct {
		jetstream.Msg
		sequence uint64
	}
)

func (behindJetStream) Stream(context.Context, string) (jetstream.Stream, error) {
	return behindStream{}, nil
}

func (behindStream) GetLastMsgForSubject(context.Context, string) (*jetstream.RawStreamMsg, error) {
	return &jetstream.RawStreamMsg{Sequence: 3}, nil
}

func (behindStream) OrderedConsumer(context.Context, jetstream.OrderedConsumerConfig) (jetstream.Consumer, error) {
	return behindConsumer{}, nil
}

func (behindConsumer) Messages(...jetstream.PullMessagesOpt) (jetstream.MessagesContext, error) {
	return &behindMessages{}, nil
}

func (m *behindMessages) Next(...jetstream.NextOpt) (jetstream.Msg, error) {
	m.last++
	return behindMessage{sequence: m.last}, nil
}

func (*behindMessages) Stop() {}

func (m behindMessage) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Sequence: jetstream.SequencePair{Stream: m.sequence}}, nil
}

func (behindMessage) Data() []byte { return []byte(`{"v":1}`) }

// A node that has just started again has not all events yet. A replay from it waits for them, and repeats none.
func TestReplay_NodeIsBehind(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(file, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		checkpoint, want string
	}{
		{"", `{"seq":1,"v":1}` + "\n" + `{"seq":2,"v":1}` + "\n" + `{"seq":3,"v":1}` + "\n"},
		{file, `{"seq":2,"v":1}` + "\n" + `{"seq":3,"v":1}` + "\n"},
		{file, ""}, // all are written
	} {
		var out bytes.Buffer
		store := &Store{js: behindJetStream{}}
		if _, err := store.Replay(t.Context(), &out, Replay{Checkpoint: c.checkpoint}); err != nil || out.String() != c.want {
			t.Errorf("with checkpoint %q: got %q, %v, want %q", c.checkpoint, &out, err, c.want)
		}
	}
}
