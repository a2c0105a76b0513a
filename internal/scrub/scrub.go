// Package scrub replaces data about people and customers in JSON texts.
package scrub

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Scrubber decides by the names of fields, and replaces everything that is not known to be harmless, so that a field that the
// vendor adds cannot leak. In fields of the same kind equal values get equal replacements, and different values different
// ones.
//
// It reads everything twice: first with Learn, so that ids can keep their order and no replacement is an original, then with
// Rewrite. The zero value is ready to use. It is not safe for concurrent use.
type Scrubber struct {
	kinds map[kind]*replacements
}

// kind is the kind of a field's value.
type kind string

const (
	kindHarmless kind = ""
	kindText     kind = "text" // of an unknown field
	kindNumber   kind = "number"
)

var fieldKinds = map[string]kind{
	"token": "token", "pcode2": "passcode", "guestPcode": "passcode",
	"title": "conference", "confName": "conference",
	"hostName": "host", "hostEmail": "email", "hostMobile": "mobile", "hostIp": "ip", "hostLocation": "location",
	"hostOrgName": "organisation", "billingCode": "billing", "customerCode": "customer",
	"eventId": "event id", "conferenceId": "conference id", "hostOrgId": "organisation id",
	"hostId": "user id", "adminUserId": "user id", "request_id": "request",
}

// harmless are the fields whose values are kept if they have the expected form: those of the envelope, and counts and times.
var harmless = func() map[string]*regexp.Regexp {
	known := map[string]*regexp.Regexp{
		"msg": regexp.MustCompile(`^success$`), "request_duration": regexp.MustCompile(`^([0-9.]{1,12}(ns|µs|ms|s|m|h)){1,3}$`),
		"startTimeStr": displayed, "stopTimeStr": displayed,
		"timestamp": number, "totalCount": number, "page": number, "count": number,
	}
	for _, f := range fields.All {
		if !f.Personal && (f.Kind == fields.Integer || f.Kind == fields.Time) {
			known[f.Name] = number
		}
	}
	return known
}()

var (
	number    = regexp.MustCompile(`^-?[0-9]{1,10}(\.0+)?$|^[0-9]{13}$`)
	displayed = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$`)
	plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)
	digits    = regexp.MustCompile(`^[0-9]{1,40}$`)
)

// kindOfValue is the kind of a string or number.
func kindOfValue(field, text string) kind {
	if text == "" || text == "0" {
		return kindHarmless
	}
	if k, ok := fieldKinds[field]; ok {
		return k
	}
	if form, ok := harmless[field]; ok && form.MatchString(text) {
		return kindHarmless
	}
	return kindText
}

// Learn records the values of a text. A text that is not JSON has none.
func (s *Scrubber) Learn(text []byte) {
	_, _ = walk(text, func(k kind, original string) string {
		s.of(k).known[original] = true
		return ""
	})
}

// Rewrite returns the text with replacements, and false if it is not JSON.
func (s *Scrubber) Rewrite(text []byte) ([]byte, bool) {
	return walk(text, func(k kind, original string) string { return s.of(k).replace(k, original) })
}

// Leaks reports whether a text contains one of the secrets, or a learned token, passcode, name, address, mobile or title of
// eight bytes or more: as it is, escaped or in base64.
func (s *Scrubber) Leaks(text string, secrets ...string) bool {
	for _, k := range []kind{"token", "passcode", "email", "mobile", "host", "conference"} {
		for original := range s.of(k).known {
			if len(original) >= 8 {
				secrets = append(secrets, original)
			}
		}
	}
	return slices.ContainsFunc(secrets, func(secret string) bool {
		quoted := string(quote(secret))
		for _, form := range []string{
			secret, quoted[1 : len(quoted)-1], url.QueryEscape(secret), url.PathEscape(secret),
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			if strings.Contains(text, form) {
				return true
			}
		}
		return false
	})
}

func (s *Scrubber) of(k kind) *replacements {
	if s.kinds == nil {
		s.kinds = map[kind]*replacements{}
	}
	if s.kinds[k] == nil {
		s.kinds[k] = &replacements{known: map[string]bool{}, chosen: map[string]string{}}
	}
	return s.kinds[k]
}

// walk copies a JSON text with its structure, order and duplicates, and changes its values.
func walk(text []byte, change func(kind, string) string) ([]byte, bool) {
	if !json.Valid(text) {
		return nil, false
	}
	w := &walker{decoder: json.NewDecoder(bytes.NewReader(text)), change: change}
	w.decoder.UseNumber()
	err := w.value("")
	return w.out, err == nil
}

type walker struct {
	decoder *json.Decoder
	change  func(kind, string) string
	out     []byte
}

// value copies the next value of a field. The elements of an array belong to the array's field.
func (w *walker) value(field string) error {
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		return w.composite(field, token)
	case string:
		w.out = append(w.out, quote(w.scrub(field, token))...)
	case json.Number:
		text := w.scrub(field, token.String())
		if !json.Valid([]byte(text)) { // a number must stay a number
			text = w.change(kindNumber, token.String())
		}
		w.out = append(w.out, text...)
	case bool:
		w.out = strconv.AppendBool(w.out, token)
	case nil:
		w.out = append(w.out, "null"...)
	}
	return nil
}

func (w *walker) composite(field string, open json.Delim) error {
	w.out = append(w.out, byte(open))
	for first := true; w.decoder.More(); first = false {
		if !first {
			w.out = append(w.out, ',')
		}
		if open == '{' {
			name, err := w.decoder.Token()
			if err != nil {
				return err
			}
			field = fmt.Sprint(name)
			if !plainName.MatchString(field) {
				field = w.change(kindText, field)
			}
			w.out = append(append(w.out, quote(field)...), ':')
		}
		if err := w.value(field); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	w.out = append(w.out, byte(open)+2) // in ASCII, "}" is "{"+2 and "]" is "["+2
	return err
}

func (w *walker) scrub(field, text string) string {
	if k := kindOfValue(field, text); k != kindHarmless {
		return w.change(k, text)
	}
	return text
}

// replacements are the replacements of one kind.
type replacements struct {
	known  map[string]bool // every original
	chosen map[string]string
	next   int
	ranked bool
}

// replace returns the replacement of a value; the first time it chooses one.
func (r *replacements) replace(k kind, original string) string {
	if strings.HasSuffix(string(k), " id") && !r.ranked {
		r.rank()
	}
	if text, ok := r.chosen[original]; ok {
		return text
	}
	for {
		r.next++
		if text := replacement(k, original, r.next); !r.known[text] {
			r.chosen[original] = text
			return text
		}
	}
}

// rank chooses new ids for ids of digits. They have the same order as numbers and, since all are eight digits long, as texts.
// Ids with a leading zero keep one, and so come first.
func (r *replacements) rank() {
	r.ranked = true
	var numbers []string
	for id := range r.known {
		if digits.MatchString(id) {
			numbers = append(numbers, id)
		}
	}
	slices.SortFunc(numbers, func(a, b string) int {
		x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y), cmp.Compare(a, b))
	})
	const step = 7
	next, nextZero := 10_000_000, 1_000_000
	for _, id := range numbers {
		for r.chosen[id] == "" || r.known[r.chosen[id]] { // no replacement may be an original
			if id[0] == '0' {
				r.chosen[id], nextZero = "0"+strconv.Itoa(nextZero), nextZero+step
			} else {
				r.chosen[id], next = strconv.Itoa(next), next+step
			}
		}
	}
}

// replacement is the nth replacement of a kind, in the form of the kind.
func replacement(k kind, original string, n int) string {
	switch k {
	case kindNumber:
		return strconv.Itoa(n)
	case "host":
		return fmt.Sprintf("主持人%d", n)
	case "conference":
		return fmt.Sprintf("会议%d", n)
	case "email":
		return fmt.Sprintf("host%d@example.com", n)
	case "mobile":
		return fmt.Sprintf("1000%07d", n)
	case "ip":
		if addr, err := netip.ParseAddr(original); n >= 1<<16 || err == nil && addr.Is6() {
			form := netip.MustParseAddr("2001:db8::").As16()
			binary.BigEndian.PutUint32(form[12:], uint32(n))
			return netip.AddrFrom16(form).String()
		}
		return fmt.Sprintf("198.18.%d.%d", n/256, n%256) // reserved for benchmarks
	}
	return fmt.Sprintf("%s-%d", strings.ReplaceAll(string(k), " ", "-"), n)
}

// quote is a text as JSON.
func quote(text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string: it cannot fail
	}
	return quoted
}
