package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// plain writes the SDK's page as the peers' struct.
func plain(list *confopenapi.ConfList) *wire.Result {
	r := &wire.Result{TotalCount: list.TotalCount}
	for _, c := range list.Conferences {
		r.ConfList = append(r.ConfList, wire.Conference{
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

// TestDecodersAgree is why the figures mean something: nobody is fast by leaving out a member.
func TestDecodersAgree(t *testing.T) {
	for _, n := range []int{0, 20, 200} {
		for _, body := range results(n) {
			var want *wire.Result
			for _, d := range decoders() {
				page, err := d.decode(body)
				if err != nil {
					t.Fatalf("%s: %v", d.peer, err)
				}
				if list, ok := page.(*confopenapi.ConfList); ok {
					want = plain(list)
					if len(want.ConfList) != n || want.TotalCount != n {
						t.Fatalf("%d of %d conferences", len(want.ConfList), n)
					}
					continue
				}
				got, _ := page.(*wire.Result)
				if len(got.ConfList) == 0 {
					got.ConfList = nil
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, page of %d (-SDK +peer):\n%s", d.peer, n, diff)
				}
			}
		}
	}
}
