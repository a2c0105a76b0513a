package live

import (
	"cmp"
	"slices"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
)

// Poll is the message that a poll listed something.
type Poll struct {
	Events []confopenapi.Event
	Report confopenapi.Report
	At     time.Time // when it ended
}

// Failure is the message that something went wrong.
type Failure struct {
	Text   string        // in one line
	Listed bool          // the poll listed something, but that was not kept
	At     time.Time     // when it went wrong
	Asked  time.Duration // how long the service asks to wait
}

// Problem is the message that something beside the polls went wrong, such as an alert that did not arrive.
type Problem struct {
	Text string // in one line
	At   time.Time
}

// Tick is the message that time has passed.
type Tick time.Time

// Model is what the view shows. What it shows changes by messages alone: Poll, Failure, Problem, Tick, and those of the terminal.
type Model struct {
	options Options
	columns []column
	styles  styles

	width, height int
	state         *state
	held          *state // while the picture stands still, the state that it shows
	order         string // as table.Picker.Order has it
	filter        textinput.Model
	filtered      table.Condition // of the filter; nil = none
	unclear       string          // why the filter makes no sense; "" = it does
	rows          []confopenapi.Conference
	top           int // the row that is shown first
	help          bool
	interrupted   bool
}

// New returns an empty model, for a terminal of 80 columns and 24 lines.
func New(o Options) *Model {
	m := &Model{
		options: o, columns: columns(o.Text, o.Zone), styles: newStyles(), width: 80, height: 24,
		state: &state{live: map[confopenapi.Identity]confopenapi.Conference{}, counts: map[confopenapi.EventKind]int{}},
		order: cmp.Or(o.Order, Orders[0]), filter: textinput.New(),
	}
	m.columns = slices.DeleteFunc(m.columns, func(c column) bool { return c.hosts && !o.WithPersonalData })
	m.filter.Prompt = "/"
	m.filter.SetVirtualCursor(false) // which would blink by commands that outlive the program
	m.filter.SetStyles(textinput.Styles{})
	return m
}

// Init asks for nothing: messages come from outside.
func (m *Model) Init() tea.Cmd { return nil }

// shown is the state that the picture is of.
func (m *Model) shown() *state {
	if m.held != nil {
		return m.held
	}
	return m.state
}
