package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

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
	quick := confopenapi.WithRetry(confopenapi.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond})
	o.client = srv.Client(append(append(traced(o.tracers, meters), quick), opts...)...)
	return o
}

func TestEachAttemptIsASpan(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	o := observe(t, srv)
	srv.FailNext(1, confopenapitest.Status(503))
	page, err := listPage(t.Context(), o.tracers.Tracer("test"), o.client, nil)
	if err != nil {
		t.Fatal(err)
	}

	spans := o.spans.GetSpans()
	if len(spans) != 3 {
		t.Fatalf("%d spans, want two attempts and the call", len(spans))
	}
	call := spans[2]
	for i, status := range []int64{503, 200} {
		attempt := spans[i]
		if attempt.Parent.SpanID() != call.SpanContext.SpanID() {
			t.Errorf("attempt %d is not below the call", i+1)
		}
		if got := value(attempt.Attributes, "http.response.status_code").AsInt64(); got != status {
			t.Errorf("attempt %d: status %d, want %d", i+1, got, status)
		}
		if got := value(call.Events[i].Attributes, "confopenapi.attempt").AsInt64(); got != int64(i+1) {
			t.Errorf("event %d is of attempt %d", i, got)
		}
		if value(call.Events[i].Attributes, "confopenapi.requestId").AsString() == "" {
			t.Errorf("the event of attempt %d has no request id", i+1)
		}
	}
	if got := value(call.Attributes, "confopenapi.requestId").AsString(); got == "" || got != page.Meta.RequestID {
		t.Errorf("request id %q, want %q", got, page.Meta.RequestID)
	}
}

func TestAFailedCallHasItsRequestID(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	o := observe(t, srv)
	srv.FailNext(1, confopenapitest.BusinessStatus(40001, "null"))
	_, err := listPage(t.Context(), o.tracers.Tracer("test"), o.client, nil)
	meta, ok := confopenapi.MetaOf(err)
	if !ok || meta.RequestID == "" {
		t.Fatalf("%v: no request id", err)
	}
	spans := o.spans.GetSpans()
	call := spans[len(spans)-1]
	if got := value(call.Attributes, "confopenapi.requestId").AsString(); got != meta.RequestID {
		t.Errorf("request id %q, want %q", got, meta.RequestID)
	}
	if call.Status.Description != err.Error() {
		t.Errorf("the span says %q, the error %q", call.Status.Description, err)
	}
}

func TestAListingIsOneSpanWithItsVerdict(t *testing.T) {
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(100, 1)...), confopenapitest.WithMaxCount(20))
	o := observe(t, srv)
	snap, err := listAll(t.Context(), o.tracers.Tracer("test"), o.client, nil)
	if err != nil {
		t.Fatal(err)
	}
	spans := o.spans.GetSpans()
	listing := spans[len(spans)-1]
	for _, attempt := range spans[:len(spans)-1] {
		if attempt.Parent.SpanID() != listing.SpanContext.SpanID() {
			t.Error("an attempt is not below the listing")
		}
	}
	if got := value(listing.Attributes, "confopenapi.verdict").AsString(); got != snap.Report.Verdict.String() {
		t.Errorf("verdict %q, want %v", got, snap.Report.Verdict)
	}
	if len(spans)-1 != snap.Report.Attempts {
		t.Errorf("got %d spans of attempts, want %d", len(spans)-1, snap.Report.Attempts)
	}
}

// TestTracesContainNoSecret puts marks into all secret and personal data, makes calls fail in every way that quotes a
// response, and searches everything exported for the marks.
func TestTracesContainNoSecret(t *testing.T) {
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
		if _, err := listPage(t.Context(), tracer, o.client, nil); err != nil {
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
			t.Errorf("the %s contain a secret: …%s…", what, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}

// TestTheVendorIsNotTraced sees that trace ids and baggage stay here, also in a program that propagates them elsewhere.
func TestTheVendorIsNotTraced(t *testing.T) {
	before := otel.GetTextMapPropagator()
	t.Cleanup(func() { otel.SetTextMapPropagator(before) })
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	member, err := baggage.NewMember("user", "10001")
	if err != nil {
		t.Fatal(err)
	}
	bag, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	srv := confopenapitest.NewServer(t)
	o := observe(t, srv)
	if _, err := listPage(baggage.ContextWithBaggage(t.Context(), bag), o.tracers.Tracer("test"), o.client, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"traceparent", "tracestate", "baggage"} {
		if got := srv.Requests()[0].Header.Get(name); got != "" {
			t.Errorf("%s: %q was sent", name, got)
		}
	}
}

func TestRunsWithNothingSetUp(t *testing.T) {
	var stdout bytes.Buffer
	if err := run(t.Context(), func(string) string { return "" }, &stdout); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"conference/listbystatus"`, `"confopenapi.requestId"`, `"HTTP POST"`, `"confopenapi.verdict"`} {
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
