package disk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNoFile: the path is there, and is a directory or a device.
var ErrNoFile = errors.New("a directory or a device")

// Regular returns an error that wraps ErrNoFile if something is there that is no regular file.
func Regular(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is %w", path, ErrNoFile)
	}
	return nil
}

// Real is what a link leads to, whether it is there or not: a rename would replace the link.
func Real(path string) string {
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// New is where Replace writes a file before it gets its name.
func New(path string) string { return Real(path) + ".new" }

// Named gives an error of the system that is of a file beside another the name of that other, which a person knows.
func Named(err error, beside, path string) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok && failed.Path == beside {
		failed.Path = path
	}
	return err
}

// Replace writes a file as a whole, which gets its name once all of it is on the disk. A new one has the permissions perm, less
// the umask. One that is replaced keeps its permissions, its owner as far as this process may, and the links to it; but if
// perm allows the owner alone, everybody's permissions are no longer taken over. Before is called when all is written; its
// error, and any other, leaves the file as it was.
func Replace(path string, perm fs.FileMode, write func(io.Writer) error, before func() error) (err error) {
	defer func(given string) { err = Named(err, New(given), given) }(path)
	path = Real(path)
	name := New(path)
	if err := Regular(path); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that was killed here
		return err
	}
	had, err := os.Stat(path)
	create := perm
	if err == nil {
		create = 0o600
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, create)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(file, 1<<16)
	if err = write(buffer); err == nil {
		err = buffer.Flush()
	}
	if err == nil && had != nil {
		err = takeOver(file, had, perm)
	}
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil && before != nil {
		err = before()
	}
	if err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		_ = os.Remove(name)
		return err
	}
	// Not all systems can sync a directory, and the file is whole anyway.
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}

// takeOver gives a file the owner and the permissions of the one that it replaces.
func takeOver(file *os.File, had fs.FileInfo, perm fs.FileMode) error {
	mode := had.Mode().Perm()
	if private := perm&0o077 == 0; private && mode&0o007 != 0 {
		mode &= perm
	}
	if !chown(file, had) {
		mode &^= 0o070 // it is of another group
	}
	return file.Chmod(mode)
}
