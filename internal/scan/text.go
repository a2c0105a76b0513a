package scan

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The escapes of one letter, and the byte that each stands for. The slash is read, but not written.
const (
	letters = `"\bfnrt/`
	meaning = "\"\\\b\f\n\r\t/"
)

// AppendString appends text as a JSON string. Invalid UTF-8 becomes U+FFFD; U+2028 and U+2029 are escaped for scripts.
func AppendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	start := len(dst)
	dst = append(dst, text...)
	end, ascii := run(dst, start)
	if body := dst[start:]; end == len(dst) && (ascii || utf8.Valid(body) && !bytes.Contains(body, separators)) {
		return append(dst, '"')
	}
	const hex = "0123456789abcdef"
	dst = dst[:start]
	for _, r := range text {
		if i := strings.IndexRune(meaning, r); i >= 0 && r != '/' {
			dst = append(dst, '\\', letters[i])
		} else if r < ' ' || r == '\u2028' || r == '\u2029' {
			dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// valid is utf8.Valid, faster for characters of one and three bytes.
func valid(b []byte) bool {
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			i++
		} else if i+2 < len(b) && 0xE0 < c && c < 0xF0 && c != 0xED && b[i+1]&0xC0 == 0x80 && b[i+2]&0xC0 == 0x80 {
			i += 3
		} else {
			return utf8.Valid(b[i:])
		}
	}
	return true
}

var separators = []byte("\u2028")[:2] // the first bytes of U+2028 and U+2029, and of some others

// appendUnescaped appends the value of a checked string body, until dst has at least limit bytes.
func appendUnescaped(dst, body []byte, limit int) []byte {
	for i := 0; i < len(body) && len(dst) < limit; {
		r, size := rune(body[i]), 1
		if r == '\\' {
			r, size = unescaped(body[i:])
		} else if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(body[i:])
		}
		if high := r; size == unicodeEscape && utf16.IsSurrogate(high) {
			low, _ := unescaped(body[i+size:])
			if r = utf16.DecodeRune(high, low); r != utf8.RuneError {
				size += unicodeEscape
			}
		}
		dst = utf8.AppendRune(dst, r)
		i += size
	}
	return dst
}

const unicodeEscape = 6 // the length of \u0041

// unescaped decodes the escape at the start of b. Its size is 0 if there is none, or it is cut.
func unescaped(b []byte) (r rune, size int) {
	if len(b) < 2 || b[0] != '\\' {
		return 0, 0
	}
	if b[1] == 'u' {
		if r, digits := leadingHex(b[2:]); digits == 4 {
			return r, unicodeEscape
		}
		return 0, 0
	}
	if i := strings.IndexByte(letters, b[1]); i >= 0 {
		return rune(meaning[i]), 2
	}
	return 0, 0
}

// leadingHex decodes up to four hexadecimal digits at the start of b.
func leadingHex(b []byte) (r rune, size int) {
	for _, c := range b[:min(len(b), 4)] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return r, size
		}
		r = r<<4 | rune(c)
		size++
	}
	return r, size
}
