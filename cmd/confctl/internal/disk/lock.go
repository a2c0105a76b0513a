// Package disk keeps the files of confctl from half results and from each other: a file is replaced as a whole, with the
// permissions and links that it had, and one process at a time writes it.
package disk

import (
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// ErrBusy: another process has the file's lock.
var ErrBusy = errors.New("in use by another process")

// Lock is held while a file is written over and over. A kill releases it.
type Lock struct{ held *flock.Flock }

// TakeLock locks a file, which need not exist, by another one beside it. The error wraps ErrBusy, or is the system's.
func TakeLock(path string) (*Lock, error) {
	l := &Lock{flock.New(Real(path)+".lock", flock.SetPermissions(0o600))}
	mine, err := l.held.TryLock()
	if err != nil {
		return nil, Named(err, l.held.Path(), path)
	}
	if !mine || !l.named() {
		_ = l.held.Close()
		return nil, fmt.Errorf("%s is %w", path, ErrBusy)
	}
	return l, nil
}

// named reports whether the lock is on the file that now has its name: a run that ends takes its file away.
func (l *Lock) named() bool {
	held, err := l.held.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.held.Path())
	return err == nil && os.SameFile(held, there)
}

// Release takes the lock away. It may be nil.
func (l *Lock) Release() {
	if l != nil && l.held.Locked() {
		_ = os.Remove(l.held.Path())
		_ = l.held.Close()
	}
}
