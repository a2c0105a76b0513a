package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// observed is a client whose spans and measurements are kept.
type observed struct {
	client   *confopenapi.Client
	tracers  *sdktrace.TracerProvider
	spans    *tracetest.InMemoryExporter
	measures *sdkmetric.ManualReader
}

func observe(t *testing.T, srv *confopenapitest.Server, opts ...confopenapi.Option) observed {
	t.Helper()
	o := observed{spans: tracetest.NewInMemoryExporter(), measures: sdkmetric.NewManualReader()}
	o.tracers = sdktrace.NewTracerProvider(sdktrace.WithSyncer(o.spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(o.measures))
	opts = append(opts, must(traced(srv.URL, o.tracers, meters, propagation.TraceContext{}))...)
	quick := confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond})
	o.client = srv.Client(append(opts, quick)...)
	return o
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestSpansOfCallAndAttempts(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	o := observe(t, srv)
	srv.FailNext(1, confopenapitest.Status(503))
	ctx, above := o.tracers.Tracer("test").Start(t.Context(), "above")
	page, err := o.client.ListByStatus(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	above.End()

	spans := o.spans.GetSpans()
	if len(spans) != 4 {
		t.Fatalf("got %d spans, want two attempts, the call and the one above", len(spans))
	}
	call := spans[2]
	if call.Parent.SpanID() != above.SpanContext().SpanID() {
		t.Error("the call's span is not below the caller's")
	}
	for i, status := range []int64{503, 200} {
		attempt := spans[i]
		if attempt.Parent.SpanID() != call.SpanContext.SpanID() || attempt.SpanKind != trace.SpanKindClient {
			t.Errorf("attempt %d: got kind %s below %s, want a client span below the call's", i+1, attempt.SpanKind, attempt.Parent.SpanID())
		}
		if got := value(attempt.Attributes, "http.response.status_code").AsInt64(); got != status {
			t.Errorf("attempt %d: got status %d, want %d", i+1, got, status)
		}
		if got := value(attempt.Attributes, "http.request.resend_count").AsInt64(); got != int64(i) {
			t.Errorf("attempt %d: got resend count %d, want %d", i+1, got, i)
		}
		parent := srv.Requests()[i].Header.Get("Traceparent")
		if !strings.Contains(parent, attempt.SpanContext.SpanID().String()) {
			t.Errorf("attempt %d travelled as %q, want its span id %s in it", i+1, parent, attempt.SpanContext.SpanID())
		}
	}
	if got := value(spans[0].Attributes, "error.type").AsString(); got != "503" {
		t.Errorf("got error.type %q of the first attempt, want 503", got)
	}
	if got := value(call.Attributes, "confopenapi.request_id").AsString(); got == "" || got != page.Meta.RequestID {
		t.Errorf("got request id %q, want %q", got, page.Meta.RequestID)
	}
}

func TestMetrics(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	o := observe(t, srv)
	srv.FailNext(1, confopenapitest.Status(503))
	_, _ = o.client.ListByStatus(t.Context(), nil)
	srv.FailNext(1, confopenapitest.BusinessStatus(40001, "null"))
	_, _ = o.client.ListByStatus(t.Context(), nil)

	var measures metricdata.ResourceMetrics
	if err := o.measures.Collect(t.Context(), &measures); err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for _, m := range measures.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, point := range data.DataPoints {
				kind, _ := point.Attributes.Value("error.type")
				wait, _ := point.Attributes.Value("confopenapi.wait")
				got[strings.TrimSpace(m.Name+" "+kind.AsString()+wait.AsString())] += point.Count
			}
		case metricdata.Sum[int64]:
			got[m.Name] += uint64(data.DataPoints[0].Value)
		}
	}
	want := map[string]uint64{
		"http.client.request.duration 503": 1, "http.client.request.duration": 1, "http.client.request.duration status": 1,
		"confopenapi.client.call.duration": 1, "confopenapi.client.call.duration status": 1,
		"confopenapi.client.retries": 1, "confopenapi.client.wait.duration backoff": 1,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFailedCallHasItsRequestID(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	o := observe(t, srv)
	srv.FailNext(1, confopenapitest.BusinessStatus(40001, "null"))
	_, err := o.client.ListByStatus(t.Context(), nil)
	meta, ok := confopenapi.MetaOf(err)
	if !ok || meta.RequestID == "" {
		t.Fatalf("%v: no request id", err)
	}
	spans := o.spans.GetSpans()
	call := spans[len(spans)-1]
	if got := value(call.Attributes, "confopenapi.request_id").AsString(); got != meta.RequestID {
		t.Errorf("got request id %q, want %q", got, meta.RequestID)
	}
	if call.Status.Description != err.Error() {
		t.Errorf("the span says %q, the error %q", call.Status.Description, err)
	}
}

func TestListingIsOneSpanWithItsVerdict(t *testing.T) {
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(100, 1)...), confopenapitest.WithMaxCount(20))
	o := observe(t, srv)
	snap, err := listAll(t.Context(), o.tracers.Tracer("test"), o.client, nil)
	if err != nil {
		t.Fatal(err)
	}
	spans := o.spans.GetSpans()
	listing := spans[len(spans)-1]
	calls := 0
	for _, span := range spans[:len(spans)-1] {
		if span.SpanContext.TraceID() != listing.SpanContext.TraceID() {
			t.Error("a span is not in the listing's trace")
		}
		if span.Parent.SpanID() == listing.SpanContext.SpanID() {
			calls++
		}
	}
	if calls != snap.Report.Calls {
		t.Errorf("got %d spans right below the listing's, want its %d calls", calls, snap.Report.Calls)
	}
	if got := value(listing.Attributes, "confopenapi.verdict").AsString(); got != snap.Report.Verdict.String() {
		t.Errorf("verdict %q, want %v", got, snap.Report.Verdict)
	}
}

// TestTracesHoldNothingSecret puts marks into all that is secret or personal, lets calls end in every way that quotes what
// came, and looks for the marks in all that is exported.
func TestTracesHoldNothingSecret(t *testing.T) {
	const mark = "CANARY"
	secret := func(c *confopenapi.Conference) {
		c.Title, c.HostName, c.HostEmail, c.HostMobile, c.HostIP, c.HostLocation = mark+"题", mark+"张三", mark+"@example.com", mark+"138", mark+"192.0.2.1", mark+"北京"
		c.Passcode = confopenapi.NewSecret(mark + "passcode")
	}
	list := confopenapitest.Conferences(30, 1)
	for i := range list {
		secret(&list[i])
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...), confopenapitest.WithToken(mark+"-token"))
	o := observe(t, srv, confopenapi.WithTokenPlacement(confopenapi.TokenInBoth))
	tracer := o.tracers.Tracer("test")

	echo := `{"status":40001,"msg":"` + mark + ` 张三 refused","request_id":"r-1","result":{"hostName":"` + mark + `"}}`
	responses := []func(*confopenapitest.Exchange){
		nil, // a page
		func(x *confopenapitest.Exchange) { x.Respond(http.StatusOK, echo) },
		func(x *confopenapitest.Exchange) { x.Respond(http.StatusUnauthorized, echo) },
		func(x *confopenapitest.Exchange) { x.Respond(http.StatusServiceUnavailable, echo) },
		func(x *confopenapitest.Exchange) { x.Respond(http.StatusOK, mark+" is no JSON") },
		func(x *confopenapitest.Exchange) { x.Fail(confopenapitest.Redirect(307, "https://192.0.2.9/"+mark)) },
		func(x *confopenapitest.Exchange) { x.Fail(confopenapitest.Truncate()) },
		func(x *confopenapitest.Exchange) { x.Fail(confopenapitest.Reset()) },
	}
	failed := 0
	for _, response := range responses {
		srv.Intercept(response)
		if _, err := o.client.ListByStatus(t.Context(), nil); err != nil {
			failed++
		}
		_, _ = listAll(t.Context(), tracer, o.client, nil)
	}
	if failed != len(responses)-1 {
		t.Errorf("%d calls failed, want %d", failed, len(responses)-1)
	}

	var measures metricdata.ResourceMetrics
	if err := o.measures.Collect(t.Context(), &measures); err != nil {
		t.Fatal(err)
	}
	for what, exported := range map[string]any{"spans": o.spans.GetSpans(), "metrics": measures} {
		text, err := json.Marshal(exported)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "http.request.method") {
			t.Errorf("the %s hold nothing of a request: this test looks at nothing", what)
		}
		if at := bytes.Index(text, []byte(mark)); at >= 0 {
			t.Errorf("the %s hold: …%s…", what, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}

// Trace ids are sent, baggage is not.
func TestBaggageIsNotSent(t *testing.T) {
	member := must(baggage.NewMember("user", "10001"))
	ctx := baggage.ContextWithBaggage(t.Context(), must(baggage.New(member)))
	srv := confopenapitest.NewServer(t)
	if _, err := observe(t, srv).client.ListByStatus(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if got := srv.Requests()[0].Header.Get("Baggage"); got != "" {
		t.Errorf("baggage %q was sent", got)
	}
}

func TestRunWithoutConfiguration(t *testing.T) {
	var stdout bytes.Buffer
	if err := run(t.Context(), func(string) string { return "" }, &stdout); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"conference/listbystatus"`, `"confopenapi.request_id"`, `"POST"`, `"confopenapi.verdict"`} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %s in what it prints", want)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(cancelled, func(string) string { return "" }, &stdout); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func value(attrs []attribute.KeyValue, key attribute.Key) attribute.Value {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value
		}
	}
	return attribute.Value{}
}
