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
	_, err := fmt.Fprintf(l.w, "%s  %s  %s\n", e.At.In(l.o.Zone).Format(time.DateTime),
		kindCell(l.o.Text, e.Kind), strings.Join(l.o.facts(entry{Event: e}), ", "))
	return l.unwritten(err)
}

func (*lines) Polled(confopenapi.Report) {}
func (l *lines) Failed(err error)        { l.failed(err) }
