package confopenapi

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/redact"
)

// ConfList is one page of the list of live conferences (result). It marshals as the service's result, with personal data and
// without Meta.
type ConfList struct {
	// TotalCount is how many conferences match, on all pages (totalCount, 符合条件的会议总条数). It need not agree with the
	// pages: in the vendor's example it is 2, and one conference is listed.
	TotalCount int
	// Conferences are those of this page, in the server's order, which is unknown (confList). It is empty past the end, and
	// nil where the service gives null or no list.
	Conferences []Conference
	// Extra holds the fields of result that this version does not know; nil when there are none.
	Extra map[string]json.RawMessage
	// Meta is what the response says about itself.
	Meta Meta
}

// Format prints counts and no personal data, whatever the verb.
func (l ConfList) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%d of %d conferences", len(l.Conferences), l.TotalCount)
}

// LogValue shows counts and Meta, and no personal data.
func (l ConfList) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("conferences", len(l.Conferences)), slog.Int("totalCount", l.TotalCount),
		slog.Any("meta", l.Meta))
}

// Meta is what a response says about itself, and what the client saw of it.
type Meta struct {
	Msg            string        `json:"-"` // the envelope's msg (提示信息), of a longer one the first 4 KiB; "" if absent
	RequestID      string        // request_id (请求 ID), one line of 128 bytes at the most; "" if absent: a downstream service of the vendor sent none
	ServerTime     time.Time     // timestamp (时间戳, milliseconds), in UTC; zero if absent or unreadable
	ServerDuration time.Duration // request_duration (服务端处理耗时; its form is from the example); 0 if absent or unreadable
	HTTPStatus     int           // 0 = no response
	Header         http.Header   `json:"-"` // of the response, with the token redacted. Do not modify
	Attempts       int           // how many times this call sent the request; 1 = no retry
	Elapsed        time.Duration // from the call to its end, with waits and retries
}

// Format prints the request id, the HTTP status, the attempts and the time, whatever the verb, and not Msg and Header, which
// may hold personal data.
func (m Meta) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "HTTP %d, request id %q, attempts %d, elapsed %s",
		m.HTTPStatus, m.RequestID, m.Attempts, m.Elapsed.Round(time.Microsecond))
}

// LogValue shows what Format prints.
func (m Meta) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("httpStatus", m.HTTPStatus), slog.String("requestId", m.RequestID),
		slog.Int("attempts", m.Attempts), slog.Duration("elapsed", m.Elapsed))
}

// Conference is one live conference. A field that is absent or null is the zero value; an integer may come in quotes. The tags
// name the field in the vendor's JSON (json) and in the vendor's words (zh); what is marked personal holds personal data. The
// vendor documents all fields, but not what a comment calls unknown; (sibling) is what its page of another endpoint says.
//
// String, LogValue and fmt show only ids and counts. JSON keeps everything: a JSON log handler that is given a []Conference prints
// personal data, and so does fmt for a Conference inside an unexported field. A copy shares Extra and the booleans' pointers.
type Conference struct {
	EventID      int64  `json:"eventId" zh:"会议预约 ID"`                   // the reservation, which may run more than once
	ConferenceID string `json:"conferenceId" zh:"会议 ID"`                // neither it nor EventID alone names a run: see Identity
	Title        string `json:"title" zh:"会议主题" wire:"or=confName"`     // confName, the example's spelling, where title is absent, null or empty
	BillingCode  string `json:"billingCode" zh:"计费码"`                   // whose, and of what form, is unknown
	CustomerCode string `json:"customerCode" zh:"客户编码" wire:"repeats"`  // its form is unknown
	Passcode     Secret `json:"pcode2" zh:"参会人密码" wire:"or=guestPcode"` // the attendees'; or guestPcode, by the same rule as Title

	HostID              int64  `json:"hostId" zh:"主持人用户 ID"`
	HostName            string `json:"hostName" zh:"主持人姓名" wire:"personal"`
	HostEmail           string `json:"hostEmail" zh:"主持人邮箱" wire:"personal"`
	HostMobile          string `json:"hostMobile" zh:"主持人手机" wire:"personal"`
	HostAccountType     int    `json:"hostAccountType" zh:"主持人类型"` // the values are up to the business, and unknown
	HostAccountTypeText string `json:"hostAccountTypeStr" zh:"主持人类型文案" wire:"repeats"`
	HostOrgID           int64  `json:"hostOrgId" zh:"主持人所属组织 ID"`
	HostOrgName         string `json:"hostOrgName" zh:"主持人所属组织名称" wire:"repeats"`
	HostIP              string `json:"hostIp" zh:"主持人 IP" wire:"personal"`
	HostLocation        string `json:"hostLocation" zh:"主持人归属地" wire:"repeats,personal"` // of the number or of the IP: unknown

	StartTime       UnixTime `json:"startTime" zh:"开始时间"`
	StartTimeText   string   `json:"startTimeStr" zh:"开始时间展示字符串"`                   // in an unstated zone; in the example it disagrees with StartTime: do not parse it
	StopTime        UnixTime `json:"stopTime" zh:"结束时间"`                            // zero = not stopped yet (example), or absent
	StopTimeText    string   `json:"stopTimeStr" zh:"结束时间展示字符串"`                    // do not parse it
	DurationSeconds int      `json:"confDuration" zh:"会议时长(秒)" wire:"ticks"`        // planned or elapsed: unknown
	DurationMinutes int      `json:"confDurationMinute" zh:"会议时长(分钟)" wire:"ticks"` // likewise

	IsSecure   *bool            `json:"isSecureConf" zh:"是否安全会议"`            // nil = null or absent: the service does not say, which is not false
	IsRecorded *bool            `json:"isRecord" zh:"是否录制"`                  // nil likewise; now or at all: unknown
	DataCenter string           `json:"dataCenter" zh:"数据中心" wire:"repeats"` // its values are unknown
	Status     ConferenceStatus `json:"status" zh:"会议状态"`                    // its values are not documented here: see ConferenceStatus

	AttendeeCount    int `json:"attendeeCnt" zh:"参会人数"`
	VoIPCount        int `json:"voipCnt" zh:"VoIP 终端数"`
	PSTNCount        int `json:"pstnCnt" zh:"PSTN 数"` // attendees in the telephone network
	VideoCount       int `json:"videoCnt" zh:"视频终端数"`
	DesktopCount     int `json:"desktopCnt" zh:"桌面客户端数"`
	MCUCount         int `json:"mcuCnt" zh:"MCU 数"`
	BoxCount         int `json:"boxCnt" zh:"盒子数"`            // what a box is, and whether the counts add up to AttendeeCount, is unknown
	RawAttendeeCount int `json:"rawAttendeeCnt" zh:"原始参会人数"` // before the server corrected it (sibling)
	RawPSTNCount     int `json:"rawPstnCnt" zh:"原始 PSTN 数"`  // likewise

	// Extra holds the fields that this version does not know, each with its JSON as it came; nil when there are none.
	// A key that names a known field is not marshalled.
	Extra map[string]json.RawMessage `json:"-"`
}

// Identity names this run of the conference.
func (c Conference) Identity() Identity {
	return Identity{EventID: c.EventID, ConferenceID: c.ConferenceID, StartTime: c.StartTime}
}

// String shows ids and counts, and no personal data.
func (c Conference) String() string {
	started := ""
	if !c.StartTime.IsZero() {
		started = ", started " + c.StartTime.Time().Format(time.RFC3339)
	}
	return fmt.Sprintf("conference %q (event %d, %s, %d attendees%s)", c.shownID(), c.EventID, c.Status, c.AttendeeCount, started)
}

// shownID is the id in a line of ours.
func (c Conference) shownID() string { return redact.Line(c.ConferenceID, 64) }

// Format prints what String returns, whatever the verb.
func (c Conference) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue shows ids and counts, and no personal data.
func (c Conference) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("eventId", c.EventID), slog.String("conferenceId", c.shownID()),
		slog.Int64("startTime", int64(c.StartTime)), slog.Int("status", int(c.Status)),
		slog.Int("attendeeCnt", c.AttendeeCount))
}

// Identity names one run of a conference: a reservation may run again, and a run may vanish from the list and return.
// It is comparable, so it can be the key of a map.
type Identity struct {
	EventID      int64    // the reservation
	ConferenceID string   // the conference
	StartTime    UnixTime // the run
}

// UnixTime is a time in whole seconds since 1970-01-01 UTC; zero = absent.
type UnixTime int64

// Time is the same instant in UTC, or the zero time.Time if t is zero.
func (t UnixTime) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(int64(t), 0).UTC()
}

// IsZero reports whether the time is absent.
func (t UnixTime) IsZero() bool { return t == 0 }

// ConferenceStatus is the state of a conference. The endpoint documents no value, its example shows 2, and the names below
// are from sibling endpoints: expect others. A conference can go from ended back to in progress within 12 hours (sibling).
type ConferenceStatus int

// The values of sibling endpoints. Theirs have 0 for a conference that does not exist; here 0 is also an absent status, so
// it has no name.
const (
	StatusCreated    ConferenceStatus = 1
	StatusInProgress ConferenceStatus = 2
	StatusEnded      ConferenceStatus = 4 // about a minute after the room empties
	StatusExpired    ConferenceStatus = 5
)

// String is the status's name in English, or "status" and the number.
func (s ConferenceStatus) String() string {
	switch s {
	case StatusCreated:
		return "created"
	case StatusInProgress:
		return "in progress"
	case StatusEnded:
		return "ended"
	case StatusExpired:
		return "expired"
	}
	return "status " + strconv.Itoa(int(s))
}
