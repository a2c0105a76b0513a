package confopenapi

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/redact"
)

// Option changes what NewClient and Client.With make. The order of different options never matters; of one option given
// twice the last counts, except that WithMiddleware and WithObserver add up.
type Option interface{ option() }

type optionFunc func(*settings) error

func (optionFunc) option() {}

// set is an option that nothing can be wrong with.
func set(change func(*settings)) Option {
	return optionFunc(func(s *settings) error {
		change(s)
		return nil
	})
}

const userAgent = "confopenapi-go/" + Version

// settings is what the options say. A client never changes its own.
type settings struct {
	source           TokenSource // nil = requests carry no token
	static           bool        // source is a fixed token
	newSource        bool        // it differs from that of the client before
	placement        TokenPlacement
	httpClient       *http.Client // without a Transport: the client's own
	middleware       []func(http.RoundTripper) http.RoundTripper
	retry            RetryPolicy
	attemptTimeout   time.Duration
	timeout          time.Duration
	limiter          Limiter
	pacing           bool
	observers        observers
	logger           *slog.Logger
	userAgent        string
	maxResponseBytes int64
	statusErrors     map[int]error
	insecureHTTP     bool
	ignoreTotals     bool
	facts            *Facts // nil = none given
}

func defaultSettings() settings {
	return settings{
		httpClient: &http.Client{},
		retry: RetryPolicy{
			MaxAttempts: 4, MinWait: 250 * time.Millisecond, MaxWait: 5 * time.Second, MaxRetryAfter: 30 * time.Second, Budget: 3000,
		},
		attemptTimeout:   15 * time.Second,
		timeout:          60 * time.Second,
		pacing:           true,
		logger:           slog.New(slog.DiscardHandler),
		userAgent:        userAgent,
		maxResponseBytes: 16 << 20,
	}
}

// apply returns what the options make of s, and everything that is wrong with them. s stays as it is.
func (s settings) apply(opts []Option) (settings, []error) {
	var errs []error
	s.middleware, s.observers = slices.Clone(s.middleware), slices.Clone(s.observers)
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
	s.newSource = s.source != nil
	if !s.newSource {
		s.source, s.static = source, static
	}
	return s, errs
}

// WithToken authenticates every request with a fixed token (token, 鉴权 token, documented). It must be a valid header value:
// printable, without white space around it. A token that the service refuses is ErrUnauthorized at once: there is no other to
// try. Use WithTokenSource for tokens that expire.
func WithToken(token string) Option {
	return optionFunc(func(s *settings) error {
		if err := checkToken(token); err != nil {
			return &RequestError{Field: "WithToken", Err: err}
		}
		return s.setSource("WithToken", &fixedToken{Token{Value: NewSecret(token)}, redact.New(token)}, true)
	})
}

// WithTokenSource asks src for the token of every call. Wrap a source that fetches in CacheTokens.
//
// If the service refuses the token, src is asked again, and the call is sent again with the other token that it gives; a Call needs
// Idempotent for that. If that one is refused too, and was never accepted before, the call fails.
func WithTokenSource(src TokenSource) Option {
	return optionFunc(func(s *settings) error {
		if cache, ok := src.(*tokenCache); isNil(src) || ok && isNil(*cache.src) {
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

// WithHTTPClient sends requests through hc's Transport and Jar: for proxies, client certificates, tests. hc is copied. Its redirect
// policy is replaced, because a redirect would take the token along. Its Timeout bounds each attempt, if it is shorter than
// WithAttemptTimeout. A Transport must give up when a request's context ends, also while the response's body is read.
//
// The default Transport honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY, speaks HTTP/2 where the server does, and notices by
// pings within 10 s that such a connection is dead. For such pings of an *http.Transport of yours, set its HTTP2 to
// &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 5 * time.Second}.
func WithHTTPClient(hc *http.Client) Option {
	return optionFunc(func(s *settings) error {
		if hc == nil || hc.Transport != nil && isNil(hc.Transport) {
			return badRequest("WithHTTPClient", "the client or its Transport is nil")
		}
		s.httpClient = &http.Client{Transport: hc.Transport, Jar: hc.Jar, Timeout: hc.Timeout}
		return notNegative("WithHTTPClient", hc.Timeout)
	})
}

func notNegative(option string, d time.Duration) error {
	if d < 0 {
		return badRequest(option, "%s is negative", d)
	}
	return nil
}

// WithMiddleware wraps the transport, for tracing, metrics and signing: each attempt passes through every mw, the first is
// outermost. It sees the token. A second WithMiddleware adds inside the first.
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
// All calls of a client, and of those that Client.With makes of it, share a Budget, so that a service in trouble does not get
// MaxAttempts times the load. A retry takes one from it, and three responses of a service that works give one back. When it is
// spent, a call that fails is not retried, and its error says so. docs/errors.md says how large it should be.
//
// With WithPacing, up to MaxAttempts refusals (ErrRateLimited) by a service that serves other calls count neither against MaxAttempts
// nor against the Budget. If MaxAttempts is 1, a call is sent once.
type RetryPolicy struct {
	MaxAttempts   int           // attempts of a call, also with another token; some refusals under WithPacing do not count; 1 = no retry; default 4
	MinWait       time.Duration // the first wait is 50 to 100 % of this, which doubles for each later one, up to MaxWait; default 250 ms
	MaxWait       time.Duration // the longest wait that the client chooses; default 5 s
	MaxRetryAfter time.Duration // the longest wait that the server may ask for: beyond it, or beyond WithTimeout, the call fails at once, so raise both; default 30 s
	Budget        int           // retries that all calls together may make, beyond those given back; negative = no limit; default 3,000
}

// WithRetry replaces the retry policy. A call is retried after the HTTP statuses 408, 425, 429 and 5xx except 501 and 505, after a
// network failure or a response that breaks off, and once after a JSON text that ends too early.
//
// A wait that would outlast the call's deadline is not begun: the call fails at once, with the error of its last attempt.
func WithRetry(p RetryPolicy) Option {
	return optionFunc(func(s *settings) error {
		if p.MaxAttempts < 0 || p.MinWait < 0 || p.MaxWait < 0 || p.MaxRetryAfter < 0 {
			return badRequest("WithRetry", "a field other than Budget is negative")
		}
		standard := defaultSettings().retry
		s.retry = RetryPolicy{
			MaxAttempts:   cmp.Or(p.MaxAttempts, standard.MaxAttempts),
			MinWait:       cmp.Or(p.MinWait, standard.MinWait),
			MaxWait:       cmp.Or(p.MaxWait, standard.MaxWait),
			MaxRetryAfter: cmp.Or(p.MaxRetryAfter, standard.MaxRetryAfter),
			Budget:        cmp.Or(p.Budget, standard.Budget),
		}
		if s.retry.MinWait > s.retry.MaxWait {
			return badRequest("WithRetry", "MinWait %s is longer than MaxWait %s", s.retry.MinWait, s.retry.MaxWait)
		}
		return nil
	})
}

// WithAttemptTimeout bounds each attempt, from the connection to the last byte of the response. An attempt that runs out of time
// is tried again. The default is 15 s; 0 = none.
func WithAttemptTimeout(d time.Duration) Option {
	return optionFunc(func(s *settings) error {
		s.attemptTimeout = d
		return notNegative("WithAttemptTimeout", d)
	})
}

// WithTimeout bounds every call, with its waits and retries; in a listing, each request. The sooner of it and the context's
// deadline counts. The default is 60 s; 0 = none.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(s *settings) error {
		s.timeout = d
		return notNegative("WithTimeout", d)
	})
}

// Limiter holds requests back: Wait returns when the next attempt may be sent, or with an error if it may not be. *rate.Limiter
// of golang.org/x/time/rate is one. It must be safe for concurrent use, and heed the context.
type Limiter interface{ Wait(context.Context) error }

// WithLimiter calls l.Wait before every attempt, with a context that ends at the call's deadline. An error of l ends the call with a
// *TransportError: *rate.Limiter refuses at once if it would have to wait longer than that. The default is no limiter.
func WithLimiter(l Limiter) Option {
	return optionFunc(func(s *settings) error {
		if isNil(l) {
			return badRequest("WithLimiter", "the limiter is nil")
		}
		s.limiter = l
		return nil
	})
}

// WithPacing says whether calls slow down together when the service refuses them or fails; the default is true. A client and
// those made from it by With share what they learn. Calls to a healthy service are not slowed down.
//
// After a refusal (ErrRateLimited) all calls of the same token source wait, as long as Retry-After asks, up to
// RetryPolicy.MaxRetryAfter, or for a backoff. Then they take turns. In an outage all calls take turns, and one that gets none within
// RetryPolicy.MaxWait fails. docs/errors.md has the rates.
//
// A first attempt that gets no turn is a *TransportError that matches ErrRateLimited or ErrServer, or
// context.DeadlineExceeded if the call waited until its deadline. A retry that gets no turn leaves the error of the last attempt.
func WithPacing(on bool) Option {
	return set(func(s *settings) { s.pacing = on })
}

// WithObserver calls the functions of o for every call and attempt. Several observers are all called: their start functions
// in the order of the options, their end functions in the reverse order.
func WithObserver(o Observer) Option {
	return set(func(s *settings) { s.observers = append(s.observers, o) })
}

// WithLogger logs every attempt: at debug level if it succeeded, as a warning if it failed. No record holds the token, a body or
// personal data. The default is silence.
//
// A listing that ReasonTotal or ReasonContradiction ended logs the numbers that disagree, at debug level. docs/observability.md lists the
// attributes.
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

// WithMaxResponseBytes bounds a response's body, after it was unzipped. A longer one is ErrTooLarge. The default is 16 MiB.
func WithMaxResponseBytes(n int64) Option {
	return optionFunc(func(s *settings) error {
		if n <= 0 {
			return badRequest("WithMaxResponseBytes", "%d is not positive", n)
		}
		s.maxResponseBytes = n
		return nil
	})
}

// WithStatusErrors says what business statuses mean, since the vendor publishes no table (unknown). Each key is a status other than
// 0, each value ErrUnauthorized, ErrForbidden, ErrRateLimited or ErrServer. A *StatusError, and an *HTTPError with such a status in
// its body, then match the sentinel. ErrUnauthorized refreshes the token of a TokenSource, ErrRateLimited and ErrServer are
// retried. Without this option a business status does neither.
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

// WithFacts begins with what another client learned, such as one of another process: see Client.Facts. They must be of the same
// base URL. Without WithFacts, NewClient begins with nothing. With(WithFacts(Facts{})) returns a client that has learned nothing.
func WithFacts(f Facts) Option {
	return set(func(s *settings) { s.facts = new(f) }) // not shared with another client that has the same option
}

// WithIgnoredTotals makes listings prove nothing by totalCount, and Report.TotalsIgnored says so. It is for a service whose totals always
// count more than it lists: without this option, such a listing is VerdictIncomplete, for ReasonTotal. With it, conferences that the
// service hides are not noticed.
func WithIgnoredTotals() Option {
	return set(func(s *settings) { s.ignoreTotals = true })
}

// WithInsecureHTTP allows a base URL with http:// beyond this machine, where others can read the token and personal data.
func WithInsecureHTTP() Option {
	return set(func(s *settings) { s.insecureHTTP = true })
}
