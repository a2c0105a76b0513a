package confopenapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/confopenapi/confopenapi-go/internal/scrub"
)

// Recorder records exchanges with a real service into a file, for a Replay offline. The file has no secrets and no personal data.
//
//	rec := confopenapitest.NewRecorder(token)
//	client, err := confopenapi.NewClient(baseURL, confopenapi.WithToken(token), confopenapi.WithMiddleware(rec.Wrap))
//	… call …
//	err = rec.Save("testdata/monday.json")
//
// Tokens, passcodes, names, e-mail addresses, mobiles, IPs, titles, ids and every text that is not known to be harmless are replaced,
// equal values by equal ones. Counts, times, statuses and the structure of the JSON stay. Of a body that is no JSON only the length
// is kept, and of the headers Content-Type and Retry-After. Read a recording before you share it.
//
// A Recorder is safe for concurrent use. It keeps exchanges in memory, and prints none of them.
type Recorder struct {
	state func() *recorder // a function, because fmt follows pointers
}

type recorder struct {
	mu      sync.Mutex
	secrets []string
	kept    []exchanged
}

// exchanged is one exchange, not yet scrubbed.
type exchanged struct {
	method, path string
	request      []byte
	status       int
	header       http.Header
	response     []byte
}

// NewRecorder returns a recorder whose Save refuses to write any of the secrets, and any token or passcode that it recorded.
// Secrets shorter than four bytes are not searched for.
func NewRecorder(secrets ...string) *Recorder {
	state := new(recorder)
	state.addSecrets(secrets...)
	return &Recorder{func() *recorder { return state }}
}

func (r *recorder) addSecrets(secrets ...string) {
	for _, secret := range secrets {
		if len(secret) >= minSearched && !slices.Contains(r.secrets, secret) {
			r.secrets = append(r.secrets, secret)
		}
	}
}

// Wrap returns a transport that records the exchanges of next; nil is http.DefaultTransport. It fits WithMiddleware, and the
// Transport of an http.Client. Exchanges that end in an error, and responses of more than 32 MiB, are passed on and not
// recorded.
func (r *Recorder) Wrap(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return transportFunc(func(req *http.Request) (*http.Response, error) { return r.state().roundTrip(next, req) })
}

// transportFunc is a function and not a struct, because fmt prints the fields of a struct.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

const maxRecorded = 32 << 20

func (r *recorder) roundTrip(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	asked, err := readRequest(req)
	if err != nil {
		return nil, err
	}
	if req.Body != nil {
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(asked))
	}
	resp, err := next.RoundTrip(req)
	if err != nil || resp.Body == nil {
		return resp, err
	}
	rest := io.Reader(resp.Body)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRecorded+1))
	if err != nil {
		rest = failing{err}
	}
	resp.Body = readCloser{io.MultiReader(bytes.NewReader(body), rest), resp.Body}
	if err != nil || len(body) > maxRecorded {
		return resp, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.addSecrets(req.Header.Get("token"))
	r.kept = append(r.kept, exchanged{
		method: req.Method, path: req.URL.Path, request: asked,
		status: resp.StatusCode, header: resp.Header.Clone(), response: body,
	})
	return resp, nil
}

func readRequest(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer func() { _ = req.Body.Close() }()
	return io.ReadAll(req.Body)
}

// recording is the content of the file.
type recording struct {
	Comment   string     `json:"comment"`
	Exchanges []recorded `json:"exchanges"`
}

type recorded struct {
	Method     string          `json:"method"`
	Path       string          `json:"path"`
	Request    json.RawMessage `json:"request,omitempty"`
	Status     int             `json:"status"`
	Kind       string          `json:"contentType,omitempty"`
	RetryAfter string          `json:"retryAfter,omitempty"`
	Response   json.RawMessage `json:"response,omitempty"`
	Text       string          `json:"text,omitempty"` // instead of a response that is not JSON
}

// Save writes the exchanges so far to a file, which it replaces as a whole. It writes nothing and returns an error if the
// result still contains a secret: one of NewRecorder, or a token, passcode, name, address, mobile or title of eight bytes or
// more, as it is, escaped or in base64. The error does not show the secret.
func (r *Recorder) Save(file string) error {
	data, err := r.state().scrubbed()
	if err != nil {
		return fmt.Errorf("confopenapitest: %s is not written: %w", file, err)
	}
	next := file + ".new"
	err = os.WriteFile(next, data, 0o600)
	if err == nil {
		err = os.Rename(next, file)
	}
	if err != nil {
		_ = os.Remove(next)
		return fmt.Errorf("confopenapitest: %w", err)
	}
	return nil
}

func (r *recorder) scrubbed() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var s scrub.Scrubber
	for _, x := range r.kept {
		s.Learn(x.request)
		s.Learn(x.response)
	}
	out := recording{Comment: "recorded and scrubbed by confopenapitest"}
	for _, x := range r.kept {
		out.Exchanges = append(out.Exchanges, x.scrub(&s))
	}
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return nil, err
	}
	if s.Leaks(data.String(), r.secrets...) {
		return nil, errors.New("it would still contain a known secret")
	}
	return data.Bytes(), nil
}

func (x exchanged) scrub(s *scrub.Scrubber) recorded {
	out := recorded{Method: x.method, Path: plainPath(x.path), Status: x.status}
	if body, ok := s.Rewrite(x.request); ok {
		out.Request = body
	}
	if kind, _, err := mime.ParseMediaType(x.header.Get("Content-Type")); err == nil && plainKind.MatchString(kind) {
		out.Kind = kind
	}
	if after := x.header.Get("Retry-After"); plainRetryAfter.MatchString(after) {
		out.RetryAfter = after
	}
	if body, ok := s.Rewrite(x.response); ok {
		out.Response = body
	} else {
		out.Text = strings.Repeat("x", len(x.response))
	}
	return out
}

var (
	plainKind       = regexp.MustCompile(`^(application|text)/[a-z+.-]{1,40}$`)
	plainRetryAfter = regexp.MustCompile(`^-?[0-9]{1,12}$|^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$`)
	endpointPath    = regexp.MustCompile(`/confopenapi(/[A-Za-z]{1,40})+$`)
)

// plainPath removes the prefix of a path, which may name a customer.
func plainPath(path string) string {
	if found := endpointPath.FindString(path); found != "" {
		return found
	}
	return "/other"
}
