package web

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// row is what the page and GET /api/v1/live show of a conference. The names are the service's, and ID is that of the run.
type row struct {
	ID           string               `json:"id"`
	EventID      int64                `json:"eventId"`
	ConferenceID string               `json:"conferenceId"`
	StartTime    confopenapi.UnixTime `json:"startTime"`
	Title        string               `json:"title"`
	HostName     string               `json:"hostName"` // personal data
	HostOrgName  string               `json:"hostOrgName"`
	DataCenter   string               `json:"dataCenter"`
	Status       int                  `json:"status"`
	IsSecure     *bool                `json:"isSecureConf"`
	IsRecorded   *bool                `json:"isRecord"`
	Attendees    int                  `json:"attendeeCnt"`
	VoIP         int                  `json:"voipCnt"`
	PSTN         int                  `json:"pstnCnt"`
	Video        int                  `json:"videoCnt"`
	Desktop      int                  `json:"desktopCnt"`
	MCU          int                  `json:"mcuCnt"`
	Box          int                  `json:"boxCnt"`
}

// newRow is the row of a conference, whose personal data it shows only if that is asked for.
func newRow(c *confopenapi.Conference, withPersonalData bool) row {
	r := row{
		ID: rowID(c.Identity()), EventID: c.EventID, ConferenceID: c.ConferenceID, StartTime: c.StartTime,
		Title: c.Title, HostName: c.HostName, HostOrgName: c.HostOrgName, DataCenter: c.DataCenter, Status: int(c.Status),
		IsSecure: c.IsSecure, IsRecorded: c.IsRecorded, Attendees: c.AttendeeCount,
		VoIP: c.VoIPCount, PSTN: c.PSTNCount, Video: c.VideoCount, Desktop: c.DesktopCount, MCU: c.MCUCount, Box: c.BoxCount,
	}
	if !withPersonalData && r.HostName != "" {
		r.HostName = show.Masked
	}
	return r
}

func rowID(id confopenapi.Identity) string {
	return fmt.Sprintf("%d/%s/%d", id.EventID, strings.ToValidUTF8(id.ConferenceID, "\ufffd"), id.StartTime)
}

// rows are those of one state of the View.
type rows struct {
	list    [][]byte // JSON, in the View's order
	digests map[confopenapi.Identity]uint64
}

var seed = maphash.MakeSeed()

// newRows makes the rows of a list, and says how they differ from those before: what is new or changed, and the ids of what is gone.
func newRows(list []confopenapi.Conference, withPersonalData bool, before *rows) (now *rows, changed [][]byte, gone []string) {
	now = &rows{list: make([][]byte, len(list)), digests: make(map[confopenapi.Identity]uint64, len(list))}
	for i := range list {
		text, err := json.Marshal(newRow(&list[i], withPersonalData))
		if err != nil { // which no value of these types has
			panic("web: " + err.Error())
		}
		id, digest := list[i].Identity(), maphash.Bytes(seed, text)
		now.list[i], now.digests[id] = text, digest
		if was, ok := before.digests[id]; !ok || was != digest {
			changed = append(changed, text)
		}
	}
	for id := range before.digests {
		if _, ok := now.digests[id]; !ok {
			gone = append(gone, rowID(id))
		}
	}
	return now, changed, gone
}
