package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/confopenapi/confopenapi-go"
)

// letter is a task that remembers what became of it.
type letter struct {
	jetstream.Msg
	fate string
}

func (l *letter) Ack() error  { l.fate = "done"; return nil }
func (l *letter) Nak() error  { l.fate = "returned"; return nil }
func (l *letter) Term() error { l.fate = "dead"; return nil }
func (l *letter) NakWithDelay(d time.Duration) error {
	l.fate = fmt.Sprint("again in ", d)
	return nil
}

func TestStoreError_Timeout(t *testing.T) {
	t.Parallel()
	err := storeError("find the queue", fmt.Errorf("nats: %w", context.DeadlineExceeded))
	if want := "find the queue: store-unavailable: NATS does not respond"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

// A full or absent store makes no dead task: the task says nothing of it, and the store has no room for one.
func TestWorker_Settle(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		ctx       context.Context
		err       error
		delivered int
		want      string
		served    bool // the token has
	}{
		{t.Context(), nil, 1, "done", false},
		{t.Context(), errRaced, 1, "done", false},
		{t.Context(), confopenapi.ErrIncomplete, 1, "done", false},
		{t.Context(), context.DeadlineExceeded, 1, "again in 2s", false},
		{t.Context(), context.DeadlineExceeded, 4, "again in 16s", false},
		{t.Context(), context.DeadlineExceeded, 5, "dead", false},
		{t.Context(), confopenapi.ErrUnauthorized, 1, "dead", true},
		{t.Context(), confopenapi.ErrForbidden, 1, "again in 2s", false},
		{t.Context(), confopenapi.ErrForbidden, 5, "dead", false},
		{t.Context(), &StoreError{Kind: KindFull, Err: errors.New("no room")}, 1, "again in 2s", false},
		{t.Context(), &StoreError{Kind: KindFull, Err: errors.New("no room")}, 5, "done", false},
		{t.Context(), &StoreError{Kind: KindUnavailable, Err: errors.New("no leader")}, 5, "done", false},
		{t.Context(), &StoreError{Kind: KindTooLarge, Err: errors.New("9 MB")}, 1, "dead", false},
		{stopped, context.Canceled, 1, "returned", false},
	} {
		w := &Worker{store: store, id: "w", share: NewShare(store, "w", 1), Log: slog.New(slog.DiscardHandler), access: access{served: c.served}, record: WorkerRecord{Errors: map[string]int{}}}
		task := &letter{}
		w.settle(c.ctx, task, &Task{Admin: 1001}, c.delivered, c.err)
		if task.fate != c.want {
			t.Errorf("%v, delivered %d times: got %q, want %q", c.err, c.delivered, task.fate, c.want)
		}
	}
}

// A token that stops working makes no more than one dead task, and the worker pauses, also if there are few administrators.
func TestWorker_TokenStops(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	for _, admins := range []int{1, 2, 5, 100} {
		w := &Worker{store: store, id: "w", share: NewShare(store, "w", 1), Log: slog.New(slog.DiscardHandler), access: access{served: true}, record: WorkerRecord{Errors: map[string]int{}}}
		dead := 0
		for i := range triesAfter {
			task := &letter{}
			w.settle(t.Context(), task, &Task{Admin: int64(1001 + i%admins)}, 1, confopenapi.ErrUnauthorized)
			if task.fate == "dead" {
				dead++
			}
		}
		if dead != 1 || !w.record.Refused {
			t.Errorf("%d administrators: got %d dead tasks, and a pause: %t, want one, and a pause", admins, dead, w.record.Refused)
		}
	}
}

// A source without a token is no fault of the administrator.
func TestErrorKind_NoToken(t *testing.T) {
	t.Parallel()
	for what, source := range map[string]func() (confopenapi.Token, error){
		"an error": func() (confopenapi.Token, error) { return confopenapi.Token{}, errors.New("no file") },
		"empty":    func() (confopenapi.Token, error) { return confopenapi.Token{}, nil },
	} {
		client, err := confopenapi.NewClient("http://127.0.0.1:1", confopenapi.WithTokenSource(confopenapi.CacheTokens(confopenapi.TokenSourceFunc(
			func(context.Context) (confopenapi.Token, error) { return source() }))), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Snapshot(t.Context(), &confopenapi.ListByStatusRequest{AdminUserID: 1001}, nil)
		if got := errorKind(err); got != "unauthorized" {
			t.Errorf("%s: got kind %q of %v, want unauthorized", what, got, err)
		}
	}
}
