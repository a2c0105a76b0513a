package main

import (
	"context"
	"net/http"
	"time"

	restyv2 "github.com/go-resty/resty/v2"
	restyv3 "resty.dev/v3"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/bench/internal/oapi"
	"github.com/confopenapi/confopenapi-go/bench/internal/ogen"
	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// callers are this SDK and its peers, each with its defaults, less what it would print.
func callers() []caller {
	return []caller{
		{peer{name: "confopenapi", setting: "ListByStatus", module: sdkModule}, overSDK},
		{peer{name: "net/http", setting: "body discarded"}, overNetHTTP(discard, 0)},
		{peer{name: "net/http", setting: "body discarded, a Timeout"}, overNetHTTP(discard, 30*time.Second)},
		{peer{name: "net/http", setting: "encoding/json"}, overNetHTTP(viaDecoder, 0)},
		{peer{name: "net/http", setting: "sonic ConfigFastest from a string", module: sonicModule}, overNetHTTP(viaSonic, 0)},
		{peer{name: "go-retryablehttp", setting: "encoding/json", module: "github.com/hashicorp/go-retryablehttp"}, overRetryableHTTP},
		{peer{name: "resty", setting: "v2", module: "github.com/go-resty/resty/v2"}, overRestyV2},
		{peer{name: "resty", setting: "v3", module: "resty.dev/v3"}, overRestyV3},
		{peer{name: "oapi-codegen", module: "github.com/oapi-codegen/runtime"}, overOAPI},
		{peer{name: "ogen", module: "github.com/ogen-go/ogen"}, overOgen},
	}
}

func overSDK(base string, transport http.RoundTripper) (call, error) {
	opts := []confopenapi.Option{confopenapi.WithToken(token)}
	if transport != nil {
		opts = append(opts, confopenapi.WithHTTPClient(&http.Client{Transport: transport}))
	}
	client, err := confopenapi.NewClient(base, opts...)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) {
		return client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{FilterOneAttendee: new(false), Page: 1, Count: pageSize})
	}, nil
}

func overRestyV2(base string, transport http.RoundTripper) (call, error) {
	client := restyv2.New().SetBaseURL(base)
	if transport != nil {
		client.SetTransport(transport)
	}
	return func(ctx context.Context) (any, error) {
		e := new(wire.Envelope)
		resp, err := client.R().SetContext(ctx).SetHeader("Accept", "application/json").SetHeader("token", token).
			SetBody(firstPage()).SetResult(e).Post(endpoint)
		if err != nil {
			return nil, err
		}
		return success(resp.StatusCode(), e)
	}, nil
}

func overRestyV3(base string, transport http.RoundTripper) (call, error) {
	client := restyv3.New().SetBaseURL(base)
	if transport != nil {
		client.SetTransport(transport)
	}
	return func(ctx context.Context) (any, error) {
		e := new(wire.Envelope)
		resp, err := client.R().SetContext(ctx).SetHeader("Accept", "application/json").SetHeader("token", token).
			SetBody(firstPage()).SetResult(e).Post(endpoint)
		if err != nil {
			return nil, err
		}
		return success(resp.StatusCode(), e)
	}, nil
}

func overOAPI(base string, transport http.RoundTripper) (call, error) {
	client, err := oapi.NewClientWithResponses(base, oapi.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) {
		resp, err := client.ListByStatusWithResponse(ctx, &oapi.ListByStatusParams{Token: token},
			oapi.Request{FilterOneAttendee: new(false), Page: new(1), Count: new(pageSize)})
		if err != nil {
			return nil, err
		}
		if resp.JSON200 == nil || resp.JSON200.Status != 0 {
			return nil, refused(resp.StatusCode())
		}
		return resp.JSON200, nil
	}, nil
}

func overOgen(base string, transport http.RoundTripper) (call, error) {
	client, err := ogen.NewClient(base, ogen.WithClient(&http.Client{Transport: transport}))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) {
		e, err := client.ListByStatus(ctx, &ogen.Request{
			FilterOneAttendee: ogen.NewOptBool(false), Page: ogen.NewOptInt(1), Count: ogen.NewOptInt(pageSize),
		}, ogen.ListByStatusParams{Token: token})
		if err != nil {
			return nil, err
		}
		if e.Status != 0 {
			return nil, refused(http.StatusOK)
		}
		return e, nil
	}, nil
}
