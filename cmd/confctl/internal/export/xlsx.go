package export

import (
	"archive/zip"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// xlsxWriter writes one sheet with a head that stays in sight. Ids are text, because a cell's number is a float64 and has no
// more than 53 bits; so is any other number beyond that. Times are dates in the zone of the layout, which the heading names,
// as Excel knows no zones.
type xlsxWriter struct {
	file    *excelize.File
	sheet   *excelize.StreamWriter
	layout  Layout
	scratch string // a directory
	date    int    // the style of a date
	rows    int
	cells   []any // scratch
}

const (
	dateFormat = "yyyy-mm-dd hh:mm:ss"
	maxExact   = 1 << 53 // up to where a cell's number is exact
)

// newXLSX has the rows go into a temporary file in the new directory scratch, and from there into w. The library would make
// the whole workbook in memory first; its hook for another ZIP writer is the way round.
func newXLSX(w io.Writer, l Layout, scratch string) (Writer, error) {
	clearScratch(scratch)
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return nil, err
	}
	x := &xlsxWriter{
		file: excelize.NewFile(excelize.Options{TmpDir: scratch}), layout: l, scratch: scratch, cells: make([]any, len(l.Columns)),
	}
	x.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) })
	if err := x.begin(l); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

func (x *xlsxWriter) begin(l Layout) error {
	sheetName := cmp.Or(l.Sheet, "Conferences")
	if l.Sheet == "" && l.Chinese {
		sheetName = "实时会议"
	}
	err := errors.Join(
		x.file.SetSheetName("Sheet1", sheetName),
		// The library would name its own author. Its date of 2006 stays, so that equal lists give equal files.
		x.file.SetDocProps(&excelize.DocProperties{Creator: "confctl"}),
		// The library would say that the sheet is A1 alone, and readers of streams believe that.
		x.file.SetSheetDimension(sheetName, ""),
	)
	if err != nil {
		return err
	}
	if x.date, err = x.file.NewStyle(&excelize.Style{CustomNumFmt: new(dateFormat)}); err != nil {
		return err
	}
	bold, err := x.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if x.sheet, err = x.file.NewStreamWriter(sheetName); err != nil {
		return err
	}
	for i, column := range l.Columns {
		if err := x.sheet.SetColWidth(i+1, i+1, columnWidth(column, l.zonedHeading(column))); err != nil {
			return err
		}
	}
	if err := x.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, column := range l.Columns {
		x.cells[i] = l.zonedHeading(column)
	}
	return x.row(excelize.RowOpts{StyleID: bold})
}

// columnWidth is in characters of the default font, of which a Chinese one takes two.
func columnWidth(c Column, heading string) float64 {
	width := 0
	switch {
	case c.IsText():
		width = 24
	case c.Kind == fields.ID, c.Kind == fields.Time:
		width = 20
	}
	return float64(max(width, show.Width(heading)+2))
}

func (x *xlsxWriter) Write(c *confopenapi.Conference) error {
	if err := XLSX.Fits(x.rows); err != nil { // the rows so far have the head among them
		return err
	}
	for i := range x.layout.Columns {
		column := &x.layout.Columns[i]
		v := x.layout.value(column, c)
		if n := units(v.text); n > excelize.TotalCellChars {
			return &TooLargeError{XLSX, strconv.Itoa(n) + " characters", strconv.Itoa(excelize.TotalCellChars), column.Name}
		}
		x.cells[i] = x.cell(v)
	}
	return x.row()
}

func (x *xlsxWriter) row(opts ...excelize.RowOpts) error {
	x.rows++
	name, err := excelize.CoordinatesToCellName(1, x.rows)
	if err != nil {
		return err
	}
	return x.sheet.SetRow(name, x.cells, opts...)
}

// Fits is a *TooLargeError if the format has no room for so many conferences.
func (f Format) Fits(conferences int) error {
	const limit = excelize.TotalRows - 1 // the head takes one
	if f == XLSX && conferences > limit {
		return &TooLargeError{XLSX, strconv.Itoa(conferences) + " conferences", strconv.Itoa(limit), ""}
	}
	return nil
}

// units is how long a text is as Excel counts.
func units(s string) (n int) {
	if len(s) <= excelize.TotalCellChars {
		return len(s) // or less
	}
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

func (x *xlsxWriter) cell(v value) any {
	if v.blank() {
		return nil
	}
	switch v.kind {
	case fields.Text:
		return v.text
	case fields.Flag:
		return v.number == 1
	case Decimal:
		return v.decimal()
	case fields.Time:
		t := time.Unix(v.number, 0).In(x.layout.zone())
		_, offset := t.Zone()
		if wall := t.UTC().Add(time.Duration(offset) * time.Second); !wall.Before(firstDate) && wall.Before(endOfDates) {
			return excelize.Cell{StyleID: x.date, Value: wall}
		}
		return x.layout.plain(v)
	case fields.Integer:
		if v.number <= maxExact && v.number >= -maxExact {
			return v.number
		}
	}
	return strconv.FormatInt(v.number, 10)
}

// Excel's dates end with the year 9999. They begin earlier, but with a 29 February 1900 that never was.
var (
	firstDate  = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
	endOfDates = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (x *xlsxWriter) Finish() error {
	if err := x.sheet.Flush(); err != nil {
		return err
	}
	return x.file.Write(io.Discard) // it goes through the ZIP writer
}

// Close removes the temporary file.
func (x *xlsxWriter) Close() {
	_ = x.file.Close()
	clearScratch(x.scratch)
}

// clearScratch removes the directory with the temporary files of the library, also those of a run that was killed. What is no
// directory, or has anything else in it, is not ours and stays.
func clearScratch(dir string) {
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return
	}
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "excelize-") {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
	_ = os.Remove(dir)
}
