package confopenapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"reflect"
	"strings"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// CallOption changes one Call. Idempotent makes the only one.
type CallOption interface{ callOption() }

type callOptionFunc func(*operation)

func (callOptionFunc) callOption() {}

// Idempotent says that the endpoint may safely be called twice, as one that only reads: the call is then retried like
// ListByStatus, and replayed with a fresh token.
func Idempotent() CallOption { return callOptionFunc(func(op *operation) { op.repeatable = true }) }

// Call posts in as JSON to another endpoint of the service that has the same envelope, with this package's
// authentication, limits, redaction and errors, and decodes the result into a T. A result that is null or absent leaves
// T zero: let T be a pointer or json.RawMessage to tell. in is anything that marshals to a JSON object; nil is {}.
//
// Such an endpoint may create or end a meeting, so a call is repeated only if the request provably never left (no
// connection came about) or was answered 429, unless Idempotent is passed. In particular a refused token is not replayed,
// though its source is told.
//
// path is joined to the base URL. One that is empty, climbs with "..", has a query or is a full URL is a *RequestError.
// The other errors are those of ListByStatus; Meta is what is known of the answer, also beside an error. Call is safe for
// concurrent use.
func Call[T any](ctx context.Context, c *Client, path string, in any, opts ...CallOption) (T, Meta, error) {
	var none T
	out := &callResult[T]{}
	op := operation{path: path, request: callRequest{in}, result: out, loose: true}
	for i, opt := range opts {
		apply, ok := opt.(callOptionFunc)
		if !ok || apply == nil {
			return none, Meta{}, badRequest("opts", "option %d is nil or not of this package", i)
		}
		apply(&op)
	}
	if err := checkPath(path); err != nil {
		return none, Meta{}, err
	}
	meta, err := c.post(ctx, op)
	if err != nil {
		return none, meta, err
	}
	return out.value, meta, nil
}

// callRequest is what a Call sends. It has no canonical text, since nobody knows what in it is personal.
type callRequest struct{ in any }

func (callRequest) String() string { return "" }

func (r callRequest) payload(token string) ([]byte, error) { return marshalWithToken(r.in, token) }

// callResult is where a Call puts what it gets.
type callResult[T any] struct{ value T }

func (r *callResult[T]) decode(s *scan.Scanner) {
	var none T // an attempt before this one may have left something
	r.value = none
	decodeResult(s, &r.value)
}

func checkPath(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return badRequest("path", "it does not parse")
	case u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(text, "//"):
		return badRequest("path", "it is a full URL: give the path below the base URL")
	case strings.ContainsAny(text, "?#"):
		return badRequest("path", "it has a query or fragment")
	case strings.Trim(u.Path, "/") == "":
		return badRequest("path", "it is empty")
	case path.Clean("/"+u.Path) != "/"+strings.Trim(u.Path, "/") || strings.Contains(u.Path, `\`):
		return badRequest("path", "it has empty, dot or backslash segments")
	}
	return nil
}

// marshalWithToken marshals in, and puts the token before its first member.
func marshalWithToken(in any, token string) ([]byte, error) {
	if in == nil {
		in = struct{}{}
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, &RequestError{Field: "in", Err: err}
	}
	s := scan.New(body)
	if s.Kind() != scan.Object {
		return nil, badRequest("in", "%T is no JSON object", in)
	}
	if token == "" {
		return body, nil
	}
	rest := bytes.TrimPrefix(body, []byte("{"))
	for more := s.Object(); more; more = s.NextMember() {
		if string(s.Key()) == "token" {
			return nil, badRequest("in", "%T has a token of its own, beside the client's", in)
		}
		s.Skip()
	}
	out := append(scan.AppendString([]byte(`{"token":`), token), ',')
	if len(rest) == 1 {
		out = out[:len(out)-1]
	}
	return append(out, rest...), nil
}

// decodeResult has encoding/json decode a result into whatever the caller of Call wants. Where in the result it failed
// is told exactly for this package's models only: what a type's own UnmarshalJSON reports is relative to a text that it
// alone knows.
func decodeResult(s *scan.Scanner, result any) {
	pos := s.Pos()
	raw := s.Raw()
	if raw == nil {
		return
	}
	err := json.Unmarshal(raw, result)
	if err == nil {
		return
	}
	reason := "a result that does not decode into " + reflect.TypeOf(result).Elem().String()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(wrong.Value, " ") // what follows is the value itself
		reason += ": " + kind + " where " + wrong.Type.String() + " belongs"
		if wrong.Field != "" {
			reason += " in " + wrong.Field
		}
	} else if wrong, ok := errors.AsType[*scan.Error](err); ok {
		switch result.(type) {
		case *Conference, *ConfList:
			pos += int(wrong.Offset)
			reason = wrong.Reason
		default:
			reason += ": " + wrong.Reason
		}
	}
	s.Fail(pos, reason)
}
