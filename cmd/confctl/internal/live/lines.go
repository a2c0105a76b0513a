package live

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/follow"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Lines prints events to w, a JSON document or a line for people each. What is wrong with w ends the watch, as unwritten
// makes an error of it; other errors are handed to failed.
func Lines(w io.Writer, o Options, asJSON bool, unwritten func(error) error, failed func(error)) follow.Listener {
	return &lines{w, o, asJSON, unwritten, failed}
}

type lines struct {
	w         io.Writer
	o         Options
	asJSON    bool
	unwritten func(error) error
	failed    func(error)
}

func (l *lines) Event(e confopenapi.Event) error {
	if !l.o.wants(e) {
		return nil
	}
	e.Conference = l.o.masked(e.Conference)
	if l.asJSON {
		return l.unwritten(show.JSON(l.w, e))
	}
	line := fmt.Sprintf("%s  %s  %s", e.At.In(l.o.Zone).Format(time.DateTime+"Z07:00"),
		kindCell(l.o.Text, e.Kind), strings.Join(l.o.facts(entry{Event: e}), ", "))
	if l.o.Width > 0 {
		line = show.Cut(line, l.o.Width)
	}
	_, err := fmt.Fprintln(l.w, line)
	return l.unwritten(err)
}

func (*lines) Polled(confopenapi.Report)  {}
func (l *lines) Failed(err error, _ bool) { l.failed(err) }
