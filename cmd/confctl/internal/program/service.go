package program

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"unicode"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// The token comes from the environment or a file and not from a flag: flags are visible in process lists and histories.
const (
	EnvBaseURL = "CONFOPENAPI_BASE_URL"
	EnvToken   = "CONFOPENAPI_TOKEN"
)

// Service is the service that a program calls. Close it.
type Service struct {
	Client *confopenapi.Client
	// Name identifies the service in files that outlive the process: the address, or
	// "embedded fake".
	Name string

	fake *confopenapitest.Server // nil for a real one
}

// Embedded reports whether the service is the embedded fake.
func (s *Service) Embedded() bool { return s.fake != nil }

// Close lets go of the connections, and of the fake.
func (s *Service) Close() {
	if s.Client != nil {
		s.Client.CloseIdleConnections()
	}
	if s.fake != nil {
		_ = s.fake.Close()
	}
}

// TrimBlanks takes away what comes along invisibly when people paste: blanks, line breaks, and a byte order mark.
func TrimBlanks(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.In(r, unicode.White_Space, unicode.Cf) })
}

// Access says which service a program calls, and how.
type Access struct {
	BaseURL, Token string // neither = an embedded fake
	// Renew is asked for another token when the service refuses the last one; nil = there is no other.
	Renew     func(context.Context) (string, error)
	UserAgent string
	Log       io.Writer // gets a line for every attempt; nil = no log
}

// Open makes a client of the service, or of a fake as embedded has it if the access names none.
func (v *Voice) Open(access Access, embedded func() []confopenapitest.Option, opts ...confopenapi.Option) (*Service, error) {
	access.BaseURL = TrimBlanks(access.BaseURL)
	s := &Service{Name: strings.TrimRight(access.BaseURL, "/")}
	switch {
	case access.BaseURL == "" && access.Token == "":
		var err error
		if s.fake, err = confopenapitest.Start(embedded()...); err != nil {
			return nil, &Problem{err, v.Sprintf("the embedded fake needs a port on loopback"), Unsent}
		}
		access.BaseURL, access.Token, s.Name = s.fake.URL, s.fake.Token(), "embedded fake"
	case access.BaseURL == "":
		return nil, v.halfSet(v.Token, v.BaseURL)
	case access.Token == "":
		return nil, v.halfSet(v.BaseURL, v.Token)
	}

	opts = append(opts, access.token(), confopenapi.WithUserAgent(access.UserAgent))
	if access.Log != nil {
		handler := slog.NewTextHandler(access.Log, &slog.HandlerOptions{Level: slog.LevelDebug})
		opts = append(opts, confopenapi.WithLogger(slog.New(handler)))
	}
	var err error
	s.Client, err = confopenapi.NewClient(access.BaseURL, opts...)
	if err != nil {
		s.Close()
		return nil, v.badAddress(err)
	}
	return s, nil
}

// token is the option that has the client use Token, and then what Renew returns.
func (a *Access) token() confopenapi.Option {
	if a.Renew == nil {
		return confopenapi.WithToken(a.Token)
	}
	first := make(chan string, 1)
	first <- a.Token
	return confopenapi.WithTokenSource(confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
		select {
		case token := <-first:
			return confopenapi.Token{Value: confopenapi.NewSecret(token)}, nil
		default:
		}
		token, err := a.Renew(ctx)
		return confopenapi.Token{Value: confopenapi.NewSecret(token)}, err
	})))
}
