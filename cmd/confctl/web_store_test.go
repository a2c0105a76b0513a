package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// page is confctl web as it runs.
type page struct {
	t       *testing.T
	address string
	client  *http.Client
	stop    func() outcome
}

// webbing runs confctl web on a free port until stop or the test ends it.
func webbing(t *testing.T, env func(string) string, args ...string) *page {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	r, stderr := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"web", "--addr", "127.0.0.1:0", "--interval", "20ms"}, args...), env, strings.NewReader(""), io.Discard, stderr)
		_ = stderr.Close()
	}()
	first := make([]byte, 4096)
	n := 0
	for !strings.Contains(string(first[:n]), "The page is at ") {
		more, err := r.Read(first[n:])
		if n += more; err != nil {
			break
		}
	}
	_, address, ok := strings.Cut(string(first[:n]), "The page is at ")
	address, _, _ = strings.Cut(address, "/ until")
	var rest bytes.Buffer
	read := make(chan struct{})
	go func() { _, _ = io.Copy(&rest, r); close(read) }()
	p := &page{t: t, address: address, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	p.stop = func() outcome {
		interrupt()
		<-read
		return outcome{Code: <-code, Stderr: string(first[:n]) + rest.String()}
	}
	if !ok {
		t.Fatalf("no address in %q", p.stop().Stderr)
	}
	return p
}

// get reads a path into a value, and returns the status.
func (p *page) get(path string, into any, headers ...string) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.address+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		p.t.Fatalf("%s: %v in %.200s", path, err, body)
	}
	return resp.StatusCode
}

// picture is GET /api/v1/live.
type picture struct {
	Status struct {
		State      string
		Recording  bool
		Unrecorded struct{ En string }
		Error      struct{ En string }
	}
	Samples [][]int
	Feed    []struct {
		Kind  string
		Error struct{ En, Zh string }
	}
	Conferences []struct{ Title string }
}

func (p *page) await(what string, holds func(*picture) bool, headers ...string) picture {
	p.t.Helper()
	var got picture
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(10 * time.Millisecond) {
		got = picture{}
		if p.get("/api/v1/live", &got, headers...); holds(&got) {
			return got
		}
	}
	p.t.Fatalf("%s did not come: got %+v", what, got.Status)
	return got
}

func complete(p *picture) bool { return p.Status.State == "complete" }

func TestWebStore(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("confctl/config.toml", "[webhooks.ops]\nurl = \"http://127.0.0.1:1\"\n[[alerts]]\ntotal-attendees-above = 1\n")
	store, password := filepath.Join(home, "meetings.db"), write("password", "correct horse battery")
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(30, 1)...))
	env := func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": home, program.EnvBaseURL: srv.URL, program.EnvToken: srv.Token()}[name]
	}

	p := webbing(t, env, "--store", store)
	got := p.await("the failed alert", func(p *picture) bool {
		return complete(p) && len(p.Feed) > 0 && strings.Contains(p.Feed[len(p.Feed)-1].Error.Zh, "告警未能送达 webhook ops")
	})
	if last := got.Feed[len(got.Feed)-1]; !got.Status.Recording || last.Kind != "problem" || !strings.Contains(last.Error.En, "did not reach the webhook ops") {
		t.Errorf("got %+v and the event %+v, want a recording and a problem", got.Status, last)
	}
	var runs history.Page
	if p.get("/api/v1/runs", &runs); len(runs.Runs) != 30 || !runs.Runs[0].Live {
		t.Errorf("got %d runs, want 30 that are live", len(runs.Runs))
	}
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "1").must(t, program.Unsent, "another process is writing")
	p.stop().must(t, program.OK, "did not reach the webhook ops")

	for _, c := range srv.Live()[:3] {
		srv.End(c.Identity())
	}
	p = webbing(t, env, "--store", store, "--password-file", password)
	bearer := "Authorization: Bearer correct horse battery"
	if got = p.await("a listing", complete, bearer); len(got.Samples) < 2 || got.Samples[0][1] != 30 || got.Samples[1][1] != 27 {
		t.Errorf("after a restart: got the samples %v, want 30 conferences, then 27", got.Samples)
	}
	ended := 0
	p.get("/api/v1/runs", &runs, bearer)
	for _, r := range runs.Runs {
		if !r.Live {
			ended++
		}
	}
	if len(runs.Runs) != 30 || ended != 3 {
		t.Errorf("after a restart: got %d runs of which %d ended, want 30 and 3", len(runs.Runs), ended)
	}
	for _, name := range []string{"runs", "samples", "openapi.json"} {
		if got := p.get("/api/v1/"+name, nil); got != http.StatusUnauthorized {
			t.Errorf("%s without the password: got HTTP %d, want 401", name, got)
		}
		if got := p.get("/api/v1/"+name, nil, bearer, "Origin: https://evil.example"); got != http.StatusForbidden {
			t.Errorf("%s for another origin: got HTTP %d, want 403", name, got)
		}
		if got := p.get("/api/v1/"+name, &map[string]any{}, bearer); got != http.StatusOK {
			t.Errorf("%s: got HTTP %d, want 200", name, got)
		}
	}
	p.stop().must(t, program.OK)
}

// Alerts say at the start how many there are, that they need a history, and what is wrong with one, counted from 1.
func TestWebAlerts(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "confctl"), 0o700); err != nil {
		t.Fatal(err)
	}
	srv := confopenapitest.NewServer(t)
	env := func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": home, program.EnvBaseURL: srv.URL, program.EnvToken: srv.Token()}[name]
	}
	write := func(rule string) {
		text := "[webhooks.ops]\nurl = \"http://127.0.0.1:1\"\n[[alerts]]\nattendees-above = 1000\n[[alerts]]\n" + rule
		if err := os.WriteFile(filepath.Join(home, "confctl", "config.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store := filepath.Join(home, "meetings.db")
	write("total-attendees-above = 100000\n")
	p := webbing(t, env, "--store", store)
	p.await("a listing", complete)
	p.stop().must(t, program.OK, "Alert rules: 2; webhooks: 1.")
	p = webbing(t, env)
	p.await("a listing", complete)
	p.stop().must(t, program.OK, "none is sent.")
	for rule, want := range map[string]string{
		"no-listing-for = \"1s\"\n": "[[alerts]] 2.no-listing-for is missing or invalid\nhint: it is a duration of 10 seconds or more",
		"title-matches = \"(\"\n":   "[[alerts]] 2.title-matches is missing or invalid\nhint: it is a regular expression of Go\n",
		"webhook = \"team\"\n":      "[[alerts]] 2.webhook is missing or invalid\nhint: an alert names one of the webhooks",
		"name = \"x\"\n":            "[[alerts]] 2 is missing or invalid\nhint: an alert has one of attendees-above",
	} {
		write(rule)
		var stderr bytes.Buffer
		code := run(t.Context(), []string{"web", "--addr", "127.0.0.1:0", "--store", store}, env, strings.NewReader(""), io.Discard, &stderr)
		outcome{Code: code, Stderr: stderr.String()}.must(t, program.Unsent, want)
	}
}

// A full disk is reported once, and once when there is room again, although both polls and alerts write.
func TestWebDiskFull(t *testing.T) {
	t.Parallel()
	home, disk := t.TempDir(), t.TempDir()
	if runtime.GOOS != "linux" || exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk).Run() != nil {
		t.Skip("only root can mount a small disk")
	}
	t.Cleanup(func() { _ = exec.CommandContext(context.Background(), "umount", "-l", disk).Run() })
	if err := os.Mkdir(filepath.Join(home, "confctl"), 0o700); err != nil {
		t.Fatal(err)
	}
	var alerts atomic.Int64 // the second one arrives while the disk is full
	robot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if alerts.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer robot.Close()
	config := "[webhooks.ops]\nurl = \"" + robot.URL + "\"\n[[alerts]]\ntotal-attendees-above = 1\n[[alerts]]\nno-listing-for = \"1m\"\n"
	if err := os.WriteFile(filepath.Join(home, "confctl", "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(30, 1)...))
	p := webbing(t, func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": home, program.EnvBaseURL: srv.URL, program.EnvToken: srv.Token()}[name]
	}, "--store", filepath.Join(disk, "meetings.db"))
	p.await("an alert that did not arrive", func(p *picture) bool {
		return complete(p) && len(p.Feed) > 0 && p.Feed[len(p.Feed)-1].Kind == "problem"
	})
	ballast := filepath.Join(disk, "ballast")
	f, err := os.Create(ballast)
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	_ = f.Close()
	p.await("a poll that is not recorded", func(p *picture) bool { return p.Status.Unrecorded.En != "" })
	time.Sleep(12 * time.Second)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	p.await("a poll that is recorded", func(p *picture) bool { return p.Status.Unrecorded.En == "" })
	got := p.stop()
	if n := alerts.Load(); n != 2 {
		t.Errorf("the alert was sent %d times, want once that failed, and once", n)
	}
	if begun, over := strings.Count(got.Stderr, "writing the history"), strings.Count(got.Stderr, "The history is written again."); begun != 1 || over != 1 {
		t.Errorf("got %d messages of a full disk and %d that it is over, want one each:\n%s", begun, over, got.Stderr)
	}
}

// A service that is down is reported once for each state, in its own words, and once when it is back, each with the time.
func TestWebServiceDown(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	p := webbing(t, envOf(srv), "--stale-after", "6s")
	p.await("a listing", complete)
	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(http.StatusServiceUnavailable)})
	p.await("a failed poll", func(p *picture) bool { return p.Status.State == "failing" })
	p.await("a stale list", func(p *picture) bool { return p.Status.State == "stale" })
	srv.ClearFaults()
	p.await("a listing again", complete)
	got := p.stop()
	today := time.Now().Format("2006-01-02 ")
	for _, want := range []string{"HTTP 503", "The list is stale", "Polls succeed again."} {
		n := 0
		for line := range strings.Lines(got.Stderr) {
			if strings.Contains(line, want) && strings.HasPrefix(line, today) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("got %d lines with the time and %q, want one:\n%s", n, want, got.Stderr)
		}
	}
}

// TestWebRenewsToken has the service refuse a token, and then a new one in its file.
func TestWebRenewsToken(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(srv.Token())
	p := webbing(t, func(name string) string { return map[string]string{program.EnvBaseURL: srv.URL}[name] }, "--token-file", file)
	p.await("a listing", complete)
	write(srv.RotateToken())
	srv.End(srv.Live()[0].Identity())
	p.await("a listing with the new token", func(p *picture) bool { return complete(p) && len(p.Conferences) == 24 })
	token := srv.RotateToken()
	p.await("a refusal in the middle", func(p *picture) bool {
		return p.Status.State == "refused" && strings.Contains(p.Status.Error.En, "401")
	})
	write(token)
	p.await("a listing with the third token", complete)
	p.stop().must(t, program.OK, "HTTP 401", "Polls succeed again.")

	write("wrong")
	p = webbing(t, func(name string) string { return map[string]string{program.EnvBaseURL: srv.URL}[name] }, "--token-file", file)
	p.await("a refusal", func(p *picture) bool { return p.Status.State == "refused" })
	write(token)
	p.await("a listing after a refusal", complete)
	p.stop().must(t, program.OK)
}

func TestWebTLS(t *testing.T) {
	t.Parallel()
	known := httptest.NewTLSServer(nil) // for its certificate, of 127.0.0.1 and example.com
	defer known.Close()
	key, err := x509.MarshalPKCS8PrivateKey(known.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"crt": {Type: "CERTIFICATE", Bytes: known.Certificate().Raw}, "key": {Type: "PRIVATE KEY", Bytes: key}, "password": nil,
	} {
		text := []byte("correct horse battery")
		if block != nil {
			text = pem.EncodeToMemory(block)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for lang, want := range map[string]string{"en": "are the two files swapped?", "zh": "这两个文件是否给反了？"} {
		got := confctl(t.Context(), nil, "web", "--tls-cert", filepath.Join(dir, "key"), "--tls-key", filepath.Join(dir, "crt"), "--lang", lang)
		if got.must(t, program.Unsent, want); strings.Contains(got.Stderr, "PEM data") {
			t.Errorf("swapped files: got %q, want no words of the TLS library", got.Stderr)
		}
	}
	p := webbing(t, envOf(confopenapitest.NewServer(t)), "--addr", "0.0.0.0:0", "--tls-cert", filepath.Join(dir, "crt"), "--tls-key", filepath.Join(dir, "key"),
		"--password-file", filepath.Join(dir, "password"))
	p.client = known.Client()
	port := p.address[strings.LastIndex(p.address, ":"):]
	p.address = "https://127.0.0.1" + port
	bearer := "Authorization: Bearer correct horse battery"
	p.await("a listing", complete, bearer)
	if got := p.get("/", nil); got != http.StatusUnauthorized {
		t.Errorf("without the password: got HTTP %d, want 401", got)
	}
	for host, want := range map[string]int{"example.com": http.StatusOK, "evil.test": http.StatusMisdirectedRequest} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, p.address+"/metrics", nil)
		r.Host = host + port
		r.SetBasicAuth("me", "correct horse battery")
		resp, err := p.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("the host %s: got HTTP %d, want %d", host, resp.StatusCode, want)
		}
	}
	p.client, p.address = http.DefaultClient, "http://127.0.0.1"+port
	if got := p.get("/", nil); got != http.StatusBadRequest {
		t.Errorf("without TLS: got HTTP %d, want 400", got)
	}
	p.stop().must(t, program.OK, "The page is at https://")
}
