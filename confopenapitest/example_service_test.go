package confopenapitest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// headcount is a service: it responds with the number of live conferences, and of people in them.
type headcount struct{ client *confopenapi.Client }

func (h headcount) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page, err := h.client.ListByStatus(r.Context(), &confopenapi.ListByStatusRequest{Count: 500})
	if err != nil {
		http.Error(w, "the list is not available", http.StatusServiceUnavailable)
		return
	}
	attendees := 0
	for _, c := range page.Conferences {
		attendees += c.AttendeeCount
	}
	_, _ = fmt.Fprintf(w, "%d conferences, %d attendees", len(page.Conferences), attendees)
}

// testHeadcount is its test. Conferences start and end by themselves; the service must always be right, retry one failure, and
// report two. In a program it is called TestHeadcount, in its own file.
func testHeadcount(t *testing.T) {
	t.Helper()
	srv := confopenapitest.NewServer(t, confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 2, Resume: 0.2}))
	service := headcount{srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1}))}

	for range 50 {
		response := httptest.NewRecorder()
		service.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		var conferences, attendees int
		if _, err := fmt.Sscanf(response.Body.String(), "%d conferences, %d attendees", &conferences, &attendees); err != nil {
			t.Fatal(err)
		}
		asked := srv.RequestCount()
		if live := len(srv.Truth(asked, asked).Always); conferences != live {
			t.Errorf("got %d conferences, want the %d that were live", conferences, live)
		}
	}

	for _, c := range []struct {
		failures int
		want     int
	}{{0, http.StatusOK}, {1, http.StatusOK}, {2, http.StatusServiceUnavailable}} {
		srv.FailNext(c.failures, confopenapitest.HTML(502))
		response := httptest.NewRecorder()
		service.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if response.Code != c.want {
			t.Errorf("after %d failures: got HTTP %d, want %d", c.failures, response.Code, c.want)
		}
	}
}

// A service of twenty lines and its test. The example runs the service; testHeadcount is the test that its author would run.
func Example_service() {
	srv, err := confopenapitest.Start(confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 2, Resume: 0.2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	service := headcount{srv.Client()}
	for range 3 {
		response := httptest.NewRecorder()
		service.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/", nil))
		text, _ := io.ReadAll(response.Body)
		fmt.Printf("%s\n", text)
	}
	// Output:
	// 24 conferences, 174 attendees
	// 24 conferences, 175 attendees
	// 25 conferences, 173 attendees
}
