package export_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/thedatashed/xlsxreader"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// awkward returns conferences with values that a format can easily spoil.
func awkward() []confopenapi.Conference {
	list := confopenapitest.Conferences(16, 1)
	for i, title := range []string{
		"", "=HYPERLINK(\"http://192.0.2.1\")", "+1", "-1+2", "@SUM(A1)", "\tindented", "'quoted", "＝１", "a,b;\"c\"\nd\re",
		" 庆功会 🎉 ", "_x000D_ is text", "<b>&amp;</b>", "＋1", "－1", "＠SUM(A1)", "0123",
	} {
		list[i].Title = title
	}
	list[0] = confopenapi.Conference{}
	c := &list[1]
	c.EventID, c.HostID, c.HostOrgID = math.MaxInt64, math.MinInt64, 1<<53+1
	c.AttendeeCount, c.VoIPCount, c.BoxCount = 1<<53+1, -5, -1<<53
	c.ConferenceID, c.BillingCode, c.CustomerCode, c.HostMobile = "007", "0042", "00", "008613800138000"
	c.Passcode = confopenapi.NewSecret("000123")
	c.StartTime, c.StopTime = confopenapi.UnixTime(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()), math.MaxInt64
	c.IsSecure, c.IsRecorded = nil, new(false)
	c.Extra = map[string]json.RawMessage{"zone": json.RawMessage(`{"a":[1,2]}`), "owner": json.RawMessage(`"李四"`)}
	list[3].StopTime = -1
	list[4].StopTime = confopenapi.UnixTime(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC).Unix()) // the first date of a sheet, 61
	list[4].VideoCount, list[5].VideoCount = 1<<53, 1<<53+1
	list[2].StartTime = confopenapi.UnixTime(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix())
	list[2].StopTime = confopenapi.UnixTime(time.Date(1900, 2, 28, 0, 0, 0, 0, time.UTC).Unix())
	return list
}

// want returns the cells of a conference, made from its JSON and not with the table of columns.
func want(t *testing.T, c confopenapi.Conference) []string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		t.Fatal(err)
	}
	var cells []string
	for _, column := range export.Columns() {
		var cell string
		switch v := values[column.Name].(type) {
		case nil:
			if column.Name == export.ExtraColumn && c.Extra != nil {
				extra, err := json.Marshal(c.Extra)
				if err != nil {
					t.Fatal(err)
				}
				cell = string(extra)
			}
		case json.Number:
			cell = v.String()
			if seconds, _ := v.Int64(); isTime(column.Name) {
				cell = moment(seconds)
			}
		case []any:
			var texts []string
			for _, text := range v {
				texts = append(texts, fmt.Sprint(text))
			}
			cell = strings.Join(texts, ", ")
		default:
			cell = fmt.Sprint(v)
		}
		cells = append(cells, cell)
	}
	return cells
}

func isTime(name string) bool {
	return slices.ContainsFunc(fields.All[:], func(f fields.Field) bool { return f.Name == name && f.Kind == fields.Time })
}

// columnOf is where a column stands, from 0.
func columnOf(name string) int { return slices.Index(names(false), name) }

// letters are the spreadsheet's name of a column.
func letters(name string) string {
	i := columnOf(name)
	if i < 26 {
		return string(rune('A' + i))
	}
	return string(rune('A'+i/26-1)) + string(rune('A'+i%26))
}

func moment(seconds int64) string {
	switch t := time.Unix(seconds, 0).UTC(); {
	case seconds == 0:
		return ""
	case t.Year() > 9999:
		return fmt.Sprint(seconds)
	default:
		return t.Format(time.RFC3339)
	}
}

func write(t *testing.T, layout export.Layout, list ...confopenapi.Conference) []byte {
	t.Helper()
	var file bytes.Buffer
	out, err := layout.NewWriter(&file, filepath.Join(t.TempDir(), "scratch"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for i := range list {
		if err := out.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Finish(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func names(chinese bool) (names []string) {
	for _, c := range export.Columns() {
		if chinese {
			names = append(names, c.Chinese)
		} else {
			names = append(names, c.Name)
		}
	}
	return names
}

// Times without a zone are all in that of the heading, also those of the other half of the year.
func TestOneZoneAllYear(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month) confopenapi.Conference {
		return confopenapi.Conference{StartTime: confopenapi.UnixTime(time.Date(2026, month, 1, 10, 0, 0, 0, time.UTC).Unix())}
	}
	columns, err := export.ParseColumns("startTime")
	if err != nil {
		t.Fatal(err)
	}
	layout := export.Layout{Format: export.CSV, Columns: columns, Chinese: true, Zone: berlin}
	got := string(write(t, layout, at(time.January), at(time.July)))
	winter := "开始时间 (UTC+1)\n2026-01-01 11:00:00\n2026-07-01 11:00:00\n"
	summer := "开始时间 (UTC+2)\n2026-01-01 12:00:00\n2026-07-01 12:00:00\n"
	if got != winter && got != summer {
		t.Errorf("got\n%swant\n%s", got, winter)
	}
}

func TestCSVReadsBackEqual(t *testing.T) {
	t.Parallel()
	list := awkward()
	for _, layout := range []export.Layout{
		{Format: export.CSV, Columns: export.Columns()},
		{Format: export.CSV, Columns: export.Columns(), Chinese: true, BOM: true},
	} {
		text, bom := bytes.CutPrefix(write(t, layout, list...), []byte("\xef\xbb\xbf"))
		if bom != layout.BOM {
			t.Errorf("byte order mark: got %t, want %t", bom, layout.BOM)
		}
		records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(records) != len(list)+1 {
			t.Fatalf("got %d records and %v, want %d", len(records), err, len(list)+1)
		}
		headings := names(layout.Chinese)
		for i, c := range export.Columns() {
			if layout.Chinese && isTime(c.Name) {
				headings[i] += " (UTC)"
			}
		}
		if diff := cmp.Diff(headings, records[0]); diff != "" {
			t.Errorf("headings (-want +got)\n%s", diff)
		}
		for i, record := range records[1:] {
			for j, cell := range record {
				column := export.Columns()[j]
				if begin, _ := utf8.DecodeRuneInString(cell); strings.ContainsRune("=+@\t\r\n＝＋－＠", begin) || begin == '-' && column.IsText() {
					t.Errorf("row %d: the %s %q is a formula for a spreadsheet", i, column.Name, cell)
				}
				record[j] = strings.TrimPrefix(cell, "'")
			}
			cells := want(t, list[i])
			for j, c := range export.Columns() {
				if at, err := time.Parse(time.RFC3339, cells[j]); layout.Chinese && isTime(c.Name) && err == nil {
					cells[j] = at.Format(time.DateTime) // as spreadsheets read it
				}
				if layout.Chinese && c.Kind == fields.Flag {
					cells[j] = strings.NewReplacer("true", "是", "false", "否").Replace(cells[j])
				}
			}
			if diff := cmp.Diff(cells, record); diff != "" {
				t.Errorf("row %d (-want +got)\n%s", i, diff)
			}
		}
	}
}

// What is masked says so in the language of the file, also within the fields that the SDK does not know.
func TestMaskedInChinese(t *testing.T) {
	t.Parallel()
	columns, err := export.ParseColumns("title,hostName,pcode2,extra")
	if err != nil {
		t.Fatal(err)
	}
	conf := confopenapi.Conference{Title: "[masked]", HostName: "张三", Passcode: confopenapi.NewSecret("4711"), Extra: map[string]json.RawMessage{"room": json.RawMessage(`"7"`)}}
	show.Mask(&conf)
	got := string(write(t, export.Layout{Format: export.CSV, Columns: columns, Masked: "（已脱敏）"}, conf))
	if want := "title,hostName,pcode2,extra\n[masked],（已脱敏）,（已脱敏）,\"{\"\"room\"\":\"\"（已脱敏）\"\"}\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A status keeps its number beside the word for it, since the vendor documents none for this list.
func TestStatusInWords(t *testing.T) {
	t.Parallel()
	columns, err := export.ParseColumns("status")
	if err != nil {
		t.Fatal(err)
	}
	layout := export.Layout{Format: export.CSV, Columns: columns, Status: func(s confopenapi.ConferenceStatus) string {
		if s == confopenapi.StatusInProgress {
			return "进行中"
		}
		return strconv.Itoa(int(s))
	}}
	got := string(write(t, layout, confopenapi.Conference{Status: 2}, confopenapi.Conference{Status: 3}, confopenapi.Conference{}))
	if want := "status\n2 进行中\n3\n0\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Another library than the one that wrote the workbook reads it.
func TestXLSXReadsBackEqual(t *testing.T) {
	t.Parallel()
	list := awkward()
	for sheet, chinese := range map[string]bool{"Conferences": false, "实时会议": true} {
		file := write(t, export.Layout{Format: export.XLSX, Columns: export.Columns(), Chinese: chinese}, list...)
		book, err := xlsxreader.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{sheet}, book.Sheets); diff != "" {
			t.Errorf("sheets (-want +got)\n%s", diff)
		}
		heading := names(chinese)
		times := []int{columnOf("startTime"), columnOf("stopTime")}
		for _, i := range times {
			heading[i] += " (UTC)"
		}
		rows := 0
		for row := range book.ReadRows(sheet) {
			if row.Error != nil {
				t.Fatal(row.Error)
			}
			cells := make([]string, len(export.Columns()))
			for _, cell := range row.Cells {
				cells[cell.ColumnIndex()] = sheetCell(t, cell)
			}
			expected := heading
			if rows > 0 {
				expected = want(t, list[rows-1])
				for _, i := range times {
					if len(expected[i]) == len(time.RFC3339)-len("07:00") && cells[i] != expected[i] {
						expected[i] = expected[i][:len("2006-01-02")]
					}
				}
			}
			if diff := cmp.Diff(expected, cells); diff != "" {
				t.Errorf("row %d (-want +got)\n%s", rows, diff)
			}
			rows++
		}
		if rows != len(list)+1 {
			t.Errorf("got %d rows, want %d", rows, len(list)+1)
		}
	}
}

// sheetCell is a cell in the form of want. This reader truncates the seconds of a date; TestSheet checks them.
func sheetCell(t *testing.T, c xlsxreader.Cell) string {
	t.Helper()
	switch c.Type {
	case xlsxreader.TypeBoolean:
		return map[string]string{"0": "false", "1": "true"}[c.Value]
	case xlsxreader.TypeString:
		return strings.ReplaceAll(c.Value, "_x005F_", "_")
	case xlsxreader.TypeDateTime:
		return strings.TrimSuffix(c.Value, "Z")[:len("2006-01-02")]
	default:
		return c.Value
	}
}

func TestSheet(t *testing.T) {
	t.Parallel()
	list := awkward()
	file := write(t, export.Layout{Format: export.XLSX, Columns: export.Columns()}, list...)
	if again := write(t, export.Layout{Format: export.XLSX, Columns: export.Columns()}, list...); !bytes.Equal(file, again) {
		t.Error("the same conferences gave two different files")
	}
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := archive.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	text, err := io.ReadAll(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`ySplit="1"`, `state="frozen"`, `<col min="1" max="1" width="20"`,
		`<c r="` + letters("eventId") + `3" t="inlineStr"><is><t>9223372036854775807</t></is></c>`,  // an id of 63 bits
		`<c r="` + letters("attendeeCnt") + `3" t="inlineStr"><is><t>9007199254740993</t></is></c>`, // a count that a number cell would round
		`<c r="` + letters("voipCnt") + `3"><v>-5</v></c>`,
		`<c r="` + letters("videoCnt") + `6"><v>9007199254740992</v></c>`,
		`<c r="` + letters("videoCnt") + `7" t="inlineStr">`,
	} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the sheet does not contain %s", part)
		}
	}
	if first := `<c r="` + letters("stopTime") + `6" s="\d+"><v>61</v>`; !regexp.MustCompile(first).Match(text) {
		t.Errorf("the sheet does not contain %s, the date 1900-03-01", first)
	}
	if strings.Contains(string(text), "<dimension") {
		t.Error("the sheet has a dimension, which is not known when it begins")
	}
	var starts []int
	for _, date := range regexp.MustCompile(`<c r="`+letters("startTime")+`\d+" s="\d+"><v>([^<]*)</v>`).FindAllSubmatch(text, -1) {
		days, err := strconv.ParseFloat(string(date[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		starts = append(starts, int(math.Round((days-25569)*86400)))
	}
	var expected []int
	for _, c := range list[2:] { // the first two have none, and one that no date can say
		expected = append(expected, int(c.StartTime))
	}
	if diff := cmp.Diff(expected, starts); diff != "" {
		t.Errorf("start times (-want +got)\n%s", diff)
	}
}

func TestNDJSONReadsBackEqual(t *testing.T) {
	t.Parallel()
	list := awkward()
	lines := strings.SplitAfter(string(write(t, export.Layout{Format: export.NDJSON}, list...)), "\n")
	if len(lines) != len(list)+1 || lines[len(list)] != "" {
		t.Fatalf("got %d lines, want %d", len(lines)-1, len(list))
	}
	for i, line := range lines[:len(list)] {
		var got, expected any
		text, err := json.Marshal(list[i])
		if err = errors.Join(err, json.Unmarshal(text, &expected), json.Unmarshal([]byte(line), &got)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("line %d (-want +got)\n%s", i+1, diff)
		}
	}
}

// A cell that is too long for Excel is an error; the library would cut it.
func TestCellTooLong(t *testing.T) {
	t.Parallel()
	layout := export.Layout{Format: export.XLSX, Columns: export.Columns()}
	for title, fits := range map[string]bool{
		strings.Repeat("长", 32767):        true,
		strings.Repeat("长", 32768):        false,
		strings.Repeat("🎉", 16383) + "1":  true,
		strings.Repeat("🎉", 16383) + "12": false,
	} {
		out, err := layout.NewWriter(io.Discard, filepath.Join(t.TempDir(), "scratch"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		err = out.Write(&confopenapi.Conference{Title: title})
		large, ok := errors.AsType[*export.TooLargeError](err)
		if ok == fits || ok && (large.Column != "title" || err.Error() != "32768 characters in the column title are more than the 32767 that a cell of xlsx holds") {
			t.Errorf("%d characters of %.6q: got %v", utf8.RuneCountInString(title), title, err)
		}
	}
}

func TestSheetTooLong(t *testing.T) {
	t.Parallel()
	for n, fits := range map[int]bool{1_048_575: true, 1_048_576: false} {
		if err := export.XLSX.Fits(n); (err == nil) != fits {
			t.Errorf("%d rows of XLSX: got %v", n, err)
		}
		if err := export.CSV.Fits(n); err != nil {
			t.Errorf("%d rows of CSV: got %v, want nil", n, err)
		}
	}
}

// A column is personal exactly if show.Mask masks it.
func TestPersonalColumns(t *testing.T) {
	t.Parallel()
	c := confopenapitest.Conferences(1, 3)[0]
	c.HostLocation, c.Extra = "北京", map[string]json.RawMessage{"owner": json.RawMessage(`"李四"`)}
	before := want(t, c)
	show.Mask(&c)
	after := want(t, c)
	for i, column := range export.Columns() {
		if masked := before[i] != after[i]; masked != column.Personal {
			t.Errorf("%s: Mask changes it: %t, Personal is %t", column.Name, masked, column.Personal)
		}
	}
}

func TestParseColumns(t *testing.T) {
	t.Parallel()
	got, err := export.ParseColumns("title, eventId")
	if err != nil || len(got) != 2 || got[0].Name != "title" || got[1].Name != "eventId" {
		t.Errorf("ParseColumns: got %v, %v, want title and eventId", got, err)
	}
	for list, words := range map[string]string{"title,Title": `no column "Title"`, "title,title": "twice", "title,": `no column ""`} {
		if _, err := export.ParseColumns(list); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("ParseColumns(%q): got %v, want %s", list, err, words)
		}
	}
	var values map[string]any
	if err := json.Unmarshal(confopenapi.Conference{}.AppendJSON(nil), &values); err != nil {
		t.Fatal(err)
	}
	all, _ := export.ParseColumns("")
	for _, column := range all {
		delete(values, column.Name)
	}
	if len(values) > 0 {
		t.Errorf("the fields %v have no columns", values)
	}
}

func TestParseFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file string
		want       export.Format
	}{
		{"", "a.csv", export.CSV},
		{"", "A.XLSX", export.XLSX},
		{"ndjson", "a.csv", export.NDJSON},
		{"", "a.parquet", export.Parquet},
		{"", "a", ""},
		{"", "-", ""},
		{"xls", "a.csv", ""},
	} {
		if got, err := export.ParseFormat(c.name, c.file); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("ParseFormat(%q, %q): got %q, %v, want %q", c.name, c.file, got, err, c.want)
		}
	}
	if !slices.Equal(export.Formats(), []export.Format{"csv", "xlsx", "ndjson", "parquet"}) {
		t.Errorf("Formats: got %v", export.Formats())
	}
	for _, format := range []export.Format{"", "xls", "CSV"} {
		if _, err := (export.Layout{Format: format}).NewWriter(io.Discard, ""); err == nil {
			t.Errorf("NewWriter of the format %q: got no error", format)
		}
	}
}
