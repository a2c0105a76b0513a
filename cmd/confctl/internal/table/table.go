package table

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Table is how conferences are shown.
type Table struct {
	*message.Printer
	Wide             bool          // every field by its name in JSON, or what it means in Chinese
	Columns          []*show.Field // these fields, as in a wide table; nil = the usual columns
	WithPersonalData bool          // the hosts too; that of other fields is masked by the caller
	Width            int           // of the terminal; 0 = there is none
	Bold             bool          // the names of the columns
	Location         *time.Location
}

// headings are the names of the columns, by field.
var headings = map[string]string{
	"eventId": locale.Mark("EVENT"), "title": locale.Mark("TITLE"), "hostOrgName": locale.Mark("ORGANISATION"),
	"startTime": locale.Mark("START"), "confDurationMinute": locale.Mark("MINUTES"), "attendeeCnt": locale.Mark("ATTENDEES"),
	"hostName": locale.Mark("HOST"),
}

// briefs are the names of the columns of counts where there is little room, by field.
var briefs = map[string]string{
	"attendeeCnt": locale.Mark("ALL"), "voipCnt": locale.Mark("VoIP"), "pstnCnt": locale.Mark("PSTN"), "videoCnt": locale.Mark("VIDEO"),
	"desktopCnt": locale.Mark("DESK"), "mcuCnt": locale.Mark("MCU"), "boxCnt": locale.Mark("BOX"),
}

// Brief is the name of the column of a count where there is little room.
func Brief(p *message.Printer, field string) string { return p.Sprintf(briefs[field]) }

const (
	pipeTitle = 36 // columns for a title where there is no terminal
	minTitle  = 12
	maxOrg    = 16
	maxHost   = 16
)

// Render lays conferences out. It ends without a line break.
func (t Table) Render(list []confopenapi.Conference) string {
	switch {
	case t.Wide && t.Width > 0:
		return t.blocks(list, show.Fields)
	case t.Wide:
		return t.whole(list, show.Fields).Render(0) // which no terminal has room for
	case t.Columns != nil:
		if out := t.whole(list, t.Columns); !cutsNumbers(out, t.Width) {
			return out.Render(t.Width)
		}
		return t.blocks(list, t.Columns)
	}
	return t.narrow(list)
}

func (t Table) narrow(list []confopenapi.Conference) string {
	out := show.Table{Heading: t.bold(), Columns: []show.Column{
		{Name: t.Sprintf(headings["eventId"]), Right: true},
		{Name: t.Sprintf(headings["title"]), Least: minTitle},
		{Name: t.Sprintf(headings["hostOrgName"]), Limit: maxOrg, Leave: 3},
		{Name: t.zoned(t.Sprintf(headings["startTime"]), list), Leave: 1},
		{Name: t.Sprintf(headings["confDurationMinute"]), Right: true, Leave: 4},
		{Name: t.Sprintf(headings["attendeeCnt"]), Right: true},
	}}
	if t.Width == 0 {
		out.Columns[1].Limit = pipeTitle
	}
	if t.WithPersonalData {
		out.Columns = append(out.Columns, show.Column{Name: t.Sprintf(headings["hostName"]), Limit: maxHost, Leave: 2})
	}
	for _, c := range list {
		row := []string{
			strconv.FormatInt(c.EventID, 10), show.Printable(c.Title), show.Printable(c.HostOrgName), t.clock(c.StartTime, "01-02 15:04"),
			strconv.Itoa(c.DurationMinutes), strconv.Itoa(c.AttendeeCount),
		}
		if t.WithPersonalData {
			row = append(row, show.Printable(c.HostName))
		}
		out.Rows = append(out.Rows, row)
	}
	return out.Render(t.Width)
}

// whole has a column for each of some fields.
func (t Table) whole(list []confopenapi.Conference, columns []*show.Field) *show.Table {
	out := &show.Table{Heading: t.bold()}
	for _, f := range columns {
		column := show.Column{Name: t.heading(f, list), Right: !f.IsText() && f.Kind != fields.Flag && f.Go != "Status"}
		if f.IsText() {
			column.Least = minTitle
		}
		out.Columns = append(out.Columns, column)
	}
	for _, c := range list {
		row := make([]string, len(columns))
		for i, f := range columns {
			row[i] = t.cell(f, &c)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// cutsNumbers reports whether a table leaves less room than it needs to what has no dots when it is cut: a number would be another.
func cutsNumbers(t *show.Table, width int) bool {
	needed := t.Place(0)
	return slices.ContainsFunc(t.Place(width), func(c show.Placed) bool { return c.Least == 0 && c.Width < needed[c.Index].Width })
}

// blocks has a line for each field.
func (t Table) blocks(list []confopenapi.Conference, columns []*show.Field) string {
	out := show.Table{NoNames: true, Columns: []show.Column{{Leave: 1}, {Wrap: true, Least: minTitle}}}
	for i, c := range list {
		if i > 0 {
			out.Rows = append(out.Rows, nil)
		}
		for _, f := range columns {
			out.Rows = append(out.Rows, []string{t.heading(f, list), t.cell(f, &c)})
		}
	}
	return out.Render(t.Width)
}

func (t Table) bold() func(string) string {
	if !t.Bold {
		return nil
	}
	return func(line string) string { return "\x1b[1m" + line + "\x1b[0m" }
}

func (t Table) heading(f *show.Field, list []confopenapi.Conference) string {
	name := f.Name
	if locale.IsChinese(t.Printer) {
		name = f.Chinese
	}
	if f.Kind == fields.Time {
		return t.zoned(name, list)
	}
	return name
}

// zoned is the name of a column of times: with the zone that they are in, which a change of the clocks may divide in two.
func (t Table) zoned(name string, list []confopenapi.Conference) string {
	var zones []string
	for _, c := range list {
		if zone := show.Zone(c.StartTime.Time().In(t.Location)); !c.StartTime.IsZero() && !strings.Contains(strings.Join(zones, "/"), zone) {
			zones = append(zones, zone)
		}
	}
	return name + " " + cmp.Or(strings.Join(zones, "/"), show.Zone(time.Now().In(t.Location)))
}

// cell is a field for people.
func (t Table) cell(f *show.Field, c *confopenapi.Conference) string {
	switch {
	case f.Go == "Status":
		return Status(t.Printer, c.Status)
	case isMasked(f, c):
		return t.Sprintf("[masked]")
	case f.IsText():
		return show.Printable(f.Text(c))
	case f.Kind == fields.Flag:
		return flagWords(t.Printer)[rank(f.Flag(c))]
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

// flagWords are the words for flags, by rank.
func flagWords(p *message.Printer) []string {
	return []string{p.Sprintf("unknown"), p.Sprintf("no"), p.Sprintf("yes")}
}

// Status is a word for a status, as the vendor has it for other endpoints, or the number.
func Status(p *message.Printer, s confopenapi.ConferenceStatus) string {
	switch s {
	case confopenapi.StatusCreated:
		return p.Sprintf("created")
	case confopenapi.StatusInProgress:
		return p.Sprintf("in progress")
	case confopenapi.StatusEnded:
		return p.Sprintf("ended")
	case confopenapi.StatusExpired:
		return p.Sprintf("expired")
	}
	return strconv.Itoa(int(s))
}
