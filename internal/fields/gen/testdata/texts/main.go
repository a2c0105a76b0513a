// Texts checks how a list of texts is read, written and watched. It compiles with an overlay that adds the field TestTexts.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

var failed bool

func check(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		failed = true
		fmt.Printf("%s: got %#v, want %#v\n", what, got, want)
	}
}

func main() {
	for text, want := range map[string][]string{
		`{"eventId":1,"testTexts":["a","部\n"],"hostId":2}`: {"a", "部\n"}, `{ "testTexts" : [ "" , "\u90e8" ] , "hostId":2 }`: {"", "部"},
		`{"testTexts":[],"hostId":2}`: {}, `{"testTexts":null,"hostId":2}`: nil, `{"hostId":2}`: nil, `{"testTexts":["a"],"testTexts":["b"],"hostId":2}`: {"b"},
	} {
		var c, again confopenapi.Conference
		check(text, c.UnmarshalJSON([]byte(text)), nil)
		check(text, c.TestTexts, want)
		check(text+": Extra", c.Extra == nil, true)
		check(text+": what follows", c.HostID, int64(2))
		out, _ := c.MarshalJSON()
		check(text+": again", again.UnmarshalJSON(out), nil)
		check(string(out), again, c)
	}
	out, _ := confopenapi.Conference{}.MarshalJSON()
	check("nil is null", strings.Contains(string(out), `"testTexts":null`), true)
	for text, path := range map[string]string{
		`{"testTexts":"a"}`: "/testTexts", `{"testTexts":{}}`: "/testTexts", `{"testTexts":["a",7]}`: "/testTexts/1", `{"testTexts":[null]}`: "/testTexts/0", `{"testTexts":[["a"]]}`: "/testTexts/0",
	} {
		at, ok := errors.AsType[*confopenapi.DecodeError](new(confopenapi.Conference).UnmarshalJSON([]byte(text)))
		check(text, ok && at.Path == path, true)
		list := `{"confList":[{},` + text + `]}`
		at, ok = errors.AsType[*confopenapi.DecodeError](json.Unmarshal([]byte(list), new(confopenapi.ConfList)))
		check(list, ok && at.Path == "/confList/1"+path, true)
	}
	for _, cut := range []string{`{"testTexts":["a",`, `{"testTexts":["a"`, `{"testTexts":[`} {
		check(cut, errors.Is(new(confopenapi.Conference).UnmarshalJSON([]byte(cut)), io.ErrUnexpectedEOF), true)
	}
	watcher := confopenapi.NewWatcher()
	for i, tags := range [][]string{{"a"}, {"a"}, {"a", "b"}} {
		events := watcher.Step(&confopenapi.Snapshot{
			Conferences: []confopenapi.Conference{{EventID: 1, TestTexts: tags}}, Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete},
		})
		if i == 2 {
			check("events", len(events) == 1 && reflect.DeepEqual(events[0].Changed, []string{"testTexts"}), true)
		}
	}
	if failed {
		os.Exit(1)
	}
}
