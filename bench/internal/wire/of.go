package wire

import "github.com/confopenapi/confopenapi-go"

// Of is what the SDK made of a page, as the result that it says.
func Of(list *confopenapi.ConfList) *Result {
	r := &Result{TotalCount: list.TotalCount}
	for _, c := range list.Conferences {
		r.ConfList = append(r.ConfList, Conference{
			EventID: c.EventID, ConferenceID: c.ConferenceID, Title: c.Title, BillingCode: c.BillingCode,
			CustomerCode: c.CustomerCode, Pcode2: c.Passcode.Reveal(), HostID: c.HostID, HostName: c.HostName,
			HostEmail: c.HostEmail, HostMobile: c.HostMobile, HostAccountType: c.HostAccountType,
			HostAccountTypeStr: c.HostAccountTypeText, HostOrgID: c.HostOrgID, HostOrgName: c.HostOrgName, HostIP: c.HostIP,
			HostLocation: c.HostLocation, StartTime: int64(c.StartTime), StartTimeStr: c.StartTimeText,
			StopTime: int64(c.StopTime), StopTimeStr: c.StopTimeText, ConfDuration: c.DurationSeconds,
			ConfDurationMinute: c.DurationMinutes, IsSecureConf: c.IsSecure, IsRecord: c.IsRecorded, DataCenter: c.DataCenter,
			Status: int(c.Status), AttendeeCnt: c.AttendeeCount, VoipCnt: c.VoIPCount, PstnCnt: c.PSTNCount,
			VideoCnt: c.VideoCount, DesktopCnt: c.DesktopCount, McuCnt: c.MCUCount, BoxCnt: c.BoxCount,
			RawAttendeeCnt: c.RawAttendeeCount, RawPstnCnt: c.RawPSTNCount,
		})
	}
	return r
}
