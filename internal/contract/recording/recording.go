// Package recording writes down what the SDK sends while tests run. It is compiled into the SDK's package by an overlay of
// the go command, and into nothing else: see the command requests. So it has to do with the standard library.
package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Dir is the environment variable that names the directory of the recording. It must be there.
const Dir = "CONFOPENAPI_RECORDING"

const pattern = "*.jsonl"

// Request is one request as the SDK hands it to a transport. Body is bytes, so that nothing repairs it on the way.
type Request struct {
	Method string      `json:"method"`
	Path   string      `json:"path"` // with the prefix of the base URL
	Query  string      `json:"query,omitempty"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// RoundTrip records a request, unless the same has been recorded, and then has next send it. It panics if it cannot
// record: a recording with a hole would prove less than it says, and an error might be what a test expects.
func RoundTrip(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	if err := process.record(req); err != nil {
		panic(err)
	}
	return next.RoundTrip(req)
}

// process is the recorder of this process.
var process recorder

// recorder writes the requests of one process into a file of its own.
type recorder struct {
	mu   sync.Mutex
	file *os.File
	seen map[string]bool
}

func (r *recorder) record(req *http.Request) error {
	body, err := bodyOf(req)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	line, err := json.Marshal(Request{req.Method, req.URL.Path, req.URL.RawQuery, req.Header, body})
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[string(line)] {
		return nil
	}
	if r.file == nil {
		dir := os.Getenv(Dir)
		if dir == "" {
			return errors.New("recording: " + Dir + " is not set")
		}
		if r.file, err = os.CreateTemp(dir, pattern); err != nil {
			return fmt.Errorf("recording: %w", err)
		}
		r.seen = make(map[string]bool)
	}
	r.seen[string(line)] = true
	if _, err = r.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}

// bodyOf reads a copy and leaves the body to whoever sends it.
func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	if req.GetBody == nil {
		return nil, errors.New("a body that can be read only once")
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(body)
}

// Read returns the requests of all processes that recorded into dir, each once, in a stable order.
func Read(dir string) ([]Request, error) {
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	lines := make(map[string]Request)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("recording: %w", err)
		}
		for line := range bytes.Lines(data) {
			var req Request
			if err := json.Unmarshal(line, &req); err != nil {
				return nil, fmt.Errorf("recording: %s: %w", name, err)
			}
			lines[string(line)] = req
		}
	}
	all := make([]Request, 0, len(lines))
	for _, line := range slices.Sorted(maps.Keys(lines)) {
		all = append(all, lines[line])
	}
	return all, nil
}
