package confopenapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// A call ends with a page, or with a typed error of one line without the token.
func FuzzResponse(f *testing.F) {
	for _, text := range bodies(f) {
		for _, status := range []int{200, 302, 429, 503} {
			f.Add(status, text, "1", "/elsewhere")
		}
	}
	for _, text := range markedBodies() {
		f.Add(200, text, "Fri, 31 Dec 1999 23:59:59 GMT", "http://[")
	}
	f.Fuzz(func(t *testing.T, status int, text, retryAfter, location string) {
		client := overTransport(t, roundTripper(says(status, text, "Retry-After", retryAfter, "Location", location)), once, confopenapi.WithToken(markToken))
		page, err := client.ListByStatus(t.Context(), nil)
		if err == nil {
			if page == nil || status < 200 || status > 299 {
				t.Errorf("HTTP %d: got %v without an error", status, page)
			}
			return
		}
		if page != nil || !isTyped(err) {
			t.Errorf("got %v, %v, want an error of this package alone", page, err)
		}
		if line := err.Error(); strings.ContainsAny(line, "\r\n") || len(line) > 1000 || strings.Contains(line, markToken) {
			t.Errorf("got %q, want one short line without the token", line)
		}
	})
}

// A base URL makes a client whose requests go to that host, or an error.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{
		"https://conf.example.com/prefix", "http://127.0.0.1:80", "https://user:pw@h", "https://h:0", "https://[::1]:1/a%2Fb?", "//h", "https://h/../x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, base string) {
		var got *http.Request
		client, err := confopenapi.NewClient(base, once, confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(
			func(req *http.Request) (*http.Response, error) {
				got = req
				return says(200, emptyPage)(req)
			})}))
		if err != nil {
			mustBe[*confopenapi.RequestError](t, err)
			return
		}
		if err := list(t.Context(), client); err != nil {
			t.Fatalf("base URL %q: got %v, want a list", base, err)
		}
		if got.URL.User != nil || got.URL.RawQuery != "" || got.URL.Host == "" || !strings.HasPrefix(got.URL.Path, "/") ||
			!strings.HasSuffix(got.URL.Path, "/confopenapi/conference/listbystatus") {
			t.Errorf("base URL %q: got %q", base, got.URL)
		}
	})
}

// RetryAfter is the wait that the header asks for. A wait beyond the limit is not begun.
func FuzzRetryAfter(f *testing.F) {
	const now = "Tue, 14 May 2024 10:00:00 GMT"
	for _, after := range []string{
		"", "0", "7", " 7 ", "-5", "+5", "1.5", "1e3", "soon", "٧", "000000000000000000000000000001", strings.Repeat("0", 99) + "1", "9223372036", "9223372037",
		"99999999999999999999", "Tue, 14 May 2024 10:00:09 GMT", "Tuesday, 14-May-24 10:00:09 GMT", "Tue May 14 10:00:09 2024",
		"Mon, 13 May 2024 10:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT",
	} {
		f.Add(after, now)
		f.Add(after, "")
	}
	f.Add(now, "Sat, 01 Jan 0000 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, after, date string) {
		const attempts = 3
		client, transport := overMock(t, []confopenapi.Option{confopenapi.WithPacing(false), confopenapi.WithRetry(confopenapi.RetryPolicy{
			MaxAttempts: attempts, MinWait: 1, MaxWait: 1, MaxRetryAfter: 1,
		})}, says(http.StatusTooManyRequests, "", "Retry-After", after, "Date", date))
		earliest := time.Now()
		err := list(t.Context(), client)
		refused := mustBe[*confopenapi.HTTPError](t, err)
		least, most := referenceWait(after, date, time.Now()), referenceWait(after, date, earliest)
		if refused.RetryAfter < least || refused.RetryAfter > most {
			t.Errorf("Retry-After %q, Date %q: got %s, want %s to %s", after, date, refused.RetryAfter, least, most)
		}
		if refused.RetryAfter > 1 {
			wantAttempts(t, transport, 1)
		} else if least > 1 || most <= 1 {
			wantAttempts(t, transport, attempts)
		}
		if line := err.Error(); strings.ContainsAny(line, "\r\n") || len(line) > 1000 {
			t.Errorf("got %q, want one short line", line)
		}
	})
}

// referenceWait is what a Retry-After asks for, in arithmetic without limits.
func referenceWait(after, date string, now time.Time) time.Duration {
	after = strings.TrimSpace(after)
	wait := new(big.Int)
	if strings.Trim(after, "0123456789") == "" && after != "" {
		wait.SetString(after, 10)
		wait.Mul(wait, big.NewInt(int64(time.Second)))
	} else if at, err := http.ParseTime(after); err == nil {
		if told, err := http.ParseTime(date); err == nil {
			now = told
		}
		wait.Mul(big.NewInt(at.Unix()-now.Unix()), big.NewInt(int64(time.Second)))
		wait.Add(wait, big.NewInt(int64(at.Nanosecond()-now.Nanosecond())))
	}
	switch {
	case wait.Sign() < 0:
		return 0
	case !wait.IsInt64():
		return math.MaxInt64
	}
	return time.Duration(wait.Int64())
}

// namedValue is a field of an object; the value is its text, unchanged.
type namedValue struct {
	name  string
	value json.RawMessage
}

// objectMembers reads an object with encoding/json, in its order and with duplicates; nil if it is not an object.
func objectMembers(tb testing.TB, object []byte) []namedValue {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	members := []namedValue{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			tb.Fatalf("%q: %v", object, err)
		}
		m := namedValue{name: token.(string)}
		if err := decoder.Decode(&m.value); err != nil {
			tb.Fatalf("%q: %v", object, err)
		}
		members = append(members, m)
	}
	return members
}

// meaningDiff compares values, and JSON that is kept as it came by what it says.
func meaningDiff(x, y any) string {
	return cmp.Diff(x, y, cmp.Comparer(func(a, b json.RawMessage) bool {
		return reflect.DeepEqual(meaning(a), meaning(b)) // go-cmp takes a time that is exponential in the nesting
	}))
}

func meaning(raw json.RawMessage) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	return value
}

var errReference = errors.New("not what belongs here")

// What follows decodes as documented, by encoding/json alone: the reference that the decoder is compared with.

func referenceText(value json.RawMessage) (text string, err error) {
	switch value[0] {
	case '{', '[':
		return "", errReference
	case '"':
		err = json.Unmarshal(value, &text)
		return text, err
	case 'n':
		return "", nil
	}
	return string(value), nil
}

var numberForm = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$`)

func referenceInt(value json.RawMessage) (int64, error) {
	if value[0] == 'n' {
		return 0, nil
	}
	number := string(value)
	if value[0] == '"' {
		if err := json.Unmarshal(value, &number); err != nil {
			return 0, err
		}
	}
	if !numberForm.MatchString(number) {
		return 0, errReference
	}
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(number), "e")
	if strings.Trim(mantissa, "-0.") == "" {
		return 0, nil
	}
	exponent, err := strconv.Atoi(exponentText)
	if exponentText != "" && (err != nil || max(exponent, -exponent) > len(number)+20) {
		return 0, errReference // a number of that length is beyond 64 bits, or a fraction
	}
	exact, ok := new(big.Rat).SetString(number)
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, errReference
	}
	return exact.Num().Int64(), nil
}

func referenceFlag(value json.RawMessage) (flag *bool, err error) {
	if value[0] != 'n' && value[0] != 't' && value[0] != 'f' {
		return nil, errReference
	}
	err = json.Unmarshal(value, &flag)
	return flag, err
}

func referenceTexts(value json.RawMessage) (texts []string, err error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(value, &elements); err != nil || elements == nil {
		return nil, err
	}
	texts = make([]string, len(elements))
	for i, element := range elements {
		if element[0] != '"' {
			return nil, errReference
		}
		if texts[i], err = referenceText(element); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// referenceValue decodes the value of a field.
func referenceValue(kind fields.Kind, value json.RawMessage) (decoded any, err error) {
	switch kind {
	case fields.Text, fields.Secret:
		return referenceText(value)
	case fields.Texts:
		return referenceTexts(value)
	case fields.Integer, fields.ID, fields.Time:
		return referenceInt(value)
	case fields.Flag:
		return referenceFlag(value)
	}
	panic(fmt.Sprintf("there is no reference for fields of kind %d", kind))
}

// referenceConference decodes by the table of fields, with reflection and without the scanner.
func referenceConference(tb testing.TB, value json.RawMessage) (c confopenapi.Conference, err error) {
	tb.Helper()
	if value[0] == 'n' {
		return c, nil
	}
	members := objectMembers(tb, value)
	if members == nil {
		return c, errReference
	}
	kinds, values := map[string]fields.Kind{}, map[string]any{}
	for _, f := range fields.All {
		kinds[f.Name] = f.Kind
		if f.Or != "" {
			kinds[f.Or] = f.Kind
		}
	}
	for _, m := range members {
		if kind, known := kinds[m.name]; !known {
			keepReference(&c.Extra, m)
		} else if values[m.name], err = referenceValue(kind, m.value); err != nil {
			return c, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	for _, f := range fields.All {
		value := values[f.Name]
		if f.Or != "" && (value == nil || value == "") {
			value = values[f.Or]
		}
		if text, ok := value.(string); ok && f.Kind == fields.Secret {
			value = confopenapi.NewSecret(text)
		}
		if field := reflect.ValueOf(&c).Elem().FieldByName(f.Go); value != nil {
			field.Set(reflect.ValueOf(value).Convert(field.Type()))
		}
	}
	return c, nil
}

func keepReference(extra *map[string]json.RawMessage, m namedValue) {
	if *extra == nil {
		*extra = map[string]json.RawMessage{}
	}
	(*extra)[m.name] = m.value
}

func referenceList(tb testing.TB, value json.RawMessage) (l confopenapi.ConfList, err error) {
	tb.Helper()
	seen := false
	for _, m := range objectMembers(tb, value) {
		switch m.name {
		case "totalCount":
			seen = true
			var n int64
			n, err = referenceInt(m.value)
			l.TotalCount = int(n)
		case "confList":
			seen = true
			l.Conferences, err = referenceConferences(tb, m.value)
		default:
			keepReference(&l.Extra, m)
		}
		if err != nil {
			return l, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if !seen {
		return l, errReference
	}
	return l, nil
}

func referenceConferences(tb testing.TB, value json.RawMessage) ([]confopenapi.Conference, error) {
	tb.Helper()
	var values []json.RawMessage
	if err := json.Unmarshal(value, &values); err != nil || values == nil {
		return nil, err
	}
	conferences := make([]confopenapi.Conference, len(values))
	for i, value := range values {
		var err error
		if conferences[i], err = referenceConference(tb, value); err != nil {
			return nil, err
		}
	}
	return conferences, nil
}

// sameAsReference compares what was decoded with the reference: what is unknown is kept byte by byte, unless its UTF-8
// had to be repaired.
func sameAsReference(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b json.RawMessage) bool {
		return bytes.Equal(a, b) || utf8.Valid(a) != utf8.Valid(b) && reflect.DeepEqual(meaning(a), meaning(b))
	}))
}

// isShallow says whether valid JSON nests as deep as the package reads.
func isShallow(tb testing.TB, data []byte) bool {
	tb.Helper()
	const limit = 256
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	depth := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			tb.Fatalf("%q: %v", data, err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > limit {
				return false
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

// checkModel decodes data into a new T, compares with the reference, and sends the result through JSON again.
func checkModel[T any, P interface {
	*T
	json.Unmarshaler
	json.Marshaler
}](t *testing.T, data []byte, reference func(testing.TB, json.RawMessage) (T, error)) {
	t.Helper()
	got := P(new(T))
	err := got.UnmarshalJSON(data)
	var want T
	wantErr := errReference
	if json.Valid(data) && isShallow(t, data) {
		if text := bytes.TrimSpace(data); string(text) == "null" {
			wantErr = nil
		} else {
			want, wantErr = reference(t, text)
		}
	}
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: error %v, the reference says %v", data, err, wantErr)
	}
	if err != nil {
		at, ok := errors.AsType[*confopenapi.DecodeError](err)
		if !ok || at.Offset < 0 || at.Offset > int64(len(data)) || len(at.Path) > 300 || len(at.Error()) > 600 ||
			strings.ContainsFunc(at.Path+at.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(at.Path) {
			t.Errorf("%q: %T %q at %q, offset %d", data, err, err, at.Path, at.Offset)
		}
		return
	}
	if diff := sameAsReference(want, *got); diff != "" {
		t.Fatalf("%q (-reference +decoded)\n%s", data, diff)
	}
	direct, err := got.MarshalJSON()
	if err != nil || !utf8.Valid(direct) || !json.Valid(direct) {
		t.Fatalf("%q is marshalled as %q (%v)", data, direct, err)
	}
	compacted, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	for _, text := range [][]byte{direct, compacted} {
		again := P(new(T))
		if err := json.Unmarshal(text, again); err != nil {
			t.Fatalf("%q, again from %q: %v", data, text, err)
		}
		if diff := meaningDiff(*got, *again); diff != "" {
			t.Errorf("%q, again from %q (-first +second)\n%s", data, text, diff)
		}
	}
}

// compact is a text as most services write it.
func compact(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func FuzzConference(f *testing.F) {
	for _, result := range modelResults(f) {
		var list struct {
			ConfList []json.RawMessage `json:"confList"`
		}
		if err := json.Unmarshal(result, &list); err != nil {
			f.Fatal(err)
		}
		for _, conference := range list.ConfList {
			f.Add([]byte(conference))
			f.Add(compact(f, conference))
		}
	}
	_, all := filled(f)
	for _, text := range []string{
		`{}`, `null`, ` null `, `[]`, `0`, all, `{"eventId":"1e3","hostId":-0.0,"status":null,"startTime":9223372036854775807}`,
		`{"title":"","confName":7,"pcode2":null,"guestPcode":true}`, `{"isRecord":true,"isRecord":null,"isSecureConf":"true"}`,
		`{"new":1,"newer":2,"eventId":7,"another":{},"hostId":8,"last":[]}`, `{"eventId":1234567,"hostId":12345678,"hostOrgId":123456789012345678,"startTime":1234567890123456789}`,
		"{\"hostName\":\"\xff\",\"k\xff\":\"\xff\",\"k\xfe\":[\"\xe5\x91\"],\"\\ud800\":\"\\ud800\"}", `{"EVENTID":{"a":[1,{"b":null}]},"":"<>&"}`,
		`{"hostMobile":13800000000,"hostIp":[]}`, `{"x":` + strings.Repeat("[", 255) + strings.Repeat("]", 255) + `}`,
		`{"x":` + strings.Repeat("[", 256) + strings.Repeat("]", 256) + `}`, `{"eventId":1,}`, `{"eventId":1} x`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkModel(t, data, referenceConference) })
}

func FuzzConfList(f *testing.F) {
	for _, text := range bodies(f) {
		f.Add([]byte(text))
	}
	for _, result := range modelResults(f) {
		f.Add([]byte(result))
		f.Add(compact(f, result))
	}
	for _, text := range []string{
		`{}`, `null`, `[]`, `{"totalCount":null}`, `{"confList":null}`, `{"confList":[null,{},null],"totalCount":"2"}`,
		`{"confList":[{"eventId":1}],"confList":[],"a":1,"a":{"b":[]}}`, `{"confList":{}}`, `{"totalCount":1.5}`, `{"confList":[{"eventId":[]}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkModel(t, data, referenceList) })
}
