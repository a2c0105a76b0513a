package confopenapitest

import "github.com/confopenapi/confopenapi-go"

// wireConference is the documented JSON of a conference. It is written anew here, not taken from the SDK, so that a
// mistake in one is not hidden by the same mistake in the other.
type wireConference struct {
	EventID            int64   `json:"eventId"`
	ConferenceID       string  `json:"conferenceId"`
	Title              *string `json:"title,omitempty"`
	ConfName           *string `json:"confName,omitempty"`
	BillingCode        string  `json:"billingCode"`
	CustomerCode       string  `json:"customerCode"`
	Pcode2             *string `json:"pcode2,omitempty"`
	GuestPcode         *string `json:"guestPcode,omitempty"`
	HostID             int64   `json:"hostId"`
	HostName           string  `json:"hostName"`
	HostEmail          string  `json:"hostEmail"`
	HostMobile         string  `json:"hostMobile"`
	HostAccountType    int     `json:"hostAccountType"`
	HostAccountTypeStr string  `json:"hostAccountTypeStr"`
	HostOrgID          int64   `json:"hostOrgId"`
	HostOrgName        string  `json:"hostOrgName"`
	HostIP             string  `json:"hostIp"`
	HostLocation       string  `json:"hostLocation"`
	StartTime          int64   `json:"startTime"`
	StartTimeStr       string  `json:"startTimeStr"`
	StopTime           int64   `json:"stopTime"`
	StopTimeStr        string  `json:"stopTimeStr"`
	ConfDuration       int     `json:"confDuration"`
	ConfDurationMinute int     `json:"confDurationMinute"`
	IsSecureConf       *bool   `json:"isSecureConf"`
	IsRecord           *bool   `json:"isRecord"`
	DataCenter         string  `json:"dataCenter"`
	Status             int     `json:"status"`
	AttendeeCnt        int     `json:"attendeeCnt"`
	VoipCnt            int     `json:"voipCnt"`
	PstnCnt            int     `json:"pstnCnt"`
	VideoCnt           int     `json:"videoCnt"`
	DesktopCnt         int     `json:"desktopCnt"`
	McuCnt             int     `json:"mcuCnt"`
	BoxCnt             int     `json:"boxCnt"`
	RawAttendeeCnt     int     `json:"rawAttendeeCnt"`
	RawPstnCnt         int     `json:"rawPstnCnt"`
}

func wire(c confopenapi.Conference, exampleSpelling bool) wireConference {
	w := wireConference{
		EventID:            c.EventID,
		ConferenceID:       c.ConferenceID,
		BillingCode:        c.BillingCode,
		CustomerCode:       c.CustomerCode,
		HostID:             c.HostID,
		HostName:           c.HostName,
		HostEmail:          c.HostEmail,
		HostMobile:         c.HostMobile,
		HostAccountType:    c.HostAccountType,
		HostAccountTypeStr: c.HostAccountTypeText,
		HostOrgID:          c.HostOrgID,
		HostOrgName:        c.HostOrgName,
		HostIP:             c.HostIP,
		HostLocation:       c.HostLocation,
		StartTime:          int64(c.StartTime),
		StartTimeStr:       c.StartTimeText,
		StopTime:           int64(c.StopTime),
		StopTimeStr:        c.StopTimeText,
		ConfDuration:       c.DurationSeconds,
		ConfDurationMinute: c.DurationMinutes,
		IsSecureConf:       c.IsSecure,
		IsRecord:           c.IsRecorded,
		DataCenter:         c.DataCenter,
		Status:             int(c.Status),
		AttendeeCnt:        c.AttendeeCount,
		VoipCnt:            c.VoIPCount,
		PstnCnt:            c.PSTNCount,
		VideoCnt:           c.VideoCount,
		DesktopCnt:         c.DesktopCount,
		McuCnt:             c.MCUCount,
		BoxCnt:             c.BoxCount,
		RawAttendeeCnt:     c.RawAttendeeCount,
		RawPstnCnt:         c.RawPSTNCount,
	}
	passcode := c.Passcode.Reveal()
	if exampleSpelling {
		w.ConfName, w.GuestPcode = &c.Title, &passcode
	} else {
		w.Title, w.Pcode2 = &c.Title, &passcode
	}
	return w
}
