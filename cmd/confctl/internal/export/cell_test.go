package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/thedatashed/xlsxreader"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
)

// titles is a layout with the title alone.
func titles(t *testing.T, format export.Format) export.Layout {
	t.Helper()
	return export.Layout{Format: format, Columns: mustColumns(t, "title")}
}

// unguarded is how a cell of CSV is read, as the help has it.
func unguarded(cell string) string { return guards.ReplaceAllString(cell, "$1") }

var guards = regexp.MustCompile("(^|[;\t\r\n])'")

// formula is a cell that a spreadsheet may take for a formula, whatever it passes over.
var formula = regexp.MustCompile("^[\\p{Z}\\p{C}\"]*[=+\\-@＝＋－＠]")

func TestCSVGuards(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		" =1+1":          "' =1+1",
		"\u00a0=1+1":     "'\u00a0=1+1",
		"\u3000=1+1":     "'\u3000=1+1",
		"\ufeff+1":       "'\ufeff+1",
		"\u200b-1":       "'\u200b-1",
		"\t@SUM(A1)":     "'\t'@SUM(A1)",
		"\x00=1+1":       "'\x00=1+1",
		"\u2060\u00ad＝1": "'\u2060\u00ad＝1",
		"plan;=1+1":      "plan;'=1+1",
		"x\t=1+1":        "x\t'=1+1",
		"x; \u3000＋1":    "x;' \u3000＋1",
		"x;\"=1+1":       "x;'\"=1+1",
		"agenda:\n- one": "agenda:\n'- one",
		"a;'b":           "a;''b",
		"\u202e=1+1":     "'\u202e=1+1", // right to left
		"\u2003=1+1":     "'\u2003=1+1", // an em space
		"\v=1+1":         "'\v=1+1",
		"﹦1+1":           "'﹦1+1", // a small form
		"−1+2":           "'−1+2", // a minus sign
		"x\r\n+1":        "x\r'\n'+1",
		"'quoted'":       "''quoted'",
		"2026-11-02 周例会": "2026-11-02 周例会",
		"A+B; C=D":       "A+B; C=D",
		"周例会 - 评审":       "周例会 - 评审",
	} {
		text := write(t, titles(t, export.CSV), confopenapi.Conference{Title: title})
		records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(records) != 2 {
			t.Fatalf("%q: got %v, %v", title, records, err)
		}
		if got := records[1][0]; got != want || unguarded(got) != title {
			t.Errorf("%q: got %q, want %q; read back %q", title, got, want, unguarded(got))
		}
	}
}

// A title of nothing but tabs takes no longer than others of its length.
func TestCSVGuards_ManyTabs(t *testing.T) {
	t.Parallel()
	const n = 100_000 // which took minutes when each tab was looked at again for each tab before it
	text := write(t, titles(t, export.CSV), confopenapi.Conference{Title: strings.Repeat("\t", n) + "=1"})
	if want := "title\n'" + strings.Repeat("\t'", n) + "=1\n"; string(text) != want {
		t.Errorf("got %d bytes, want %d, with an apostrophe behind each tab", len(text), len(want))
	}
}

// dangerous are what titles are made of that a format may spoil.
var dangerous = []string{
	"=", "+", "-", "@", "＝", "'", "''", "\"", ";", ",", "\t", "\n", " ", "\u00a0", "\u3000", "\ufeff", "\u200b", "\x00", "\x1b", "\u0085",
	"1+1", "周例会", "_x000D_", "_x005F_", "<b>", "&amp;", "]]>", "a", "🎉", "\u2028", "\ufffe",
}

func TestEveryCellComesBack(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 2))
	var list []confopenapi.Conference
	titlePairs := 5000
	if testing.Short() {
		titlePairs = 500
	}
	for range titlePairs {
		var title strings.Builder
		for range rng.IntN(8) {
			title.WriteString(dangerous[rng.IntN(len(dangerous))])
		}
		list = append(list, confopenapi.Conference{Title: "x" + title.String()}, confopenapi.Conference{Title: title.String()})
	}

	text := write(t, titles(t, export.CSV), list...)
	reader := csv.NewReader(bytes.NewReader(text))
	records, err := reader.ReadAll()
	if err != nil || len(records) != len(list)+1 {
		t.Fatalf("got %d records and %v, want %d", len(records), err, len(list)+1)
	}
	for i, c := range list {
		if got := unguarded(records[i+1][0]); got != c.Title {
			t.Errorf("CSV: got %q, want %q", got, c.Title)
		}
	}
	for cell := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
		if formula.MatchString(cell) { // as it is for who separates by semicolons or tabs
			t.Errorf("CSV: the cell %q is a formula", cell)
		}
	}

	book, err := xlsxreader.NewReader(write(t, titles(t, export.XLSX), list...))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for row := range book.ReadRows("Conferences") {
		if row.Error != nil {
			t.Fatal(row.Error)
		}
		if row.Index == 1 {
			continue
		}
		got := ""
		if len(row.Cells) > 0 {
			got = strings.ReplaceAll(row.Cells[0].Value, "_x005F_", "_")
		}
		if want := noXML.ReplaceAllString(list[row.Index-2].Title, "\ufffd"); got != want {
			t.Errorf("XLSX: got %q, want %q", got, want)
		}
		n++
	}
	if n < len(list)-len(list)/10 { // empty rows need not come
		t.Errorf("XLSX: got %d rows, want about %d", n, len(list))
	}

	lines := strings.Split(string(write(t, export.Layout{Format: export.NDJSON}, list...)), "\n")
	for i, c := range list {
		var got confopenapi.Conference
		if err := got.UnmarshalJSON([]byte(lines[i])); err != nil || got.Title != c.Title {
			t.Errorf("NDJSON: got %q and %v, want %q", got.Title, err, c.Title)
		}
		if odd := odd.FindString(lines[i]); odd != "" {
			t.Errorf("NDJSON: got %q in a line", odd)
		}
	}
}

var (
	noXML = regexp.MustCompile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
	odd   = regexp.MustCompile(`[\p{Cc}\p{Zl}\p{Zp}\x{feff}\x{200b}]`)
)

func mustColumns(t *testing.T, list string) []export.Column {
	t.Helper()
	columns, err := export.ParseColumns(list)
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// A field that came over several lines is one line of NDJSON, in the unfinished file too.
func TestNDJSONIsALineEach(t *testing.T) {
	t.Parallel()
	c := confopenapi.Conference{EventID: 1, Title: "a\u0085b\u009b31m\u007f\u202e", Extra: map[string]json.RawMessage{
		"room": json.RawMessage("{\n\"name\":\"A1\"\n}"), "floors": json.RawMessage("[1,\r\n\t2]"), "lines": json.RawMessage("\"x\u2028y\u0085\""),
		"two\nlines": json.RawMessage("\n7\n"),
	}}
	job := jobOf(t, export.NDJSON)
	job.Origin.PersonalData = true
	run(t.Context(), t, job, listing([]confopenapi.Conference{c}, errEnded))
	job.Resume = true
	if got := run(t.Context(), t, job, listing([]confopenapi.Conference{c, {EventID: 2}}, nil)); got.err != nil || got.len != 2 {
		t.Fatalf("%+v", got)
	}
	text := string(read(t, job.Target))
	if strings.Count(text, "\n") != 2 || !strings.Contains(text, `"a\u0085b\u009b31m\u007f\u202e"`) || !strings.Contains(text, `"room":{"name":"A1"}`) ||
		!strings.Contains(text, `"floors":[1,2]`) || !strings.Contains(text, `"lines":"x\u2028y\u0085"`) || !strings.Contains(text, `"two\nlines":7`) {
		t.Errorf("got %q", text)
	}
}

func TestTimesAreInTheZone(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("CST", 8*60*60)
	c := confopenapi.Conference{StartTime: 1793609918} // 2026-11-02 08:58:38 UTC
	layout := export.Layout{Format: export.CSV, Columns: mustColumns(t, "startTime"), Zone: shanghai}
	if got, want := string(write(t, layout, c)), "startTime\n2026-11-02T16:58:38+08:00\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	layout.Format = export.XLSX
	book, err := xlsxreader.NewReader(write(t, layout, c))
	if err != nil {
		t.Fatal(err)
	}
	var cells []string
	for row := range book.ReadRows("Conferences") {
		cells = append(cells, row.Cells[0].Value)
	}
	if len(cells) != 2 || cells[0] != "startTime (UTC+8)" || !strings.HasPrefix(cells[1], "2026-11-02T16:58:3") {
		t.Errorf("got %q", cells)
	}
}

func TestCSVOnATerminal(t *testing.T) {
	t.Parallel()
	layout := titles(t, export.CSV)
	layout.Terminal, layout.BOM = true, true
	got := string(write(t, layout, confopenapi.Conference{Title: "\x1b[31m红\u009b0m\u202e"}))
	if want := "title\n\" [31m红 0m \"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
