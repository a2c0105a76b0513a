package alert

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

const (
	shown    = 10 // conferences in a text
	maxTitle = 60 // characters of a title or a name
)

// text is a message for people: what was found, then a line for each conference.
func (w *work) text(rule *Rule, m *Message) string {
	p, zone := w.options.Text, cmp.Or(w.options.Zone, time.Local)
	at := func(t time.Time) string { return t.In(zone).Format(time.DateTime) + " " + show.Zone(t.In(zone)) }
	first := m.Found[0]
	var lines []string
	switch {
	case rule.AttendeesAbove > 0:
		lines = append(lines, p.Sprintf("%d conferences with more than %d attendees", m.Total, rule.AttendeesAbove))
	case rule.TotalAttendeesAbove > 0:
		lines = append(lines, p.Sprintf("%d attendees in all, more than %d", first.Attendees, rule.TotalAttendeesAbove))
	case rule.Title != nil:
		lines = append(lines, p.Sprintf("%d conferences started that match %s", m.Total, line(rule.Title.String())))
	case first.ProvenAt.IsZero():
		lines = append(lines, p.Sprintf("no listing was proven for %s", rule.NoListingFor.String()))
	default:
		lines = append(lines, p.Sprintf("no listing was proven for %s; the last one was at %s", rule.NoListingFor.String(), at(first.ProvenAt)))
	}
	if rule.Name != "" {
		lines[0] = p.Sprintf("%s: %s", line(rule.Name), lines[0])
	}
	for i, f := range m.Found {
		if c := f.Conference; c != nil && i < shown {
			who := strings.TrimSuffix(line(c.HostOrgName)+" "+line(c.HostName), " ")
			lines = append(lines, p.Sprintf("- %s, %s, attending %d, event %s", cmp.Or(line(c.Title), "-"), cmp.Or(strings.TrimSpace(who), "-"), f.Attendees, strconv.FormatInt(c.EventID, 10)))
		}
	}
	if more := m.Total - shown; first.Conference != nil && more > 0 {
		lines = append(lines, p.Sprintf("- and %d more", more))
	}
	return strings.Join(append(lines, p.Sprintf("service %s, at %s", w.options.Service, at(m.At))), "\n")
}

// line is a text of strangers, as a part of a line.
func line(s string) string {
	runes := []rune(show.Printable(s))
	if len(runes) > maxTitle {
		return string(runes[:maxTitle-1]) + "…"
	}
	return string(runes)
}
