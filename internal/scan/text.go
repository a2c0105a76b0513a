package scan

import (
	"encoding/hex"
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
	return append(AppendText(append(dst, '"'), text), '"')
}

// AppendText is AppendString without the quotes.
func AppendText(dst []byte, text string) []byte {
	if text == "" || plain(text) {
		return append(dst, text...)
	}
	const digits = "0123456789abcdef"
	for _, r := range text {
		if i := strings.IndexRune(meaning, r); i >= 0 && r != '/' {
			dst = append(dst, '\\', letters[i])
		} else if r < ' ' || r == '\u2028' || r == '\u2029' {
			dst = append(dst, '\\', 'u', digits[r>>12], digits[r>>8&15], digits[r>>4&15], digits[r&15])
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// plain reports whether text is written as it is.
func plain(text string) bool {
	short := [wordLen]byte{' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}
	words := []byte(text)
	if len(text) < wordLen {
		copy(short[:], text)
		words = short[:]
	}
	var stop, seen uint64
	for i := 0; i < len(words); i += wordLen {
		w := word(words, min(i, len(words)-wordLen))
		stop, seen = stop|stops(w), seen|w
	}
	if stop != 0 || seen&highs == 0 {
		return stop == 0
	}
	odd := text[common(text):]
	return odd == "" || utf8.ValidString(odd) && !strings.Contains(odd, separators)
}

// common returns the length of the part of text that has valid characters of one and three bytes only. The latter do not begin
// with E2, like those that are escaped.
func common[T string | []byte](text T) int {
	i := 0
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			i++
		} else if i+2 < len(text) && 0xE2 < c && c < 0xF0 && c != 0xED && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80 {
			i += 3
		} else {
			break
		}
	}
	return i
}

// valid is utf8.Valid, faster for common text.
func valid(b []byte) bool { return utf8.Valid(b[common(b):]) }

const separators = "\xE2\x80" // the first bytes of U+2028 and U+2029, and of some others

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
	if i := strings.IndexByte(letters, b[1]); i >= 0 {
		return rune(meaning[i]), 2
	}
	var code [2]byte
	if b[1] == 'u' && len(b) >= unicodeEscape {
		if _, err := hex.Decode(code[:], b[2:unicodeEscape]); err == nil {
			return rune(code[0])<<8 | rune(code[1]), unicodeEscape
		}
	}
	return 0, 0
}
