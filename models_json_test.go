package confopenapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

func TestDecodeUnknownFields(t *testing.T) {
	t.Parallel()
	list := modelList(t, "unknown_members.json")
	if diff := cmp.Diff([]string{"cursor", "hasNext"}, sortedKeys(list.Extra)); diff != "" {
		t.Errorf("unknown fields of the list (-want +got)\n%s", diff)
	}
	extra := list.Conferences[0].Extra
	for name, want := range map[string]string{
		"newLabel": `"vip <b>&</b>"`, "bigNumber": `123456789012345678901234567890.5e-3`, "EventID": `7`, "转写\u2028": `[ 1 ,  2 ]`,
	} {
		if string(extra[name]) != want {
			t.Errorf("%s: got %s, want %s", name, extra[name], want)
		}
	}
	if diff := cmp.Diff([]string{"EventID", "bigNumber", "newLabel", "waitingRoom", "转写\u2028"}, sortedKeys(extra)); diff != "" {
		t.Errorf("unknown fields of the conference (-want +got)\n%s", diff)
	}
	if list := modelList(t, "doc_example.json"); list.Extra != nil || list.Conferences[0].Extra != nil {
		t.Error("Extra is not nil, though no field is unknown")
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
		t.Errorf("Extra changed with the text that it was read from: got %q", got)
	}
}

func sortedKeys(extra map[string]json.RawMessage) (keys []string) {
	for key := range extra {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	for name, result := range modelResults(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := modelList(t, name)
			direct, err := list.MarshalJSON()
			if err != nil || !json.Valid(direct) || !utf8.Valid(direct) {
				t.Fatalf("MarshalJSON: got %s (%v), want JSON", direct, err)
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

// filled is a conference with a value of its own in each field, and its JSON. That the names belong to these fields is checked by
// the kit, which has them on its own.
func filled(tb testing.TB) (c confopenapi.Conference, text string) {
	tb.Helper()
	b := []byte("{")
	for i, f := range fields.All {
		field, n := reflect.ValueOf(&c).Elem().FieldByName(f.Go), i+101
		var value string
		switch f.Kind {
		case fields.Text:
			value = strconv.Quote(fmt.Sprint("v", n))
			field.SetString(fmt.Sprint("v", n))
		case fields.Texts:
			value = fmt.Sprintf(`["v%d","w"]`, n)
			field.Set(reflect.ValueOf([]string{fmt.Sprint("v", n), "w"}))
		case fields.Integer, fields.ID, fields.Time:
			value = strconv.Itoa(n)
			field.SetInt(int64(n))
		case fields.Flag:
			value = strconv.FormatBool(n%2 == 0)
			field.Set(reflect.ValueOf(new(n%2 == 0)))
		case fields.Secret:
			value = strconv.Quote(fmt.Sprint("v", n))
			field.Set(reflect.ValueOf(confopenapi.NewSecret(fmt.Sprint("v", n))))
		default:
			tb.Fatalf("%s is of a new kind", f.Name)
		}
		b = fmt.Appendf(b, `%q:%s,`, f.Name, value)
	}
	return c, string(b[:len(b)-1]) + "}"
}

func TestDecodeEveryField(t *testing.T) {
	t.Parallel()
	want, text := filled(t)
	got := modelConference(t, text)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("conference (-want +got)\n%s", diff)
	}
	for _, c := range []any{got, &got} {
		if diff := cmp.Diff(membersOf(t, []byte(text)), membersOf(t, mustMarshal(t, c))); diff != "" {
			t.Errorf("%T (-read +marshalled)\n%s", c, diff)
		}
	}
	if extra := reflect.TypeFor[confopenapi.Conference]().NumField() - len(fields.All); extra != 1 {
		t.Errorf("got %d struct fields without a JSON field, want Extra alone", extra)
	}
}

// membersOf is the members of an object as a set of "name:value", and fails for a duplicate.
func membersOf(t *testing.T, object []byte) map[string]string {
	t.Helper()
	members := map[string]string{}
	for _, m := range objectMembers(t, object) {
		if _, twice := members[m.name]; twice {
			t.Errorf("field %q is there twice", m.name)
		}
		members[m.name] = string(m.value)
	}
	return members
}

// The kit writes its JSON on its own, so that a wrong name or field in one shows in the other.
func TestKitWritesEveryField(t *testing.T) {
	t.Parallel()
	want, _ := filled(t)
	for spelling, opts := range map[string][]confopenapitest.Option{
		"documented": nil, "example": {confopenapitest.WithExampleSpelling()},
	} {
		client := confopenapitest.NewServer(t, append(opts, confopenapitest.WithConferences(want))...).Client()
		page, err := client.ListByStatus(t.Context(), nil)
		if err != nil || len(page.Conferences) != 1 {
			t.Fatalf("got %v, %v, want one conference", page, err)
		}
		if diff := cmp.Diff(want, page.Conferences[0]); diff != "" {
			t.Errorf("spelling of the %s (-served +read)\n%s", spelling, diff)
		}
	}
}

func TestKitMakesEveryField(t *testing.T) {
	t.Parallel()
	never := []string{"billingCode", "stopTime", "stopTimeStr"} // empty in the vendor's example, too
	for _, f := range fields.All {
		set := slices.ContainsFunc(confopenapitest.Conferences(200, 1), func(c confopenapi.Conference) bool {
			return !reflect.ValueOf(c).FieldByName(f.Go).IsZero()
		})
		if set == slices.Contains(never, f.Name) {
			t.Errorf("confopenapitest.Conferences sets %s: got %t, want %t (confopenapitest/generate.go)", f.Name, set, !set)
		}
	}
}

func TestMarshalJSONZeroConference(t *testing.T) {
	t.Parallel()
	_, text := filled(t)
	zeros := map[string]string{}
	for name, value := range membersOf(t, []byte(text)) {
		zeros[name] = map[byte]string{'"': `""`, '1': "0", '2': "0", 't': "null", 'f': "null", '[': "null"}[value[0]]
	}
	if diff := cmp.Diff(zeros, membersOf(t, mustMarshal(t, confopenapi.Conference{}))); diff != "" {
		t.Errorf("a zero conference (-want +got)\n%s", diff)
	}
}

// A field that came over several lines is written on one, since exports have a conference per line.
func TestAppendJSONIsOneLine(t *testing.T) {
	t.Parallel()
	var c confopenapi.Conference
	text := "{\"eventId\":1,\"room\":{\n\t\"name\": \"A\\n1\",\r\n \"doors\" : [ 1,\n2 ]},\"\\n\": [\n]}"
	if err := c.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	line := string(c.AppendJSON(nil))
	for _, part := range []string{`"room":{"name":"A\n1","doors":[1,2]}`, `"\n":[]`} {
		if !strings.Contains(line, part) {
			t.Errorf("got %s, want %s in it", line, part)
		}
	}
	if strings.ContainsAny(line, "\n\r\t") {
		t.Errorf("got more than one line: %q", line)
	}
}

func TestJSONExtraCannotOverrideField(t *testing.T) {
	t.Parallel()
	c, _ := filled(t)
	plain := membersOf(t, mustMarshal(t, c))
	c.Extra = map[string]json.RawMessage{
		"confName": json.RawMessage(`"x"`), "guestPcode": json.RawMessage(`"x"`), "EventId": json.RawMessage(`1`), "empty": nil,
	}
	for name := range plain {
		c.Extra[name] = json.RawMessage(`"x"`)
	}
	plain["EventId"], plain["empty"] = "1", "null"
	if diff := cmp.Diff(plain, membersOf(t, mustMarshal(t, c))); diff != "" {
		t.Errorf("a conference with fields of its own in Extra (-want +got)\n%s", diff)
	}
	list := confopenapi.ConfList{TotalCount: 3, Extra: map[string]json.RawMessage{
		"totalCount": json.RawMessage(`9`), "confList": json.RawMessage(`9`), "n\"\n": json.RawMessage(`{}`),
	}, Meta: confopenapi.Meta{Msg: "not part of the result", RequestID: "nor this"}}
	want := map[string]string{"totalCount": "3", "confList": "null", "n\"\n": "{}"}
	if diff := cmp.Diff(want, membersOf(t, mustMarshal(t, list))); diff != "" {
		t.Errorf("a list with fields of its own in Extra (-want +got)\n%s", diff)
	}
	list.Extra = map[string]json.RawMessage{"broken": json.RawMessage(`{`)}
	if text, err := json.Marshal(list); err == nil {
		t.Errorf("got %s, want an error of Extra that is no JSON", text)
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

func TestUnmarshalJSONReplacesReceiver(t *testing.T) {
	t.Parallel()
	c, _ := filled(t)
	c.Extra = map[string]json.RawMessage{"old": json.RawMessage("1")}
	before := c
	if err := json.Unmarshal([]byte("null"), &c); err != nil || !cmp.Equal(before, c) {
		t.Errorf("after null: got %v (-want +got)\n%s", err, cmp.Diff(before, c))
	}
	if err := json.Unmarshal([]byte(`{"eventId":5}`), &c); err != nil || !cmp.Equal(confopenapi.Conference{EventID: 5}, c) {
		t.Errorf("after an object: got %v (-want +got)\n%s", err, cmp.Diff(confopenapi.Conference{EventID: 5}, c))
	}
	list := confopenapi.ConfList{TotalCount: 2, Conferences: []confopenapi.Conference{before}, Extra: before.Extra, Meta: confopenapi.Meta{RequestID: "r"}}
	old := list
	if err := json.Unmarshal([]byte(" null "), &list); err != nil || !cmp.Equal(old, list) {
		t.Errorf("after null: got %v (-want +got)\n%s", err, cmp.Diff(old, list))
	}
	want := confopenapi.ConfList{TotalCount: 1, Meta: old.Meta}
	if err := json.Unmarshal([]byte(`{"totalCount":1}`), &list); err != nil || !cmp.Equal(want, list) {
		t.Errorf("after an object: got %v (-want +got)\n%s", err, cmp.Diff(want, list))
	}
	if !cmp.Equal(old.Conferences[0], before) {
		t.Error("a copy of the list changed")
	}
}

func TestDecodeErrorPath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, path string }{
		{`{"confList":[{},{"eventId":9223372036854775808}]}`, "/confList/1/eventId"},
		{`{"confList":[{"hostId":"-9223372036854775809"}]}`, "/confList/0/hostId"},
		{`{"confList":[{"startTime":1e19}]}`, "/confList/0/startTime"},
		{`{"confList":[{"attendeeCnt":1.5}]}`, "/confList/0/attendeeCnt"},
		{`{"confList":[{"status":""}]}`, "/confList/0/status"},
		{`{"confList":[{"eventId":"007"}]}`, "/confList/0/eventId"},
		{`{"confList":[{"hostId":"-01"}]}`, "/confList/0/hostId"},
		{`{"totalCount":"00"}`, "/totalCount"},
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
			t.Errorf("%.80s: got %T (%v), want a *DecodeError", tt.text, err, err)
			continue
		}
		if at.Path != tt.path || at.Offset < 0 || at.Offset >= int64(len(tt.text)) || !cmp.Equal(at.Meta, confopenapi.Meta{}) {
			t.Errorf("%.80s: got path %q, offset %d, meta %v; want path %q and no meta", tt.text, at.Path, at.Offset, at.Meta, tt.path)
		}
		if strings.Contains(err.Error(), "secret") || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("got %q, want one line without values", err)
		}
	}
	var c confopenapi.Conference
	if err := c.UnmarshalJSON([]byte(`{"hostName":"张`)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut text: got %v, want io.ErrUnexpectedEOF", err)
	}
	deep := `{"x":` + strings.Repeat("[", 256) + strings.Repeat("]", 256) + `}`
	for _, text := range []string{deep, `{} {}`, `null null`, `nul`, ``, `{"a":1,}`, "\xEF\xBB\xBF{}"} {
		if err := c.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q as a conference: got no error", text)
		}
		if err := new(confopenapi.ConfList).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q as a list: got no error", text)
		}
	}
}

func TestAppendJSONAgreesWithMarshalJSON(t *testing.T) {
	t.Parallel()
	for name := range modelResults(t) {
		for _, c := range modelList(t, name).Conferences {
			want, err := c.MarshalJSON()
			if got := c.AppendJSON([]byte("before")); err != nil || string(got) != "before"+string(want) {
				t.Errorf("%s: got %s, want %s (%v)", name, got, want, err)
			}
		}
	}
}

// A value that came over several lines is written on one, for files that have a conference a line.
func TestAppendJSONOneLine(t *testing.T) {
	t.Parallel()
	c := modelConference(t, "{\"new\": {\n  \"a b\": [1,\r\n\t2]\n}}")
	if got := string(c.AppendJSON(nil)); strings.ContainsAny(got, "\r\n\t") || !strings.HasSuffix(got, `,"new":{"a b":[1,2]}}`) {
		t.Errorf("got %s, want one line that ends with {\"a b\":[1,2]}", got)
	}
	for _, text := range []string{"no JSON", "1\n2", `1,"title":"another"`} {
		c.Extra["new"] = json.RawMessage(text)
		if got := string(c.AppendJSON(nil)); !strings.HasSuffix(got, `,"new":invalid}`) {
			t.Errorf("%q: got %s, want the word invalid in its place", text, got)
		}
		if got, err := json.Marshal(c); err == nil {
			t.Errorf("%q: got %s of json.Marshal, want an error", text, got)
		}
	}
}

func TestAppendJSONAllocatesNothing(t *testing.T) {
	c := modelList(t, "doc_example.json").Conferences[0]
	line := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { line = c.AppendJSON(line[:0]) }); n > 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

// A name that differs in one byte is an unknown field.
func TestDecodeMisspeltNames(t *testing.T) {
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
				t.Errorf("%s is read as %s, want it in Extra", misspelt, m.name)
			}
		}
	}
}

// A body that repeats its list does not take memory for each repetition.
func TestDecodeRepeatedListMemory(t *testing.T) {
	text := []byte(`{"totalCount":1` + strings.Repeat(`,"confList":[{}]`, 4000) + `}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var list confopenapi.ConfList
	if err := list.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		t.Errorf("got %d MiB for %d bytes, want at most 64", took>>20, len(text))
	}
}

// One conference that is kept does not keep its page or the response's text in memory.
func TestKeptConferenceMemory(t *testing.T) {
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
		t.Errorf("got %d bytes for one conference, want at most 8 KiB", each)
	}
	runtime.KeepAlive(kept)
}
