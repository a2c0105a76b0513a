package confopenapi

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// ConfList is one page of the list of live conferences (result, documented). It marshals as the service's result: its
// JSON has totalCount, confList and the members of Extra, and keeps personal data; Meta is not part of it.
type ConfList struct {
	// TotalCount is how many conferences match, on all pages (totalCount, 符合条件的会议总条数, documented). It need not
	// agree with the pages: in the vendor's own example it is 2 while one conference is listed.
	TotalCount int
	// Conferences are those of this page, in the server's order, which is unknown (confList, documented). It is empty past
	// the end, and nil where the service gives null or no list.
	Conferences []Conference
	// Extra holds the members of result that this version does not know; nil when there are none.
	Extra map[string]json.RawMessage
	// Meta is what the answer says about itself.
	Meta Meta
}

// String shows counts, and no personal data.
func (l ConfList) String() string {
	return fmt.Sprintf("%d of %d conferences", len(l.Conferences), l.TotalCount)
}

// Format prints what String returns, whatever the verb, so that no personal data is printed by accident.
func (l ConfList) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, l.String()) }

// LogValue shows counts and the request id, and no personal data.
func (l ConfList) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("conferences", len(l.Conferences)), slog.Int("totalCount", l.TotalCount),
		slog.Any("meta", l.Meta))
}

// Meta is what an answer says about itself, and what the client saw of it.
type Meta struct {
	Msg            string        `json:"-"` // the envelope's msg (提示信息, documented); "" if absent
	RequestID      string        // request_id (请求 ID, documented); "" if absent: the service gives one only if the service behind it did
	ServerTime     time.Time     // timestamp (时间戳, milliseconds, documented), in UTC; zero if absent or unreadable
	ServerDuration time.Duration // request_duration (服务端处理耗时, documented; its form is from the example); 0 if absent or unreadable
	HTTPStatus     int           // 0 = no answer came
	Header         http.Header   `json:"-"` // of the answer; where it repeats the token, that is redacted. Do not modify
	Attempts       int           // how many times the request was sent; 1 = no retry
	Elapsed        time.Duration // from the call to its end, with waits and retries
}

// String shows the request id, the HTTP status and the effort.
func (m Meta) String() string {
	return fmt.Sprintf("HTTP %d, request id %q, attempts %d, elapsed %s",
		m.HTTPStatus, m.RequestID, m.Attempts, m.Elapsed.Round(time.Microsecond))
}

// Format prints what String returns, whatever the verb: Msg and Header may hold personal data.
func (m Meta) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// LogValue shows what String shows.
func (m Meta) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("httpStatus", m.HTTPStatus), slog.String("requestId", m.RequestID),
		slog.Int("attempts", m.Attempts), slog.Duration("elapsed", m.Elapsed))
}

// Conference is one live conference: an element of confList. All its members are documented unless a comment says
// otherwise; a member that is absent or null is the zero value.
//
// The tags are how this package reads and writes: json has the member's documented name; wire has or=, a second spelling
// that is read where the first is absent, null or empty, or repeats, for texts of which a list has few, so that equal ones
// share their memory. They bind nobody else.
//
// It holds personal data of its host and the attendees' passcode. String, LogValue and fmt show only ids and counts;
// JSON keeps everything, so that no data is lost: a bare []Conference given to a JSON log handler prints it all,
// and so does fmt for a Conference inside an unexported field.
//
// A copy shares Extra and the booleans' pointers with its original, and nothing with other conferences.
type Conference struct {
	EventID      int64  `json:"eventId"`                     // the reservation (eventId, 会议预约 ID); one reservation may run more than once
	ConferenceID string `json:"conferenceId"`                // the conference (conferenceId, 会议 ID); neither it nor EventID alone names a run: see Identity
	Title        string `json:"title" wire:"or=confName"`    // the subject (title, 会议主题); confName, the spelling of the example, where title is absent, null or empty
	BillingCode  string `json:"billingCode"`                 // a code for billing (billingCode, 计费码); whose, and of what form, is unknown
	CustomerCode string `json:"customerCode" wire:"repeats"` // the code of the customer (customerCode, 客户编码); its form is unknown
	Passcode     Secret `json:"pcode2" wire:"or=guestPcode"` // the attendees' passcode (pcode2, 参会人密码); guestPcode, the spelling of the example, where pcode2 is absent, null or empty

	HostID              int64  `json:"hostId"`                            // the host's user id (hostId, 主持人用户 ID)
	HostName            string `json:"hostName"`                          // the host's name (hostName, 主持人姓名); personal data
	HostEmail           string `json:"hostEmail"`                         // the host's e-mail address (hostEmail, 主持人邮箱); personal data
	HostMobile          string `json:"hostMobile"`                        // the host's mobile number (hostMobile, 主持人手机); personal data
	HostAccountType     int    `json:"hostAccountType"`                   // the kind of the host's account (hostAccountType, 主持人类型); what the values mean is up to the business (unknown)
	HostAccountTypeText string `json:"hostAccountTypeStr" wire:"repeats"` // the same as text for people (hostAccountTypeStr, 主持人类型文案)
	HostOrgID           int64  `json:"hostOrgId"`                         // the host's organisation (hostOrgId, 主持人所属组织 ID)
	HostOrgName         string `json:"hostOrgName" wire:"repeats"`        // its name (hostOrgName, 主持人所属组织名称)
	HostIP              string `json:"hostIp"`                            // the host's IP address (hostIp, 主持人 IP); personal data
	HostLocation        string `json:"hostLocation" wire:"repeats"`       // the host's place (hostLocation, 主持人归属地), of the number or of the IP, which is unknown; personal data

	StartTime       UnixTime `json:"startTime"`          // when it started (startTime, 开始时间, Unix 秒); zero = absent
	StartTimeText   string   `json:"startTimeStr"`       // startTimeStr (开始时间展示字符串): text in an unstated zone, which in the example disagrees with StartTime: never parse it
	StopTime        UnixTime `json:"stopTime"`           // when it stopped (stopTime, 结束时间, Unix 秒); zero = not stopped yet (example), or absent
	StopTimeText    string   `json:"stopTimeStr"`        // stopTimeStr (结束时间展示字符串), likewise
	DurationSeconds int      `json:"confDuration"`       // how long it is, in seconds (confDuration, 会议时长, 秒)
	DurationMinutes int      `json:"confDurationMinute"` // the same in minutes (confDurationMinute, 会议时长, 分钟); whether planned or elapsed is unknown, here and above

	IsSecure   *bool            `json:"isSecureConf"`              // whether it is a secure one (isSecureConf, 是否安全会议); nil = null or absent: the service does not say, which is not false
	IsRecorded *bool            `json:"isRecord"`                  // whether it is recorded (isRecord, 是否录制), now or at all, which is unknown; nil likewise
	DataCenter string           `json:"dataCenter" wire:"repeats"` // the name of a data centre (dataCenter, 数据中心); its values, and what the centre does, are unknown
	Status     ConferenceStatus `json:"status"`                    // its state (status, 会议状态); the values are not documented here: see ConferenceStatus

	AttendeeCount    int `json:"attendeeCnt"`    // attendees (attendeeCnt, 参会人数)
	VoIPCount        int `json:"voipCnt"`        // terminals that use VoIP (voipCnt, VoIP 终端数)
	PSTNCount        int `json:"pstnCnt"`        // those in the telephone network (pstnCnt, PSTN 数)
	VideoCount       int `json:"videoCnt"`       // video terminals (videoCnt, 视频终端数)
	DesktopCount     int `json:"desktopCnt"`     // desktop clients (desktopCnt, 桌面客户端数)
	MCUCount         int `json:"mcuCnt"`         // multipoint control units (mcuCnt, MCU 数)
	BoxCount         int `json:"boxCnt"`         // boxes (boxCnt, 盒子数); what they are, and whether the counts add up to AttendeeCount, is unknown
	RawAttendeeCount int `json:"rawAttendeeCnt"` // AttendeeCount before the server corrected it (rawAttendeeCnt, 原始参会人数); that it does so is from sibling endpoints
	RawPSTNCount     int `json:"rawPstnCnt"`     // PSTNCount, likewise (rawPstnCnt, 原始 PSTN 数)

	// Extra holds the members that this version does not know, each with its JSON as it came; nil when there are none.
	// A key that names a known member is not marshalled.
	Extra map[string]json.RawMessage `json:"-"`
}

// Identity names this run of the conference.
func (c Conference) Identity() Identity {
	return Identity{EventID: c.EventID, ConferenceID: c.ConferenceID, StartTime: c.StartTime}
}

// String shows ids and counts, and no personal data.
func (c Conference) String() string {
	return fmt.Sprintf("conference %q (event %d, %s, %d attendees, started %s)",
		c.ConferenceID, c.EventID, c.Status, c.AttendeeCount, c.StartTime.Time().Format(time.RFC3339))
}

// Format prints what String returns, whatever the verb, so that no personal data is printed by accident.
func (c Conference) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue shows ids and counts, and no personal data.
func (c Conference) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("eventId", c.EventID), slog.String("conferenceId", c.ConferenceID),
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

// ConferenceStatus is the state of a conference (status, 会议状态). It is open: the page of this endpoint documents no
// value, its example shows 2, and the names below are from sibling endpoints. A conference can go from ended back to in
// progress within 12 hours (sibling). Expect values that have no name here.
type ConferenceStatus int

// The values that sibling endpoints document. They also have 0, for a conference that does not exist; here 0 is also what a
// member that is absent or null decodes to, so it has no name.
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
