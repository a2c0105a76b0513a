package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/confopenapi/confopenapi-go"
)

const maxTitle = 36 // columns of a terminal, of which a Chinese character takes two

func init() {
	// Unicode calls the width of characters such as “ and … ambiguous. go-pretty would take it from the locale, but
	// terminals of today draw them in one column also in Chinese locales.
	text.OverrideRuneWidthEastAsianWidth(false)
}

// printTable writes the page for people: a table, and a line that says which part of the list it is.
func printTable(w io.Writer, page *confopenapi.ConfList, cfg config) error {
	t := table.NewWriter()
	t.SetStyle(plain())
	t.SuppressTrailingSpaces()
	t.SetColumnConfigs([]table.ColumnConfig{
		{Name: "EVENT", Align: text.AlignRight},
		{Name: "TITLE", WidthMax: maxTitle, WidthMaxEnforcer: snip},
		{Name: "ORGANISATION", WidthMax: maxTitle, WidthMaxEnforcer: snip},
		{Name: "MINUTES", Align: text.AlignRight},
		{Name: "ATTENDEES", Align: text.AlignRight},
	})
	header := table.Row{"EVENT", "CONFERENCE", "TITLE", "ORGANISATION", "START (UTC)", "MINUTES", "ATTENDEES", "RECORDED", "STATUS"}
	if cfg.withPersonalData {
		header = append(header, "HOST", "E-MAIL", "MOBILE")
	}
	t.AppendHeader(header)
	for _, c := range page.Conferences {
		row := table.Row{
			c.EventID, printable(c.ConferenceID), printable(c.Title), printable(c.HostOrgName), clock(c.StartTime),
			c.DurationMinutes, c.AttendeeCount, yesNo(c.IsRecorded), c.Status.String(),
		}
		if cfg.withPersonalData {
			row = append(row, printable(c.HostName), printable(c.HostEmail), printable(c.HostMobile))
		}
		t.AppendRow(row)
	}
	body := ""
	if len(page.Conferences) > 0 {
		body = t.Render() + "\n\n"
	}
	if _, err := fmt.Fprintf(w, "%s%s\n", body, footer(page, cfg.request)); err != nil {
		return &outputError{err}
	}
	return nil
}

// footer says what the page is. Its total is the service's, which need not agree with what the pages hold.
func footer(page *confopenapi.ConfList, req confopenapi.ListByStatusRequest) string {
	line := fmt.Sprintf("%d of %d live conferences, page %d", len(page.Conferences), page.TotalCount, max(1, req.Page))
	if page.Meta.RequestID != "" {
		line += ", request id " + printable(page.Meta.RequestID)
	}
	return line
}

// plain has neither borders nor box characters: two spaces between columns, and a line of dashes below the names.
func plain() table.Style {
	style := table.StyleDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Box.MiddleSeparator = ""
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	return style
}

func snip(s string, width int) string { return text.Snip(s, width, "...") }

func clock(t confopenapi.UnixTime) string {
	if t.IsZero() {
		return "-"
	}
	return t.Time().Format(time.DateTime)
}

// yesNo shows what the service does not say as neither.
func yesNo(b *bool) string {
	switch {
	case b == nil:
		return "?"
	case *b:
		return "yes"
	}
	return "no"
}

// printable makes text of strangers safe for a terminal: no escape sequences, no direction marks, no line breaks.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
