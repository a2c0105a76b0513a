package scrub_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/scrub"
)

// rewrite scrubs one text.
func rewrite(t *testing.T, body string) string {
	t.Helper()
	var s scrub.Scrubber
	s.Learn([]byte(body))
	got, ok := s.Rewrite([]byte(body))
	if !ok {
		t.Fatalf("Rewrite(%.200s) reports that it is not JSON", body)
	}
	return string(got)
}

// The structure and unusual values stay. The tests of confopenapitest.Recorder check what must not stay.
func TestRewrite(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"status":"0","status":0,"result":{"totalCount":2.0,"confList":null,"x":[true,null,{}]}}`:                                      `{"status":"0","status":0,"result":{"totalCount":2.0,"confList":null,"x":[true,null,{}]}}`,
		`{"result":{"confList":[{"eventId":"12","hostMobile":13800138000,"startTimeStr":"2024-05-14 10:00:00","stopTimeStr":"bald"}]}}`: `{"result":{"confList":[{"eventId":"10000000","hostMobile":10000000001,"startTimeStr":"2024-05-14 10:00:00","stopTimeStr":"text-1"}]}}`,
		`{"a":12,"b":"","c":0,"hostIp":"2001:db8:5::7","d":-1e300}`:                                                                     `{"a":1,"b":"","c":0,"hostIp":"2001:db8::1","d":2}`,
		`{"eventId":99,"confList":[{"eventId":7},{"eventId":100}]}`:                                                                     `{"eventId":10000007,"confList":[{"eventId":10000000},{"eventId":10000014}]}`,
		`{"eventId":10000000}`: `{"eventId":10000007}`,
		`{"totalCount":1234567890,"count":13800138000,"timestamp":1774514768581,"page":17745147685811}`:                                                                            `{"totalCount":1234567890,"count":1,"timestamp":1774514768581,"page":2}`,
		`{"token":"a","pcode2":"a","guestPcode":"b","title":"a","confName":"b","hostName":"a","hostEmail":"a","hostMobile":"a","hostIp":"a","hostLocation":"a","hostOrgName":"a"}`: `{"token":"token-1","pcode2":"passcode-1","guestPcode":"passcode-2","title":"会议1","confName":"会议2","hostName":"主持人1","hostEmail":"host1@example.com","hostMobile":"10000000001","hostIp":"198.18.0.1","hostLocation":"location-1","hostOrgName":"organisation-1"}`,
		`{"billingCode":"007","customerCode":"007","hostOrgId":"7","hostId":"a","adminUserId":"a","request_id":"a","msg":"a","request_duration":"1.5ms","hostAccountTypeStr":"a"}`: `{"billingCode":"billing-1","customerCode":"customer-1","hostOrgId":"10000000","hostId":"user-id-1","adminUserId":"user-id-1","request_id":"request-1","msg":"text-1","request_duration":"1.5ms","hostAccountTypeStr":"text-1"}`,
		`[{"conferenceId":"0042"},{"conferenceId":"42"},{"conferenceId":"007"},{"conferenceId":"1000007"},{"conferenceId":"0042"}]`:                                                `[{"conferenceId":"01000007"},{"conferenceId":"10000000"},{"conferenceId":"01000000"},{"conferenceId":"10000007"},{"conferenceId":"01000007"}]`,
	} {
		if diff := cmp.Diff(want, rewrite(t, body)); diff != "" {
			t.Errorf("Rewrite(%s) (-want +got)\n%s", body, diff)
		}
	}
}

// In fields of one kind equal values get equal replacements and different values different ones, also for many values, for
// values that look like replacements, and for values that differ only in leading zeros.
func TestRewriteIsOneToOne(t *testing.T) {
	t.Parallel()
	const many = 1500
	values := map[string]func(i int) string{
		"hostIp": func(i int) string { return fmt.Sprintf("198.%d.%d.%d", 17+i>>16, i>>8&255, i&255) },
		"eventId": func(i int) string {
			if i < 1000 {
				return fmt.Sprintf("%0*d", i%9+1, i)
			}
			return fmt.Sprint(9_990_000 + 7*i)
		},
		"hostId":      func(i int) string { return fmt.Sprintf("user-id-%d", many-i) },
		"hostName":    func(i int) string { return fmt.Sprintf("主持人%d", many-i) },
		"hostMobile":  func(i int) string { return fmt.Sprintf("1000%07d", many-i) },
		"hostEmail":   func(i int) string { return fmt.Sprintf("host%d@example.com", many-i) },
		"title":       func(i int) string { return fmt.Sprintf("会议%d", i+1) },
		"pcode2":      func(i int) string { return fmt.Sprintf("%06d", i) },
		"billingCode": func(i int) string { return fmt.Sprintf("%0*d", 1+i%6, i) },
		"unknown":     func(i int) string { return fmt.Sprintf("text-%d", i) },
	}
	for field, value := range values {
		var rows []map[string]string
		n := many
		if field == "hostIp" && !testing.Short() {
			n = 1<<16 + 10 // replacements of two bytes are not enough
		}
		for i := range n {
			rows = append(rows, map[string]string{field: value(i)})
		}
		rows = append(rows, rows[:many]...) // these values twice
		body, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		var scrubbed []map[string]string
		if err := json.Unmarshal([]byte(rewrite(t, string(body))), &scrubbed); err != nil {
			t.Fatal(err)
		}
		replacement, original := map[string]string{}, map[string]string{}
		for i, row := range rows {
			was, is := row[field], scrubbed[i][field]
			if other, ok := replacement[was]; ok && other != is {
				t.Errorf("%s: got %q and %q for the same value %q", field, other, is, was)
				break
			}
			if other, ok := original[is]; ok && other != was {
				t.Errorf("%s: got %q for two values, %q and %q", field, is, other, was)
				break
			}
			if _, err := netip.ParseAddr(is); field == "hostIp" && err != nil {
				t.Errorf("hostIp: got %q for %q: %v", is, was, err)
				break
			}
			replacement[was], original[is] = is, was
		}
		for was := range replacement {
			if other, ok := original[was]; ok && was != "0" { // which is kept
				t.Errorf("%s: got %q for %q, and it is one of the original values", field, was, other)
				break
			}
		}
	}
}

func TestRewriteNotJSON(t *testing.T) {
	t.Parallel()
	var s scrub.Scrubber
	for _, text := range []string{"", "<html>", `{"a":1`, `{}{}`} {
		s.Learn([]byte(text))
		if got, ok := s.Rewrite([]byte(text)); ok {
			t.Errorf("Rewrite(%q): got %q, want a report that it is not JSON", text, got)
		}
	}
}

func TestLeaks(t *testing.T) {
	t.Parallel()
	var s scrub.Scrubber
	s.Learn([]byte(`{"token":"token---","pcode2":"passcode","hostName":"ou \"yang\"","hostEmail":"a@b.example","hostMobile":"13800138000","title":"planning",` +
		`"hostLocation":"somewhere","msg":"not secret at all"}`))
	s.Learn([]byte(`{"token":"7 bytes"}`))
	for text, want := range map[string]bool{
		"token---": true, "passcode": true, "a@b.example": true, "13800138000": true, "planning": true,
		`ou "yang"`:     true,
		`ou \"yang\"`:   true,
		"ou+%22yang%22": true,
		base64.RawURLEncoding.EncodeToString([]byte(`ou "yang"`)): true,
		"geheim":            true,
		"7 bytes":           false, // shorter texts would be found everywhere
		"not secret at all": false,
	} {
		if got := s.Leaks("<"+text+">", "geheim"); got != want {
			t.Errorf("Leaks(%q): got %t, want %t", text, got, want)
		}
	}
}
