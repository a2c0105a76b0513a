package live

import (
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
)

// Orders are those that a key goes through, as table.Picker.Order has them; the first is the default.
var Orders = []string{
	"-startTime", "title", "-attendeeCnt", "-voipCnt", "-pstnCnt", "-videoCnt", "-desktopCnt", "-mcuCnt", "-boxCnt", "eventId",
}

// ties make the order of any list the same at every poll.
const ties = ",startTime,eventId,conferenceId"

// next is the order that follows another, whatever its direction, and the first one after all others.
func next(order string) string {
	i := slices.IndexFunc(Orders, func(o string) bool { return strings.TrimPrefix(o, "-") == strings.TrimPrefix(order, "-") })
	return Orders[(i+1)%len(Orders)]
}

// reversed is an order the other way round.
func reversed(order string) string {
	names := strings.Split(order, ",")
	for i, name := range names {
		name = strings.TrimSpace(name)
		if up, down := strings.CutPrefix(name, "-"); down {
			names[i] = up
		} else {
			names[i] = "-" + name
		}
	}
	return strings.Join(names, ",")
}

// leads reports whether an order goes by a column first, and in which direction.
func (c *column) leads(order string) (leads, downward bool) {
	first, _, _ := strings.Cut(order, ",")
	first, downward = strings.CutPrefix(strings.TrimSpace(first), "-")
	return c.field != "" && strings.EqualFold(first, c.field), downward
}

// find finds the rows again: those that meet all conditions, sorted. A filter that makes no sense is one that is still being
// written, and the last that did stays.
func (m *Model) find() {
	picker := table.Picker{Printer: m.options.Text, WithPersonalData: m.options.WithPersonalData, Location: m.options.Zone}
	m.unclear = ""
	if text := m.filter.Value(); text == "" {
		m.filtered = nil
	} else if condition, err := picker.Condition(text); err == nil {
		m.filtered = condition
	} else {
		m.unclear = err.Error()
	}
	m.rows = m.rows[:0]
	for _, c := range m.shown().live {
		if m.meets(&c) {
			m.rows = append(m.rows, c)
		}
	}
	if order, err := picker.Order(m.order + ties); err == nil { // as it is, since Options.Order has been parsed before
		order(m.rows)
	}
}

// meets reports whether a conference is one to be shown.
func (m *Model) meets(c *confopenapi.Conference) bool {
	return m.options.meets(c) && (m.filtered == nil || m.filtered(c))
}
