package main

import (
	"github.com/go-faster/jx"

	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// decodeWithJX is what one writes with jx by hand. It does as ogen's generated decoders do: a switch over the keys, and
// each value by a method of the decoder.
func decodeWithJX(body []byte, r *wire.Result) error {
	d := jx.GetDecoder()
	defer jx.PutDecoder(d)
	d.ResetBytes(body)
	return d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "totalCount":
			r.TotalCount, err = d.Int()
		case "confList":
			err = d.Arr(func(d *jx.Decoder) error {
				r.ConfList = append(r.ConfList, wire.Conference{})
				return jxConference(d, &r.ConfList[len(r.ConfList)-1])
			})
		default:
			err = d.Skip()
		}
		return err
	})
}

func jxConference(d *jx.Decoder, c *wire.Conference) error {
	return d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "eventId":
			c.EventID, err = d.Int64()
		case "conferenceId":
			c.ConferenceID, err = d.Str()
		case "title":
			c.Title, err = d.Str()
		case "billingCode":
			c.BillingCode, err = d.Str()
		case "customerCode":
			c.CustomerCode, err = d.Str()
		case "pcode2":
			c.Pcode2, err = d.Str()
		case "hostId":
			c.HostID, err = d.Int64()
		case "hostName":
			c.HostName, err = d.Str()
		case "hostEmail":
			c.HostEmail, err = d.Str()
		case "hostMobile":
			c.HostMobile, err = d.Str()
		case "hostAccountType":
			c.HostAccountType, err = d.Int()
		case "hostAccountTypeStr":
			c.HostAccountTypeStr, err = d.Str()
		case "hostOrgId":
			c.HostOrgID, err = d.Int64()
		case "hostOrgName":
			c.HostOrgName, err = d.Str()
		case "hostIp":
			c.HostIP, err = d.Str()
		case "hostLocation":
			c.HostLocation, err = d.Str()
		case "startTime":
			c.StartTime, err = d.Int64()
		case "startTimeStr":
			c.StartTimeStr, err = d.Str()
		case "stopTime":
			c.StopTime, err = d.Int64()
		case "stopTimeStr":
			c.StopTimeStr, err = d.Str()
		case "confDuration":
			c.ConfDuration, err = d.Int()
		case "confDurationMinute":
			c.ConfDurationMinute, err = d.Int()
		case "isSecureConf":
			c.IsSecureConf, err = jxFlag(d)
		case "isRecord":
			c.IsRecord, err = jxFlag(d)
		case "dataCenter":
			c.DataCenter, err = d.Str()
		case "status":
			c.Status, err = d.Int()
		case "attendeeCnt":
			c.AttendeeCnt, err = d.Int()
		case "voipCnt":
			c.VoipCnt, err = d.Int()
		case "pstnCnt":
			c.PstnCnt, err = d.Int()
		case "videoCnt":
			c.VideoCnt, err = d.Int()
		case "desktopCnt":
			c.DesktopCnt, err = d.Int()
		case "mcuCnt":
			c.McuCnt, err = d.Int()
		case "boxCnt":
			c.BoxCnt, err = d.Int()
		case "rawAttendeeCnt":
			c.RawAttendeeCnt, err = d.Int()
		case "rawPstnCnt":
			c.RawPstnCnt, err = d.Int()
		default:
			err = d.Skip()
		}
		return err
	})
}

func jxFlag(d *jx.Decoder) (*bool, error) {
	if d.Next() == jx.Null {
		return nil, d.Null()
	}
	flag, err := d.Bool()
	return &flag, err
}
