package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
)

// list has the values of the flags.
type list struct {
	*app
	limit              int
	all                bool
	wide, json, ndjson bool
	columns, sort      string
	filters            []string

	conditions []table.Condition
	order      table.Order   // nil = the service's
	shown      []*show.Field // nil = the usual columns
}

// newListCommand shows what is live.
func newListCommand(a *app) *cobra.Command {
	l := &list{app: a}
	cmd := &cobra.Command{
		Use:   "list",
		Short: a.Sprintf("show live conferences"),
		Long: a.Sprintf("Show live conferences: the first 20 in the service's order, with one request.") + "\n\n" +
			a.Sprintf("With --all, --filter or --sort confctl reads the whole list page by page. The exit code is 3 if it cannot prove that no conference was missed.") + "\n\n" +
			a.Sprintf("FIELD is the name of a JSON field, such as title, hostOrgName, attendeeCnt, startTime or isRecord, or what it means in Chinese, such as 参会人数. Times are in the zone of TZ, or else of this machine, which the headings name. startTimeStr and stopTimeStr are texts of the service, which name no zone. An empty cell, - and unknown are the same: the service sent no value."),
		Example: examples(
			example{"confctl list", a.Sprintf("the first 20")},
			example{"confctl list --sort -attendeeCnt --limit 5", a.Sprintf("the five largest")},
			example{"confctl list --filter 'attendeeCnt>=10' --filter 研发部", a.Sprintf("those with at least ten attendees that contain 研发部")},
			example{"confctl list --columns title,hostName,attendeeCnt --with-personal-data", a.Sprintf("three columns, one of them with the hosts")},
			example{"confctl list --all --ndjson | jq -r .title", a.Sprintf("all, while they are read, one JSON document per line")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error { return l.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVarP(&l.limit, "limit", "n", 20, a.Sprintf("show `N` conferences at most"))
	flags.BoolVar(&l.all, "all", false, a.Sprintf("show all"))
	flags.StringVar(&l.sort, "sort", "", a.Sprintf("sort by `FIELD`, or by several, separated by commas; -FIELD puts the largest first"))
	flags.StringArrayVar(&l.filters, "filter", nil, a.Sprintf("show only conferences with `TEXT` in the title, an id, the organisation or another text, personal data only with --with-personal-data; or with FIELD=VALUE, the whole text; also !=, >, >=, <, <=; if repeated, all must match"))
	flags.StringVar(&l.columns, "columns", "", a.Sprintf("a table of these `FIELDS`, separated by commas, in this order"))
	flags.BoolVar(&l.wide, "wide", false, a.Sprintf("all fields: on a terminal a line for each, elsewhere a table"))
	flags.BoolVar(&l.json, "json", false, a.Sprintf("one JSON document with the service's field names"))
	flags.BoolVar(&l.ndjson, "ndjson", false, a.Sprintf("one JSON document per conference, each on its own line"))
	completeList(cmd, "sort", fieldNames(), true)
	completeList(cmd, "columns", fieldNames(), false)
	completeFilter(cmd)
	return cmd
}

// completeFilter has the shell complete --filter with the names of fields.
func completeFilter(cmd *cobra.Command) {
	_ = cmd.RegisterFlagCompletionFunc("filter", cobra.FixedCompletions(fieldNames(), cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
}

func fieldNames() []string {
	names := make([]string, len(show.Fields))
	for i, f := range show.Fields {
		names[i] = f.Name
	}
	return names
}

// check validates the flags before anything is sent.
func (l *list) check(cmd *cobra.Command) error {
	switch {
	case l.limit < 1:
		return l.misused(cmd, []string{"--limit 20"}, l.Sprintf("--%s: bad value %q", "limit", fmt.Sprint(l.limit)))
	case l.all && cmd.Flags().Changed("limit"):
		return l.misused(cmd, nil, l.Sprintf("%s and %s cannot be used together", "--all", "--limit"))
	case l.json && l.ndjson:
		return l.misused(cmd, nil, l.Sprintf("%s and %s cannot be used together", "--json", "--ndjson"))
	case l.wide && (l.json || l.ndjson):
		return l.misused(cmd, nil, l.Sprintf("%s works only with the table", "--wide"))
	case l.columns != "" && (l.json || l.ndjson):
		return l.misused(cmd, nil, l.Sprintf("%s works only with the table", "--columns"))
	case l.columns != "" && l.wide:
		return l.misused(cmd, nil, l.Sprintf("%s and %s cannot be used together", "--columns", "--wide"))
	}
	picker := table.Picker{Printer: l.Printer, WithPersonalData: l.withPersonalData, Location: l.zone}
	for _, text := range l.filters {
		condition, err := picker.Condition(text)
		if err != nil {
			return l.mispicked(cmd, err)
		}
		l.conditions = append(l.conditions, condition)
	}
	if cmd.Flags().Changed("sort") {
		var err error
		if l.order, err = picker.Order(l.sort); err != nil {
			return l.mispicked(cmd, err)
		}
	}
	return l.choose(cmd, picker)
}

// choose finds the fields of --columns.
func (l *list) choose(cmd *cobra.Command, picker table.Picker) error {
	if !cmd.Flags().Changed("columns") {
		return nil
	}
	for name := range strings.SplitSeq(strings.ReplaceAll(l.columns, "，", ","), ",") {
		f := picker.Named(strings.TrimSpace(name))
		switch {
		case f == nil:
			return l.noField(cmd, strings.TrimSpace(name), fieldNames(), l.Sprintf("--columns: there is no column %q", strings.TrimSpace(name)))
		case slices.Contains(l.shown, f):
			return l.misused(cmd, nil, l.Sprintf("--columns: %q is given twice", f.Name))
		}
		l.shown = append(l.shown, f)
	}
	return nil
}

// mispicked is the problem of an invalid filter or order.
func (a *app) mispicked(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*table.FieldError](err); ok {
		return a.noField(cmd, unknown.Name, fieldNames(), err.Error())
	}
	return a.misused(cmd, nil, err.Error())
}

// noField is the problem of a name that no field or column has. Its hint is those that may be meant, or else where all are.
func (a *app) noField(cmd *cobra.Command, name string, names []string, text string) error {
	found := similar(name, names)
	for _, f := range show.Fields {
		if name != "" && !slices.Contains(found, f.Name) && (strings.Contains(f.Chinese, name) || strings.Contains(strings.ToLower(f.Name), strings.ToLower(name))) {
			found = append(found, f.Name)
		}
	}
	if len(found) == 0 {
		return a.misusedHint(cmd, a.Sprintf("confctl export -h lists all names"), text)
	}
	return a.misused(cmd, a.inChinese(found), text)
}

// inChinese adds what fields mean, for those who read Chinese.
func (a *app) inChinese(names []string) []string {
	if !locale.IsChinese(a.Printer) {
		return names
	}
	names = slices.Clone(names)
	for i, name := range names {
		for _, c := range export.Columns() { // which has all fields
			if c.Name == name {
				names[i] += "（" + c.Chinese + "）"
			}
		}
	}
	return names
}

// whole reports whether the whole list has to be read.
func (l *list) whole() bool { return l.all || l.order != nil || len(l.conditions) > 0 }

func (l *list) run(cmd *cobra.Command) error {
	if err := l.check(cmd); err != nil {
		return err
	}
	service, err := l.open(cmd.Context())
	if err != nil {
		return err
	}
	defer service.Close()
	switch {
	case l.ndjson && l.order == nil:
		return l.stream(cmd.Context(), service.Client)
	case l.whole():
		return l.snapshot(cmd.Context(), service.Client)
	}
	return l.first(cmd.Context(), service.Client)
}

// maxPage is the largest page that is asked for.
const maxPage = 500

// tally is what a listing comes to.
type tally struct {
	matching, shown int
	report          confopenapi.Report
	unproven        bool
}

// meets reports whether a conference meets all conditions.
func (l *list) meets(c *confopenapi.Conference) bool {
	for _, meets := range l.conditions {
		if !meets(c) {
			return false
		}
	}
	return true
}

// read yields the conferences in the service's order, and no more than are shown if it need not read the whole list.
func (l *list) read(ctx context.Context, client *confopenapi.Client, report *confopenapi.Report) iter.Seq2[confopenapi.Conference, error] {
	options := &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { *report = r }}
	if !l.whole() {
		options.MaxItems, options.PageSize = l.limit, min(l.limit, maxPage)
	}
	return client.Pager(&l.request, options).All(ctx)
}

// stream prints conferences as they come, so that memory does not grow with the list.
func (l *list) stream(ctx context.Context, client *confopenapi.Client) error {
	found := tally{}
	for c, err := range l.read(ctx, client, &found.report) {
		if err != nil {
			return err
		}
		if !l.meets(&c) {
			continue
		}
		found.matching++
		if !l.all && found.matching > l.limit {
			continue
		}
		if err := l.line(&c); err != nil {
			return err
		}
		found.shown++
	}
	l.noteRest(&found)
	return nil
}

// first prints as many as are to be shown, and reads no more.
func (l *list) first(ctx context.Context, client *confopenapi.Client) error {
	var report confopenapi.Report
	first := []confopenapi.Conference{}
	for c, err := range l.read(ctx, client, &report) {
		if err != nil {
			return l.pick(first, report, err)
		}
		first = append(first, c)
	}
	return l.pick(first, report, nil)
}

// snapshot reads the whole list, and prints what of it is to be shown.
func (l *list) snapshot(ctx context.Context, client *confopenapi.Client) error {
	bar := l.newProgress(l.Sprintf("conferences"))
	snapshot, err := client.Snapshot(ctx, &l.request, &confopenapi.SnapshotOptions{OnProgress: bar.update})
	bar.done()
	if snapshot == nil {
		return err
	}
	return l.pick(snapshot.Conferences, snapshot.Report, err)
}

// pick prints the conferences to be shown. Those read before an error are printed, too, unless the user interrupted.
func (l *list) pick(read []confopenapi.Conference, report confopenapi.Report, failed error) error {
	if failed != nil && (len(read) == 0 || errors.Is(failed, context.Canceled)) {
		return failed
	}
	taken := slices.DeleteFunc(read, func(c confopenapi.Conference) bool { return !l.meets(&c) })
	if l.order != nil {
		l.order(taken)
	}
	found := &tally{matching: len(taken), report: report, unproven: failed != nil}
	if !l.all {
		taken = taken[:min(len(taken), l.limit)]
	}
	found.shown = len(taken)
	return errors.Join(l.print(taken, found), failed)
}

func (l *list) print(taken []confopenapi.Conference, found *tally) error {
	if l.ndjson {
		for i := range taken {
			if err := l.line(&taken[i]); err != nil {
				return err
			}
		}
		l.noteRest(found)
		return nil
	}
	page := &confopenapi.ConfList{TotalCount: found.report.TotalCount, Conferences: taken}
	if !l.withPersonalData {
		show.MaskPage(page)
	}
	if l.json {
		l.noteRest(found)
		return l.output(show.JSON(l.stdout, page))
	}
	rendered := ""
	if len(taken) > 0 {
		rendered = table.Table{
			Printer: l.Printer, Wide: l.wide, Columns: l.shown, WithPersonalData: l.withPersonalData, Width: columns(l.stdout),
			Bold: l.colors(), Location: l.zone,
		}.Render(taken) + "\n\n"
	}
	summary := l.summary(found)
	if personal := func(f *show.Field) bool { return f.Personal }; len(taken) > 0 && !l.withPersonalData && (l.wide || slices.ContainsFunc(l.shown, personal)) {
		summary += "\n" + l.Sprintf("Personal data is masked: --with-personal-data shows it.")
	}
	if found.matching == 0 && slices.ContainsFunc(l.filters, (table.Picker{Printer: l.Printer}).EqualsText) {
		summary += "\n" + l.Sprintf("FIELD=VALUE finds a text that is VALUE as a whole: to find a part of one, give VALUE alone.")
	}
	if found.matching == 0 && !l.withPersonalData && slices.ContainsFunc(l.filters, table.IsPlain) {
		summary += "\n" + l.Sprintf("Names of hosts and other personal data were not searched: --with-personal-data searches and shows them, too.")
	}
	summary = wrap(l.stdout, summary)
	if reserve := l.reserve(found.report); reserve != "" && !l.cut(found) {
		summary += "\n" + wrap(l.stdout, reserve)
	}
	_, err := fmt.Fprintf(l.stdout, "%s%s\n", rendered, summary)
	return l.output(err)
}

func (l *list) line(c *confopenapi.Conference) error {
	if !l.withPersonalData {
		show.Mask(c)
	}
	return l.output(show.JSON(l.stdout, c))
}

// noteRest says on stderr that JSON on stdout is not everything that there is.
func (l *list) noteRest(found *tally) {
	if found.shown < found.matching || l.cut(found) {
		l.note(l.summary(found))
	}
}

// cut reports whether no more was read than is shown, so that nothing is known of the rest but the service's count.
func (l *list) cut(found *tally) bool { return !l.whole() && found.shown == l.limit }

// summary says how many of how many are shown. Where the whole list was read, they have been counted; otherwise the
// number is the service's, which need not agree with its pages.
func (l *list) summary(found *tally) string {
	switch {
	case found.unproven && len(l.conditions) > 0 && found.shown < found.matching:
		return l.Sprintf("%d of %d matching conferences; --all shows all of these. %d live conferences came, perhaps not all: others may match", found.shown, found.matching, found.report.Received)
	case found.unproven && len(l.conditions) > 0:
		return l.Sprintf("%d shown. Of %d live conferences that came, %d match; perhaps there are more", found.shown, found.report.Received, found.matching)
	case found.unproven && found.shown < found.report.Received:
		return l.Sprintf("%d of %d live conferences that came; --all shows all of these. Perhaps not all came: others may belong before those shown", found.shown, found.report.Received)
	case len(l.conditions) > 0 && found.shown < found.matching:
		return l.Sprintf("%d of %d matching conferences, %d live in all; --all shows all", found.shown, found.matching, found.report.Received)
	case len(l.conditions) > 0:
		return l.Sprintf("%d of %d live conferences match", found.shown, found.report.Received)
	case l.cut(found) && found.shown < found.report.TotalCount && !l.ignoreTotals:
		return l.Sprintf("%d of %d live conferences, as the service counts; --all shows all", found.shown, found.report.TotalCount)
	case l.cut(found):
		return l.Sprintf("%d live conferences, perhaps more; --all shows all", found.shown)
	case found.shown < found.report.Received:
		return l.Sprintf("%d of %d live conferences; --all shows all", found.shown, found.report.Received)
	case found.report.Verdict == confopenapi.VerdictConditional:
		return l.Sprintf("%d live conferences: all, on one condition, which confctl snapshot shows", found.shown)
	case found.unproven:
		return l.Sprintf("%d live conferences, perhaps more", found.shown)
	}
	return l.Sprintf("%d live conferences: all", found.shown)
}
