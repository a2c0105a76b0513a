package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
)

// exportFlags are what the flags of export say.
type exportFlags struct {
	*app
	target, format, columns, require string

	bom, chineseHeadings, resume, force, quiet bool
}

const standardOutput = "-"

// newExportCommand writes all live conferences into a file.
func newExportCommand(a *app) *cobra.Command {
	f := &exportFlags{app: a}
	cmd := &cobra.Command{
		Use:   "export -o FILE",
		Short: a.Sprintf("write all live conferences into a file of CSV, XLSX or NDJSON"),
		Long: a.Sprintf("export writes all live conferences into a file of CSV, XLSX or NDJSON, which appears under its name only when it is whole and the listing has proven as much as --require asks.") +
			"\n\n" + a.Sprintf("Until then what was listed is in FILE.partial. After a crash, a full disk or Ctrl-C, --resume goes on with that: it lists again, and adds what is not there yet. On a list at rest the file is then the same as that of a single run; on a list that moves it is the union of what the runs have listed, of which some may have ended.") +
			"\n\n" + a.Sprintf("CSV: UTF-8, times in RFC 3339; text that a spreadsheet would take for a formula has an apostrophe in front, and so has text that begins with one: take one away to read it. XLSX: ids are text, since a number of Excel has 15 digits; times are dates in UTC; control characters become U+FFFD. NDJSON: a whole conference a line. What the service does not say is an empty cell.") +
			"\n\n" + a.Sprintf("Columns: %s.", columnNames()),
		Example: examples(
			example{"confctl export -o conferences.xlsx", a.Sprintf("a workbook for Excel, personal data masked")},
			example{"confctl export -o conferences.csv --bom --columns eventId,title,startTime", a.Sprintf("three columns, in a CSV that Excel takes for UTF-8")},
			example{"confctl export -o conferences.ndjson --resume", a.Sprintf("go on where a run was interrupted")},
			example{"confctl export -o - --format ndjson | gzip >conferences.ndjson.gz", a.Sprintf("into a pipe, as it comes")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			job, require, err := f.job(cmd)
			if err != nil {
				return err
			}
			return f.run(cmd.Context(), job, require)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.target, "output", "o", "", a.Sprintf("the `FILE` to write; - is standard output, for CSV and NDJSON"))
	flags.StringVar(&f.format, "format", "", a.Sprintf("the `FORMAT`, csv, xlsx or ndjson, instead of that of the file's extension"))
	flags.BoolVar(&f.bom, "bom", false, a.Sprintf("begin CSV with a byte order mark, without which Excel does not read UTF-8"))
	flags.StringVar(&f.columns, "columns", "", a.Sprintf("the `COLUMNS` of CSV and XLSX, separated by commas, instead of all"))
	flags.BoolVar(&f.chineseHeadings, "chinese-headings", false, a.Sprintf("head the columns with the vendor's Chinese words instead of its names"))
	flags.StringVar(&f.require, "require", confopenapi.VerdictConditional.String(), a.Sprintf("write the file only if the listing has this `VERDICT` at least: complete, conditional, or incomplete, which is always"))
	flags.BoolVar(&f.resume, "resume", false, a.Sprintf("go on with what an earlier run has left, if it has"))
	flags.BoolVar(&f.force, "force", false, a.Sprintf("replace a file that is there already"))
	flags.BoolVarP(&f.quiet, "quiet", "q", false, a.Sprintf("print errors only"))
	_ = cmd.RegisterFlagCompletionFunc("require", cobra.FixedCompletions([]string{"complete", "conditional", "incomplete"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func formatNames() (names []string) {
	for _, format := range export.Formats() {
		names = append(names, string(format))
	}
	return names
}

func columnNames() string {
	var names []string
	for _, c := range export.Columns() {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// job is what the flags ask for, but for whose conferences it is.
func (f *exportFlags) job(cmd *cobra.Command) (export.Job, confopenapi.Verdict, error) {
	job := export.Job{Target: f.target, Resume: f.resume, Replace: f.force, Layout: export.Layout{BOM: f.bom, Chinese: f.chineseHeadings}}
	var require confopenapi.Verdict
	bad := func(text string) (export.Job, confopenapi.Verdict, error) {
		return job, require, f.misused(cmd, nil, text)
	}
	var err error
	switch {
	case f.target == "":
		return bad(f.Sprintf("-o is missing, the file to write"))
	case f.target == standardOutput && f.format == "":
		job.Layout.Format = export.CSV
	default:
		if job.Layout.Format, err = export.ParseFormat(f.format, f.target); err != nil && f.format != "" {
			return bad(f.Sprintf("--%s: bad value %q", "format", f.format))
		} else if err != nil {
			return bad(f.Sprintf("%s does not end in .csv, .xlsx or .ndjson: say the --format", f.target))
		}
	}
	job.Layout.Columns, err = export.ParseColumns(f.columns)
	if wrong, ok := errors.AsType[*export.ColumnError](err); ok && wrong.Twice {
		return bad(f.Sprintf("--columns: %q is there twice", wrong.Name))
	} else if ok {
		return bad(f.Sprintf("--columns: there is no column %q", wrong.Name))
	}
	if err := require.UnmarshalText([]byte(f.require)); err != nil || require == confopenapi.VerdictDefault {
		return bad(f.Sprintf("--%s: bad value %q", "require", f.require))
	}
	format, pipe := job.Layout.Format, f.target == standardOutput
	switch {
	case pipe && format == export.XLSX:
		return bad(f.Sprintf("XLSX needs a file"))
	case pipe && (f.resume || f.force):
		return bad(f.Sprintf("--resume and --force are for files"))
	case f.bom && format != export.CSV:
		return bad(f.Sprintf("--bom is for CSV"))
	case format == export.NDJSON && (f.columns != "" || f.chineseHeadings):
		return bad(f.Sprintf("NDJSON has whole conferences, and no columns"))
	}
	return job, require, nil
}

// run exports into a file or a pipe.
func (f *exportFlags) run(ctx context.Context, job export.Job, require confopenapi.Verdict) error {
	service, err := f.open()
	if err != nil {
		return err
	}
	defer service.Close()
	job.Origin = export.Origin{
		Service: service.Name, Admin: f.request.AdminUserID, HideSingle: f.request.FilterOneAttendee,
		PersonalData: f.withPersonalData, Format: job.Layout.Format,
	}
	var report confopenapi.Report
	list := service.Client.Pager(&f.request, &confopenapi.PagerOptions{
		Require: require, OnReport: func(r confopenapi.Report) { report = r },
	}).All(ctx)

	if f.target == standardOutput {
		progress, end := f.showProgress(ctx, service.Client, nil)
		n, err := export.Pipe(f.stdout, list, job.Layout, f.withPersonalData, progress)
		end()
		if _, lost := errors.AsType[*export.WriteError](err); err != nil && !lost && n > 0 {
			f.say(f.Sprintf("%d conferences were written, which is not the whole list.", n))
		}
		return f.exported(err, f.Sprintf("standard output"), n, report)
	}
	e, err := export.Open(job)
	if err != nil {
		return f.refused(err)
	}
	defer e.Close()
	if written, ok := e.Resuming(); ok {
		f.say(f.Sprintf("Going on with %d conferences of an earlier run, last written at %s.", e.Len(), written.UTC().Format(time.DateTime+" MST")))
	} else if f.resume {
		f.say(f.Sprintf("There is nothing to go on with: this run begins anew."))
	}
	progress, end := f.showProgress(ctx, service.Client, e.Len)
	err = e.Run(ctx, list, progress)
	end()
	if err != nil {
		f.kept(e, err)
	} else if n := e.Stale(); n > 0 {
		f.say(f.Sprintf("%d conferences of the earlier run may have ended since: the file is the union of both runs.", n))
	}
	return f.exported(err, f.target, e.Len(), report)
}

// kept says what an error leaves behind. It is no progress, so that --quiet does not silence it.
func (f *exportFlags) kept(e *export.Export, err error) {
	if errors.Is(err, confopenapi.ErrIncomplete) && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(f.stderr, f.Sprintf("%s was not written: less is proven than --require asks.", f.target))
	}
	n := e.Len()
	if large, ok := errors.AsType[*export.TooLargeError](err); ok && large.Column == "" {
		fmt.Fprintln(f.stderr, f.Sprintf("%d conferences are kept in %s, as NDJSON behind its first line.", n, e.Unfinished()))
	} else if n > 0 {
		fmt.Fprintln(f.stderr, f.Sprintf("%d conferences are kept in %s: the same command with --resume goes on with them.", n, e.Unfinished()))
	}
}

// say prints what is no error.
func (f *exportFlags) say(text string) {
	if !f.quiet {
		fmt.Fprintln(f.stderr, text)
	}
}

// exported is the end: what was written, on standard output unless that is where it went, or the error with its hint.
func (f *exportFlags) exported(err error, where string, n int, report confopenapi.Report) error {
	if err != nil || f.quiet {
		return f.failed(err)
	}
	out := f.stdout
	if f.target == standardOutput {
		out = f.stderr
	}
	_, err = fmt.Fprintf(out, "%s\n%s\n", f.Sprintf("%s: %d conferences", where, n), wrap(f.proof(report), 0))
	return f.output(err)
}
