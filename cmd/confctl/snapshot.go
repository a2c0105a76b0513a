package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// newSnapshotCommand reads the whole list and says what that is worth.
func newSnapshotCommand(a *app) *cobra.Command {
	options := &confopenapi.SnapshotOptions{}
	require, asJSON := "", false
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: a.Sprintf("read the whole list, and report what is proven about it"),
		Long: a.Sprintf("Read the whole list, and report what is proven about it. The list changes while it is read page by page, so that a listing can miss conferences unnoticed. A snapshot reads pages that overlap; the conferences that two pages share prove that nothing was missed between them.") + "\n\n" +
			a.Sprintf("complete: nothing was missed. conditional: nothing was missed if one condition holds, which is shown. incomplete: conferences may have been missed.") + "\n\n" +
			a.Sprintf("The exit code is 3 if less is proven than --require demands."),
		Example: examples(
			example{"confctl snapshot", a.Sprintf("what a listing of everything proves here")},
			example{"confctl snapshot --require complete --json | jq .verdict", a.Sprintf("for a script that wants full proof")},
			example{"confctl snapshot --parallel 16", a.Sprintf("a long list, quickly")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := options.Require.UnmarshalText([]byte(require)); err != nil {
				return a.misused(cmd, oneOf(require, verdicts), a.Sprintf("--%s: bad value %q", "require", require))
			}
			return a.snapshot(cmd, options, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&require, "require", "conditional", a.Sprintf("exit with 3 below this `VERDICT`: complete, conditional, or incomplete (never)"))
	flags.IntVar(&options.Parallel, "parallel", 4, a.Sprintf("at most `N` requests at the same time, from 1 to 16"))
	flags.IntVar(&options.PageSize, "page-size", 500, a.Sprintf("request `N` conferences per page; the service may send fewer"))
	flags.BoolVar(&asJSON, "json", false, a.Sprintf("print the report as one JSON document"))
	_ = cmd.RegisterFlagCompletionFunc("require", cobra.FixedCompletions(verdicts, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// verdicts are the values of --require.
var verdicts = []string{"complete", "conditional", "incomplete"}

func (a *app) snapshot(cmd *cobra.Command, options *confopenapi.SnapshotOptions, asJSON bool) error {
	service, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer service.Close()
	bar := a.newProgress(a.Sprintf("conferences"))
	options.OnProgress = bar.update
	snapshot, err := service.Client.Snapshot(cmd.Context(), &a.request, options)
	bar.done()
	if snapshot == nil {
		return err
	}
	var unwritten error
	if asJSON {
		unwritten = show.JSON(a.stdout, snapshot.Report)
	} else {
		_, unwritten = fmt.Fprint(a.stdout, a.verdict(snapshot.Report))
	}
	if unwritten != nil {
		return a.output(unwritten)
	}
	return a.retell(err, options.Require)
}

// retell leaves out of an error what the verdict has said already.
func (a *app) retell(err error, required confopenapi.Verdict) error {
	incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err)
	switch {
	case !ok:
		return err
	case incomplete.Err != nil:
		return &program.Reworded{Text: program.Describe(a.Printer, incomplete.Err), Err: err}
	}
	return &program.Reworded{Text: a.Sprintf("less is proven than --require %s demands", required.String()), Err: err}
}

// verdict is a report in words, a line for each sentence.
func (a *app) verdict(r confopenapi.Report) string {
	sentences := append([]string{a.proof(r)}, append(a.counts(r), a.effort(r)...)...)
	for i := range sentences {
		sentences[i] = wrap(a.stdout, sentences[i])
	}
	return strings.Join(sentences, "\n") + "\n"
}

// proof says what is proven, and what it rests on or why it is not more.
func (a *app) proof(r confopenapi.Report) string {
	notes := ""
	if reserve := a.reserve(r); reserve != "" {
		notes = a.Sprintf(" %s", reserve)
	}
	if r.Assumed {
		notes += a.Sprintf(" %s", a.Sprintf("This assumes that the service works as in earlier listings; every 30th is made without this assumption."))
	}
	switch r.Verdict {
	case confopenapi.VerdictComplete:
		return a.Sprintf("Complete: nothing was missed. Every conference that was live from the first request to the last is in the list. Those that started or ended meanwhile may be in it or not.") + notes
	case confopenapi.VerdictConditional:
		return a.Sprintf("Conditional: nothing was missed, on one condition: %s", program.Because(a.Printer, r.Reason)) + notes
	case confopenapi.VerdictIncomplete, confopenapi.VerdictDefault: // which no report has
	}
	return a.Sprintf("Incomplete: conferences may have been missed: %s", program.Because(a.Printer, program.ReasonOf(r)))
}

// reserve says what a verdict cannot know where no total is evidence; "" = nothing.
func (a *app) reserve(r confopenapi.Report) string {
	switch {
	case r.TotalsIgnored && r.TotalCount > r.Received:
		return a.Sprintf("Totals were ignored, and the service counts %d: conferences that it never lists are not noticed.", r.TotalCount)
	case r.TotalsIgnored:
		return a.Sprintf("Totals were ignored: conferences that the service never lists are not noticed.")
	case program.WithoutTotals(r):
		return a.Sprintf("The service gives no total of its list: conferences that it never lists are not noticed.")
	}
	return ""
}

func (a *app) counts(r confopenapi.Report) (said []string) {
	if r.TotalCount == r.Received {
		said = append(said, a.Sprintf("%d live conferences were listed; the service counts the same number.", r.Received))
	} else {
		said = append(said, a.Sprintf("%d live conferences were listed; the service counts %d.", r.Received, r.TotalCount))
	}
	if r.Missing > 0 {
		said = append(said, a.Sprintf("About %d may be missing.", r.Missing))
	}
	return said
}

func (a *app) effort(r confopenapi.Report) (said []string) {
	said = append(said, a.Sprintf("It took %d requests and %s.", r.Calls, r.End.Sub(r.Start).Round(time.Millisecond).String()))
	if r.Stats.Repairs > 0 {
		said = append(said, a.Sprintf("%d of them closed gaps or confirmed the end.", r.Stats.Repairs))
	}
	if r.Failed > 0 {
		said = append(said, a.Sprintf("%d pages could not be read.", r.Failed))
	}
	if r.Stats.Drift > 0 {
		said = append(said, a.Sprintf("Meanwhile the list moved by at most %d places between two neighbouring pages.", r.Stats.Drift))
	}
	return said
}
