package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/confopenapi/confopenapi-go"
)

const scope = "github.com/confopenapi/confopenapi-go/examples/otel"

// traced are the options with which a client of baseURL reports to OpenTelemetry: a span for each call, one below it for each
// attempt, and metrics. The trace travels with each request as the propagator says; nil keeps it here.
func traced(baseURL string, tracers trace.TracerProvider, meters metric.MeterProvider, propagator propagation.TextMapPropagator) ([]confopenapi.Option, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, err
	}
	meter := meters.Meter(scope)
	calls, err1 := meter.Float64Histogram("confopenapi.client.call.duration", metric.WithUnit("s"), metric.WithDescription("Calls, with their waits and retries."))
	attempts, err2 := meter.Float64Histogram("http.client.request.duration", metric.WithUnit("s"), metric.WithDescription("Attempts of calls."))
	retries, err3 := meter.Int64Counter("confopenapi.client.retries", metric.WithDescription("Attempts after the first of a call."))
	waits, err4 := meter.Float64Histogram("confopenapi.client.wait.duration", metric.WithUnit("s"), metric.WithDescription("Waits before an attempt."))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	o := &observer{tracers.Tracer(scope), server(base), calls, attempts, retries, waits}
	options := []confopenapi.Option{confopenapi.WithObserver(confopenapi.Observer{
		StartCall: o.startCall, StartAttempt: o.startAttempt, EndAttempt: o.endAttempt, EndCall: o.endCall,
	})}
	if propagator != nil {
		options = append(options, confopenapi.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return propagated{next, propagator}
		}))
	}
	return options, nil
}

type observer struct {
	tracer          trace.Tracer
	server          []attribute.KeyValue
	calls, attempts metric.Float64Histogram
	retries         metric.Int64Counter
	waits           metric.Float64Histogram
}

func (o *observer) startCall(ctx context.Context, call confopenapi.CallInfo) context.Context {
	ctx, _ = o.tracer.Start(ctx, call.Operation)
	return ctx
}

func (o *observer) startAttempt(ctx context.Context, a confopenapi.AttemptInfo) context.Context {
	ctx, span := o.tracer.Start(ctx, http.MethodPost, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(semconv.HTTPRequestMethodPost), trace.WithAttributes(o.server...))
	if a.Number > 1 {
		span.SetAttributes(semconv.HTTPRequestResendCount(a.Number - 1))
		o.retries.Add(ctx, 1, metric.WithAttributes(attribute.String("confopenapi.operation", a.Operation)))
	}
	for kind, wait := range map[string]float64{"limiter": a.LimiterWait.Seconds(), "pacing": a.PacingWait.Seconds()} {
		if wait > 0 {
			o.waits.Record(ctx, wait, metric.WithAttributes(attribute.String("confopenapi.wait", kind)))
		}
	}
	return ctx
}

func (o *observer) endAttempt(ctx context.Context, a confopenapi.AttemptInfo) {
	var attrs []attribute.KeyValue
	if a.HTTPStatus != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(a.HTTPStatus))
	}
	if a.Err != nil {
		attrs = append(attrs, errorType(a.Kind, a.HTTPStatus))
	}
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(attrs...)
	finish(span, a.Err)
	attrs = append(append(attrs, semconv.HTTPRequestMethodPost), o.server...)
	o.attempts.Record(ctx, a.Elapsed.Seconds(), metric.WithAttributes(attrs...))
	if a.Retry {
		o.waits.Record(ctx, a.RetryIn.Seconds(), metric.WithAttributes(attribute.String("confopenapi.wait", "backoff")))
	}
}

func (o *observer) endCall(ctx context.Context, call confopenapi.CallInfo) {
	attrs := []attribute.KeyValue{attribute.String("confopenapi.operation", call.Operation)}
	if call.Err != nil {
		attrs = append(attrs, semconv.ErrorTypeKey.String(call.Kind))
	}
	o.calls.Record(ctx, call.Elapsed.Seconds(), metric.WithAttributes(attrs...))
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(append(attrs, // a request id has no bound, so it belongs to spans alone
		attribute.Int("confopenapi.attempts", call.Attempts), attribute.String("confopenapi.request_id", call.RequestID))...)
	finish(span, call.Err)
}

// finish ends a span. The text of an error is one line without secrets and personal data.
func finish(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// errorType is the status of an HTTP error, and else the kind of an error, of which there are few.
func errorType(kind string, status int) attribute.KeyValue {
	if kind == "http" {
		return semconv.ErrorTypeKey.String(strconv.Itoa(status))
	}
	return semconv.ErrorTypeKey.String(kind)
}

func server(base *url.URL) []attribute.KeyValue {
	port, _ := strconv.Atoi(base.Port())
	if port == 0 {
		port = map[string]int{"http": 80, "https": 443}[base.Scheme]
	}
	return []attribute.KeyValue{semconv.ServerAddress(base.Hostname()), semconv.ServerPort(port)}
}

// propagated puts the trace of a request's context into its header.
type propagated struct {
	next       http.RoundTripper
	propagator propagation.TextMapPropagator
}

func (p propagated) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	p.propagator.Inject(req.Context(), propagation.HeaderCarrier(req.Header))
	return p.next.RoundTrip(req)
}

// listAll makes a listing in a span of its own: all its calls are below it, and it has the verdict.
func listAll(ctx context.Context, tracer trace.Tracer, client *confopenapi.Client, req *confopenapi.ListByStatusRequest) (*confopenapi.Snapshot, error) {
	ctx, span := tracer.Start(ctx, "conference/listbystatus, all pages")
	snap, err := client.Snapshot(ctx, req, nil)
	if snap != nil {
		span.SetAttributes(
			attribute.String("confopenapi.verdict", snap.Report.Verdict.String()),
			attribute.String("confopenapi.reason", string(snap.Report.Reason)),
			attribute.Int("confopenapi.received", snap.Report.Received),
			attribute.Int("confopenapi.calls", snap.Report.Calls),
			attribute.Int("confopenapi.attempts", snap.Report.Attempts))
	}
	finish(span, err)
	return snap, err
}
