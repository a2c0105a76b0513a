package live

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/examples/internal/follow"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

// Lines prints events to w, a JSON object or a line for people each, and hands errors to failed.
func Lines(w io.Writer, o Options, asJSON bool, failed func(error)) follow.Teller {
	return &lines{w, o, asJSON, failed}
}

type lines struct {
	w      io.Writer
	o      Options
	asJSON bool
	failed func(error)
}

func (l *lines) Event(e confopenapi.Event) error {
	if !l.o.wants(e) {
		return nil
	}
	e.Conference = l.o.masked(e.Conference)
	if l.asJSON {
		return show.JSON(l.w, e)
	}
	_, err := fmt.Fprintf(l.w, "%s  %s  %s\n", e.At.In(l.o.Zone).Format(time.DateTime),
		fit(kindName(l.o.Text, e.Kind), kindWidth), strings.Join(l.o.facts(entry{Event: e}), ", "))
	return err
}

func (*lines) Polled(confopenapi.Report) {}
func (l *lines) Failed(err error)        { l.failed(err) }
