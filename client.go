package confopenapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/confopenapi/confopenapi-go/internal/scan"
	"github.com/confopenapi/confopenapi-go/internal/send"
)

// Version is the version of this module. The User-Agent header sends it.
const Version = "0.1.0"

const listByStatusPath = "confopenapi/conference/listbystatus"

// Client calls the conference open API. It is immutable and safe for concurrent use. Make one and share it, because it holds
// the connections. The zero Client and a nil one return a *RequestError from every call.
type Client struct{ service *service }

// NewClient returns a client of the service at baseURL, such as "https://host" or "https://host/prefix". Requests go to
// baseURL + "/confopenapi/…". NewClient sends nothing.
//
// It reports everything that is wrong with the base URL and the options at once, as *RequestErrors joined by errors.Join. Plain http to
// another machine needs WithInsecureHTTP.
func NewClient(baseURL string, opts ...Option) (*Client, error) {
	base, err := parseBaseURL(baseURL)
	return newClient(&service{base: base, settings: new(defaultSettings()), sender: &send.Sender{Family: new(send.Family), Quota: new(send.Quota)}, tokens: new(servedTokens), memory: newMemory(Facts{})}, err, opts)
}

// With returns a client with further options. They replace this client's options; only middleware and observers are added. It shares
// this client's connections, retry budget, pacing and facts. With WithHTTPClient it shares nothing, and with WithFacts it has facts of
// its own. With a token option, refusals of other tokens do not slow it down. The errors are NewClient's.
func (c *Client) With(opts ...Option) (*Client, error) {
	if c == nil || c.service == nil {
		return nil, errZeroClient()
	}
	return newClient(c.service, nil, opts)
}

func newClient(old *service, baseErr error, opts []Option) (*Client, error) {
	s, errs := old.settings.apply(opts)
	if baseErr == nil && old.base.Scheme == "http" && !s.insecureHTTP && !isLoopback(old.base.Hostname()) {
		baseErr = badRequest("baseURL",
			"plain http would show the token and personal data to the network: use https, or WithInsecureHTTP")
	}
	if baseErr != nil {
		errs = append([]error{baseErr}, errs...)
	}
	if f := s.facts; f != nil && *f != (Facts{}) && old.base != nil && f.baseURL != old.base.String() {
		errs = append(errs, badRequest("WithFacts", "they are of another base URL: %.100q", f.baseURL))
	}
	connections, family, quota, memory := old.sender.Connections, old.sender.Family, old.sender.Quota, old.memory
	if s.httpClient != old.settings.httpClient { // it may lead to another service
		connections, family, quota, memory = s.httpClient.Transport, new(send.Family), new(send.Quota), newMemory(Facts{})
	}
	if s.facts != old.settings.facts {
		memory = newMemory(*s.facts)
	}
	tokens := old.tokens
	if s.newSource {
		quota, tokens = new(send.Quota), new(servedTokens)
	}
	if connections == nil {
		connections = send.NewTransport()
	}
	transport := send.Once(connections)
	for i := len(s.middleware) - 1; i >= 0 && len(errs) == 0; i-- {
		if transport = s.middleware[i](transport); isNil(transport) {
			errs = append(errs, badRequest("WithMiddleware", "middleware %d returned nil", i))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	timeout := s.attemptTimeout
	if own := s.httpClient.Timeout; own > 0 && (timeout == 0 || own < timeout) {
		timeout = own
	}
	return &Client{&service{base: old.base, list: old.base.JoinPath(listByStatusPath), settings: &s, tokens: tokens, memory: memory, sender: &send.Sender{
		Transport: transport, Connections: connections, Jar: s.httpClient.Jar, Limiter: s.limiter, Policy: send.Policy(s.retry),
		Family: family, Quota: quota, Paced: s.pacing, AttemptTimeout: timeout, MaxBytes: s.maxResponseBytes,
	}}}, nil
}

func errZeroClient() error { return badRequest("client", "it is nil or zero: use NewClient") }

// CloseIdleConnections closes the connections that no call uses, also those of clients that share them. The client remains
// usable. With WithHTTPClient it calls CloseIdleConnections of that client's transport, if it has that method.
func (c *Client) CloseIdleConnections() {
	if c == nil || c.service == nil {
		return
	}
	if closer, ok := c.service.sender.Connections.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// Facts returns what listings of this client learned, and listings of clients that With made of it. It sends nothing.
func (c *Client) Facts() Facts {
	if c == nil || c.service == nil {
		return Facts{}
	}
	return c.service.memory.facts(c.service.base)
}

// Format prints the base URL, whatever the verb, and nothing else of the client.
func (c Client) Format(f fmt.State, _ rune) {
	if c.service == nil {
		_, _ = io.WriteString(f, "confopenapi client, not made by NewClient")
		return
	}
	_, _ = io.WriteString(f, "confopenapi client of "+c.service.base.String())
}

// call makes one call.
func (c *Client) call(ctx context.Context, op operation) (Meta, error) {
	switch {
	case c == nil || c.service == nil:
		return Meta{}, errZeroClient()
	case ctx == nil:
		return Meta{}, badRequest("ctx", "the context is nil")
	}
	u := *c.service.list // a middleware may change it
	if op.path != listByStatusPath {
		u = *c.service.base.JoinPath(op.path)
	}
	op.url = &u
	return c.service.do(ctx, op)
}

// CallOption changes one Call. Idempotent makes the only one.
type CallOption interface{ callOption() }

type callOptionFunc func(*operation)

func (callOptionFunc) callOption() {}

// Idempotent says that the endpoint may safely be called twice, such as one that only reads. The call is then retried like
// ListByStatus, and sent again with another token if the first one is refused.
func Idempotent() CallOption { return callOptionFunc(func(op *operation) { op.repeatable = true }) }

// Call posts in as JSON to another endpoint of the service that has the same envelope, and decodes the result into a T. in is anything
// that marshals to a JSON object; nil is {}. A result that is null or absent leaves T zero: a pointer or json.RawMessage shows the
// difference. Meta is what is known of the response, also beside an error.
//
// Such an endpoint may create or end a meeting. So without Idempotent the request is sent again only if the service provably did
// nothing, as docs/extending.md says. A refused token is not replaced either.
//
// path is joined to the base URL. It is a *RequestError if it is empty, climbs with "..", has a query or is a full URL. The other errors
// are those of ListByStatus. Call is safe for concurrent use.
func Call[T any](ctx context.Context, c *Client, path string, in any, opts ...CallOption) (T, Meta, error) {
	var none T
	out := &callResult[T]{}
	op := operation{path: path, request: callRequest{in}, result: out, optional: true}
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
	meta, err := c.call(ctx, op)
	if err != nil {
		return none, meta, err
	}
	return out.value, meta, nil
}

// callRequest is what a Call sends. It has no canonical text, because any of its fields may be personal.
type callRequest struct{ in any }

func (callRequest) String() string { return "" }

// payload puts the token before the first field.
func (r callRequest) payload(token string) ([]byte, error) {
	if r.in == nil {
		r.in = struct{}{}
	}
	body, err := json.Marshal(r.in)
	if err != nil {
		return nil, &RequestError{Field: "in", Err: err}
	}
	s := scan.New(body)
	if s.Kind() != scan.Object {
		return nil, badRequest("in", "%T is no JSON object", r.in)
	}
	if token == "" {
		return body, nil
	}
	for more := s.Object(); more; more = s.NextField() {
		if string(s.Key()) == "token" {
			return nil, badRequest("in", "%T has a token of its own, beside the client's", r.in)
		}
		s.Skip()
	}
	out := scan.AppendString([]byte(`{"token":`), token)
	if rest := bytes.TrimPrefix(body, []byte("{")); len(rest) > 1 {
		return append(append(out, ','), rest...), nil
	}
	return append(out, '}'), nil
}

// callResult is where a Call puts the result.
type callResult[T any] struct{ value T }

// decode has encoding/json decode the result. What it quotes of a value is left out of the error.
func (r *callResult[T]) decode(s *scan.Scanner) {
	r.value = *new(T) // an earlier attempt may have left something
	if own, ok := any(&r.value).(result); ok {
		if !s.Null() {
			own.decode(s)
		}
		return
	}
	pos := s.Pos()
	raw := s.Raw()
	if raw == nil {
		return
	}
	err := json.Unmarshal(raw, &r.value)
	if err == nil {
		return
	}
	reason := "a result that does not decode into " + reflect.TypeFor[T]().String()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(wrong.Value, " ") // what follows is the value
		reason += ": " + kind + " where " + wrong.Type.String() + " belongs"
		result := reflect.TypeFor[T]()
		if result.Kind() == reflect.Pointer {
			result = result.Elem()
		}
		if field, _, _ := strings.Cut(wrong.Field, "."); field != "" && result.Kind() == reflect.Struct {
			reason += " in " + field // further names can be keys of a map, which are data
		}
	} else if wrong, ok := errors.AsType[*scan.Error](err); ok {
		reason += ": " + wrong.Reason
	}
	s.Fail(pos, reason)
}

func checkPath(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return badRequest("path", "it does not parse")
	}
	switch {
	case u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(text, "//"):
		return badRequest("path", "it is a full URL: give the path below the base URL")
	case strings.ContainsAny(text, "?#"):
		return badRequest("path", "it has a query or fragment")
	case strings.Trim(u.Path, "/") == "":
		return badRequest("path", "it is empty")
	case path.Clean("/"+u.Path) != "/"+strings.Trim(u.Path, "/") || strings.Contains(u.Path, `\`) || dotParameters.MatchString(u.Path):
		return badRequest("path", "it has empty, dot or backslash segments")
	}
	return nil
}

// dotParameters finds segments such as "..;v=1", which some servers take for "..", and those that have nothing before the ";".
var dotParameters = regexp.MustCompile(`(^|/)\.*;`)

func parseBaseURL(text string) (*url.URL, error) {
	fail := func(why string) (*url.URL, error) { return nil, badRequest("baseURL", "%s", why) }
	text = strings.TrimFunc(text, isBlank)
	switch {
	case text == "":
		return fail("it is empty")
	case strings.ContainsFunc(text, isBlank):
		return fail("it has a blank or an invisible character inside")
	}
	u, err := url.Parse(text)
	if err != nil {
		return fail("it does not parse as a URL") // the parser's own words may show a password
	}
	port, portErr := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fail("it must begin with https:// or http://")
	case u.User != nil:
		return fail("it has user information, which would end up in logs: use WithToken")
	case u.Hostname() == "":
		return fail("it has no host")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return fail("it has a query or fragment")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/"+listByStatusPath):
		return fail("it ends in the endpoint's own path: give what comes before /confopenapi")
	case u.Port() != "" && (portErr != nil || port == 0), strings.HasSuffix(u.Host, ":"):
		return fail("its port is not in 1 to 65535")
	}
	if u.Path == "" {
		u.Path = "/" // JoinPath would make a relative path otherwise
	}
	return u, nil
}

// isBlank reports white space and invisible characters, which can come along when a URL is pasted.
func isBlank(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
