package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
)

// Save writes a token into the file of a profile, and the profile, if it is new, at the end of the configuration: what people
// wrote there stays. Both files and their directory are for the owner alone.
func (c *Config) Save(name string, p Profile, token string) error {
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil {
		return err
	}
	lock, err := disk.TakeLock(c.Path)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := write(c.TokenPath(name), token+"\n"); err != nil {
		return err
	}
	if _, there := c.Profiles[name]; there {
		return nil
	}
	text, err := os.ReadFile(c.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	added := add(string(text), name, p)
	if _, err := parse(c.Path, added); err != nil {
		return err
	}
	return write(c.Path, added)
}

// add appends a profile with the token file of its name.
func add(text, name string, p Profile) string {
	if text != "" {
		text = strings.TrimRight(text, "\n") + "\n\n"
	}
	text += fmt.Sprintf("[profiles.%s]\nbase-url = %s\ntoken-file = %s\n", name, strconv.Quote(p.BaseURL), strconv.Quote(name+".token"))
	if p.Admin != 0 {
		text += fmt.Sprintf("admin = %d\n", p.Admin)
	}
	if p.IgnoreTotals {
		text += "ignore-totals = true\n"
	}
	return text
}

// write replaces a file, which others cannot read at any moment.
func write(path, text string) error {
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return disk.Replace(path, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}, nil)
}
