package table

import (
	"math"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	pretty "github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Table is how conferences are shown. Numbers stand to the right, and a Chinese character takes two columns of a terminal.
type Table struct {
	*message.Printer
	Wide             bool // every field by its name in JSON, whatever the width
	WithPersonalData bool // the hosts too; that of a wide table is masked by the caller
	Columns          int  // of the terminal that titles are cut for; 0 = there is none
	Bold             bool // the names of the columns
	Location         *time.Location
}

const (
	pipeTitle = 36 // columns for a title where there is no terminal
	minTitle  = 12
	maxOrg    = 16
)

// Render lays conferences out. It ends without a line break.
func (t Table) Render(list []confopenapi.Conference) string {
	if t.Wide {
		return t.wide(list)
	}
	if t.Columns == 0 {
		return t.narrow(list, pipeTitle)
	}
	out := t.narrow(list, math.MaxInt)
	if over := pretty.LongestLineLen(out) - t.Columns; over > 0 {
		longest := pretty.StringWidthWithoutEscSequences(t.Sprintf("TITLE"))
		for _, c := range list {
			longest = max(longest, pretty.StringWidthWithoutEscSequences(show.Printable(c.Title)))
		}
		out = t.narrow(list, max(minTitle, longest-over))
	}
	return out
}

func (t Table) narrow(list []confopenapi.Conference, maxTitle int) string {
	event, title, org := t.Sprintf("EVENT"), t.Sprintf("TITLE"), t.Sprintf("ORGANISATION")
	minutes, attendees := t.Sprintf("MINUTES"), t.Sprintf("ATTENDEES")
	w := t.writer(show.Number(event), show.Text(title, maxTitle), show.Text(org, maxOrg), show.Number(minutes), show.Number(attendees))
	header := table.Row{event, title, org, t.Sprintf("START"), minutes, attendees}
	if t.WithPersonalData {
		header = append(header, t.Sprintf("HOST"))
	}
	w.AppendHeader(header)
	for _, c := range list {
		row := table.Row{
			c.EventID, show.Printable(c.Title), show.Printable(c.HostOrgName), t.clock(c.StartTime, "01-02 15:04"),
			c.DurationMinutes, c.AttendeeCount,
		}
		if t.WithPersonalData {
			row = append(row, show.Printable(c.HostName))
		}
		w.AppendRow(row)
	}
	return w.Render()
}

func (t Table) wide(list []confopenapi.Conference) string {
	columns, header := make([]table.ColumnConfig, 0, len(show.Fields)), make(table.Row, 0, len(show.Fields))
	for _, f := range show.Fields {
		header = append(header, f.Name)
		if !f.IsText() && f.Kind != fields.Flag && f.Go != "Status" {
			columns = append(columns, show.Number(f.Name))
		}
	}
	w := t.writer(columns...)
	w.AppendHeader(header)
	for _, c := range list {
		row := make(table.Row, 0, len(show.Fields))
		for _, f := range show.Fields {
			row = append(row, t.cell(f, &c))
		}
		w.AppendRow(row)
	}
	return w.Render()
}

func (t Table) writer(columns ...table.ColumnConfig) table.Writer {
	w := show.NewTable(columns...)
	if t.Bold {
		w.Style().Color.Header = pretty.Colors{pretty.Bold}
	}
	return w
}

// cell is a field for people.
func (t Table) cell(f *show.Field, c *confopenapi.Conference) string {
	switch {
	case f.Go == "Status":
		return t.status(c.Status)
	case f.IsText():
		return show.Printable(f.Text(c))
	case f.Kind == fields.Flag:
		return [...]string{"?", t.Sprintf("no"), t.Sprintf("yes")}[rank(f.Flag(c))]
	case f.Kind == fields.Time:
		return t.clock(confopenapi.UnixTime(f.Int(c)), time.DateTime)
	}
	return strconv.FormatInt(f.Int(c), 10)
}

// clock shows a time in the table's zone, and what the service does not say as -.
func (t Table) clock(at confopenapi.UnixTime, layout string) string {
	if at.IsZero() {
		return "-"
	}
	return at.Time().In(t.Location).Format(layout)
}

func (t Table) status(s confopenapi.ConferenceStatus) string {
	switch s {
	case confopenapi.StatusCreated:
		return t.Sprintf("created")
	case confopenapi.StatusInProgress:
		return t.Sprintf("in progress")
	case confopenapi.StatusEnded:
		return t.Sprintf("ended")
	case confopenapi.StatusExpired:
		return t.Sprintf("expired")
	}
	return strconv.Itoa(int(s))
}
