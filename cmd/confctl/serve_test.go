package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// log is a stderr that is written by more than one goroutine.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// serving runs confctl serve, gives its environment to ask, and what it said once ask is done and it has been interrupted.
func serving(t *testing.T, ask func(env func(string) string), args ...string) outcome {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stdout, w := io.Pipe()
	var stderr log
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"serve"}, args...), envOf(nil), strings.NewReader(""), w, &stderr)
		_ = w.Close()
	}()
	env := make(map[string]string)
	lines := bufio.NewScanner(stdout)
	for len(env) < 2 && lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		env[name] = value
	}
	if len(env) == 2 {
		ask(func(name string) string { return env[name] })
	}
	interrupt()
	for lines.Scan() {
		t.Errorf("more on stdout: %q", lines.Text())
	}
	return outcome{Code: <-code, Stderr: stderr.text.String()}
}

// clientOf asks what confctl serve serves, once.
func clientOf(t *testing.T, env func(string) string) *confopenapi.Client {
	t.Helper()
	client, err := confopenapi.NewClient(env(program.EnvBaseURL), confopenapi.WithToken(env(program.EnvToken)), confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func TestServeServesUntilItIsInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t)
	got := serving(t, func(env func(string) string) {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"list", "--all", "--ndjson"}, env, strings.NewReader(""), &stdout, &stderr)
		if n := strings.Count(stdout.String(), "\n"); code != program.OK || n != 70 {
			t.Errorf("exit code %d, %d conferences, stderr %q", code, n, stderr.String())
		}
		wrong := func(name string) string {
			return map[string]string{program.EnvBaseURL: env(name), program.EnvToken: "of-somebody-else"}[name]
		}
		if code := run(t.Context(), []string{"list"}, wrong, strings.NewReader(""), io.Discard, &stderr); code != program.Failed {
			t.Errorf("a wrong token: exit code %d", code)
		}
	}, "--conferences", "70", "--churn", "0", "-v")
	got.must(t, program.OK, "Serving 70 made-up conferences until Ctrl-C.", "not a secret")
	requests := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d) request (\d+): POST \S+ \{.*\}: HTTP \d+, \d+ conferences$`).FindAllStringSubmatch(got.Stderr, -1)
	if len(requests) < 2 || requests[0][1] != "1" || !strings.Contains(got.Stderr, "HTTP 401") {
		t.Errorf("not a line for each request: %q", got.Stderr)
	}
}

func TestServeOddFlags(t *testing.T) {
	got := serving(t, func(env func(string) string) {
		client := clientOf(t, env)
		page, err := client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Count: 50})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Conferences) != 30 || page.TotalCount != 80 {
			t.Errorf("%d conferences of %d", len(page.Conferences), page.TotalCount)
		}
		if first, last := page.Conferences[0], page.Conferences[29]; first.StartTime > last.StartTime {
			t.Errorf("not the earliest first: %v, %v", first, last)
		}
		if page.Conferences[0].Identity() == confopenapitest.Conferences(40, 9)[0].Identity() {
			t.Error("the order is as it was")
		}
	}, "--conferences", "40", "--seed", "9", "--churn", "0", "--toggle", "0", "--order", "start-up", "--max-count", "30", "--total", "doubled", "--latency", "1ms")
	got.must(t, program.OK)
}

func TestServeFails(t *testing.T) {
	serving(t, func(env func(string) string) {
		_, err := clientOf(t, env).ListByStatus(t.Context(), nil)
		if !errors.Is(err, confopenapi.ErrServer) {
			t.Error(err)
		}
	}, "--fail", "1").must(t, program.OK)
}

// TestServeInterruptEndsResponses interrupts a service that would respond in an hour.
func TestServeInterruptEndsResponses(t *testing.T) {
	responded, asked := make(chan error, 1), make(chan struct{})
	serving(t, func(env func(string) string) {
		client := clientOf(t, env)
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(asked) }})
		go func() {
			_, err := client.ListByStatus(ctx, nil)
			responded <- err
		}()
		<-asked
	}, "--latency", "1h").must(t, program.OK)
	if err := <-responded; err == nil {
		t.Error("got a response, want an error")
	}
}
