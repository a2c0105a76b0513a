package history

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver: SQLite without C, so that confctl stays one static file

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
)

// kinds are the columns of the counts, in the order of Counts.
var kinds = [...]string{"attendee", "voip", "pstn", "video", "desktop", "mcu", "box"}

// migrations make a schema of the next version. The version is how many there are, which PRAGMA user_version keeps. One that was
// released does not change.
var migrations = []string{schema1()}

// application is PRAGMA application_id: "cfct".
const application = 0x63666374

// schema1 has all times in Unix seconds; lower bounds are rounded down, and upper bounds up.
func schema1() string {
	var columns, means, sums []string
	for _, k := range kinds {
		columns = append(columns, fmt.Sprintf("%[1]s_now INTEGER NOT NULL, %[1]s_peak INTEGER NOT NULL, %[1]s_sum INTEGER NOT NULL DEFAULT 0", k))
		means = append(means, fmt.Sprintf(
			"%[1]s_peak, CASE WHEN counted_for + held = 0 THEN %[1]s_now * 1.0 ELSE (%[1]s_sum + %[1]s_now * held) * 1.0 / (counted_for + held) END AS %[1]s_mean", k))
		sums = append(sums, k+" INTEGER NOT NULL")
	}
	return `
-- Whose list it is, and how far it is recorded.
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  service TEXT NOT NULL, request TEXT NOT NULL,
  polled_at INTEGER,   -- when the last recorded listing began
  proven_at INTEGER    -- when the last one that was at least conditional ended
);
-- What is needed to go on: a confopenapi.Watcher as deflated JSON, and what each poll since then changed of it.
CREATE TABLE watcher (id INTEGER PRIMARY KEY, part BLOB NOT NULL);
-- The runs as they are recorded. For reading there is the view runs.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  event_id INTEGER NOT NULL, conference_id TEXT NOT NULL, start_time INTEGER NOT NULL,
  title TEXT NOT NULL, host_org_id INTEGER NOT NULL, host_org_name TEXT NOT NULL,
  start_not_before INTEGER, start_by INTEGER NOT NULL,
  end_not_before INTEGER, end_by INTEGER,
  proven INTEGER NOT NULL DEFAULT 0, resumes INTEGER NOT NULL DEFAULT 0,
  counted_at INTEGER,  -- since when the counts hold; NULL = it has ended
  counted_for INTEGER NOT NULL DEFAULT 0, -- seconds that the sums cover
  ` + strings.Join(columns, ",\n  ") + `,
  UNIQUE (event_id, conference_id, start_time)
);
CREATE INDEX run_end_by ON run (end_by);
CREATE TABLE sample (
  at INTEGER PRIMARY KEY, verdict TEXT NOT NULL, conferences INTEGER NOT NULL,
  ` + strings.Join(sums, ", ") + `
);
CREATE VIEW runs AS
  SELECT id, event_id, conference_id, start_time, title, host_org_id, host_org_name,
    start_not_before, start_by, end_not_before, end_by, end_by IS NULL AS live, proven, resumes,
    ` + strings.Join(means, ",\n    ") + `
  FROM (SELECT run.*, max(0, ifnull(state.polled_at - run.counted_at, 0)) AS held FROM run JOIN state);
-- Alerts: what each rule has reported and not withdrawn, what waits for the end of a cool-down, and what is to be sent.
CREATE TABLE alert_active (rule TEXT NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (rule, subject)) WITHOUT ROWID;
CREATE TABLE alert_pending (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE alert_rule (rule TEXT PRIMARY KEY, quiet_until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE alert_outbox (
  id INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, webhook TEXT NOT NULL, made_at INTEGER NOT NULL, message TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0
);`
}

// ErrForeign: the file is no store.
var ErrForeign = errors.New("not a history of confctl")

// VersionError says that a store has the schema of another version of confctl.
type VersionError struct{ Has, Known int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the history has schema %d, and this version knows %d", e.Has, e.Known)
}

// open opens a file with one connection.
func open(path string, pragmas ...string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)}
	if path = filepath.ToSlash(path); !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// create makes an empty store. It gets its name when it is whole.
func create(path string) error {
	name := disk.New(path)
	for _, left := range []string{name, name + "-journal"} { // by a run that was killed
		if err := os.Remove(left); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return disk.Named(err, name, path)
	}
	_ = file.Close()
	db, err := open(name)
	if err == nil {
		_, err = db.Exec(fmt.Sprintf("PRAGMA application_id = %d", application)) //nolint:noctx // it ends by itself
	}
	if err == nil {
		err = migrate(db)
	}
	if db != nil {
		err = errors.Join(err, db.Close())
	}
	if err == nil {
		err = os.Rename(name, disk.Real(path))
	}
	if err != nil {
		_ = os.Remove(name)
	}
	return err
}

// migrate brings a store to the schema of this version, whole or not at all.
func migrate(db *sql.DB) error {
	has, err := version(db)
	if err != nil || has == len(migrations) {
		return err
	}
	if has > len(migrations) {
		return &VersionError{has, len(migrations)}
	}
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, statements := range migrations[has:] {
		if _, err := tx.Exec(statements); err != nil { //nolint:noctx // it ends by itself
			return err
		}
	}
	if _, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", len(migrations))); err != nil { //nolint:noctx // likewise
		return err
	}
	return tx.Commit()
}

func version(db *sql.DB) (has int, err error) {
	err = db.QueryRow("PRAGMA user_version").Scan(&has) //nolint:noctx // it ends by itself
	return has, err
}

// examine returns ErrForeign for what is not a store, and fs.ErrNotExist for what is not there or empty. It changes nothing.
func examine(path string) error {
	if err := disk.Regular(path); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	var head [72]byte
	switch _, err := io.ReadFull(file, head[:]); {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s is empty: %w", path, os.ErrNotExist)
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case string(head[:16]) != "SQLite format 3\x00" || binary.BigEndian.Uint32(head[68:]) != application:
		return fmt.Errorf("%s is %w", path, ErrForeign)
	}
	return nil
}
