package partial

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Convert writes the target by write, from Rows or anything else: into a file beside it, which has the permissions perm
// less the umask, and gets the target's name once all of it is on the disk. The unfinished file is then removed. On an
// error the target and the unfinished file are as they were.
func (f *File) Convert(perm fs.FileMode, write func(io.Writer) error) error {
	path := f.target + ".new"
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that was killed here
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(file, 1<<16)
	if err = write(buffer); err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = commit(file, f.target)
	}
	if err != nil {
		_ = file.Close()
		_ = os.Remove(path)
		return err
	}
	f.done = true
	return nil
}

// commit gives a file the target's name, once all of it is on the disk.
func commit(file *os.File, target string) error {
	err := file.Sync()
	if err == nil {
		err = file.Close()
	}
	if err == nil {
		err = os.Rename(file.Name(), target)
	}
	if err != nil {
		return err
	}
	// The name must last before the unfinished file goes. Not all systems can sync a directory, and the file is whole anyway.
	if dir, err := os.Open(filepath.Dir(target)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}

// Close leaves the unfinished file for the next run, unless there is nothing in it or it has served.
func (f *File) Close() {
	if f.rows == 0 || f.done {
		_ = os.Remove(f.path)
	}
	f.release()
}

func (f *File) release() {
	if f.file != nil {
		_ = f.file.Close()
	}
	if f.lock.Locked() {
		_ = os.Remove(f.lock.Path())
		_ = f.lock.Close()
	}
}
