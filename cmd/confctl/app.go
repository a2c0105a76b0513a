package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// The exit codes beside those of package program.
const (
	exitUnproven    = 3   // the listing proves less than required
	exitInterrupted = 130 // as shells have it for SIGINT
)

// app is what all commands share: input and output, the language, and the common flags.
type app struct {
	*message.Printer
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	zone           *time.Location // of the times that are shown
	unwritten      error          // of what cobra writes

	baseURL, tokenFile string
	withPersonalData   bool
	verbose, noColor   bool
	request            confopenapi.ListByStatusRequest // --admin and --hide-single
}

// open makes a client of the service in the flags or the environment, or else of an embedded fake. Close it.
func (a *app) open() (*program.Service, error) { return a.openOr(embedded) }

// openOr is open with a fake of its own.
func (a *app) openOr(embedded func() []confopenapitest.Option, opts ...confopenapi.Option) (*program.Service, error) {
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	access := program.Access{BaseURL: a.baseURL, Token: token, UserAgent: "confctl"}
	if access.BaseURL == "" {
		access.BaseURL = a.env(program.EnvBaseURL)
	}
	if a.verbose {
		access.Log = a.stderr
	}
	service, err := a.voice().Open(access, embedded, opts...)
	if err == nil && service.Embedded() {
		a.note(a.Sprintf("These conferences are made up by an embedded fake. Set %s and %s to list real ones.",
			program.EnvBaseURL, program.EnvToken))
	}
	return service, err
}

// embedded is a fake whose list changes gently: about one conference starts or ends with every fifth request.
func embedded() []confopenapitest.Option {
	return alive(60, 1, confopenapitest.Churn{Seed: 1, Rate: 0.2, Toggle: 0.2})
}

// maxToken bounds what is read of a token's file, which may be a device.
const maxToken = 64 << 10

// token is that of --token-file, or else of the environment. What people paste around it is taken away or refused.
func (a *app) token() (string, error) {
	text, err := a.tokenText()
	token := program.TrimBlanks(text)
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) || strings.HasPrefix(token, "'") {
		return "", a.unsent(a.Sprintf("set %s to the token only, without quotes, spaces and line breaks", a.voice().Token),
			errors.New(a.Sprintf("%s contains more than a token", a.voice().Token)))
	}
	return token, err
}

// tokenText is the token as it is given.
func (a *app) tokenText() (string, error) {
	if a.tokenFile == "" {
		return a.env(program.EnvToken), nil
	}
	from := a.stdin
	if a.tokenFile == "-" {
		if a.isTerminal(a.stdin) {
			return "", a.unsent(a.Sprintf("the token would be visible on the terminal: use a pipe"), errors.New("--token-file -"))
		}
	} else {
		file, err := os.Open(a.tokenFile)
		if err != nil {
			return "", a.unsent(a.Sprintf("--token-file is a file with the token, or - for standard input"), err)
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	data, err := io.ReadAll(io.LimitReader(from, maxToken))
	if err != nil {
		return "", a.unsent(a.Sprintf("--token-file is a file with the token, or - for standard input"), err)
	}
	if program.TrimBlanks(string(data)) == "" {
		return "", a.unsent(a.Sprintf("--token-file is a file with the token, or - for standard input"),
			errors.New(a.Sprintf("%s contains no token", a.tokenFile)))
	}
	return string(data), nil
}

// note prints something for people on stderr, beside the result.
func (a *app) note(text string) { fmt.Fprintln(a.stderr, wrap(a.stderr, text)) }

// unsent is a problem that was found before anything was sent.
func (a *app) unsent(hint string, err error) *program.Problem {
	return &program.Problem{Err: err, Hint: hint, Code: program.Unsent}
}

// output is the problem of a result that could not be written, or nil.
func (a *app) output(err error) error { return a.voice().Output(err) }

func (a *app) voice() *program.Voice {
	v := &program.Voice{
		Printer: a.Printer, Name: "confctl", BaseURL: program.EnvBaseURL, Token: program.EnvToken,
		WithPersonalData: a.withPersonalData,
	}
	if a.baseURL != "" {
		v.BaseURL = "--base-url"
	}
	if a.tokenFile != "" {
		v.Token = "--token-file"
	}
	return v
}

// report prints an error as one line and a hint, and returns the exit code. A nil error is none.
func (a *app) report(ctx context.Context, err error) int {
	code := a.voice().Report(a.stderr, err)
	switch {
	case err == nil:
		return program.OK
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, confopenapi.ErrIncomplete):
		return exitUnproven
	}
	return code
}

// columns is the width of the terminal at a stream; 0 = it is none, or does not say.
func columns(stream any) int {
	file, ok := stream.(*os.File)
	if !ok {
		return 0
	}
	width, _, _ := term.GetSize(int(file.Fd()))
	return width
}

// textWidth is how many columns sentences take, on terminals that are wider too.
const textWidth = 80

// wrap breaks a text into lines for a stream.
func wrap(stream any, text string) string {
	return show.Wrap(text, widthOf(stream), 0)
}

// widthOf is how wide sentences on a stream are.
func widthOf(stream any) int {
	if width := columns(stream); width > 0 {
		return min(width, textWidth)
	}
	return textWidth
}

// isTerminal reports whether a stream of the app is a terminal.
func (a *app) isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// keyboard is the source of keys; nil means the terminal itself, if stdin is not a terminal.
func (a *app) keyboard() io.Reader {
	if a.isTerminal(a.stdin) {
		return a.stdin
	}
	return nil
}

// colors reports whether colours and styles may be written to stdout.
func (a *app) colors() bool {
	return !a.noColor && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb" && a.isTerminal(a.stdout)
}
