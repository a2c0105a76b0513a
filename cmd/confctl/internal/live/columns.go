package live

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
)

// column is one of the table. It has a text, or a count.
type column struct {
	field string // the name of the field that it shows
	name  string
	text  func(*state, *confopenapi.Conference) string
	count func(*confopenapi.Conference) int
	leave int  // columns with the highest leave first, where there is no room; 0 = never
	hosts bool // only with personal data
}

// flexible is the field of the column that gets what room there is.
const flexible = "title"

// columns are those of the table from left to right, with times in a zone.
func columns(p *message.Printer, zone *time.Location) []column {
	type conference = *confopenapi.Conference
	columns := []column{
		{field: "eventId", name: p.Sprintf("EVENT"), leave: 3, text: func(_ *state, c conference) string { return strconv.FormatInt(c.EventID, 10) }},
		{field: flexible, name: p.Sprintf("TITLE"), text: func(_ *state, c conference) string { return show.Printable(c.Title) }},
		{field: "hostName", name: p.Sprintf("HOST"), leave: 2, hosts: true, text: func(_ *state, c conference) string { return show.Printable(c.HostName) }},
		{field: "startTime", name: p.Sprintf("START"), leave: 1, text: func(s *state, c conference) string { return clock(c.StartTime, s.now, zone) }},
		{name: p.Sprintf("FOR"), leave: 4, text: func(s *state, c conference) string { return since(c.StartTime, s.now) }},
		{field: "attendeeCnt", count: func(c conference) int { return c.AttendeeCount }},
		{field: "voipCnt", leave: 5, count: func(c conference) int { return c.VoIPCount }},
		{field: "pstnCnt", leave: 6, count: func(c conference) int { return c.PSTNCount }},
		{field: "videoCnt", leave: 7, count: func(c conference) int { return c.VideoCount }},
		{field: "desktopCnt", leave: 8, count: func(c conference) int { return c.DesktopCount }},
		{field: "mcuCnt", leave: 9, count: func(c conference) int { return c.MCUCount }},
		{field: "boxCnt", leave: 10, count: func(c conference) int { return c.BoxCount }},
	}
	for i, c := range columns {
		if c.count != nil {
			columns[i].name = table.Brief(p, c.field)
		}
	}
	return columns
}

// cell is what stands in a row of the column.
func (c *column) cell(s *state, conf *confopenapi.Conference) string {
	if c.count != nil {
		return strconv.Itoa(c.count(conf))
	}
	return c.text(s, conf)
}

// clock is a time of the last or next 24 hours as hours and minutes, which midnight does not hide, and another as month and day.
func clock(at confopenapi.UnixTime, now time.Time, zone *time.Location) string {
	if at.IsZero() {
		return "-"
	}
	t := at.Time().In(zone)
	if now.Sub(t).Abs() < 24*time.Hour {
		return t.Format("15:04")
	}
	return t.Format("01-02")
}

// since is how long ago a time was, as two units at most.
func since(at confopenapi.UnixTime, now time.Time) string {
	if at.IsZero() {
		return "-"
	}
	d := max(0, now.Sub(at.Time())) // the clocks of two machines differ
	hours, minutes := int(d.Hours()), int(d.Minutes())%60
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case hours == 0:
		return fmt.Sprintf("%dm", minutes)
	case hours < 24:
		return fmt.Sprintf("%dh%02dm", hours, minutes)
	}
	return fmt.Sprintf("%dd%02dh", hours/24, hours%24)
}
