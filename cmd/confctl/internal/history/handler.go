package history

import (
	"context"
	_ "embed" // of the document
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Document is the OpenAPI document of what Handler serves.
//
//go:embed openapi.json
var Document []byte

const (
	defaultLimit = 100
	maxLimit     = 1000
	maxQuery     = 10 * time.Second
)

// Page is a part of a history: of the runs, or of the samples.
type Page struct {
	Service  string    `json:"service"`
	PolledAt time.Time `json:"polledAt,omitzero"` // when the last recorded listing began
	Runs     []Run     `json:"runs,omitzero"`     // nil = the page is of the samples
	Samples  []Sample  `json:"samples,omitzero"`  // likewise
	Next     string    `json:"next,omitempty"`    // the cursor of the next page; "" = this is the last
}

type failure struct {
	Error string `json:"error"`
}

// Handler serves GET /api/v1/runs, /api/v1/samples and /api/v1/openapi.json. It asks nobody who they are.
func Handler(r *Reader) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/runs", respond(r, []string{"from", "to", "organization", "title", "limit", "cursor"}, func(ctx context.Context, f Filter, page *Page) (int64, error) {
		runs, last, err := first(ctx, f, r.Runs, func(r *Run) int64 { return r.ID })
		page.Runs = runs
		return last, err
	}))
	mux.HandleFunc("GET /api/v1/samples", respond(r, []string{"from", "to", "limit", "cursor"}, func(ctx context.Context, f Filter, page *Page) (int64, error) {
		samples, last, err := first(ctx, f, r.Samples, func(s *Sample) int64 { return s.At.Unix() })
		page.Samples = samples
		return last, err
	}))
	mux.HandleFunc("GET /api/v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(Document)
	})
	return mux
}

// first is as much of a list as the filter's limit, and the key of the last of it; 0 = that is all.
func first[T any](ctx context.Context, f Filter, list func(context.Context, Filter) ([]T, error), key func(*T) int64) ([]T, int64, error) {
	limit := f.Limit
	f.Limit++ // to know whether there is more
	all, err := list(ctx, f)
	if len(all) <= limit {
		return append([]T{}, all...), 0, err
	}
	return all[:limit], key(&all[limit-1]), err
}

// respond answers with a page that list fills. It returns what the next page begins after; 0 = this is the last.
func respond(reader *Reader, known []string, list func(context.Context, Filter, *Page) (int64, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), maxQuery)
		defer cancel()
		kind := req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]
		f, err := parse(req.URL.RawQuery, known, kind)
		if err != nil {
			write(w, http.StatusBadRequest, failure{err.Error()})
			return
		}
		state, err := reader.State(ctx)
		page := Page{Service: state.Service, PolledAt: state.PolledAt}
		var last int64
		if err == nil {
			last, err = list(ctx, f, &page)
		}
		if err != nil {
			write(w, http.StatusInternalServerError, failure{"the history cannot be read"})
			return
		}
		if last > 0 {
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(kind + strconv.FormatInt(last, 10)))
		}
		write(w, http.StatusOK, page)
	}
}

// parse reads the parameters. Its errors are for the caller.
func parse(raw string, known []string, kind string) (f Filter, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return f, errors.New("the query is not well formed")
	}
	for name, given := range values {
		if !slices.Contains(known, name) || len(given) > 1 {
			return f, errors.New("unknown or repeated parameter: " + strconv.Quote(name))
		}
	}
	f = Filter{Organization: values.Get("organization"), Title: values.Get("title"), Limit: defaultLimit}
	for name, at := range map[string]*time.Time{"from": &f.From, "to": &f.To} {
		if text := values.Get(name); text != "" {
			if *at, err = time.Parse(time.RFC3339, text); err != nil {
				return f, errors.New(name + " is a time as in RFC 3339, such as 2026-01-02T15:04:05Z")
			}
		}
	}
	if text := values.Get("limit"); text != "" {
		if f.Limit, err = strconv.Atoi(text); err != nil || f.Limit < 1 || f.Limit > maxLimit {
			return f, errors.New("limit is a number from 1 to " + strconv.Itoa(maxLimit))
		}
	}
	if text := values.Get("cursor"); text != "" {
		plain, err := base64.RawURLEncoding.DecodeString(text)
		number, ok := strings.CutPrefix(string(plain), kind)
		if f.Before, _ = strconv.ParseInt(number, 10, 64); err != nil || !ok || f.Before <= 0 {
			return f, errors.New("cursor is not one that next gave")
		}
	}
	return f, nil
}

func write(w http.ResponseWriter, status int, page any) {
	body, err := json.Marshal(page)
	if err != nil { // a year beyond 9999, which RFC 3339 does not have
		status, body = http.StatusInternalServerError, []byte(`{"error":"the history cannot be shown"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
