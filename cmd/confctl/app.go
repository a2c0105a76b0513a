package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

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

	addressFrom, tokenFrom string // where they come from, if a profile or a login has them

	baseURL, tokenFile string
	profile            string
	adminGiven         bool // --admin is there
	ignoreTotals       bool
	facts              string // the file of --facts
	factsWritten       bool   // the command writes it
	fixedToken         bool   // a refused token is not renewed
	totalsGiven        bool   // --ignore-totals is there
	withPersonalData   bool
	verbose, noColor   bool
	request            confopenapi.ListByStatusRequest // --admin and --hide-single
}

// open makes a client of the service in the flags, the environment or a profile, or else of an embedded fake. Close it.
func (a *app) open(ctx context.Context, opts ...confopenapi.Option) (*program.Service, error) {
	return a.openOr(ctx, embedded, opts...)
}

// openOr is open with a fake of its own.
func (a *app) openOr(ctx context.Context, embedded func() []confopenapitest.Option, opts ...confopenapi.Option) (*program.Service, error) {
	access, err := a.access(ctx)
	if err != nil {
		return nil, err
	}
	if a.verbose {
		access.Log = a.stderr
	}
	if a.fixedToken {
		access.Renew = nil
	}
	if a.ignoreTotals {
		opts = append(opts, confopenapi.WithIgnoredTotals())
	}
	if a.facts != "" && !a.factsWritten {
		known, err := a.readFacts()
		if err != nil {
			return nil, err
		}
		opts = append(opts, known)
	}
	service, err := a.voice().Open(access, embedded, opts...)
	if err == nil && service.Embedded() {
		a.note(a.Sprintf("These conferences are made up by an embedded fake. To list real ones, run confctl login, or set %s and %s.",
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

// cleanToken takes away what people paste around a token, or refuses it.
func (a *app) cleanToken(text string) (string, error) {
	token, from := program.TrimBlanks(text), a.voice().Token
	hint := a.Sprintf("set %s to the token only, without quotes, spaces and line breaks", from)
	if !utf8.ValidString(token) {
		return "", a.unsent(a.Sprintf("save it as UTF-8: > of Windows PowerShell writes UTF-16"), errors.New(a.Sprintf("%s is not text in UTF-8", from)))
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) || strings.HasPrefix(token, "'") {
		return "", a.unsent(hint, errors.New(a.Sprintf("%s contains more than a token", from)))
	}
	if token == "" {
		return "", a.unsent(hint, errors.New(a.Sprintf("%s contains no token", from)))
	}
	return token, nil
}

// fileToken is the token in the file of --token-file.
func (a *app) fileToken() (string, error) {
	hint := a.Sprintf("--token-file is a file with the token, or - for standard input")
	from := a.stdin
	if a.tokenFile == "-" {
		if a.isTerminal(a.stdin) {
			return "", a.unsent(a.Sprintf("the token would be visible on the terminal: use a pipe"), errors.New("--token-file -"))
		}
	} else {
		file, err := os.Open(a.tokenFile)
		if err != nil {
			return "", a.unsent(hint, err)
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	text, err := a.readToken(from)
	if err != nil {
		return "", a.unsent(hint, err)
	}
	if program.TrimBlanks(text) == "" {
		name := a.tokenFile
		if name == "-" {
			name = a.Sprintf("standard input")
		}
		return "", a.unsent(hint, errors.New(a.Sprintf("%s contains no token", name)))
	}
	return a.cleanToken(text)
}

// readToken reads what may be a token.
func (a *app) readToken(from io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxToken))
	return string(text), err
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
		Printer: a.Printer, Name: "confctl", BaseURL: program.EnvBaseURL, Token: program.EnvToken, Width: columns(a.stderr),
		WithPersonalData: a.withPersonalData,
	}
	switch {
	case a.addressFrom != "":
		v.BaseURL = a.addressFrom
	case a.baseURL != "":
		v.BaseURL = "--base-url"
	}
	switch {
	case a.tokenFrom != "":
		v.Token = a.tokenFrom
	case a.tokenFile != "":
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
	case errors.Is(err, errCtrlC), ctx.Err() != nil && errors.Is(err, context.Canceled):
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
	return show.WrapWords(text, widthOf(stream))
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
