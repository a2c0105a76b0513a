package doctor_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

const token = "canary-token-5d41c4ac806c"

// world is a service to examine, in memory, so that its waits and clocks are those of a bubble of testing/synctest. Its
// responses have the present time; those of the fake alone do not.
type world struct {
	*confopenapitest.Server
	change   func(body string) string      // what of a good response is otherwise; nil = nothing
	response func(sent int) *http.Response // instead of the fake's, unless it is nil or returns nil
	skew     time.Duration                 // how far its clock is ahead
	takes    func(sent int) time.Duration  // how long a response takes; nil = no time

	mu   sync.Mutex
	sent int // requests that came
}

func newWorld(opts ...confopenapitest.Option) *world {
	return &world{Server: confopenapitest.New(append([]confopenapitest.Option{confopenapitest.WithToken(token)}, opts...)...)}
}

var (
	timestamp = regexp.MustCompile(`"timestamp":\d+`)
	errReset  = errors.New("connection reset by peer")
)

func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.sent++
	sent := w.sent
	w.mu.Unlock()
	if w.takes != nil {
		select {
		case <-time.After(w.takes(sent)):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if w.response != nil {
		if resp := w.response(sent); resp != nil {
			if resp.StatusCode == 0 {
				return nil, errReset
			}
			return resp, nil
		}
	}
	response := httptest.NewRecorder()
	w.ServeHTTP(response, req)
	now := time.Now().Add(w.skew)
	body := timestamp.ReplaceAllString(response.Body.String(), fmt.Sprintf(`"timestamp":%d`, now.UnixMilli()))
	if w.change != nil && response.Code == http.StatusOK {
		body = w.change(body)
	}
	resp := response.Result()
	resp.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp, nil
}

// says is a response of a status and a body. Status 0 is none: the connection breaks.
func says(status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp
}

// examine runs the doctor, and checks what must be so whatever the service is like.
func examine(t *testing.T, w *world, o doctor.Options, opts ...confopenapi.Option) *doctor.Report {
	t.Helper()
	opts = append([]confopenapi.Option{confopenapi.WithToken(token), confopenapi.WithHTTPClient(&http.Client{Transport: w})}, opts...)
	var err error
	if o.Client, err = confopenapi.NewClient("https://conf.example.com", opts...); err != nil {
		t.Fatal(err)
	}
	if o.MaxRequests == 0 {
		o.MaxRequests = doctor.DefaultMaxRequests
	}
	r, err := doctor.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if w.sent > o.MaxRequests || r.Requests != w.sent {
		t.Errorf("%d requests came, the report says %d, and %d were allowed", w.sent, r.Requests, o.MaxRequests)
	}
	out := printed(t, r)
	for _, secret := range secretsOf(w) {
		if secret != "" && strings.Contains(out, secret) {
			t.Errorf("the report shows %q", secret)
		}
	}
	return r
}

// secretsOf is what no report may show: tokens, titles and personal data.
func secretsOf(w *world) []string {
	secrets := []string{token, "confctl-doctor"}
	for _, c := range w.Live() {
		secrets = append(secrets, c.HostEmail, c.HostMobile, c.HostIP, c.Passcode.Reveal(), c.Title, c.ConferenceID)
	}
	return secrets
}

var printers = []*message.Printer{locale.Printer(language.English), locale.Printer(language.Chinese)}

// printed is the report in every form.
func printed(t *testing.T, r *doctor.Report) string {
	t.Helper()
	var out bytes.Buffer
	for _, p := range printers {
		if err := r.Print(&out, p, doctor.Style{Evidence: true}); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteJSON(&out, p); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// with are the checks that have a verdict.
func with(r *doctor.Report, v doctor.Verdict) []string {
	checks := []string{}
	for _, f := range r.Findings {
		if f.Verdict == v {
			checks = append(checks, f.Check)
		}
	}
	return checks
}
