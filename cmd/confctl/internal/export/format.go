package export

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

// Format is what a file is in.
type Format string

// The formats.
const (
	CSV    Format = "csv"
	XLSX   Format = "xlsx"
	NDJSON Format = "ndjson"
)

// Formats are all there are.
func Formats() []Format { return []Format{CSV, XLSX, NDJSON} }

// ParseFormat finds the format of a name. "" is that of the file's extension, upper case or not.
func ParseFormat(name, file string) (Format, error) {
	if name != "" {
		if slices.Contains(Formats(), Format(name)) {
			return Format(name), nil
		}
		return "", fmt.Errorf("unknown format %q", name)
	}
	extension := strings.ToLower(strings.TrimPrefix(filepath.Ext(file), "."))
	if slices.Contains(Formats(), Format(extension)) {
		return Format(extension), nil
	}
	return "", fmt.Errorf("the extension of %q is no format", file)
}

// Layout says what a file looks like.
type Layout struct {
	Format  Format
	Columns []Column // of CSV and XLSX; NDJSON always has whole conferences
	Chinese bool     // head the columns with the vendor's Chinese words, not with its names
	BOM     bool     // begin CSV with a byte order mark, without which Excel does not take it for UTF-8
}

// Writer writes conferences in a format.
type Writer interface {
	Write(c *confopenapi.Conference) error
	// Finish writes what is still to be written. Without it the file is not whole.
	Finish() error
	// Close lets go of what the Writer holds, finished or not.
	Close()
}

// NewWriter begins a file. Close the Writer. XLSX has a temporary file, in a directory of its own, which scratch names.
func (l Layout) NewWriter(w io.Writer, scratch string) (Writer, error) {
	switch l.Format {
	case CSV:
		return newCSV(w, l)
	case XLSX:
		return newXLSX(w, l, scratch)
	default:
		return &ndjsonWriter{w: w}, nil
	}
}

// Personal reports whether a file has what is personal, unless that is masked.
func (l Layout) Personal() bool {
	return l.Format == NDJSON || slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Personal })
}

func (l Layout) heading(c Column) string {
	if l.Chinese {
		return c.Chinese
	}
	return c.Name
}

// TooLargeError says that a format has no room for what is to be written. Nothing is cut to make it fit.
type TooLargeError struct {
	Format Format
	What   string // such as "1048576 conferences"
	Limit  string // such as "1048575"
	Column string // whose cell it is; "" = the sheet has too many rows
}

func (e *TooLargeError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("%s are more than the %s that a sheet of %s holds", e.What, e.Limit, e.Format)
	}
	return fmt.Sprintf("%s in the column %s are more than the %s that a cell of %s holds", e.What, e.Column, e.Limit, e.Format)
}
