package confopenapi

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go/internal/redact"
	"github.com/confopenapi/confopenapi-go/internal/send"
)

// TokenPlacement is where a request carries the token. The vendor documents the header, the body, or both.
type TokenPlacement int

// The placements.
const (
	TokenInHeader TokenPlacement = iota // the HTTP header "token"
	TokenInBody                         // the field "token" of the JSON body
	TokenInBoth                         // both, where it is not known which of them is looked at
)

// Token is a credential and how long it lives. How tokens are obtained and how long they live is unknown for this
// service. A Token does not print, log or marshal its value.
type Token struct {
	Value  Secret    // what the service wants; empty is an error
	Expiry time.Time // zero = not known to expire
}

// MarshalJSON always fails: a token does not belong in data.
func (t Token) MarshalJSON() ([]byte, error) {
	return nil, errors.New("confopenapi: a Token does not marshal; Value.Reveal returns what it hides")
}

// TokenSource gives the token for a call. It must be safe for concurrent use. Its error fails the call with a *RequestError whose
// Field is "token". If it fails after a refusal, the call's error is the refusal, with the source's error in its text.
type TokenSource interface {
	Token(ctx context.Context) (Token, error)
}

// TokenSourceFunc is a function as a TokenSource.
type TokenSourceFunc func(context.Context) (Token, error)

// Token calls f.
func (f TokenSourceFunc) Token(ctx context.Context) (Token, error) { return f(ctx) }

// TokenInvalidator is what a TokenSource may also be. It is informed which token the service refused, before it is asked for another
// one. It must be safe for concurrent use.
type TokenInvalidator interface{ InvalidateToken(Token) }

// fixedToken is the source of WithToken.
type fixedToken struct {
	token    Token
	redactor redact.Redactor
}

func (f *fixedToken) Token(context.Context) (Token, error) { return f.token, nil }

// CacheTokens returns a source that keeps the last token of src. One fetch serves all callers that wait. It is cancelled when none
// waits any more, so src must give up when its context ends. A nil src gives errors.
//
// A token is renewed ahead of its expiry, by a tenth of its life but no more than five minutes. One caller waits for the renewal, for
// five seconds at the most; the others use the token that is still good, also if the renewal fails. A token that the service refuses
// is dropped, and src is informed if it is a TokenInvalidator. One that seems expired on arrival is used for a second.
func CacheTokens(src TokenSource) TokenSource { return &tokenCache{src: &src} }

const (
	maxRenewAhead = 5 * time.Minute
	renewPatience = 5 * time.Second
	leastLife     = time.Second // of a token, from its fetch
)

type tokenCache struct {
	src *TokenSource // a pointer, because fmt would print what is in it

	mu     sync.Mutex
	token  Token
	until  time.Time   // when the token is no longer used; zero = never. Like renew by the wall clock, since the other stops while a machine sleeps
	renew  time.Time   // when to fetch anew; zero = never
	flight *tokenFetch // the fetch under way, or nil
}

// tokenFetch is one call of the source that any number of callers wait for.
type tokenFetch struct {
	waiting  int // guarded by tokenCache.mu
	cancel   context.CancelFunc
	done     chan struct{} // closed when token, err and panicked are final
	token    Token
	err      error
	panicked any
}

// Token returns the kept token, or waits for the fetch of a new one.
func (c *tokenCache) Token(ctx context.Context) (Token, error) {
	switch {
	case isNil(*c.src):
		return Token{}, errors.New("CacheTokens was given no source")
	case ctx.Err() != nil:
		return Token{}, send.ContextError(ctx)
	}
	c.mu.Lock()
	kept, now := c.token, time.Now()
	good := c.isGood(now)
	if good && (c.flight != nil || c.renew.IsZero() || now.Before(c.renew)) {
		c.mu.Unlock()
		return kept, nil
	}
	if c.flight == nil {
		c.flight = c.fetch(ctx)
	}
	flight := c.flight
	flight.waiting++
	c.mu.Unlock()

	var patience <-chan time.Time // for ever, where there is no other token
	if good {
		timer := time.NewTimer(renewPatience)
		defer timer.Stop()
		patience = timer.C
	}
	select {
	case <-flight.done:
		if flight.panicked != nil {
			panic(flight.panicked)
		}
		return flight.token, flight.err
	case <-patience:
		c.leave(flight)
		return kept, nil
	case <-ctx.Done():
		c.leave(flight)
		return Token{}, send.ContextError(ctx)
	}
}

// isGood reports whether there is a token to use.
func (c *tokenCache) isGood(now time.Time) bool {
	return !c.token.Value.IsZero() && (c.until.IsZero() || now.Before(c.until))
}

// fetch asks the source in a goroutine of its own, which outlives no caller that waits for it.
func (c *tokenCache) fetch(ctx context.Context) *tokenFetch {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	flight := &tokenFetch{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer cancel()
		defer close(flight.done)
		defer c.land(flight)
		flight.err = errors.New("the token source ended its goroutine")
		defer func() {
			if p := recover(); p != nil {
				flight.panicked = p
			}
		}()
		flight.token, flight.err = (*c.src).Token(ctx)
	}()
	return flight
}

// land keeps what a fetch brought, or the old token where that is better.
func (c *tokenCache) land(flight *tokenFetch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight != flight {
		return
	}
	c.flight = nil
	now := time.Now()
	expiry := flight.token.Expiry.Round(0)
	expired := flight.token.Value.IsZero() || !expiry.IsZero() && !now.Before(expiry)
	switch {
	case flight.panicked != nil:
	case c.isGood(now) && (flight.err != nil || expired):
		flight.token, flight.err = c.token, nil
		c.postpone(now)
	case flight.err == nil:
		c.token, c.until, c.renew = flight.token, time.Time{}, time.Time{}
		if !expiry.IsZero() {
			least := now.Round(0).Add(leastLife)
			ahead := min(expiry.Sub(now)/10, maxRenewAhead)
			c.until = slices.MaxFunc([]time.Time{expiry, least}, time.Time.Compare)
			c.renew = slices.MaxFunc([]time.Time{expiry.Add(-ahead), least}, time.Time.Compare)
		}
	}
}

// postpone puts off the renewal of a token that is still good.
func (c *tokenCache) postpone(now time.Time) {
	c.renew = now.Round(0).Add(max(c.until.Sub(now)/2, leastLife))
}

// leave cancels the fetch if no caller waits for it any more. The next caller begins another.
func (c *tokenCache) leave(flight *tokenFetch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	flight.waiting--
	if flight.waiting > 0 {
		return
	}
	flight.cancel()
	if c.flight != flight {
		return
	}
	c.flight = nil
	if now := time.Now(); c.isGood(now) {
		c.postpone(now)
	}
}

// InvalidateToken drops the kept token if it is the one that was refused.
func (c *tokenCache) InvalidateToken(refused Token) {
	c.mu.Lock()
	if c.token.Value.Equal(refused.Value) {
		c.token = Token{}
	}
	c.mu.Unlock()
	if src, ok := (*c.src).(TokenInvalidator); ok {
		src.InvalidateToken(refused)
	}
}

// servedTokens are the last tokens that were good for a call.
type servedTokens struct {
	mu      sync.Mutex
	latest  Secret
	kept    []Secret
	refused Secret // the last one that was refused
}

const maxServed = 16

func (s *servedTokens) add(t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.Value == s.latest { // the same Secret, which is quick to see
		return
	}
	s.latest = t.Value
	if !slices.ContainsFunc(s.kept, t.Value.Equal) {
		s.kept = append(s.kept[max(0, len(s.kept)+1-maxServed):], t.Value)
	}
}

func (s *servedTokens) has(t Token) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.kept, t.Value.Equal)
}

func (s *servedTokens) refuse(t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = t.Value
}

// addTo returns a redactor that knows these tokens, too: a source's error can name one of another call.
func (s *servedTokens) addTo(r redact.Redactor) redact.Redactor {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range append(slices.Clip(s.kept), s.refused) {
		r = r.With(token.Reveal())
	}
	return r
}

var (
	errTokenEmpty = errors.New("the token is empty")
	errTokenForm  = errors.New("the token is no valid header value: it has a control character, or white space around it")
	errTokenUTF8  = errors.New("the token is not valid UTF-8: JSON, and so a token in the body, cannot hold it")
)

func checkToken(token string) error {
	switch {
	case token == "":
		return errTokenEmpty
	case !validHeaderValue(token) || strings.TrimSpace(token) != token:
		return errTokenForm
	case !utf8.ValidString(token):
		return errTokenUTF8
	}
	return nil
}

// validHeaderValue is what net/http accepts.
func validHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// isNil also finds a nil pointer or func inside an interface, which would panic at the first call.
func isNil(v any) bool {
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return value.IsNil()
	default:
		return false
	}
}

// Secret holds a value that must not be shown by accident: a token, or the passcode of a conference. Every verb of fmt, and slog, print
// "[redacted]". In an unexported field of another struct, where fmt calls no methods, they print an address. JSON keeps the value, so
// that no data is lost.
//
// The zero Secret is empty. Compare with Equal; == does not compare the values. A Secret is immutable and safe for concurrent use.
type Secret struct{ p *string }

// NewSecret hides s. The secret of the empty string is the zero Secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{p: &s}
}

// Reveal returns the value in the clear; "" for the zero Secret.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.p == nil || *s.p == "" }

// Equal compares the values, in a time that does not depend on where they differ.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// Format prints what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue shows what Format shows.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// String is "[redacted]", or "" for the zero Secret. Printers that do not know fmt.Formatter call it.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redact.Mark
}

// MarshalJSON keeps the value.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Reveal()) }

// UnmarshalJSON takes a string, and leaves s alone for null.
func (s *Secret) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var value string
	if err := json.Unmarshal(data, &value); err != nil {
		return errors.New("confopenapi: a secret must be a JSON string") // encoding/json's own error may quote the value
	}
	*s = NewSecret(value)
	return nil
}
