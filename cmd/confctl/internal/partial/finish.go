package partial

import (
	"io"
	"io/fs"
	"os"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
)

// Convert writes the target by write, from Rows or anything else, as disk.Replace does. The unfinished file is then removed.
// On an error the target and the unfinished file are as they were.
func (f *File) Convert(perm fs.FileMode, write func(io.Writer) error) error {
	served := func() error {
		_ = f.file.Close() // some systems rename no open file
		return os.Rename(f.path, f.served())
	}
	if err := disk.Replace(f.target, perm, write, served); err != nil {
		_ = os.Rename(f.served(), f.path)
		return err
	}
	f.done = true
	return nil
}

// Close leaves the unfinished file for the next run, unless there is nothing in it or it has served.
func (f *File) Close() {
	_ = f.Flush() // on an error, Len has said how many are kept
	if f.rows == 0 {
		_ = os.Remove(f.path)
	}
	if f.done {
		_ = os.Remove(f.served())
	}
	f.release()
}

func (f *File) release() {
	if f.file != nil {
		_ = f.file.Close()
	}
	f.lock.Release()
}
