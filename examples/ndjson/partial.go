package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
)

// partial is the unfinished file beside a target. Of its conferences only the identities are in memory.
type partial struct {
	target, path string
	file         *os.File
	out          io.Writer // the file, or what a test puts before it
	line         []byte    // scratch
	lock         *flock.Flock
	listed       map[confopenapi.Identity]bool // what is in the file; true = listed by this run
	written      string                        // when an unfinished run wrote last
}

// openPartial opens the unfinished file of a job, whose text tells it from others with the same target, and reads what is
// in it. A last line that was not written to its end is cut off. Whatever else is wrong is an error, and changes nothing.
func openPartial(target, job string, fresh bool) (*partial, error) {
	if real, err := filepath.EvalSymlinks(target); err == nil {
		target = real // a rename would replace the link
	}
	if info, err := os.Stat(target); err == nil && !info.Mode().IsRegular() {
		return nil, unusable(fmt.Errorf("%s is a directory or a device", target), "-o is the name of a file, which may exist")
	}
	sum := sha256.Sum256([]byte(job))
	p := &partial{
		target: target, path: fmt.Sprintf("%s.%x.partial", target, sum[:6]),
		lock: flock.New(target+".lock", flock.SetPermissions(0o600)), listed: map[confopenapi.Identity]bool{},
	}
	if err := p.open(fresh); err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

func unusable(err error, hint string) error {
	return &program.Problem{Err: err, Hint: hint, Code: program.Unsent}
}

func (p *partial) open(fresh bool) error {
	const reachable = "the directory of -o must exist, and the file be yours to write"
	mine, err := p.lock.TryLock()
	if err != nil {
		return unusable(err, reachable)
	}
	if !mine || !named(p.lock) {
		_ = p.lock.Close()
		return unusable(fmt.Errorf("another run is writing %s", p.target), "wait for it, or choose another -o")
	}
	flags := os.O_RDWR | os.O_CREATE
	if fresh {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(p.path, flags, 0o600)
	if err != nil {
		return unusable(err, reachable)
	}
	p.file, p.out = file, file
	if info, err := file.Stat(); err == nil {
		p.written = info.ModTime().UTC().Format(time.DateTime + " MST")
	}
	end, err := p.read()
	if err == nil {
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err != nil {
		return unusable(err, "nothing was changed: move "+p.path+" away, or begin anew with -fresh")
	}
	return nil
}

// named reports whether a lock is on the file that now has its name: a run that ends takes its file away.
func named(lock *flock.Flock) bool {
	held, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(held, there)
}

// read takes in the lines that are whole, and returns where the last of them ends.
func (p *partial) read() (end int64, err error) {
	lines := bufio.NewReader(p.file)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return end, err
		}
		var conf confopenapi.Conference
		err = json.Unmarshal(line, &conf)
		if _, twice := p.listed[conf.Identity()]; err != nil || twice {
			return end, fmt.Errorf("line %d of %s is damaged", n, p.path)
		}
		p.listed[conf.Identity()] = false
		end += int64(len(line))
	}
}

// add appends a conference unless it is in the file. Each line is one write, so that a kill loses none that came.
func (p *partial) add(conf confopenapi.Conference) error {
	id := conf.Identity()
	if _, there := p.listed[id]; !there {
		p.line = append(conf.AppendJSON(p.line[:0]), '\n')
		if _, err := p.out.Write(p.line); err != nil {
			return program.Output(err)
		}
	}
	p.listed[id] = true
	return nil
}

// stale is how much of the file this run has not listed.
func (p *partial) stale() (n int) {
	for _, now := range p.listed {
		if !now {
			n++
		}
	}
	return n
}

// finish gives the file the target's name, once all of it is on the disk.
func (p *partial) finish() error {
	err := p.file.Sync()
	if err == nil {
		err = p.file.Close()
	}
	if err == nil {
		err = os.Rename(p.path, p.target)
	}
	return program.Output(err)
}

// close leaves the unfinished file for the next run, unless there is nothing in it.
func (p *partial) close() {
	if len(p.listed) == 0 {
		_ = os.Remove(p.path)
	}
	p.release()
}

func (p *partial) release() {
	if p.file != nil {
		_ = p.file.Close()
	}
	if p.lock.Locked() {
		_ = os.Remove(p.lock.Path())
		_ = p.lock.Close()
	}
}
