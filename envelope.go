package confopenapi

import (
	"math"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// readEnvelope reads the frame around every response of the service, and hands the result to op if the status is 0. The status
// may stand behind the result. Beside another status any result is fine: sibling endpoints send null, "", [] or nothing.
func readEnvelope(s *scan.Scanner, meta *Meta, op *operation) (status int, err error) {
	result, hasStatus, decoded := -1, false, false
	for more := s.Object(); more; more = s.NextMember() {
		switch string(s.Key()) {
		case "status":
			hasStatus = s.Kind() != scan.Null
			status = s.Int()
		case "result":
			result = s.Pos()
			decoded = hasStatus && status == 0
			if decoded {
				op.result.decode(s)
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
	case result < 0 && op.optional:
	case result < 0:
		s.Fail(0, "status 0 without a result")
	case !decoded:
		s.Seek(result)
		op.result.decode(s)
	}
	return 0, s.Err()
}

// salvageMeta reads what it can of a body that is broken or need not be an envelope: the request id behind a failure is worth
// it. A status that is missing or no integer is 0.
func salvageMeta(s *scan.Scanner, meta *Meta) (status int) {
	for more := s.Object(); more; more = s.NextMember() {
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

func looseText(s *scan.Scanner) string {
	if kind := s.Kind(); kind == scan.Object || kind == scan.Array {
		s.Skip()
		return ""
	}
	return s.Text()
}

var latestTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMilli() // that can be marshalled

// serverTime reads milliseconds since 1970.
func serverTime(millis int64) time.Time {
	if millis == 0 || millis > latestTime || millis < -math.MaxInt32 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
