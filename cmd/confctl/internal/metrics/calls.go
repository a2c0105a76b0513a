package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/confopenapi/confopenapi-go"
)

// Calls counts what an Observer sees.
type Calls struct {
	calls    *prometheus.CounterVec
	attempts prometheus.Counter
	retries  prometheus.Counter
	waits    *prometheus.CounterVec
	errors   *prometheus.CounterVec
	seconds  prometheus.Histogram
}

// NewCalls returns counters, all at 0.
func NewCalls() *Calls {
	c := &Calls{
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "confopenapi_calls_total", Help: "Calls of the API, by their result."}, []string{"result"}),
		attempts: prometheus.NewCounter(prometheus.CounterOpts{Name: "confopenapi_attempts_total", Help: "Requests sent, retries included."}),
		retries:  prometheus.NewCounter(prometheus.CounterOpts{Name: "confopenapi_retries_total", Help: "Attempts after which another followed."}),
		waits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "confopenapi_wait_seconds_total", Help: "Time that attempts waited, by what for: the limiter, their turn, or a retry.",
		}, []string{"for"}),
		errors:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "confopenapi_errors_total", Help: "Attempts that failed, and calls that sent nothing, by kind of error."}, []string{"kind"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "confopenapi_call_duration_seconds", Help: "Time that calls took, with waits and retries.", Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}}),
	}
	for _, result := range []string{"success", "error"} {
		c.calls.WithLabelValues(result)
	}
	for _, kind := range []string{"http", "status", "decode", "transport", "timeout", "canceled"} {
		c.errors.WithLabelValues(kind)
	}
	return c
}

// Observer is for WithObserver.
func (c *Calls) Observer() confopenapi.Observer {
	return confopenapi.Observer{
		EndAttempt: func(_ context.Context, a confopenapi.AttemptInfo) {
			c.attempts.Inc()
			c.waits.WithLabelValues("limiter").Add(a.LimiterWait.Seconds())
			c.waits.WithLabelValues("turn").Add(a.PacingWait.Seconds())
			c.waits.WithLabelValues("retry").Add(a.RetryIn.Seconds())
			if a.Retry {
				c.retries.Inc()
			}
			if a.Kind != "" {
				c.errors.WithLabelValues(a.Kind).Inc()
			}
		},
		EndCall: func(_ context.Context, call confopenapi.CallInfo) {
			c.seconds.Observe(call.Elapsed.Seconds())
			result := "success"
			if call.Err != nil {
				result = "error"
			}
			c.calls.WithLabelValues(result).Inc()
			if call.Attempts == 0 && call.Kind != "" {
				c.errors.WithLabelValues(call.Kind).Inc()
			}
		},
	}
}

// Describe implements prometheus.Collector.
func (c *Calls) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range c.all() {
		m.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (c *Calls) Collect(ch chan<- prometheus.Metric) {
	for _, m := range c.all() {
		m.Collect(ch)
	}
}

func (c *Calls) all() []prometheus.Collector {
	return []prometheus.Collector{c.calls, c.attempts, c.retries, c.waits, c.errors, c.seconds}
}
