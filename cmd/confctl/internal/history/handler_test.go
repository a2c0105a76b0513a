package history_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// schema is as much of OpenAPI as the document uses.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Format     string            `json:"format"`
	Enum       []string          `json:"enum"`
	Minimum    int               `json:"minimum"`
	Maximum    int               `json:"maximum"`
	Default    int               `json:"default"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

type document struct {
	Paths map[string]map[string]struct {
		Parameters []struct {
			Name   string `json:"name"`
			In     string `json:"in"`
			Schema schema `json:"schema"`
		} `json:"parameters"`
		Responses map[string]struct {
			Content map[string]struct {
				Schema schema `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

// check compares a value with its schema. Every property that the document has must be seen sometime.
func (d *document) check(s schema, v any, at string, seen map[string]bool) []string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.check(d.Components.Schemas[name], v, name, seen)
	}
	var wrong []string
	ok := false
	switch v := v.(type) {
	case map[string]any:
		ok = s.Type == "object"
		for name, value := range v {
			property, known := s.Properties[name]
			if !known {
				wrong = append(wrong, at+" has "+name+", which is not documented")
				continue
			}
			seen[at+"."+name] = true
			wrong = append(wrong, d.check(property, value, at+"."+name, seen)...)
		}
		for _, name := range s.Required {
			if _, there := v[name]; !there {
				wrong = append(wrong, at+" lacks "+name)
			}
		}
	case []any:
		ok = s.Type == "array"
		for _, value := range v {
			wrong = append(wrong, d.check(*s.Items, value, at+"[]", seen)...)
		}
	case string:
		_, err := time.Parse(time.RFC3339, v)
		ok = s.Type == "string" && (s.Format != "date-time" || err == nil) && (s.Enum == nil || slices.Contains(s.Enum, v))
	case float64:
		ok = s.Type == "number" || s.Type == "integer" && v == float64(int64(v))
	case bool:
		ok = s.Type == "boolean"
	}
	if !ok {
		wrong = append(wrong, fmt.Sprintf("%s is %v, not of type %s %s", at, v, s.Type, s.Format))
	}
	return wrong
}

func get(t *testing.T, h http.Handler, path string, query url.Values) (*http.Response, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path+"?"+query.Encode(), nil))
	resp, body := w.Result(), map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Errorf("%s?%s: %v", path, query.Encode(), err)
	}
	return resp, body
}

// kept is a history of three hours.
func kept(t *testing.T) *history.Store {
	t.Helper()
	store := opened(t, filepath.Join(t.TempDir(), "history.db"), history.Options{})
	t.Cleanup(func() { _ = store.Close() })
	list := confopenapitest.Conferences(30, 1)
	for i := range 13 {
		s := polled(time.Duration(i)*15*time.Minute, list[i:i+15]...)
		if i == 7 {
			s.Report.Verdict = confopenapi.VerdictIncomplete
		}
		record(t, store, s)
	}
	return store
}

// What is served is what the document says, no more and no less.
func TestHandlerIsAsDocumented(t *testing.T) {
	var d document
	if err := json.Unmarshal(history.Document, &d); err != nil {
		t.Fatal(err)
	}
	h := history.Handler(kept(t).Reader)
	seen := map[string]bool{}
	for path, methods := range d.Paths {
		op := methods["get"]
		examples := map[string][]string{
			"from": {"2026-11-02T09:00:00Z", "2026-11-02T18:00:00+08:00"}, "to": {"2026-11-02T12:00:00Z"},
			"organization": {"部", "7"}, "title": {"会"}, "limit": {"1", "1000"}, "cursor": {""},
		}
		wrongOnes := map[string][]string{"from": {"yesterday", "1730000000"}, "to": {"2026-11-02"}, "limit": {"0", "1001", "-1", "x"}, "cursor": {"!", "cnVuczA", "c2FtcGxlMQ", "cnVucy01"}}
		check := func(query url.Values, status int) map[string]any {
			t.Helper()
			resp, body := get(t, h, path, query)
			if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/json" || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s?%s: got HTTP %d, %v, want %d", path, query.Encode(), resp.StatusCode, resp.Header, status)
			}
			for _, wrong := range d.check(op.Responses[fmt.Sprint(status)].Content["application/json"].Schema, body, path, seen) {
				t.Errorf("%s?%s: %s", path, query.Encode(), wrong)
			}
			return body
		}
		check(nil, http.StatusOK)
		check(url.Values{"unknown": {"1"}}, http.StatusBadRequest)
		var names []string
		for _, p := range op.Parameters {
			names = append(names, p.Name)
			if p.In != "query" || len(examples[p.Name]) == 0 {
				t.Errorf("%s: the parameter %s has no example in this test", path, p.Name)
			}
			for _, value := range examples[p.Name] {
				check(url.Values{p.Name: {value}}, http.StatusOK)
			}
			for _, value := range wrongOnes[p.Name] {
				check(url.Values{p.Name: {value}}, http.StatusBadRequest)
			}
			check(url.Values{p.Name: {"1", "1"}}, http.StatusBadRequest)
		}
		for name := range examples {
			if !slices.Contains(names, name) {
				check(url.Values{name: {"1"}}, http.StatusBadRequest)
			}
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil)); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: got HTTP %d, want 405", path, w.Code)
		}
	}
	var missing []string
	for name, s := range d.Components.Schemas {
		for property := range s.Properties {
			if !seen[name+"."+property] {
				missing = append(missing, name+"."+property)
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("documented, and never served: %v", missing)
	}
	if got := slices.Sorted(maps.Keys(d.Paths)); !cmp.Equal(got, []string{"/api/v1/runs", "/api/v1/samples"}) {
		t.Errorf("got the paths %v", got)
	}
	if _, body := get(t, h, "/api/v1/openapi.json", nil); body["openapi"] == nil {
		t.Errorf("the document is not served")
	}
}

// Pages one after another have everything once, also if runs come meanwhile.
func TestHandlerPages(t *testing.T) {
	store := kept(t)
	h := history.Handler(store.Reader)
	for _, path := range []string{"samples", "runs"} {
		want := map[string]int{"runs": 27, "samples": 13}[path]
		var keys []string
		query := url.Values{"limit": {"5"}}
		for {
			_, body := get(t, h, "/api/v1/"+path, query)
			for _, row := range body[path].([]any) {
				row, _ := row.(map[string]any)
				keys = append(keys, fmt.Sprint(row["eventId"], row["at"]))
			}
			next, more := body["next"].(string)
			if !more {
				break
			}
			query.Set("cursor", next)
			if path == "runs" {
				record(t, store, polled(5*time.Hour+time.Duration(len(keys))*time.Second, confopenapitest.ConferencesFrom(1000+len(keys), 1, 1)...))
			}
		}
		if got := len(slices.Compact(slices.Sorted(slices.Values(keys)))); got != want || len(keys) != want {
			t.Errorf("%s: got %d rows, %d of them different, want %d", path, len(keys), got, want)
		}
	}
}
