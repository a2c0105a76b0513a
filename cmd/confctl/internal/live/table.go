package live

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/confopenapi/confopenapi-go"
)

const (
	gap      = "  " // between columns
	minTitle = 20
	maxTitle = 60
	maxText  = 20 // of the other columns
)

// cut shortens text to so many columns of a terminal at most. Three dots say so, since the width of a single character
// for them depends on the terminal.
func cut(text string, width int) string {
	if width < 6 {
		return ansi.Truncate(text, max(0, width), "")
	}
	return ansi.Truncate(text, width, "...")
}

// placed is a column with its width and its cells.
type placed struct {
	*column
	name  string
	cells []string
	total string
	width int
}

// table is the heading, the rows that are shown, and the totals of all.
func (m *Model) table(rows int) (heading string, body []string, totals string) {
	columns := m.place(m.rows[m.top:min(len(m.rows), m.top+rows)])
	line := func(cell func(placed) string) string {
		cells := make([]string, len(columns))
		for i, c := range columns {
			if cells[i] = fit(cell(c), c.width); c.count != nil {
				cells[i] = fitRight(cell(c), c.width)
			}
		}
		return strings.Join(cells, gap)
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		style := m.styles.heading
		if leads, _ := c.leads(m.order); leads {
			style = m.styles.sorted
		}
		name := style.Render(cut(c.name, c.width))
		if names[i] = fit(name, c.width); c.count != nil {
			names[i] = fitRight(name, c.width)
		}
	}
	for i := range min(rows, len(m.rows)-m.top) {
		body = append(body, line(func(c placed) string { return c.cells[i] }))
	}
	return strings.Join(names, gap), body, line(func(c placed) string { return c.total })
}

// place finds out which columns there is room for, and how wide they are.
func (m *Model) place(shown []confopenapi.Conference) []placed {
	var columns []placed
	for i := range m.columns {
		columns = append(columns, m.measure(&m.columns[i], shown))
	}
	width := func() (n int) {
		for _, c := range columns {
			if n += c.width + len(gap); c.field == flexible {
				n += min(c.width, minTitle) - c.width
			}
		}
		return n - len(gap)
	}
	for width() > m.width {
		last := 0
		for i, c := range columns {
			if c.leave > columns[last].leave {
				last = i
			}
		}
		if columns[last].leave == 0 {
			break
		}
		columns = slices.Delete(columns, last, last+1)
	}
	for i, c := range columns {
		if c.field == flexible {
			columns[i].width = min(c.width, max(1, m.width-width()+min(c.width, minTitle)))
		}
	}
	return columns
}

// measure fills a column with the cells of the rows that are shown, and with the total of all.
func (m *Model) measure(c *column, shown []confopenapi.Conference) placed {
	p := placed{column: c, name: c.name}
	if leads, downward := c.leads(m.order); leads && downward {
		p.name += " v"
	} else if leads {
		p.name += " ^"
	}
	for i := range shown {
		p.cells = append(p.cells, c.cell(m.shown(), &shown[i]))
	}
	switch {
	case c.field == flexible:
		p.total = m.options.Text.Sprintf("%d of %d", len(m.rows), len(m.shown().live))
	case c.count != nil:
		n := 0
		for i := range m.rows {
			n += c.count(&m.rows[i])
		}
		p.total = strconv.Itoa(n)
	}
	limit := maxText
	if c.field == flexible {
		limit = maxTitle
	}
	for _, text := range append(p.cells, p.name, p.total) {
		p.width = max(p.width, min(limit, lipgloss.Width(text)))
	}
	return p
}
