// Package history keeps in a SQLite file which conferences ran when: a row for each run of a conference, with bounds of its start and end, and
// samples of the totals. One process writes it; others may read it meanwhile.
//
// A Store follows the list by the snapshots that a Watch or a View hands to its OnPoll. It has a Watcher of its own. What a poll
// changed of that is written in the same transaction as what it reported: so whenever the process is killed, the next one goes
// on, nothing is recorded twice, and nothing is lost but the last poll.
package history

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
)

// Options are of what a store is the history, and how long it keeps it.
type Options struct {
	Service string // names it; a store is of one service
	Request confopenapi.ListByStatusRequest
	Keep    time.Duration // how long ended runs and samples stay; 0 = for ever

	// Polled is called inside the transaction of each poll, after the poll was recorded. Its error undoes that.
	Polled func(*sql.Tx, Poll) error
}

// Poll is a listing, and what it changed.
type Poll struct {
	Snapshot *confopenapi.Snapshot
	Events   []confopenapi.Event
	First    bool // of a new store, which does not know what is new
}

// Store writes a history. It is safe for concurrent use.
type Store struct {
	*Reader // of the same file
	options Options
	db      *sql.DB
	lock    *disk.Lock

	mu      sync.Mutex
	watcher *confopenapi.Watcher // nil = to be restored from the file
	part    int                  // the number of the next part of its state
	fresh   bool                 // nothing was ever recorded
	sampled int64                // when the last sample was taken
}

// OtherError says that a store is of another service or request.
type OtherError struct{ Service, Request string }

func (e *OtherError) Error() string {
	return fmt.Sprintf("the history is of the service %s and the request %q", e.Service, e.Request)
}

// Open opens a store to write it, and makes it where there is none or an empty file. Close it. The error wraps disk.ErrBusy
// if another process writes it, disk.ErrNoFile or ErrForeign, or is a *VersionError, an *OtherError or the system's; the file
// is then as it was.
func Open(path string, o Options) (*Store, error) {
	if err := disk.Regular(path); err != nil {
		return nil, err
	}
	lock, err := disk.TakeLock(path)
	if err != nil {
		return nil, err
	}
	s := &Store{options: o, lock: lock}
	if err := s.open(path); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(path string) error {
	err := examine(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = create(path)
	}
	if err != nil {
		return err
	}
	if s.db, err = open(disk.Real(path)); err != nil {
		return err
	}
	if err := migrate(s.db); err != nil {
		return err
	}
	// With WAL, readers and the writer do not wait for each other. FULL has each poll on the disk before the next.
	for _, pragma := range []string{"journal_mode = WAL", "synchronous = FULL", "journal_size_limit = 4194304"} {
		if _, err := s.db.Exec("PRAGMA " + pragma); err != nil { //nolint:noctx // it ends by itself
			return err
		}
	}
	if s.Reader, err = OpenReader(path); err != nil {
		return err
	}
	if err := s.claim(); err != nil {
		return err
	}
	return s.restore()
}

// claim writes down whose history it is, or compares that.
func (s *Store) claim() error {
	request := s.options.Request.String()
	return s.Update(func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO state (id, service, request) VALUES (1, ?, ?) ON CONFLICT DO NOTHING", s.options.Service, request); err != nil { //nolint:noctx // it ends by itself
			return err
		}
		var has OtherError
		if err := tx.QueryRow("SELECT service, request FROM state").Scan(&has.Service, &has.Request); err != nil { //nolint:noctx // likewise
			return err
		}
		if has.Service != s.options.Service || has.Request != request {
			return &has
		}
		return nil
	})
}

// restore takes the Watcher from the file.
func (s *Store) restore() error {
	rows, err := s.db.Query("SELECT part FROM watcher ORDER BY id") //nolint:noctx // it ends by itself
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	watcher, fresh := confopenapi.NewWatcher(), true
	for rows.Next() {
		var part []byte
		if err := rows.Scan(&part); err != nil {
			return err
		}
		text, err := io.ReadAll(flate.NewReader(bytes.NewReader(part)))
		if err != nil {
			return fmt.Errorf("history: the state is damaged: %w", err)
		}
		if err := watcher.UnmarshalJSON(text); err != nil {
			return err
		}
		fresh = false
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	s.watcher, s.fresh, s.part = watcher, fresh, 0
	return s.db.QueryRow("SELECT ifnull(max(at), 0) FROM sample").Scan(&s.sampled) //nolint:noctx // it ends by itself
}

// Close ends the writing. What Record wrote is on the disk already.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.Reader != nil {
		err = s.Reader.Close()
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	s.lock.Release()
	return err
}

// Update runs f in a transaction.
func (s *Store) Update(f func(*sql.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.update(f)
}

func (s *Store) update(f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Record takes in a listing: call it from WatchOptions.OnPoll, of a Watch or of a View. What it returns is about the file, such
// as a full disk; the next Record then makes up for it.
func (s *Store) Record(snapshot *confopenapi.Snapshot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watcher == nil {
		if err := s.restore(); err != nil {
			return err
		}
	}
	poll := Poll{Snapshot: snapshot, Events: s.watcher.Step(snapshot), First: s.fresh}
	sampled := s.sampled
	err := s.update(func(tx *sql.Tx) error {
		r := recorder{tx: tx, poll: poll, keep: s.options.Keep, watcher: s.watcher, part: s.part}
		if err := r.record(&sampled); err != nil {
			return err
		}
		if s.options.Polled != nil {
			return s.options.Polled(tx, poll)
		}
		return nil
	})
	if err != nil {
		s.watcher = nil // it knows more than the file
		return err
	}
	s.fresh, s.sampled, s.part = false, sampled, s.part+1
	return nil
}

// OpenReader opens a store to read it, while another process may write it. Close it. The errors are those of Open but
// disk.ErrBusy, and fs.ErrNotExist.
func OpenReader(path string) (*Reader, error) {
	if err := examine(path); err != nil {
		return nil, err
	}
	db, err := open(disk.Real(path), "query_only(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readers)
	has, err := version(db)
	if err == nil && has != len(migrations) {
		err = &VersionError{has, len(migrations)}
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &Reader{db}, nil
}
