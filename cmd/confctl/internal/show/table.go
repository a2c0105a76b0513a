package show

import (
	"slices"
	"strings"
)

// Gap is between two columns.
const Gap = "  "

// Column is a column of a table.
type Column struct {
	Name  string
	Right bool // numbers
	Limit int  // the text is cut at so many columns of the terminal; 0 = never
	Least int  // the column may shrink to this, where there is no room; 0 = it may not
	Leave int  // columns with the highest Leave go first, where there is no room; 0 = never
	Wrap  bool // the text gets more lines instead of being cut
}

// Table is rows of cells below the names of their columns, without borders. A row of nil is a line between rows.
type Table struct {
	Columns []Column
	Rows    [][]string
	Heading func(string) string // the style of the names; nil = plain
	NoNames bool
}

// Placed is a column that there is room for.
type Placed struct {
	Column
	Index int // in Table.Columns
	Width int
}

// Place finds out which columns there is room for, and how wide they are. A width of 0 has room for all.
func (t *Table) Place(width int) (columns []Placed) {
	for i, c := range t.Columns {
		p := Placed{Column: c, Index: i}
		if !t.NoNames {
			p.Width = Width(c.Name)
		}
		for _, row := range t.Rows {
			if row != nil {
				p.Width = max(p.Width, Width(row[i]))
			}
		}
		if c.Limit > 0 {
			p.Width = min(p.Width, c.Limit)
		}
		columns = append(columns, p)
	}
	if width <= 0 {
		return columns
	}
	for over := wide(columns, true) - width; over > 0; over = wide(columns, true) - width {
		last := 0
		for i, c := range columns {
			if c.Leave > columns[last].Leave {
				last = i
			}
		}
		if columns[last].Leave == 0 {
			break
		}
		columns = slices.Delete(columns, last, last+1)
	}
	for i := range columns {
		if over := wide(columns, false) - width; over > 0 && columns[i].Least > 0 {
			columns[i].Width = max(min(columns[i].Width, columns[i].Least), columns[i].Width-over)
		}
	}
	for i := len(columns) - 1; i >= 0; i-- { // a terminal that is narrower than a table can be
		columns[i].Width = max(1, columns[i].Width-max(0, wide(columns, false)-width))
	}
	return columns
}

// wide is how wide a line is, or can be made at least.
func wide(columns []Placed, least bool) (n int) {
	for _, c := range columns {
		n += len(Gap)
		if least && c.Least > 0 {
			n += min(c.Width, c.Least)
		} else {
			n += c.Width
		}
	}
	return max(0, n-len(Gap))
}

// Cell is a text as wide as its column.
func (p Placed) Cell(text string) string {
	if p.Right {
		return FitRight(text, p.Width)
	}
	return Fit(text, p.Width)
}

// Render lays the table out for a terminal of so many columns; 0 = there is none. It ends without a line break.
func (t *Table) Render(width int) string {
	columns := t.Place(width)
	var lines []string
	if !t.NoNames {
		names := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			names[i] = c.Name
		}
		for _, line := range t.lines(columns, names) {
			if t.Heading != nil {
				line = t.Heading(line)
			}
			lines = append(lines, line)
		}
	}
	rule := strings.Repeat("-", wide(columns, false))
	if !t.NoNames {
		lines = append(lines, rule)
	}
	for _, row := range t.Rows {
		if row == nil {
			lines = append(lines, rule)
		} else {
			lines = append(lines, t.lines(columns, row)...)
		}
	}
	return strings.Join(lines, "\n")
}

// lines are those of a row. Only a column with Wrap makes more than one.
func (t *Table) lines(columns []Placed, row []string) []string {
	parts, height := make([][]string, len(columns)), 1
	for i, c := range columns {
		parts[i] = []string{row[c.Index]}
		if c.Wrap {
			parts[i] = strings.Split(Wrap(row[c.Index], c.Width, 0), "\n")
		}
		height = max(height, len(parts[i]))
	}
	lines := make([]string, height)
	for n := range lines {
		cells := make([]string, len(columns))
		for i, c := range columns {
			text := ""
			if n < len(parts[i]) {
				text = parts[i][n]
			}
			cells[i] = c.Cell(text)
		}
		lines[n] = strings.TrimRight(strings.Join(cells, Gap), " ")
	}
	return lines
}
