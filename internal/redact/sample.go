package redact

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const (
	maxSample     = 256     // bytes of a sample
	maxSampleFrom = 2 << 10 // bytes of the body that it is made of
)

// Sample shows what a body looks like without what it says: the structure and the names of a JSON text, the words that error
// pages are made of from any other text. It is for a person who has to find out what responded instead of the service.
func (r Redactor) Sample(body []byte) string {
	text := r.Text(string(body[:min(len(body), maxSampleFrom)]))
	text = strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF"))
	if text == "" {
		return ""
	}
	if strings.ContainsRune(`{["`, rune(text[0])) {
		return cut(outline(text), maxSample)
	}
	return Line(masks.ReplaceAllString(words.ReplaceAllStringFunc(text, maskWord), ellipsis), maxSample)
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
