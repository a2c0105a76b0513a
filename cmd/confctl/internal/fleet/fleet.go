// Package fleet follows what conffleet keeps in NATS: the list of each administrator. docs/fleet.md has the contract.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The buckets of the contract. Their keys are administrators, but for the shared one.
const (
	stateBucket  = "conffleet_state"
	seenBucket   = "conffleet_seen"
	sharedBucket = "conffleet_shared"
	listKey      = "admins" // of the shared bucket

	noAdmin = 0 // is nobody's id
)

// Fleet is what a fleet's NATS says. Make it with Connect, start Run, and Close it.
type Fleet struct {
	// Changed gets a value when there is something new.
	Changed chan struct{}

	conn *nats.Conn
	js   jetstream.JetStream
	name string

	mu       sync.Mutex
	admins   map[int64]*Admin
	listed   map[int64]bool  // whom the fleet lists now; nil = it has not said
	unread   map[int64]error // what the last record of an administrator could not be read for
	known    map[string]bool // the buckets whose records have all come once
	revision uint64          // of the last state
	lost     error           // why NATS did not respond to the last question
	asked    bool
	ahead    time.Duration // how far NATS's clock is ahead of this machine's
}

// Status is what the picture is worth.
type Status struct {
	Known bool          // every list that there is has come
	Err   error         // why it may be old or lack something; nil = it is as NATS has it
	Ahead time.Duration // how far NATS's clock is ahead of this machine's
}

// ErrAddress is for an address that does not parse. Its text has nothing of the address, which may have a password.
var ErrAddress = errors.New("the address of NATS does not parse")

// Connect connects to NATS, with the credentials in a file unless that is "". It connects again whenever the connection breaks.
func Connect(address, credentials string) (*Fleet, error) {
	var hosts []string
	for part := range strings.SplitSeq(address, ",") {
		if part = strings.TrimSpace(part); !strings.Contains(part, "://") {
			part = "nats://" + part
		}
		u, err := url.Parse(part)
		if err != nil || u.Host == "" {
			return nil, ErrAddress
		}
		hosts = append(hosts, u.Host)
	}
	options := []nats.Option{
		nats.Name("confctl web"), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second), nats.IgnoreAuthErrorAbort(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // by default it writes to stderr
	}
	if credentials != "" {
		options = append(options, nats.UserCredentials(credentials))
	}
	conn, err := nats.Connect(address, options...)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &Fleet{
		Changed: make(chan struct{}, 1), conn: conn, js: js, name: strings.Join(hosts, ", "),
		admins: map[int64]*Admin{}, unread: map[int64]error{}, known: map[string]bool{},
	}, nil
}

// Close ends the connection.
func (f *Fleet) Close() { f.conn.Close() }

// Name is the hosts of NATS, without user and password.
func (f *Fleet) Name() string { return f.name }

// Admins are the administrators now, and what that is worth. The map is the caller's; what it points to does not change.
func (f *Fleet) Admins() (map[int64]*Admin, Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := Status{Known: f.asked && len(f.known) == 3, Err: f.lost, Ahead: f.ahead}
	for id, err := range f.unread {
		if s.Err == nil && (id == noAdmin || f.lists(id)) {
			s.Err = err
		}
	}
	admins := maps.Clone(f.admins)
	maps.DeleteFunc(admins, func(id int64, _ *Admin) bool { return !f.lists(id) })
	return admins, s
}

// lists reports whether the fleet lists an administrator now. Hold mu.
func (f *Fleet) lists(id int64) bool { return f.listed == nil || f.listed[id] }

// Run follows the fleet until ctx ends.
func (f *Fleet) Run(ctx context.Context) {
	for ctx.Err() == nil {
		watching, again := context.WithCancel(ctx)
		var group sync.WaitGroup
		group.Go(func() { f.follow(watching, stateBucket, "*", f.sawState) })
		group.Go(func() { f.follow(watching, seenBucket, "*", f.sawSeen) })
		group.Go(func() { f.follow(watching, sharedBucket, listKey, f.sawList) })
		f.ask(watching)
		again()
		group.Wait()
	}
}

const (
	askEvery  = time.Second
	patience  = 3 * time.Second
	behindFor = 4 // questions after which a watch that does not go on is begun anew
)

// ask asks NATS for the time and the last state, until ctx ends or the watch does not show it. A connection alone proves nothing.
func (f *Fleet) ask(ctx context.Context) {
	var last uint64
	for behind := 0; behind < behindFor; {
		asking, cancel := context.WithTimeout(ctx, patience)
		began := time.Now()
		stream, err := f.js.Stream(asking, "KV_"+stateBucket)
		cancel()
		if ctx.Err() != nil {
			return
		}
		f.mu.Lock()
		f.lost = err
		if err == nil {
			info, ended := stream.CachedInfo(), time.Now()
			f.asked = true
			ahead := info.TimeStamp.Sub(began.Add(ended.Sub(began) / 2))
			if d := (ahead - f.ahead).Abs(); d > 100*time.Millisecond { // less is the way there and back
				f.ahead = ahead
			}
			if f.revision == info.State.LastSeq || f.revision != last {
				behind = 0
			} else {
				behind++
			}
			last = f.revision
		}
		f.mu.Unlock()
		f.notify()
		pause(ctx, askEvery)
	}
}

// follow takes in what a bucket has, and then every change, until ctx ends.
func (f *Fleet) follow(ctx context.Context, bucket, keys string, saw func(jetstream.KeyValueEntry)) {
	for ; ctx.Err() == nil; pause(ctx, askEvery) {
		beginning, cancel := context.WithTimeout(ctx, patience)
		kv, err := f.js.KeyValue(beginning, bucket)
		cancel()
		if err != nil {
			continue // ask says why
		}
		w, err := kv.Watch(ctx, keys)
		if err != nil {
			continue
		}
		f.take(ctx, w, func(entry jetstream.KeyValueEntry) {
			if entry == nil {
				f.known[bucket] = true
			} else {
				saw(entry)
			}
		})
		_ = w.Stop()
		drain(w.Updates())
	}
}

// drain lets a watch end that is about to hand over an entry.
func drain(updates <-chan jetstream.KeyValueEntry) {
	for end := time.After(askEvery); ; {
		select {
		case _, open := <-updates:
			if !open {
				return
			}
		case <-end: // NATS may never say that a watch has ended
			return
		}
	}
}

// take takes in what a watch shows, until ctx ends or the watch does.
func (f *Fleet) take(ctx context.Context, w jetstream.KeyWatcher, saw func(jetstream.KeyValueEntry)) {
	for {
		select {
		case <-ctx.Done():
			return
		case entry, open := <-w.Updates():
			if !open {
				return
			}
			f.mu.Lock()
			saw(entry)
			f.mu.Unlock()
			f.notify()
		}
	}
}

// sawState takes in a state. Hold mu.
func (f *Fleet) sawState(entry jetstream.KeyValueEntry) {
	f.revision = entry.Revision()
	id, ok := adminOf(entry)
	if !ok {
		return
	}
	if entry.Operation() != jetstream.KeyValuePut {
		delete(f.admins, id)
		delete(f.unread, id)
		return
	}
	next, err := newAdmin(id, entry.Value())
	if err != nil { // what was known before stays, and grows old
		f.unread[id] = fmt.Errorf("administrator %d: %w", id, err)
		return
	}
	delete(f.unread, id)
	if before, ok := f.admins[id]; ok {
		next.Kind = before.Kind
	}
	f.admins[id] = next
}

// sawSeen takes in what became of a task. Hold mu.
func (f *Fleet) sawSeen(entry jetstream.KeyValueEntry) {
	id, ok := adminOf(entry)
	if !ok || entry.Operation() != jetstream.KeyValuePut {
		return
	}
	var s seen
	if err := decode(entry.Value(), &s); err != nil {
		f.unread[id] = fmt.Errorf("administrator %d: %w", id, err)
		return
	}
	before, ok := f.admins[id]
	if !ok {
		before = &Admin{ID: id}
	}
	if !ok || before.Kind != s.Kind {
		next := *before
		next.Kind = s.Kind
		f.admins[id] = &next
	}
}

// sawList takes in whom the fleet lists. Hold mu.
func (f *Fleet) sawList(entry jetstream.KeyValueEntry) {
	if entry.Operation() != jetstream.KeyValuePut {
		f.listed = nil
		delete(f.unread, noAdmin)
		return
	}
	var l list
	if err := decodeZip(entry.Value(), &l); err != nil {
		f.unread[noAdmin] = fmt.Errorf("the list of administrators: %w", err)
		return
	}
	delete(f.unread, noAdmin)
	f.listed = make(map[int64]bool, len(l.Admins))
	for _, id := range l.Admins {
		f.listed[id] = true
		if f.admins[id] == nil {
			f.admins[id] = &Admin{ID: id} // not listed yet
		}
	}
}

func (f *Fleet) notify() {
	select {
	case f.Changed <- struct{}{}:
	default:
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
