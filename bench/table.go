package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A column shows something of a subject: for each size of pages, joined.
type column struct {
	header string
	cell   func(r result, of *row) string // "" = nothing for that size
}

// What the tables show beside ratios.
var (
	decodeCPU    = []column{{"µs a conference", func(r result, of *row) string { return figure(micros(of) / per(r)) }}}
	decodeMemory = []column{
		{"allocations a conference", func(r result, of *row) string { return figure(of.allocs / per(r)) }},
		{"bytes allocated a conference", func(r result, of *row) string { return grouped(of.bytes / per(r)) }},
		{"bytes kept a conference, of whole pages", func(_ result, of *row) string { return grouped(of.retention.Whole) }},
		{"bytes kept a page, for one conference of it", func(_ result, of *row) string { return grouped(of.retention.One) }},
	}
	encodeMemory = decodeMemory[:2]
	callCPU      = []column{{"µs a call", func(_ result, of *row) string { return figure(micros(of)) }}}
	callMemory   = []column{
		{"allocations a call", func(_ result, of *row) string { return grouped(of.allocs) }},
		{"bytes allocated a call", func(_ result, of *row) string { return grouped(of.bytes) }},
	}
)

func micros(of *row) float64 { return float64(of.cpu.Nanoseconds()) / 1000 }

func per(r result) float64 { return float64(max(1, r.size)) }

// ratios has a group's ratios, in a column for each size of pages.
func ratios(results []result) []column {
	var columns []column
	for _, r := range results {
		which := r.form
		if which == "" {
			which = "page of " + grouped(float64(r.size))
		}
		columns = append(columns, column{"CPU / SDK's, " + which, func(of result, row *row) string {
			switch {
			case of.String() != r.String():
				return ""
			case row == of.rows[0]:
				return "1"
			}
			return fmt.Sprintf("%s (%s–%s)", figure(row.ratio[1]), figure(row.ratio[0]), figure(row.ratio[2]))
		}})
	}
	return columns
}

// fill writes a line for each subject of a group. Not every task of it need have the subject.
func fill(results []result, columns []column) table.Writer {
	t := newTable()
	header := table.Row{"", "strings"}
	var right []table.ColumnConfig
	for _, c := range columns {
		header = append(header, c.header)
		right = append(right, table.ColumnConfig{Number: len(header), Align: text.AlignRight})
	}
	t.AppendHeader(header)
	t.SetColumnConfigs(right)
	for _, of := range subjects(results) {
		line := table.Row{of.peer, of.strings}
		for _, c := range columns {
			var parts []string
			for _, r := range results {
				if part := cell(r, of, c.cell); part != "" {
					parts = append(parts, part)
				}
			}
			line = append(line, strings.Join(parts, " / "))
		}
		t.AppendRow(line)
	}
	t.SuppressEmptyColumns()
	return t
}

func cell(r result, of subject, show func(result, *row) string) string {
	i := slices.IndexFunc(r.rows, func(row *row) bool { return row.peer == of.peer })
	if i < 0 {
		return "-"
	}
	return show(r, r.rows[i])
}

// subjects are those of any of the tasks.
func subjects(results []result) []subject {
	var all []subject
	for _, r := range results {
		for _, row := range r.rows {
			if !slices.ContainsFunc(all, func(s subject) bool { return s.peer == row.peer }) {
				all = append(all, row.subject)
			}
		}
	}
	return all
}

func sizeTable(built []program) table.Writer {
	t := newTable()
	t.AppendHeader(table.Row{"program", "bytes", "more than with net/http alone"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight}})
	for _, p := range built {
		t.AppendRow(table.Row{p.Name, grouped(float64(p.Bytes)), grouped(float64(p.Bytes - built[0].Bytes))})
	}
	return t
}

func newTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	return t
}

// figure has three digits, or all before the point, or two of a small number.
func figure(x float64) string {
	switch {
	case x >= 99.95:
		return grouped(x)
	case x >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case x >= 0.0995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// grouped is an integer with commas between its thousands.
func grouped(x float64) string {
	digits := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
