package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/disk"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// pastRuns is what the flags of history say.
type pastRuns struct {
	*app
	store, from, to, org, title string
	limit                       int
	all, json                   bool
	target, format              string
	chineseHeadings, force      bool

	filter history.Filter
}

// newHistoryCommand shows what a watch with --store has recorded.
func newHistoryCommand(a *app) *cobra.Command {
	h := &pastRuns{app: a}
	cmd := &cobra.Command{
		Use:   "history --store FILE",
		Short: a.Sprintf("show which conferences ran when, from the file of confctl watch or web --store"),
		Long: a.Sprintf("Show the runs of conferences that confctl watch --store or confctl web --store has recorded, those that came last first: title, organisation, times, and how many attended. No host and no attendee is recorded. It may be used while they run. No service is called.") + "\n\n" +
			a.Sprintf("What happens between two polls is not seen: the start and the end of a run are given as bounds. The table has the start that the service gives, and the later bound of the end. Behind an end that is inferred, and not proven, is a question mark. The duration is from that start to that end, whatever --from and --to are; a live run has none. Peak and mean are of the attendees, as polls saw them; the mean is over the time from the first poll that saw the run to the last.") + "\n\n" +
			a.Sprintf("To sum the durations by organisation, use a pivot table in -o FILE.xlsx, or the SQL in https://github.com/confopenapi/confopenapi-go/blob/main/docs/history.md"),
		Example: examples(
			example{"confctl history --store meetings.db", a.Sprintf("the last 20")},
			example{"confctl history --store meetings.db --from 2026-11-02 --to 2026-11-02 --org 研发部 --all", a.Sprintf("all of an organisation on one day")},
			example{"confctl history --store meetings.db -o november.xlsx --chinese-headings", a.Sprintf("all, in a workbook for Excel")},
		),
		Annotations: offline,
		RunE:        func(cmd *cobra.Command, _ []string) error { return h.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&h.store, "store", "", a.Sprintf("the `FILE` of confctl watch or web --store"))
	flags.StringVar(&h.from, "from", "", a.Sprintf("only runs that may have been live at this `TIME` or later, such as 2026-11-02, \"2026-11-02 09:00\", 24h, which is 24 hours ago, or 7d"))
	flags.StringVar(&h.to, "to", "", a.Sprintf("only runs that may have been live before this `TIME`, by the service's start or the bounds; a day counts to its end"))
	flags.StringVar(&h.org, "org", "", a.Sprintf("only runs of organisations with `TEXT` in the name, or with this id"))
	flags.StringVar(&h.title, "title", "", a.Sprintf("only runs with `TEXT` in the title"))
	flags.IntVarP(&h.limit, "limit", "n", 20, a.Sprintf("show `N` runs at most"))
	flags.BoolVar(&h.all, "all", false, a.Sprintf("show all"))
	flags.BoolVar(&h.json, "json", false, a.Sprintf("one JSON document, as GET /api/v1/runs has it"))
	flags.StringVarP(&h.target, "output", "o", "", a.Sprintf("write all, or only --limit, into this `FILE`, .csv, .xlsx or .parquet; - is standard output, for CSV"))
	flags.StringVar(&h.format, "format", "", a.Sprintf("the `FORMAT` of -o: csv, xlsx or parquet; the default is the file's extension"))
	flags.BoolVar(&h.chineseHeadings, "chinese-headings", false, a.Sprintf("Chinese column headings in -o; CSV then begins with a byte order mark, and has times as spreadsheets read them"))
	flags.BoolVar(&h.force, "force", false, a.Sprintf("replace an existing file"))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{string(export.CSV), string(export.XLSX), string(export.Parquet)}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (h *pastRuns) run(cmd *cobra.Command) error {
	layout, err := h.check(cmd)
	if err != nil {
		return err
	}
	reader, err := history.OpenReader(h.store)
	if err != nil {
		return h.unopened(h.store, err)
	}
	defer func() { _ = reader.Close() }()
	state, err := reader.State(cmd.Context())
	if err != nil {
		return h.unopened(h.store, err)
	}
	runs, err := reader.Runs(cmd.Context(), h.filter)
	switch {
	case err != nil:
		return h.unopened(h.store, err)
	case h.target != "":
		return h.export(cmd.Context(), layout, runs)
	case h.json:
		return h.output(show.JSON(h.stdout, history.Page{Service: state.Service, PolledAt: state.PolledAt, Runs: append([]history.Run{}, runs...)}))
	}
	return h.output(h.table(runs, state))
}

// check validates the flags.
func (h *pastRuns) check(cmd *cobra.Command) (layout export.Layout, err error) {
	bad := func(text string) (export.Layout, error) { return layout, h.misused(cmd, nil, text) }
	for name, flag := range map[string]struct {
		text string
		at   *time.Time
	}{"from": {h.from, &h.filter.From}, "to": {h.to, &h.filter.To}} {
		if *flag.at, err = h.time(flag.text, name == "to"); err != nil {
			return layout, h.misused(cmd, []string{"--" + name + ` "2026-11-02 09:00"`, "--" + name + " 24h", "--" + name + " 7d"}, h.Sprintf("--%s: bad value %q", name, flag.text))
		}
	}
	h.filter.Organization, h.filter.Title, h.filter.Limit = h.org, h.title, h.limit
	if h.all || h.target != "" && !cmd.Flags().Changed("limit") {
		h.filter.Limit = 0
	}
	switch {
	case !h.filter.To.IsZero() && !h.filter.From.Before(h.filter.To):
		return bad(h.Sprintf("--from is not before --to"))
	case h.store == "":
		return bad(h.Sprintf("--store is missing: the file of confctl watch or web --store"))
	case h.limit < 1:
		return bad(h.Sprintf("--%s: bad value %q", "limit", strconv.Itoa(h.limit)))
	case h.all && cmd.Flags().Changed("limit"):
		return bad(h.Sprintf("%s and %s cannot be used together", "--all", "--limit"))
	case h.json && h.target != "":
		return bad(h.Sprintf("%s and %s cannot be used together", "--json", "-o"))
	case h.target == "" && (h.format != "" || h.chineseHeadings || h.force):
		return bad(h.Sprintf("--format, --chinese-headings and --force need -o"))
	case h.target == "":
		return layout, nil
	}
	layout = export.Layout{Chinese: h.chineseHeadings, BOM: h.chineseHeadings, Zone: h.zone, Sheet: "Runs"}
	if h.chineseHeadings {
		layout.Sheet = "历史记录"
	}
	if layout.Format, err = export.ParseFormat(h.format, h.target); h.target == standardOutput && h.format == "" {
		layout.Format, err = export.CSV, nil
	}
	if err != nil || layout.Format == export.NDJSON {
		return bad(h.Sprintf("-o is a .csv, .xlsx or .parquet file, or needs --format"))
	}
	if h.target == standardOutput {
		layout.Terminal = h.isTerminal(h.stdout)
		if layout.Format != export.CSV {
			return bad(h.Sprintf("the format %s needs a file", string(layout.Format)))
		}
	}
	return layout, nil
}

// time reads a time in the zone of the app, or how long ago it was. A day is its beginning, or its end.
func (h *pastRuns) time(text string, end bool) (at time.Time, err error) {
	if text == "" {
		return at, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return time.Now().Add(-ago), nil
	}
	if days, err := strconv.ParseUint(strings.TrimSuffix(text, "d"), 10, 16); err == nil && strings.HasSuffix(text, "d") {
		return time.Now().Add(-time.Duration(days) * 24 * time.Hour), nil
	}
	for _, layout := range [...]string{time.RFC3339, time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if at, err = time.ParseInLocation(layout, text, h.zone); err != nil {
			continue
		}
		if end && layout == time.DateOnly {
			at = at.AddDate(0, 0, 1)
		}
		break
	}
	return at, err
}

// unopened explains why a history cannot be used.
func (a *app) unopened(path string, err error) error {
	if wrong, ok := errors.AsType[*history.VersionError](err); ok {
		if wrong.Has > wrong.Known {
			return a.unsent(a.Sprintf("use that version of confctl, or another --store"), errors.New(a.Sprintf("%s is of a newer version of confctl", path)))
		}
		return a.unsent(a.Sprintf("confctl watch --store brings it to this version"), errors.New(a.Sprintf("%s is of an older version of confctl", path)))
	}
	if other, ok := errors.AsType[*history.OtherError](err); ok {
		return a.unsent(a.Sprintf("use another --store for this service, --admin and --hide-single"),
			errors.New(a.Sprintf("%s is the history of another list, of %s", path, cmp.Or(other.Service+" "+other.Request, "-"))))
	}
	switch {
	case errors.Is(err, disk.ErrBusy):
		return a.unsent(a.Sprintf("one process writes a file; confctl history reads it meanwhile"), errors.New(a.Sprintf("another process is writing %s", path)))
	case errors.Is(err, disk.ErrNoFile):
		return a.unsent(a.Sprintf("--store must be the name of a file"), errors.New(a.Sprintf("%s is a directory or a device", path)))
	case errors.Is(err, history.ErrForeign):
		return a.unsent(a.Sprintf("nothing was changed: use another --store"), errors.New(a.Sprintf("%s is not a history of confctl", path)))
	case errors.Is(err, fs.ErrNotExist):
		return a.unsent(a.Sprintf("confctl watch --store or confctl web --store makes it"), errors.New(a.Sprintf("there is no history in %s", path)))
	}
	if _, named := errors.AsType[*fs.PathError](err); !named {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return a.unsent(a.Sprintf("the file must be on a disk that has room, and yours to read and write"), err)
}

// wideHistory is the width from which the headings of the table are whole.
const wideHistory = 60

// oldPoll is the age from which the last poll is reported. The file does not say how often there is one.
const oldPoll = 10 * time.Minute

// table shows runs to people.
func (h *pastRuns) table(runs []history.Run, state history.State) error {
	zone := " " + show.Zone(time.Now().In(h.zone))
	width := columns(h.stdout)
	start, end, clock := h.Sprintf("START")+zone, h.Sprintf("ENDED BY"), "01-02 15:04:05"
	if width > 0 && width < wideHistory {
		start, end, clock = h.Sprintf("START"), h.Sprintf("END"), "01-02 15:04"
	}
	out := show.Table{Columns: []show.Column{
		{Name: h.Sprintf("EVENT"), Right: true, Leave: 5},
		{Name: h.Sprintf("TITLE"), Least: 12, Limit: 36},
		{Name: h.Sprintf("ORGANISATION"), Limit: 16, Leave: 3},
		{Name: start},
		{Name: end},
		{Name: h.Sprintf("MINUTES"), Right: true, Leave: 2},
		{Name: h.Sprintf("PEAK"), Right: true, Leave: 1},
		{Name: h.Sprintf("MEAN"), Right: true, Leave: 4},
	}}
	for _, r := range runs {
		end, minutes := h.Sprintf("live now"), "-"
		if !r.Live {
			end, minutes = r.EndBy.In(h.zone).Format(clock), strconv.FormatFloat(r.Duration().Minutes(), 'f', 1, 64)
			if !r.Proven {
				end += "?"
			}
		}
		out.Rows = append(out.Rows, []string{
			strconv.FormatInt(r.EventID, 10), show.Printable(r.Title), show.Printable(r.HostOrgName), r.Start().In(h.zone).Format(clock), end, minutes,
			strconv.Itoa(r.Peak.Attendees), strconv.FormatFloat(r.Mean.Attendees, 'f', 1, 64),
		})
	}
	rendered := ""
	if len(runs) > 0 {
		rendered = out.Render(width) + "\n\n"
	}
	polled := h.Sprintf("never")
	if !state.PolledAt.IsZero() {
		polled = state.PolledAt.In(h.zone).Format(time.DateTime) + zone
	}
	summary := h.Sprintf("%d runs, as of %s", len(runs), polled)
	if h.filter.Limit > 0 && len(runs) == h.filter.Limit {
		summary = h.Sprintf("%d runs, perhaps more, as of %s; --all shows all", len(runs), polled)
	}
	if from := h.filter.From; !state.PolledAt.IsZero() && from.After(state.PolledAt) {
		summary += "\n" + h.Sprintf("--from is after the last poll: what was live at that poll is listed, and nothing else is known.")
	} else if to := h.filter.To; len(runs) == 0 && !to.IsZero() && to.Before(state.Since) {
		summary += "\n" + h.Sprintf("The record begins at %s: what had ended before is not in it.", state.Since.In(h.zone).Format(time.DateTime)+zone)
	}
	if age := time.Since(state.PolledAt); !state.PolledAt.IsZero() && age > oldPoll {
		summary += "\n" + h.Sprintf("The last poll was %s ago: what started or ended since is not recorded.", age.Round(time.Minute).String())
	}
	_, err := fmt.Fprintf(h.stdout, "%s%s\n", rendered, wrap(h.stdout, summary))
	return err
}

// export writes runs into a file, which is whole or not there.
func (h *pastRuns) export(ctx context.Context, layout export.Layout, runs []history.Run) error {
	var row *history.Run
	layout.Columns = runColumns(&row)
	write := func(w io.Writer) error {
		out, err := layout.NewWriter(w, h.target+".scratch")
		if err != nil {
			return err
		}
		defer out.Close()
		for i := range runs {
			row = &runs[i]
			if err := cmp.Or(ctx.Err(), out.Write(nil)); err != nil {
				return err
			}
		}
		return out.Finish()
	}
	if h.target == standardOutput {
		return h.output(write(h.stdout))
	}
	if info, err := os.Stat(h.target); err == nil && info.Mode().IsRegular() && info.Size() > 0 && !h.force {
		return h.unsent(h.Sprintf("--force replaces it"), errors.New(h.Sprintf("%s already exists", h.target)))
	}
	if err := disk.Replace(h.target, 0o600, write, nil); err != nil {
		hint := h.Sprintf("the directory of -o must exist, and you must be allowed to write the file")
		if _, large := errors.AsType[*export.TooLargeError](err); large {
			hint = h.Sprintf("CSV has no such limit")
		}
		return &program.Problem{Err: fmt.Errorf("%s: %w", h.Sprintf("writing the result"), err), Code: program.Failed, Hint: hint}
	}
	_, err := fmt.Fprintln(h.stdout, show.WrapWords(show.Printable(h.Sprintf("%s: %d runs", h.target, len(runs))), columns(h.stdout)))
	return h.output(err)
}

// runColumns are the columns of -o, of the run that row points to.
func runColumns(row **history.Run) []export.Column {
	list := []export.Column{
		export.ColumnOf("eventId", "会议预约 ID", fields.ID, func() any { return (*row).EventID }),
		export.ColumnOf("conferenceId", "会议 ID", fields.Text, func() any { return (*row).ConferenceID }),
		export.ColumnOf("startTime", "开始时间", fields.Time, func() any { return (*row).StartTime }),
		export.ColumnOf("title", "会议主题", fields.Text, func() any { return (*row).Title }),
		export.ColumnOf("hostOrgId", "主持人所属组织 ID", fields.ID, func() any { return (*row).HostOrgID }),
		export.ColumnOf("hostOrgName", "主持人所属组织名称", fields.Text, func() any { return (*row).HostOrgName }),
		export.ColumnOf("startNotBefore", "开始不早于", fields.Time, func() any { return (*row).StartNotBefore }),
		export.ColumnOf("startBy", "开始不晚于", fields.Time, func() any { return (*row).StartBy }),
		export.ColumnOf("endNotBefore", "结束不早于", fields.Time, func() any { return (*row).EndNotBefore }),
		export.ColumnOf("endBy", "结束不晚于", fields.Time, func() any { return (*row).EndBy }),
		export.ColumnOf("durationSeconds", "时长(秒)", fields.Integer, func() any {
			if (*row).Live {
				return nil
			}
			return int((*row).Duration().Seconds())
		}),
		export.ColumnOf("proven", "结束已证明", fields.Flag, func() any { return (*row).Proven }),
		export.ColumnOf("resumes", "恢复次数", fields.Integer, func() any { return (*row).Resumes }),
	}
	for i, k := range history.Kinds() {
		list = append(list,
			export.ColumnOf(k.Name+"Peak", k.Chinese+"峰值", fields.Integer, func() any { return *(*row).Peak.List()[i] }),
			export.ColumnOf(k.Name+"Mean", k.Chinese+"均值", export.Decimal, func() any { return *(*row).Mean.List()[i] }))
	}
	return list
}
