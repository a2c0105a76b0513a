package confopenapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
)

// modelResult is the text of the result object of one of testdata's bodies; nil if the body has none.
func modelResult(tb testing.TB, name string) json.RawMessage {
	tb.Helper()
	var envelope struct {
		Result json.RawMessage `json:"result"`
	}
	if json.Unmarshal([]byte(body(tb, name)), &envelope) != nil || !bytes.HasPrefix(envelope.Result, []byte("{")) {
		return nil
	}
	return envelope.Result
}

// modelResults are all of them, by the names of their files.
func modelResults(tb testing.TB) map[string]json.RawMessage {
	tb.Helper()
	results := map[string]json.RawMessage{}
	for name := range bodies(tb) {
		if result := modelResult(tb, name); result != nil {
			results[name] = result
		}
	}
	if len(results) < 15 {
		tb.Fatalf("%d bodies of testdata have a result, want at least 15", len(results))
	}
	return results
}

func modelList(tb testing.TB, name string) confopenapi.ConfList {
	tb.Helper()
	var list confopenapi.ConfList
	if err := json.Unmarshal(modelResult(tb, name), &list); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return list
}

func modelConference(tb testing.TB, text string) confopenapi.Conference {
	tb.Helper()
	var conference confopenapi.Conference
	if err := json.Unmarshal([]byte(text), &conference); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return conference
}

func TestDocumentedExample(t *testing.T) {
	t.Parallel()
	want := confopenapi.ConfList{
		TotalCount: 2,
		Conferences: []confopenapi.Conference{{
			EventID: 1165158, ConferenceID: "22188557", Title: "周例会", BillingCode: "", CustomerCode: "990001",
			Passcode: confopenapi.NewSecret("5d41c4ac806c6440eb6aa8e071115f2b"),
			HostID:   10001, HostName: "张三", HostEmail: "zhangsan@example.com", HostMobile: "",
			HostAccountType: 1, HostAccountTypeText: "付费", HostOrgID: 72927934, HostOrgName: "研发部",
			HostIP: "10.0.0.1", HostLocation: "",
			StartTime: 1715600000, StartTimeText: "2024-05-14 10:00:00", StopTime: 0, StopTimeText: "",
			DurationSeconds: 3600, DurationMinutes: 60,
			IsSecure: new(false), IsRecorded: new(true), DataCenter: "", Status: confopenapi.StatusInProgress,
			AttendeeCount: 5, VideoCount: 2, DesktopCount: 3, RawAttendeeCount: 4,
		}},
	}
	if diff := cmp.Diff(want, modelList(t, "doc_example.json")); diff != "" {
		t.Errorf("the vendor's example (-want +got)\n%s", diff)
	}
}

// Numbers in quotes, numbers as floats and repeated fields decode like the plain body.
func TestDecodeSloppyBodies(t *testing.T) {
	t.Parallel()
	plain := modelList(t, "status_behind_result.json")
	for _, name := range []string{"quoted_integers.json", "float_ids.json", "duplicate_keys.json"} {
		if diff := cmp.Diff(plain, modelList(t, name)); diff != "" {
			t.Errorf("%s (-plain +sloppy)\n%s", name, diff)
		}
	}
	numeric := modelList(t, "numeric_mobile.json").Conferences
	if c := numeric[0]; c.HostMobile != "13800000000" || c.ConferenceID != "22188557" || c.CustomerCode != "990001" || c.BillingCode != "false" {
		t.Errorf("numbers and booleans in text fields: got %q, %q, %q, %q", c.HostMobile, c.ConferenceID, c.CustomerCode, c.BillingCode)
	}
	if len(numeric) != 2 || numeric[1].HostMobile != "13800000001" {
		t.Errorf("got %d conferences, want 2, each with its numeric mobile", len(numeric))
	}
	for i, c := range modelList(t, "long_ids.json").Conferences {
		want := []int64{math.MaxInt64, []int64{math.MaxInt64 - 1, math.MinInt64}[i], 1<<53 + 1}
		if diff := cmp.Diff(want, []int64{c.EventID, c.HostID, c.HostOrgID}); diff != "" {
			t.Errorf("long ids of conference %d (-want +got)\n%s", i, diff)
		}
	}
}

func TestDecodeEmptyNullAbsentList(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]confopenapi.ConfList{
		"empty_list.json":   {Conferences: []confopenapi.Conference{}},
		"past_the_end.json": {TotalCount: 41, Conferences: []confopenapi.Conference{}},
		"list_null.json":    {},
		"list_absent.json":  {},
	} {
		if diff := cmp.Diff(want, modelList(t, name)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestDecodeNull(t *testing.T) {
	t.Parallel()
	want := confopenapi.ConfList{Conferences: make([]confopenapi.Conference, 2)}
	if diff := cmp.Diff(want, modelList(t, "null_everything.json")); diff != "" {
		t.Errorf("null everywhere (-want +got)\n%s", diff)
	}
	if got := modelConference(t, "{}"); !cmp.Equal(got, confopenapi.Conference{}) {
		t.Errorf("an empty object (-want +got)\n%s", cmp.Diff(confopenapi.Conference{}, got))
	}
}

func TestDecodeEitherSpelling(t *testing.T) {
	t.Parallel()
	var got [][2]string
	for _, c := range modelList(t, "both_spellings.json").Conferences {
		got = append(got, [2]string{c.Title, c.Passcode.Reveal()})
	}
	want := [][2]string{
		{"产品评审会", "pcode-of-the-table"},  // both are there
		{"周例会", "pcode-of-the-example"},  // the documented one is empty
		{"季度复盘", "pcode-of-the-example"}, // the documented one is null
		{"周例会", "pcode-of-the-table"},    // the drifted one is null
		{"产品评审会", "pcode-of-the-table"},  // the drifted one is empty
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("title and passcode (-want +got)\n%s", diff)
	}
	if c := modelList(t, "documented_spellings.json").Conferences[0]; c.Title != "产品评审会" || c.Passcode.IsZero() || c.Extra != nil {
		t.Errorf("the documented spellings: got title %q, a passcode: %t, Extra %v", c.Title, !c.Passcode.IsZero(), c.Extra)
	}
	for _, names := range [][2]string{{"title", "confName"}, {"pcode2", "guestPcode"}} {
		for members, want := range map[string]string{
			`"TABLE":"a"`: "a", `"EXAMPLE":"b"`: "b", `"TABLE":"a","EXAMPLE":"b"`: "a", `"EXAMPLE":"b","TABLE":"a"`: "a",
			`"TABLE":"","EXAMPLE":"b"`: "b", `"EXAMPLE":"b","TABLE":""`: "b", `"EXAMPLE":"b","TABLE":null`: "b",
			`"TABLE":"a","EXAMPLE":null`: "a", `"TABLE":"a","EXAMPLE":""`: "a", `"TABLE":null,"EXAMPLE":null`: "",
			`"TABLE":"a","TABLE":"c","EXAMPLE":"b"`: "c", `"EXAMPLE":"b","EXAMPLE":"d"`: "d",
			`"TABLE":"a","TABLE":"","EXAMPLE":"b"`: "b", `"TABLE":"a","EXAMPLE":"b","TABLE":null`: "b",
			`"EXAMPLE":"b","TABLE":"a","EXAMPLE":"d"`: "a", `"EXAMPLE":"b","EXAMPLE":""`: "", `"TABLE":7,"EXAMPLE":"b"`: "7",
			`"TABLE":" ","EXAMPLE":"b"`: " ",
		} {
			c := modelConference(t, "{"+strings.NewReplacer("TABLE", names[0], "EXAMPLE", names[1]).Replace(members)+"}")
			got, other := c.Title, c.Passcode.Reveal()
			if names[0] == "pcode2" {
				got, other = other, got
			}
			if got != want || other != "" || c.Extra != nil {
				t.Errorf("%s of %v: got %q (the other field %q, Extra %v), want %q", members, names, got, other, c.Extra, want)
			}
		}
	}
}

func TestDecodeFlags(t *testing.T) {
	t.Parallel()
	conferences := modelList(t, "null_flags.json").Conferences
	want := [][2]*bool{{nil, nil}, {new(true), new(false)}, {new(true), nil}, {nil, nil}}
	var got [][2]*bool
	seen := map[*bool]bool{}
	for _, c := range append(conferences, modelList(t, "null_flags.json").Conferences...) {
		if got = append(got, [2]*bool{c.IsSecure, c.IsRecorded}); len(got) > len(want) {
			got = got[:len(want)]
		}
		for _, flag := range []*bool{c.IsSecure, c.IsRecorded} {
			if flag != nil && seen[flag] {
				t.Error("two flags share a pointer, want one for each")
			}
			seen[flag] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags (-want +got)\n%s", diff)
	}
	for text, want := range map[string]*bool{
		`{"isRecord":true,"isRecord":null}`: nil, `{"isRecord":null,"isRecord":false}`: new(false), `{"isRecord":true,"isRecord":false}`: new(false),
	} {
		if diff := cmp.Diff(want, modelConference(t, text).IsRecorded); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
}

func TestConferenceStatusString(t *testing.T) {
	t.Parallel()
	for status, want := range map[confopenapi.ConferenceStatus]string{
		confopenapi.StatusCreated: "created", confopenapi.StatusInProgress: "in progress", confopenapi.StatusEnded: "ended",
		confopenapi.StatusExpired: "expired", 0: "status 0", 3: "status 3", 99: "status 99", -1: "status -1",
	} {
		if got := status.String(); got != want {
			t.Errorf("status %d: got %q, want %q", int(status), got, want)
		}
	}
	if c := modelConference(t, `{"status":77}`); c.Status != 77 {
		t.Errorf("got status %d, want 77", int(c.Status))
	}
}

func TestUnixTime(t *testing.T) {
	t.Parallel()
	if zero := confopenapi.UnixTime(0); !zero.IsZero() || !zero.Time().IsZero() {
		t.Errorf("an absent time: got %v, want the zero time", zero.Time())
	}
	at := confopenapi.UnixTime(1715600000)
	if want := time.Date(2024, 5, 13, 11, 33, 20, 0, time.UTC); at.IsZero() || at.Time() != want {
		t.Errorf("got %v, want %v", at.Time(), want)
	}
	if got := confopenapi.UnixTime(-1).Time(); got != time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC) {
		t.Errorf("a second before 1970: got %v", got)
	}
}

func TestConferenceString(t *testing.T) {
	t.Parallel()
	c := confopenapi.Conference{EventID: 7, ConferenceID: "8", Title: "t", Status: 2, AttendeeCount: 3, HostName: "n"}
	for start, want := range map[confopenapi.UnixTime]string{
		0:          `conference "8" (event 7, in progress, 3 attendees)`,
		1715600000: `conference "8" (event 7, in progress, 3 attendees, started 2024-05-13T11:33:20Z)`,
	} {
		c.StartTime = start
		if got := fmt.Sprint(c); c.String() != want || got != want {
			t.Errorf("got %s and %s, want %s", c.String(), got, want)
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	c := modelList(t, "doc_example.json").Conferences[0]
	want := confopenapi.Identity{EventID: 1165158, ConferenceID: "22188557", StartTime: 1715600000}
	runs := map[confopenapi.Identity]bool{c.Identity(): true}
	renamed, again := c, c
	renamed.Title, renamed.Status = "another", confopenapi.StatusEnded
	again.StartTime += 86400
	if !runs[want] || !runs[renamed.Identity()] || runs[again.Identity()] {
		t.Errorf("identity %v: want equal for the same run, and different for another", c.Identity())
	}
}

func TestSecretJSON(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "5d41c4ac", "密码 \"<&>\"\n", "[redacted]"} {
		text := mustMarshal(t, map[string]confopenapi.Secret{"s": confopenapi.NewSecret(value)})
		var back struct {
			S confopenapi.Secret `json:"s"`
		}
		if err := json.Unmarshal(text, &back); err != nil || back.S.Reveal() != value || back.S.IsZero() != (value == "") {
			t.Errorf("got %q from %s (%v), want %q", back.S.Reveal(), text, err, value)
		}
		var plain map[string]string
		if err := json.Unmarshal(text, &plain); err != nil || plain["s"] != value {
			t.Errorf("got %s, want a JSON string with %q", text, value)
		}
	}
	secret := confopenapi.NewSecret("old")
	for _, text := range []string{`12345678`, `{"s":"hunter22"}`, `["hunter22"]`, `true`} {
		err := json.Unmarshal([]byte(text), &secret)
		if err == nil || secret.Reveal() != "old" || strings.Contains(err.Error(), "1234") || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: got error %v and the secret %q, want an error without the value, and the old secret", text, err, secret.Reveal())
		}
	}
	if err := secret.UnmarshalJSON([]byte(`^hunter22`)); err == nil || strings.ContainsAny(err.Error(), "^") {
		t.Errorf("got %v, want an error without the text", err)
	}
	var fresh confopenapi.Secret
	for s, want := range map[*confopenapi.Secret]string{&fresh: "", &secret: "old"} {
		if err := json.Unmarshal([]byte("null"), s); err != nil || s.Reveal() != want {
			t.Errorf("null: got %v and %q, want %q as before", err, s.Reveal(), want)
		}
	}
	if empty := confopenapi.NewSecret(""); empty != (confopenapi.Secret{}) || empty.String() != "" || fmt.Sprint(empty) != "" {
		t.Errorf("the secret of the empty string: got %q, want the zero Secret, which prints nothing", empty)
	}
	if a, b := confopenapi.NewSecret("x"), confopenapi.NewSecret("x"); !a.Equal(b) || a.Equal(confopenapi.NewSecret("y")) || a.Equal(confopenapi.Secret{}) ||
		!confopenapi.NewSecret("").Equal(confopenapi.Secret{}) {
		t.Error("Equal compares something else than the values")
	}
}
