package main

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

const maxTitle = 36 // columns of a terminal

// printTable writes the page for people: a table, and a line that says which part of the list it is.
func printTable(w io.Writer, page *confopenapi.ConfList, cfg *config) error {
	t := show.NewTable(show.Number("EVENT"), show.Text("TITLE", maxTitle), show.Text("ORGANISATION", maxTitle),
		show.Number("MINUTES"), show.Number("ATTENDEES"))
	header := table.Row{"EVENT", "CONFERENCE", "TITLE", "ORGANISATION", "START (UTC)", "MINUTES", "ATTENDEES", "RECORDED", "STATUS"}
	if cfg.WithPersonalData {
		header = append(header, "HOST", "E-MAIL", "MOBILE")
	}
	t.AppendHeader(header)
	for _, c := range page.Conferences {
		row := table.Row{
			c.EventID, show.Printable(c.ConferenceID), show.Printable(c.Title), show.Printable(c.HostOrgName), clock(c.StartTime),
			c.DurationMinutes, c.AttendeeCount, yesNo(c.IsRecorded), c.Status.String(),
		}
		if cfg.WithPersonalData {
			row = append(row, show.Printable(c.HostName), show.Printable(c.HostEmail), show.Printable(c.HostMobile))
		}
		t.AppendRow(row)
	}
	body := ""
	if len(page.Conferences) > 0 {
		body = t.Render() + "\n\n"
	}
	_, err := fmt.Fprintf(w, "%s%s\n", body, footer(page, cfg.request))
	return err
}

// footer says what the page is. Its total is the service's, which need not agree with what the pages hold.
func footer(page *confopenapi.ConfList, req confopenapi.ListByStatusRequest) string {
	line := fmt.Sprintf("%d of %d live conferences, page %d", len(page.Conferences), page.TotalCount, max(1, req.Page))
	if page.Meta.RequestID != "" {
		line += ", request id " + show.Printable(page.Meta.RequestID)
	}
	return line
}

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
