package confopenapitest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// TokenLimits bounds every token. How long tokens live on the real service is unknown. The zero value is no limit.
type TokenLimits struct {
	Uses int           // the token is refused after so many accepted requests; 0 = no limit
	Life time.Duration // the token is refused so long after it was issued; 0 = no limit
}

// tokens are those that the server accepts.
type tokens struct {
	open    bool // every request is accepted
	limits  TokenLimits
	valid   map[[sha256.Size]byte]*allowance // by digest, because fmt prints strings
	current confopenapi.Secret
	issued  int // without the first
}

type allowance struct {
	uses   int // left; negative = any number
	expiry time.Time
}

func (a *allowance) good() bool {
	return a != nil && a.uses != 0 && (a.expiry.IsZero() || time.Now().Before(a.expiry))
}

func (t *tokens) init(first string, limits TokenLimits) {
	t.open, t.limits, t.valid = first == "", limits, make(map[[sha256.Size]byte]*allowance)
	if first != "" {
		t.allow(first)
	}
}

func (t *tokens) allow(token string) time.Time {
	a := &allowance{uses: -1}
	if t.limits.Uses > 0 {
		a.uses = t.limits.Uses
	}
	if t.limits.Life > 0 {
		a.expiry = time.Now().Add(t.limits.Life)
	}
	t.valid[digestOf(token)], t.current = a, confopenapi.NewSecret(token)
	return a.expiry
}

func digestOf(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// issue makes a new token.
func (t *tokens) issue() (string, time.Time) {
	t.issued++
	token := fmt.Sprintf("%s-%d", defaultToken, t.issued+1)
	return token, t.allow(token)
}

// accept decides on the token of a request, and counts its use.
func (t *tokens) accept(x *Exchange, in *confopenapi.TokenPlacement) bool {
	if t.open {
		return true
	}
	header, body := t.valid[digestOf(x.token.Reveal())], t.valid[digestOf(x.inBody.Reveal())]
	used, ok := header, header.good()
	switch {
	case in == nil && !ok, in != nil && *in == confopenapi.TokenInBody:
		used, ok = body, body.good()
	case in != nil && *in == confopenapi.TokenInBoth:
		ok = ok && body.good()
	}
	if ok && used.uses > 0 {
		used.uses--
	}
	return ok
}

// Token is the token that was issued last; "" if the server accepts every request.
func (s *Server) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens.current.Reveal()
}

// RotateToken issues a token, refuses all earlier ones from now on, and returns the new one.
func (s *Server) RotateToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens.open = false
	clear(s.tokens.valid)
	token, _ := s.tokens.issue()
	return token
}

// TokenSource issues another token at every call, with its expiry; earlier ones stay valid. How the real service issues
// tokens is not documented. It is safe for concurrent use.
func (s *Server) TokenSource() confopenapi.TokenSource {
	return confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
		if err := ctx.Err(); err != nil {
			return confopenapi.Token{}, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		token, expiry := s.tokens.issue()
		return confopenapi.Token{Value: confopenapi.NewSecret(token), Expiry: expiry}, nil
	})
}

// TokensIssued is how many tokens TokenSource and RotateToken have issued.
func (s *Server) TokensIssued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens.issued
}
