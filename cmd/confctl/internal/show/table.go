package show

import (
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

func init() {
	// Unicode calls the width of characters such as “ and … ambiguous. go-pretty would take it from the locale, but
	// terminals of today draw them in one column also in Chinese locales.
	text.OverrideRuneWidthEastAsianWidth(false)
}

// NewTable makes a table without borders and box characters: two spaces between columns, and a line of dashes below the
// names.
func NewTable(columns ...table.ColumnConfig) table.Writer {
	style := table.StyleDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Box.MiddleSeparator = ""
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault

	t := table.NewWriter()
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	t.SetColumnConfigs(columns)
	return t
}

// Number is a column of numbers.
func Number(name string) table.ColumnConfig {
	return table.ColumnConfig{Name: name, Align: text.AlignRight}
}

// Text is a column of text that is cut at so many columns of a terminal, of which a Chinese character takes two.
func Text(name string, width int) table.ColumnConfig {
	return table.ColumnConfig{Name: name, WidthMax: width, WidthMaxEnforcer: func(s string, width int) string {
		return text.Snip(s, width, "...")
	}}
}
