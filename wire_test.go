package confopenapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestUnknownMembersAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	list := modelList(t, "unknown_members.json")
	if diff := cmp.Diff([]string{"cursor", "hasNext"}, sortedKeys(list.Extra)); diff != "" {
		t.Errorf("of the list (-want +got)\n%s", diff)
	}
	extra := list.Conferences[0].Extra
	for name, want := range map[string]string{
		"newLabel": `"vip <b>&</b>"`, "bigNumber": `123456789012345678901234567890.5e-3`, "EventID": `7`, "转写\u2028": `[ 1 ,  2 ]`,
	} {
		if string(extra[name]) != want {
			t.Errorf("%s is kept as %s, want %s", name, extra[name], want)
		}
	}
	if diff := cmp.Diff([]string{"EventID", "bigNumber", "newLabel", "waitingRoom", "转写\u2028"}, sortedKeys(extra)); diff != "" {
		t.Errorf("of the conference (-want +got)\n%s", diff)
	}
	if list := modelList(t, "doc_example.json"); list.Extra != nil || list.Conferences[0].Extra != nil {
		t.Error("Extra is not nil where nothing is unknown")
	}
	c := modelConference(t, "{\"a\":1,\"a\":\"\xff\xe5\x91\",\"k\xff\":[ \"\\ud800\" ],\"\":{}}")
	want := map[string]json.RawMessage{"a": json.RawMessage(`"` + strings.Repeat("\ufffd", 3) + `"`), "k\ufffd": json.RawMessage(`[ "\ud800" ]`), "": json.RawMessage("{}")}
	if diff := cmp.Diff(want, c.Extra); diff != "" {
		t.Errorf("duplicates and invalid UTF-8 (-want +got)\n%s", diff)
	}
	data := []byte(`{"list":[1,2]}`)
	var kept confopenapi.Conference
	if err := kept.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if got := string(kept.Extra["list"]); got != "[1,2]" {
		t.Errorf("Extra changed with the text that it was read from: %q", got)
	}
}

func sortedKeys(extra map[string]json.RawMessage) (keys []string) {
	for key := range extra {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestValuesSurviveARoundTrip(t *testing.T) {
	t.Parallel()
	for name, result := range modelResults(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := modelList(t, name)
			direct, err := list.MarshalJSON()
			if err != nil || !json.Valid(direct) || !utf8.Valid(direct) {
				t.Fatalf("MarshalJSON gives %s (%v)", direct, err)
			}
			compacted, err := json.Marshal(&list)
			if err != nil {
				t.Fatal(err)
			}
			indented, err := json.MarshalIndent(list, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range [][]byte{direct, compacted, indented} {
				var again confopenapi.ConfList
				if err := json.Unmarshal(text, &again); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				if diff := meaningDiff(list, again); diff != "" {
					t.Errorf("from %s to %s (-first +second)\n%s", result, text, diff)
				}
			}
		})
	}
}

// documentedMembers is the vendor's field table of a conference, with a value of its own for each member.
const documentedMembers = `{"eventId":101,"conferenceId":"v2","title":"v3","billingCode":"v4","customerCode":"v5","pcode2":"v6",
	"hostId":107,"hostName":"v8","hostEmail":"v9","hostMobile":"v10","hostAccountType":111,"hostAccountTypeStr":"v12",
	"hostOrgId":113,"hostOrgName":"v14","hostIp":"v15","hostLocation":"v16","startTime":117,"startTimeStr":"v18",
	"stopTime":119,"stopTimeStr":"v20","confDuration":121,"confDurationMinute":122,"isSecureConf":true,"isRecord":false,
	"dataCenter":"v25","status":126,"attendeeCnt":127,"voipCnt":128,"pstnCnt":129,"videoCnt":130,"desktopCnt":131,
	"mcuCnt":132,"boxCnt":133,"rawAttendeeCnt":134,"rawPstnCnt":135}`

func TestEveryDocumentedMemberHasItsField(t *testing.T) {
	t.Parallel()
	want := confopenapi.Conference{
		EventID: 101, ConferenceID: "v2", Title: "v3", BillingCode: "v4", CustomerCode: "v5", Passcode: confopenapi.NewSecret("v6"),
		HostID: 107, HostName: "v8", HostEmail: "v9", HostMobile: "v10", HostAccountType: 111, HostAccountTypeText: "v12",
		HostOrgID: 113, HostOrgName: "v14", HostIP: "v15", HostLocation: "v16", StartTime: 117, StartTimeText: "v18",
		StopTime: 119, StopTimeText: "v20", DurationSeconds: 121, DurationMinutes: 122, IsSecure: new(true), IsRecorded: new(false),
		DataCenter: "v25", Status: 126, AttendeeCount: 127, VoIPCount: 128, PSTNCount: 129, VideoCount: 130, DesktopCount: 131,
		MCUCount: 132, BoxCount: 133, RawAttendeeCount: 134, RawPSTNCount: 135,
	}
	got := modelConference(t, documentedMembers)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, c := range []any{got, &got} {
		if diff := cmp.Diff(membersOf(t, []byte(documentedMembers)), membersOf(t, mustMarshal(t, c))); diff != "" {
			t.Errorf("%T (-documented +marshalled)\n%s", c, diff)
		}
	}
}

// membersOf is the members of an object as a set of "name:value", and fails for a duplicate.
func membersOf(t *testing.T, object []byte) map[string]string {
	t.Helper()
	members := map[string]string{}
	for _, m := range objectMembers(t, object) {
		if _, twice := members[m.name]; twice {
			t.Errorf("member %q is there twice", m.name)
		}
		members[m.name] = string(m.value)
	}
	return members
}

func TestTheZeroConferenceMarshalsAllMembersToo(t *testing.T) {
	t.Parallel()
	zeros := map[string]string{}
	for name, value := range membersOf(t, []byte(documentedMembers)) {
		zeros[name] = map[byte]string{'"': `""`, '1': "0", 't': "null", 'f': "null"}[value[0]]
	}
	if diff := cmp.Diff(zeros, membersOf(t, mustMarshal(t, confopenapi.Conference{}))); len(zeros) != 35 || diff != "" {
		t.Errorf("%d members (-want +got)\n%s", len(zeros), diff)
	}
}

func TestExtraCannotOverrideAKnownMember(t *testing.T) {
	t.Parallel()
	c := modelConference(t, documentedMembers)
	plain := membersOf(t, mustMarshal(t, c))
	c.Extra = map[string]json.RawMessage{
		"confName": json.RawMessage(`"x"`), "guestPcode": json.RawMessage(`"x"`), "EventId": json.RawMessage(`1`), "empty": nil,
	}
	for name := range plain {
		c.Extra[name] = json.RawMessage(`"x"`)
	}
	plain["EventId"], plain["empty"] = "1", "null"
	if diff := cmp.Diff(plain, membersOf(t, mustMarshal(t, c))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	list := confopenapi.ConfList{TotalCount: 3, Extra: map[string]json.RawMessage{
		"totalCount": json.RawMessage(`9`), "confList": json.RawMessage(`9`), "n\"\n": json.RawMessage(`{}`),
	}, Meta: confopenapi.Meta{Msg: "not part of the result", RequestID: "nor this"}}
	want := map[string]string{"totalCount": "3", "confList": "null", "n\"\n": "{}"}
	if diff := cmp.Diff(want, membersOf(t, mustMarshal(t, list))); diff != "" {
		t.Errorf("of the list (-want +got)\n%s", diff)
	}
	list.Extra = map[string]json.RawMessage{"broken": json.RawMessage(`{`)}
	if text, err := json.Marshal(list); err == nil {
		t.Errorf("Extra that is no JSON was marshalled: %s", text)
	}
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestUnmarshalReplacesTheReceiverAndLeavesItForNull(t *testing.T) {
	t.Parallel()
	c := modelConference(t, documentedMembers)
	c.Extra = map[string]json.RawMessage{"old": json.RawMessage("1")}
	before := c
	if err := json.Unmarshal([]byte("null"), &c); err != nil || !cmp.Equal(before, c) {
		t.Errorf("after null (%v): %s", err, cmp.Diff(before, c))
	}
	if err := json.Unmarshal([]byte(`{"eventId":5}`), &c); err != nil || !cmp.Equal(confopenapi.Conference{EventID: 5}, c) {
		t.Errorf("after an object (%v): %s", err, cmp.Diff(confopenapi.Conference{EventID: 5}, c))
	}
	list := confopenapi.ConfList{TotalCount: 2, Conferences: []confopenapi.Conference{before}, Extra: before.Extra, Meta: confopenapi.Meta{RequestID: "r"}}
	old := list
	if err := json.Unmarshal([]byte(" null "), &list); err != nil || !cmp.Equal(old, list) {
		t.Errorf("after null (%v): %s", err, cmp.Diff(old, list))
	}
	want := confopenapi.ConfList{TotalCount: 1, Meta: old.Meta}
	if err := json.Unmarshal([]byte(`{"totalCount":1}`), &list); err != nil || !cmp.Equal(want, list) {
		t.Errorf("after an object (%v): %s", err, cmp.Diff(want, list))
	}
	if !cmp.Equal(old.Conferences[0], before) {
		t.Error("a list that was copied away changed")
	}
}

func TestWrongValuesAreDecodeErrorsWithTheirPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, path string }{
		{`{"confList":[{},{"eventId":9223372036854775808}]}`, "/confList/1/eventId"},
		{`{"confList":[{"hostId":"-9223372036854775809"}]}`, "/confList/0/hostId"},
		{`{"confList":[{"startTime":1e19}]}`, "/confList/0/startTime"},
		{`{"confList":[{"attendeeCnt":1.5}]}`, "/confList/0/attendeeCnt"},
		{`{"confList":[{"status":""}]}`, "/confList/0/status"},
		{`{"confList":[{"status":true}]}`, "/confList/0/status"},
		{`{"confList":[{"hostName":{}}]}`, "/confList/0/hostName"},
		{`{"confList":[{"confName":[]}]}`, "/confList/0/confName"},
		{`{"confList":[{"pcode2":["secret"]}]}`, "/confList/0/pcode2"},
		{`{"confList":[{"isRecord":"true"}]}`, "/confList/0/isRecord"},
		{`{"confList":[{"isSecureConf":1}]}`, "/confList/0/isSecureConf"},
		{`{"confList":[7]}`, "/confList/0"},
		{`{"confList":["7"]}`, "/confList/0"},
		{`{"confList":{}}`, "/confList"},
		{`{"confList":""}`, "/confList"},
		{`{"totalCount":"many"}`, "/totalCount"},
		{`{"totalCount":[]}`, "/totalCount"},
		{`{"items":[]}`, ""},
		{`{}`, ""},
		{`[]`, ""},
		{`"a result"`, ""},
	} {
		var list confopenapi.ConfList
		err := json.Unmarshal([]byte(tt.text), &list)
		at, ok := errors.AsType[*confopenapi.DecodeError](err)
		if !ok {
			t.Errorf("%.80s: %T (%v), want a *DecodeError", tt.text, err, err)
			continue
		}
		if at.Path != tt.path || at.Offset < 0 || at.Offset >= int64(len(tt.text)) || !cmp.Equal(at.Meta, confopenapi.Meta{}) {
			t.Errorf("%.80s: path %q, offset %d, %v; want path %q", tt.text, at.Path, at.Offset, at.Meta, tt.path)
		}
		if strings.Contains(err.Error(), "secret") || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("the error is not one line without values: %v", err)
		}
	}
	var c confopenapi.Conference
	if err := c.UnmarshalJSON([]byte(`{"hostName":"张`)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut text: %v", err)
	}
	deep := `{"x":` + strings.Repeat("[", 256) + strings.Repeat("]", 256) + `}`
	for _, text := range []string{deep, `{} {}`, `null null`, `nul`, ``, `{"a":1,}`, "\xEF\xBB\xBF{}"} {
		if err := c.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q is a conference", text)
		}
		if err := new(confopenapi.ConfList).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q is a list", text)
		}
	}
}

func TestAppendJSONAppendsWhatMarshalJSONReturns(t *testing.T) {
	t.Parallel()
	for name := range modelResults(t) {
		for _, c := range modelList(t, name).Conferences {
			want, err := c.MarshalJSON()
			if got := c.AppendJSON([]byte("before")); err != nil || string(got) != "before"+string(want) {
				t.Errorf("%s: %s, want %s (%v)", name, got, want, err)
			}
		}
	}
}

func TestAppendJSONAllocatesNothing(t *testing.T) {
	c := modelList(t, "doc_example.json").Conferences[0]
	line := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { line = c.AppendJSON(line[:0]) }); n > 0 {
		t.Errorf("%v allocations a line", n)
	}
}

// A name that differs in a byte is another member.
func TestMisspeltMembersAreUnknown(t *testing.T) {
	t.Parallel()
	text, err := confopenapi.Conference{}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range objectMembers(t, text) {
		for i := range m.name {
			misspelt := []byte(m.name)
			misspelt[i] ^= 1
			line := strings.Replace(strings.ReplaceAll(string(text), `""`, `"a"`), `"`+m.name+`"`, `"`+string(misspelt)+`"`, 1)
			c := modelConference(t, line)
			if _, unknown := c.Extra[string(misspelt)]; !unknown || len(c.Extra) != 1 {
				t.Errorf("%s passes for %s", misspelt, m.name)
			}
		}
	}
}

// A body that repeats its list is paid for once.
func TestARepeatedListTakesNoMoreRoom(t *testing.T) {
	text := []byte(`{"totalCount":1` + strings.Repeat(`,"confList":[{}]`, 4000) + `}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var list confopenapi.ConfList
	if err := list.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		t.Errorf("%d MiB for %d bytes", took>>20, len(text))
	}
}

// Who keeps one conference of a page keeps neither the page nor its text.
func TestOneConferenceKeepsLittle(t *testing.T) {
	list := confopenapi.ConfList{Conferences: confopenapitest.Conferences(200, 1)}
	for i := range list.Conferences {
		list.Conferences[i].Title = fmt.Sprint("季度经营分析会，第 ", i, " 次，线上线下同时进行，请提前十分钟入会")
	}
	text, err := list.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	kept := make([]confopenapi.Conference, 0, 100)
	heap := func() int {
		runtime.GC()
		runtime.GC() // what waited in pools goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	for i := range cap(kept) {
		var page confopenapi.ConfList
		if err := page.UnmarshalJSON(text); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, page.Conferences[2*i])
	}
	each := (heap() - before) / len(kept)
	t.Logf("%d bytes for one conference of a page of %d", each, len(text))
	if each > 8<<10 {
		t.Error("that is more than 8 KiB")
	}
	runtime.KeepAlive(kept)
}
