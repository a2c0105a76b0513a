package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// outcome is what a run of a program leaves behind.
type outcome struct {
	Code           int
	Stdout, Stderr string
}

// envOf is the environment that names srv, or nothing, for the embedded fake, if that is nil.
func envOf(srv *confopenapitest.Server) func(string) string {
	if srv == nil {
		return func(string) string { return "" }
	}
	return func(name string) string {
		return map[string]string{program.EnvBaseURL: srv.URL, program.EnvToken: srv.Token()}[name]
	}
}

// must checks how a program ended and what it said.
func (o outcome) must(t *testing.T, code int, inStderr ...string) {
	t.Helper()
	if o.Code != code {
		t.Errorf("exit code %d, want %d, stderr %q", o.Code, code, o.Stderr)
	}
	for _, part := range inStderr {
		if !strings.Contains(o.Stderr, part) {
			t.Errorf("no %q in %q", part, o.Stderr)
		}
	}
}

// atWrite calls F once, before the Nth write.
type atWrite struct {
	io.Writer
	N int
	F func()
}

func (w *atWrite) Write(p []byte) (int, error) {
	if w.N--; w.N == 0 {
		w.F()
	}
	return w.Writer.Write(p)
}

// brokenPipe takes so many writes more.
type brokenPipe struct{ Writes int }

func (w *brokenPipe) Write(p []byte) (int, error) {
	if w.Writes--; w.Writes < 0 {
		return 0, errors.New("broken pipe")
	}
	return len(p), nil
}
