package scan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

const documentedExample = "../../testdata/listbystatus/doc_example.json"

func skipAll(text string) error {
	s := scan.New([]byte(text))
	s.Skip()
	return s.End()
}

func Example() {
	s := scan.New([]byte(`{"status": 7, "msg": "busy", "result": {}}`))
	var status int64
	for more := s.Object(); more; more = s.NextField() {
		switch string(s.Key()) {
		case "status":
			status = s.Int64()
		default:
			s.Skip()
		}
	}
	fmt.Println(status, s.End())
	// Output: 7 <nil>
}

func TestScannerWalk(t *testing.T) {
	t.Parallel()
	s := scan.New([]byte(" { \"n\" : 7 ,\t\"list\":[ \"a\" , \"b\" ],\r\n\"empty\":{},\"none\":[ ],\"flag\":true,\"rest\":{\"x\":[1,{}]} } \n"))
	var got []string
	for more := s.Object(); more; more = s.NextField() {
		key := string(s.Key())
		switch key {
		case "n":
			got = append(got, fmt.Sprint(key, " ", s.Int64()))
		case "list":
			for more := s.Array(); more; more = s.NextElement() {
				got = append(got, key+" "+s.Text())
			}
		case "empty":
			got = append(got, fmt.Sprint(key, " ", s.Object()))
		case "none":
			got = append(got, fmt.Sprint(key, " ", s.Array()))
		case "flag":
			value, known := s.Bool()
			got = append(got, fmt.Sprint(key, " ", value, " ", known))
		default:
			got = append(got, key+" "+string(s.Raw()))
		}
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	want := []string{"n 7", "list a", "list b", "empty false", "none false", "flag true true", `rest {"x":[1,{}]}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestKindConsumesNothing(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]scan.Kind{
		" {}": scan.Object, "\n[]": scan.Array, `""`: scan.String, "-1": scan.Number, "0": scan.Number, "9": scan.Number,
		"true": scan.Bool, "false": scan.Bool, "null": scan.Null,
		"": scan.Invalid, "  ": scan.Invalid, "}": scan.Invalid, "+1": scan.Invalid, ".5": scan.Invalid, "\x00": scan.Invalid,
	} {
		s := scan.New([]byte(text))
		if first, again := s.Kind(), s.Kind(); first != want || again != want {
			t.Errorf("%q is %v, then %v; want %v", text, first, again, want)
		}
		if err := s.Err(); err != nil {
			t.Errorf("%q: Kind failed: %v", text, err)
		}
	}
}

func TestTextAndKeyAgreeWithEncodingJSON(t *testing.T) {
	t.Parallel()
	for name, body := range stringTexts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want string
			if err := json.Unmarshal([]byte(`"`+body+`"`), &want); err != nil {
				t.Fatal(err)
			}
			s := scan.New([]byte(`"` + body + `"`))
			if got := s.Text(); got != want || s.End() != nil {
				t.Errorf("Text is %q (%v), want %q", got, s.End(), want)
			}
			s = scan.New([]byte(`{"` + body + `" : 1}`))
			if !s.Object() || string(s.Key()) != want {
				t.Errorf("Key is %q (%v), want %q", s.Key(), s.Err(), want)
			}
			if got := s.Int64(); got != 1 || s.NextField() || s.End() != nil {
				t.Errorf("after the key: %d, %v", got, s.End())
			}
			if err := skipAll(`["` + body + `"]`); err != nil {
				t.Errorf("Skip: %v", err)
			}
		})
	}
}

func TestInt64Forms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "-0.0": 0, "0e999999999": 0, "0E-999999999": 0, "0.000e5": 0,
		"7": 7, "-7": -7, "1.0": 1, "1.000": 1, "15e2": 1500, "1.50e1": 15, "1.5E+1": 15, "1500e-2": 15, "0.00015e5": 15,
		"1e18": 1e18, "1e0": 1, "1e00000000000000000000001": 10, "1e-0": 1,
		"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
		"9223372036854775807.000": math.MaxInt64, "-9223372036854775808.0": math.MinInt64,
		"9.223372036854775807e18": math.MaxInt64, "-922337203685477580.8e1": math.MinInt64,
		"92233720368547758070e-1": math.MaxInt64, "9007199254740993": 1<<53 + 1,
		"922337203685477580700e-2": math.MaxInt64, "-0.9223372036854775808E+0000000019": math.MinInt64,
		"12." + strings.Repeat("0", 100_000):            12,
		"0e" + strings.Repeat("9", 100_000):             0,
		"1" + strings.Repeat("0", 5000) + "e-5000":      1,
		"0." + strings.Repeat("0", 5000) + "1e5001":     1,
		"-0." + strings.Repeat("0", 40) + "25e42":       -25,
		"1e" + strings.Repeat("0", 100_000) + "3":       1000,
		"-1" + strings.Repeat("0", 100_000) + "E-99999": -10,
	} {
		for _, text := range []string{text, `"` + text + `"`} {
			s := scan.New([]byte(text))
			if got := s.Int64(); got != want || s.End() != nil {
				t.Errorf("%.60s is %d (%v), want %d", text, got, s.End(), want)
			}
		}
	}
	s := scan.New([]byte(`[null, "\u0031\u0032"]`))
	s.Array()
	if got := s.Int64(); got != 0 || s.Err() != nil {
		t.Errorf("null is %d (%v), want 0", got, s.Err())
	}
	if s.NextElement(); s.Int64() != 12 || s.NextElement() || s.End() != nil {
		t.Errorf("an escaped digit is not read as a digit: %v", s.End())
	}
}

func TestInt64Invalid(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"9223372036854775808", "-9223372036854775809", "9223372036854775808.0", "9.223372036854775808e18",
		"-9.223372036854775809e18", "18446744073709551616", "18446744073709551617", "1e19", "-1e19", "1e20", "10e18",
		"1e999999999", "1e99999999999999999999999999", "1e18446744073709551616", "1e-18446744073709551616", "5e4294967296", "36893488147419103233", "9999999999999999999", "1" + strings.Repeat("0", 5000),
		"0.5", "1.5", "-1.5", "1.50", "15e-1", "1e-1", "1e-999999999", "1e-99999999999999999999999999",
		"9223372036854775807.1", "0." + strings.Repeat("0", 5000) + "1",
	} {
		for _, text := range []string{text, `"` + text + `"`} {
			s := scan.New([]byte("  " + text))
			if got := s.Int64(); got != 0 {
				t.Errorf("%.60s is %d, want 0", text, got)
			}
			if at := mustFail(t, s.End(), len(text)+2); at.Offset != 2 {
				t.Errorf("%.60s: offset %d, want that of the value, 2", text, at.Offset)
			}
		}
	}
	for _, text := range []string{
		`""`, `" 1"`, `"1 "`, `"+1"`, `"01"`, `"1."`, `".5"`, `"0x10"`, `"1_000"`, `"Inf"`, `"NaN"`, `"1e"`, `"1,5"`,
		`"-"`, `"true"`, `"null"`, `"1\u0000"`, "\"1\xff\"", `"١"`, `"1/1"`, `true`, `false`, `{}`, `[]`, `[1]`,
	} {
		s := scan.New([]byte(text))
		if got := s.Int64(); got != 0 {
			t.Errorf("%s is %d, want 0", text, got)
		}
		mustFail(t, s.End(), len(text))
	}
}

func TestBoolThreeStates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{"true": {true, true}, " false ": {false, true}, "null": {false, false}} {
		s := scan.New([]byte(text))
		if value, known := s.Bool(); [2]bool{value, known} != want || s.End() != nil {
			t.Errorf("%s is %v, %v (%v), want %v", text, value, known, s.End(), want)
		}
	}
	for _, text := range []string{`"true"`, `1`, `0`, `""`, `{}`, `[]`, `tru`, `trueish`, `True`, `nul`, `nil`, ``} {
		s := scan.New([]byte(text))
		if _, known := s.Bool(); known && s.End() == nil {
			t.Errorf("%q is a boolean", text)
		}
		mustFail(t, s.End(), len(text))
	}
}

func TestTextOfScalars(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"13800000000": "13800000000", "-0.0": "-0.0", "1.50E+02": "1.50E+02", "123456789012345678901234567890": "123456789012345678901234567890",
		"true": "true", "false": "false", "null": "", `"null"`: "null", ` "a b" `: "a b",
	} {
		s := scan.New([]byte(text))
		if got := s.Text(); got != want || s.End() != nil {
			t.Errorf("%s is %q (%v), want %q", text, got, s.End(), want)
		}
	}
	for _, text := range []string{`{}`, `[]`, `["a"]`, `01`, `1.`, `-`, `trve`, "'a'", ``} {
		s := scan.New([]byte(text))
		s.Text()
		mustFail(t, s.End(), len(text))
	}
}

func TestNullConsumesNullOnly(t *testing.T) {
	t.Parallel()
	s := scan.New([]byte(`[ null , 0, "null", nulL]`))
	s.Array()
	if !s.Null() || !s.NextElement() || s.Null() || s.Int64() != 0 || !s.NextElement() || s.Null() || s.Text() != "null" {
		t.Fatalf("Null confuses null with 0 or \"null\" (%v)", s.Err())
	}
	if !s.NextElement() || s.Null() {
		t.Error("nulL is taken for null")
	}
	mustFail(t, s.End(), 25)
}

func TestRawIsVerbatim(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`{ "b" : [ 1 , 2.50e+1 ] ,"a":"\u0041" }`, `[]`, `"a\/b"`, "\"\xff\"", `-0.0`, `true`, `null`,
	} {
		s := scan.New([]byte(" [\t" + value + " ]"))
		s.Array()
		if got := string(s.Raw()); got != value || s.NextElement() || s.End() != nil {
			t.Errorf("got %s (%v), want %s", got, s.End(), value)
		}
		s = scan.New([]byte("{\"a\" :\r\n " + value + "\t}"))
		s.Object()
		if got := string(s.Raw()); got != value || s.NextField() || s.End() != nil {
			t.Errorf("in an object: got %s (%v), want %s", got, s.End(), value)
		}
	}
	for _, text := range []string{``, `[1,]`, `{"a":tru}`, `"`, `]`} {
		s := scan.New([]byte(text))
		if raw := s.Raw(); raw != nil {
			t.Errorf("%q: got %q, want nil", text, raw)
		}
		mustFail(t, s.End(), len(text))
	}
}

func TestTextIsCopiedRawIsNot(t *testing.T) {
	t.Parallel()
	data := []byte(`{"name":"周例会","raw":[1],"number":13800000000}`)
	s := scan.New(data)
	s.Object()
	name := s.Text()
	s.NextField()
	raw := s.Raw()
	s.NextField()
	number := s.Text()
	if s.NextField() || s.End() != nil {
		t.Fatal(s.End())
	}
	for i := range data {
		data[i] = 'x'
	}
	if name != "周例会" || number != "13800000000" {
		t.Errorf("Text changed with the data: %q, %q", name, number)
	}
	if string(raw) != "xxx" {
		t.Errorf("Raw is %q, want a part of the data, xxx", raw)
	}
}

func TestSeek(t *testing.T) {
	t.Parallel()
	s := scan.New([]byte(`{"result": {"n":[1,2]}, "status":"3"}`))
	s.Object()
	result := s.Pos()
	s.Skip()
	s.NextField()
	if status := s.Int64(); status != 3 || s.NextField() || s.End() != nil {
		t.Fatalf("status %d (%v)", status, s.End())
	}
	s.Seek(result)
	s.Object()
	s.Array()
	if first := s.Int64(); first != 1 || s.Err() != nil {
		t.Errorf("the first element is %d (%v), want 1", first, s.Err())
	}
	s.NextElement()
	if got := s.Pos(); got != 19 {
		t.Errorf("the second element is at %d, want 19", got)
	}
	s.Fail(s.Pos(), "wrong")
	s.Seek(result)
	if at := mustFail(t, s.Err(), 38); at.Path != "/result/n/1" || s.Object() {
		t.Errorf("Seek cleared the failure; path %q", at.Path)
	}
}

func TestNestingIsLimited(t *testing.T) {
	t.Parallel()
	nested := func(open, inner, shut string, depth int) string {
		return strings.Repeat(open, depth) + inner + strings.Repeat(shut, depth)
	}
	descend := func(text string) error {
		s := scan.New([]byte(text))
		depth := 0
		for s.Kind() == scan.Array && s.Array() {
			depth++
		}
		for range depth {
			s.Skip()
			s.NextElement()
		}
		return s.Err()
	}
	for name, err := range map[string]error{
		"arrays, skipped":      skipAll(nested("[", "1", "]", scan.MaxDepth)),
		"objects, skipped":     skipAll(nested(`{"a":`, "1", "}", scan.MaxDepth)),
		"many beside another":  skipAll("[" + strings.Repeat("[{}],", 1000) + "[]]"),
		"empty ones, skipped":  skipAll(nested("[", "", "]", scan.MaxDepth)),
		"brackets in a string": skipAll(`"` + strings.Repeat("[", 1000) + `"`),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"arrays, skipped":      skipAll(nested("[", "1", "]", scan.MaxDepth+1)),
		"objects, skipped":     skipAll(nested(`{"a":`, "1", "}", scan.MaxDepth+1)),
		"arrays, entered":      descend(nested("[", "1", "]", scan.MaxDepth+1)),
		"a million":            skipAll(strings.Repeat("[", 1_000_000)),
		"an object at the end": skipAll(nested("[", "{}", "]", scan.MaxDepth)),
	} {
		if at := mustFail(t, err, 1_000_000); errors.Is(at, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %v, want an error about the depth", name, at)
		}
	}
}
