package live

import (
	"strconv"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

const (
	gap      = show.Gap
	minTitle = 20
	maxTitle = 60
	maxText  = 20 // of the other columns
)

// table is the heading, the rows that are shown, and the totals of all.
func (m *Model) table(rows int) (heading string, body []string, totals string) {
	shown := m.rows[m.top:min(len(m.rows), m.top+rows)]
	var t show.Table
	for i := range m.columns {
		t.Columns = append(t.Columns, m.heading(&m.columns[i]))
	}
	for i := range shown {
		row := make([]string, len(m.columns))
		for j, c := range m.columns {
			row[j] = c.cell(m.shown(), &shown[i])
		}
		t.Rows = append(t.Rows, row)
	}
	total := make([]string, len(m.columns))
	for i := range m.columns {
		total[i] = m.total(&m.columns[i])
	}
	t.Rows = append(t.Rows, total)

	columns := t.Place(m.width)
	line := func(cell func(show.Placed) string) (line string) {
		for i, c := range columns {
			if i > 0 {
				line += gap
			}
			line += c.Cell(cell(c))
		}
		return line
	}
	heading = line(func(c show.Placed) string {
		style := m.styles.heading
		if leads, _ := m.columns[c.Index].leads(m.order); leads {
			style = m.styles.sorted
		}
		return style.Render(show.Cut(c.Name, c.Width))
	})
	for i := range shown {
		body = append(body, line(func(c show.Placed) string { return t.Rows[i][c.Index] }))
	}
	return heading, body, line(func(c show.Placed) string { return total[c.Index] })
}

// heading is a column with an arrow if the table is sorted by it.
func (m *Model) heading(c *column) show.Column {
	head := show.Column{Name: c.name, Right: c.count != nil, Limit: maxText, Leave: c.leave}
	if c.field == flexible {
		head.Limit, head.Least = maxTitle, minTitle
	}
	if leads, downward := c.leads(m.order); leads && downward {
		head.Name += " v"
	} else if leads {
		head.Name += " ^"
	}
	return head
}

// total is what stands below a column, for all rows.
func (m *Model) total(c *column) string {
	switch {
	case c.field == flexible && len(m.rows) == len(m.shown().live):
		return m.options.Text.Sprintf("%d in all", len(m.rows))
	case c.field == flexible:
		return m.options.Text.Sprintf("%d of %d", len(m.rows), len(m.shown().live))
	case c.count != nil:
		n := 0
		for i := range m.rows {
			n += c.count(&m.rows[i])
		}
		return strconv.Itoa(n)
	}
	return ""
}
