package fleet

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Retention says how long and how much the store keeps. The zero value means the defaults.
type Retention struct {
	Replicas    int           // of every stream and bucket; 0 = 1
	Events      time.Duration // 0 = 7 days
	EventsBytes int64         // then events are refused, and nobody's state moves on; 0 = 8 GiB
	State       time.Duration // of an administrator who is not listed any more; 0 = 30 days
	StateBytes  int64         // 0 = no limit but the disk
}

const (
	beat      = time.Second     // between two signs of life
	aliveFor  = 4 * time.Second // without one
	ackWait   = 15 * time.Second
	patience  = 3 * time.Second  // with NATS, which may be restarting
	dedupFor  = 10 * time.Minute // events
	deadFor   = 30 * 24 * time.Hour
	deadLimit = 100_000
)

// Store is the fleet's streams and buckets.
type Store struct {
	conn                       *nats.Conn
	js                         jetstream.JetStream
	state, seen, alive, shared jetstream.KeyValue
}

// Open makes the streams and buckets, or brings them to the given retention.
func Open(ctx context.Context, conn *nats.Conn, r Retention) (*Store, error) {
	s, err := bare(conn)
	if err != nil {
		return nil, err
	}
	r.Replicas = max(1, r.Replicas)
	r.Events, r.EventsBytes, r.State = cmp.Or(r.Events, 7*24*time.Hour), cmp.Or(r.EventsBytes, 8<<30), cmp.Or(r.State, 30*24*time.Hour)
	for _, config := range []jetstream.StreamConfig{
		{
			// One task per administrator at most: while it is there, the next one is refused.
			Name: TasksStream, Subjects: []string{tasksPrefix + "*"}, Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew,
			MaxMsgsPerSubject: 1, DiscardNewPerSubject: true, MaxAge: 24 * time.Hour, Duplicates: 2 * time.Hour, Replicas: r.Replicas,
		},
		{
			Name: EventsStream, Subjects: []string{eventsPrefix + "*.*"}, Discard: jetstream.DiscardNew, MaxAge: r.Events, MaxBytes: r.EventsBytes,
			Duplicates: min(dedupFor, r.Events), Replicas: r.Replicas, Compression: jetstream.S2Compression,
		},
		{Name: DeadStream, Subjects: []string{deadPrefix + "*"}, MaxAge: deadFor, MaxMsgs: deadLimit, Replicas: r.Replicas},
	} {
		err := persist(ctx, "make stream "+config.Name, func(ctx context.Context) error {
			_, err := s.js.CreateOrUpdateStream(ctx, config)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	err = persist(ctx, "make the consumer of tasks", func(ctx context.Context) error {
		_, err := s.js.CreateOrUpdateConsumer(ctx, TasksStream, jetstream.ConsumerConfig{
			Durable: tasksConsumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: -1,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, config := range []jetstream.KeyValueConfig{
		{Bucket: StateBucket, TTL: r.State, MaxBytes: r.StateBytes, Replicas: r.Replicas},
		{Bucket: SeenBucket, TTL: r.State, Replicas: r.Replicas},
		{Bucket: AliveBucket, TTL: aliveFor, Replicas: r.Replicas},
		{Bucket: SharedBucket, Replicas: r.Replicas},
	} {
		if err := persist(ctx, "make bucket "+config.Bucket, func(ctx context.Context) error { return s.makeBucket(ctx, config) }); err != nil {
			return nil, err
		}
	}
	return s, s.bind(ctx)
}

// Attach uses a store that a fleet has made.
func Attach(ctx context.Context, conn *nats.Conn) (*Store, error) {
	s, err := bare(conn)
	if err != nil {
		return nil, err
	}
	return s, s.bind(ctx)
}

// away reports whether NATS is, as the log says once: see Watched.
func (s *Store) away() bool { return !s.conn.IsConnected() }

func bare(conn *nats.Conn) (*Store, error) {
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(1<<16), jetstream.WithPublishAsyncTimeout(patience), jetstream.WithDefaultTimeout(patience))
	return &Store{conn: conn, js: js}, err
}

// persist tries something for a minute. NATS may be starting, and a cluster does not respond to one of two processes that
// make the same stream at the same moment.
func persist(ctx context.Context, op string, try func(context.Context) error) error {
	for begun := time.Now(); ; {
		trying, cancel := context.WithTimeout(ctx, patience/2)
		err := try(trying)
		cancel()
		store := storeError(op, err)
		if err == nil || errorKind(store) != KindUnavailable || time.Since(begun) > time.Minute {
			return store
		}
		if !pause(ctx, rand.N(beat/2)) {
			return store
		}
	}
}

// makeBucket makes a bucket that its leader alone reads from. A replica that is behind would show a state that is not the
// last one.
func (s *Store) makeBucket(ctx context.Context, config jetstream.KeyValueConfig) error {
	stream, err := s.js.Stream(ctx, "KV_"+config.Bucket)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if _, err := s.js.CreateKeyValue(ctx, config); err != nil {
			return err
		}
		stream, err = s.js.Stream(ctx, "KV_"+config.Bucket)
	}
	if err != nil {
		return err
	}
	c := stream.CachedInfo().Config
	c.AllowDirect, c.MaxAge, c.MaxBytes, c.Replicas = false, config.TTL, cmp.Or(config.MaxBytes, -1), config.Replicas
	_, err = s.js.UpdateStream(ctx, c)
	return err
}

func (s *Store) bind(ctx context.Context) error {
	for _, b := range []struct {
		name string
		kv   *jetstream.KeyValue
	}{{StateBucket, &s.state}, {SeenBucket, &s.seen}, {AliveBucket, &s.alive}, {SharedBucket, &s.shared}} {
		kv, err := s.js.KeyValue(ctx, b.name)
		if err != nil {
			return storeError("open bucket "+b.name, err)
		}
		*b.kv = kv
	}
	return nil
}

// brief bounds one exchange with NATS. A node that dies never responds, and the next one can be asked sooner so.
func brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience)
}

// State reads an administrator's state, and the revision to replace. A state that is not there is empty, of revision 0.
func (s *Store) State(ctx context.Context, admin int64) (*State, uint64, error) {
	ctx, cancel := brief(ctx)
	defer cancel()
	entry, err := s.state.Get(ctx, key(admin))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return &State{Version: Version, Admin: admin}, 0, nil
	}
	if err != nil {
		return nil, 0, storeError("read the state", err)
	}
	var state State
	return &state, entry.Revision(), decodeZip(entry.Value(), &state)
}

// decodeZip reads a record that is compressed.
func decodeZip(value []byte, record any) error {
	var data []byte
	r, err := gzip.NewReader(bytes.NewReader(value))
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil {
		return &StoreError{Op: "read a record", Kind: KindUnreadable, Err: err}
	}
	return decode(data, record)
}

// compressors are kept because each has a megabyte of tables.
var compressors = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

// encodeZip compresses a record of so many things, or says that NATS would not take it.
func (s *Store) encodeZip(record any, n int, things string) ([]byte, error) {
	data, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, _ := compressors.Get().(*gzip.Writer)
	w.Reset(&out)
	_, _ = w.Write(data) // into memory
	_ = w.Close()
	compressors.Put(w)
	if limit := s.conn.MaxPayload() - 1024; int64(out.Len()) > limit {
		return nil, &StoreError{Op: "store " + things, Kind: KindTooLarge, Err: fmt.Errorf("%d %s take %d bytes, and NATS accepts %d", n, things, out.Len(), limit)}
	}
	return out.Bytes(), nil
}

// errRaced says that another worker has replaced the state.
var errRaced = errors.New("another worker was ahead")

// replaceState stores a state if the revision is still the same.
func (s *Store) replaceState(ctx context.Context, admin int64, value []byte, revision uint64) error {
	ctx, cancel := brief(ctx)
	defer cancel()
	_, err := s.state.Update(ctx, key(admin), value, revision)
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return errRaced
	}
	return storeError("store the state", err)
}

// putJSON stores a record in a bucket.
func putJSON(ctx context.Context, kv jetstream.KeyValue, key string, record any) error {
	data, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return put(ctx, kv, key, data)
}

func put(ctx context.Context, kv jetstream.KeyValue, key string, value []byte) error {
	ctx, cancel := brief(ctx)
	defer cancel()
	_, err := kv.Put(ctx, key, value)
	return storeError("store "+key, err)
}

// publishJSON publishes a record, and waits until it is stored.
func (s *Store) publishJSON(ctx context.Context, subject, id string, record any) error {
	data, err := json.Marshal(record)
	if err != nil {
		return err
	}
	ctx, cancel := brief(ctx)
	defer cancel()
	_, err = s.js.Publish(ctx, subject, data, jetstream.WithMsgID(id))
	return storeError("publish to "+subject, err)
}

// watch calls see with what a bucket has under keys, then with nil, and then with every change, until ctx ends or the watch
// breaks.
func watch(ctx context.Context, kv jetstream.KeyValue, keys string, see func(jetstream.KeyValueEntry)) {
	// Without a deadline, NATS waits some seconds for the watch to begin. With one, it would wait until then.
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	w, err := kv.Watch(watching, keys)
	if err != nil {
		return
	}
	for {
		select {
		case entry, open := <-w.Updates():
			if !open {
				return
			}
			see(entry)
		case <-ctx.Done():
			_ = w.Stop()
			drain(w.Updates())
			return
		}
	}
}

// drain lets a watch end that is about to hand over an entry. One that NATS began anew may never say that it has ended.
func drain(updates <-chan jetstream.KeyValueEntry) {
	for end := time.After(beat); ; {
		select {
		case _, open := <-updates:
			if !open {
				return
			}
		case <-end:
			return
		}
	}
}

// message is one of several that are published together.
type message struct {
	subject, id string
	data        []byte
}

// publishAll publishes messages, and returns for each whether it was stored.
func (s *Store) publishAll(ctx context.Context, messages []message) []error {
	errs := make([]error, len(messages))
	const together = 256
	for begin := 0; begin < len(messages); begin += together {
		part := messages[begin:min(begin+together, len(messages))]
		futures := make([]jetstream.PubAckFuture, len(part))
		for i, m := range part {
			msg := &nats.Msg{Subject: m.subject, Data: m.data, Header: nats.Header{jetstream.MsgIDHeader: []string{m.id}}}
			futures[i], errs[begin+i] = s.js.PublishMsgAsync(msg)
		}
		for i, f := range futures {
			if f == nil {
				continue
			}
			select {
			case <-f.Ok():
			case errs[begin+i] = <-f.Err():
			case <-ctx.Done():
				errs[begin+i] = ctx.Err()
			}
		}
	}
	return errs
}
