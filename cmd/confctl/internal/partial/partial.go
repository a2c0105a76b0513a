// Package partial keeps the conferences of an unfinished export in a file beside its target, so that whatever ends a run
// loses nothing: a crash, a kill, Ctrl-C, a full disk. A target gets its name only when it is whole.
package partial

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
)

// File is the unfinished file of a target: a JSON object a line, each a conference, behind a head if it has one. In memory
// are the identities of what an earlier run has left until this run lists them, and nothing else. It is not safe for
// concurrent use.
type File struct {
	target, path string
	head         string
	file         *os.File
	pending      []byte // lines that are not written yet
	failed       error  // of a write
	lock         *disk.Lock
	rows         int
	earlier      map[confopenapi.Identity]int // how often an earlier run wrote it, less how often this run has listed it
	stale        int                          // the sum of earlier
	written      time.Time
	done         bool // converted
}

// bufferSize is that of reads and writes. A write for each conference would be a quarter of the CPU of an export.
const bufferSize = 1 << 16

// Options adjust an unfinished file. The zero value is one without a head.
type Options struct {
	// Head is a line that a new file begins with, which says what it is of; "" = none.
	Head string
	// Check is called when the target is locked and what a kill has left is cleaned up; its error is Open's. nil = no check.
	Check func() error
	// Judge is asked about the head of a file that is there already, before anything is changed; its error is Open's. nil =
	// any head will do.
	Judge func(head string) error
}

// DamagedError says that a line of an unfinished file is not as a run leaves it, even one that is killed.
type DamagedError struct {
	Path string
	Line int
}

func (e *DamagedError) Error() string { return fmt.Sprintf("line %d of %s is damaged", e.Line, e.Path) }

// Open opens the unfinished file of a target, and reads what is in it. A last line that was not written to its end is cut
// off. Close it. The error wraps disk.ErrNoFile, disk.ErrBusy, a *DamagedError, what Check or Judge said, or what the system
// says; whichever it is, the unfinished file is as it was.
func Open(target string, opts Options) (*File, error) {
	if err := disk.Regular(target); err != nil {
		return nil, err
	}
	lock, err := disk.TakeLock(target)
	if err != nil {
		return nil, err
	}
	f := &File{target: target, path: Path(target), head: opts.Head, lock: lock, earlier: map[confopenapi.Identity]int{}}
	if err := f.open(opts); err != nil {
		f.release()
		return nil, err
	}
	return f, nil
}

// Path is where the unfinished file of a target is.
func Path(target string) string { return disk.Real(target) + ".partial" }

// served is the name of an unfinished file while the target gets its name.
func (f *File) served() string { return f.path + ".done" }

// cleanUp does the rest of a run that was killed. If that was while the target got its name, either the new file is still
// there, or the target is made.
func (f *File) cleanUp() error {
	made := disk.New(f.target)
	_, err := os.Lstat(made)
	if unmade := err == nil; unmade {
		if err := os.Rename(f.served(), f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Remove(made)
	}
	if err := os.Remove(f.served()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f *File) open(opts Options) error {
	err := f.cleanUp()
	if err == nil && opts.Check != nil {
		err = opts.Check()
	}
	if err == nil {
		err = disk.Regular(f.path)
	}
	if err != nil {
		return err
	}
	if f.file, err = os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	f.written = info.ModTime()
	if info.Size() == 0 {
		return errors.Join(f.file.Chmod(0o600), f.begin()) // a file that is made beforehand may be everybody's
	}
	return f.goOn(opts.Judge)
}

func (f *File) begin() error {
	if f.head == "" {
		return nil
	}
	_, err := io.WriteString(f.file, f.head+"\n")
	if err != nil {
		_ = os.Remove(f.path)
	}
	return err
}

// goOn takes in what is there, and makes ready to append.
func (f *File) goOn(judge func(string) error) error {
	lines := bufio.NewReaderSize(f.file, bufferSize)
	var end int64
	if f.head != "" {
		head, err := lines.ReadString('\n')
		if err == nil && judge != nil {
			err = judge(strings.TrimSuffix(head, "\n"))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err == nil {
			end = int64(len(head))
		}
	}
	for row, err := range f.read(lines) {
		if err != nil {
			return err
		}
		f.rows++
		f.earlier[row.conf.Identity()]++
		f.stale++
		end += int64(row.size)
	}
	err := f.file.Truncate(end)
	if err == nil {
		_, err = f.file.Seek(end, io.SeekStart)
	}
	if err == nil && end == 0 {
		err = f.begin()
	}
	return err
}

// row is a line of the file.
type row struct {
	conf confopenapi.Conference
	size int
}

// read yields the lines that are whole, behind the head. A row holds until the next.
func (f *File) read(lines *bufio.Reader) iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		r := new(row)
		first := 1
		if f.head != "" {
			first = 2
		}
		for n := first; ; n++ {
			line, err := lines.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				line = bytes.Clone(line)
				var rest []byte
				rest, err = lines.ReadBytes('\n')
				line = append(line, rest...)
			}
			if errors.Is(err, io.EOF) {
				return
			}
			*r = row{size: len(line)}
			if err == nil && r.conf.UnmarshalJSON(line) != nil {
				err = &DamagedError{f.path, n}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// Rows are the conferences in the file, in the order in which they came. Each holds until the next.
func (f *File) Rows() iter.Seq2[*confopenapi.Conference, error] {
	return func(yield func(*confopenapi.Conference, error) bool) {
		if err := f.Flush(); err != nil {
			yield(nil, err)
			return
		}
		file, err := os.Open(f.path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = file.Close() }()
		lines := bufio.NewReaderSize(file, bufferSize)
		if f.head != "" {
			_, err = lines.ReadSlice('\n')
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for row, err := range f.read(lines) {
			if !yield(&row.conf, err) {
				return
			}
		}
	}
}

// Len is how many conferences are in the file.
func (f *File) Len() int { return f.rows }

// Stale is how many of them are of an earlier run alone, so far.
func (f *File) Stale() int { return f.stale }

// Path is where the file is.
func (f *File) Path() string { return f.path }

// Written is when the file that Open has found was written last.
func (f *File) Written() time.Time { return f.written }

// Add appends a conference, unless an earlier run did. What this run adds twice is in the file twice: a service may list
// conferences that have the same identity, or none. A kill loses what was added since the last Flush, and at most bufferSize.
func (f *File) Add(conf *confopenapi.Conference) error {
	if f.failed != nil {
		return f.failed
	}
	if len(f.earlier) > 0 {
		id := conf.Identity()
		switch n := f.earlier[id]; {
		case n > 1:
			f.earlier[id]--
			f.stale--
			return nil
		case n == 1:
			delete(f.earlier, id)
			f.stale--
			return nil
		}
	}
	f.pending = append(conf.AppendJSON(f.pending), '\n')
	f.rows++
	if len(f.pending) < bufferSize {
		return nil
	}
	return f.Flush()
}

// Flush writes what was added. After an error it returns that error, as Add does, and what could not be written no longer counts in Len.
func (f *File) Flush() error {
	if f.failed == nil && len(f.pending) > 0 {
		var n int
		n, f.failed = f.file.Write(f.pending)
		f.rows -= bytes.Count(f.pending[n:], []byte("\n"))
		f.pending = f.pending[:0]
	}
	return f.failed
}
