package confopenapi_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go"
)

// stories are the bodies in testdata.
func stories(f *testing.F) []string {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "listbystatus", "*"))
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	var texts []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// Whatever the server answers, a call ends in a page or in a typed error of one line, without the token.
func FuzzAnswer(f *testing.F) {
	for _, text := range stories(f) {
		for _, status := range []int{200, 302, 429, 503} {
			f.Add(status, text, "1", "/elsewhere")
		}
	}
	for _, text := range markedBodies() {
		f.Add(200, text, "Fri, 31 Dec 1999 23:59:59 GMT", "http://[")
	}
	f.Fuzz(func(t *testing.T, status int, text, retryAfter, location string) {
		client, err := confopenapi.NewClient(mockBase, confopenapi.WithToken(markToken), once,
			confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(says(status, text, "Retry-After", retryAfter, "Location", location))}))
		if err != nil {
			t.Fatal(err)
		}
		page, err := client.ListByStatus(t.Context(), nil)
		if err == nil {
			if page == nil || status < 200 || status > 299 {
				t.Errorf("HTTP %d is a success: %v", status, page)
			}
			return
		}
		if page != nil || !isTyped(err) {
			t.Errorf("a page beside the error, or an error of no type: %v, %v", page, err)
		}
		if line := err.Error(); strings.ContainsAny(line, "\r\n") || len(line) > 1000 || strings.Contains(line, markToken) {
			t.Errorf("not one short line without the token: %q", line)
		}
	})
}

// Whatever is given as a base URL makes a client whose requests go to that host, or an error without a password.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{
		"https://conf.example.com/prefix", "http://127.0.0.1:80", "https://user:pw@h", "https://h:0", "https://[::1]:1/a%2Fb?", "//h", "https://h/../x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, base string) {
		var got *http.Request
		client, err := confopenapi.NewClient(base, once, confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(
			func(req *http.Request) (*http.Response, error) {
				got = req
				return says(200, emptyPage)(req)
			})}))
		if err != nil {
			mustBe[*confopenapi.RequestError](t, err)
			return
		}
		if err := list(t.Context(), client); err != nil {
			t.Fatalf("%q is taken, but no base: %v", base, err)
		}
		if got.URL.User != nil || got.URL.RawQuery != "" || got.URL.Host == "" || !strings.HasPrefix(got.URL.Path, "/") ||
			!strings.HasSuffix(got.URL.Path, "/confopenapi/conference/listbystatus") {
			t.Errorf("%q leads to %q", base, got.URL)
		}
	})
}
