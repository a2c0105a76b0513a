package scan

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Error is what is wrong with a text, and where.
type Error struct {
	Path   string // JSON pointer of the value, with … for a name that is not a plain word; "" for the whole text
	Offset int64  // in bytes from the start of the text
	Reason string // holds no value of the text
	cause  error  // what Unwrap returns
}

func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset)
	}
	return fmt.Sprintf("%s at %s (byte %d)", e.Reason, e.Path, e.Offset)
}

// Unwrap is io.ErrUnexpectedEOF if the text ends too early, and else what FailAs was given.
func (e *Error) Unwrap() error { return e.cause }

// Fail makes the scanner fail at an offset that Pos returned: the value there is valid JSON, but not what the caller needs.
func (s *Scanner) Fail(pos int, reason string) { s.FailAs(pos, reason, nil) }

// FailAs is Fail with an error that the scanner's wraps.
func (s *Scanner) FailAs(pos int, reason string, cause error) {
	if s.err == nil {
		s.key = nil
		s.err = &Error{Path: pointer(s.data[:pos]), Offset: int64(pos), Reason: reason, cause: cause}
	}
}

func (s *Scanner) fail(reason string) { s.Fail(s.pos, reason) }

// cut fails because the text ends too early.
func (s *Scanner) cut() { s.FailAs(len(s.data), "unexpected end of JSON", io.ErrUnexpectedEOF) }

// mismatch fails because the next value is of another kind.
func (s *Scanner) mismatch(want string) {
	if kind := s.Kind(); kind != Invalid {
		s.fail(kind.String() + " where " + want + " belongs")
	}
	s.unexpected(want)
}

// unexpected fails because the next byte is not JSON.
func (s *Scanner) unexpected(want string) {
	switch {
	case s.err != nil:
	case s.pos == len(s.data):
		s.cut()
	case s.pos == 0 && bytes.HasPrefix(s.data, []byte("\uFEFF")):
		s.fail("a byte order mark before the JSON")
	case s.data[s.pos] == '<':
		s.fail("HTML or XML where " + want + " belongs")
	default:
		s.fail("an invalid character where " + want + " belongs")
	}
}

// step is one level of a path: the index in an array, or the raw name in an object.
type step struct {
	array bool
	index int
	name  []byte
}

// pointer returns the JSON pointer of the end of prefix, which the scanner has checked. It is computed for errors only.
func pointer(prefix []byte) string {
	var path []step
	top := func() *step { return &path[len(path)-1] }
	for i := 0; i < len(prefix); i++ {
		switch prefix[i] {
		case '{':
			path = append(path, step{})
		case '[':
			path = append(path, step{array: true})
		case '}', ']':
			path = path[:len(path)-1]
		case ',':
			top().index++
			top().name = nil
		case '"':
			start := i + 1
			for i++; i < len(prefix) && prefix[i] != '"'; i++ {
				if prefix[i] == '\\' {
					i++
				}
			}
			if i < len(prefix) && len(path) > 0 && !top().array && top().name == nil {
				top().name = prefix[start:i:i]
			}
		}
	}
	const maxLength = 180 // of a path, about: a server's names must not flood a log
	var b strings.Builder
	for _, step := range path {
		switch {
		case b.Len() >= maxLength:
			return b.String() + "/…"
		case step.array:
			b.WriteString("/" + strconv.Itoa(step.index))
		case step.name != nil:
			b.WriteString("/" + shown(string(appendUnescaped(nil, step.name, maxName+1))))
		}
	}
	return b.String()
}

const maxName = 40 // bytes

// shown hides a name that does not look like one: it may be personal data, which an error must not repeat.
func shown(name string) string {
	const word = "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if name == "" || len(name) > maxName || name[0] <= '9' || strings.Trim(name, word) != "" {
		return "…"
	}
	return name
}
