package export

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Format is the format of a file.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	XLSX    Format = "xlsx"
	NDJSON  Format = "ndjson"
	Parquet Format = "parquet"
)

// Formats returns all formats.
func Formats() []Format { return []Format{CSV, XLSX, NDJSON, Parquet} }

// ParseFormat returns the format with a name. An empty name means the file's extension, in upper or lower case.
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
	return "", fmt.Errorf("the extension of %q is not a format", file)
}

// Layout says what a file looks like.
type Layout struct {
	Format  Format
	Columns []Column // NDJSON always has whole conferences
	Chinese bool     // column headings are the vendor's Chinese terms, not the field names
	BOM     bool     // CSV begins with a byte order mark, which Excel needs to read UTF-8

	Status   func(confopenapi.ConferenceStatus) string // in CSV and XLSX, beside the number; nil = the number alone
	Masked   string                                    // in CSV and XLSX, for show.Masked; "" = itself
	Sheet    string                                    // its name in XLSX; "" = that of live conferences
	Zone     *time.Location                            // of the times in CSV and XLSX; nil = UTC
	Terminal bool                                      // CSV goes to a terminal, and must not disturb it
}

func (l *Layout) zone() *time.Location { return cmp.Or(l.Zone, time.UTC) }

// Writer writes conferences in a format.
type Writer interface {
	Write(c *confopenapi.Conference) error
	// Finish writes the rest of the file.
	Finish() error
	// Close releases the resources of the Writer, finished or not.
	Close()
}

// NewWriter begins a file. The caller closes the Writer. XLSX uses a temporary file in a new directory with the name scratch.
func (l Layout) NewWriter(w io.Writer, scratch string) (Writer, error) {
	if l.Format == XLSX || l.Chinese { // times without a zone have the one of the heading, also those of the other half of the year
		_, offset := time.Now().In(l.zone()).Zone()
		l.Zone = time.FixedZone("", offset)
	}
	switch l.Format {
	case CSV:
		return newCSV(w, l)
	case XLSX:
		return newXLSX(w, l, scratch)
	case NDJSON:
		return &ndjsonWriter{w: w}, nil
	case Parquet:
		return newParquet(w, l), nil
	}
	return nil, fmt.Errorf("unknown format %q", l.Format)
}

// Personal reports whether a file has fields with personal data.
func (l Layout) Personal() bool {
	return l.Format == NDJSON || slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Personal })
}

// value is a cell of CSV and XLSX.
func (l *Layout) value(c *Column, conf *confopenapi.Conference) value {
	v := c.value(conf)
	if c.Personal && l.Masked != "" {
		v.text = strings.ReplaceAll(v.text, show.Masked, l.Masked)
	}
	if l.Status == nil || c.Go != "Status" {
		return v
	}
	number, word := strconv.FormatInt(v.number, 10), l.Status(conf.Status)
	if word == number {
		return v
	}
	return text(number + " " + word)
}

func (l *Layout) heading(c Column) string {
	if l.Chinese {
		return c.Chinese
	}
	return c.Name
}

// zonedHeading is the heading of a column whose times are in the zone of the layout, and do not say so.
func (l *Layout) zonedHeading(c Column) string {
	if c.Kind == fields.Time {
		return l.heading(c) + " (" + show.Zone(time.Now().In(l.zone())) + ")"
	}
	return l.heading(c)
}

// TooLargeError says that a limit of a format is exceeded. Nothing is cut to make it fit.
type TooLargeError struct {
	Format Format
	What   string // such as "1048576 conferences"
	Limit  string // such as "1048575"
	Column string // the column of the cell; "" = the sheet has too many rows
}

func (e *TooLargeError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("%s are more than the %s that a sheet of %s holds", e.What, e.Limit, e.Format)
	}
	return fmt.Sprintf("%s in the column %s are more than the %s that a cell of %s holds", e.What, e.Column, e.Limit, e.Format)
}
