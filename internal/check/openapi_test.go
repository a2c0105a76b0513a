package check_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/confopenapi/confopenapi-go"
)

const (
	description = "api/openapi.yaml"
	stories     = "testdata/listbystatus/"
	endpoint    = "/confopenapi/conference/listbystatus"
)

// contract is a description that requests and responses are checked against. It is safe for concurrent use.
type contract struct {
	description *openapi3.T
	path        *openapi3.PathItem
	options     openapi3filter.Options
}

// openContract reads an OpenAPI description, and fails if it is none, breaks the specification, has examples that break its
// schemas, or lacks the endpoint.
func openContract(text []byte) (*contract, error) {
	parsed, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	if err := parsed.Validate(context.Background()); err != nil {
		return nil, err
	}
	path := parsed.Paths.Value(endpoint)
	if path == nil {
		return nil, fmt.Errorf("there is no %s", endpoint)
	}
	c := &contract{description: parsed, path: path, options: openapi3filter.Options{
		SkipSettingDefaults: true,
		AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
	}}
	c.options.WithCustomSchemaErrorFunc(func(err *openapi3.SchemaError) string { return err.Reason }) // without the schema
	return c, nil
}

var theContract = sync.OnceValues(func() (*contract, error) {
	text, err := os.ReadFile(description)
	if err != nil {
		return nil, err
	}
	return openContract(text)
})

func mustOpen(t *testing.T) *contract {
	t.Helper()
	api, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// request returns what is wrong with a request and its body, or nil. What comes before the endpoint in its path belongs to
// the base URL, which the contract leaves open.
func (c *contract) request(req *http.Request, body []byte) error {
	// OpenAPI has no words for two things: what a client accepts, which follows from the responses' media types, and that
	// there are no query parameters but its own.
	if req.URL.RawQuery != "" {
		return errors.New("there is a query string, and no query parameter is documented")
	}
	if accept := req.Header.Get("Accept"); accept != "application/json" {
		return fmt.Errorf("accept is %q and must be application/json", accept)
	}
	if !json.Valid(body) { // the validator stops reading at the end of the first value
		return errors.New("the body is no JSON")
	}
	input, err := c.input(req, body)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(req.Context(), input)
}

// response returns what is wrong with the response to a request, or nil.
func (c *contract) response(req *http.Request, status int, header http.Header, body []byte) error {
	input, err := c.input(req, nil)
	if err != nil {
		return err
	}
	if input.Route.Operation.Responses.Status(status) == nil { // the validator has no objection to some redirects
		return fmt.Errorf("HTTP %d is not documented", status)
	}
	if status == http.StatusOK && !json.Valid(body) { // nor to trailing bytes
		return errors.New("the body is no JSON")
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: &c.options,
	})
}

// input is a request as the validator wants it: a copy, because the validator changes the request that it looks at.
func (c *contract) input(req *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	operation := c.path.Operations()[req.Method]
	if !strings.HasSuffix(req.URL.Path, endpoint) || operation == nil {
		return nil, fmt.Errorf("there is no %s %s", req.Method, req.URL.Path)
	}
	asked := *req
	asked.Body, asked.GetBody = io.NopCloser(bytes.NewReader(body)), nil
	return &openapi3filter.RequestValidationInput{
		Request: &asked, Options: &c.options,
		Route: &routers.Route{Spec: c.description, Path: endpoint, PathItem: c.path, Method: req.Method, Operation: operation},
	}, nil
}

// checker is middleware that fails the test for every request that breaks the contract, and remembers what is wrong with
// the responses.
type checker struct {
	t   *testing.T
	api *contract

	mu        sync.Mutex
	requests  int
	responses []error // nil = nothing is wrong
}

// option has a client check all that it sends and gets.
func (c *checker) option() confopenapi.Option {
	return confopenapi.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			body, err := readAgain(&req.Body)
			if err != nil {
				return nil, err
			}
			if err := c.api.request(req, body); err != nil {
				c.t.Errorf("a request breaks the contract: %v", err)
			}
			resp, err := next.RoundTrip(req)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.requests++
			if err != nil {
				return nil, err
			}
			body, err = readAgain(&resp.Body)
			if err == nil {
				c.responses = append(c.responses, c.api.response(req, resp.StatusCode, resp.Header, body))
			} else {
				c.responses = append(c.responses, err)
			}
			return resp, err
		})
	})
}

// readAgain reads a body and puts another with the same bytes into its place.
func readAgain(body *io.ReadCloser) ([]byte, error) {
	data, err := io.ReadAll(*body)
	_ = (*body).Close() // it has been read
	*body = io.NopCloser(bytes.NewReader(data))
	return data, err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
