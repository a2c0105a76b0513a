// Package show is how confctl shows conferences: text that is safe for a terminal, tables, JSON, and personal data masked.
package show

import (
	"encoding/json"
	"io"
	"strings"
	"unicode"
)

// Printable makes text of strangers safe for a terminal: no escape sequences, no direction marks, no line breaks.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}

// JSON writes v as one line, in a single write.
func JSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
