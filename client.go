package confopenapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/scan"
)

// Version is the version of this module, which the User-Agent header tells the service.
const Version = "0.1.0"

// Client calls the conference open API. It is immutable and safe for concurrent use; make one and share it, because it
// holds the connections. The zero Client and a nil one return a *RequestError from every call.
type Client struct {
	base      *url.URL
	list      *url.URL // base with listByStatusPath
	settings  settings
	pool      http.RoundTripper // owns the connections
	transport http.RoundTripper // pool within the middleware
	budget    *budget           // of retries, shared with the clients derived from this one
}

// NewClient returns a client of the service at baseURL, which may have a path prefix, with or without a trailing slash:
// "https://host/prefix". Requests go to baseURL with the endpoint's path, which begins with /confopenapi, appended. NewClient
// sends nothing. Everything that is wrong with baseURL and the options is reported at once, as
// *RequestErrors joined by errors.Join: a base URL that is empty, does not parse, has user information, a query or a
// fragment, ends in the endpoint's own path, or is plain http to another machine without WithInsecureHTTP; and the first
// thing that is wrong with each option.
func NewClient(baseURL string, opts ...Option) (*Client, error) {
	base, err := parseBaseURL(baseURL)
	return newClient(base, err, nil, defaultSettings(), opts)
}

// With returns a client with further options applied. What they set replaces what this client has, a token its token source
// and the reverse, except that WithMiddleware adds further in. It shares this client's connections, unless WithHTTPClient is
// among the options, and what both spend of their retry budgets (RetryPolicy). The errors are NewClient's.
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
	c := &Client{base: base, settings: s, budget: new(budget)}
	if base != nil {
		c.list = base.JoinPath(listByStatusPath)
	}
	if parent != nil {
		c.budget = parent.budget
	}
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

// CloseIdleConnections closes the connections that no call uses, also those of clients that share them. The client
// remains usable. With a transport of WithHTTPClient it does what that one does.
func (c *Client) CloseIdleConnections() {
	if c.isZero() {
		return
	}
	if pool, ok := c.pool.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// String names the base URL, and nothing else of the client.
func (c Client) String() string {
	if c.base == nil {
		return "confopenapi client of nothing"
	}
	return "confopenapi client of " + c.base.String()
}

// Format prints what String returns, whatever the verb: a token source may hold tokens in the open.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue shows what String shows.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c *Client) url(path string) *url.URL {
	if path != listByStatusPath {
		return c.base.JoinPath(path)
	}
	u := *c.list
	return &u
}

func (c *Client) isZero() bool { return c == nil || c.base == nil }

// operation is what a call of one endpoint needs to know.
type operation struct {
	path       string
	request    request
	result     result
	loose      bool // the result may be null or absent
	repeatable bool
	paced      bool // a refusal for too many requests is not retried: it concerns all requests of a listing, which then pauses
}

// request is what a call sends.
type request interface {
	String() string // its canonical text, for errors and logs; "" = none
	payload(token string) ([]byte, error)
}

// result is where a call puts what it gets.
type result interface{ decode(s *scan.Scanner) }

// name is the endpoint and the request in one line.
func (op operation) name() string {
	name := strings.TrimPrefix(strings.TrimPrefix(op.path, "/"), "confopenapi/")
	if text := op.request.String(); text != "" {
		name += "?" + text
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
	first := newExchange(ctx, c, op, time.Now())
	defer first.release()
	if err := first.authenticate(); err != nil {
		return first.meta, err
	}
	meta, err := first.run()
	if !first.unauthorized() || !op.repeatable || c.settings.static {
		return meta, err
	}
	second := newExchange(ctx, c, op, first.start)
	defer second.release()
	second.follow(first)
	switch tokenErr := second.authenticate().(type) {
	case *TransportError: // the call is over
		return second.meta, tokenErr
	case *RequestError:
		trailOf(err).note = "there is no fresh token: " + tokenErr.Err.Error()
		return meta, err
	}
	if second.token.Value.Equal(first.token.Value) {
		trailOf(err).note = "the token source gave the same token again"
		return meta, err
	}
	meta, err = second.run()
	second.unauthorized()
	return meta, err
}

func parseBaseURL(text string) (*url.URL, error) {
	fail := func(why string) (*url.URL, error) { return nil, badRequest("baseURL", "%s", why) }
	if strings.TrimSpace(text) == "" {
		return fail("it is empty")
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

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
