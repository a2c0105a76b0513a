package confopenapi

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	ellipsis      = "…"
	maxErrorText  = 256 // bytes of somebody else's words in one of our lines
	maxSample     = 256 // bytes of a redacted body
	maxSampleFrom = 2 << 10
	minEcho       = 3 // bytes: a shorter token is no secret, and replacing it would shred the text
)

// redactor takes a call's token out of what the server and the network say, should they repeat it.
type redactor struct{ spellings []string }

// newRedactor knows the token as it is and as URLs escape it.
func newRedactor(token string) redactor {
	if len(token) < minEcho {
		return redactor{}
	}
	r := redactor{[]string{token}}
	for _, escaped := range [...]string{url.QueryEscape(token), url.PathEscape(token)} {
		if escaped != token {
			r.spellings = append(r.spellings, escaped, upperEscapes.ReplaceAllStringFunc(escaped, strings.ToLower))
		}
	}
	return r
}

var upperEscapes = regexp.MustCompile(`%[0-9A-F]{2}`)

func (r redactor) text(s string) string {
	for _, spelling := range r.spellings {
		s = strings.ReplaceAll(s, spelling, redacted)
	}
	return s
}

// header returns h, or a copy where something had to go: a transport may keep h.
func (r redactor) header(h http.Header) http.Header {
	copied := false
	for name, values := range h {
		for i, value := range values {
			clean := r.text(value)
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

// line makes somebody else's error text fit for one line of ours: no token, no password of a proxy's URL, no control
// characters, bounded.
func (r redactor) line(s string) string {
	return oneLine(userinfo.ReplaceAllString(r.text(s), "//"+redacted+"@"), maxErrorText)
}

// foreign hides more than hide does: net/http quotes what it received and could not read.
func (r redactor) foreign(err error) error {
	return reworded(err, quoted.ReplaceAllString(r.line(err.Error()), `"`+ellipsis+`"`))
}

// hide does to an error's text what line does. What err is still matches errors.Is and errors.As.
func (r redactor) hide(err error) error { return reworded(err, r.line(err.Error())) }

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
// words that error pages are made of. It is for a person who has to find out what answered instead of the service.
func (r redactor) sample(body []byte) string {
	text := r.text(string(body[:min(len(body), maxSampleFrom)]))
	text = strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF"))
	if text == "" {
		return ""
	}
	if strings.ContainsRune(`{["`, rune(text[0])) {
		return cut(outline(text), maxSample)
	}
	return oneLine(masks.ReplaceAllString(words.ReplaceAllStringFunc(text, maskWord), ellipsis), maxSample)
}

var (
	jsonPart = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*(?:"\s*:?|$)|[^\s"{}\[\],:]+|\s+`)
	jsonName = regexp.MustCompile(`^"([A-Za-z_]\w{0,39})"\s*:$`)
	literal  = regexp.MustCompile(`^(?:true|false|null)$`)
	code     = regexp.MustCompile(`^-?\d{1,6}$`)
)

// outline keeps a JSON text's punctuation, names and literals, and the numbers that are codes.
func outline(text string) string {
	name := ""
	return jsonPart.ReplaceAllStringFunc(text, func(part string) string {
		of := name
		if strings.TrimSpace(part) != "" {
			name = ""
		}
		switch {
		case strings.TrimSpace(part) == "":
			return ""
		case jsonName.MatchString(part):
			name = jsonName.FindStringSubmatch(part)[1]
			return `"` + name + `":`
		case part == `""`, literal.MatchString(part), (of == "status" || of == "code") && code.MatchString(part):
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
	words = regexp.MustCompile(`[^\s<>/"'=()!,.:;?&#%\[\]{}|-]+`)
	masks = regexp.MustCompile(`…(?:[^<>…]{0,3}…)+`)
)

func maskWord(word string) string {
	if vocabulary[strings.ToLower(word)] {
		return word
	}
	return ellipsis
}

// vocabulary is what the error pages of gateways say, and nothing that could be a name or a code.
var vocabulary = func() map[string]bool {
	known := map[string]bool{}
	add := func(text string) {
		for word := range strings.FieldsSeq(strings.ToLower(text)) {
			known[strings.Trim(word, "'")] = true
		}
	}
	add("html head title body center div span script style meta doctype h1 h2 h3 hr br p a b " +
		"nginx openresty tengine apache tomcat envoy haproxy varnish squid cloudflare iis istio kong traefik " +
		"the is was to of in an and or not for by on at this that it you your we be been has have can could " +
		"error errors page server client host proxy upstream connect connection connected reset refused before headers " +
		"retry later please try again temporarily maintenance access denied blocked firewall login log sign portal welcome " +
		"invalid missing token expired session failed failure unable handle overloaded limit exceeded rate internet wifi " +
		"network guest hotel http https json xml message code status hello")
	for code := 100; code < 600; code++ {
		if text := http.StatusText(code); text != "" {
			add(strconv.Itoa(code) + " " + text)
		}
	}
	return known
}()
