package confopenapi

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	ellipsis      = "…"
	maxErrorText  = 256 // bytes of somebody else's words in one of our lines
	maxSample     = 256 // bytes of a redacted body
	maxSampleFrom = 2 << 10
	minEcho       = 3 // a shorter token is no secret, and replacing it would shred the text
)

// redactor takes a call's token out of what the server and the network say, should they repeat it.
type redactor struct{ token string }

func (r redactor) text(s string) string {
	if len(r.token) < minEcho {
		return s
	}
	s = strings.ReplaceAll(s, r.token, redacted)
	if escaped := url.QueryEscape(r.token); escaped != r.token {
		s = strings.ReplaceAll(s, escaped, redacted)
	}
	return s
}

// header changes h in place: it belongs to the one response.
func (r redactor) header(h http.Header) http.Header {
	for _, values := range h {
		for i := range values {
			values[i] = r.text(values[i])
		}
	}
	return h
}

var userinfo = regexp.MustCompile(`//[^/@\s"]*@`)

// line makes somebody else's error text fit for one line of ours: no token, no password of a proxy's URL, no control
// characters, bounded.
func (r redactor) line(s string) string {
	return oneLine(userinfo.ReplaceAllString(r.text(s), "//"+redacted+"@"), maxErrorText)
}

// hide does to an error's text what line does. What err is still matches errors.Is and errors.As.
func (r redactor) hide(err error) error {
	if text := r.line(err.Error()); text != err.Error() {
		return &redactedError{text: text, err: err}
	}
	return err
}

type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.err, target) }
func (e *redactedError) As(target any) bool   { return errors.As(e.err, target) }

// oneLine replaces what is not printable by spaces and cuts s at a limit.
func oneLine(s string, limit int) string {
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

// sample shows what a body looks like without what it says: of JSON the structure and the names, of any other text the
// plain words. It is for a person who has to find out what answered instead of the service.
func (r redactor) sample(body []byte) string {
	body = []byte(r.text(string(body[:min(len(body), maxSampleFrom)])))
	text := strings.TrimSpace(strings.TrimPrefix(string(body), "\uFEFF"))
	if text == "" {
		return ""
	}
	if strings.ContainsRune(`{["`, rune(text[0])) {
		return cut(outline(text), maxSample)
	}
	return oneLine(words.ReplaceAllStringFunc(text, maskWord), maxSample)
}

var (
	jsonPart = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*(?:"\s*:?|$)|[^\s"{}\[\],:]+|\s+`)
	jsonName = regexp.MustCompile(`^"([A-Za-z_]\w{0,39})"\s*:$`)
	harmless = regexp.MustCompile(`^(?:true|false|null|-?\d{1,4})$`)
)

// outline keeps a JSON text's punctuation, names, short numbers and literals.
func outline(text string) string {
	return jsonPart.ReplaceAllStringFunc(text, func(part string) string {
		switch {
		case strings.TrimSpace(part) == "":
			return ""
		case jsonName.MatchString(part):
			return `"` + jsonName.FindStringSubmatch(part)[1] + `":`
		case strings.HasPrefix(part, `""`), harmless.MatchString(part):
			return part
		case part[0] == '"' && strings.HasSuffix(part, ":"):
			return `"` + ellipsis + `":`
		case part[0] == '"':
			return `"` + ellipsis + `"`
		}
		return ellipsis
	})
}

var (
	words     = regexp.MustCompile(`[^\s<>/"'=()!,;?&#%]+`)
	plainWord = regexp.MustCompile(`^(?:[A-Z]?[a-z]{0,15}|[A-Z]{1,5}|DOCTYPE|\d{1,3}|\d\.\d{1,2})[.:]?$`)
)

// maskWord keeps a word that cannot be an address, a number of a phone, a code or a name.
func maskWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return ellipsis
}
