package confopenapitest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// discard is a ResponseWriter without a cost.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header       { return d.header }
func (*discard) Write(b []byte) (int, error) { return len(b), nil }
func (*discard) WriteHeader(int)             {}

// BenchmarkPage measures the server's cost of a page of 500 out of 10,000 conferences, without the network.
func BenchmarkPage(b *testing.B) {
	for name, c := range map[string]struct {
		body string
		opts []confopenapitest.Option
	}{
		"rest":   {`{"page":7,"count":500}`, nil},
		"filter": {`{"page":7,"count":500,"filterOneAttendee":true}`, nil},
		"churn":  {`{"page":7,"count":500}`, []confopenapitest.Option{confopenapitest.WithChurn(confopenapitest.Churn{Rate: 5, Toggle: 5})}},
	} {
		b.Run(name, func(b *testing.B) {
			opts := append([]confopenapitest.Option{confopenapitest.WithConferences(confopenapitest.Conferences(10_000, 1)...)}, c.opts...)
			service := confopenapitest.New(opts...)
			req := httptest.NewRequest(http.MethodPost, "/confopenapi/conference/listbystatus", nil)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("token", service.Token())
			b.ReportAllocs()
			for b.Loop() {
				req.Body = http.NoBody
				again := req.Clone(req.Context())
				again.Body = readCloser{strings.NewReader(c.body)}
				service.ServeHTTP(&discard{header: http.Header{}}, again)
			}
		})
	}
}

// BenchmarkFirstPage measures a page of 500 that was not encoded before.
func BenchmarkFirstPage(b *testing.B) {
	list := confopenapitest.Conferences(10_000, 1)
	for b.Loop() {
		b.StopTimer()
		service := confopenapitest.New(confopenapitest.WithConferences(list...))
		req := httptest.NewRequest(http.MethodPost, "/confopenapi/conference/listbystatus", strings.NewReader(`{"page":7,"count":500}`))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("token", service.Token())
		b.StartTimer()
		service.ServeHTTP(&discard{header: http.Header{}}, req)
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }
