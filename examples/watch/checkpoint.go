package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/natefinch/atomic"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
)

// checkpoint is a Watcher on a disk. The Watcher knows the request that it belongs to; whose list it is, the file says.
type checkpoint struct {
	Service string               `json:"service"`
	Watcher *confopenapi.Watcher `json:"watcher"`
	path    string               // "" = none is kept
}

// restore reads a checkpoint, or begins one where there is none yet. On an error the file is as it was.
func restore(path, service string) (*checkpoint, error) {
	c := &checkpoint{Service: service, Watcher: confopenapi.NewWatcher(), path: path}
	if path == "" {
		return c, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = c.save(); err == nil { // what cannot be written is to be known before anything is sent
			return c, nil
		}
	}
	if err != nil {
		return nil, useless(err)
	}
	var kept checkpoint
	if err := json.Unmarshal(text, &kept); err != nil || kept.Watcher == nil {
		return nil, useless(fmt.Errorf("%s is no checkpoint of this program, or damaged", path))
	}
	if kept.Service != service {
		return nil, useless(fmt.Errorf("%s is of another service, %s", path, kept.Service))
	}
	c.Watcher = kept.Watcher
	return c, nil
}

func useless(err error) error {
	return &program.Problem{Err: err, Hint: "nothing was changed: name another -checkpoint, or move this one away to begin anew", Code: program.Unsent}
}

// save replaces the file as a whole.
func (c *checkpoint) save() error {
	if c.path == "" {
		return nil
	}
	text, err := json.Marshal(c)
	if err == nil {
		err = atomic.WriteFile(c.path, bytes.NewReader(text))
	}
	if err != nil {
		return &program.Problem{Err: fmt.Errorf("writing the checkpoint: %w", err), Hint: "after a restart, what is told since the last checkpoint is told again", Code: program.Failed}
	}
	return nil
}
