package live

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

// SortKeys are the columns that the table can be sorted by, in the order of the key that goes through them.
var SortKeys = []string{"started", "title", "attendees", "voip", "pstn", "video", "desktop", "mcu", "box", "id"}

// column is one of the table. It has a text, or a count.
type column struct {
	key    string // as in SortKeys
	name   string
	member string // a count's documented name
	text   func(*state, confopenapi.Conference) string
	count  func(confopenapi.Conference) int
	leave  int  // columns with the highest leave first, where there is no room; 0 = never
	hosts  bool // only with personal data
}

// flexible is the column that gets what room there is.
const flexible = "title"

// columns are those of the table from left to right, with times in a zone.
func columns(p *message.Printer, zone *time.Location) []column {
	started := func(s *state, c confopenapi.Conference) string { return clock(c.StartTime.Time(), s.now, zone) }
	running := func(s *state, c confopenapi.Conference) string { return since(c.StartTime.Time(), s.now) }
	return []column{
		{key: "id", name: p.Sprintf("ID"), leave: 3, text: func(_ *state, c confopenapi.Conference) string { return show.Printable(c.ConferenceID) }},
		{key: flexible, name: p.Sprintf("TITLE"), text: func(_ *state, c confopenapi.Conference) string { return show.Printable(c.Title) }},
		{key: "host", name: p.Sprintf("HOST"), leave: 2, hosts: true, text: func(_ *state, c confopenapi.Conference) string { return show.Printable(c.HostName) }},
		{key: "started", name: p.Sprintf("START"), leave: 1, text: started},
		{key: "running", name: p.Sprintf("FOR"), leave: 4, text: running},
		{key: "attendees", name: p.Sprintf("ALL"), member: "attendeeCnt", count: func(c confopenapi.Conference) int { return c.AttendeeCount }},
		{key: "voip", name: p.Sprintf("VoIP"), leave: 5, member: "voipCnt", count: func(c confopenapi.Conference) int { return c.VoIPCount }},
		{key: "pstn", name: p.Sprintf("PSTN"), leave: 6, member: "pstnCnt", count: func(c confopenapi.Conference) int { return c.PSTNCount }},
		{key: "video", name: p.Sprintf("VIDEO"), leave: 7, member: "videoCnt", count: func(c confopenapi.Conference) int { return c.VideoCount }},
		{key: "desktop", name: p.Sprintf("DESK"), leave: 8, member: "desktopCnt", count: func(c confopenapi.Conference) int { return c.DesktopCount }},
		{key: "mcu", name: p.Sprintf("MCU"), leave: 9, member: "mcuCnt", count: func(c confopenapi.Conference) int { return c.MCUCount }},
		{key: "box", name: p.Sprintf("BOX"), leave: 10, member: "boxCnt", count: func(c confopenapi.Conference) int { return c.BoxCount }},
	}
}

// cell is what stands in a row of the column.
func (c *column) cell(s *state, conf confopenapi.Conference) string {
	if c.count != nil {
		return strconv.Itoa(c.count(conf))
	}
	return c.text(s, conf)
}

// compare orders conferences upward by the column.
func (c *column) compare(a, b confopenapi.Conference) int {
	switch {
	case c.count != nil:
		return cmp.Compare(c.count(a), c.count(b))
	case c.key == "started":
		return cmp.Compare(a.StartTime, b.StartTime)
	}
	return cmp.Compare(c.text(nil, a), c.text(nil, b))
}

// downward reports whether the largest comes first where nothing else is asked for.
func (c *column) downward() bool { return c.count != nil || c.key == "started" }

// clock is a time of today as hours and minutes, and of another day as month and day.
func clock(t, now time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "-"
	}
	t, now = t.In(zone), now.In(zone)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("01-02")
}

// since is how long ago a time was, as two units at the most.
func since(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	d := max(0, now.Sub(t)) // the clocks of two machines differ
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

// matches reports whether the words of a filter are all in a conference's ids, title or organisation, whatever the case.
func matches(c confopenapi.Conference, filter string) bool {
	text := strings.ToLower(strings.Join([]string{c.ConferenceID, strconv.FormatInt(c.EventID, 10), c.Title, c.HostOrgName}, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(filter)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
