package scan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// maxErrorLine bounds what an error may add to a log: a path of 256 bytes, an ellipsis, a reason and an offset.
const maxErrorLine = 400

// mustFail checks what holds for every error, and returns it.
func mustFail(t *testing.T, err error, size int) *scan.Error {
	t.Helper()
	at, ok := errors.AsType[*scan.Error](err)
	if !ok {
		t.Fatalf("error is %T (%v), want a *scan.Error", err, err)
	}
	if at.Offset < 0 || at.Offset > int64(size) {
		t.Errorf("offset %d is outside of a text of %d bytes", at.Offset, size)
	}
	for _, line := range []string{at.Error(), at.Path} {
		if len(line) > maxErrorLine || !utf8.ValidString(line) || strings.ContainsFunc(line, unprintable) {
			t.Errorf("%q is not one printable line of at most %d bytes", line, maxErrorLine)
		}
	}
	return at
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func TestEndMalformed(t *testing.T) {
	t.Parallel()
	for _, tt := range malformed {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if json.Valid([]byte(tt.text)) {
				t.Fatal("encoding/json accepts it")
			}
			at := mustFail(t, skipAll(tt.text), len(tt.text))
			if at.Path != tt.path || at.Offset != tt.offset || errors.Is(at, io.ErrUnexpectedEOF) != tt.cut {
				t.Errorf("path %q, offset %d, cut %v (%v); want %q, %d, %v",
					at.Path, at.Offset, errors.Is(at, io.ErrUnexpectedEOF), at, tt.path, tt.offset, tt.cut)
			}
		})
	}
}

func TestEndNotJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\xEF\xBB\xBF{}": "byte order mark", "<html>": "HTML", `{"a":<b>}`: "HTML", `{} {}`: "more data", "": "end of JSON",
		strings.Repeat("[", scan.MaxDepth+1): "nested", `"a"`: "a string where an object belongs",
	} {
		s := scan.New([]byte(text))
		if text == `"a"` {
			s.Object()
		} else {
			s.Skip()
		}
		if at := mustFail(t, s.End(), len(text)); !strings.Contains(at.Error(), want) {
			t.Errorf("%.20q: got %q, want it to contain %q", text, at, want)
		}
	}
}

func TestFirstErrorSticks(t *testing.T) {
	t.Parallel()
	s := scan.New([]byte(`{"a":[1,"x",true,null,{}],"b":2}`))
	s.Object()
	s.Array()
	s.Text()
	s.NextElement()
	s.Int64()
	first := s.Err()
	if at := mustFail(t, first, 33); at.Path != "/a/1" || at.Offset != 8 {
		t.Fatalf("path %q, offset %d; want /a/1, 8", at.Path, at.Offset)
	}
	value, known := s.Bool()
	if s.NextElement() || s.Array() || s.Object() || s.NextField() || s.Null() || value || known ||
		s.Int64() != 0 || s.Text() != "" || s.Raw() != nil || s.Kind() != scan.Invalid {
		t.Error("a failed scanner still returns values")
	}
	s.Skip()
	s.Fail(0, "another")
	if s.Err() != first || s.End() != first {
		t.Errorf("got %v, want the first error, %v", s.End(), first)
	}
}

func TestErrorPath(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 1<<20)
	for _, tt := range []struct{ name, before, path string }{
		{"the whole text", ``, ""},
		{"field", `{"a":1,"b":`, "/b"},
		{"empty name", `{"":`, "/…"},
		{"element", `[[],{},"]",`, "/3"},
		{"escaped word", `{"\u0061_B9":`, "/a_B9"},
		{"address", `{"zhangsan@example.com":`, "/…"},
		{"number", `{"13800000000":`, "/…"},
		{"nested", `{"result":{"totalCount":2,"confList":[{"eventId":1},{"a":{"b":[0]},"eventId":`, "/result/confList/1/eventId"},
		{"after a sibling object", `{"a":{"b":1},"c":`, "/c"},
		{"brackets and quotes in strings", `{"a":"}]\"{[,:","b":[",",`, "/b/1"},
		{"value like a name", `["a","b",`, "/2"},
		{"tilde and slash", `{"a/b~c":[`, "/…/0"},
		{"tilde and slash, escaped", `{"a\/b\u007ec":`, "/…"},
		{"quote and backslash", `{"a\"b\\c":`, "/…"},
		{"line breaks", `{"a\r\nb\u0000\u001b[31m":`, "/…"},
		{"not ascii", `{"会议\u2028🎥é":`, "/…"},
		{"invalid utf-8", "{\"a\xff\":", "/…"},
		{"long name", `{"` + long + `":{"b":`, "/…/b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := tt.before + `"x"`
			s := scan.New([]byte(text))
			walkTo(s, len(tt.before))
			s.Int64()
			at := mustFail(t, s.Err(), len(text))
			if at.Path != tt.path || at.Offset != int64(len(tt.before)) {
				t.Errorf("path %q, offset %d; want %q, %d", at.Path, at.Offset, tt.path, len(tt.before))
			}
		})
	}
}

// walkTo enters objects and arrays until the value at pos comes next. It reports whether it does.
func walkTo(s *scan.Scanner, pos int) bool {
	if s.Pos() == pos {
		return true
	}
	switch s.Kind() {
	case scan.Object:
		for more := s.Object(); more; more = s.NextField() {
			if walkTo(s, pos) {
				return true
			}
		}
	case scan.Array:
		for more := s.Array(); more; more = s.NextElement() {
			if walkTo(s, pos) {
				return true
			}
		}
	default:
		s.Skip()
	}
	return false
}

func TestErrorPathOfHostileNames(t *testing.T) {
	t.Parallel()
	for depth := range 150 {
		for _, shift := range []string{``, `{"":`} { // a path of any length, even or odd, before names that are cut short
			for _, name := range []string{"k", "~", "/", "会", "\xff", `\n`, `\u2028`} {
				text := strings.Repeat("[", depth) + shift + strings.Repeat(`{"`+strings.Repeat(name, 80)+`":`, 3) + "x"
				if at := mustFail(t, skipAll(text), len(text)); len(at.Path) > 300 {
					t.Fatalf("a path of %d bytes", len(at.Path))
				}
				if t.Failed() {
					t.Fatalf("%d arrays, then %s names of many %s", depth, shift, name)
				}
			}
		}
	}
}

func TestFailKeepsReason(t *testing.T) {
	t.Parallel()
	s := scan.New([]byte(`{"a":[ 1.0 ]}`))
	s.Object()
	s.Array()
	pos := s.Pos()
	s.Int64()
	s.Fail(pos, "not allowed here")
	want := &scan.Error{Path: "/a/0", Offset: 7, Reason: "not allowed here"}
	at := mustFail(t, s.End(), 13)
	if at.Path != want.Path || at.Offset != want.Offset || at.Reason != want.Reason || !strings.Contains(at.Error(), want.Reason) {
		t.Errorf("%#v, want %#v", at, want)
	}
}

// A text that is cut anywhere fails as cut, unless what is left is complete: a number (12 of 123), or all but white space.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile(filepath.FromSlash(documentedExample))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		string(bytes.TrimSpace(example)),
		`[ 0 , -0.5e+10 , true , false , null , "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00周` + "\xff" + `" , {} , [ ] , {"k\u0041":{"":[]}} ]`,
		`"\ud83d\ude00"`, `true`, `null`,
	} {
		if err := skipAll(text); err != nil {
			t.Fatalf("the whole text: %v", err)
		}
		for n := range len(text) {
			at := mustFail(t, skipAll(text[:n]), n)
			if !errors.Is(at, io.ErrUnexpectedEOF) || at.Offset != int64(n) {
				t.Fatalf("cut at %d of %.40q: %v", n, text, at)
			}
		}
	}
	for _, text := range []string{`12`, `12.5`, `0`, "{} \n", "[1] "} {
		if err := skipAll(text); err != nil {
			t.Errorf("%q: got %v, want no error", text, err)
		}
	}
}

func TestTypedReadsCut(t *testing.T) {
	t.Parallel()
	const text = `{"n":"15e2","m":null,"f":false,"g":null,"t":"\u0041b","u":true,"v":null,"l":[null,-1.0,2]}`
	for n := range len(text) {
		s := scan.New([]byte(text[:n]))
		for more := s.Object(); more; more = s.NextField() {
			switch string(s.Key()) {
			case "n", "m":
				s.Int64()
			case "f", "g":
				s.Bool()
			case "l":
				for more := s.Array(); more; more = s.NextElement() {
					if !s.Null() {
						s.Int64()
					}
				}
			default:
				s.Text()
			}
		}
		if err := s.End(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d (%s): %v", n, text[:n], err)
		}
	}
}
