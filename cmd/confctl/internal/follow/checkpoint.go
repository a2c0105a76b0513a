package follow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Checkpoint is a Watcher on a disk. The Watcher knows the request that it belongs to; whose list it is, the file says, and
// what its conferences were when they were seen last, which the Watcher does not keep. Their personal data is masked.
type Checkpoint struct {
	Service     string                            `json:"service"`
	Watcher     *confopenapi.Watcher              `json:"watcher"`
	Conferences map[string]confopenapi.Conference `json:"conferences"` // by the text of keyOf

	path string // "" = none is kept
	lock *disk.Lock
	text *message.Printer
}

// Restore reads a checkpoint, or begins one where there is none yet or an empty file; without a path none is kept. Close it.
// On an error, which is a *program.Problem, the file is as it was.
func Restore(text *message.Printer, path, service string) (*Checkpoint, error) {
	c := &Checkpoint{Service: service, Watcher: confopenapi.NewWatcher(), Conferences: map[string]confopenapi.Conference{}, path: path, text: text}
	if path == "" {
		return c, nil
	}
	if err := disk.Regular(path); err != nil {
		return nil, c.useless(errors.New(text.Sprintf("%s is a directory or a device", path)))
	}
	var err error
	if c.lock, err = disk.TakeLock(path); errors.Is(err, disk.ErrBusy) {
		return nil, &program.Problem{
			Err: errors.New(text.Sprintf("another watch is using %s", path)), Code: program.Unsent,
			Hint: text.Sprintf("wait until it ends, or use another --checkpoint"),
		}
	} else if err != nil {
		return nil, c.unwritten(err, program.Unsent)
	}
	if err := c.restore(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close lets another watch use the file.
func (c *Checkpoint) Close() { c.lock.Release() }

func (c *Checkpoint) restore() error {
	_ = os.Remove(disk.New(c.path)) // of a run that was killed
	content, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && program.TrimBlanks(string(content)) == "" {
		return c.unwritten(c.write(), program.Unsent) // what cannot be written is to be known before anything is sent
	}
	if err != nil {
		return c.useless(err)
	}
	var kept struct {
		Service     string                            `json:"service"`
		Watcher     json.RawMessage                   `json:"watcher"`
		Conferences map[string]confopenapi.Conference `json:"conferences"`
	}
	if json.Unmarshal(content, &kept) != nil || len(kept.Watcher) < len("{}") {
		return c.useless(errors.New(c.text.Sprintf("%s is not a checkpoint of this program, or it is damaged", c.path)))
	}
	if err := c.Watcher.UnmarshalJSON(kept.Watcher); err != nil || kept.Conferences == nil {
		return c.useless(errors.New(c.text.Sprintf("%s is a checkpoint of another version of this program", c.path)))
	}
	if kept.Service != c.Service {
		return c.useless(errors.New(c.text.Sprintf("%s is of another service, %s", c.path, kept.Service)))
	}
	c.Conferences = kept.Conferences
	return nil
}

// recall gives the end of a conference that was seen only before a restart what the conference was then.
func (c *Checkpoint) recall(e *confopenapi.Event) {
	id := e.Conference.Identity()
	last, kept := c.Conferences[keyOf(&e.Conference)]
	if kept && reflect.DeepEqual(e.Conference, confopenapi.Conference{EventID: id.EventID, ConferenceID: id.ConferenceID, StartTime: id.StartTime}) {
		e.Conference = last
	}
}

// remember keeps what a conference is. One without ids has no end that a Watcher could report.
func (c *Checkpoint) remember(conference confopenapi.Conference) {
	if c.path != "" && (conference.EventID != 0 || conference.ConferenceID != "") {
		show.Mask(&conference)
		c.Conferences[keyOf(&conference)] = conference
	}
}

func (c *Checkpoint) forget(conference *confopenapi.Conference) {
	delete(c.Conferences, keyOf(conference))
}

func keyOf(c *confopenapi.Conference) string {
	return fmt.Sprintf("%d/%s/%d", c.EventID, c.ConferenceID, c.StartTime)
}

func (c *Checkpoint) useless(err error) error {
	return &program.Problem{
		Err: err, Code: program.Unsent,
		Hint: c.text.Sprintf("nothing was changed: use another --checkpoint, or move this file away to start again"),
	}
}

func (c *Checkpoint) save() error {
	if c.path == "" {
		return nil
	}
	return c.unwritten(c.write(), program.Failed)
}

// write replaces the file as a whole.
func (c *Checkpoint) write() error {
	content, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return disk.Replace(c.path, 0o600, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}, nil)
}

// unwritten is the problem of a checkpoint that could not be written, or nil.
func (c *Checkpoint) unwritten(err error, code int) error {
	if err == nil {
		return nil
	}
	hint := c.text.Sprintf("after a restart, the output since the last checkpoint is repeated")
	if code == program.Unsent {
		hint = c.text.Sprintf("the directory of --checkpoint must exist and have room, and you must be allowed to write the file")
	}
	return &program.Problem{Err: fmt.Errorf("%s: %w", c.text.Sprintf("writing the checkpoint"), err), Code: code, Hint: hint}
}
