package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
)

// exportFlags are what the flags of export say.
type exportFlags struct {
	*app
	target, format, columns, require string

	bom, chineseHeadings, resume, force, quiet bool

	masks bool // personal data in the file
}

const standardOutput = "-"

// newExportCommand writes all live conferences into a file.
func newExportCommand(a *app) *cobra.Command {
	f := &exportFlags{app: a}
	cmd := &cobra.Command{
		Use:   "export -o FILE",
		Short: a.Sprintf("write all live conferences into a CSV, XLSX, NDJSON or Parquet file"),
		Long: a.Sprintf("export writes all live conferences into a CSV, XLSX, NDJSON or Parquet file. The file gets its name only when it is complete and the listing proves what --require demands.") +
			"\n\n" + a.Sprintf("Until then the conferences are in FILE.partial. After a crash, a full disk or Ctrl-C, the same command with --resume continues with it: it lists again, and adds what is missing. Other flags than --require and --ignore-totals must be the same, since the file would be another one. If the list did not change, the file is the same as after a single run. If it changed, the file has the conferences of all runs, and some of them may have ended.") +
			"\n\n" + a.Sprintf("CSV: UTF-8, times as in RFC 3339, or with --chinese-headings as 2026-11-30 14:32:52 in the zone that the heading names, and 是 or 否 for true or false. What a spreadsheet would treat as a formula gets an apostrophe in front, at the start of a text and behind a semicolon, a tab or a line break in it, and so does an apostrophe there: to read it, remove one at each of these places. XLSX: ids are text, since Excel's numbers have 15 digits; times are dates in the zone that the heading names; control characters become U+FFFD. NDJSON: one conference per line. Parquet: typed columns, times in UTC; DuckDB reads it. A value that the service does not send is an empty cell, in Parquet null. Excel rounds the long ids of a CSV: give it XLSX.") +
			"\n\n" + a.Sprintf("Columns: %s.", strings.Join(a.inChinese(columnNames()), " ")),
		Example: examples(
			example{"confctl export -o conferences.xlsx", a.Sprintf("a workbook for Excel, personal data masked")},
			example{"confctl export -o conferences.xlsx --chinese-headings --with-personal-data", a.Sprintf("the same with Chinese headings, and with names and telephone numbers")},
			example{"confctl export -o conferences.csv --bom --columns eventId,title,startTime", a.Sprintf("three columns, in a CSV that Excel reads as UTF-8")},
			example{"confctl export -o conferences.ndjson --resume", a.Sprintf("continue where a run was interrupted")},
			example{"confctl export -o - --format ndjson | gzip >conferences.ndjson.gz", a.Sprintf("into a pipe, while the list is read")},
		),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && f.target == "" {
				return f.misused(cmd, []string{"-o " + args[0]}, f.Sprintf("unexpected argument %q", args[0]))
			}
			return f.noArguments(cmd, args)
		},
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
	flags.StringVar(&f.format, "format", "", a.Sprintf("the `FORMAT`: csv, xlsx, ndjson or parquet; the default is the file's extension"))
	flags.BoolVar(&f.bom, "bom", false, a.Sprintf("begin CSV with a byte order mark, without which Excel does not read UTF-8; --chinese-headings does so, too"))
	flags.StringVar(&f.columns, "columns", "", a.Sprintf("the `COLUMNS` of CSV, XLSX and Parquet, separated by commas; the default is all"))
	flags.BoolVar(&f.chineseHeadings, "chinese-headings", false, a.Sprintf("use the vendor's Chinese terms as column headings instead of the field names, and a word for the status, which is from the vendor's pages of other endpoints"))
	flags.StringVar(&f.require, "require", confopenapi.VerdictConditional.String(), a.Sprintf("write the file only if the listing has at least this `VERDICT`: complete, conditional, or incomplete (always)"))
	flags.BoolVar(&f.resume, "resume", false, a.Sprintf("continue an unfinished export, if there is one"))
	flags.BoolVar(&f.force, "force", false, a.Sprintf("replace an existing file"))
	flags.BoolVarP(&f.quiet, "quiet", "q", false, a.Sprintf("print errors only, and what an embedded fake makes up"))
	_ = cmd.RegisterFlagCompletionFunc("require", cobra.FixedCompletions(verdicts, cobra.ShellCompDirectiveNoFileComp))
	completeList(cmd, "columns", columnNames(), false)
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func formatNames() (names []string) {
	for _, format := range export.Formats() {
		names = append(names, string(format))
	}
	return names
}

func columnNames() []string { return export.Names(export.Columns()) }

// job is the export that the flags ask for. The caller adds the service, the administrator and the filter.
func (f *exportFlags) job(cmd *cobra.Command) (export.Job, confopenapi.Verdict, error) {
	job := export.Job{Target: f.target, Resume: f.resume, Replace: f.force, Layout: export.Layout{BOM: f.bom || f.chineseHeadings, Chinese: f.chineseHeadings}}
	var require confopenapi.Verdict
	bad := func(text string) (export.Job, confopenapi.Verdict, error) {
		return job, require, f.misused(cmd, nil, text)
	}
	var err error
	switch {
	case f.target == "":
		return bad(f.Sprintf("-o is missing: the file to write"))
	case f.target == standardOutput && f.format == "":
		job.Layout.Format = export.CSV
	default:
		if job.Layout.Format, err = export.ParseFormat(f.format, f.target); err != nil && f.format != "" {
			return job, require, f.misused(cmd, formatNames(), f.Sprintf("--%s: bad value %q", "format", f.format))
		} else if err != nil {
			name, extension := strings.TrimSuffix(f.target, filepath.Ext(f.target)), ".xlsx"
			if e := strings.ToLower(filepath.Ext(f.target)); e == ".json" || e == ".jsonl" {
				extension = ".ndjson"
			}
			return job, require, f.misused(cmd, []string{"-o " + name + extension}, f.Sprintf("%s does not end in .csv, .xlsx, .ndjson or .parquet: add --format", f.target))
		}
	}
	words := f.Printer
	if f.chineseHeadings {
		words = locale.Printer(language.Chinese)
		job.Layout.Status = func(s confopenapi.ConferenceStatus) string { return table.Status(words, s) }
	}
	if !f.withPersonalData {
		job.Layout.Masked = words.Sprintf("[masked]")
	}
	job.Layout.Columns, err = export.ParseColumns(f.named(f.columns))
	if wrong, ok := errors.AsType[*export.ColumnError](err); ok && wrong.Twice {
		return bad(f.Sprintf("--columns: %q is given twice", wrong.Name))
	} else if ok {
		return job, require, f.noField(cmd, wrong.Name, columnNames(), f.Sprintf("--columns: there is no column %q", wrong.Name))
	}
	if err := require.UnmarshalText([]byte(f.require)); err != nil || require == confopenapi.VerdictDefault {
		return job, require, f.misused(cmd, oneOf(f.require, verdicts), f.Sprintf("--%s: bad value %q", "require", f.require))
	}
	f.masks = !f.withPersonalData && job.Layout.Personal()
	format, pipe := job.Layout.Format, f.target == standardOutput
	switch {
	case pipe && (format == export.XLSX || format == export.Parquet):
		return bad(f.Sprintf("the format %s needs a file", string(format)))
	case pipe && (f.resume || f.force):
		return bad(f.Sprintf("--resume and --force need a file"))
	case f.bom && format != export.CSV:
		return bad(f.Sprintf("--bom is for CSV"))
	case format == export.NDJSON && (f.columns != "" || f.chineseHeadings):
		return bad(f.Sprintf("NDJSON has whole conferences, not columns"))
	}
	return job, require, nil
}

// named replaces Chinese names of columns.
func (f *exportFlags) named(list string) string {
	names := strings.Split(strings.ReplaceAll(list, "，", ","), ",")
	for i, name := range names {
		if field := (table.Picker{Printer: f.Printer}).Named(strings.TrimSpace(name)); field != nil {
			names[i] = field.Name
		}
	}
	return strings.Join(names, ",")
}

// run exports into a file or a pipe.
func (f *exportFlags) run(ctx context.Context, job export.Job, require confopenapi.Verdict) error {
	if os.Getenv("GOGC") == "" { // less memory at the peak (CSV −9 %, XLSX −22 %) for some CPU (+2 to +12 %)
		defer debug.SetGCPercent(debug.SetGCPercent(40))
	}
	var e *export.Export // nil = into a pipe
	service, err := f.open(ctx, confopenapi.WithObserver(confopenapi.Observer{
		StartCall: func(ctx context.Context, _ confopenapi.CallInfo) context.Context {
			if e != nil {
				_ = e.Flush() // so that a kill during the call loses nothing; Run returns the error
			}
			return ctx
		},
	}))
	if err != nil {
		return err
	}
	defer service.Close()
	job.Layout.Zone, job.Layout.Terminal = f.zone, f.target == standardOutput && f.isTerminal(f.stdout)
	job.Origin = export.Origin{
		Service: service.Name, Admin: f.request.AdminUserID, HideSingle: f.request.FilterOneAttendee,
		PersonalData: f.withPersonalData,
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
			f.say(f.Sprintf("%d conferences were written. This is not the whole list.", n))
		}
		return f.exported(err, f.Sprintf("standard output"), n, report)
	}
	if e, err = export.Open(job); err != nil {
		return f.refused(err)
	}
	defer e.Close()
	if written, ok := e.Resuming(); ok {
		f.say(f.Sprintf("Continuing with %d conferences of an earlier run, last written at %s.", e.Len(), written.In(f.zone).Format(time.DateTime)+" "+show.Zone(written.In(f.zone))))
	} else if f.resume {
		f.say(f.Sprintf("There is no unfinished export: this run starts from the beginning."))
	}
	progress, end := f.showProgress(ctx, service.Client, e.Len)
	err = e.Run(ctx, list, progress)
	end()
	if err != nil {
		f.kept(e, err)
	} else if n := e.Stale(); n > 0 {
		f.say(f.Sprintf("%d conferences of the earlier run may have ended since: the file has the conferences of both runs.", n))
	}
	return f.exported(err, f.target, e.Len(), report)
}

// kept says what an error leaves behind. It is no progress, so that --quiet does not silence it.
func (f *exportFlags) kept(e *export.Export, err error) {
	if errors.Is(err, confopenapi.ErrIncomplete) && !errors.Is(err, context.Canceled) {
		f.tell(f.Sprintf("%s was not written: less is proven than --require demands.", f.target))
	}
	n := e.Len()
	if _, large := errors.AsType[*export.TooLargeError](err); large {
		f.tell(f.Sprintf("%d conferences are kept in %s, as NDJSON after its first line.", n, e.Unfinished()))
	} else if n > 0 {
		f.tell(f.Sprintf("%d conferences are kept in %s: a run with --resume lists again and continues with them.", n, e.Unfinished()))
	}
}

// say prints what is no error.
func (f *exportFlags) say(text string) {
	if !f.quiet {
		f.tell(text)
	}
}

// tell prints a line, in which the name of a file may be.
func (f *exportFlags) tell(line string) {
	fmt.Fprintln(f.stderr, show.WrapWords(show.Printable(line), columns(f.stderr)))
}

// exported is the end: what was written, on standard output unless that is where it went, or the error with its hint.
func (f *exportFlags) exported(err error, where string, n int, report confopenapi.Report) error {
	if err != nil || f.quiet {
		return f.failed(err)
	}
	if f.masks {
		f.tell(f.Sprintf("Personal data is masked: --with-personal-data shows it."))
	}
	out := f.stdout
	if f.target == standardOutput {
		out = f.stderr
	}
	_, err = fmt.Fprintf(out, "%s\n%s\n", show.WrapWords(show.Printable(f.Sprintf("%s: %d conferences", where, n)), columns(out)), wrap(out, f.proof(report)))
	return f.output(err)
}
