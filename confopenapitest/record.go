package confopenapitest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Recorder records exchanges with a real service, to be replayed offline. What it writes is scrubbed: tokens, passcodes,
// names, e-mail addresses, mobiles, IPs, titles, ids and every text that is not known to be harmless are replaced, the same
// by the same, so that a person, a conference or a passcode stays itself throughout a recording. Ids of digits keep their
// order. Counts, times, statuses, the structure and the names of members stay, also what is odd about it. Of bodies that are
// no JSON only their length is kept, of headers Content-Type and Retry-After, and nothing of the host.
//
//	rec := confopenapitest.NewRecorder(token)
//	client, err := confopenapi.NewClient(baseURL, confopenapi.WithToken(token), confopenapi.WithMiddleware(rec.Wrap))
//	… call …
//	err = rec.Save("testdata/monday.json")
//
// Look through a recording before you share it. A Recorder is safe for concurrent use; exchanges are kept in memory, in
// the order in which they end, until Save.
type Recorder struct {
	mu      sync.Mutex
	secrets []string
	kept    []kept
}

// kept is one exchange as it was, the only place where it is not scrubbed.
type kept struct {
	method, path string
	request      []byte
	status       int
	header       http.Header
	response     []byte
}

// NewRecorder returns a recorder that refuses to write any of the secrets, beside the tokens and passcodes that it sees.
// Secrets shorter than four bytes are not looked for.
func NewRecorder(secrets ...string) *Recorder {
	r := &Recorder{}
	r.know(secrets...)
	return r
}

func (r *Recorder) know(secrets ...string) {
	for _, secret := range secrets {
		if len(secret) >= minEcho && !slices.Contains(r.secrets, secret) {
			r.secrets = append(r.secrets, secret)
		}
	}
}

// Wrap returns a transport that records what goes through next; nil is http.DefaultTransport. It fits WithMiddleware, and
// the Transport of an http.Client. Exchanges that end in an error, and answers of more than 32 MiB, are passed on and
// not recorded.
func (r *Recorder) Wrap(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return transportFunc(func(req *http.Request) (*http.Response, error) { return r.roundTrip(next, req) })
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func (r *Recorder) roundTrip(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	var asked []byte
	if req.Body != nil {
		var err error
		asked, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(asked))
	}
	resp, err := next.RoundTrip(req)
	if err != nil || resp.Body == nil {
		return resp, err
	}
	body := resp.Body
	answer, err := io.ReadAll(io.LimitReader(body, maxRecorded+1))
	resp.Body = replayedBody{bytes.NewReader(answer), body}
	if err != nil || len(answer) > maxRecorded {
		rest := io.Reader(failing{err})
		if err == nil {
			rest = body
		}
		resp.Body = replayedBody{io.MultiReader(bytes.NewReader(answer), rest), body}
		return resp, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.know(req.Header.Get("token"))
	r.kept = append(r.kept, kept{
		method: req.Method, path: req.URL.Path, request: asked,
		status: resp.StatusCode, header: resp.Header.Clone(), response: answer,
	})
	return resp, nil
}

// maxRecorded is how large an answer may be that is recorded. Larger ones pass.
const maxRecorded = 32 << 20

// replayedBody is a body that was read already.
type replayedBody struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// recording is the form of the file.
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
	Text       string          `json:"text,omitempty"` // instead of a response that is no JSON
}

// Save writes what was recorded so far to a file, replacing it as a whole. It writes nothing, and returns an error that
// does not quote it, if a secret is still in the result: one of NewRecorder, a token, a passcode, or a name, address,
// mobile or title of eight bytes and more, in the clear, escaped or in base64.
func (r *Recorder) Save(file string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, err := r.scrubbed()
	if err != nil {
		return fmt.Errorf("confopenapitest: %s is not written: %w", file, err)
	}
	if err := replaceFile(file, data); err != nil {
		return fmt.Errorf("confopenapitest: %w", err)
	}
	return nil
}

func (r *Recorder) scrubbed() ([]byte, error) {
	var s scrubber
	for _, k := range r.kept {
		s.learn(k.request)
		s.learn(k.response)
	}
	out := recording{Comment: "recorded and scrubbed by confopenapitest"}
	for _, k := range r.kept {
		out.Exchanges = append(out.Exchanges, k.scrub(&s))
	}
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return nil, err
	}
	if holdsAny(data.String(), append(s.originals(), r.secrets...)) {
		return nil, errSecretLeft
	}
	return data.Bytes(), nil
}

func (k kept) scrub(s *scrubber) recorded {
	out := recorded{Method: k.method, Path: plainPath(k.path), Status: k.status}
	if body, ok := s.rewrite(k.request); ok {
		out.Request = body
	}
	if kind, _, err := mime.ParseMediaType(k.header.Get("Content-Type")); err == nil && plainKind.MatchString(kind) {
		out.Kind = kind
	}
	if after := k.header.Get("Retry-After"); plainRetryAfter.MatchString(after) {
		out.RetryAfter = after
	}
	if body, ok := s.rewrite(k.response); ok {
		out.Response = body
	} else {
		out.Text = strings.Repeat("x", len(k.response))
	}
	return out
}

var (
	plainKind       = regexp.MustCompile(`^(application|text)/[a-z+.-]{1,40}$`)
	plainRetryAfter = regexp.MustCompile(`^-?[0-9]{1,12}$|^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$`)
	endpointPath    = regexp.MustCompile(`/confopenapi(/[A-Za-z]{1,40})+$`)
)

// plainPath is a path without its prefix, which may name a customer.
func plainPath(path string) string {
	if found := endpointPath.FindString(path); found != "" {
		return found
	}
	return "/other"
}

// holdsAny looks for secrets in the forms in which they may be in a text.
func holdsAny(text string, secrets []string) bool {
	for _, secret := range secrets {
		quoted := string(quote(secret))
		for _, form := range []string{
			secret, quoted[1 : len(quoted)-1], url.QueryEscape(secret), url.PathEscape(secret),
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			if strings.Contains(text, form) {
				return true
			}
		}
	}
	return false
}

// replaceFile writes a file as a whole or not at all.
func replaceFile(file string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
