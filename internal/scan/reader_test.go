package scan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// thing has a field of every kind that a Reader reads.
type thing struct {
	ID, Count  int64
	Text, Kind string
	Box        string
	Flag       string // true, false or null
	Long       int64
	Others     map[string]string
}

var thingNames = scan.NewNames("id", "count", "text", "kind", "box", "flag", "aNameThatIsLongerThanAnyOfTheVendors")

// readThing reads a thing with a Reader.
func readThing(r *scan.Reader) thing {
	t := thing{Flag: "null"}
	name, pos := r.First(`{"id":`)
	for name != scan.Done {
		switch name {
		case 0:
			t.ID, pos = r.Int64At(pos)
		case 1:
			t.Count, pos = r.Int64At(pos)
		case 2:
			t.Text, pos = r.TextAt(pos)
		case 3:
			t.Kind, pos = r.RepeatedAt(pos)
		case 4:
			var box *string
			t.Box = ""
			if box, pos = r.BoxedAt(pos); box != nil {
				t.Box = *box
			}
		case 5:
			var flag *bool
			t.Flag = "null"
			if flag, pos = r.FlagAt(pos); flag != nil {
				t.Flag = fmt.Sprint(*flag)
			}
		case 6:
			t.Long, pos = r.Int64At(pos)
		default:
			t.other(string(r.Key()), r.Raw())
			pos = r.Pos()
		}
		name, pos = r.Next(name, pos)
	}
	return t
}

// walkThing reads a thing with the Scanner alone.
func walkThing(s *scan.Scanner) thing {
	t := thing{Flag: "null"}
	if s.Null() {
		return t
	}
	for more := s.Object(); more; more = s.NextField() {
		switch string(s.Key()) {
		case "id":
			t.ID = s.Int64()
		case "count":
			t.Count = s.Int64()
		case "text":
			t.Text = s.Text()
		case "kind":
			t.Kind = s.Text()
		case "box":
			t.Box = s.Text()
		case "flag":
			t.Flag = "null"
			if value, known := s.Bool(); known {
				t.Flag = fmt.Sprint(value)
			}
		case "aNameThatIsLongerThanAnyOfTheVendors":
			t.Long = s.Int64()
		default:
			key := string(s.Key())
			t.other(key, s.Raw())
		}
	}
	return t
}

func (t *thing) other(name string, raw []byte) {
	if t.Others == nil {
		t.Others = map[string]string{}
	}
	t.Others[name] = string(raw)
}

// things reads an array of things.
func things(s *scan.Scanner, read func() thing) (list []thing, err error) {
	for more := s.Array(); more; more = s.NextElement() {
		list = append(list, read())
	}
	return list, s.End()
}

// checkReader compares what Reader and Scanner read, and how they fail.
func checkReader(t *testing.T, data []byte) {
	t.Helper()
	fast, plain := scan.New(data), scan.New(data)
	r := scan.NewReader(fast, thingNames)
	got, gotErr := things(fast, func() thing { return readThing(r) })
	want, wantErr := things(plain, func() thing { return walkThing(plain) })
	var gotAt, wantAt *scan.Error
	if errors.As(gotErr, &gotAt) != errors.As(wantErr, &wantAt) {
		t.Fatalf("%q: the Reader returns %v, the Scanner %v", data, gotErr, wantErr)
	}
	if wantErr != nil {
		if gotAt.Error() != wantAt.Error() || gotAt.Offset != wantAt.Offset || errors.Unwrap(gotAt) != errors.Unwrap(wantAt) {
			t.Fatalf("%q: the Reader returns %v, the Scanner %v", data, gotErr, wantErr)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%q (-Scanner +Reader)\n%s", data, diff)
	}
}

var thingTexts = []string{
	`[]`, `[{}]`, `[null,{"id":null},null]`, `[{"id":1}]`, `[{"id":1},null ,{"id":2}]`,
	`[{"id":1,"count":20,"text":"a","kind":"部","box":"5d41c4ac","flag":true,"aNameThatIsLongerThanAnyOfTheVendors":7},` +
		`{"id":2,"count":300,"text":"周例会","kind":"部","box":"","flag":false,"aNameThatIsLongerThanAnyOfTheVendors":8}]`,
	`[{"flag":null,"id":0,"kind":""},{"flag":true,"id":10,"kind":"a text that is longer than what a Reader looks up, since it is probably unique"}]`,
	`[{"new":1,"newer":{},"id":7,"newest":[1,2],"count":8},{"new":2,"newer":3,"id":9,"newest":4,"count":5}]`,
	`[{"id":1,"id":2,"text":"a","text":"","box":"x","box":null,"flag":true,"flag":null}]`,
	`[{"id":"12","count":1.0,"text":5,"kind":true,"box":1e3,"flag":null},{"id":-3,"count":00}]`,
	`[{"id":123456789012345678,"count":1234567890123456789},{"id":9223372036854775807,"count":9223372036854775808}]`,
	`[{"id":12345678,"count":123456789},{"id":1234567,"count":01}]`, `[{"id":1 ,"count" :2, "text": "a"},{ "id":1}]`,
	`[{"text":"a\nb","kind":"\u90e8","box":"\ud83d\ude00"},{"text":"a","kind":"\ud83d"}]`, "[{\"text\":\"\xff\",\"kind\":\"\xe5\x91\"},{\"kind\":\"\xe5\x91\"}]",
	`[{"kind":"same start, a"},{"kind":"same start, b"},{"kind":"same start, a"},{"kind":"same sta"},{"kind":"same start, b","id":1},{"kind":"same start"}]`,
	`[{"kind":"a","id":1},{"kind":"a","id":2},{"kind":"a\u0022","id":3},{"kind":"a\"","id":4},{"kind":"","id":5},{"kind":"","id":6},{"kind":"a" ,"id":7}]`,
	`[{"id":1,}]`, `[{"id":1 "count":2}]`, `[{"id":tru,"flag":trues}]`, `[{"flag":falsy}]`, `[{"id":[]}]`, `[{"text":{}}]`, `[{"flag":"true"}]`, "[{\"text\":\"a\x01b\"}]",
	`[{"id":1}`, `[{"id":1`, `[{"id":`, `[{"id"`, `[{"i`, `[{"text":"a`, `[{"text":"a\`,
}

func TestReaderAgreesWithScanner(t *testing.T) {
	t.Parallel()
	for _, text := range thingTexts {
		checkReader(t, []byte(text))
		var spaced bytes.Buffer
		if json.Indent(&spaced, []byte(text), "", " ") == nil {
			checkReader(t, spaced.Bytes())
			checkReader(t, bytes.ReplaceAll(spaced.Bytes(), []byte("\n"), nil))
		}
		for i := range text { // cut, and with one byte wrong
			checkReader(t, []byte(text[:i]))
			for _, c := range `"\,:{}[]0x` + "\x01\xff" {
				checkReader(t, []byte(text[:i]+string(c)+text[i+1:]))
			}
		}
	}
}

// A name of any length is found only if every byte is equal.
func TestNamesMatchExactly(t *testing.T) {
	t.Parallel()
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	rest := `,"padding":"` + strings.Repeat("x", 40) + `"}`
	find := func(names *scan.Names, name string) int {
		r := scan.NewReader(scan.New([]byte(`{"first":0,"`+name+`":1`+rest)), names)
		_, pos := r.First(`{"first":`)
		_, pos = r.IntAt(pos)
		found, _ := r.Next(0, pos)
		return found
	}
	for length := 1; length <= 30; length++ {
		name := alphabet[:length]
		names := scan.NewNames("first", name)
		if found := find(names, name); found != 1 {
			t.Errorf("%s: got name %d, want 1", name, found)
		}
		for i := range length {
			for _, c := range []byte("aZ0_~") {
				other := []byte(name)
				if other[i] == c {
					continue
				}
				other[i] = c
				if found := find(names, string(other)); found != scan.Other {
					t.Errorf("%s is taken for %s", other, name)
				}
			}
		}
		for _, other := range []string{name + "x", name[1:] + "", "x" + name} {
			if found := find(names, other); found != scan.Other && other != "first" {
				t.Errorf("%q is taken for %s", other, name)
			}
		}
	}
}

// What a Reader returns does not change with the data, nor with other values that it returned.
func TestReaderResultsAreIndependent(t *testing.T) {
	t.Parallel()
	data := []byte(`[{"text":"one","kind":"same","box":"x","flag":true},{"text":"two","kind":"same","box":"x","flag":true}]`)
	s := scan.New(data)
	r := scan.NewReader(s, thingNames)
	var flags []*bool
	var boxes []*string
	var kept []string
	for more := s.Array(); more; more = s.NextElement() {
		name, pos := r.First(`{"id":`)
		for name != scan.Done {
			var text string
			switch name {
			case 4:
				var box *string
				box, pos = r.BoxedAt(pos)
				boxes = append(boxes, box)
			case 5:
				var flag *bool
				flag, pos = r.FlagAt(pos)
				flags = append(flags, flag)
			default:
				text, pos = r.TextAt(pos)
				kept = append(kept, text)
			}
			name, pos = r.Next(name, pos)
		}
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	clear(data)
	*flags[0] = false
	if got := strings.Join(kept, " "); got != "one same two same" || !*flags[1] || boxes[0] == boxes[1] || *boxes[1] != "x" {
		t.Errorf("got %q, %v, %q, want \"one same two same\", true, \"x\"", got, *flags[1], *boxes[1])
	}
}

func FuzzReader(f *testing.F) {
	for _, text := range thingTexts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkReader(t, data) })
}
