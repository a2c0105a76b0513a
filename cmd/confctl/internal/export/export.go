// Package export writes a live list into a pipe or into a CSV, XLSX, NDJSON or Parquet file, which is complete or does not exist.
//
// What is listed goes line by line into an unfinished file beside the target: FILE.partial, which is NDJSON behind a first
// line that says what it is of. When the listing has proven as much as is required, the target is made from it in its
// format, and the unfinished file is removed. So a run that ends early loses nothing, whatever the format, although XLSX and
// Parquet cannot be appended to, and a later run continues. It cannot go on in the middle of the list, because that moved on: it
// lists again, and adds what is not there yet. The result then holds what was live in either run.
package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/partial"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// List is a listing of everything, as Pager.All makes it.
type List = iter.Seq2[confopenapi.Conference, error]

// Job is what is to be exported, and how.
type Job struct {
	Target  string
	Layout  Layout
	Origin  Origin
	Resume  bool // go on with what an earlier run has left, if it has
	Replace bool // a target that is there already
}

// Export is a job whose unfinished file is open. It is not safe for concurrent use.
type Export struct {
	job      Job
	file     *partial.File
	resuming bool
}

// ErrExists: the target is there already, and the job does not replace it.
var ErrExists = errors.New("there already")

// UnfinishedError says that an earlier run has left an unfinished file, with which the job does not go on.
type UnfinishedError struct{ Path string }

func (e *UnfinishedError) Error() string { return "an unfinished export is in " + e.Path }

// WriteError says that the disk or the pipe did not take something.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "writing: " + e.Err.Error() }
func (e *WriteError) Unwrap() error { return e.Err }

// Open makes sure of the target before anything is asked for. Close the Export. The error wraps ErrExists, an
// *UnfinishedError, an *OriginError, or what partial.Open says; whichever it is, nothing was changed.
func Open(job Job) (*Export, error) {
	job.Origin = job.Origin.of(job.Layout)
	head, err := job.Origin.head()
	if err != nil {
		return nil, err
	}
	e := &Export{job: job}
	path := partial.Path(job.Target)
	e.file, err = partial.Open(job.Target, partial.Options{Head: head, Check: job.vacant, Judge: func(line string) error {
		if !job.Resume {
			return &UnfinishedError{path}
		}
		e.resuming = true
		return job.Origin.judge(path, line)
	}})
	if err != nil {
		return nil, err
	}
	clearScratch(e.scratch())
	return e, nil
}

// scratch is a directory for what a format needs while the target is made.
func (e *Export) scratch() string { return disk.Real(e.job.Target) + ".scratch" }

// vacant looks for what the target would replace, and minds no empty file. What is no file, partial.Open finds.
func (j Job) vacant() error {
	if info, err := os.Stat(j.Target); err == nil && info.Mode().IsRegular() && info.Size() > 0 && !j.Replace {
		return fmt.Errorf("%s is %w", j.Target, ErrExists)
	}
	return nil
}

// Resuming reports whether an earlier run has left something, and when it wrote last.
func (e *Export) Resuming() (time.Time, bool) { return e.file.Written(), e.resuming }

// Len is how many conferences there are so far.
func (e *Export) Len() int { return e.file.Len() }

// Stale is how many of them an earlier run has listed and this one has not, so far.
func (e *Export) Stale() int { return e.file.Stale() }

// Unfinished is where the unfinished file is.
func (e *Export) Unfinished() string { return e.file.Path() }

// Flush has what was listed outlive a kill. Run calls it at the end of the list.
func (e *Export) Flush() error { return e.file.Flush() }

// Close leaves the unfinished file for a later run, unless there is nothing in it or the target is made.
func (e *Export) Close() { e.file.Close() }

// Run adds what is listed, and makes the target. The error is the list's, a *WriteError, a *TooLargeError, a
// *partial.DamagedError, ErrExists or ctx's; whichever it is, what was listed stays in the unfinished file.
func (e *Export) Run(ctx context.Context, list List, progress Progress) error {
	err := e.list(list, progress)
	if unwritten := e.file.Flush(); err == nil && unwritten != nil {
		err = &WriteError{unwritten}
	}
	if err != nil {
		return err
	}
	if err := e.job.vacant(); err != nil {
		return err
	}
	perm := fs.FileMode(0o666)
	if e.job.Origin.PersonalData && e.job.Layout.Personal() {
		perm = 0o600
	}
	err = e.file.Convert(perm, func(w io.Writer) error { return e.convert(ctx, w, progress) })
	return classify(ctx, err)
}

// list adds what is listed.
func (e *Export) list(list List, progress Progress) error {
	var conf confopenapi.Conference // one for all: it escapes
	n := 0
	for listed, err := range list {
		if err != nil {
			return err
		}
		if conf = listed; !e.job.Origin.PersonalData {
			show.Mask(&conf)
		}
		if err := e.file.Add(&conf); err != nil {
			return &WriteError{err}
		}
		if err := e.job.Layout.Format.Fits(e.file.Len()); err != nil {
			return err
		}
		n++
		progress.report(Listing, n)
	}
	return nil
}

func (e *Export) convert(ctx context.Context, w io.Writer, progress Progress) error {
	out, err := e.job.Layout.NewWriter(w, e.scratch())
	if err != nil {
		return err
	}
	defer out.Close()
	n := 0
	for conf, err := range e.file.Rows() {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := out.Write(conf); err != nil {
			return err
		}
		n++
		progress.report(Writing, n)
	}
	return out.Finish()
}

// classify makes a *WriteError of an error of the disk.
func classify(ctx context.Context, err error) error {
	_, large := errors.AsType[*TooLargeError](err)
	_, damaged := errors.AsType[*partial.DamagedError](err)
	if err == nil || large || damaged || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	return &WriteError{err}
}

// Pipe writes a listing as it comes, and returns how many conferences it has written. If the list ends with an error, the conferences before it are written. The error is the list's or a *WriteError. XLSX and Parquet need a file.
func Pipe(w io.Writer, list List, layout Layout, personalData bool, progress Progress) (n int, err error) {
	buffer := bufio.NewWriter(w)
	out, broken := layout.NewWriter(buffer, "")
	if broken != nil {
		return 0, &WriteError{broken}
	}
	defer out.Close()
	var conf confopenapi.Conference
	for listed, failed := range list {
		if failed != nil {
			err = failed
			break
		}
		if conf = listed; !personalData {
			show.Mask(&conf)
		}
		if broken = out.Write(&conf); broken != nil {
			return n, &WriteError{broken}
		}
		n++
		progress.report(Listing, n)
	}
	if broken = out.Finish(); broken == nil {
		broken = buffer.Flush()
	}
	if broken != nil {
		return n, &WriteError{broken}
	}
	return n, err
}
