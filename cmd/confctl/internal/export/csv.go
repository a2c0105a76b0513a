package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

const byteOrderMark = "\ufeff"

// csvWriter writes RFC 4180 with LF at the ends of lines. Times are RFC 3339 in UTC. A value that the service does not send is
// an empty cell.
type csvWriter struct {
	csv     *csv.Writer
	columns []Column
	record  []string // scratch
}

func newCSV(w io.Writer, l Layout) (Writer, error) {
	c := &csvWriter{csv: csv.NewWriter(w), columns: l.Columns, record: make([]string, len(l.Columns))}
	if l.BOM {
		if _, err := io.WriteString(w, byteOrderMark); err != nil {
			return nil, err
		}
	}
	for i, column := range l.Columns {
		c.record[i] = l.heading(column)
	}
	return c, c.csv.Write(c.record)
}

func (c *csvWriter) Write(conf *confopenapi.Conference) error {
	for i, column := range c.columns {
		c.record[i] = plain(column.value(conf))
	}
	return c.csv.Write(c.record)
}

func (c *csvWriter) Finish() error {
	c.csv.Flush()
	return c.csv.Error()
}

func (*csvWriter) Close() {}

func plain(v value) string {
	if !v.set {
		return ""
	}
	switch v.kind {
	case fields.Text:
		return guard(v.text)
	case fields.Time:
		if t := time.Unix(v.number, 0).UTC(); t.Year() >= 0 && t.Year() <= 9999 {
			return t.Format(time.RFC3339)
		}
		// RFC 3339 has no other years
	case fields.Flag:
		return strconv.FormatBool(v.number == 1)
	}
	return strconv.FormatInt(v.number, 10)
}

// guard prevents that a spreadsheet treats text as a formula: text that begins like a formula gets an apostrophe in front. So
// does text that begins with an apostrophe: a reader of the file who removes the first apostrophe of a cell always has the
// original text. East Asian spreadsheets also accept the full-width signs.
func guard(s string) string {
	switch first, _ := utf8.DecodeRuneInString(s); first {
	case '=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}
