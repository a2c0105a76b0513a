package confopenapitest

import (
	"context"
	"fmt"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// TokenLimits bounds a token. How long tokens live on the real service is unknown. The zero value is no limit.
type TokenLimits struct {
	Uses int           // the token is refused after so many requests with it were accepted; 0 = no limit
	Life time.Duration // the token is refused so long after it was issued, by the clock of WithClock; 0 = no limit
}

// tokens are those that the service accepts.
type tokens struct {
	open    bool // every request is accepted
	limits  TokenLimits
	valid   map[string]*allowance
	current string
	issued  int // beside the first
}

type allowance struct {
	uses   int // left; negative = any number
	expiry time.Time
}

func (t *tokens) init(first string, limits TokenLimits, now time.Time) {
	t.open, t.limits, t.valid = first == "", limits, make(map[string]*allowance)
	if first != "" {
		t.allow(first, now)
	}
}

func (t *tokens) allow(token string, now time.Time) time.Time {
	a := &allowance{uses: -1}
	if t.limits.Uses > 0 {
		a.uses = t.limits.Uses
	}
	if t.limits.Life > 0 {
		a.expiry = now.Add(t.limits.Life)
	}
	t.valid[token], t.current = a, token
	return a.expiry
}

// issue makes a token that has not been before.
func (t *tokens) issue(now time.Time) (string, time.Time) {
	t.issued++
	token := fmt.Sprintf("%s-%d", defaultToken, t.issued+1)
	return token, t.allow(token, now)
}

// accept decides on the token of a request, and counts its use.
func (t *tokens) accept(x *Exchange, in *confopenapi.TokenPlacement, now time.Time) bool {
	if t.open {
		return true
	}
	good := func(token string) *allowance {
		a := t.valid[token]
		if a == nil || a.uses == 0 || !a.expiry.IsZero() && !now.Before(a.expiry) {
			return nil
		}
		return a
	}
	header, body := good(x.token), good(x.inBody)
	if in != nil {
		if *in != confopenapi.TokenInBody && header == nil || *in != confopenapi.TokenInHeader && body == nil {
			return false
		}
		if *in == confopenapi.TokenInBody {
			header = nil
		}
	}
	used := header
	if used == nil {
		used = body
	}
	if used == nil {
		return false
	}
	if used.uses > 0 {
		used.uses--
	}
	return true
}

// Token is the token that was issued last; "" if the service accepts every request.
func (s *Service) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens.current
}

// RotateToken issues a token and refuses all earlier ones from now on. It returns the new one.
func (s *Service) RotateToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens.open = false
	clear(s.tokens.valid)
	token, _ := s.tokens.issue(s.clock())
	return token
}

// RevokeToken refuses a token from now on.
func (s *Service) RevokeToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens.valid, token)
}

// TokenSource stands for whatever issues tokens, which is not documented for the real service: every call issues another,
// with its expiry, and earlier ones stay good. TokensIssued counts the calls. It is safe for concurrent use.
func (s *Service) TokenSource() confopenapi.TokenSource {
	return confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
		if err := ctx.Err(); err != nil {
			return confopenapi.Token{}, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		token, expiry := s.tokens.issue(s.clock())
		return confopenapi.Token{Value: confopenapi.NewSecret(token), Expiry: expiry}, nil
	})
}

// TokensIssued is how many tokens TokenSource and RotateToken have issued; the one that is good from the start is none of
// them.
func (s *Service) TokensIssued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens.issued
}
