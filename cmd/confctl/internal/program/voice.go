package program

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Voice is the language of a program, and the names of its settings in messages. Describe puts
// errors into it.
type Voice struct {
	*message.Printer
	Name    string // of the program
	BaseURL string // where the address comes from, such as EnvBaseURL
	Token   string // where the token comes from
	Width   int    // of the terminal that errors are reported on; 0 = there is none

	WithPersonalData bool // the service's own words may be shown
}

// Problem is an error that brings its hint along.
type Problem struct {
	Err  error
	Hint string // what a person can do about it
	Code int    // to exit with
}

func (p *Problem) Error() string { return p.Err.Error() }
func (p *Problem) Unwrap() error { return p.Err }

// Output is the problem of a result that could not be written, or nil.
func (v *Voice) Output(err error) error {
	if err == nil {
		return nil
	}
	hint := v.Sprintf("is the disk full, or has the reader of the pipe ended?")
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		hint = v.Sprintf("the directory must exist, and you must be allowed to write there")
	}
	return &Problem{fmt.Errorf("%s: %w", v.Sprintf("writing the result"), err), hint, Failed}
}

// Report prints an error as one line and a hint, and returns the exit code. A nil error is none.
func (v *Voice) Report(stderr io.Writer, err error) int {
	if err == nil {
		return OK
	}
	code, hint := v.explain(err)
	text := v.Name + ": " + show.Printable(Describe(v.Printer, err))
	if hint != "" {
		text += "\n" + v.Sprintf("hint: %s", hint)
	}
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(stderr, show.WrapWords(show.Printable(line), v.Width))
	}
	return code
}

func (v *Voice) halfSet(set, missing string) *Problem {
	return &Problem{
		errors.New(v.Sprintf("%s is set, but %s is not", set, missing)),
		v.Sprintf("set %[1]s too, or unset %[2]s to use the embedded fake", missing, set), Unsent,
	}
}
