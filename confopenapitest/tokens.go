package confopenapitest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// TokenLimits limits every token. The zero value is no limit. The real service's limits are unknown.
type TokenLimits struct {
	Uses int           // accepted requests of a token; 0 = no limit
	Life time.Duration // lifetime of a token; 0 = no limit
}

// tokens are the tokens that the server accepts.
type tokens struct {
	open    bool // every request is accepted
	limits  TokenLimits
	valid   map[[sha256.Size]byte]*allowance // by digest, because fmt prints strings
	current confopenapi.Secret
	issued  int // by TokenSource and RotateToken
}

type allowance struct {
	uses   int // left; negative = unlimited
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

// accept checks the token of a request, and counts its use.
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

// Token is the latest token; "" if the server accepts every request.
func (s *Server) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens.current.Reveal()
}

// RotateToken issues a token and returns it. All earlier ones are refused from now on.
func (s *Server) RotateToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens.open = false
	clear(s.tokens.valid)
	token, _ := s.tokens.issue()
	return token
}

// TokenSource returns a source that issues a new token, with its expiry, at every call; earlier ones stay valid. The real
// service's way to issue tokens is not documented. The source is safe for concurrent use.
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

// TokensIssued is the number of tokens that TokenSource and RotateToken have issued.
func (s *Server) TokensIssued() int { return locked(s, &s.tokens.issued) }
