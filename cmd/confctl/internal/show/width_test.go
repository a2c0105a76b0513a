package show_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/mattn/go-runewidth"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// alphabets are what titles are made of, and where programs that measure text differ or break.
var alphabets = [][]string{
	{"2️⃣", "0️⃣", "#️⃣", "*⃣", "1️"},                                    // keycaps
	{"🇨🇳", "🇨", "🇺🇸🇨", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"},                                        // flags
	{"👨‍👩‍👧", "👩🏽‍💻", "❤️‍🔥", "👍🏿", "🏳️‍🌈", "☎︎", "‍"},                   // joined emoji, skins, styles
	{"é", "ạ̈", "z" + strings.Repeat("̴", 40), "̂", "葛󠄀", "が"},           // combining marks
	{"العربية", "עברית", "\u202egnitirw\u202c", "\u200f", "\u2066", "ﷺ"}, // right to left
	{"\x00", "\x1b[31m", "\x07", "\t", "\r\n", "\u0085", "\u009b31m", "\u2028", "\x7f", "\xff", "\ufeff", "\u200b", "\u00a0", "\u3000", "ㅤ", "\u00ad"},
	{"会议", "年度规划", "，", "（", "“", "…", "ＡＢ", "ｶﾅ", "한국", "한"},
	{"a", "Sprint ", "v2.0", "🎉", "①", "™", "☰", "──", " "},
}

// randomTitle has parts of one to all alphabets.
func randomTitle(rng *rand.Rand) string {
	var b strings.Builder
	few := 1 + rng.IntN(len(alphabets))
	for range rng.IntN(14) {
		letters := alphabets[rng.IntN(few)]
		if few < 4 {
			letters = alphabets[len(alphabets)-1-rng.IntN(few)]
		}
		b.WriteString(letters[rng.IntN(len(letters))])
	}
	return b.String()
}

// terminals are other implementations: xterm and others go rune by rune, newer terminals by clusters.
var terminals = map[string]func(string) int{
	"wcwidth":   ansi.StringWidthWc,
	"clusters":  ansi.StringWidth,
	"runewidth": (&runewidth.Condition{StrictEmojiNeutral: true}).StringWidth,
}

func TestEveryTerminalDrawsPrintableAlike(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		title := randomTitle(rng)
		text := show.Printable(title)
		for name, width := range terminals {
			if got, want := show.Width(text), width(text); got != want {
				t.Fatalf("%q, shown as %q: got a width of %d, want %d as %s has it", title, text, got, want, name)
			}
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2️⃣0️⃣2️⃣6️⃣ 年度规划评审会": "2026 年度规划评审会",
		"🇨🇳 分会场":                     "CN 分会场",
		"👨‍👩‍👧 家属日":                  "👨 家属日",
		"👍🏽👩🏽‍💻":                     "👍👩",
		"❤️ café":                    "❤ café",
		"\x1b[31m红\u009b0m\u202egnp": " [31m红 0m gnp",
		"两\r\n行":                     "两  行",
		"z" + strings.Repeat("̴", 9): "z" + strings.Repeat("̴", 6),
		"हिन्दी ภาษาไทย":             "हिन्दी ภาษาไทย",
		"🏴‍☠️ 演练":                    "🏴 演练",
		"👩‍❤️‍💋‍👨 年会":                "👩 年会",
		"☎️ 热线 #️⃣1":                 "☎ 热线 #1",
		"한 회의":                     "한 회의", // letters of a syllable
	} {
		if got := show.Printable(text); got != want {
			t.Errorf("Printable(%q): got %q, want %q", text, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, letters := range alphabets {
		f.Add(strings.Join(letters, ""), 10)
		f.Add(strings.Join(letters, " "), 1)
	}
	f.Add("2️⃣0️⃣2️⃣6️⃣ 年度规划评审会", 7)
	f.Add("\x1b[1;31mstyled 标题\x1b[0m", 8)
	f.Fuzz(func(t *testing.T, s string, width int) {
		width = max(0, width%200)
		text := show.Printable(s)
		for _, r := range text {
			if !unicode.IsPrint(r) || r == utf8.RuneError && !strings.ContainsRune(s, r) {
				t.Errorf("Printable(%q) has %q", s, r)
			}
		}
		if again := show.Printable(text); again != text {
			t.Errorf("Printable(%q): got %q, and of that %q", s, text, again)
		}
		for _, given := range []string{s, text} { // also what should never come here
			if got := show.Width(show.Cut(given, width)); got > width {
				t.Errorf("Cut(%q, %d): got %d columns", given, width, got)
			}
			for _, fitted := range []string{show.Fit(given, width), show.FitRight(given, width)} {
				if got := show.Width(fitted); got != width && !strings.Contains(given, "\x1b") {
					t.Errorf("Fit(%q, %d): got %d columns", given, width, got)
				}
			}
		}
		for name, measure := range terminals {
			if got := measure(show.Cut(text, width)); got > width {
				t.Errorf("Cut(%q, %d): got %d columns as %s has it", text, width, got, name)
			}
		}
		wrapped := show.Wrap(text, max(2, width), 0)
		for line := range strings.SplitSeq(wrapped, "\n") {
			if got := show.Width(line); got > max(2, width) {
				t.Errorf("Wrap(%q, %d): got a line of %d columns: %q", text, max(2, width), got, line)
			}
		}
		if got, want := strip(wrapped), strip(text); got != want {
			t.Errorf("Wrap(%q): got %q", text, wrapped)
		}
	})
}

// strip leaves out what Wrap may change.
func strip(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }

func TestWrap(t *testing.T) {
	line := strings.Repeat("会", 40)
	for text, want := range map[string]string{
		"short":               "short",
		line + "议":            line + "\n议",
		line + "，然后":          line[3:] + "\n会，然后", // no line begins with a comma
		line[6:] + "words":    line[6:] + "\nwords",
		"two\n\nparagraphs":   "two\n\nparagraphs",
		"a trailing space \n": "a trailing space\n",
	} {
		if got := show.Wrap(text, 80, 0); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	const address = "https://conf.example.com/aaaaaaaa"
	if got, want := show.WrapWords("see "+address, 20), "see\n"+address; got != want {
		t.Errorf("a word that is too wide: %q, want %q", got, want)
	}
	if got := show.Wrap(strings.Repeat("word ", 20), 80, 70); strings.Count(got, "\n"+strings.Repeat(" ", 70)+"word word") != 9 {
		t.Errorf("not indented: %q", got)
	}
}
