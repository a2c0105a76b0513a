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
	Path   string // JSON pointer of the value, with … for a name that is no plain word; "" for the whole text
	Offset int64  // in bytes from the start of the text
	Reason string // without any of the text's values
	cut    bool
}

func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset)
	}
	return fmt.Sprintf("%s at %s (byte %d)", e.Reason, e.Path, e.Offset)
}

// Unwrap is io.ErrUnexpectedEOF if the text ends too early.
func (e *Error) Unwrap() error {
	if e.cut {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// Fail makes the scanner fail at an offset that Pos returned, for a value that is well-formed but not what was promised.
func (s *Scanner) Fail(pos int, reason string) {
	if s.err == nil {
		s.key = nil
		s.err = &Error{Path: pointer(s.data[:pos]), Offset: int64(pos), Reason: reason}
	}
}

func (s *Scanner) fail(reason string) { s.Fail(s.pos, reason) }

// cut fails because the text ends.
func (s *Scanner) cut() {
	if s.err == nil {
		s.Fail(len(s.data), "unexpected end of JSON")
		s.err.cut = true
	}
}

// mismatch fails because another kind of value comes next than the one wanted.
func (s *Scanner) mismatch(want string) {
	if kind := s.Kind(); kind != Invalid {
		s.fail(kind.String() + " where " + want + " belongs")
	}
	s.unexpected(want)
}

// unexpected fails at a byte that no JSON has there.
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

// pointer is the JSON pointer of the place where prefix ends, which the scanner has checked. It walks the prefix again, so
// that only errors pay for a path.
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
	return render(path)
}

// render ends a path soon after maxPath bytes: a server's keys must not flood a log.
func render(path []step) string {
	const maxPath = 180
	var b strings.Builder
	for _, step := range path {
		switch {
		case b.Len() >= maxPath:
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

// shown is a name if it looks like one. Others are data that a server put into a key, which an error must not repeat.
func shown(name string) string {
	const word = "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if name == "" || len(name) > maxName || name[0] <= '9' || strings.Trim(name, word) != "" {
		return "…"
	}
	return name
}
