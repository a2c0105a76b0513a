//go:build unix

package contract_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confopenapi/confopenapi-go"
)

// startPrism serves the description's examples with Prism on a free port of loopback, and returns the base URL.
func startPrism(t *testing.T) string {
	t.Helper()
	prism, err := filepath.Abs("../../.bin/node/node_modules/.bin/prism")
	if err != nil {
		t.Fatal(err)
	}
	switch _, err := os.Stat(prism); {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("Prism is not installed: make node (", err, ")")
	default:
		t.Skip("Prism is not installed: make node, which needs npm")
	}
	cmd := exec.CommandContext(t.Context(), prism, "mock", "-h", "127.0.0.1", "-p", "0", description)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Prism may have children
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tooLate := time.AfterFunc(time.Minute, func() { _ = cmd.Cancel() })
	listening := regexp.MustCompile(`listening on (http://127\.0\.0\.1:\d+)`)
	url, said := make(chan string, 1), ""
	ended := make(chan struct{})
	go func() { // to the end, lest Prism wait for somebody to read
		defer close(ended)
		defer close(url)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			said += lines.Text() + "\n"
			if found := listening.FindStringSubmatch(lines.Text()); found != nil && len(url) == 0 {
				url <- found[1]
			}
		}
	}()
	t.Cleanup(func() {
		tooLate.Stop()
		_ = cmd.Cancel()
		<-ended
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Log("Prism said:\n" + said)
		}
	})
	base, ok := <-url
	if !ok {
		t.Fatal("Prism does not listen")
	}
	tooLate.Stop()
	return base
}

// Another reader of the description, which knows neither the SDK nor the fake, agrees with both. Prism is JavaScript, so
// that its integers end at 2^53-1: long ids are tested elsewhere.
func TestPrismAnswersTheSDK(t *testing.T) {
	base := startPrism(t)
	list := func(example string) (*confopenapi.ConfList, error) {
		prefer := func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(req *http.Request) (*http.Response, error) {
				req = req.Clone(req.Context())
				req.Header.Set("Prefer", "example="+example)
				return next.RoundTrip(req)
			})
		}
		client, err := confopenapi.NewClient(base, once, confopenapi.WithToken("made-up-token"), confopenapi.WithMiddleware(prefer))
		if err != nil {
			t.Fatal(err)
		}
		defer client.CloseIdleConnections()
		return client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{
			AdminUserID: 123456789, Page: 1, Count: 10, FilterOneAttendee: new(false),
		})
	}
	for example, file := range map[string]string{"documented": "doc_example.json", "documentedSpellings": "documented_spellings.json"} {
		got, err := list(example)
		if err != nil {
			t.Fatal(err)
		}
		var want struct {
			Result confopenapi.ConfList `json:"result"`
		}
		if err := json.Unmarshal([]byte(story(t, file)), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want.Result, got, cmpopts.IgnoreFields(confopenapi.ConfList{}, "Meta")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", example, diff)
		}
	}
	if page, err := list("nullFlags"); err != nil || page.Conferences[0].IsSecure != nil || page.Conferences[0].IsRecorded != nil {
		t.Errorf("null flags: %v, %v", page, err)
	}
	_, err := list("businessError")
	if refusal, ok := errors.AsType[*confopenapi.StatusError](err); !ok || refusal.Code != 10007 {
		t.Errorf("a business error: %v", err)
	}
}

// Prism is able to refuse.
func TestPrismRefusesWhatBreaksTheContract(t *testing.T) {
	base := startPrism(t)
	for body, want := range map[string]int{`{"page":1}`: http.StatusOK, `{"page":0}`: http.StatusUnprocessableEntity, `{"status":2}`: http.StatusUnprocessableEntity} {
		req := asking(t.Context(), body)
		there, err := http.NewRequestWithContext(t.Context(), req.Method, base+"/confopenapi/conference/listbystatus", req.Body)
		if err != nil {
			t.Fatal(err)
		}
		there.Header = req.Header
		resp, err := http.DefaultClient.Do(there)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: HTTP %d, want %d", body, resp.StatusCode, want)
		}
	}
}
