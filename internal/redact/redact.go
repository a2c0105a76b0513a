// Package redact removes secrets and personal data from texts of others: a server, a proxy, the network.
package redact

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// Mark replaces a secret.
const Mark = "[redacted]"

// MaxLine is how many bytes of a foreign text one error line holds, before an ellipsis. Of a longer text than MaxText, Clip and
// Error read no more.
const (
	MaxLine = 256
	MaxText = 8 << 10
)

const (
	ellipsis  = "…"
	minSecret = 3 // bytes: replacing a shorter token would destroy the text
)

// Redactor knows the tokens of a call. The zero Redactor knows none. It is immutable.
type Redactor struct{ list func() []string } // a function, because fmt prints strings, and follows pointers

// spellings are the longest first, since a token may begin with another.
func (r Redactor) spellings() []string {
	if r.list == nil {
		return nil
	}
	return r.list()
}

// New returns a Redactor that knows a token.
func New(token string) Redactor { return Redactor{}.With(token) }

// With returns a Redactor that knows another token too: as it is, and as URLs and JSON escape it.
func (r Redactor) With(token string) Redactor {
	if len(token) < minSecret {
		return r
	}
	spellings := append(slices.Clip(r.spellings()), token)
	for _, escaped := range [...]string{url.QueryEscape(token), url.PathEscape(token), string(scan.AppendText(nil, token))} {
		if !slices.Contains(spellings, escaped) {
			spellings = append(spellings, escaped, upperEscapes.ReplaceAllStringFunc(escaped, strings.ToLower))
		}
	}
	slices.SortStableFunc(spellings, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return Redactor{func() []string { return spellings }}
}

var upperEscapes = regexp.MustCompile(`%[0-9A-F]{2}`)

// Text replaces every token in s.
func (r Redactor) Text(s string) string {
	for _, spelling := range r.spellings() {
		s = strings.ReplaceAll(s, spelling, Mark)
	}
	return s
}

// Clip is Text of the first MaxText bytes. It does not end in a part of a token.
func (r Redactor) Clip(s string) string {
	if len(s) < MaxText {
		return r.Text(s)
	}
	s = r.Text(s[:MaxText])
	if spellings := r.spellings(); len(spellings) > 0 {
		s = s[:max(0, len(s)-len(spellings[0]))]
	}
	return s
}

// Header replaces every token in the values of h. It returns a copy if it changes one, since a transport may keep h.
func (r Redactor) Header(h http.Header) http.Header {
	copied := false
	for name, values := range h {
		for i, value := range values {
			clean := r.Text(value)
			if clean == value {
				continue
			}
			if !copied {
				h, copied = h.Clone(), true
			}
			h[name][i] = clean
		}
	}
	return h
}

var (
	userinfo = regexp.MustCompile(`//[^\s"]*@`)
	quoted   = regexp.MustCompile(`"(?:[^"\\]|\\.?)*(?:"|$)`)
)

// Error returns err with a text that a log can hold: one line of MaxLine bytes, without tokens and without the passwords
// of URLs. errors.Is and errors.As still find err.
func (r Redactor) Error(err error) error {
	return &redactedError{Line(r.secretless(err.Error()), MaxLine), &err}
}

// Network is Error for an error of net/http, which may quote what it received: quoted texts are removed as well.
func (r Redactor) Network(err error) error {
	text := quoted.ReplaceAllString(r.secretless(err.Error()), `"`+ellipsis+`"`)
	return &redactedError{Line(text, MaxLine), &err}
}

func (r Redactor) secretless(text string) string {
	return userinfo.ReplaceAllString(r.Clip(text), "//"+Mark+"@")
}

// redactedError hides the error that it replaces also from fmt, which prints fields, but does not follow a pointer to an interface.
type redactedError struct {
	text string
	err  *error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(*e.err, target) }
func (e *redactedError) As(target any) bool   { return errors.As(*e.err, target) }

// Line replaces unprintable characters by spaces, and cuts s before a character if it is longer than limit bytes.
func Line(s string, limit int) string {
	whole := len(s) <= utf8.UTFMax*(limit+1) // of the rest nothing is shown
	if !whole {
		s = s[:utf8.UTFMax*(limit+1)]
	}
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s))
	if whole && len(s) <= limit {
		return s
	}
	for limit = min(limit, len(s)); 0 < limit && limit < len(s) && !utf8.RuneStart(s[limit]); {
		limit--
	}
	return s[:limit] + ellipsis
}
