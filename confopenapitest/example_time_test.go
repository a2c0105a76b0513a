package confopenapitest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// direct is a transport to a handler, without a network between them: a socket would keep synctest's clock from moving.
type direct struct{ http.Handler }

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	d.ServeHTTP(answer, req)
	return answer.Result(), nil
}

// TestTheServiceInSynctestsTime is how a program tests what takes time, without taking any.
func TestTheServiceInSynctestsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := confopenapitest.NewService()
		client, err := confopenapi.NewClient("https://fake.example.com",
			confopenapi.WithToken(service.Token()),
			confopenapi.WithHTTPClient(&http.Client{Transport: direct{service}}))
		if err != nil {
			t.Fatal(err)
		}
		service.FailNext(1, confopenapitest.RetryAfter(429, "20"))
		begin := time.Now()
		if _, err := client.ListByStatus(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited < 20*time.Second {
			t.Errorf("waited %s, less than the service asked for", waited)
		}
	})
}
