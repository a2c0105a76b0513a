// Texts checks how a list of texts is read, written and watched. It compiles with an overlay that adds the field TestTexts.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"reflect"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

func check(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		log.Fatalf("%s: got %#v, want %#v", what, got, want)
	}
}

func main() {
	for text, want := range map[string][]string{
		`["a","部\n"]`: {"a", "部\n"}, ` [ "" , "\u90e8" ] `: {"", "部"}, `[]`: {}, `null`: nil, `["a"],"testTexts":["b"]`: {"b"},
	} {
		var c, again confopenapi.Conference
		check(text, c.UnmarshalJSON([]byte(`{"testTexts":`+text+`,"hostId":2}`)), nil)
		check(text, c, confopenapi.Conference{TestTexts: want, HostID: 2})
		out, _ := c.MarshalJSON()
		check(text, again.UnmarshalJSON(out), nil)
		check(text+" written and read", again, c)
	}
	for text, path := range map[string]string{
		`"a"}`: "", `{}}`: "", `["a",7]}`: "/1", `[null]}`: "/0", `[["a"]]}`: "/0", `["a",`: "/1", `["a"`: "/1", `[`: "/0",
	} {
		at, _ := errors.AsType[*confopenapi.DecodeError](json.Unmarshal([]byte(`{"confList":[{},{"testTexts":`+text+`]}`), new(confopenapi.ConfList)))
		if at != nil { // encoding/json refuses what is cut
			check(text, at.Path, "/confList/1/testTexts"+path)
		}
		err := new(confopenapi.Conference).UnmarshalJSON([]byte(`{"testTexts":` + text))
		check(text+" as cut JSON", errors.Is(err, io.ErrUnexpectedEOF), !strings.HasSuffix(text, "}"))
	}
	watcher := confopenapi.NewWatcher()
	for i, texts := range [][]string{{"a"}, {"a"}, {"a", "b"}} {
		events := watcher.Step(&confopenapi.Snapshot{
			Conferences: []confopenapi.Conference{{EventID: 1, TestTexts: texts}}, Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete},
		})
		if i == 2 {
			check("events", len(events) == 1 && reflect.DeepEqual(events[0].Changed, []string{"testTexts"}), true)
		}
	}
}
