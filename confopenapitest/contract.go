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
	status int // of HTTP, that says so
	text   string
	minor  bool // the request makes sense all the same
}

// grave are those that lenience cannot overlook.
func grave(problems []problem) []problem {
	var left []problem
	for _, p := range problems {
		if !p.minor {
			left = append(left, p)
		}
	}
	return left
}

// checkRequest looks at everything that is documented about a request.
func checkRequest(r *http.Request) []problem {
	var found []problem
	minor := func(status int, text string) { found = append(found, problem{status, text, true}) }
	if !strings.HasSuffix(r.URL.Path, endpoint) {
		return []problem{{status: http.StatusNotFound, text: "there is no such endpoint; the documented one is " + endpoint}}
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
		minor(http.StatusBadRequest, "there is a query string, which is not documented")
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

// readBody finds out what a body asks for, its token, and all that is wrong with it.
func readBody(body []byte) (req confopenapi.ListByStatusRequest, token string, found []problem) {
	bad := func(text string) { found = append(found, problem{http.StatusBadRequest, text, false}) }
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		bad("the body is no JSON object")
		return req, "", found
	}
	seen := map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			bad("the body is no valid JSON")
			return req, "", found
		}
		key := fmt.Sprint(name)
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			bad("the body is no valid JSON")
			return req, token, found
		}
		if seen[key] {
			found = append(found, problem{http.StatusBadRequest, fmt.Sprintf("member %q comes twice", clip(key, 40)), true})
		}
		seen[key] = true
		if err := readMember(key, raw, &req, &token); err != nil {
			_, odd := err.(oddMember)
			found = append(found, problem{http.StatusBadRequest, err.Error(), odd})
		}
	}
	if _, err := decoder.Token(); err != nil {
		bad("the body is no valid JSON")
	} else if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		bad("the body goes on after the object")
	}
	return req, token, found
}

// oddMember is an error in spite of which a request makes sense.
type oddMember string

func (e oddMember) Error() string { return string(e) }

func readMember(name string, raw json.RawMessage, req *confopenapi.ListByStatusRequest, token *string) error {
	switch name {
	case "filterOneAttendee":
		var filter bool
		if err := fill(name, raw, &filter, "a boolean"); err != nil {
			return err
		}
		req.FilterOneAttendee = &filter
	case "adminUserId":
		return fill(name, raw, &req.AdminUserID, "an integer (long)")
	case "page":
		return fillPositive(name, raw, &req.Page, "pages count from 1")
	case "count":
		return fillPositive(name, raw, &req.Count, "a page has at least one conference")
	case "token":
		return fill(name, raw, token, "a string")
	default:
		return oddMember(fmt.Sprintf("member %q is not documented", clip(name, 40)))
	}
	return nil
}

// fill decodes a member, and tells its kind but not its value if it is of another.
func fill(name string, raw json.RawMessage, into any, want string) error {
	if string(raw) == "null" || json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("member %q is %s and must be %s", name, kindOf(raw), want)
	}
	return nil
}

func fillPositive(name string, raw json.RawMessage, into *int, why string) error {
	var n int
	if err := fill(name, raw, &n, "an integer"); err != nil {
		return err
	}
	if n < 1 {
		return oddMember(fmt.Sprintf("%s is %d: %s", name, n, why))
	}
	*into = n
	return nil
}

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
