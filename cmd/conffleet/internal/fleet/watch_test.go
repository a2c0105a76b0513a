package fleet

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats.go/jetstream"
)

// mute is a bucket whose watches never say that they have ended, as those of NATS sometimes do after a node died.
type mute struct {
	jetstream.KeyValue
	updates chan jetstream.KeyValueEntry
}

func (m *mute) Watch(context.Context, string, ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	return m, nil
}
func (m *mute) Updates() <-chan jetstream.KeyValueEntry { return m.updates }
func (m *mute) Error() <-chan error                     { return nil }
func (m *mute) Stop() error                             { return nil }

// A watch ends with its context, whatever NATS does.
func TestWatch_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			watch(ctx, &mute{updates: make(chan jetstream.KeyValueEntry)}, "*", func(jetstream.KeyValueEntry) {})
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case <-ended:
			t.Error("got an end at once, want a moment for an entry on its way")
		default:
		}
		<-ended // or the bubble is deadlocked
	})
}
