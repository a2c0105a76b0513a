package main

import (
	"context"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/confopenapi/confopenapi-go"
)

// traced are the options that make a client trace what it does: a span and a measurement for each attempt, and in the span
// around the call an event for each attempt, with its request id.
func traced(tracers trace.TracerProvider, meters metric.MeterProvider) []confopenapi.Option {
	attempts := func(next http.RoundTripper) http.RoundTripper {
		return otelhttp.NewTransport(next,
			otelhttp.WithTracerProvider(tracers),
			otelhttp.WithMeterProvider(meters),
			// The vendor must not get trace ids and baggage.
			otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))
	}
	return []confopenapi.Option{
		confopenapi.WithMiddleware(attempts),
		confopenapi.WithLogger(slog.New(spanEvents{})),
	}
}

// spanEvents is a slog handler that adds each record to the span of its context, as an event. The SDK's records hold no
// secrets and no personal data, and they know the request id, which is in the body of the response, where no transport sees
// it. To log as well, put it beside another handler with slog.NewMultiHandler.
type spanEvents struct{ attrs []attribute.KeyValue }

func (spanEvents) Enabled(ctx context.Context, _ slog.Level) bool {
	return trace.SpanFromContext(ctx).IsRecording()
}

func (h spanEvents) Handle(ctx context.Context, record slog.Record) error {
	attrs := h.attrs[:len(h.attrs):len(h.attrs)]
	record.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, keyValue(a))
		return true
	})
	trace.SpanFromContext(ctx).AddEvent(record.Message, trace.WithTimestamp(record.Time), trace.WithAttributes(attrs...))
	return nil
}

func (h spanEvents) WithAttrs(more []slog.Attr) slog.Handler {
	attrs := h.attrs[:len(h.attrs):len(h.attrs)]
	for _, a := range more {
		attrs = append(attrs, keyValue(a))
	}
	return spanEvents{attrs}
}

// WithGroup changes nothing: the SDK's records have no groups.
func (h spanEvents) WithGroup(string) slog.Handler { return h }

func keyValue(a slog.Attr) attribute.KeyValue {
	key := "confopenapi." + a.Key
	if v := a.Value.Resolve(); v.Kind() == slog.KindInt64 {
		return attribute.Int64(key, v.Int64())
	}
	return attribute.String(key, a.Value.String())
}

// listPage makes one call in a span of its own, which knows the request id whether a page came or an error.
func listPage(ctx context.Context, tracer trace.Tracer, client *confopenapi.Client, req *confopenapi.ListByStatusRequest) (*confopenapi.ConfList, error) {
	ctx, span := tracer.Start(ctx, "conference/listbystatus")
	defer span.End()
	page, err := client.ListByStatus(ctx, req)
	meta, _ := confopenapi.MetaOf(err)
	if err == nil {
		meta = page.Meta
	} else {
		span.SetStatus(codes.Error, err.Error()) // one line, without secrets and personal data
	}
	span.SetAttributes(
		attribute.String("confopenapi.requestId", meta.RequestID),
		attribute.Int("confopenapi.attempts", meta.Attempts))
	return page, err
}

// listAll makes a listing in a span of its own: all its attempts are below it, and it knows the verdict.
func listAll(ctx context.Context, tracer trace.Tracer, client *confopenapi.Client, req *confopenapi.ListByStatusRequest) (*confopenapi.Snapshot, error) {
	ctx, span := tracer.Start(ctx, "conference/listbystatus, all pages")
	defer span.End()
	snap, err := client.Snapshot(ctx, req, nil)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	if snap != nil {
		span.SetAttributes(
			attribute.String("confopenapi.verdict", snap.Report.Verdict.String()),
			attribute.String("confopenapi.reason", string(snap.Report.Reason)),
			attribute.Int("confopenapi.received", snap.Report.Received),
			attribute.Int("confopenapi.calls", snap.Report.Calls),
			attribute.Int("confopenapi.attempts", snap.Report.Attempts))
	}
	return snap, err
}
