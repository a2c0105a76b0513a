package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/natefinch/atomic"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// Checkpoint is a Watcher on a disk. The Watcher knows the request that it belongs to; whose list it is, the file says.
type Checkpoint struct {
	Service string               `json:"service"`
	Watcher *confopenapi.Watcher `json:"watcher"`

	path     string // "" = none is kept
	restored bool
	text     *message.Printer
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
		return nil, c.useless(errors.New(text.Sprintf("%s is no checkpoint of this program, or damaged", path)))
	}
	if kept.Service != service {
		return nil, c.useless(errors.New(text.Sprintf("%s is of another service, %s", path, kept.Service)))
	}
	c.Watcher, c.restored = kept.Watcher, true
	return c, nil
}

func (c *Checkpoint) useless(err error) error {
	return &program.Problem{
		Err: err, Code: program.Unsent,
		Hint: c.text.Sprintf("nothing was changed: name another --checkpoint, or move this one away to begin anew"),
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
			Hint: c.text.Sprintf("after a restart, what is told since the last checkpoint is told again"),
		}
	}
	return nil
}

// Known lists what was told before this run and is in the list still. A watch goes on with changes alone, and a view begins
// with the whole. It costs a listing; without a restored checkpoint it is empty at once. Call it while no event is pending.
//
// What the Watcher does not know yet is left out: if it is there at the next poll the watch tells it, and if it is not,
// nobody would tell its end.
func (c *Checkpoint) Known(ctx context.Context, client *confopenapi.Client, req *confopenapi.ListByStatusRequest) ([]confopenapi.Conference, error) {
	if !c.restored {
		return nil, nil
	}
	state, err := json.Marshal(c.Watcher)
	if err != nil {
		return nil, err
	}
	known := confopenapi.NewWatcher()
	if err := json.Unmarshal(state, known); err != nil {
		return nil, err
	}
	snapshot, err := client.Snapshot(ctx, req, &confopenapi.SnapshotOptions{Require: confopenapi.VerdictIncomplete})
	if err != nil {
		return nil, err
	}
	unknown := map[confopenapi.Identity]bool{}
	for _, e := range known.Step(snapshot) {
		if e.Kind != confopenapi.EventUpdated {
			unknown[e.Conference.Identity()] = true
		}
	}
	return slices.DeleteFunc(snapshot.Conferences, func(c confopenapi.Conference) bool { return unknown[c.Identity()] }), nil
}
