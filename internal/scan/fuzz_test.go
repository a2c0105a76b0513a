package scan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// seedTexts adds the bodies in testdata and the difficult texts of these tests.
func seedTexts(f *testing.F) {
	f.Helper()
	testdata := os.DirFS("../../testdata")
	bodies := 0
	err := fs.WalkDir(testdata, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".json") {
			return err
		}
		body, err := fs.ReadFile(testdata, name)
		f.Add(body)
		bodies++
		return err
	})
	if err != nil || bodies == 0 {
		f.Fatalf("%d seeds in testdata/**/*.json (%v)", bodies, err)
	}
	for _, tt := range malformed {
		f.Add([]byte(tt.text))
	}
	for _, body := range stringTexts {
		f.Add([]byte(`{"` + body + `":"` + body + `"}`))
	}
	for _, text := range []string{
		`{"a":1,"a":[2],"\u0061":{"b":null}}`, `[0,-0,0.0,1e5,1E+5,-1.5e-10,123456789012345678901234567890]`,
		`[true,false,null,"",{},[]]`, "\t[\r\n] ", `{"":{"":""}}`, "{\"a\xff\":1,\"a\xfe\":2}",
		strings.Repeat("[", scan.MaxDepth) + strings.Repeat("]", scan.MaxDepth),
		strings.Repeat("[", scan.MaxDepth+1) + strings.Repeat("]", scan.MaxDepth+1),
		strings.Repeat(`{"a":`, scan.MaxDepth+1) + "0" + strings.Repeat("}", scan.MaxDepth+1),
	} {
		f.Add([]byte(text))
	}
}

// stringTexts are bodies of valid JSON strings; encoding/json decodes them for comparison.
var stringTexts = map[string]string{
	"plain":                            `conference 42`,
	"empty":                            ``,
	"chinese":                          `周例会`,
	"beyond the basic plane":           `🎥𠮷`,
	"every escape":                     `\"\\\/\b\f\n\r\t\u0041`,
	"escape first, middle, last":       `\nab\tcd\r`,
	"hex of both cases":                `\u00e9\u00E9\uABcd`,
	"escaped zero":                     `a\u0000b`,
	"delete and c1 controls":           "\x7f\u0085",
	"surrogate pair":                   `\ud83d\ude00!`,
	"surrogate pair, upper case":       `\uD83D\uDE00`,
	"last code point":                  `\udbff\udfff`,
	"lone high surrogate":              `a\ud83db`,
	"lone high surrogate at the end":   `a\ud83d`,
	"lone low surrogate":               `a\ude00b`,
	"swapped surrogates":               `\ude00\ud83d`,
	"high, then a pair":                `\ud83d\ud83d\ude00`,
	"high, then another escape":        `\ud83d\n`,
	"high, then an escaped letter":     `\ud83d\u0041`,
	"high, then an escaped backslash":  `\ud83d\\ude00`,
	"high, then what looks like a low": `\ud83dxxde00\ud83d\tde00`,
	"escaped noncharacter":             `\ufffe\uffff\ufffd`,
	"invalid byte":                     "a\xffb",
	"each invalid byte is one":         "\xff\xfe\xfd",
	"continuation byte alone":          "\x80",
	"cut rune":                         "\xe5\x91",
	"cut rune, then ascii":             "\xe5\x91x",
	"overlong slash":                   "\xc0\xaf",
	"utf-8 of a surrogate":             "\xed\xa0\xbd\xed\xb8\x80",
	"beyond the last code point":       "\xf4\x90\x80\x80",
	"invalid byte beside an escape":    "\xff\\n\xff",
	"replacement character as written": "\ufffd",
	"script separators":                "\u2028\u2029",
}

// malformed texts are no JSON; offset is that of the first wrong byte.
var malformed = []struct {
	name, text string
	path       string
	offset     int64
	cut        bool
}{
	{"empty", "", "", 0, true},
	{"white space", " \r\n\t", "", 4, true},
	{"zero byte", "\x00", "", 0, false},
	{"zero byte after the value", "{}\x00", "", 2, false},
	{"zero byte between", "{\"a\":\x001}", "/a", 5, false},
	{"byte order mark", "\xEF\xBB\xBF{}", "", 0, false},
	{"html", "<!DOCTYPE html>", "", 0, false},
	{"html after white space", "\r\n<html>", "", 2, false},
	{"plain words", "Bad Gateway", "", 0, false},
	{"form feed is no white space", "\f{}", "", 0, false},
	{"no-break space is no white space", "\u00a0{}", "", 0, false},
	{"trailing data", `{} x`, "", 3, false},
	{"second value", "{}\n{}", "", 3, false},
	{"trailing comma", `{"a":[1,2],}`, "", 11, false},
	{"trailing comma in an array", `{"a":[1,2,]}`, "/a/2", 10, false},
	{"lone comma", `[,]`, "/0", 1, false},
	{"missing comma", `{"a":1 "b":2}`, "/a", 7, false},
	{"missing comma in an array", `[1 2]`, "/0", 3, false},
	{"missing colon", `{"a" 1}`, "/a", 5, false},
	{"equals", `{"a"=1}`, "/a", 4, false},
	{"missing value", `{"a":}`, "/a", 5, false},
	{"missing name", `{:1}`, "", 1, false},
	{"unquoted name", `{a:1}`, "", 1, false},
	{"number as a name", `{1:1}`, "", 1, false},
	{"single quotes", `{'a':1}`, "", 1, false},
	{"wrong bracket", `{"a":[1}`, "/a/0", 7, false},
	{"wrong brace", `[{"a":1]`, "/0/a", 7, false},
	{"closing only", `]`, "", 0, false},
	{"comment", `[1/*one*/]`, "/0", 2, false},
	{"leading zero", `{"a":01}`, "/a", 6, false},
	{"plus sign", `{"a":+1}`, "/a", 5, false},
	{"bare point", `{"a":.5}`, "/a", 5, false},
	{"point without digits", `{"a":1.}`, "/a", 7, false},
	{"point, then exponent", `{"a":1.e1}`, "/a", 7, false},
	{"exponent without digits", `{"a":1e}`, "/a", 7, false},
	{"signed exponent without digits", `{"a":1e+}`, "/a", 8, false},
	{"minus alone", `{"a":-}`, "/a", 6, false},
	{"infinity", `[-Infinity]`, "/0", 2, false},
	{"not a number", `[NaN]`, "/0", 1, false},
	{"literal too long", `[trues]`, "/0", 5, false},
	{"literal in capitals", `[1,TRUE]`, "/1", 3, false},
	{"literal misspelt", `[nill]`, "/0", 1, false},
	{"newline in a string", "[\"a\nb\"]", "/0", 3, false},
	{"control character in a string", "[\"a\x1fb\"]", "/0", 3, false},
	{"unknown escape", `["a\x41"]`, "/0", 3, false},
	{"escape with few digits", `["\u12"]`, "/0", 2, false},
	{"escape with bad digits", `["\u12g4"]`, "/0", 2, false},
	{"escape in capitals", `["\U0041"]`, "/0", 2, false},
	{"bad escape in a name", `{"a\q":1}`, "", 3, false},
	{"cut in a string", `{"a":["b`, "/a/0", 8, true},
	{"cut in an escape", `{"a":["\u12`, "/a/0", 11, true},
	{"cut between surrogates", `{"a":["\ud83d`, "/a/0", 13, true},
	{"cut after a backslash", `{"a":["\`, "/a/0", 8, true},
	{"cut in a name", `{"a":{"b`, "/a", 8, true},
	{"cut after a name", `{"a":{"b"`, "/a/b", 9, true},
	{"cut in a literal", `{"a":fals`, "/a", 9, true},
	{"cut in a number", `[1,-`, "/1", 4, true},
	{"cut after a point", `[1.`, "/0", 3, true},
	{"cut in an exponent", `[1e-`, "/0", 4, true},
}

// nesting is how deep a valid JSON text nests.
func nesting(t *testing.T, data []byte) (deepest int) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	depth := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return deepest
		}
		if err != nil {
			t.Fatalf("json.Valid accepts what its decoder does not: %v", err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

// readable reports whether the scanner must accept a text: encoding/json does, and it is not nested too deeply.
func readable(t *testing.T, data []byte) bool {
	t.Helper()
	return json.Valid(data) && nesting(t, data) <= scan.MaxDepth
}

func FuzzSyntax(f *testing.F) {
	seedTexts(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		original := bytes.Clone(data)
		s := scan.New(data)
		s.Skip()
		err := s.End()
		if want := readable(t, data); (err == nil) != want {
			t.Errorf("encoding/json accepts: %v; %q: the scanner returns %v", want, data, err)
		}
		if err != nil {
			mustFail(t, err, len(data))
		}
		if !bytes.Equal(data, original) {
			t.Error("the scanner writes to its text")
		}
	})
}

// decodeAny decodes as encoding/json does into an any.
func decodeAny(s *scan.Scanner) any {
	switch s.Kind() {
	case scan.Object:
		object := map[string]any{}
		for more := s.Object(); more; more = s.NextField() {
			key := string(s.Key())
			object[key] = decodeAny(s)
		}
		return object
	case scan.Array:
		array := []any{}
		for more := s.Array(); more; more = s.NextElement() {
			array = append(array, decodeAny(s))
		}
		return array
	case scan.String:
		return s.Text()
	case scan.Number:
		return json.Number(s.Text())
	case scan.Bool:
		value, _ := s.Bool()
		return value
	case scan.Null:
		s.Null()
	case scan.Invalid:
		s.Skip()
	}
	return nil
}

func FuzzValues(f *testing.F) {
	seedTexts(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s := scan.New(data)
		got := decodeAny(s)
		err := s.End()
		if want := readable(t, data); (err == nil) != want {
			t.Fatalf("encoding/json accepts: %v; %q: the scanner returns %v", want, data, err)
		}
		if err != nil {
			mustFail(t, err, len(data))
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) { // go-cmp takes a time that is exponential in the nesting
			t.Errorf("%q: the scanner reads %#v, encoding/json %#v", data, got, want)
		}
	})
}

var numberForm = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$`)

// exactInt64 is the value of a JSON number if that is an integer of 64 bits, by exact arithmetic.
func exactInt64(number string) (value int64, ok bool) {
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(number), "e")
	if strings.Trim(mantissa, "-0.") == "" {
		return 0, true
	}
	exponent, err := strconv.Atoi(exponentText)
	if exponentText != "" && (err != nil || max(exponent, -exponent) > len(number)+20) {
		return 0, false // the mantissa's digits cannot make up for it: beyond 64 bits, or a fraction
	}
	exact, ok := new(big.Rat).SetString(number)
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, false
	}
	return exact.Num().Int64(), true
}

func FuzzInt64(f *testing.F) {
	for _, seed := range []string{
		"0", "-0", "-0.0", "0e999999999", "1.0", "15e2", "1.50e1", "1e18", "1e19", "0.5", "1e-1", "10e-1", "100e-2", "1e999999999",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
		"9.223372036854775807e18", "9.223372036854775808e18", "-9.223372036854775808e18", "922337203685477580.7e1",
		"18446744073709551615", "18446744073709551616", "36893488147419103232", "9007199254740993", "1" + strings.Repeat("0", 30) + "e-30",
		"01", "+1", "1.", ".5", "1e", "--1", "1e+-1", "", " 1", "0x1", "1_0", "1/2", "Inf", "-", "1e99999999999999999999", "1e18446744073709551616", "\u0031", "\\u0031",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, number string) {
		want, ok := int64(0), false
		if numberForm.MatchString(number) {
			want, ok = exactInt64(number)
		}
		if !ok {
			want = 0
		}
		plain, quoted := []byte(number), scan.AppendString(nil, number)
		forms := [][]byte{quoted}
		if json.Valid(plain) && numberForm.MatchString(number) || !json.Valid(plain) {
			forms = append(forms, plain) // other JSON is for the other targets
		}
		for _, form := range forms {
			original := bytes.Clone(form)
			s := scan.New(form)
			got := s.Int64()
			err := s.End()
			if (err == nil) != ok || err == nil && got != want {
				t.Errorf("%.100q is %d (%v), want %d (%v)", form, got, err, want, ok)
			}
			if err != nil {
				mustFail(t, err, len(form))
			}
			if !bytes.Equal(form, original) {
				t.Errorf("the scanner writes %q over %q", form, original)
			}
		}
	})
}

func FuzzAppendString(f *testing.F) {
	for name, body := range stringTexts {
		f.Add(name)
		f.Add(body)
	}
	f.Add("<a href='x'>&amp;</a>\u2028\u2029")
	f.Add("\x00\x1f\x7f\b\f\n\r\t\\\"/")
	f.Fuzz(func(t *testing.T, text string) { checkAppendString(t, text) })
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	texts := []string{`<a href="x">&amp;</a>`, "a\u2028b\u2029c", "\x00\x01\x1f\x7f", "\xff", "\xe5\x91", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xc3", "\ufffd"}
	for _, body := range stringTexts {
		texts = append(texts, body)
	}
	for c := range rune(0x300) {
		texts = append(texts, string(c), "周"+string(c)+"会")
	}
	for length := range 26 { // one character at each place of a word, and of the rest
		for i := range length {
			for _, c := range []string{"\"", "\\", "\x1f", "\x7f", "\x80", "é", "周", "\u2028", "\u2030", "🎥"} {
				texts = append(texts, strings.Repeat("a", i)+c+strings.Repeat("b", length-i-1))
			}
		}
	}
	for _, text := range texts {
		checkAppendString(t, text)
	}
	if got := string(scan.AppendString([]byte("x"), "<\u2028>")); got != `x"<\u2028>"` {
		t.Errorf("got %s, want x\"<\\u2028>\"", got)
	}
}

func checkAppendString(t *testing.T, text string) {
	t.Helper()
	out := scan.AppendString(nil, text)
	if !json.Valid(out) || !utf8.Valid(out) {
		t.Fatalf("%q becomes %q, which is not JSON in UTF-8", text, out)
	}
	var reference bytes.Buffer
	encoder := json.NewEncoder(&reference)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		t.Fatal(err)
	}
	var want, got string
	if err := errors.Join(json.Unmarshal(reference.Bytes(), &want), json.Unmarshal(out, &got)); err != nil {
		t.Fatal(err)
	}
	s := scan.New(out)
	if back := s.Text(); got != want || back != want || s.End() != nil {
		t.Errorf("%q: encoding/json reads %q, the scanner %q (%v), want %q", text, got, back, s.End(), want)
	}
}
