package live

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/confopenapi/confopenapi-go"
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

// fit cuts or fills text to exactly so many columns of a terminal, of which a Chinese character takes two.
func fit(text string, width int) string {
	text = cut(text, width)
	return text + strings.Repeat(" ", width-lipgloss.Width(text))
}

// fitRight is fit with the text at the right.
func fitRight(text string, width int) string {
	text = cut(text, width)
	return strings.Repeat(" ", width-lipgloss.Width(text)) + text
}

// minLeft is what the left of two texts keeps at least.
const minLeft = 14

// spread puts one text at the left and another at the right, which goes where there is no room for both.
func spread(left, right string, width int) string {
	if room := width - lipgloss.Width(right) - 2; room >= min(width/2, minLeft) {
		return fit(left, room) + "  " + right
	}
	return fit(left, width)
}
