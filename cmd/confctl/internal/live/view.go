package live

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// roomy is the height from which there are lines that one can do without.
const roomy = 16

// narrow is the width below which keys are not all named.
const narrow = 60

// layout is how many lines the parts of the picture get.
type layout struct {
	roomy     bool // with counts, totals, and a heading of the events
	failed    bool // with a line for what went wrong
	rows, log int
}

func (m *Model) layout() layout {
	l := layout{roomy: m.height >= roomy, failed: m.trouble() != ""}
	rest := m.height - 4 // the bar, the verdict, the names of the columns, the keys
	if l.failed {
		rest--
	}
	if l.roomy {
		rest -= 4 // the counts, the totals, an empty line, the heading
	}
	rest = max(0, rest)
	l.log = min(10, rest/3)
	l.rows = rest - l.log
	return l
}

// View draws the picture.
func (m *Model) View() tea.View {
	lines := m.lines()
	lines = lines[:min(len(lines), m.height)]
	for i, line := range lines {
		lines[i] = show.Fit(line, m.width)
	}
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.WindowTitle = "confctl watch"
	if m.filter.Focused() {
		if v.Cursor = m.filter.Cursor(); v.Cursor != nil {
			v.Cursor.Y = len(lines) - 1
		}
	}
	return v
}

// lines are those of the picture, of whatever width.
func (m *Model) lines() []string {
	l := m.layout()
	lines := append(m.header(l), m.body(l)...)
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(0, m.height-1)], m.footer())
}

// header is the service, what the last poll is worth, and counts.
func (m *Model) header(l layout) []string {
	s, p := m.shown(), m.options.Text
	right := p.Sprintf("all %d, attending %d", len(s.live), s.attending())
	if m.held != nil {
		right = p.Sprintf("paused, events since: %d", m.state.events()-m.held.events())
	}
	what := strings.Join(append([]string{" confctl watch", m.options.Service}, m.options.Filters...), gap+"--filter ")
	what = strings.Replace(what, "--filter ", "", 1) // of the service
	lines := []string{m.styles.bar.Render(spread(show.Printable(what), right+" ", m.width))}
	if m.help && !l.roomy {
		return lines
	}
	lines = append(lines, spread(m.verdict(s.polled), m.nextPoll(), m.width))
	if l.failed {
		lines = append(lines, m.styles.bad.Render(show.Cut(m.trouble(), m.width)))
	}
	if l.roomy {
		var counts []string
		for kind := confopenapi.EventStarted; kind <= confopenapi.EventRestarted; kind++ {
			counts = append(counts, kindName(p, kind)+" "+p.Sprint(s.counts[kind]))
		}
		lines = append(lines, m.styles.faint.Render(show.Cut(p.Sprintf("all events: %s", strings.Join(counts, gap)), m.width)))
	}
	return lines
}

// trouble is what went wrong since the last poll that listed something, or what that poll could not prove; "" = nothing.
func (m *Model) trouble() string {
	if r := m.state.polled; m.state.failed == "" && r != nil && r.Verdict == confopenapi.VerdictIncomplete {
		return Unproven(m.options.Text, r.Reason)
	}
	return m.state.failed
}

// Unproven says what follows from polls that may have missed conferences.
func Unproven(p *message.Printer, reason confopenapi.Reason) string {
	text := p.Sprintf("Incomplete polls show no ends; the next one shows what is new as existing.")
	if reason == confopenapi.ReasonTotal {
		return p.Sprintf("See confctl doctor.") + p.Sprintf(" %s", text)
	}
	return text
}

// verdict is what the last poll proved, or how old that is.
func (m *Model) verdict(r *confopenapi.Report) string {
	p := m.options.Text
	if r == nil {
		return p.Sprintf("waiting for the first list")
	}
	if m.state.old {
		return m.styles.bad.Render(p.Sprintf("poll failed, %s old", m.state.now.Sub(r.Start).Round(time.Second).String()))
	}
	text := p.Sprintf("%d requests in %s", r.Calls, r.End.Sub(r.Start).Round(time.Millisecond).String())
	if r.Reason != "" {
		text = m.options.Because(r.Reason) + gap + text
	}
	if r.Verdict > confopenapi.VerdictIncomplete && program.WithoutTotals(*r) {
		text = p.Sprintf("totals not used") + gap + text
	}
	style := m.styles.good
	if r.Verdict == confopenapi.VerdictIncomplete {
		style = m.styles.bad
	}
	return style.Render(verdictName(p, r.Verdict)) + gap + text
}

func verdictName(p *message.Printer, v confopenapi.Verdict) string {
	switch v {
	case confopenapi.VerdictComplete:
		return p.Sprintf("complete")
	case confopenapi.VerdictConditional:
		return p.Sprintf("complete, provided")
	case confopenapi.VerdictIncomplete, confopenapi.VerdictDefault:
	}
	return p.Sprintf("incomplete")
}

// nextPoll is when the next poll is about to begin. Polls go on while the picture stands still.
func (m *Model) nextPoll() string {
	s, p := m.state, m.options.Text
	wait := s.next.Sub(s.now).Round(time.Second)
	if s.next.IsZero() || s.now.IsZero() || wait <= 0 {
		return p.Sprintf("listing ...")
	}
	return p.Sprintf("next in about %s", wait.String())
}

// body is the table and the events, or the help.
func (m *Model) body(l layout) []string {
	if m.help {
		return m.keys()
	}
	p := m.options.Text
	heading, rows, totals := m.table(l.rows)
	lines := append([]string{heading}, rows...)
	if len(m.rows) == 0 {
		lines = []string{m.styles.faint.Render(m.nothing())}
	}
	if l.roomy && len(m.rows) > 0 {
		lines = append(lines, m.styles.faint.Render(totals))
	}
	for len(lines) < 1+l.rows {
		lines = append(lines, "")
	}
	if l.roomy {
		for len(lines) < 3+l.rows {
			lines = append(lines, "")
		}
		lines = append(lines, m.styles.heading.Render(p.Sprintf("EVENTS")+gap+show.Zone(m.state.now.In(m.options.Zone))))
	}
	return append(lines, m.logLines(l.log)...)
}

// nothing says why there is no row.
func (m *Model) nothing() string {
	s, p := m.shown(), m.options.Text
	switch {
	case s.polled == nil:
		return ""
	case m.unclear != "":
		return show.Printable(m.unclear)
	case len(s.live) > 0:
		return p.Sprintf("no conference matches the filter")
	}
	return p.Sprintf("no live conferences")
}

// logLines are the latest events that are asked for.
func (m *Model) logLines(n int) (lines []string) {
	for _, e := range m.shown().log {
		if len(lines) == n {
			break
		}
		if e.problem != "" || m.options.Wants(e.Event) && m.meets(&e.Conference) {
			lines = append(lines, m.logLine(e))
		}
	}
	return lines
}

// footer is the filter while it is being written, and else the keys. The keys that end the program are always there.
func (m *Model) footer() string {
	p := m.options.Text
	if m.filter.Focused() {
		left := show.Printable(strings.TrimRight(m.filter.View(), " "))
		if m.unclear != "" {
			left += gap + show.Printable(m.unclear)
		}
		return beside(left, m.filterKeys(), m.width)
	}
	if text := m.filter.Value(); text != "" {
		keys := m.keyLine(m.width / 2)
		left := p.Sprintf("filter: %s", text)
		if m.unclear != "" {
			left += gap + m.unclear
		}
		return beside(show.Printable(left), keys, m.width)
	}
	position := m.position()
	if show.Width(m.keyLine(0)+gap+position) > m.width {
		position = ""
	}
	return m.styles.faint.Render(beside(m.keyLine(m.width-show.Width(position)-len(gap)), position, m.width))
}

// filterKeys are the keys while the filter is being written; where there is little room, or the filter makes no sense, only that which ends the program.
func (m *Model) filterKeys() string {
	p := m.options.Text
	if m.width < narrow || m.unclear != "" {
		return p.Sprintf("Ctrl-C quit")
	}
	return p.Sprintf("Enter keep") + gap + p.Sprintf("Esc clear") + gap + p.Sprintf("Ctrl-C quit")
}

// keyLine is as many keys as there is room for. The last one that goes is that which ends the program.
func (m *Model) keyLine(width int) string {
	p := m.options.Text
	keys := []string{
		p.Sprintf("q quit"), p.Sprintf("? help"), p.Sprintf("/ filter"), p.Sprintf("s sort"), p.Sprintf("r reverse"), p.Sprintf("p pause"),
	}
	if m.held != nil {
		keys = slices.Insert(keys[:5], 1, p.Sprintf("p continue"))
	}
	if m.filter.Value() != "" {
		keys = slices.Insert(keys, 1, p.Sprintf("Esc clear"))
	}
	for len(keys) > 1 && show.Width(strings.Join(keys, gap)) > width {
		keys = keys[:len(keys)-1]
	}
	return strings.Join(keys, gap)
}

// position is which rows are shown.
func (m *Model) position() string {
	last := min(len(m.rows), m.top+m.layout().rows)
	if m.help || last <= m.top || m.top == 0 && last == len(m.rows) {
		return ""
	}
	return m.options.Text.Sprintf("rows %d to %d of %d", m.top+1, last, len(m.rows))
}

// keys explains the keys, most used first.
func (m *Model) keys() []string {
	p := m.options.Text
	list := [][2]string{
		{"q, Ctrl-C", p.Sprintf("quit")},
		{"/", p.Sprintf("filter further, as --filter; Enter keeps, Esc clears")},
		{"s", p.Sprintf("sort by another column")},
		{"r", p.Sprintf("reverse the order")},
		{"p", p.Sprintf("pause the screen; the watch continues")},
		{"Up, Down, PgUp, PgDn, Home, End", p.Sprintf("scroll")},
		{"?", p.Sprintf("close this help")},
		{"Ctrl-Z", p.Sprintf("suspend; fg continues")},
	}
	if m.width < narrow {
		list[5][0] = "Up, Down"
	}
	width := 0
	for _, key := range list {
		width = max(width, show.Width(key[0]))
	}
	var lines []string
	for _, key := range list {
		name := key[0]
		for line := range strings.Lines(show.Wrap(key[1], m.width-width-len(gap), 0)) {
			lines = append(lines, m.styles.heading.Render(show.Fit(name, width))+gap+strings.TrimSuffix(line, "\n"))
			name = ""
		}
	}
	return lines
}
