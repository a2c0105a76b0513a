package contract_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/contract"
)

const (
	description = "../../api/openapi.yaml"
	stories     = "../../testdata/listbystatus"
)

// open reads the contract once for all tests.
var open = sync.OnceValues(func() (*contract.Contract, error) { return contract.Open(description) })

func mustOpen(t *testing.T) *contract.Contract {
	t.Helper()
	api, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// story reads a file of the SDK's test data.
func story(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stories, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// asking is a request as the documentation wants it, but for its body.
func asking(ctx context.Context, body string) *http.Request {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://conf.example.com/prefix"+contract.Path, strings.NewReader(body))
	if err != nil {
		panic(err) // the URL is a constant
	}
	req.Header = http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "Token": {"made-up-token"}}
	return req
}

// answering is an answer of HTTP 200 with JSON.
func answering(body string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// checker is middleware that fails the test for every request that breaks the contract, and remembers what is wrong with
// the answers.
type checker struct {
	t   *testing.T
	api *contract.Contract

	mu       sync.Mutex
	requests int
	answers  []error // nil = nothing is wrong
}

func (c *checker) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if err := c.api.Request(req); err != nil {
			c.t.Errorf("a request: %v", err)
		}
		c.mu.Lock()
		c.requests++
		c.mu.Unlock()
		resp, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		wrong := c.api.Response(req, resp)
		c.mu.Lock()
		c.answers = append(c.answers, wrong)
		c.mu.Unlock()
		return resp, nil
	})
}

// option has a client check all that it sends and gets.
func (c *checker) option() confopenapi.Option { return confopenapi.WithMiddleware(c.wrap) }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
