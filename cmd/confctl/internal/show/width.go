package show

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// Width is how many columns of a terminal a text takes. Escape sequences take none. It counts rune by rune, as most
// terminals do; none draws the result of Printable wider.
func Width(s string) (width int) {
	if width, plain := plainWidth(s); plain {
		return width
	}
	for clusters := styled.StringGraphemes(s); clusters.Next(); {
		width += clusterWidth(clusters.Value())
	}
	return width
}

// plainWidth is the width of a text that is ASCII and Chinese characters alone, which nearly all texts are.
func plainWidth(s string) (width int, plain bool) {
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			width++
		case r >= 0x4E00 && r <= 0x9FA5:
			width += 2
		default:
			return 0, false
		}
	}
	return width, true
}

var styled = displaywidth.Options{ControlSequences: true}

// clusterWidth is that of a user-perceived character, or of an escape sequence.
func clusterWidth(cluster string) (width int) {
	if cluster[0] == '\x1b' && len(cluster) > 1 {
		return 0
	}
	for _, r := range cluster {
		width += displaywidth.Rune(r)
	}
	return width
}

// Cut shortens a text to so many columns at most. Three dots say so, since the width of a single character for them depends
// on the terminal. Escape sequences stay.
func Cut(s string, width int) string {
	if len(s) <= width || Width(s) <= width {
		return s
	}
	dots := "..."
	if width < 2*len(dots) {
		dots = ""
	}
	var b strings.Builder
	room, full := max(0, width-len(dots)), false
	for clusters := styled.StringGraphemes(s); clusters.Next(); {
		cluster := clusters.Value()
		w := clusterWidth(cluster)
		if w == 0 && cluster[0] == '\x1b' {
			b.WriteString(cluster)
			continue
		}
		if !full && w > room {
			b.WriteString(dots)
			full = true
		}
		if !full {
			b.WriteString(cluster)
			room -= w
		}
	}
	return b.String()
}

// Fit cuts or fills a text to exactly so many columns.
func Fit(s string, width int) string {
	s = Cut(s, width)
	return s + blanks(width-Width(s))
}

// FitRight is Fit with the text at the right.
func FitRight(s string, width int) string {
	s = Cut(s, width)
	return blanks(width-Width(s)) + s
}

func blanks(n int) string { return strings.Repeat(" ", max(0, n)) }

// Wrap breaks a text into lines of at most width columns: at spaces, between Chinese characters, and inside a word that is
// wider than a line. All lines but the first are indented.
func Wrap(s string, width, indent int) string { return wrap(s, width, indent, false) }

// WrapWords is Wrap that leaves every word whole, so that an address or a path that is wider than the terminal can be copied.
// A width of 0 is that of no terminal, where a text stays as it is.
func WrapWords(s string, width int) string {
	if width == 0 {
		return s
	}
	return wrap(s, width, 0, true)
}

func wrap(s string, width, indent int, whole bool) string {
	var b strings.Builder
	for i, paragraph := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		for j, line := range wrapLine(paragraph, max(1, width-indent), whole) {
			if j > 0 {
				b.WriteString("\n" + blanks(indent))
			}
			b.WriteString(line)
		}
	}
	return b.String()
}

func wrapLine(s string, width int, whole bool) (lines []string) {
	for Width(s) > width {
		end := breakAt(s, width, whole)
		if end == len(s) { // a word
			break
		}
		lines = append(lines, strings.TrimRight(s[:end], " "))
		s = strings.TrimLeft(s[end:], " ")
	}
	return append(lines, strings.TrimRight(s, " "))
}

// breakAt is where the first line of a text that is too wide ends, behind a whole word or inside one.
func breakAt(s string, width int, whole bool) int {
	at, last, column := 0, 0, 0 // last: the last place where the line may end
	previous := ""
	for clusters := displaywidth.StringGraphemes(s); clusters.Next(); {
		cluster := clusters.Value()
		if at > 0 && mayBreak(previous, cluster) {
			last = at
		}
		if column += clusterWidth(cluster); column > width && cluster != " " && (last > 0 || !whole) {
			break
		}
		at += len(cluster)
		previous = cluster
	}
	switch {
	case last > 0:
		return last
	case at > 0:
		return at
	}
	return len(firstCluster(s))
}

func firstCluster(s string) string {
	clusters := displaywidth.StringGraphemes(s)
	clusters.Next()
	return clusters.Value()
}

// mayBreak reports whether a line may end between two characters.
func mayBreak(before, after string) bool {
	left, _ := utf8.DecodeLastRuneInString(before)
	right, _ := utf8.DecodeRuneInString(after)
	switch {
	case right == ' ':
		return false
	case left == ' ':
		return true
	case displaywidth.Rune(left) < 2 && displaywidth.Rune(right) < 2:
		return false
	}
	opens := unicode.In(left, unicode.Ps, unicode.Pi)
	closes := unicode.In(right, unicode.Pe, unicode.Pf, unicode.Po)
	return !opens && !closes
}
