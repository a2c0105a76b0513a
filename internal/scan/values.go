package scan

import (
	"math"
	"unicode/utf8"
)

// Int64 consumes an integer. It is lenient where servers are sloppy: the number may stand in quotes, may be written as
// a float that is integral (1.0, 15e2), and null is 0. What does not fit 64 bits is a failure, never a wrapped value.
func (s *Scanner) Int64() int64 {
	start := s.Pos()
	var number []byte
	switch s.Kind() {
	case Null:
		s.literal()
		return 0
	case Number:
		number = s.number()
	case String:
		body, plain := s.stringBody()
		if s.err != nil {
			return 0
		}
		if !plain {
			body = appendUnescaped(nil, body)
		}
		if n, ok := numberLen(body); !ok || n != len(body) {
			s.failAt(start, "a string that holds no number where an integer belongs")
			return 0
		}
		number = body
	default:
		s.mismatch("an integer")
	}
	if s.err != nil {
		return 0
	}
	n, reason := integer(number)
	if reason != "" {
		s.failAt(start, reason)
		return 0
	}
	return n
}

// Integer is Int64 for a T, which it must fit, as an int is smaller on 32-bit machines.
func Integer[T ~int | ~int64](s *Scanner) T {
	start := s.Pos()
	n := s.Int64()
	if int64(T(n)) != n {
		s.failAt(start, reasonOverflow)
		return 0
	}
	return T(n)
}

// LooseInt64 consumes any value. It is the integer that the value is, in quotes or not, or 0.
func (s *Scanner) LooseInt64() int64 {
	var text []byte
	switch s.Kind() {
	case Number:
		text = s.number()
	case String:
		text = s.text()
	default:
		s.Skip()
	}
	if size, ok := numberLen(text); !ok || size != len(text) {
		return 0
	}
	n, _ := integer(text)
	return n
}

// Bool consumes a boolean or null; known is false for null.
func (s *Scanner) Bool() (value, known bool) {
	switch s.Kind() {
	case Null:
		s.literal()
		return false, false
	case Bool:
		lit := s.literal()
		return s.err == nil && lit[0] == 't', s.err == nil
	default:
		s.mismatch("a boolean")
		return false, false
	}
}

// Text consumes a string and returns it with escapes decoded, and with U+FFFD for what is no valid UTF-8 or surrogate
// pair. Null is the empty string; a number or boolean keeps its literal text, so that one mistyped member does not cost
// the whole page.
func (s *Scanner) Text() string { return string(s.text()) }

// text is Text before it is copied. It is valid as long as the data is.
func (s *Scanner) text() []byte {
	switch s.Kind() {
	case String:
		body, plain := s.stringBody()
		if !plain && s.err == nil {
			return appendUnescaped(make([]byte, 0, len(body)), body)
		}
		return body
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

// stringBody consumes a string and returns what is between the quotes. It is plain if that is also its value: no
// escapes and valid UTF-8.
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
			return body, plain && (ascii || utf8.Valid(body))
		case s.data[end] != '\\':
			s.failAt(end, "a control character in a string")
			return nil, false
		}
		plain = false
		n := escapeLen(s.data[end:])
		if n == 0 {
			s.badEscape(end)
			return nil, false
		}
		i = end + n
	}
}

// badEscape tells an escape that is wrong from one that the text ends in.
func (s *Scanner) badEscape(at int) {
	rest := s.data[at:]
	if len(rest) == 1 || rest[1] == 'u' && len(rest) < 6 && allHex(rest[2:]) {
		s.cut()
		return
	}
	s.failAt(at, "an unknown escape in a string")
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
		s.failAt(s.pos+n, "a malformed number")
	}
	return nil
}

// numberLen is the length of the number that b begins with. If that is no number, it is how far b looked like one.
func numberLen(b []byte) (n int, ok bool) {
	digits := func() bool {
		start := n
		for n < len(b) && '0' <= b[n] && b[n] <= '9' {
			n++
		}
		return n > start
	}
	if n < len(b) && b[n] == '-' {
		n++
	}
	if n < len(b) && b[n] == '0' {
		n++
	} else if !digits() {
		return n, false
	}
	if n < len(b) && b[n] == '.' {
		n++
		if !digits() {
			return n, false
		}
	}
	if n < len(b) && (b[n] == 'e' || b[n] == 'E') {
		n++
		if n < len(b) && (b[n] == '+' || b[n] == '-') {
			n++
		}
		if !digits() {
			return n, false
		}
	}
	return n, true
}

const (
	reasonFraction = "a fraction where an integer belongs"
	reasonOverflow = "an integer out of range"
)

// integer is the exact value of a well-formed number, or the reason why it has none in 64 bits.
func integer(number []byte) (n int64, reason string) {
	digits, exponent, negative := decimal(number)
	if len(digits) == 0 {
		return 0, ""
	}
	if exponent < 0 {
		return 0, reasonFraction
	}
	const maxDigits = 19 // of 9223372036854775807
	if exponent > maxDigits || len(digits)+int(exponent) > maxDigits {
		return 0, reasonOverflow
	}
	var u uint64
	for _, c := range digits {
		u = u*10 + uint64(c-'0')
	}
	for range exponent {
		u *= 10
	}
	switch {
	case negative && u <= -math.MinInt64:
		return int64(-u), ""
	case !negative && u <= math.MaxInt64:
		return int64(u), ""
	}
	return 0, reasonOverflow
}

// decimal splits a number into ±digits·10^exponent, with digits that neither begin nor end with a zero.
func decimal(number []byte) (digits []byte, exponent int64, negative bool) {
	if number[0] == '-' {
		negative = true
		number = number[1:]
	}
	end := 0
	point := -1
	for end < len(number) && number[end] != 'e' && number[end] != 'E' {
		if number[end] == '.' {
			point = end
		}
		end++
	}
	if end < len(number) {
		exponent = saturated(number[end+1:])
	}
	digits = number[:end]
	if point >= 0 {
		exponent -= int64(end - point - 1)
		digits = append(number[:point:point], number[point+1:end]...)
	}
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
		exponent++
	}
	return digits, exponent, negative
}

// saturated reads a signed exponent, which stops growing far beyond any text's length.
func saturated(b []byte) int64 {
	const limit = 1 << 40
	negative := b[0] == '-'
	if negative || b[0] == '+' {
		b = b[1:]
	}
	var n int64
	for _, c := range b {
		n = min(n*10+int64(c-'0'), limit)
	}
	if negative {
		return -n
	}
	return n
}
