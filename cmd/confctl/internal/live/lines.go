package live

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/follow"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Lines prints events to w, a JSON document or a line for people each. What is wrong with w ends the watch, as unwritten
// makes an error of it. Of other errors, those of one kind, failed gets the first; nil says that two polls in a row had none.
func Lines(w io.Writer, o Options, asJSON bool, unwritten func(error) error, failed func(error)) follow.Listener {
	return &lines{w: w, o: o, asJSON: asJSON, unwritten: unwritten, failed: failed}
}

type lines struct {
	w         io.Writer
	o         Options
	asJSON    bool
	unwritten func(error) error
	failed    func(error)
	kind      string // of the error that failed has got; "" = none
	well      bool   // no error came since the last poll
	polled    bool   // a poll has ended
}

func (l *lines) Event(e confopenapi.Event) error {
	if !l.o.Wants(e) {
		return nil
	}
	e.Conference = l.o.masked(e.Conference)
	if l.asJSON {
		return l.unwritten(show.JSON(l.w, e))
	}
	line := fmt.Sprintf("%s  %s  %s", e.At.In(l.o.Zone).Format(time.DateTime+"Z07:00"),
		kindCell(l.o.Text, e.Kind), strings.Join(l.o.facts(entry{Event: e, late: l.polled}), ", "))
	if l.o.Width > 0 {
		line = show.Cut(line, l.o.Width)
	}
	_, err := fmt.Fprintln(l.w, line)
	return l.unwritten(err)
}

func (l *lines) Polled(confopenapi.Report) {
	if l.well && l.kind != "" {
		l.kind = ""
		l.failed(nil)
	}
	l.well, l.polled = true, true
}

func (l *lines) Failed(err error, _ bool) {
	l.well = false
	if kind := program.Kind(l.o.Text, err); kind != l.kind {
		l.kind = kind
		l.failed(err)
	}
}
