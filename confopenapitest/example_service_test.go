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

// testHeadcount is its test. Conferences come and go by themselves; the service must always be right, get over what
// passes, and admit what does not. In a program it is called TestHeadcount, in a file of its own.
func testHeadcount(t *testing.T) {
	t.Helper()
	srv := confopenapitest.NewServer(t, confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 2, Resume: 0.2}))
	service := headcount{srv.Client(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1}))}

	for range 50 {
		answer := httptest.NewRecorder()
		service.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		var conferences, attendees int
		if _, err := fmt.Sscanf(answer.Body.String(), "%d conferences, %d attendees", &conferences, &attendees); err != nil {
			t.Fatal(err)
		}
		asked := srv.RequestCount()
		if live := len(srv.Truth(asked, asked).Always); conferences != live {
			t.Errorf("%d conferences, but %d were live", conferences, live)
		}
	}

	for _, c := range []struct {
		requests int // that fail
		want     int
	}{{0, http.StatusOK}, {1, http.StatusOK}, {2, http.StatusServiceUnavailable}} {
		srv.FailNext(c.requests, confopenapitest.HTML(502))
		answer := httptest.NewRecorder()
		service.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if answer.Code != c.want {
			t.Errorf("after %d failures HTTP %d, want %d", c.requests, answer.Code, c.want)
		}
	}
}

// A service of twenty lines and its test. The example runs the service once; testHeadcount is what its author would run.
func Example_service() {
	srv, err := confopenapitest.Start(confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 2, Resume: 0.2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	service := headcount{srv.Client()}
	for range 3 {
		answer := httptest.NewRecorder()
		service.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		text, _ := io.ReadAll(answer.Body)
		fmt.Printf("%s\n", text)
	}
	// Output:
	// 24 conferences, 174 attendees
	// 24 conferences, 175 attendees
	// 25 conferences, 173 attendees
}
