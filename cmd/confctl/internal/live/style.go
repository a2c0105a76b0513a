package live

import (
	"charm.land/lipgloss/v2"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// styles are attributes and the basic colours, which every terminal draws readably on its own background. No meaning is in
// a colour alone.
type styles struct {
	bar, heading, sorted, faint, good, bad lipgloss.Style
	kinds                                  map[confopenapi.EventKind]lipgloss.Style
}

func newStyles() styles {
	plain := lipgloss.NewStyle()
	green, red, magenta := plain.Foreground(lipgloss.Green), plain.Foreground(lipgloss.Red), plain.Foreground(lipgloss.Magenta)
	return styles{
		bar: plain.Reverse(true), heading: plain.Bold(true), sorted: plain.Bold(true).Underline(true), faint: plain.Faint(true),
		good: green, bad: red.Bold(true),
		kinds: map[confopenapi.EventKind]lipgloss.Style{
			confopenapi.EventStarted: green, confopenapi.EventEnded: red, confopenapi.EventResumed: magenta, confopenapi.EventRestarted: magenta,
		},
	}
}

// beside puts one text at the left, as far as there is room, and another at the right, which always stays.
func beside(left, right string, width int) string {
	if right == "" {
		return show.Fit(left, width)
	}
	if room := width - show.Width(right) - len(gap); room > 0 {
		return show.Fit(left, room) + gap + right
	}
	return show.Fit(right, width)
}

// minLeft is what the left of two texts keeps at least.
const minLeft = 14

// spread puts one text at the left and another at the right, which goes where there is no room for both.
func spread(left, right string, width int) string {
	if room := width - show.Width(right) - 2; room >= min(width/2, minLeft) {
		return show.Fit(left, room) + "  " + right
	}
	return show.Fit(left, width)
}
