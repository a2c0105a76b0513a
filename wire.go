package confopenapi

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// member ties a member of a conference's JSON to its field. The table below is the one place that knows the names:
// decoding, encoding and the list of what is not Extra come from it.
type member struct {
	name   string
	decode func(*scan.Scanner, *Conference)
	append func([]byte, *Conference) []byte
}

// members is in the order of the vendor's field table.
var members = [...]member{
	integerMember("eventId", func(c *Conference) *int64 { return &c.EventID }),
	textMember("conferenceId", func(c *Conference) *string { return &c.ConferenceID }),
	textMember("title", func(c *Conference) *string { return &c.Title }),
	textMember("billingCode", func(c *Conference) *string { return &c.BillingCode }),
	textMember("customerCode", func(c *Conference) *string { return &c.CustomerCode }),
	secretMember("pcode2", func(c *Conference) *Secret { return &c.Passcode }),
	integerMember("hostId", func(c *Conference) *int64 { return &c.HostID }),
	textMember("hostName", func(c *Conference) *string { return &c.HostName }),
	textMember("hostEmail", func(c *Conference) *string { return &c.HostEmail }),
	textMember("hostMobile", func(c *Conference) *string { return &c.HostMobile }),
	integerMember("hostAccountType", func(c *Conference) *int { return &c.HostAccountType }),
	textMember("hostAccountTypeStr", func(c *Conference) *string { return &c.HostAccountTypeText }),
	integerMember("hostOrgId", func(c *Conference) *int64 { return &c.HostOrgID }),
	textMember("hostOrgName", func(c *Conference) *string { return &c.HostOrgName }),
	textMember("hostIp", func(c *Conference) *string { return &c.HostIP }),
	textMember("hostLocation", func(c *Conference) *string { return &c.HostLocation }),
	integerMember("startTime", func(c *Conference) *UnixTime { return &c.StartTime }),
	textMember("startTimeStr", func(c *Conference) *string { return &c.StartTimeText }),
	integerMember("stopTime", func(c *Conference) *UnixTime { return &c.StopTime }),
	textMember("stopTimeStr", func(c *Conference) *string { return &c.StopTimeText }),
	integerMember("confDuration", func(c *Conference) *int { return &c.DurationSeconds }),
	integerMember("confDurationMinute", func(c *Conference) *int { return &c.DurationMinutes }),
	flagMember("isSecureConf", func(c *Conference) **bool { return &c.IsSecure }),
	flagMember("isRecord", func(c *Conference) **bool { return &c.IsRecorded }),
	textMember("dataCenter", func(c *Conference) *string { return &c.DataCenter }),
	integerMember("status", func(c *Conference) *ConferenceStatus { return &c.Status }),
	integerMember("attendeeCnt", func(c *Conference) *int { return &c.AttendeeCount }),
	integerMember("voipCnt", func(c *Conference) *int { return &c.VoIPCount }),
	integerMember("pstnCnt", func(c *Conference) *int { return &c.PSTNCount }),
	integerMember("videoCnt", func(c *Conference) *int { return &c.VideoCount }),
	integerMember("desktopCnt", func(c *Conference) *int { return &c.DesktopCount }),
	integerMember("mcuCnt", func(c *Conference) *int { return &c.MCUCount }),
	integerMember("boxCnt", func(c *Conference) *int { return &c.BoxCount }),
	integerMember("rawAttendeeCnt", func(c *Conference) *int { return &c.RawAttendeeCount }),
	integerMember("rawPstnCnt", func(c *Conference) *int { return &c.RawPSTNCount }),
}

// The spellings of the vendor's example, which drifted from its field table.
const (
	driftedTitle    = "confName"
	driftedPasscode = "guestPcode"
)

var memberIndex = func() map[string]int {
	index := make(map[string]int, len(members))
	for i, m := range members {
		index[m.name] = i
	}
	return index
}()

func textMember(name string, field func(*Conference) *string) member {
	return member{
		name,
		func(s *scan.Scanner, c *Conference) { *field(c) = s.Text() },
		func(b []byte, c *Conference) []byte { return scan.AppendString(b, *field(c)) },
	}
}

func secretMember(name string, field func(*Conference) *Secret) member {
	return member{
		name,
		func(s *scan.Scanner, c *Conference) { *field(c) = NewSecret(s.Text()) },
		func(b []byte, c *Conference) []byte { return scan.AppendString(b, field(c).Reveal()) },
	}
}

func integerMember[T ~int | ~int64](name string, field func(*Conference) *T) member {
	return member{
		name,
		func(s *scan.Scanner, c *Conference) { *field(c) = decodeInt[T](s) },
		func(b []byte, c *Conference) []byte { return strconv.AppendInt(b, int64(*field(c)), 10) },
	}
}

func flagMember(name string, field func(*Conference) **bool) member {
	return member{
		name,
		func(s *scan.Scanner, c *Conference) {
			*field(c) = nil
			if value, known := s.Bool(); known {
				*field(c) = new(value)
			}
		},
		func(b []byte, c *Conference) []byte {
			if *field(c) == nil {
				return append(b, "null"...)
			}
			return strconv.AppendBool(b, **field(c))
		},
	}
}

// decodeInt fails where T is too small, as int is on 32-bit machines.
func decodeInt[T ~int | ~int64](s *scan.Scanner) T {
	pos := s.Pos()
	n := s.Int64()
	if int64(T(n)) != n {
		s.Fail(pos, "an integer out of range")
		return 0
	}
	return T(n)
}

func decodeConference(s *scan.Scanner, c *Conference) {
	*c = Conference{}
	if s.Null() {
		return
	}
	var title, passcode string
	next := 0
	for more := s.Object(); more; more = s.NextMember() {
		if i, ok := lookUp(s.Key(), next); ok {
			members[i].decode(s, c)
			next = i + 1
			continue
		}
		switch key := string(s.Key()); key {
		case driftedTitle:
			title = s.Text()
			next = memberIndex["title"] + 1
		case driftedPasscode:
			passcode = s.Text()
			next = memberIndex["pcode2"] + 1
		default:
			keepExtra(s, &c.Extra, key)
		}
	}
	if c.Title == "" {
		c.Title = title
	}
	if c.Passcode.IsZero() {
		c.Passcode = NewSecret(passcode)
	}
}

// lookUp finds a member by its name. Services write members in one order, so guess is mostly right.
func lookUp(name []byte, guess int) (int, bool) {
	if guess < len(members) && string(name) == members[guess].name {
		return guess, true
	}
	i, ok := memberIndex[string(name)]
	return i, ok
}

// keepExtra keeps the JSON of an unknown member as it came, but with valid UTF-8.
func keepExtra(s *scan.Scanner, extra *map[string]json.RawMessage, name string) {
	raw := s.Raw()
	if raw == nil {
		return
	}
	if *extra == nil {
		*extra = make(map[string]json.RawMessage)
	}
	if utf8.Valid(raw) {
		(*extra)[name] = bytes.Clone(raw)
		return
	}
	(*extra)[name] = json.RawMessage(string([]rune(string(raw))))
}

func appendConference(b []byte, c *Conference) []byte {
	for i, m := range members {
		b = appendName(b, m.name, i == 0)
		b = m.append(b, c)
	}
	b = appendExtra(b, c.Extra, func(name string) bool {
		_, known := memberIndex[name]
		return known || name == driftedTitle || name == driftedPasscode
	})
	return append(b, '}')
}

func appendExtra(b []byte, extra map[string]json.RawMessage, known func(string) bool) []byte {
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if known(name) {
			continue
		}
		b = appendName(b, name, false)
		if len(extra[name]) == 0 {
			b = append(b, "null"...)
			continue
		}
		b = append(b, extra[name]...)
	}
	return b
}

func appendName(b []byte, name string, first bool) []byte {
	if first {
		b = append(b, '{')
	} else {
		b = append(b, ',')
	}
	return append(scan.AppendString(b, name), ':')
}

// UnmarshalJSON replaces c by what data says, and leaves it alone for null. Its error is a *DecodeError, and c is then
// undefined.
func (c *Conference) UnmarshalJSON(data []byte) error {
	s := scan.New(data)
	if s.Null() {
		return finish(s)
	}
	decodeConference(s, c)
	return finish(s)
}

// MarshalJSON writes every documented member, by the names of the field table, then Extra. It keeps personal data and
// the passcode.
func (c Conference) MarshalJSON() ([]byte, error) {
	return appendConference(make([]byte, 0, 1024), &c), nil
}

// decodeConfList consumes a result object. It fails if neither the total nor the list is there, because then it is the
// result of something else. Go services commonly leave out an empty list, so that alone is no failure.
func decodeConfList(s *scan.Scanner, l *ConfList) {
	*l = ConfList{Meta: l.Meta}
	pos, seen := s.Pos(), false
	for more := s.Object(); more; more = s.NextMember() {
		switch key := string(s.Key()); key {
		case "totalCount":
			seen = true
			l.TotalCount = decodeInt[int](s)
		case "confList":
			seen = true
			l.Conferences = decodeConferences(s)
		default:
			keepExtra(s, &l.Extra, key)
		}
	}
	if !seen {
		s.Fail(pos, "an object with neither totalCount nor confList")
	}
}

// maxPageLen bounds what a page takes in memory: an element of two bytes becomes a Conference of hundreds.
const maxPageLen = 1 << 17

func decodeConferences(s *scan.Scanner) []Conference {
	if s.Null() {
		return nil
	}
	pos, list := s.Pos(), []Conference{}
	for more := s.Array(); more; more = s.NextElement() {
		if len(list) == maxPageLen {
			s.Fail(pos, "more conferences than a page can have")
			return nil
		}
		list = append(list, Conference{})
		decodeConference(s, &list[len(list)-1])
	}
	return list
}

// UnmarshalJSON replaces l, but for its Meta, by what a result object says, and leaves it alone for null. Its error is a
// *DecodeError, and l is then undefined.
func (l *ConfList) UnmarshalJSON(data []byte) error {
	s := scan.New(data)
	if s.Null() {
		return finish(s)
	}
	decodeConfList(s, l)
	return finish(s)
}

// MarshalJSON writes the result object. It keeps personal data and the passcodes.
func (l ConfList) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 64+1024*len(l.Conferences))
	b = append(b, `{"totalCount":`...)
	b = strconv.AppendInt(b, int64(l.TotalCount), 10)
	b = append(b, `,"confList":`...)
	if l.Conferences == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, '[')
		for i := range l.Conferences {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendConference(b, &l.Conferences[i])
		}
		b = append(b, ']')
	}
	b = appendExtra(b, l.Extra, func(name string) bool { return name == "totalCount" || name == "confList" })
	return append(b, '}'), nil
}

// finish is the end of an UnmarshalJSON: its text must be over.
func finish(s *scan.Scanner) error {
	if err := s.End(); err != nil {
		return newDecodeError(err)
	}
	return nil
}
