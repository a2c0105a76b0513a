// Otel traces calls with OpenTelemetry, and prints the spans as JSON.
//
// With nothing set up it asks a fake service that it starts itself, which fails once. With CONFOPENAPI_BASE_URL and
// CONFOPENAPI_TOKEN set it asks a real one.
//
// It is a module of its own, so that the other examples build without OpenTelemetry. traced.go is the part to
// copy.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, env func(string) string, stdout io.Writer) error {
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(stdout), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	defer func() { _ = tracers.Shutdown(context.WithoutCancel(ctx)) }() // prints what is left

	baseURL, token := env("CONFOPENAPI_BASE_URL"), env("CONFOPENAPI_TOKEN")
	if baseURL == "" && token == "" {
		fake, err := confopenapitest.Start()
		if err != nil {
			return err
		}
		defer func() { _ = fake.Close() }()
		fake.FailNext(1, confopenapitest.Status(503))
		baseURL, token = fake.URL, fake.Token()
	}
	opts, err := traced(baseURL, tracers, otel.GetMeterProvider(), propagation.TraceContext{})
	if err != nil {
		return err
	}
	client, err := confopenapi.NewClient(baseURL, append(opts, confopenapi.WithToken(token))...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	req := &confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}
	if _, err := client.ListByStatus(ctx, req); err != nil {
		return err
	}
	_, err = listAll(ctx, tracers.Tracer(scope), client, req)
	return err
}
