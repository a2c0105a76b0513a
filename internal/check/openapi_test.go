package check_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/confopenapi/confopenapi-go"
)

const (
	stories  = "testdata/listbystatus/"
	endpoint = "/confopenapi/conference/listbystatus"
)

// contract is api/openapi.yaml, against which requests and responses are checked. It is safe for concurrent use.
type contract struct{ description *openapi3.T }

// openContract also fails if the description breaks the specification of OpenAPI, or an example its schema.
func openContract(t *testing.T) *contract {
	t.Helper()
	description, err := openapi3.NewLoader().LoadFromFile("api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := description.Validate(t.Context()); err != nil || description.Paths.Value(endpoint) == nil {
		t.Fatalf("api/openapi.yaml with %s: %v", endpoint, err)
	}
	return &contract{description}
}

// request returns what is wrong with a request and its body, or nil.
func (c *contract) request(req *http.Request, body []byte) error {
	switch accept := req.Header.Get("Accept"); { // of which OpenAPI knows nothing
	case req.URL.RawQuery != "":
		return fmt.Errorf("got the query %q, want none", req.URL.RawQuery)
	case accept != "application/json":
		return fmt.Errorf("got Accept: %s, want application/json", accept)
	}
	input, err := c.input(req, body)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(req.Context(), input)
}

// response returns what is wrong with the response to a request, or nil.
func (c *contract) response(req *http.Request, status int, header http.Header, body []byte) error {
	input, err := c.input(req, body)
	if err != nil && status == http.StatusOK {
		return err
	}
	if input.Route.Operation.Responses.Status(status) == nil { // the validator accepts some redirects
		return fmt.Errorf("HTTP %d is not documented", status)
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: input.Options,
	})
}

// input is a copy of a request for the validator, which changes it. It is an error if the body is no JSON, since the validator
// stops reading after the first value.
func (c *contract) input(req *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	path := c.description.Paths.Value(endpoint)
	copied := *req
	copied.Body, copied.GetBody = io.NopCloser(bytes.NewReader(body)), nil
	options := &openapi3filter.Options{SkipSettingDefaults: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	options.WithCustomSchemaErrorFunc(func(err *openapi3.SchemaError) string { return err.Reason }) // without the schema
	input := &openapi3filter.RequestValidationInput{
		Request: &copied, Options: options,
		Route: &routers.Route{Spec: c.description, Path: endpoint, PathItem: path, Method: req.Method, Operation: path.Post},
	}
	if !strings.HasSuffix(req.URL.Path, endpoint) || req.Method != http.MethodPost {
		return input, fmt.Errorf("there is no %s %s", req.Method, req.URL.Path)
	}
	if !json.Valid(body) {
		return input, errors.New("the body is no JSON")
	}
	return input, nil
}

// checker is middleware that fails the test for every request that breaks the contract, and collects what is wrong with the
// responses.
type checker struct {
	*testing.T
	api *contract

	mu        sync.Mutex
	responses []error // nil = nothing is wrong
}

// option has a client check all that it sends and receives.
func (c *checker) option() confopenapi.Option {
	return confopenapi.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			body, err := readAgain(&req.Body)
			if err = errors.Join(err, c.api.request(req, body)); err != nil {
				c.Errorf("a request breaks the contract: %v", err)
			}
			resp, err := next.RoundTrip(req)
			if err != nil {
				return nil, err
			}
			body, err = readAgain(&resp.Body)
			wrong := err
			if err == nil {
				wrong = c.api.response(req, resp.StatusCode, resp.Header, body)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.responses = append(c.responses, wrong)
			return resp, err
		})
	})
}

// readAgain reads a body and replaces it by another with the same bytes.
func readAgain(body *io.ReadCloser) ([]byte, error) {
	data, err := io.ReadAll(*body)
	_ = (*body).Close()
	*body = io.NopCloser(bytes.NewReader(data))
	return data, err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// The description of confctl's history is one. A test of package history compares it with what is served.
func TestHistoryDescription(t *testing.T) {
	description, err := openapi3.NewLoader().LoadFromFile("cmd/confctl/internal/history/openapi.json")
	if err == nil {
		err = description.Validate(t.Context())
	}
	if err != nil {
		t.Error(err)
	}
}
