package doctor

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Style is how a report is printed.
type Style struct {
	Color    bool
	Evidence bool // with the numbers behind each finding
	Width    int  // of the terminal; 0 = there is none
}

const (
	usualWidth = 98 // where there is no terminal, or a wider one
	narrow     = 60 // below it, a finding takes lines instead of columns
)

// Print writes the report for people. It leaves out the checks that a run that ended early never came to.
func (r *Report) Print(w io.Writer, p *message.Printer, style Style) error {
	width := usualWidth
	if style.Width > 0 {
		width = min(width, style.Width)
	}
	sentence := show.Column{Name: p.Sprintf("What was found"), Wrap: true, Least: 12}
	found := show.Table{Columns: []show.Column{{Name: p.Sprintf("Verdict")}, {Name: p.Sprintf("Check")}, sentence}}
	odd := show.Table{NoNames: true, Columns: []show.Column{{}, sentence}}
	guarantee := show.Table{NoNames: true, Columns: found.Columns}
	previous := ""
	for _, f := range r.Findings {
		if r.unreachable() || f.What.Format == notAsked.Format {
			continue
		}
		if previous != "" && !isGuarantee(f.Check) && group(f.Check) != previous {
			found.Rows = append(found.Rows, nil)
		}
		previous = group(f.Check)
		into, verdict := &found, style.paint(f.Verdict, p.Sprintf(words[f.Verdict]))
		if isGuarantee(f.Check) {
			into, verdict = &guarantee, style.paint(f.Verdict, p.Sprintf(holds[f.Verdict]))
		} else if f.Verdict == Unusual {
			odd.Rows = append(odd.Rows, []string{p.Sprintf(f.Check), f.Matters.In(p)})
		}
		into.Rows = append(into.Rows, []string{verdict, p.Sprintf(f.Check), show.Printable(f.What.In(p))})
		if style.Evidence && len(f.Evidence) > 0 {
			into.Rows = append(into.Rows, []string{"", "", show.Printable(f.Evidence.String())})
		}
	}
	var b strings.Builder
	if len(found.Rows) > 0 {
		fmt.Fprintln(&b, lay(&found, width))
	}
	if len(odd.Rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n\n%s\n", show.Wrap(p.Sprintf("Consequences of what is unusual, for listings (list --all, export, snapshot, watch and web):"), width, 0), lay(&odd, width))
	}
	if len(guarantee.Rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n\n%s\n", show.Wrap(p.Sprintf("What confctl can guarantee here:"), width, 0), lay(&guarantee, width))
	}
	if b.Len() > 0 {
		fmt.Fprintln(&b)
	}
	for _, s := range r.Summary() {
		fmt.Fprintln(&b, show.Wrap(s.In(p), width, 0))
	}
	for i, step := range r.Next {
		if i == 0 {
			fmt.Fprintf(&b, "\n%s\n\n", p.Sprintf("Next:"))
		}
		fmt.Fprintf(&b, "%s\n  %s\n", show.Wrap(step.What.In(p), width, 0), step.Command)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lay renders a table whose last column has sentences. On a narrow terminal these stand below the other cells.
func lay(t *show.Table, width int) string {
	if width >= narrow {
		return t.Render(width)
	}
	var lines []string
	for _, row := range t.Rows {
		if row == nil {
			continue
		}
		last := len(row) - 1
		if head := strings.TrimSpace(strings.Join(row[:last], show.Gap)); head != "" {
			lines = append(lines, show.Cut(head, width))
		}
		lines = append(lines, show.Gap+show.Wrap(row[last], width, len(show.Gap)))
	}
	return strings.Join(lines, "\n")
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
	paints = map[Verdict]string{ // green, bold yellow, faint, bold red
		OK: "\x1b[32m", Unusual: "\x1b[33;1m", Unknown: "\x1b[2m", Failed: "\x1b[31;1m",
	}
)

func (s Style) paint(v Verdict, word string) string {
	if !s.Color {
		return word
	}
	return paints[v] + word + "\x1b[0m"
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
	type step struct {
		What    string `json:"what"`
		Command string `json:"command"`
	}
	out := struct {
		Requests    int       `json:"requests"`
		MaxRequests int       `json:"maxRequests"`
		Seconds     float64   `json:"seconds"`
		Findings    []finding `json:"findings"`
		Summary     []string  `json:"summary"`
		Next        []step    `json:"next,omitempty"`
	}{Requests: r.Requests, MaxRequests: r.MaxRequests, Seconds: r.Elapsed.Seconds()}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, finding{f.Check, f.Verdict, f.What.In(p), f.Evidence, f.Matters.In(p)})
	}
	for _, s := range r.Summary() {
		out.Summary = append(out.Summary, s.In(p))
	}
	for _, s := range r.Next {
		out.Next = append(out.Next, step{s.What.In(p), s.Command})
	}
	return show.JSON(w, out)
}
