package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"
	"unsafe"

	"github.com/bytedance/sonic"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// overNetHTTP is what one writes without a library: no retries, no limits but perhaps one of time, no checks but that of the
// status. read makes of the response what the call returns.
func overNetHTTP(read func(*http.Response) (any, error), timeout time.Duration) func(string, http.RoundTripper) (call, error) {
	return func(base string, transport http.RoundTripper) (call, error) {
		client := &http.Client{Transport: transport, Timeout: timeout}
		return func(ctx context.Context) (any, error) {
			body, err := json.Marshal(firstPage())
			if err != nil {
				return nil, err
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+endpoint, bytes.NewReader(body))
			if err != nil {
				return nil, err
			}
			setHeader(req.Header)
			resp, err := client.Do(req)
			if err != nil {
				return nil, err
			}
			defer func() { _ = resp.Body.Close() }()
			return read(resp)
		}, nil
	}
}

func setHeader(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("token", token)
}

// discard reads the body and looks at nothing: what HTTP alone takes.
func discard(resp *http.Response) (any, error) {
	if resp.StatusCode != http.StatusOK {
		return nil, refused(resp.StatusCode)
	}
	_, err := io.Copy(io.Discard, resp.Body)
	return nil, err
}

// viaDecoder reads a body as most programs do.
func viaDecoder(resp *http.Response) (any, error) {
	e := new(wire.Envelope)
	if err := json.NewDecoder(resp.Body).Decode(e); err != nil {
		return nil, err
	}
	return success(resp.StatusCode, e)
}

// viaSonic reads a body into a buffer of the right size, and lets sonic's strings point into it.
func viaSonic(resp *http.Response) (any, error) {
	body := bytes.NewBuffer(make([]byte, 0, max(0, resp.ContentLength)+bytes.MinRead))
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	e := new(wire.Envelope)
	if err := sonic.ConfigFastest.UnmarshalFromString(unsafe.String(unsafe.SliceData(body.Bytes()), body.Len()), e); err != nil {
		return nil, err
	}
	return success(resp.StatusCode, e)
}

func overRetryableHTTP(base string, transport http.RoundTripper) (call, error) {
	client := retryablehttp.NewClient()
	client.Logger = nil
	if transport != nil {
		client.HTTPClient.Transport = transport
	}
	return func(ctx context.Context) (any, error) {
		body, err := json.Marshal(firstPage())
		if err != nil {
			return nil, err
		}
		req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, base+endpoint, body)
		if err != nil {
			return nil, err
		}
		setHeader(req.Header)
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer func() { _ = resp.Body.Close() }()
		return viaDecoder(resp)
	}, nil
}
