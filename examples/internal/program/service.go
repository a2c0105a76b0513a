package program

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// The environment has the address and the token, and no flag does: flags show in the list of processes and in histories.
const (
	EnvBaseURL = "CONFOPENAPI_BASE_URL"
	EnvToken   = "CONFOPENAPI_TOKEN"
)

// Service is whom a program asks. Close it.
type Service struct {
	Client *confopenapi.Client
	// Name tells the lists of this service from those of others, for what outlives the process: the address, or
	// "embedded fake".
	Name string

	fake *confopenapitest.Server // nil for a real one
}

// Embedded reports whether the service is the embedded fake.
func (s *Service) Embedded() bool { return s.fake != nil }

// Close lets go of the connections, and of the fake.
func (s *Service) Close() {
	s.Client.CloseIdleConnections()
	if s.fake != nil {
		_ = s.fake.Close()
	}
}

// Open makes a client of the service that the environment names, or of a fake as embedded has it if it names none.
func (f *Flags) Open(env func(string) string, embedded func() []confopenapitest.Option, opts ...confopenapi.Option) (*Service, error) {
	s := &Service{}
	baseURL, token := env(EnvBaseURL), env(EnvToken)
	switch {
	case baseURL == "" && token == "":
		var err error
		if s.fake, err = confopenapitest.Start(embedded()...); err != nil {
			return nil, &Problem{err, "the embedded fake needs a port on loopback", Unsent}
		}
		baseURL, token, s.Name = s.fake.URL, s.fake.Token(), "embedded fake"
		fmt.Fprintf(f.Output(), "These conferences are made up, by an embedded fake. Set %s and %s to list real ones.\n", EnvBaseURL, EnvToken)
	case baseURL == "":
		return nil, halfSet(EnvToken, EnvBaseURL)
	case token == "":
		return nil, halfSet(EnvBaseURL, EnvToken)
	default:
		s.Name = strings.TrimRight(baseURL, "/")
	}

	opts = append(opts, confopenapi.WithToken(token), confopenapi.WithUserAgent(f.Name()+"-example"))
	if f.Verbose {
		handler := slog.NewTextHandler(f.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})
		opts = append(opts, confopenapi.WithLogger(slog.New(handler)))
	}
	var err error
	s.Client, err = confopenapi.NewClient(baseURL, opts...)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func halfSet(set, missing string) *Problem {
	return &Problem{
		errors.New(set + " is set, but " + missing + " is not"),
		"set " + missing + " too, or unset " + set + " to use the embedded fake", Unsent,
	}
}
