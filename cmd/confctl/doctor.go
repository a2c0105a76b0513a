package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// newDoctorCommand learns what the service really does.
func newDoctorCommand(a *app) *cobra.Command {
	options, style, asJSON := doctor.Options{Reason: a.because}, doctor.Style{}, false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: a.Sprintf("examine how the service behaves, what confctl can guarantee there, and what to do next"),
		Long: a.Sprintf("doctor sends a limited number of requests to find out what is not documented or differs from the documentation: where the service accepts the token, how large pages can be, how the list is sorted, what totals count, which fields are sent, and more. Then it reports what confctl can guarantee there, and what to do next. It changes nothing, and sends one request with a wrong token.") +
			"\n\n" + a.Sprintf("What a short or changing list does not show is reported as unknown; try again at another time.") +
			"\n\n" + a.Sprintf("Exit codes: 0 all guarantees that could be checked hold, and the report shows which could not, such as where ignored totals count what did not come; 1 the service could not be examined, or a check failed; 2 nothing was sent; 3 a guarantee does not hold there."),
		Example: examples(
			example{"confctl doctor", a.Sprintf("the embedded fake, to see a report")},
			example{"confctl doctor --base-url https://conf.example.com --token-file token.txt", a.Sprintf("a real service")},
			example{"confctl doctor --evidence --max-requests 200", a.Sprintf("a long list, with the numbers behind each finding")},
			example{"confctl doctor --facts facts.json", a.Sprintf("keep what listings can use next time")},
			example{"confctl doctor --json | jq '.findings[] | select(.verdict == \"unusual\")'", a.Sprintf("only what is unusual")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.MaxRequests < doctor.MinRequests() {
				return a.misused(cmd, nil, a.Sprintf("--max-requests %d is too small: at least %d", options.MaxRequests, doctor.MinRequests()))
			}
			return a.doctor(cmd, options, style, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVar(&options.MaxRequests, "max-requests", doctor.DefaultMaxRequests, a.Sprintf("send at most `N` requests, retries included"))
	flags.BoolVar(&style.Evidence, "evidence", false, a.Sprintf("show the numbers behind each finding"))
	flags.BoolVar(&asJSON, "json", false, a.Sprintf("print the report as one JSON document"))
	return cmd
}

// because is a reason in a report that says itself what to do about it.
func (a *app) because(r confopenapi.Reason) string {
	if r == confopenapi.ReasonTotal {
		return a.Sprintf("the service counts more conferences than it lists.")
	}
	return program.Because(a.Printer, r)
}

func (a *app) doctor(cmd *cobra.Command, options doctor.Options, style doctor.Style, asJSON bool) error {
	a.fixedToken, a.factsWritten = true, true // it has a token refused
	service, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer service.Close()
	options.Client, options.Request, style.Color, style.Width = service.Client, a.request, a.colors(), columns(a.stdout)
	if a.isTerminal(a.stderr) {
		options.OnProbe = func(asks doctor.Sentence, sent int) {
			a.note(a.Sprintf("%d of at most %d requests: %s", sent, options.MaxRequests, asks.In(a.Printer)))
		}
	}
	report, err := doctor.Run(cmd.Context(), options)
	if err != nil {
		return err
	}
	if cmd.Context().Err() != nil {
		return report.Err // whoever interrupts it wants no report
	}
	for i := range report.Next {
		report.Next[i].Command += a.given(cmd, report.Next[i].Command)
	}
	if asJSON {
		err = report.WriteJSON(a.stdout, a.Printer)
	} else {
		err = report.Print(a.stdout, a.Printer, style)
	}
	if err != nil {
		return a.output(err)
	}
	if a.facts != "" && report.Err == nil {
		if err := a.writeFacts(service.Client); err != nil {
			return err
		}
	}
	return a.diagnosis(report)
}

// given is the flags of this call that a proposed command needs, too: without them it would call another service.
func (a *app) given(cmd *cobra.Command, proposed string) string {
	var text strings.Builder
	for _, name := range []string{"profile", "base-url", "token-file", "admin", "hide-single", "ignore-totals", "max-requests"} {
		f := cmd.Flag(name)
		if f == nil || !f.Changed || strings.Contains(proposed, "--"+name) || name == "max-requests" && !strings.HasPrefix(proposed, "confctl doctor") {
			continue
		}
		value := f.Value.String()
		if filter := a.request.FilterOneAttendee; name == "hide-single" && filter != nil { // a flag by a function has no value
			value = strconv.FormatBool(*filter)
		}
		text.WriteString(" --" + name + "=" + shellWord(value))
	}
	return text.String()
}

// shellWord is a text as one word of a shell.
func shellWord(s string) string {
	if strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:@%+=,") == "" && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(show.Printable(s), "'", `'\''`) + "'"
}

// diagnosis is the error that a report ends with, or nil.
func (a *app) diagnosis(r *doctor.Report) error {
	switch {
	case r.Err != nil:
		return r.Err
	case r.FailedChecks() > 0 && !r.Hindered():
		return &program.Problem{
			Err:  errors.New(a.Sprintf("checks that failed: %d", r.FailedChecks())),
			Hint: a.Sprintf("the report shows which, and what to do next"),
			Code: program.Failed,
		}
	case r.Hindered():
		return &program.Problem{
			Err:  errors.New(a.Sprintf("a guarantee does not hold at this service")),
			Hint: a.Sprintf("the report shows which, and what to do next"),
			Code: exitUnproven,
		}
	}
	return nil
}
