// Package contract checks requests and answers against api/openapi.yaml, the machine-readable contract of the endpoint.
// It is a module of its own, so that the validator is no dependency of the SDK, not even of its tests.
package contract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi/datamodel"

	validator "github.com/pb33f/libopenapi-validator"
	failures "github.com/pb33f/libopenapi-validator/errors"
)

// Path is the endpoint's path below the base URL.
const Path = "/confopenapi/conference/listbystatus"

// Contract is a description that requests and answers are checked against. It is safe for concurrent use.
type Contract struct{ validator validator.Validator }

// Open reads an OpenAPI description, and fails if it is none.
func Open(name string) (*Contract, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	config := datamodel.NewDocumentConfiguration()
	config.Logger = slog.New(slog.DiscardHandler) // what it would say is in the error too
	document, err := libopenapi.NewDocumentWithConfiguration(text, config)
	if err != nil {
		return nil, fmt.Errorf("contract: %s: %w", name, err)
	}
	v, errs := validator.NewValidator(document)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("contract: %s: %w", name, err)
	}
	if ok, found := v.ValidateDocument(); !ok {
		return nil, fmt.Errorf("contract: %s: %w", name, join(found))
	}
	return &Contract{v}, nil
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
	below := belowBase(req)
	_, found := c.validator.ValidateHttpRequestSync(below)
	req.Body = below.Body
	return join(found)
}

// Response returns what is wrong with the answer to a request, or nil. Its body can be read again afterwards.
func (c *Contract) Response(req *http.Request, resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK && len(body) == 0 { // to the validator no body is no violation
		return errors.New("the body is empty")
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	_, found := c.validator.ValidateHttpResponse(belowBase(req), resp)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return join(found)
}

// belowBase is req without the base URL's prefix, if it is for the endpoint.
func belowBase(req *http.Request) *http.Request {
	if !strings.HasSuffix(req.URL.Path, Path) {
		return req
	}
	below := *req
	u := *req.URL
	u.Path, u.RawPath = Path, ""
	below.URL = &u
	return &below
}

// join makes one error of what the validator found, with the reasons of the schema.
func join(found []*failures.ValidationError) error {
	var all []error
	for _, f := range found {
		text := f.Message
		if f.Reason != "" {
			text += ": " + f.Reason
		}
		for _, s := range f.SchemaValidationErrors {
			text += "; " + s.FieldPath + " " + s.Reason
		}
		all = append(all, errors.New(text))
	}
	return errors.Join(all...)
}
