// Package wire has the result of the endpoint as a struct with tags, into which every peer decodes: what a program without
// the SDK would write for itself.
package wire

//go:generate go tool easyjson -no_std_marshalers wire.go

// Result is one page: the result field of the envelope.
//
//easyjson:json
type Result struct {
	TotalCount int          `json:"totalCount"`
	ConfList   []Conference `json:"confList"`
}

// Conference has the 35 documented fields. The option nocopy is read by easyjson alone, whose strings then point into the
// body that it decodes; the others do not know it.
type Conference struct {
	EventID            int64  `json:"eventId"`
	ConferenceID       string `json:"conferenceId,nocopy"`
	Title              string `json:"title,nocopy"`
	BillingCode        string `json:"billingCode,nocopy"`
	CustomerCode       string `json:"customerCode,nocopy"`
	Pcode2             string `json:"pcode2,nocopy"`
	HostID             int64  `json:"hostId"`
	HostName           string `json:"hostName,nocopy"`
	HostEmail          string `json:"hostEmail,nocopy"`
	HostMobile         string `json:"hostMobile,nocopy"`
	HostAccountType    int    `json:"hostAccountType"`
	HostAccountTypeStr string `json:"hostAccountTypeStr,nocopy"`
	HostOrgID          int64  `json:"hostOrgId"`
	HostOrgName        string `json:"hostOrgName,nocopy"`
	HostIP             string `json:"hostIp,nocopy"`
	HostLocation       string `json:"hostLocation,nocopy"`
	StartTime          int64  `json:"startTime"`
	StartTimeStr       string `json:"startTimeStr,nocopy"`
	StopTime           int64  `json:"stopTime"`
	StopTimeStr        string `json:"stopTimeStr,nocopy"`
	ConfDuration       int    `json:"confDuration"`
	ConfDurationMinute int    `json:"confDurationMinute"`
	IsSecureConf       *bool  `json:"isSecureConf"`
	IsRecord           *bool  `json:"isRecord"`
	DataCenter         string `json:"dataCenter,nocopy"`
	Status             int    `json:"status"`
	AttendeeCnt        int    `json:"attendeeCnt"`
	VoipCnt            int    `json:"voipCnt"`
	PstnCnt            int    `json:"pstnCnt"`
	VideoCnt           int    `json:"videoCnt"`
	DesktopCnt         int    `json:"desktopCnt"`
	McuCnt             int    `json:"mcuCnt"`
	BoxCnt             int    `json:"boxCnt"`
	RawAttendeeCnt     int    `json:"rawAttendeeCnt"`
	RawPstnCnt         int    `json:"rawPstnCnt"`
}

// Envelope is the whole response. Status is a pointer because a response without it is no success.
type Envelope struct {
	Status          *int   `json:"status"`
	Result          Result `json:"result"`
	Msg             string `json:"msg"`
	RequestID       string `json:"request_id"`
	Timestamp       int64  `json:"timestamp"`
	RequestDuration string `json:"request_duration"`
}
