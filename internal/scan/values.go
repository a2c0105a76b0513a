package scan

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// Int64 consumes an integer, which may be in quotes or written as a float (1.0, 15e2). Null is 0. An integer that does not
// fit in 64 bits is a failure.
func (s *Scanner) Int64() int64 {
	start := s.Pos()
	switch s.Kind() {
	case Null:
		s.literal()
	case Number, String:
		n, reason := integer(s.text())
		if reason != "" {
			s.Fail(start, reason)
		}
		return n
	default:
		s.mismatch("an integer")
	}
	return 0
}

// Int is Int64 for an int, which is smaller on 32-bit machines.
func (s *Scanner) Int() int {
	start := s.Pos()
	n := s.Int64()
	if int64(int(n)) != n {
		s.Fail(start, reasonOverflow)
		return 0
	}
	return int(n)
}

// LooseInt64 consumes any value, and returns 0 for one that is not an integer.
func (s *Scanner) LooseInt64() int64 {
	if kind := s.Kind(); kind != Number && kind != String {
		s.Skip()
		return 0
	}
	n, _ := integer(s.text())
	return n
}

// Bool consumes a boolean or null; known is false for null.
func (s *Scanner) Bool() (value, known bool) {
	kind := s.Kind()
	if kind != Bool && kind != Null {
		s.mismatch("a boolean")
		return false, false
	}
	lit := string(s.literal())
	return lit == "true", lit == "true" || lit == "false"
}

// Text consumes a string. Invalid UTF-8 and lone surrogates become U+FFFD. Null is the empty string. The text of a number or
// boolean is returned as it is written, so that one field of a wrong type does not cost the page.
func (s *Scanner) Text() string { return string(s.text()) }

// Prefix is Text, but of a longer one only the first limit bytes and what completes a character. It copies no more than that.
func (s *Scanner) Prefix(limit int) string {
	if s.Kind() != String {
		text := s.text()
		return string(text[:min(len(text), limit)])
	}
	body, plain := s.stringBody()
	if plain && len(body) <= limit {
		return string(body)
	}
	return string(appendUnescaped(nil, body, limit))
}

// text is Text without a copy: it is valid as long as the data is.
func (s *Scanner) text() []byte {
	switch s.Kind() {
	case String:
		return s.stringValue()
	case Number:
		return s.number()
	case Bool:
		return s.literal()
	case Null:
		s.literal()
	default:
		s.mismatch("a string")
	}
	return nil
}

// stringValue consumes a string and returns its value: a part of the data, or a copy if it has escapes or invalid UTF-8.
func (s *Scanner) stringValue() []byte {
	body, plain := s.stringBody()
	if plain || s.err != nil {
		return body
	}
	return appendUnescaped(make([]byte, 0, len(body)), body, math.MaxInt)
}

// stringBody consumes a string and returns the bytes between the quotes. It is plain if they are also its value.
func (s *Scanner) stringBody() (body []byte, plain bool) {
	start := s.pos + 1
	plain, ascii := true, true
	for i := start; ; {
		end, noHigh := run(s.data, i)
		ascii = ascii && noHigh
		switch {
		case end == len(s.data):
			s.cut()
			return nil, false
		case s.data[end] == '"':
			s.pos = end + 1
			body = s.data[start:end]
			return body, plain && (ascii || valid(body))
		case s.data[end] != '\\':
			s.Fail(end, "a control character in a string")
			return nil, false
		}
		plain = false
		_, size := unescaped(s.data[end:])
		if size == 0 {
			s.badEscape(end)
			return nil, false
		}
		i = end + size
	}
}

// badEscape fails for an invalid escape, or one in which the text ends.
func (s *Scanner) badEscape(at int) {
	rest := string(s.data[at:min(at+unicodeEscape, len(s.data))])
	if _, size := unescaped([]byte(rest + `\u0000`[len(rest):])); size > 0 {
		s.cut()
	}
	s.Fail(at, "an unknown escape in a string")
}

// number consumes a number and returns its text.
func (s *Scanner) number() []byte {
	rest := s.data[s.pos:]
	n, ok := numberLen(rest)
	switch {
	case ok:
		s.pos += n
		return rest[:n]
	case n == len(rest):
		s.cut()
	default:
		s.Fail(s.pos+n, "a malformed number")
	}
	return nil
}

// numberLen returns the length of the number at the start of b, or, with ok false, of the part that looks like one.
func numberLen(b []byte) (n int, ok bool) {
	one := func(of string) bool {
		found := n < len(b) && strings.IndexByte(of, b[n]) >= 0
		if found {
			n++
		}
		return found
	}
	digits := func() bool {
		start := n
		for n < len(b) && '0' <= b[n] && b[n] <= '9' {
			n++
		}
		return n > start
	}
	one("-")
	if !one("0") && !digits() || one(".") && !digits() {
		return n, false
	}
	if one("eE") {
		one("+-")
		return n, digits()
	}
	return n, true
}

const reasonOverflow = "an integer out of range"

// integer returns the exact value of a number, or the reason why it is not an integer of 64 bits.
func integer(number []byte) (n int64, reason string) {
	if size, ok := numberLen(number); !ok || size != len(number) {
		return 0, "a string that holds no number where an integer belongs"
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	if err == nil {
		return n, ""
	}
	var exponent int64
	if i := bytes.IndexAny(number, "eE"); i >= 0 {
		const bits = 40 // a larger exponent becomes the limit, which is far beyond any text's length
		exponent, _ = strconv.ParseInt(string(number[i+1:]), 10, bits)
		number = number[:i]
	}
	number, negative := bytes.CutPrefix(number, []byte("-"))
	whole, fraction, _ := bytes.Cut(number, []byte("."))
	exponent -= int64(len(fraction))
	digits := strings.TrimLeft(string(whole)+string(fraction), "0")
	rest := strings.TrimRight(digits, "0")
	exponent += int64(len(digits) - len(rest))
	const maxDigits = 19 // 9223372036854775807 has so many
	switch {
	case rest == "":
		return 0, ""
	case exponent < 0:
		return 0, "a fraction where an integer belongs"
	case exponent+int64(len(rest)) > maxDigits:
		return 0, reasonOverflow
	}
	if negative {
		rest = "-" + rest
	}
	if n, err = strconv.ParseInt(rest+strings.Repeat("0", int(exponent)), 10, 64); err != nil {
		return 0, reasonOverflow
	}
	return n, ""
}
