//go:build unix

package disk

import (
	"io/fs"
	"os"
	"syscall"
)

// chown gives a file the owner and the group of another, and reports whether it is of that group.
func chown(file *os.File, had fs.FileInfo) bool {
	want, ok := had.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	if file.Chown(int(want.Uid), int(want.Gid)) == nil {
		return true
	}
	return file.Chown(-1, int(want.Gid)) == nil
}
