package live

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
)

// kindName is what happened, for people.
func kindName(p *message.Printer, kind confopenapi.EventKind) string {
	switch kind {
	case confopenapi.EventExisting:
		return p.Sprintf("existing")
	case confopenapi.EventStarted:
		return p.Sprintf("started")
	case confopenapi.EventUpdated:
		return p.Sprintf("updated")
	case confopenapi.EventEnded:
		return p.Sprintf("ended")
	case confopenapi.EventResumed:
		return p.Sprintf("resumed")
	case confopenapi.EventRestarted:
		return p.Sprintf("restarted")
	}
	return kind.String()
}

// Kind is the kind of event with a name, which may be the one for people; false = there is none.
func Kind(p *message.Printer, name string) (confopenapi.EventKind, bool) {
	for kind := confopenapi.EventExisting; kind <= confopenapi.EventRestarted; kind++ {
		if name == kind.String() || name == kindName(p, kind) {
			return kind, true
		}
	}
	return 0, false
}

// kindCell is the name of what happened, as wide as the longest.
func kindCell(p *message.Printer, kind confopenapi.EventKind) string {
	width := 0
	for k := confopenapi.EventExisting; k <= confopenapi.EventRestarted; k++ {
		width = max(width, show.Width(kindName(p, k)))
	}
	return show.Fit(kindName(p, kind), width)
}

// facts are what an event is about: the conference, and what changed.
func (o *Options) facts(e entry) []string {
	c, p := e.Conference, o.Text
	var facts []string
	if c.EventID != 0 {
		facts = append(facts, strconv.FormatInt(c.EventID, 10))
	}
	if c.Title != "" {
		facts = append(facts, show.Printable(c.Title))
	}
	switch {
	case !o.WithPersonalData || c.HostName == "":
	case c.HostName == show.Masked:
		facts = append(facts, p.Sprintf("[masked]"))
	default:
		facts = append(facts, show.Printable(c.HostName))
	}
	switch e.Kind {
	case confopenapi.EventUpdated:
		facts = append(facts, o.changes(e)...)
	case confopenapi.EventEnded:
		if e.Proven {
			facts = append(facts, p.Sprintf("proven"))
		} else {
			facts = append(facts, p.Sprintf("not proven"))
		}
	default:
		facts = append(facts, p.Sprintf("attending %d", e.Conference.AttendeeCount))
	}
	if e.Kind == confopenapi.EventExisting && (e.late || len(o.Known) > 0 && !o.Known[c.Identity()]) {
		facts = append(facts, p.Sprintf("new, or missed before"))
	}
	return facts
}

// changes are the fields that changed: counts with what they were and are, the others by their documented names.
func (o *Options) changes(e entry) (texts []string) {
	counts := map[string]column{}
	for _, c := range columns(o.Text, o.Zone) {
		if c.field == "attendeeCnt" {
			c.name = o.Text.Sprintf("attending")
		}
		if c.count != nil {
			counts[c.field] = c
		}
	}
	for _, member := range e.Changed {
		if strings.HasPrefix(member, "raw") && len(texts) > 0 {
			continue // the figure before the service corrected it
		}
		c, isCount := counts[member]
		switch {
		case !isCount:
			texts = append(texts, o.named(member))
		case e.before.Identity() == e.Conference.Identity() && c.count(&e.before) != c.count(&e.Conference):
			texts = append(texts, fmt.Sprintf("%s %d->%d", c.name, c.count(&e.before), c.count(&e.Conference)))
		default:
			texts = append(texts, c.name+" "+strconv.Itoa(c.count(&e.Conference)))
		}
	}
	return texts
}

// named is a field's name, in Chinese for those who read that.
func (o *Options) named(member string) string {
	if f := (table.Picker{Printer: o.Text}).Named(member); f != nil && locale.IsChinese(o.Text) {
		return f.Chinese
	}
	return member
}

// logLine is an event in the view.
func (m *Model) logLine(e entry) string {
	at := e.At.In(m.options.Zone).Format(time.TimeOnly) + gap
	if e.problem != "" {
		return at + m.styles.bad.Render(e.problem)
	}
	kind := kindCell(m.options.Text, e.Kind)
	return at + m.styles.kinds[e.Kind].Render(kind) + gap +
		strings.Join(m.options.facts(e), ", ")
}
