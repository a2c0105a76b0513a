// Package scan reads a JSON text in memory, value by value: the caller says what it expects next. After the first failure
// every method returns its zero value and loops end; End and Err return the failure, with its offset and JSON pointer.
//
// The syntax is that of encoding/json, with a limit on the nesting. Every byte is checked, also of values that are skipped.
package scan

import (
	"bytes"
	"strings"
)

// MaxDepth is how deep objects and arrays may nest. It bounds the recursion of Skip.
const MaxDepth = 256

// Kind is the kind of a JSON value.
type Kind byte

// Invalid is also the kind at the end of the text and after a failure.
const (
	Invalid Kind = iota
	Object
	Array
	String
	Number
	Bool
	Null
)

var kindNames = [...]string{"nothing", "an object", "an array", "a string", "a number", "a boolean", "null"}

func (k Kind) String() string { return kindNames[k] }

// Scanner reads one JSON text. It is not safe for concurrent use.
type Scanner struct {
	data    []byte
	pos     int
	depth   int
	key     []byte
	err     *Error
	counted bool
}

// New returns a Scanner of data, which must not change while it is used.
func New(data []byte) *Scanner { return &Scanner{data: data} }

// Data is the text.
func (s *Scanner) Data() []byte { return s.data }

// Reset makes s what New(data) returns.
func (s *Scanner) Reset(data []byte) { *s = Scanner{data: data} }

// Err is the first failure, an *Error, or nil.
func (s *Scanner) Err() error {
	if s.err == nil {
		return nil
	}
	return s.err
}

// End fails if anything but white space is left, and returns the first failure.
func (s *Scanner) End() error {
	if s.peek(); s.err == nil && s.pos < len(s.data) {
		s.fail("more data after the JSON value")
	}
	return s.Err()
}

// Pos is the offset of the next value, for a later Seek.
func (s *Scanner) Pos() int {
	s.peek()
	return s.pos
}

// Seek goes back to a value at an offset that Pos returned, to read again what was skipped. It clears no failure.
func (s *Scanner) Seek(pos int) { s.pos = pos }

// Objects is about how many objects the rest of the text has, to reserve room for them: no more than its braces, nor than its
// length is worth. Later calls return 0: a text that repeats a list must not cost memory each time.
func (s *Scanner) Objects() int {
	if s.counted {
		return 0
	}
	s.counted = true
	rest := s.data[s.pos:]
	return min(bytes.Count(rest, []byte{'{'}), 1+len(rest)/64)
}

// Kind is the kind of the next value, which is not consumed.
func (s *Scanner) Kind() Kind {
	if s.err != nil {
		return Invalid
	}
	return kinds[s.peek()]
}

// kinds are the kinds of values, by their first byte.
var kinds = [256]Kind{
	'{': Object, '[': Array, '"': String, 't': Bool, 'f': Bool, 'n': Null, '-': Number, '0': Number, '1': Number, '2': Number,
	'3': Number, '4': Number, '5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}

// Object enters an object and reports whether it has a field. Key is then the field's name, and its value comes next.
func (s *Scanner) Object() bool { return s.enter('{', '}', Object) && s.field() }

// NextField goes on to the object's next field, once the value of the last was consumed, or leaves the object.
func (s *Scanner) NextField() bool { return s.next('}') && s.field() }

// Key is the decoded name of the current field. It is valid until the next call of a method.
func (s *Scanner) Key() []byte { return s.key }

// Array enters an array and reports whether it has an element, which then comes next.
func (s *Scanner) Array() bool { return s.enter('[', ']', Array) }

// NextElement goes on to the array's next element, once the last was consumed, or leaves the array.
func (s *Scanner) NextElement() bool { return s.next(']') }

// Skip consumes any value and checks its syntax.
func (s *Scanner) Skip() {
	switch s.Kind() {
	case Object:
		for more := s.Object(); more; more = s.NextField() {
			s.Skip()
		}
	case Array:
		for more := s.Array(); more; more = s.NextElement() {
			s.Skip()
		}
	case String:
		s.stringBody()
	case Number:
		s.number()
	case Bool, Null:
		s.literal()
	case Invalid:
		s.unexpected("a value")
	}
}

// Raw consumes any value and returns its text. That is part of the data: the caller copies what it keeps.
func (s *Scanner) Raw() []byte {
	start := s.Pos()
	s.Skip()
	if s.err != nil {
		return nil
	}
	return s.data[start:s.pos]
}

// Null consumes a null and reports whether there was one.
func (s *Scanner) Null() bool {
	if s.Kind() != Null {
		return false
	}
	s.literal()
	return s.err == nil
}

// enter consumes the opening bracket of an object or array, and the closing one if it is empty.
func (s *Scanner) enter(open, closing byte, want Kind) bool {
	switch {
	case s.err != nil:
		return false
	case s.peek() != open:
		s.mismatch(want.String())
		return false
	case s.depth == MaxDepth:
		s.fail("nested deeper than 256 levels")
		return false
	}
	s.depth++
	s.pos++
	if s.peek() == closing {
		s.depth--
		s.pos++
		return false
	}
	return true
}

// next consumes the comma before another field or element, or the closing bracket.
func (s *Scanner) next(closing byte) bool {
	if s.err != nil {
		return false
	}
	switch s.peek() {
	case ',':
		s.pos++
		return true
	case closing:
		s.depth--
		s.pos++
	default:
		s.unexpected("a comma or '" + string(rune(closing)) + "'")
	}
	return false
}

// field consumes a field's name and the colon.
func (s *Scanner) field() bool {
	if s.peek() != '"' {
		s.unexpected("a field's name")
		return false
	}
	if s.key = s.stringValue(); s.err != nil {
		return false
	}
	if s.peek() != ':' {
		s.unexpected("a colon")
		return false
	}
	s.pos++
	return true
}

// peek skips white space and returns the byte that follows, or 0 at the end.
func (s *Scanner) peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// literal consumes true, false or null.
func (s *Scanner) literal() []byte {
	for _, lit := range [...]string{"true", "false", "null"} {
		found := s.data[s.pos:min(s.pos+len(lit), len(s.data))]
		if !strings.HasPrefix(lit, string(found)) {
			continue
		}
		if s.pos += len(found); len(found) == len(lit) {
			return found
		}
		break
	}
	s.unexpected("a value")
	return nil
}
