package confopenapi

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/redact"
)

// Option changes what NewClient and Client.With make. The order of different options never matters; of one option given
// twice the last counts, except that WithMiddleware adds up.
type Option interface{ option() }

type optionFunc func(*settings) error

func (optionFunc) option() {}

// The defaults of the options.
const (
	defaultAttemptTimeout   = 15 * time.Second
	defaultTimeout          = 60 * time.Second
	defaultMaxResponseBytes = 16 << 20
	defaultMaxAttempts      = 4
	defaultMinWait          = 250 * time.Millisecond
	defaultMaxWait          = 5 * time.Second
	defaultMaxRetryAfter    = 30 * time.Second
	defaultBudget           = 3000

	userAgent = "confopenapi-go/" + Version
)

// settings is what the options say. A client never changes its own.
type settings struct {
	source           TokenSource // nil = requests carry no token
	static           bool        // source is a fixed token
	placement        TokenPlacement
	httpClient       *http.Client // without a Transport: the client's own
	middleware       []func(http.RoundTripper) http.RoundTripper
	retry            RetryPolicy
	attemptTimeout   time.Duration
	timeout          time.Duration
	limiter          Limiter
	logger           *slog.Logger
	userAgent        string
	maxResponseBytes int64
	statusErrors     map[int]error
	insecureHTTP     bool
}

func defaultSettings() settings {
	return settings{
		httpClient: &http.Client{},
		retry: RetryPolicy{
			MaxAttempts: defaultMaxAttempts, MinWait: defaultMinWait, MaxWait: defaultMaxWait,
			MaxRetryAfter: defaultMaxRetryAfter, Budget: defaultBudget,
		},
		attemptTimeout:   defaultAttemptTimeout,
		timeout:          defaultTimeout,
		logger:           slog.New(slog.DiscardHandler),
		userAgent:        userAgent,
		maxResponseBytes: defaultMaxResponseBytes,
	}
}

// apply returns what the options make of s, and everything that is wrong with them. s stays as it is.
func (s settings) apply(opts []Option) (settings, []error) {
	var errs []error
	s.middleware = slices.Clone(s.middleware)
	source, static := s.source, s.static
	s.source = nil
	for i, opt := range opts {
		apply, ok := opt.(optionFunc)
		if !ok || apply == nil {
			errs = append(errs, badRequest("opts", "option %d is nil or not of this package", i))
			continue
		}
		if err := apply(&s); err != nil {
			errs = append(errs, err)
		}
	}
	if s.source == nil {
		s.source, s.static = source, static
	}
	return s, errs
}

// WithToken authenticates every request with a fixed token (token, 鉴权 token, documented). A token that the service
// refuses is ErrUnauthorized at once: there is no other to try. Use WithTokenSource for tokens that expire.
// The token must be a valid header value: printable, and without spaces or line breaks around it.
func WithToken(token string) Option {
	return optionFunc(func(s *settings) error {
		if err := checkToken(token); err != nil {
			return &RequestError{Field: "WithToken", Err: err}
		}
		return s.setSource("WithToken", &fixedToken{Token{Value: NewSecret(token)}, redact.New(token)}, true)
	})
}

// WithTokenSource asks src for the token of every call, and once more after the service refused it: if it gives another, the
// call is repeated with that, once, unless it is a Call without Idempotent. Wrap a source that fetches with CacheTokens.
func WithTokenSource(src TokenSource) Option {
	return optionFunc(func(s *settings) error {
		if cache, ok := src.(*tokenCache); isNil(src) || ok && isNil(cache.src) {
			return badRequest("WithTokenSource", "the source is nil")
		}
		return s.setSource("WithTokenSource", src, false)
	})
}

func (s *settings) setSource(option string, src TokenSource, static bool) error {
	if s.source != nil && s.static != static {
		return badRequest(option, "WithToken and WithTokenSource exclude each other")
	}
	s.source, s.static = src, static
	return nil
}

// WithTokenPlacement says where requests carry the token. The default is TokenInHeader.
func WithTokenPlacement(p TokenPlacement) Option {
	return optionFunc(func(s *settings) error {
		if p < TokenInHeader || p > TokenInBoth {
			return badRequest("WithTokenPlacement", "%d is no placement", int(p))
		}
		s.placement = p
		return nil
	})
}

// WithHTTPClient sends requests through hc's Transport and Jar: for proxies, client certificates, tests. hc is copied;
// its redirect policy is replaced, because a redirect would take the token along. A Timeout of hc bounds each attempt, if
// it is shorter than WithAttemptTimeout. Without a Transport the client has its own. A Transport must give up when a
// request's context ends, while sending as well as while its answer's body is read.
//
// The default transport honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY like net/http. It speaks HTTP/2 where the server does,
// and notices by pings within 10 s that such a connection has died without a word. An *http.Transport of yours needs
// HTTP2: &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second} for the same.
func WithHTTPClient(hc *http.Client) Option {
	return optionFunc(func(s *settings) error {
		if hc == nil || hc.Transport != nil && isNil(hc.Transport) {
			return badRequest("WithHTTPClient", "the client or its Transport is nil")
		}
		if hc.Timeout < 0 {
			return badRequest("WithHTTPClient", "its Timeout %s is negative", hc.Timeout)
		}
		s.httpClient = &http.Client{Transport: hc.Transport, Jar: hc.Jar, Timeout: hc.Timeout}
		return nil
	})
}

// WithMiddleware wraps the transport, for tracing, metrics and signing: each attempt passes through every mw, the first
// is outermost. It sees the token. Given again, it adds further in.
func WithMiddleware(mw ...func(http.RoundTripper) http.RoundTripper) Option {
	return optionFunc(func(s *settings) error {
		if slices.ContainsFunc(mw, func(m func(http.RoundTripper) http.RoundTripper) bool { return m == nil }) {
			return badRequest("WithMiddleware", "a middleware is nil")
		}
		s.middleware = append(s.middleware, mw...)
		return nil
	})
}

// RetryPolicy says how often and how patiently a call is tried again. A zero field means its default.
//
// The Budget is there so that a service in trouble does not get MaxAttempts times the load. All calls of a client share
// it. A retry takes one from it, every three answers of a service that works give one back: results, and the business
// statuses and HTTP 4xx that are not retried. The first attempt of a call is always free. Once the budget is exhausted, a
// call that fails is not retried, and its error says so. Three more answers then pay for one retry; three times the Budget,
// 9,000 by default, fill it up again.
//
// The default is what 1,000 calls in flight need to outlast a short outage, with the three retries of each. A service that
// fails a fifth of all attempts causes 0.2 + 0.04 + 0.008 = 0.248 retries a call, and its answers give 0.333 back, so the
// budget never runs out. At about a quarter the two are equal; above it the budget runs out in the end, and from then on
// retries add a third to the load at the most. To a lasting outage a client adds 3,000 attempts: 100 callers make them in
// about 14 s, 10 in more than two minutes. A client that is one of many should have less, such as three retries for each of
// its calls in flight.
type RetryPolicy struct {
	MaxAttempts   int           // how often a call is sent at the most, from 1, which is no retry; default 4
	MinWait       time.Duration // the wait before the second attempt; it doubles each time, and half of it is random; at most MaxWait; default 250 ms
	MaxWait       time.Duration // the longest wait that the client chooses; default 5 s
	MaxRetryAfter time.Duration // the longest wait that the server may ask for: beyond it the call fails at once; default 30 s
	Budget        int           // how many retries all calls together may make, beyond those that answers give back; negative = no limit; default 3,000
}

// WithRetry replaces the retry policy. What is retried: the HTTP statuses 408, 425, 429 and 5xx except 501 and 505,
// network failures and answers that break off, and once a JSON text that ends too early. A wait that would outlast the
// context's deadline is not begun: the call fails with what it has.
//
// Clients that Client.With makes share what is spent, and each stops at the Budget of its own policy, so deriving clients
// multiplies no retries. One without a limit takes nothing from the others, and its answers give back as well. A page that
// a listing reads again, at most once, is a call of its own. What a listing repeats after a pause for a 429, at most
// MaxAttempts - 1 times in a row, takes nothing from the budget.
func WithRetry(p RetryPolicy) Option {
	return optionFunc(func(s *settings) error {
		if p.MaxAttempts < 0 || p.MinWait < 0 || p.MaxWait < 0 || p.MaxRetryAfter < 0 {
			return badRequest("WithRetry", "a field other than Budget is negative")
		}
		s.retry = RetryPolicy{
			MaxAttempts:   orDefault(p.MaxAttempts, defaultMaxAttempts),
			MinWait:       orDefault(p.MinWait, defaultMinWait),
			MaxWait:       orDefault(p.MaxWait, defaultMaxWait),
			MaxRetryAfter: orDefault(p.MaxRetryAfter, defaultMaxRetryAfter),
			Budget:        orDefault(p.Budget, defaultBudget),
		}
		if s.retry.MinWait > s.retry.MaxWait {
			return badRequest("WithRetry", "MinWait %s is longer than MaxWait %s", s.retry.MinWait, s.retry.MaxWait)
		}
		return nil
	})
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

// WithAttemptTimeout bounds each attempt, from the connection to the last byte of the answer. The default is 15 s;
// 0 = none. An attempt that runs out of time is tried again.
func WithAttemptTimeout(d time.Duration) Option {
	return optionFunc(func(s *settings) error {
		if d < 0 {
			return badRequest("WithAttemptTimeout", "%s is negative", d)
		}
		s.attemptTimeout = d
		return nil
	})
}

// WithTimeout bounds every call, with its waits and retries: of a listing each request. The sooner of it and the context's
// deadline counts. The default is 60 s; 0 = none.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(s *settings) error {
		if d < 0 {
			return badRequest("WithTimeout", "%s is negative", d)
		}
		s.timeout = d
		return nil
	})
}

// Limiter holds requests back: Wait returns when the next attempt may be sent, or with an error if it may not be.
// *rate.Limiter of golang.org/x/time/rate is one. It must be safe for concurrent use, and heed the context.
type Limiter interface{ Wait(context.Context) error }

// WithLimiter has l wait before every attempt, retries included. An error of l ends the call with a *TransportError. The
// default is no limiter.
func WithLimiter(l Limiter) Option {
	return optionFunc(func(s *settings) error {
		if isNil(l) {
			return badRequest("WithLimiter", "the limiter is nil")
		}
		s.limiter = l
		return nil
	})
}

// WithLogger logs every attempt: at debug level if it succeeded, as a warning if it failed. A record has the attributes
// request (the endpoint and the request's canonical text), attempt (from 1; 0 if the call ended before anything was sent),
// elapsed (of this attempt; of the call if there was none), httpStatus and requestId if they came, error in a few words, and
// retryIn if another attempt follows. No record holds the token, a body or personal data. The default is silence.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(s *settings) error {
		if l == nil {
			return badRequest("WithLogger", "the logger is nil")
		}
		s.logger = l
		return nil
	})
}

// WithUserAgent appends a suffix to the User-Agent header, which is "confopenapi-go/" and the version: name your service.
func WithUserAgent(suffix string) Option {
	return optionFunc(func(s *settings) error {
		if !validHeaderValue(suffix) {
			return badRequest("WithUserAgent", "the suffix is no valid header value")
		}
		s.userAgent = strings.TrimSpace(userAgent + " " + suffix)
		return nil
	})
}

// WithMaxResponseBytes bounds an answer's body, after it was unzipped. The default is 16 MiB. A longer answer is
// ErrTooLarge. Independently of it a page of more than 131,072 conferences is refused, so that a small body of empty
// elements cannot fill the memory.
func WithMaxResponseBytes(n int64) Option {
	return optionFunc(func(s *settings) error {
		if n <= 0 {
			return badRequest("WithMaxResponseBytes", "%d is not positive", n)
		}
		s.maxResponseBytes = n
		return nil
	})
}

// WithStatusErrors says what business statuses mean, since the vendor publishes no table (unknown): each key is a status
// other than 0, each value ErrUnauthorized, ErrForbidden, ErrRateLimited or ErrServer. The *StatusError then matches the
// sentinel, ErrUnauthorized refreshes the token of a TokenSource, and ErrRateLimited and ErrServer are retried. So does an
// *HTTPError whose body has such a status: what the service says in its own terms then outranks the HTTP status.
//
// Without this option an expired token that the service reports as a business status is NOT refreshed, and nothing that
// it reports as a business status is retried.
func WithStatusErrors(m map[int]error) Option {
	return optionFunc(func(s *settings) error {
		for _, code := range slices.Sorted(maps.Keys(m)) {
			if code == 0 {
				return badRequest("WithStatusErrors", "status 0 is success")
			}
			if !slices.Contains([]error{ErrUnauthorized, ErrForbidden, ErrRateLimited, ErrServer}, m[code]) {
				return badRequest("WithStatusErrors", "status %d maps to none of "+
					"ErrUnauthorized, ErrForbidden, ErrRateLimited, ErrServer", code)
			}
		}
		s.statusErrors = maps.Clone(m)
		return nil
	})
}

// WithInsecureHTTP allows a base URL with http:// beyond this machine, where the token and personal data can be read on
// the way.
func WithInsecureHTTP() Option {
	return optionFunc(func(s *settings) error {
		s.insecureHTTP = true
		return nil
	})
}

var (
	errTokenEmpty = errors.New("the token is empty")
	errTokenForm  = errors.New("the token is no valid header value: it has a control character, or white space around it")
)

func checkToken(token string) error {
	switch {
	case token == "":
		return errTokenEmpty
	case !validHeaderValue(token) || strings.TrimSpace(token) != token:
		return errTokenForm
	}
	return nil
}

// validHeaderValue is what net/http accepts.
func validHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// isNil also finds a nil pointer or func inside an interface, which would panic at the first call.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return value.IsNil()
	default:
		return false
	}
}
