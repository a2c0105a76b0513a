package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

// Column is a member of a conference as a column of CSV and XLSX.
type Column struct {
	Name     string // the vendor's
	Chinese  string // the vendor's word for it
	Personal bool   // what is masked in it without leave to show personal data
	kind     kind   // of its values, where they are not blank
	value    func(*confopenapi.Conference) value
}

// Columns are all there are, in the order of the vendor's field table. The last takes the members that the SDK does not
// know, as a JSON object, so that nothing is lost.
func Columns() []Column { return slices.Clone(columns[:]) }

// ExtraColumn is the name of the last column.
const ExtraColumn = "extra"

type conference = confopenapi.Conference

var columns = [...]Column{
	{"eventId", "会议预约 ID", false, digits, func(c *conference) value { return id(c.EventID) }},
	{"conferenceId", "会议 ID", false, words, func(c *conference) value { return text(c.ConferenceID) }},
	{"title", "会议主题", false, words, func(c *conference) value { return text(c.Title) }},
	{"billingCode", "计费码", false, words, func(c *conference) value { return text(c.BillingCode) }},
	{"customerCode", "客户编码", false, words, func(c *conference) value { return text(c.CustomerCode) }},
	{"pcode2", "参会人密码", true, words, func(c *conference) value { return text(c.Passcode.Reveal()) }},
	{"hostId", "主持人用户 ID", false, digits, func(c *conference) value { return id(c.HostID) }},
	{"hostName", "主持人姓名", true, words, func(c *conference) value { return text(c.HostName) }},
	{"hostEmail", "主持人邮箱", true, words, func(c *conference) value { return text(c.HostEmail) }},
	{"hostMobile", "主持人手机", true, words, func(c *conference) value { return text(c.HostMobile) }},
	{"hostAccountType", "主持人类型", false, count, func(c *conference) value { return number(c.HostAccountType) }},
	{"hostAccountTypeStr", "主持人类型文案", false, words, func(c *conference) value { return text(c.HostAccountTypeText) }},
	{"hostOrgId", "主持人所属组织 ID", false, digits, func(c *conference) value { return id(c.HostOrgID) }},
	{"hostOrgName", "主持人所属组织名称", false, words, func(c *conference) value { return text(c.HostOrgName) }},
	{"hostIp", "主持人 IP", true, words, func(c *conference) value { return text(c.HostIP) }},
	{"hostLocation", "主持人归属地", true, words, func(c *conference) value { return text(c.HostLocation) }},
	{"startTime", "开始时间", false, instant, func(c *conference) value { return moment(c.StartTime) }},
	{"startTimeStr", "开始时间展示字符串", false, words, func(c *conference) value { return text(c.StartTimeText) }},
	{"stopTime", "结束时间", false, instant, func(c *conference) value { return moment(c.StopTime) }},
	{"stopTimeStr", "结束时间展示字符串", false, words, func(c *conference) value { return text(c.StopTimeText) }},
	{"confDuration", "会议时长(秒)", false, count, func(c *conference) value { return number(c.DurationSeconds) }},
	{"confDurationMinute", "会议时长(分钟)", false, count, func(c *conference) value { return number(c.DurationMinutes) }},
	{"isSecureConf", "是否安全会议", false, yesNo, func(c *conference) value { return flag(c.IsSecure) }},
	{"isRecord", "是否录制", false, yesNo, func(c *conference) value { return flag(c.IsRecorded) }},
	{"dataCenter", "数据中心", false, words, func(c *conference) value { return text(c.DataCenter) }},
	{"status", "会议状态", false, count, func(c *conference) value { return number(int(c.Status)) }},
	{"attendeeCnt", "参会人数", false, count, func(c *conference) value { return number(c.AttendeeCount) }},
	{"voipCnt", "VoIP 终端数", false, count, func(c *conference) value { return number(c.VoIPCount) }},
	{"pstnCnt", "PSTN 数", false, count, func(c *conference) value { return number(c.PSTNCount) }},
	{"videoCnt", "视频终端数", false, count, func(c *conference) value { return number(c.VideoCount) }},
	{"desktopCnt", "桌面客户端数", false, count, func(c *conference) value { return number(c.DesktopCount) }},
	{"mcuCnt", "MCU 数", false, count, func(c *conference) value { return number(c.MCUCount) }},
	{"boxCnt", "盒子数", false, count, func(c *conference) value { return number(c.BoxCount) }},
	{"rawAttendeeCnt", "原始参会人数", false, count, func(c *conference) value { return number(c.RawAttendeeCount) }},
	{"rawPstnCnt", "原始 PSTN 数", false, count, func(c *conference) value { return number(c.RawPSTNCount) }},
	{ExtraColumn, "其他字段", true, words, func(c *conference) value { return extra(c.Extra) }},
}

// ColumnError says which name in a list of columns is wrong.
type ColumnError struct {
	Name  string
	Twice bool // it is a column's, but was there before
}

func (e *ColumnError) Error() string {
	if e.Twice {
		return fmt.Sprintf("column %q twice", e.Name)
	}
	return fmt.Sprintf("no column %q", e.Name)
}

// ParseColumns finds the columns that a list such as "eventId,title" names, in its order. "" names all. Its error is a
// *ColumnError.
func ParseColumns(list string) ([]Column, error) {
	if list == "" {
		return Columns(), nil
	}
	var found []Column
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		named := func(c Column) bool { return c.Name == name }
		if slices.ContainsFunc(found, named) {
			return nil, &ColumnError{name, true}
		}
		i := slices.IndexFunc(columns[:], named)
		if i < 0 {
			return nil, &ColumnError{name, false}
		}
		found = append(found, columns[i])
	}
	return found, nil
}

// value is what stands in a cell.
type value struct {
	kind   kind
	text   string
	number int64
}

type kind int

const (
	blank kind = iota // what the service does not say
	words
	digits  // a number that names something, and is not calculated with
	count   // a number
	instant // seconds since 1970
	yesNo   // 0 or 1
)

func text(s string) value {
	if s == "" {
		return value{}
	}
	return value{kind: words, text: s}
}

func id(n int64) value   { return value{kind: digits, number: n} }
func number(n int) value { return value{kind: count, number: int64(n)} }

func moment(t confopenapi.UnixTime) value {
	if t.IsZero() {
		return value{}
	}
	return value{kind: instant, number: int64(t)}
}

func flag(b *bool) value {
	switch {
	case b == nil:
		return value{}
	case *b:
		return value{kind: yesNo, number: 1}
	}
	return value{kind: yesNo}
}

func extra(members map[string]json.RawMessage) value {
	if len(members) == 0 {
		return value{}
	}
	object, err := json.Marshal(members)
	if err != nil { // a member that a caller has made; the SDK's are JSON
		object = fmt.Appendf(nil, "%q", err.Error())
	}
	return text(string(object))
}
