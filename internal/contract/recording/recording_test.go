package recording_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/contract/recording"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func request(t *testing.T, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://conf.example.com/prefix/path?q=1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	return req
}

// A process has one recording, so the story is told in one test: first nothing can be recorded, then everything is.
func TestRecording(t *testing.T) {
	sent := ""
	errSent := errors.New("sent")
	next := roundTripper(func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		sent += string(body)
		return nil, errors.Join(err, errSent)
	})
	record := func(req *http.Request) (err error, panicked any) {
		defer func() { panicked = recover() }()
		_, err = recording.RoundTrip(next, req)
		return err, nil
	}
	once := request(t, "{}")
	once.GetBody = nil
	for name, dir := range map[string]string{"nowhere": "", "a directory that is not there": filepath.Join(t.TempDir(), "none")} {
		t.Setenv(recording.Dir, dir)
		if _, panicked := record(request(t, "{}")); panicked == nil {
			t.Errorf("%s: it was recorded", name)
		}
	}
	dir := t.TempDir()
	t.Setenv(recording.Dir, dir)
	if _, panicked := record(once); panicked == nil {
		t.Error("a body that can be read only once was read")
	}
	if sent != "" {
		t.Errorf("%s was sent, and not recorded", sent)
	}
	for _, body := range []string{`{"page":1}`, `{"page":2}`, `{"page":1}`, "\xff"} {
		if err, panicked := record(request(t, body)); !errors.Is(err, errSent) || panicked != nil {
			t.Errorf("%s: %v, %v", body, err, panicked)
		}
	}
	if sent != `{"page":1}{"page":2}{"page":1}`+"\xff" {
		t.Errorf("sent was %q", sent)
	}
	header := http.Header{"Accept": {"application/json"}}
	want := []recording.Request{
		{http.MethodPost, "/prefix/path", "q=1", header, []byte("\xff")},
		{http.MethodPost, "/prefix/path", "q=1", header, []byte(`{"page":1}`)},
		{http.MethodPost, "/prefix/path", "q=1", header, []byte(`{"page":2}`)},
	}
	got, err := recording.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	byBody := cmp.Transformer("byBody", func(all []recording.Request) map[string]recording.Request {
		m := map[string]recording.Request{}
		for _, r := range all {
			m[string(r.Body)] = r
		}
		return m
	})
	if diff := cmp.Diff(want, got, byBody); diff != "" || len(got) != len(want) {
		t.Errorf("%d requests (-want +got):\n%s", len(got), diff)
	}
	if err := os.WriteFile(filepath.Join(dir, "cut.jsonl"), []byte(`{"method":"PO`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := recording.Read(dir); err == nil {
		t.Error("a recording that is cut was read")
	}
}
