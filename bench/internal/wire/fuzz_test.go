package wire_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// maxNesting is deeper than the SDK reads.
const maxNesting = 256

// FuzzLikeV2 holds the SDK's decoder against go-json-experiment's: what that one takes, with its leniencies on, the SDK must
// take too, and read the same values. The SDK takes more, such as integers in quotes, which its own targets look at.
func FuzzLikeV2(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "..", "testdata", "listbystatus", "*.json"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("%d seeds in testdata (%v)", len(paths), err)
	}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		var envelope struct {
			Result json.RawMessage `json:"result"`
		}
		if json.Unmarshal(body, &envelope) != nil || len(envelope.Result) == 0 {
			continue
		}
		f.Add([]byte(envelope.Result))
		var compact bytes.Buffer
		if err := json.Compact(&compact, envelope.Result); err != nil {
			f.Fatal(err)
		}
		f.Add(compact.Bytes())
	}
	f.Add([]byte(`{"totalCount":1,"confList":[{"eventId":1,"eventId":2,"title":"a","title":"","isRecord":true,"isRecord":null},null,{}]}`))
	f.Add([]byte("{\"totalCount\":-0,\"confList\":[{\"hostName\":\"\xff\\ud800\\ud83d\\ude00\",\"host\\u0049d\":9223372036854775807,\"new\":[{}]}]}"))
	lenient := jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	f.Fuzz(func(t *testing.T, data []byte) {
		var want wire.Result
		if jsonv2.Unmarshal(data, &want, lenient) != nil || bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > maxNesting {
			return
		}
		var list confopenapi.ConfList
		if err := list.UnmarshalJSON(data); err != nil {
			var members map[string]json.RawMessage
			if json.Unmarshal(data, &members) == nil && members["totalCount"] == nil && members["confList"] == nil {
				return // it is the result of something else
			}
			t.Fatalf("%q: %v", data, err)
		}
		got := wire.Of(&list)
		for i := range got.ConfList { // another spelling of the name, which v2 does not know
			if got, want := &got.ConfList[i], want.ConfList[i]; want.Title == "" || want.Pcode2 == "" {
				got.Title, got.Pcode2 = want.Title, want.Pcode2
			}
		}
		if want.TotalCount == got.TotalCount && len(want.ConfList) == 0 && len(got.ConfList) == 0 || reflect.DeepEqual(&want, got) {
			return
		}
		t.Errorf("%q (-v2 +SDK)\n%s", data, cmp.Diff(&want, got, cmpopts.EquateEmpty()))
	})
}
