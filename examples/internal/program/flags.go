package program

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// Flags are a program's flags, with those that all programs have.
type Flags struct {
	*flag.FlagSet
	WithPersonalData bool
	Verbose          bool
}

// NewFlags makes the flags of the program with this name. Usage comes before their list; personal begins the explanation of
// -with-personal-data, which in every program shows the service's own words in errors.
func NewFlags(name, usage, personal string, stderr io.Writer) *Flags {
	f := &Flags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError)}
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.BoolVar(&f.WithPersonalData, "with-personal-data", false, personal+" the service's own words in errors")
	f.BoolVar(&f.Verbose, "v", false, "log every attempt to stderr")
	return f
}

// Admin adds the flag for whose conferences are listed.
func (f *Flags) Admin(req *confopenapi.ListByStatusRequest) {
	f.Int64Var(&req.AdminUserID, "admin", 0, "list the conferences of the administrator with this user `id` (default the super administrator)")
}

// HideSingle adds the flag for the filter, which has three states.
func (f *Flags) HideSingle(req *confopenapi.ListByStatusRequest) {
	f.BoolFunc("hide-single", "hide conferences with one attendee; =false lists them; without the flag the service decides", func(text string) error {
		hide, err := strconv.ParseBool(text)
		req.FilterOneAttendee = new(hide)
		return err
	})
}

// Parse reads the arguments, which must all be flags. Its errors are for Report alone.
func (f *Flags) Parse(args []string) error {
	if err := f.FlagSet.Parse(args); err != nil {
		return &toldError{err}
	}
	if f.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q", f.Arg(0))
		fmt.Fprintf(f.Output(), "%s: %v\n", f.Name(), err)
		f.Usage()
		return &toldError{err}
	}
	return nil
}

// toldError is an error of the flags, which package flag has printed already.
type toldError struct{ err error }

func (e *toldError) Error() string { return e.err.Error() }
func (e *toldError) Unwrap() error { return e.err }

// Report prints an error as one line and a hint, and returns the exit code. A nil error is none.
func (f *Flags) Report(err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return OK
	}
	if _, told := errors.AsType[*toldError](err); told {
		return Unsent
	}
	return f.voice().Report(f.Output(), err)
}

// Open makes a client of the service that the environment names, or of a fake as embedded has it if it names none.
func (f *Flags) Open(env func(string) string, embedded func() []confopenapitest.Option, opts ...confopenapi.Option) (*Service, error) {
	access := Access{BaseURL: env(EnvBaseURL), Token: env(EnvToken), UserAgent: f.Name() + "-example"}
	if f.Verbose {
		access.Log = f.Output()
	}
	service, err := f.voice().Open(access, embedded, opts...)
	if err == nil && service.Embedded() {
		fmt.Fprintf(f.Output(), "These conferences are made up, by an embedded fake. Set %s and %s to list real ones.\n", EnvBaseURL, EnvToken)
	}
	return service, err
}

func (f *Flags) voice() *Voice {
	v := english
	v.Name, v.WithPersonalData = f.Name(), f.WithPersonalData
	return &v
}
