package live

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Update takes a message in.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case Poll:
		m.state.take(msg)
		m.polled(msg.At, 0)
		m.find()
	case Failure:
		m.state.failed, m.state.old = msg.Text, !msg.Listed
		m.polled(msg.At, msg.Asked)
	case Problem:
		m.state.note(msg)
	case Tick:
		m.state.now = time.Time(msg)
		return m, nil // nothing moved
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		if msg.String() == "ctrl+c" {
			m.interrupted = true
			return m, tea.Quit
		}
		if msg.String() == "ctrl+z" {
			return m, tea.Suspend
		}
		if m.filter.Focused() {
			m.typed(msg)
			break
		}
		if quit := m.pressed(msg); quit {
			return m, tea.Quit
		}
	case tea.PasteMsg:
		m.filter, _ = m.filter.Update(msg) // which takes it if it is focused
		m.find()
	}
	m.filter.SetWidth(max(1, m.width-show.Width(m.filter.Prompt+" "+gap+m.filterKeys()))) // " " is for the cursor
	m.top = max(0, min(m.top, len(m.rows)-m.layout().rows))
	return m, nil
}

// longestAsked is how long the SDK's Watch lets itself be put off: see confopenapi.WatchOptions.Interval.
const longestAsked = 5 * time.Minute

// polled books that a poll ended.
func (m *Model) polled(at time.Time, asked time.Duration) {
	m.state.now, m.state.next = at, at.Add(max(m.options.Interval, min(asked, longestAsked)))
}

// typed is a key while the filter is being written.
func (m *Model) typed(key tea.KeyPressMsg) {
	switch key.String() {
	case "esc":
		m.filter.Reset()
		m.filter.Blur()
	case "enter":
		m.filter.Blur()
	default:
		m.filter, _ = m.filter.Update(key)
		m.top = 0
	}
	m.find()
}

// pressed is any other key. It reports whether to quit.
func (m *Model) pressed(key tea.KeyPressMsg) (quit bool) {
	page := m.layout().rows
	switch key.String() {
	case "q":
		return true
	case "?":
		m.help = !m.help
	case "/":
		m.help = false
		_ = m.filter.Focus() // the command is the blinking of a cursor that is not used
	case "esc":
		m.help = false
		m.filter.Reset()
		m.find()
	case "s":
		m.order, m.top = next(m.order), 0
		m.find()
	case "r":
		m.order, m.top = reversed(m.order), 0
		m.find()
	case "p":
		if m.held == nil {
			m.held = m.state.clone()
		} else {
			m.held = nil
		}
		m.find()
	case "up", "k":
		m.top--
	case "down", "j":
		m.top++
	case "pgup":
		m.top -= page
	case "pgdown", "space":
		m.top += page
	case "home", "g":
		m.top = 0
	case "end", "G":
		m.top = len(m.rows)
	}
	return false
}
