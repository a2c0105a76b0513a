// Package contract checks requests and answers against api/openapi.yaml, the machine-readable contract of the endpoint.
// It is a module of its own, so that the validator is no dependency of the SDK, not even of its tests.
package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Path is the endpoint's path below the base URL.
const Path = "/confopenapi/conference/listbystatus"

// Contract is a description that requests and answers are checked against. It is safe for concurrent use.
type Contract struct {
	// Description is the whole of it. Do not modify.
	Description *openapi3.T
	endpoint    *openapi3.PathItem
	options     openapi3filter.Options
}

// Open reads an OpenAPI description, and fails if it is none or does not have the endpoint.
func Open(name string) (*Contract, error) {
	description, err := openapi3.NewLoader().LoadFromFile(name)
	if err != nil {
		return nil, fmt.Errorf("contract: %s: %w", name, err)
	}
	if err := description.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("contract: %s: %w", name, err)
	}
	endpoint := description.Paths.Value(Path)
	if endpoint == nil {
		return nil, fmt.Errorf("contract: %s: there is no %s", name, Path)
	}
	c := &Contract{Description: description, endpoint: endpoint, options: openapi3filter.Options{
		SkipSettingDefaults: true,
		AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
	}}
	c.options.WithCustomSchemaErrorFunc(func(err *openapi3.SchemaError) string { return err.Reason }) // without the schema
	return c, nil
}

// Request returns what is wrong with a request, or nil. What comes before the endpoint in its path belongs to the base URL,
// which the contract leaves open. The body can be read again afterwards.
func (c *Contract) Request(req *http.Request) error {
	// OpenAPI has no words for two things: what a client accepts, which follows from the answers' media types, and that
	// there are no query parameters but its own.
	if req.URL.RawQuery != "" {
		return errors.New("there is a query string, and no query parameter is documented")
	}
	if accept := req.Header.Get("Accept"); accept != "application/json" {
		return fmt.Errorf("accept is %q and must be application/json", accept)
	}
	body, err := readAgain(&req.Body)
	if err != nil {
		return err
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

// Response returns what is wrong with the answer to a request, or nil. Its body can be read again afterwards.
func (c *Contract) Response(req *http.Request, resp *http.Response) error {
	input, err := c.input(req, nil)
	if err != nil {
		return err
	}
	responses := input.Route.Operation.Responses
	if responses.Status(resp.StatusCode) == nil { // the validator has no objection to some redirects
		return fmt.Errorf("HTTP %d is not documented", resp.StatusCode)
	}
	body, err := readAgain(&resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK && !json.Valid(body) { // likewise to trailing bytes
		return errors.New("the body is no JSON")
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: &c.options,
	})
}

// input is a request as the validator wants it: a copy, because the validator changes the request that it looks at.
func (c *Contract) input(req *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	if !strings.HasSuffix(req.URL.Path, Path) {
		return nil, fmt.Errorf("there is no endpoint %s", req.URL.Path)
	}
	operation := c.endpoint.Operations()[req.Method]
	if operation == nil {
		return nil, fmt.Errorf("the endpoint has no method %s", req.Method)
	}
	asked := *req
	asked.Body, asked.GetBody = io.NopCloser(bytes.NewReader(body)), nil
	return &openapi3filter.RequestValidationInput{
		Request: &asked, Options: &c.options,
		Route: &routers.Route{Spec: c.Description, Path: Path, PathItem: c.endpoint, Method: req.Method, Operation: operation},
	}, nil
}

// readAgain reads a body and puts another with the same bytes into its place.
func readAgain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(*body)
	if err != nil {
		return nil, err
	}
	_ = (*body).Close() // it has been read
	*body = io.NopCloser(bytes.NewReader(data))
	return data, nil
}
