package confopenapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// Version is the version of this module.
const Version = "0.1.0"

// Client calls the conference open API. It is immutable and safe for concurrent use; make one and share it, because it
// holds the connections. The zero Client and a nil one return a *RequestError from every call.
type Client struct {
	base      *url.URL
	settings  settings
	pool      http.RoundTripper // owns the connections
	transport http.RoundTripper // pool within the middleware
}

// NewClient returns a client of the service at baseURL, which may have a path prefix, with or without a trailing slash:
// "https://host/prefix". It sends nothing. Everything that is wrong with baseURL and the options is reported at once, as
// *RequestErrors joined by errors.Join: a base URL that is empty, does not parse, has user information, a query or a
// fragment, or is plain http to another machine without WithInsecureHTTP; and every bad option.
func NewClient(baseURL string, opts ...Option) (*Client, error) {
	base, err := parseBaseURL(baseURL)
	return newClient(base, err, nil, defaultSettings(), opts)
}

// With returns a client with further options applied, as if they had been given to NewClient after the others. It shares
// this client's connections, unless WithHTTPClient is among the options. The errors are NewClient's.
func (c *Client) With(opts ...Option) (*Client, error) {
	if c.isZero() {
		return nil, &RequestError{Field: "client", Err: errZeroClient}
	}
	return newClient(c.base, nil, c, c.settings, opts)
}

func newClient(base *url.URL, baseErr error, parent *Client, old settings, opts []Option) (*Client, error) {
	s, errs := old.apply(opts)
	if baseErr == nil && base.Scheme == "http" && !s.insecureHTTP && !isLoopback(base.Hostname()) {
		baseErr = badRequest("baseURL",
			"plain http would show the token and personal data to the network: use https, or WithInsecureHTTP")
	}
	if baseErr != nil {
		errs = append([]error{baseErr}, errs...)
	}
	c := &Client{base: base, settings: s}
	switch {
	case s.httpClient != old.httpClient && s.httpClient.Transport != nil:
		c.pool = s.httpClient.Transport
	case s.httpClient != old.httpClient || parent == nil:
		c.pool = newTransport()
	default:
		c.pool = parent.pool
	}
	c.transport = c.pool
	for i := len(s.middleware) - 1; i >= 0 && len(errs) == 0; i-- {
		if c.transport = s.middleware[i](c.transport); isNil(c.transport) {
			errs = append(errs, badRequest("WithMiddleware", "middleware %d returned nil", i))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return c, nil
}

// CloseIdleConnections closes the connections that no call uses, also those of clients that share them. The client can
// be used on.
func (c *Client) CloseIdleConnections() {
	if c.isZero() {
		return
	}
	if pool, ok := c.pool.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

func (c *Client) isZero() bool { return c == nil || c.base == nil }

// CallOption changes one Call.
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
	var result T
	op := operation{
		path:    path,
		payload: func(token string) ([]byte, error) { return marshalWithToken(in, token) },
		decode: func(s *scan.Scanner) {
			var none T // an attempt before this one may have left something
			result = none
			decodeResult(s, &result)
		},
		loose: true,
	}
	for i, opt := range opts {
		apply, ok := opt.(callOptionFunc)
		if !ok || apply == nil {
			return result, Meta{}, badRequest("opts", "option %d is nil or not of this package", i)
		}
		apply(&op)
	}
	if err := checkPath(path); err != nil {
		return result, Meta{}, err
	}
	meta, err := c.post(ctx, op)
	if err != nil {
		var none T
		return none, meta, err
	}
	return result, meta, nil
}

// operation is what a call of one endpoint needs to know.
type operation struct {
	path       string
	text       func() string // the request's canonical text, for errors and logs; nil = none
	payload    func(token string) ([]byte, error)
	decode     func(*scan.Scanner) // of the result
	loose      bool                // the result may be null or absent
	repeatable bool
}

// name is the endpoint and the request in one line.
func (op operation) name() string {
	name := strings.TrimPrefix(op.path, "/")
	if op.text != nil {
		if text := op.text(); text != "" {
			name += "?" + text
		}
	}
	return name
}

// post makes one call: with a token, within the time, and once more with another token if the first was refused.
func (c *Client) post(ctx context.Context, op operation) (Meta, error) {
	switch {
	case c.isZero():
		return Meta{}, &RequestError{Field: "client", Err: errZeroClient}
	case ctx == nil:
		return Meta{}, badRequest("ctx", "the context is nil")
	}
	start := time.Now()
	if _, has := ctx.Deadline(); !has && c.settings.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.settings.timeout, callTimeoutError(c.settings.timeout))
		defer cancel()
	}
	token, err := c.token(ctx)
	if err != nil {
		return Meta{}, err
	}
	first := newExchange(ctx, c, op, token, start)
	meta, err := first.run()
	if err == nil || !errors.Is(err, ErrUnauthorized) || c.settings.source == nil {
		return meta, err
	}
	if source, ok := c.settings.source.(TokenInvalidator); ok {
		source.InvalidateToken(token)
	}
	if !op.repeatable {
		return meta, err
	}
	fresh, tokenErr := c.token(ctx)
	switch {
	case ctx.Err() != nil:
		return meta, first.interrupted("while fetching a fresh token")
	case tokenErr != nil:
		return meta, fmt.Errorf("%w; and there is no fresh token: %w", err, tokenErr)
	case fresh.Value.Equal(token.Value):
		return meta, err
	}
	second := newExchange(ctx, c, op, fresh, start)
	second.follows(first)
	return second.run()
}

// token asks the source, if there is one.
func (c *Client) token(ctx context.Context) (Token, error) {
	if c.settings.source == nil {
		return Token{}, nil
	}
	token, err := c.settings.source.Token(ctx)
	if err == nil {
		err = checkToken(token.Value.Reveal())
	}
	if err != nil {
		return Token{}, &RequestError{Field: "token", Err: redactor{token.Value.Reveal()}.hide(err)}
	}
	return token, nil
}

var (
	errBaseEmpty = errors.New("it is empty")
	errBaseParse = errors.New("it does not parse as a URL") // the parser's own words may show a password
)

func parseBaseURL(text string) (*url.URL, error) {
	fail := func(err error) (*url.URL, error) { return nil, &RequestError{Field: "baseURL", Err: err} }
	if strings.TrimSpace(text) == "" {
		return fail(errBaseEmpty)
	}
	u, err := url.Parse(text)
	if err != nil {
		return fail(errBaseParse)
	}
	port, portErr := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fail(errors.New("it must begin with https:// or http://"))
	case u.User != nil:
		return fail(errors.New("it has user information, which would end up in logs: use WithToken"))
	case u.Hostname() == "":
		return fail(errors.New("it has no host"))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return fail(errors.New("it has a query or fragment"))
	case u.Port() != "" && (portErr != nil || port == 0), strings.HasSuffix(u.Host, ":"):
		return fail(errors.New("its port is not in 1 to 65535"))
	}
	if u.Path == "" {
		u.Path = "/" // JoinPath would make a relative path otherwise
	}
	return u, nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
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

// decodeResult has encoding/json decode a result into whatever the caller of Call wants.
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
		reason = kind + " where " + wrong.Type.String() + " belongs"
		pos += max(0, int(wrong.Offset)-1)
	} else if wrong, ok := errors.AsType[*scan.Error](err); ok {
		reason = wrong.Reason
		pos += int(wrong.Offset)
	}
	s.Fail(pos, reason)
}
