// Package redact takes secrets and personal data out of other people's words: what a server, a proxy or the network says.
package redact

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mark stands where a secret was.
const Mark = "[redacted]"

const (
	ellipsis  = "…"
	maxLine   = 256 // bytes of somebody else's words in one line of ours
	minSecret = 3   // bytes: a shorter token is no secret, and replacing it would shred the text
)

// Redactor knows the tokens of a call. The zero Redactor knows none.
type Redactor struct{ spellings []string }

// New returns a Redactor that knows a token.
func New(token string) Redactor { return Redactor{}.With(token) }

// With returns a Redactor that knows another token too, as it is and as URLs escape it.
func (r Redactor) With(token string) Redactor {
	if len(token) < minSecret {
		return r
	}
	spellings := append(r.spellings[:len(r.spellings):len(r.spellings)], token)
	for _, escaped := range [...]string{url.QueryEscape(token), url.PathEscape(token)} {
		if escaped != token {
			spellings = append(spellings, escaped, upperEscapes.ReplaceAllStringFunc(escaped, strings.ToLower))
		}
	}
	return Redactor{spellings}
}

var upperEscapes = regexp.MustCompile(`%[0-9A-F]{2}`)

// Text replaces every token in s.
func (r Redactor) Text(s string) string {
	for _, spelling := range r.spellings {
		s = strings.ReplaceAll(s, spelling, Mark)
	}
	return s
}

// Header returns h, or a copy if a token had to go: a transport may keep h.
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
	quoted   = regexp.MustCompile(`"(?:[^"\\]|\\.)*(?:"|$)`)
)

// Error makes an error's text fit for one line of ours: no token, no password of a URL, no control characters, bounded.
// errors.Is and errors.As still find what err is.
func (r Redactor) Error(err error) error { return reworded(err, r.line(err)) }

// Network is Error for an error of net/http, which quotes what it received and could not read.
func (r Redactor) Network(err error) error {
	return reworded(err, quoted.ReplaceAllString(r.line(err), `"`+ellipsis+`"`))
}

func (r Redactor) line(err error) string {
	return Line(userinfo.ReplaceAllString(r.Text(err.Error()), "//"+Mark+"@"), maxLine)
}

func reworded(err error, text string) error {
	if text == err.Error() {
		return err
	}
	return &redactedError{text: text, err: err}
}

type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.err, target) }
func (e *redactedError) As(target any) bool   { return errors.As(e.err, target) }

// Line replaces what is not printable by spaces and cuts s at a limit of bytes.
func Line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
	return cut(strings.TrimSpace(s), limit)
}

func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + ellipsis
}
