package confopenapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/confopenapi/confopenapi-go"
)

// problem is one way in which a request breaks the documented contract.
type problem struct {
	status int // of HTTP
	text   string
	minor  bool // a lenient server accepts it
}

// checkRequest checks everything that is documented about a request except its body.
func checkRequest(r *http.Request) []problem {
	var found []problem
	minor := func(status int, text string) { found = append(found, problem{status, text, true}) }
	if !strings.HasSuffix(r.URL.Path, endpoint) {
		return []problem{{status: http.StatusNotFound, text: "the path must end in " + endpoint}}
	}
	if r.Method != http.MethodPost {
		return []problem{{status: http.StatusMethodNotAllowed, text: "the method is " + r.Method + " and must be POST"}}
	}
	switch kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case r.Header.Get("Content-Type") == "":
		minor(http.StatusUnsupportedMediaType, "the content-type is missing and must be application/json")
	case err != nil || kind != "application/json":
		minor(http.StatusUnsupportedMediaType, "the content-type is "+clip(r.Header.Get("Content-Type"), 60)+" and must be application/json")
	}
	if accept := r.Header.Get("Accept"); accept != "" && !acceptsJSON(accept) {
		minor(http.StatusNotAcceptable, "accept is "+clip(accept, 60)+" and must allow application/json")
	}
	if r.URL.RawQuery != "" {
		minor(http.StatusBadRequest, "the URL has a query string, which is not documented")
	}
	return found
}

func acceptsJSON(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		kind, _, err := mime.ParseMediaType(part)
		if err == nil && (kind == "application/json" || kind == "application/*" || kind == "*/*") {
			return true
		}
	}
	return false
}

// readBody returns the request and the token of a body, and its problems.
func readBody(body []byte) (req confopenapi.ListByStatusRequest, token string, found []problem) {
	documented := map[string]struct {
		into any
		kind string
	}{
		"filterOneAttendee": {&req.FilterOneAttendee, "a boolean"},
		"adminUserId":       {&req.AdminUserID, "an integer (long)"},
		"page":              {&req.Page, "an integer"},
		"count":             {&req.Count, "an integer"},
		"token":             {&token, "a string"},
	}
	add := func(minor bool, format string, args ...any) {
		found = append(found, problem{http.StatusBadRequest, fmt.Sprintf(format, args...), minor})
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		add(false, "the body is not a JSON object")
		return req, token, found
	}
	seen := map[string]bool{}
	for decoder.More() {
		var raw json.RawMessage
		name, err := decoder.Token()
		if err != nil || decoder.Decode(&raw) != nil {
			break // the check of the closing brace reports it
		}
		key := fmt.Sprint(name)
		if seen[key] {
			add(true, "field %q comes twice", clip(key, 40))
		}
		seen[key] = true
		field, ok := documented[key]
		if !ok {
			add(true, "field %q is not documented", clip(key, 40))
		} else if string(raw) == "null" || json.Unmarshal(raw, field.into) != nil {
			add(false, "field %q is %s and must be %s", key, kindOf(raw), field.kind)
		} else if n, ok := field.into.(*int); ok && *n < 1 {
			add(true, "%s is %d and must be at least 1", key, *n)
			*n = 0
		}
	}
	if end, err := decoder.Token(); err != nil || end != json.Delim('}') {
		add(false, "the body is not valid JSON")
	} else if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		add(false, "the body continues after the object")
	}
	return req, token, found
}

// kindOf names the kind of a value, for messages that must not show the value.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number of another kind or size"
}
