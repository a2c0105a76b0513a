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
	"path/filepath"
	"strings"
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
	n, _ := r.Read(first)
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
		State     string
		Recording bool
		Error     struct{ En string }
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
