package main

import (
	"github.com/go-faster/jx"

	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// encodeWithJX is what one writes with jx by hand, like the code that ogen generates.
func encodeWithJX(p page) ([]byte, error) {
	e := new(jx.Encoder)
	e.ObjStart()
	e.FieldStart("totalCount")
	e.Int(p.wire.TotalCount)
	e.FieldStart("confList")
	e.ArrStart()
	for i := range p.wire.ConfList {
		jxEncode(e, &p.wire.ConfList[i])
	}
	e.ArrEnd()
	e.ObjEnd()
	return e.Bytes(), nil
}

// appendWithJX encodes conferences into the memory of one encoder.
func appendWithJX() func(p page) ([]byte, error) {
	e := new(jx.Encoder)
	return func(p page) ([]byte, error) {
		for i := range p.wire.ConfList {
			e.Reset()
			jxEncode(e, &p.wire.ConfList[i])
		}
		return e.Bytes(), nil
	}
}

func jxEncode(e *jx.Encoder, c *wire.Conference) {
	e.ObjStart()
	e.FieldStart("eventId")
	e.Int64(c.EventID)
	e.FieldStart("conferenceId")
	e.Str(c.ConferenceID)
	e.FieldStart("title")
	e.Str(c.Title)
	e.FieldStart("billingCode")
	e.Str(c.BillingCode)
	e.FieldStart("customerCode")
	e.Str(c.CustomerCode)
	e.FieldStart("pcode2")
	e.Str(c.Pcode2)
	e.FieldStart("hostId")
	e.Int64(c.HostID)
	e.FieldStart("hostName")
	e.Str(c.HostName)
	e.FieldStart("hostEmail")
	e.Str(c.HostEmail)
	e.FieldStart("hostMobile")
	e.Str(c.HostMobile)
	e.FieldStart("hostAccountType")
	e.Int(c.HostAccountType)
	e.FieldStart("hostAccountTypeStr")
	e.Str(c.HostAccountTypeStr)
	e.FieldStart("hostOrgId")
	e.Int64(c.HostOrgID)
	e.FieldStart("hostOrgName")
	e.Str(c.HostOrgName)
	e.FieldStart("hostIp")
	e.Str(c.HostIP)
	e.FieldStart("hostLocation")
	e.Str(c.HostLocation)
	e.FieldStart("startTime")
	e.Int64(c.StartTime)
	e.FieldStart("startTimeStr")
	e.Str(c.StartTimeStr)
	e.FieldStart("stopTime")
	e.Int64(c.StopTime)
	e.FieldStart("stopTimeStr")
	e.Str(c.StopTimeStr)
	e.FieldStart("confDuration")
	e.Int(c.ConfDuration)
	e.FieldStart("confDurationMinute")
	e.Int(c.ConfDurationMinute)
	e.FieldStart("isSecureConf")
	jxAppendFlag(e, c.IsSecureConf)
	e.FieldStart("isRecord")
	jxAppendFlag(e, c.IsRecord)
	e.FieldStart("dataCenter")
	e.Str(c.DataCenter)
	e.FieldStart("status")
	e.Int(c.Status)
	e.FieldStart("attendeeCnt")
	e.Int(c.AttendeeCnt)
	e.FieldStart("voipCnt")
	e.Int(c.VoipCnt)
	e.FieldStart("pstnCnt")
	e.Int(c.PstnCnt)
	e.FieldStart("videoCnt")
	e.Int(c.VideoCnt)
	e.FieldStart("desktopCnt")
	e.Int(c.DesktopCnt)
	e.FieldStart("mcuCnt")
	e.Int(c.McuCnt)
	e.FieldStart("boxCnt")
	e.Int(c.BoxCnt)
	e.FieldStart("rawAttendeeCnt")
	e.Int(c.RawAttendeeCnt)
	e.FieldStart("rawPstnCnt")
	e.Int(c.RawPstnCnt)
	e.ObjEnd()
}

func jxAppendFlag(e *jx.Encoder, flag *bool) {
	if flag == nil {
		e.Null()
		return
	}
	e.Bool(*flag)
}
