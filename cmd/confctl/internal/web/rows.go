package web

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// row is what the page and GET /api/v1/live show of a conference. The names are the service's, and ID is that of the run.
type row struct {
	ID           string               `json:"id"`
	Admin        int64                `json:"admin,omitempty"` // of a fleet
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
func newRow(admin int64, c *confopenapi.Conference, withPersonalData bool) row {
	r := row{
		ID: rowID(admin, c.Identity()), Admin: admin, EventID: c.EventID, ConferenceID: c.ConferenceID, StartTime: c.StartTime,
		Title: c.Title, HostName: c.HostName, HostOrgName: c.HostOrgName, DataCenter: c.DataCenter, Status: int(c.Status),
		IsSecure: c.IsSecure, IsRecorded: c.IsRecorded, Attendees: c.AttendeeCount,
		VoIP: c.VoIPCount, PSTN: c.PSTNCount, Video: c.VideoCount, Desktop: c.DesktopCount, MCU: c.MCUCount, Box: c.BoxCount,
	}
	if !withPersonalData && r.HostName != "" {
		r.HostName = show.Masked
	}
	return r
}

// rowID names a run; of one administrator's list, with 0 as the administrator.
func rowID(admin int64, id confopenapi.Identity) string {
	name := fmt.Sprintf("%d/%s/%d", id.EventID, strings.ToValidUTF8(id.ConferenceID, "\ufffd"), id.StartTime)
	if admin != 0 {
		name = fmt.Sprintf("%d:%s", admin, name)
	}
	return name
}

// rows are those of one state of the View.
type rows struct {
	list [][]byte // JSON, in the View's order
	made map[confopenapi.Identity]made
}

// made is the JSON of a row, and a digest of what it was made of.
type made struct {
	digest uint64
	text   []byte
}

// newRows makes the rows of a list, of a fleet's administrator or of 0, and says how they differ from those before: what is new or changed, and the ids of what is gone.
// JSON is made only of what is new or changed.
func newRows(admin int64, list []confopenapi.Conference, withPersonalData bool, before *rows) (now *rows, changed [][]byte, gone []string) {
	now = &rows{list: make([][]byte, len(list)), made: make(map[confopenapi.Identity]made, len(list))}
	var hash maphash.Hash
	hash.SetSeed(seed)
	for i := range list {
		c, id := &list[i], list[i].Identity()
		digest := digestOf(&hash, c)
		row, ok := before.made[id]
		if !ok || row.digest != digest {
			row = made{digest, mustMarshal(newRow(admin, c, withPersonalData))}
			changed = append(changed, row.text)
		}
		now.list[i], now.made[id] = row.text, row
	}
	for id := range before.made {
		if _, ok := now.made[id]; !ok {
			gone = append(gone, rowID(admin, id))
		}
	}
	return now, changed, gone
}

var seed = maphash.MakeSeed()

// digestOf is of the fields that newRow shows, but for the identity.
func digestOf(hash *maphash.Hash, c *confopenapi.Conference) uint64 {
	hash.Reset()
	for _, text := range [...]string{c.Title, c.HostName, c.HostOrgName, c.DataCenter} {
		_, _ = hash.WriteString(text)
		_ = hash.WriteByte(0)
	}
	var numbers [80]byte
	for i, n := range [...]int{
		int(c.Status), flag(c.IsSecure), flag(c.IsRecorded),
		c.AttendeeCount, c.VoIPCount, c.PSTNCount, c.VideoCount, c.DesktopCount, c.MCUCount, c.BoxCount,
	} {
		binary.LittleEndian.PutUint64(numbers[8*i:], uint64(n))
	}
	_, _ = hash.Write(numbers[:])
	return hash.Sum64()
}

func flag(b *bool) int {
	switch {
	case b == nil:
		return 0
	case *b:
		return 1
	}
	return 2
}
