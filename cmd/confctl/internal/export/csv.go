package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

const byteOrderMark = "\ufeff"

// csvWriter writes RFC 4180 with LF at the ends of lines. Times are RFC 3339, or with Chinese headings as spreadsheets
// read them, in the zone that the heading names. A value that the service does not send is an empty cell.
type csvWriter struct {
	w      io.Writer
	csv    *csv.Writer
	layout Layout
	record []string // scratch
}

func newCSV(w io.Writer, l Layout) (Writer, error) {
	c := &csvWriter{w: w, csv: csv.NewWriter(w), layout: l, record: make([]string, len(l.Columns))}
	if l.BOM && !l.Terminal {
		if _, err := io.WriteString(w, byteOrderMark); err != nil {
			return nil, err
		}
	}
	for i, column := range l.Columns {
		if c.record[i] = l.heading(column); l.Chinese {
			c.record[i] = l.zonedHeading(column)
		}
	}
	return c, c.csv.Write(c.record)
}

func (c *csvWriter) Write(conf *confopenapi.Conference) error {
	for i := range c.layout.Columns {
		c.record[i] = c.layout.plain(c.layout.value(&c.layout.Columns[i], conf))
		if c.layout.Terminal {
			c.record[i] = show.Printable(c.record[i])
		}
	}
	if len(c.record) == 1 && c.record[0] == "" {
		c.csv.Flush() // an empty line would be no record for its readers
		_, err := io.WriteString(c.w, "\"\"\n")
		return err
	}
	return c.csv.Write(c.record)
}

func (c *csvWriter) Finish() error {
	c.csv.Flush()
	return c.csv.Error()
}

func (*csvWriter) Close() {}

// plain is a value as text.
func (l *Layout) plain(v value) string {
	if v.blank() {
		return ""
	}
	switch v.kind {
	case fields.Text:
		return guard(v.text)
	case fields.Time:
		if t := time.Unix(v.number, 0).In(l.zone()); t.Year() >= 0 && t.Year() <= 9999 {
			if l.Chinese && l.Format == CSV {
				return t.Format(time.DateTime)
			}
			return t.Format(time.RFC3339)
		}
		// neither has other years
	case Decimal:
		return strconv.FormatFloat(v.decimal(), 'f', 2, 64)
	case fields.Flag:
		if l.Chinese {
			if v.number == 1 {
				return "是"
			}
			return "否"
		}
		return strconv.FormatBool(v.number == 1)
	}
	return strconv.FormatInt(v.number, 10)
}

// guard prevents that a spreadsheet treats text as a formula: an apostrophe comes before what it would take for one. That is
// at the start, and also behind a semicolon, a tab or a line break, where a spreadsheet that separates cells by these begins
// another. So does an apostrophe before an apostrophe there: who removes one at each of these places has the original text.
func guard(s string) string {
	var b strings.Builder // empty while nothing had to be guarded
	copied, decided, formula := 0, 0, false
	for i := range len(s) {
		switch s[i] {
		case ';', '\t', '\r', '\n':
			if i >= decided { // else it was passed over, and what follows is what was found then
				formula, decided = isFormula(s, i+1)
			}
			if formula || strings.HasPrefix(s[i+1:], "'") {
				b.WriteString(s[copied:i+1] + "'")
				copied = i + 1
			}
		}
	}
	if formula, _ = isFormula(s, 0); formula || s != "" && strings.ContainsRune("'\t\r\n", rune(s[0])) {
		return "'" + b.String() + s[copied:]
	}
	return b.String() + s[copied:]
}

// isFormula reports whether a formula begins at a place of a text, perhaps behind what a spreadsheet may pass over, and where that is
// decided. East Asian spreadsheets also accept the full-width signs.
func isFormula(s string, from int) (is bool, decided int) {
	for i, r := range s[from:] {
		switch {
		case unicode.IsLetter(r) || r >= '0' && r <= '9' || r == '[': // as of what is masked
			return false, from + i
		case strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫−", r):
			return true, from + i
		case r != '"' && !unicode.In(r, unicode.Z, unicode.C):
			return false, from + i
		}
	}
	return false, len(s)
}
