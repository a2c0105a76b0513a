package follow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/natefinch/atomic"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// Checkpoint is a Watcher on a disk. The Watcher knows the request that it belongs to; whose list it is, the file says.
type Checkpoint struct {
	Service string               `json:"service"`
	Watcher *confopenapi.Watcher `json:"watcher"`

	path string // "" = none is kept
	text *message.Printer
}

// Restore reads a checkpoint, or begins one where there is none yet; without a path none is kept. On an error, which is a
// *program.Problem, the file is as it was.
func Restore(text *message.Printer, path, service string) (*Checkpoint, error) {
	c := &Checkpoint{Service: service, Watcher: confopenapi.NewWatcher(), path: path, text: text}
	if path == "" {
		return c, nil
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = c.save(); err == nil { // what cannot be written is to be known before anything is sent
			return c, nil
		}
	}
	if err != nil {
		return nil, c.useless(err)
	}
	var kept Checkpoint
	if err := json.Unmarshal(content, &kept); err != nil || kept.Watcher == nil {
		return nil, c.useless(errors.New(text.Sprintf("%s is not a checkpoint of this program, or it is damaged", path)))
	}
	if kept.Service != service {
		return nil, c.useless(errors.New(text.Sprintf("%s is of another service, %s", path, kept.Service)))
	}
	c.Watcher = kept.Watcher
	return c, nil
}

func (c *Checkpoint) useless(err error) error {
	return &program.Problem{
		Err: err, Code: program.Unsent,
		Hint: c.text.Sprintf("nothing was changed: use another --checkpoint, or move this file away to start again"),
	}
}

// save replaces the file as a whole.
func (c *Checkpoint) save() error {
	if c.path == "" {
		return nil
	}
	content, err := json.Marshal(c)
	if err == nil {
		err = atomic.WriteFile(c.path, bytes.NewReader(content))
	}
	if err != nil {
		return &program.Problem{
			Err: fmt.Errorf("%s: %w", c.text.Sprintf("writing the checkpoint"), err), Code: program.Failed,
			Hint: c.text.Sprintf("after a restart, the output since the last checkpoint is repeated"),
		}
	}
	return nil
}
