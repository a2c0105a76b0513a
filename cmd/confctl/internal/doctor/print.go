package doctor

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Style is how a report is printed.
type Style struct {
	Color    bool
	Evidence bool // with the numbers behind each finding
}

// whatWidth is how many columns of a terminal the sentences take, so that lines stay below a hundred.
const whatWidth = 68

// Print writes the report for people.
func (r *Report) Print(w io.Writer, p *message.Printer, style Style) error {
	var b strings.Builder
	found := show.NewTable(sentences(3))
	found.AppendHeader(table.Row{p.Sprintf("Verdict"), p.Sprintf("Check"), p.Sprintf("What was found")})
	odd, guarantee := show.NewTable(sentences(2)), show.NewTable(sentences(3))
	for i, f := range r.Findings {
		if i > 0 && !isGuarantee(f.Check) && group(f.Check) != group(r.Findings[i-1].Check) {
			found.AppendSeparator()
		}
		into, verdict := found, style.paint(f.Verdict, p.Sprintf(words[f.Verdict]))
		if isGuarantee(f.Check) {
			into, verdict = guarantee, style.paint(f.Verdict, p.Sprintf(holds[f.Verdict]))
		} else if f.Verdict == Unusual || f.Verdict == Failed {
			odd.AppendRow(table.Row{f.Check, f.Matters.In(p)})
		}
		into.AppendRow(table.Row{verdict, f.Check, show.Printable(f.What.In(p))})
		if style.Evidence && len(f.Evidence) > 0 {
			into.AppendRow(table.Row{"", "", f.Evidence.String()})
		}
	}
	fmt.Fprintln(&b, found.Render())
	if odd.Length() > 0 {
		fmt.Fprintf(&b, "\n%s\n\n%s\n", p.Sprintf("Consequences of what is unusual:"), odd.Render())
	}
	if guarantee.Length() > 0 {
		fmt.Fprintf(&b, "\n%s\n\n%s\n", p.Sprintf("Which guarantees of the SDK hold:"), guarantee.Render())
	}
	fmt.Fprintln(&b)
	for _, s := range r.Summary() {
		fmt.Fprintln(&b, text.WrapSoft(s.In(p), whatWidth+30))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sentences is a column of them.
func sentences(number int) table.ColumnConfig {
	return table.ColumnConfig{Number: number, WidthMax: whatWidth, WidthMaxEnforcer: text.WrapSoft}
}

// String is the evidence in one line, sorted by name.
func (e Evidence) String() string {
	var facts []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		facts = append(facts, fmt.Sprintf("%s=%v", name, e[name]))
	}
	return strings.Join(facts, " ")
}

var (
	words = map[Verdict]string{
		OK: locale.Mark("ok"), Unusual: locale.Mark("unusual"), Unknown: locale.Mark("unknown"), Failed: locale.Mark("failed"),
	}
	holds = map[Verdict]string{ // of a guarantee
		OK: locale.Mark("holds"), Unusual: locale.Mark("does not hold"), Unknown: locale.Mark("not known"), Failed: locale.Mark("not known"),
	}
	paints = map[Verdict]text.Colors{
		OK: {text.FgGreen}, Unusual: {text.FgYellow, text.Bold}, Unknown: {text.Faint}, Failed: {text.FgRed, text.Bold},
	}
)

func (s Style) paint(v Verdict, word string) string {
	if !s.Color {
		return word
	}
	return paints[v].Sprint(word)
}

// WriteJSON writes the report for machines, as one line. The names and verdicts stay; sentences are in the printer's
// language.
func (r *Report) WriteJSON(w io.Writer, p *message.Printer) error {
	type finding struct {
		Check    string   `json:"check"`
		Verdict  Verdict  `json:"verdict"`
		What     string   `json:"what"`
		Evidence Evidence `json:"evidence,omitempty"`
		Matters  string   `json:"matters"`
	}
	out := struct {
		Requests    int       `json:"requests"`
		MaxRequests int       `json:"maxRequests"`
		Seconds     float64   `json:"seconds"`
		Findings    []finding `json:"findings"`
		Summary     []string  `json:"summary"`
	}{Requests: r.Requests, MaxRequests: r.MaxRequests, Seconds: r.Elapsed.Seconds()}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, finding{f.Check, f.Verdict, f.What.In(p), f.Evidence, f.Matters.In(p)})
	}
	for _, s := range r.Summary() {
		out.Summary = append(out.Summary, s.In(p))
	}
	return show.JSON(w, out)
}
