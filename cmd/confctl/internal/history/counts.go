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

// Kind is one of the counts.
type Kind struct{ Name, Chinese string }

// Kinds are those of Counts: the service's names, and the vendor's words.
func Kinds() []Kind {
	return []Kind{
		{"attendeeCnt", "参会人数"},
		{"voipCnt", "VoIP 终端数"},
		{"pstnCnt", "PSTN 数"},
		{"videoCnt", "视频终端数"},
		{"desktopCnt", "桌面客户端数"},
		{"mcuCnt", "MCU 数"},
		{"boxCnt", "盒子数"},
	}
}
