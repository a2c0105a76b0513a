// Package show is how confctl shows conferences: text that is safe for a terminal, tables, JSON, and personal data masked.
package show

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// maxMarks is how many combining marks a character keeps.
const maxMarks = 6

// Printable makes text of strangers safe for a terminal: no escape sequences, no direction marks, no line breaks. Characters
// that terminals draw in different widths are simplified: a keycap is its digit, a flag its two letters, and of an emoji
// that is joined from several the first is left.
func Printable(s string) string {
	if _, plain := plainWidth(s); plain {
		return s
	}
	var b strings.Builder
	for clusters := displaywidth.StringGraphemes(s); clusters.Next(); {
		base, marks := false, 0
		for _, r := range clusters.Value() {
			switch {
			case isRegional(r):
				b.WriteRune('A' + r - firstRegional)
			case isVariation(r) || r == '\u200d' || unicode.Is(unicode.Me, r) || r >= 0xE0020 && r <= 0xE007F || isSkin(r):
			case !unicode.IsPrint(r) || r == '\u3164': // a letter that is blank
				b.WriteByte(' ')
			case base && unicode.IsSymbol(r): // another emoji of a group
			case displaywidth.Rune(r) == 0:
				if marks++; marks <= maxMarks {
					b.WriteRune(r)
				}
			default:
				base = true
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

const firstRegional = '\U0001F1E6'

func isRegional(r rune) bool { return r >= firstRegional && r < firstRegional+26 }

func isSkin(r rune) bool { return r >= 0x1F3FB && r <= 0x1F3FF }

func isVariation(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF || r >= 0x180B && r <= 0x180F
}

// JSON writes v as one line, in a single write. What is no printable character is escaped.
func JSON(w io.Writer, v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(append(EscapeJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), '\n'))
	return err
}

// EscapeJSON escapes the control and format characters in a JSON document without line breaks, so that it is one line for
// every reader and harmless on a terminal. It changes no value.
func EscapeJSON(document []byte) []byte {
	var out []byte // nil while nothing had to be escaped
	copied := 0
	for i := 0; i < len(document); {
		if b := document[i]; b >= ' ' && b < 0x7F || b >= 0xE3 && b <= 0xEE || b >= 0x80 && b <= 0xBF {
			i++ // ASCII, or a part of a character from U+3000 to U+EFFF, of which all are visible
			continue
		}
		r, size := utf8.DecodeRune(document[i:])
		i += size
		if r > 0x9F && !isFormat(r) {
			continue
		}
		out = append(out, document[copied:i-size]...)
		copied = i
		if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		} else {
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	if out == nil {
		return document
	}
	return append(out, document[copied:]...)
}

// isFormat reports whether a character is an invisible one, such as a direction mark or a line separator. The joiners, of
// which emoji are made, are none.
func isFormat(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) && r != '\u200c' && r != '\u200d'
}
