// Package programtest runs confctl in its tests.
package programtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// Outcome is what a run of a program leaves behind.
type Outcome struct {
	Code           int
	Stdout, Stderr string
}

// Run runs a program against srv, or against its embedded fake if that is nil.
func Run(ctx context.Context, program func(context.Context, []string, func(string) string, io.Writer, io.Writer) int, srv *confopenapitest.Server, args ...string) Outcome {
	var stdout, stderr bytes.Buffer
	code := program(ctx, args, Env(srv), &stdout, &stderr)
	return Outcome{code, stdout.String(), stderr.String()}
}

// Env is the environment that names srv, or nothing if that is nil.
func Env(srv *confopenapitest.Server) func(string) string {
	if srv == nil {
		return func(string) string { return "" }
	}
	return func(name string) string {
		return map[string]string{program.EnvBaseURL: srv.URL, program.EnvToken: srv.Token()}[name]
	}
}

// Must checks how a program ended and what it said.
func (o Outcome) Must(t *testing.T, code int, inStderr ...string) {
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

// AtWrite calls F once, before the Nth write.
type AtWrite struct {
	io.Writer
	N int
	F func()
}

func (w *AtWrite) Write(p []byte) (int, error) {
	if w.N--; w.N == 0 {
		w.F()
	}
	return w.Writer.Write(p)
}

// BrokenPipe takes so many writes more.
type BrokenPipe struct{ Writes int }

func (w *BrokenPipe) Write(p []byte) (int, error) {
	if w.Writes--; w.Writes < 0 {
		return 0, errors.New("broken pipe")
	}
	return len(p), nil
}
