package confopenapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go/internal/redact"
	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// result is where a call puts what it gets.
type result interface{ decode(s *scan.Scanner) }

// readEnvelope reads the frame around every response of the service, and has the result decoded if the status is 0. The status
// may stand behind the result. Beside another status any result is fine: sibling endpoints send null, "", [] or nothing.
func readEnvelope(s *scan.Scanner, meta *Meta, into result, optional bool) (status int, err error) {
	at, hasStatus, decoded := -1, false, false
	for more := s.Object(); more; more = s.NextField() {
		switch string(s.Key()) {
		case "status":
			hasStatus = s.Kind() != scan.Null
			status = s.Int()
		case "result":
			at = s.Pos()
			decoded = hasStatus && status == 0
			if decoded {
				into.decode(s)
			} else {
				s.Skip()
			}
		default:
			decodeMeta(s, meta)
		}
	}
	switch err := s.End(); {
	case err != nil:
		return 0, err
	case !hasStatus:
		s.Fail(0, "an envelope without status")
	case status != 0:
		return status, nil
	case at < 0 && optional:
	case at < 0:
		s.Fail(0, "status 0 without a result")
	case !decoded:
		s.Seek(at)
		into.decode(s)
	}
	return 0, s.Err()
}

// salvageMeta reads what it can of a body that is broken or need not be an envelope: the request id behind a failure is worth
// it. A status that is missing or no integer is 0.
func salvageMeta(s *scan.Scanner, meta *Meta) (status int) {
	for more := s.Object(); more; more = s.NextField() {
		if string(s.Key()) == "status" {
			if n := s.LooseInt64(); int64(int(n)) == n {
				status = int(n)
			}
			continue
		}
		decodeMeta(s, meta)
	}
	return status
}

// decodeMeta consumes the current field of an envelope, whatever it is: nothing here is worth an error.
func decodeMeta(s *scan.Scanner, meta *Meta) {
	switch string(s.Key()) {
	case "msg":
		meta.Msg = looseText(s)
	case "request_id":
		meta.RequestID = looseText(s)
	case "timestamp":
		meta.ServerTime = serverTime(s.LooseInt64())
	case "request_duration":
		d, err := time.ParseDuration(looseText(s))
		if err == nil {
			meta.ServerDuration = d
		}
	default:
		s.Skip()
	}
}

// looseText consumes a value and returns its text, or the first part of one that is too long to be shown.
func looseText(s *scan.Scanner) string {
	if kind := s.Kind(); kind == scan.Object || kind == scan.Array {
		s.Skip()
		return ""
	}
	return s.Prefix(redact.MaxText)
}

var latestTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMilli() // that can be marshalled

// serverTime reads milliseconds since 1970.
func serverTime(millis int64) time.Time {
	if millis == 0 || millis > latestTime || millis < -math.MaxInt32 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// The tags of Conference are the one place that knows the fields of its JSON. models_gen.go and internal/fields are
// generated from them.
//
//go:generate go run ./internal/fields/gen

// keepExtra consumes a value and keeps its JSON as it came, but with valid UTF-8.
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

// appendInt is just small enough to be inlined.
func appendInt(b []byte, n int64) []byte {
	const digits = "0123456789"
	if uint64(n) < 10 {
		return append(b, digits[n])
	}
	return strconv.AppendInt(b, n, 10)
}

func appendFlag(b []byte, flag *bool) []byte {
	if flag == nil {
		return append(b, "null"...)
	}
	return strconv.AppendBool(b, *flag)
}

func appendExtra(b []byte, extra map[string]json.RawMessage, known func(string) bool) []byte {
	if len(extra) == 0 {
		return b
	}
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if known(name) {
			continue
		}
		b = append(scan.AppendString(append(b, ','), name), ':')
		compact := bytes.NewBuffer(b)
		switch value := extra[name]; {
		case len(value) == 0:
			b = append(b, "null"...)
		case json.Compact(compact, value) != nil: // which only a caller can have put there: json.Marshal shall fail, too
			b = append(b, "invalid"...)
		default:
			b = compact.Bytes()
		}
	}
	return b
}

// UnmarshalJSON replaces c, and does nothing for null. After an error, which is a *DecodeError, c is undefined.
func (c *Conference) UnmarshalJSON(data []byte) error { return unmarshal(data, c) }

func (c *Conference) decode(s *scan.Scanner) {
	*c = Conference{}
	readFields(scan.NewReader(s, fieldSet), c)
}

// MarshalJSON writes every field by its documented name, then Extra, with personal data and the passcode.
func (c Conference) MarshalJSON() ([]byte, error) {
	return appendConference(make([]byte, 0, jsonLen(&c)), &c), nil
}

// AppendJSON appends to b what MarshalJSON returns, one line. It allocates only if b has no room, or for Extra.
func (c Conference) AppendJSON(b []byte) []byte { return appendConference(b, &c) }

func (l *ConfList) decode(s *scan.Scanner) { l.decodeAtMost(s, maxPageLen) }

// decodeAtMost consumes a result object with so many conferences at the most. It fails if neither the total nor the list is
// there: that is the result of something else. The list alone may be absent: many services leave out an empty one.
func (l *ConfList) decodeAtMost(s *scan.Scanner, most int) {
	*l = ConfList{Meta: l.Meta}
	pos, seen := s.Pos(), false
	for more := s.Object(); more; more = s.NextField() {
		switch key := string(s.Key()); key {
		case "totalCount":
			seen = true
			l.TotalCount = s.Int()
		case "confList":
			seen = true
			l.Conferences = decodeConferences(s, most)
		default:
			keepExtra(s, &l.Extra, key)
		}
	}
	if !seen {
		s.Fail(pos, "an object with neither totalCount nor confList")
	}
}

// maxPageLen bounds the memory of a page: an element of two bytes becomes a Conference of hundreds.
const maxPageLen = 1 << 17

// pageResult is a page that a request asked for. More than ten times as many conferences are too many, if they are more than 1,000.
type pageResult struct {
	list  *ConfList
	count int
}

func (p pageResult) decode(s *scan.Scanner) {
	p.list.decodeAtMost(s, min(max(1000, 10*min(p.count, maxPageLen)), maxPageLen))
}

func decodeConferences(s *scan.Scanner, most int) []Conference {
	if s.Null() {
		return nil
	}
	pos := s.Pos()
	if !s.Array() {
		return []Conference{}
	}
	list := make([]Conference, 0, min(s.Objects(), most))
	r := scan.NewReader(s, fieldSet)
	for more := true; more; more = s.NextElement() {
		if len(list) == most {
			s.FailAs(pos, fmt.Sprintf("more than %d conferences", most), ErrTooLarge)
			return nil
		}
		if len(list) == cap(list) {
			list = slices.Grow(list, 1)
		}
		list = list[:len(list)+1] // not append, which would copy a zero Conference
		readFields(r, &list[len(list)-1])
	}
	if cap(list) > 2*len(list) {
		return slices.Clone(list)
	}
	return list
}

// UnmarshalJSON replaces all but Meta, and does nothing for null. After an error, which is a *DecodeError, l is undefined.
func (l *ConfList) UnmarshalJSON(data []byte) error { return unmarshal(data, l) }

// MarshalJSON writes the result object, with personal data and the passcodes.
func (l ConfList) MarshalJSON() ([]byte, error) {
	size := 64
	for i := range l.Conferences {
		size += jsonLen(&l.Conferences[i])
	}
	b := append(make([]byte, 0, size), `{"totalCount":`...)
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

// unmarshal decodes a whole text, and does nothing for null.
func unmarshal(data []byte, into result) error {
	s := scan.New(data)
	if !s.Null() {
		into.decode(s)
	}
	if err := s.End(); err != nil {
		return newDecodeError(err)
	}
	return nil
}
