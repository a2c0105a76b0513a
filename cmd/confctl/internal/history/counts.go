package history

import (
	"slices"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Counts are attendees, and how many of them use each kind of client, under the service's names.
type Counts[N int | float64] struct {
	Attendees N `json:"attendeeCnt"`
	VoIP      N `json:"voipCnt"`
	PSTN      N `json:"pstnCnt"`
	Video     N `json:"videoCnt"`
	Desktop   N `json:"desktopCnt"`
	MCU       N `json:"mcuCnt"`
	Box       N `json:"boxCnt"`
}

// CountsOf are those of a conference.
func CountsOf(c *confopenapi.Conference) *Counts[int] {
	return &Counts[int]{c.AttendeeCount, c.VoIPCount, c.PSTNCount, c.VideoCount, c.DesktopCount, c.MCUCount, c.BoxCount}
}

// List is a pointer to each count, in the order of Kinds.
func (c *Counts[N]) List() [len(kinds)]*N {
	return [...]*N{&c.Attendees, &c.VoIP, &c.PSTN, &c.Video, &c.Desktop, &c.MCU, &c.Box}
}

func (c *Counts[N]) add(other *Counts[N]) {
	all := other.List()
	for i, n := range c.List() {
		*n += *all[i]
	}
}

// Kinds are the fields of a conference that Counts has.
func Kinds() (list []fields.Field) {
	for _, k := range kinds {
		i := slices.IndexFunc(fields.All[:], func(f fields.Field) bool { return f.Name == k+"Cnt" })
		list = append(list, fields.All[i])
	}
	return list
}
