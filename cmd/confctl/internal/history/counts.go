package history

import "github.com/confopenapi/confopenapi-go"

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

// list are the counts in the order of kinds.
func (c *Counts[N]) list() [len(kinds)]*N {
	return [...]*N{&c.Attendees, &c.VoIP, &c.PSTN, &c.Video, &c.Desktop, &c.MCU, &c.Box}
}

func (c *Counts[N]) add(other *Counts[N]) {
	all := other.list()
	for i, n := range c.list() {
		*n += *all[i]
	}
}
