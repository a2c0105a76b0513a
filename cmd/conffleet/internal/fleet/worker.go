package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/confopenapi/confopenapi-go"
)

const (
	deliveries = 5                // of a task, before it is dead
	stopping   = 10 * time.Second // for tasks in progress at the end
	storeWait  = 5 * time.Second  // after the store failed
)

// Worker takes tasks and lists. Make it with NewWorker.
type Worker struct {
	Slots   int           // tasks at the same time; 16
	Timeout time.Duration // of a task; 10s
	Log     *slog.Logger  // discards

	store   *Store
	id      string
	share   *Share
	started time.Time
	mu      sync.Mutex
	record  WorkerRecord
	access  access
	learned learned
}

// NewWorker returns the worker with an id, for the service at a base URL. The limit is in requests a second of the whole fleet.
func NewWorker(store *Store, id, baseURL string, limit float64, options ...confopenapi.Option) (*Worker, error) {
	share := NewShare(store, id, limit)
	observer := confopenapi.Observer{EndAttempt: func(ctx context.Context, a confopenapi.AttemptInfo) {
		if a.HTTPStatus == http.StatusTooManyRequests || errors.Is(a.Err, confopenapi.ErrRateLimited) {
			share.Refused(context.WithoutCancel(ctx))
		}
	}}
	options = append(options, confopenapi.WithLimiter(share), confopenapi.WithObserver(observer), confopenapi.WithUserAgent("conffleet"))
	client, err := confopenapi.NewClient(baseURL, options...)
	if err != nil {
		return nil, err
	}
	w := &Worker{Slots: 16, Timeout: 10 * time.Second, Log: slog.New(slog.DiscardHandler), store: store, id: id, share: share}
	w.learned.client.Store(client)
	return w, nil
}

// Run works until ctx ends. Then it finishes the tasks in progress, or returns them to the queue.
func (w *Worker) Run(ctx context.Context) {
	w.started = time.Now()
	w.record.Errors = map[string]int{}
	w.share.differs = func(id string, limit float64) {
		w.Log.Warn("another worker has another --rate: give all the same", "here", w.share.Limit, "there", limit, "worker", id)
	}
	_ = w.agree(ctx) // or soon
	alive, leave := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { w.share.Run(alive, w.self) })
	background.Go(func() { w.shareFacts(alive) })
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	slots := make(chan struct{}, w.Slots)
	var tasks sync.WaitGroup
	for ctx.Err() == nil {
		if err := w.take(ctx, working, slots, &tasks); err != nil && ctx.Err() == nil {
			w.Log.Warn("no tasks come", "err", err)
			pause(ctx, beat)
		}
	}
	overdue := time.AfterFunc(stopping, stop)
	tasks.Wait()
	overdue.Stop()
	stop()
	leave()
	background.Wait()
	w.learned.client.Load().CloseIdleConnections()
}

// take fetches as many tasks as there are free slots, and starts them.
func (w *Worker) take(ctx, working context.Context, slots chan struct{}, tasks *sync.WaitGroup) error {
	consumer, err := w.store.js.Consumer(ctx, TasksStream, tasksConsumer)
	if err != nil {
		return storeError("find the queue", err)
	}
	for ctx.Err() == nil {
		select {
		case slots <- struct{}{}: // one is free
			<-slots
		case <-ctx.Done():
			return nil
		}
		w.mu.Lock()
		free := w.access.slots(cap(slots), time.Now()) - len(slots)
		w.mu.Unlock()
		if free <= 0 {
			pause(ctx, beat/10)
			continue
		}
		batch, err := consumer.Fetch(free, jetstream.FetchMaxWait(beat))
		if err != nil {
			return storeError("take tasks", err)
		}
		for msg := range batch.Messages() {
			slots <- struct{}{}
			tasks.Go(func() {
				defer func() { <-slots }()
				w.handle(working, msg)
			})
		}
		if err := batch.Error(); err != nil {
			return storeError("take tasks", err)
		}
	}
	return nil
}

// handle works on one task, and settles it.
func (w *Worker) handle(ctx context.Context, msg jetstream.Msg) {
	w.count(func(r *WorkerRecord) { r.Busy++ })
	defer w.count(func(r *WorkerRecord) { r.Busy-- })
	delivered := 1
	if meta, err := msg.Metadata(); err == nil {
		delivered = int(meta.NumDelivered)
	}
	var task Task
	err := decode(msg.Data(), &task)
	if err == nil && delivered > deliveries {
		err = errAbandoned
	}
	if err == nil {
		stop := keep(msg)
		working, cancel := context.WithTimeout(ctx, w.Timeout)
		err = w.list(working, task.Admin)
		cancel()
		stop()
	}
	w.settle(ctx, msg, &task, delivered, err)
}

// errAbandoned is for a task that was delivered too often without a result, for example because it ends its workers.
var errAbandoned = errors.New("it was delivered too often without a result")

// keep tells NATS that the task is in progress, until stop is called.
func keep(msg jetstream.Msg) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		for pause(ctx, ackWait/3) {
			_ = msg.InProgress() // or the task comes again, which does no harm
		}
	})
	return func() { cancel(); group.Wait() }
}

// settle acknowledges a task, returns it to the queue, or has it dead. What cannot be said to NATS is said again when it
// delivers the task again.
func (w *Worker) settle(ctx context.Context, msg jetstream.Msg, task *Task, delivered int, err error) {
	incomplete := errors.Is(err, confopenapi.ErrIncomplete)
	kind := ""
	if errors.Is(err, errRaced) {
		err = nil // the other one did it
	}
	if err != nil {
		kind = errorKind(err)
		w.count(func(r *WorkerRecord) { r.Errors[kind]++ })
	}
	refused, quiet := w.judge(task.Admin, kind, err)
	switch {
	case err == nil, incomplete: // what an incomplete listing showed is stored; the next interval lists again
		w.count(func(r *WorkerRecord) { r.Tasks++ })
		_ = msg.Ack()
	case ctx.Err() != nil:
		_ = msg.Nak()
	case delivered < deliveries && (refused || kind == KindFull || kind == KindUnavailable || kind == "timeout" || confopenapi.IsRetryable(err)):
		_ = msg.NakWithDelay(time.Second << delivered)
	case kind == KindFull, kind == KindUnavailable: // the administrator is not to blame; the next interval lists again
		_ = msg.Ack()
	default:
		w.bury(ctx, msg, task, delivered, kind, err)
	}
	if err != nil && ctx.Err() == nil && !quiet && (kind != KindUnavailable || !w.store.away()) {
		w.Log.Warn("task failed", "admin", task.Admin, "kind", kind, "delivered", delivered, "err", err)
	}
}

// judge takes in how the service took the token, and reports whether that failed the task, and whether the log has said so.
func (w *Worker) judge(admin int64, kind string, err error) (refused, quiet bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := w.access.took(admin, kind, time.Now())
	switch w.record.Refused = w.access.pauses > 0; {
	case changed && w.record.Refused:
		w.Log.Error("the service refuses the token of this worker; it only tries a task now and then, and leaves all others to other workers", "kind", kind, "err", err)
	case changed:
		w.Log.Info("the service accepts the token of this worker again")
	}
	refused = refuses(kind) && w.access.doubted()
	return refused, refused && w.record.Refused
}

// bury moves a task to the stream of dead ones.
func (w *Worker) bury(ctx context.Context, msg jetstream.Msg, task *Task, delivered int, kind string, err error) {
	dead := Dead{
		Version: Version, Admin: task.Admin, Number: task.Number, Deliveries: delivered, Kind: kind, Error: oneLine(err),
		At: time.Now().Add(w.share.Clock().Offset), WorkerID: w.id,
	}
	id := fmt.Sprintf("%d-%d", task.Admin, task.Number)
	if err := w.store.publishJSON(ctx, deadPrefix+key(task.Admin), id, dead); err != nil {
		_ = msg.NakWithDelay(storeWait)
		return
	}
	w.count(func(r *WorkerRecord) { r.Tasks++ })
	_ = msg.Term()
}

// list takes one listing into an administrator's state. Events are published before the state is replaced. So a worker that
// fails in between loses nothing: the next one finds the same changes and publishes them under the same ids.
func (w *Worker) list(ctx context.Context, admin int64) error {
	state, revision, err := w.store.State(ctx, admin)
	if err != nil {
		return err
	}
	watcher, err := state.watcher()
	if err != nil {
		w.see(ctx, state, err)
		return err
	}
	options := &confopenapi.SnapshotOptions{Parallel: 1, Watcher: watcher}
	snapshot, err := w.learned.client.Load().Snapshot(ctx, &confopenapi.ListByStatusRequest{AdminUserID: admin}, options)
	before := *state
	if snapshot != nil && ctx.Err() == nil {
		if advanced := w.advance(ctx, state, revision, watcher, snapshot); advanced != nil {
			err, state = advanced, &before
		}
	}
	if !errors.Is(err, errRaced) {
		w.see(ctx, state, err)
	}
	return err
}

// advance publishes what a listing changes, and replaces the state.
func (w *Worker) advance(ctx context.Context, state *State, revision uint64, watcher *confopenapi.Watcher, snapshot *confopenapi.Snapshot) error {
	clock, report := w.share.Clock(), &snapshot.Report
	report.Start = report.Start.Add(clock.Offset - clock.Within) // no later by NATS's clock
	report.End = report.End.Add(clock.Offset + clock.Within)     // no earlier
	if report.Start.Before(state.At) {                           // the state is of a later listing
		w.count(func(r *WorkerRecord) { r.Raced++ })
		return errRaced
	}
	events := state.take(snapshot, watcher)
	var err error
	if state.Watcher, err = json.Marshal(watcher); err != nil {
		return err
	}
	value, err := w.store.encodeZip(state, len(state.Live), "conferences") // before anything is published: a value that is too large never gets there
	if err != nil {
		return err
	}
	messages := make([]message, len(events))
	for i, e := range events {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		messages[i] = message{eventsPrefix + key(e.Admin) + "." + e.Kind.String(), e.ID, data}
	}
	if err := errors.Join(w.store.publishAll(ctx, messages)...); err != nil {
		return storeError("publish events", err)
	}
	err = w.store.replaceState(ctx, state.Admin, value, revision)
	w.count(func(r *WorkerRecord) {
		if err == nil {
			r.Events += int64(len(events))
		} else if errors.Is(err, errRaced) {
			r.Raced++
		}
	})
	return err
}

// see stores what became of a task, for people. An error of that is no error of the task.
func (w *Worker) see(ctx context.Context, state *State, err error) {
	seen := Seen{
		Version: Version, Admin: state.Admin, At: time.Now().Add(w.share.Clock().Offset), Proven: state.Proven, Verdict: state.Verdict,
		Reason: state.Reason, Live: len(state.Live), WorkerID: w.id,
	}
	if err != nil {
		seen.Kind, seen.Error, seen.Since = errorKind(err), oneLine(err), seen.At
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err != nil {
		var before Seen
		if entry, err := w.store.seen.Get(ending, key(state.Admin)); err == nil && decode(entry.Value(), &before) == nil && !before.Since.IsZero() {
			seen.Since = before.Since
		}
	}
	_ = putJSON(ending, w.store.seen, key(state.Admin), seen)
}

// oneLine is an error for operators, who can give the fleet no option of Go.
func oneLine(err error) string {
	text := strconv.Quote(strings.ReplaceAll(err.Error(), "WithIgnoredTotals", "confctl doctor"))
	text = text[1 : len(text)-1]
	return text[:min(len(text), 500)]
}

// count changes the worker's record.
func (w *Worker) count(change func(*WorkerRecord)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.record)
}

// self is the worker's record now.
func (w *Worker) self() WorkerRecord {
	host, _ := os.Hostname() // "" if unknown
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.record
	r.Errors = maps.Clone(w.record.Errors)
	r.Version, r.ID, r.Host, r.PID, r.Started, r.Slots = Version, w.id, host, os.Getpid(), w.started, w.Slots
	return r
}
