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

	"github.com/confopenapi/confopenapi-go/examples/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
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
	what := table.ColumnConfig{Name: p.Sprintf("What was found"), WidthMax: whatWidth, WidthMaxEnforcer: text.WrapSoft}
	found := show.NewTable(table.ColumnConfig{}, table.ColumnConfig{}, what)
	found.AppendHeader(table.Row{p.Sprintf("Verdict"), p.Sprintf("Check"), p.Sprintf("What was found")})
	odd := show.NewTable(table.ColumnConfig{}, what)
	guarantee := show.NewTable(table.ColumnConfig{}, table.ColumnConfig{}, what)
	for i, f := range r.Findings {
		if isGuarantee(f.Check) {
			guarantee.AppendRow(table.Row{f.holds().In(p), f.Check, sentenceWithEvidence(f, p, style)})
			continue
		}
		if i > 0 && group(f.Check) != group(r.Findings[i-1].Check) {
			found.AppendSeparator()
		}
		found.AppendRow(table.Row{style.paint(f.Verdict, p), f.Check, sentenceWithEvidence(f, p, style)})
		if f.Verdict == Odd || f.Verdict == Failed {
			odd.AppendRow(table.Row{f.Check, f.Matters.In(p)})
		}
	}
	fmt.Fprintln(&b, found.Render())
	if odd.Length() > 0 {
		fmt.Fprintf(&b, "\n%s\n\n%s\n", p.Sprintf("What hangs on what is odd:"), odd.Render())
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

func sentenceWithEvidence(f Finding, p *message.Printer, style Style) string {
	s := show.Printable(f.What.In(p))
	if !style.Evidence || len(f.Evidence) == 0 {
		return s
	}
	var facts []string
	for _, name := range slices.Sorted(maps.Keys(f.Evidence)) {
		facts = append(facts, fmt.Sprintf("%s=%v", name, f.Evidence[name]))
	}
	return s + "\n" + strings.Join(facts, " ")
}

var words = map[Verdict]string{
	OK: locale.Mark("ok"), Odd: locale.Mark("odd"), Unknown: locale.Mark("unknown"), Failed: locale.Mark("failed"),
}

var paints = map[Verdict]text.Colors{
	OK: {text.FgGreen}, Odd: {text.FgYellow, text.Bold}, Unknown: {text.Faint}, Failed: {text.FgRed, text.Bold},
}

func (s Style) paint(v Verdict, p *message.Printer) string {
	word := p.Sprintf(words[v])
	if !s.Color {
		return word
	}
	return paints[v].Sprint(word)
}

// holds is the verdict of a guarantee.
func (f Finding) holds() Sentence {
	switch f.Verdict {
	case OK:
		return say.Sprintf("holds")
	case Odd:
		return say.Sprintf("does not hold")
	default:
		return say.Sprintf("not known")
	}
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
