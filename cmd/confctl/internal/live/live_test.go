package live_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"
	"go.uber.org/goleak"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/live"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var write = flag.Bool("write", false, "write the pictures in testdata anew")

// nine is when the latest of the kit's conferences began.
var nine = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// options are those of a view in a language.
func options(tag language.Tag) live.Options {
	return live.Options{
		Text: locale.Printer(tag), Zone: time.UTC, Service: "https://conf.example.com", Interval: 5 * time.Second,
		Explain: func(err error) string { return err.Error() }, Because: func(confopenapi.Reason) string { return "a gap between pages could not be closed" },
	}
}

// viewing is a model that has taken messages in.
func viewing(o live.Options, width, height int, messages ...tea.Msg) *live.Model {
	m := live.New(o)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	for _, msg := range messages {
		m.Update(msg)
	}
	return m
}

// lines are those of the picture, without styles.
func lines(m *live.Model) []string { return strings.Split(ansi.Strip(m.View().Content), "\n") }

// key is one that is pressed, by its name or its letter.
func key(name string) tea.Msg {
	for code, special := range map[rune]string{
		tea.KeyEnter: "enter", tea.KeyEscape: "esc", tea.KeyDown: "down", tea.KeyUp: "up", tea.KeyPgDown: "pgdown", tea.KeyPgUp: "pgup",
		tea.KeyHome: "home", tea.KeyEnd: "end", tea.KeyBackspace: "backspace",
	} {
		if name == special {
			return tea.KeyPressMsg{Code: code}
		}
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// typing is a key for each letter.
func typing(text string) (keys []tea.Msg) {
	for _, r := range text {
		keys = append(keys, key(string(r)))
	}
	return keys
}

// poll is a poll with these events that ended so long after nine.
func poll(after time.Duration, events ...confopenapi.Event) live.Poll {
	at := nine.Add(after)
	for i := range events {
		events[i].At = at
	}
	return live.Poll{Events: events, At: at, Report: confopenapi.Report{
		Verdict: confopenapi.VerdictComplete, Received: 16, TotalCount: 16, Calls: 2, Start: at.Add(-12 * time.Millisecond), End: at,
	}}
}

// existing are the kit's first n conferences, as the events of a first poll.
func existing(n int) (events []confopenapi.Event) {
	for _, c := range confopenapitest.Conferences(n, 1) {
		events = append(events, confopenapi.Event{Kind: confopenapi.EventExisting, Conference: c})
	}
	return events
}

// two are two polls; the second has an event of each kind.
func two() []tea.Msg {
	list := confopenapitest.Conferences(17, 1)
	list[3].AttendeeCount, list[3].DesktopCount = list[3].AttendeeCount+1, list[3].DesktopCount+1
	list[4].DataCenter = "sh-9"
	list[5].StartTime += 900
	return []tea.Msg{
		poll(12*time.Minute, existing(16)...),
		poll(12*time.Minute+5*time.Second,
			confopenapi.Event{Kind: confopenapi.EventEnded, Conference: list[1], Proven: true},
			confopenapi.Event{Kind: confopenapi.EventEnded, Conference: list[2]},
			confopenapi.Event{Kind: confopenapi.EventEnded, Conference: confopenapitest.Conferences(6, 1)[5], Proven: true},
			confopenapi.Event{Kind: confopenapi.EventStarted, Conference: list[16]},
			confopenapi.Event{Kind: confopenapi.EventResumed, Conference: list[1]},
			confopenapi.Event{Kind: confopenapi.EventRestarted, Conference: list[5]},
			confopenapi.Event{Kind: confopenapi.EventUpdated, Conference: list[3], Changed: []string{"attendeeCnt", "desktopCnt", "rawAttendeeCnt"}},
			confopenapi.Event{Kind: confopenapi.EventUpdated, Conference: list[4], Changed: []string{"dataCenter"}},
		),
		live.Tick(nine.Add(12*time.Minute + 7*time.Second)),
	}
}

// incomplete is a poll that may lack something.
func incomplete() live.Poll {
	p := poll(13 * time.Minute)
	p.Report.Verdict, p.Report.Reason = confopenapi.VerdictIncomplete, confopenapi.ReasonGap
	return p
}

var failure = live.Failure{Text: "confopenapi: the server had an error: HTTP 503 (request id r-17)", At: nine.Add(14 * time.Minute)}

// pictures are what is compared with testdata.
var pictures = map[string][]tea.Msg{
	"waiting":    nil,
	"polled":     two(),
	"failed":     append(two(), failure),
	"incomplete": append(two(), incomplete()),
	"filtered":   append(append(two(), key("/")), typing("评审")...),
	"held":       append(two(), key("p"), incomplete(), poll(14*time.Minute, confopenapi.Event{Kind: confopenapi.EventEnded, Conference: confopenapitest.Conferences(1, 1)[0]})),
	"help":       append(two(), key("?")),
	"empty":      {poll(time.Minute)},
}

func TestPictures(t *testing.T) {
	t.Parallel()
	for name, messages := range pictures {
		for _, size := range [][2]int{{80, 24}, {40, 10}} {
			for _, tag := range []language.Tag{language.English, language.Chinese} {
				file := filepath.Join("testdata", fmt.Sprintf("%s-%dx%d-%s.txt", name, size[0], size[1], tag))
				got := lines(viewing(options(tag), size[0], size[1], messages...))
				isRectangle(t, file, got, size[0], size[1])
				compare(t, file, got)
			}
		}
	}
}

// compare compares a picture with one in a file, which has no spaces at the ends of lines.
func compare(t *testing.T, file string, picture []string) {
	t.Helper()
	var b strings.Builder
	for _, line := range picture {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if *write {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s:\n%s", file, diff)
	}
}

// terminal is how wide terminals of today draw: characters that Unicode calls ambiguous take one column.
var terminal = runewidth.Condition{StrictEmojiNeutral: true}

// isRectangle checks that every line is exactly as wide as the terminal.
func isRectangle(t *testing.T, what string, picture []string, width, height int) {
	t.Helper()
	if len(picture) != height {
		t.Errorf("%s: %d lines, want %d", what, len(picture), height)
	}
	for _, line := range picture {
		if got := terminal.StringWidth(line); got != width {
			t.Errorf("%s: a line of %d columns, want %d: %q", what, got, width, line)
		}
	}
}

func TestEverySizeIsFilledAndNotExceeded(t *testing.T) {
	t.Parallel()
	for name, messages := range pictures {
		for _, tag := range []language.Tag{language.English, language.Chinese} {
			m := viewing(options(tag), 80, 24, messages...)
			for _, width := range []int{1, 2, 5, 9, 14, 20, 33, 40, 59, 80, 131} {
				for _, height := range []int{1, 2, 3, 5, 9, 10, 15, 16, 24, 40} {
					m.Update(tea.WindowSizeMsg{Width: width, Height: height})
					isRectangle(t, fmt.Sprintf("%s in %s, %dx%d", name, tag, width, height), lines(m), width, height)
				}
			}
		}
	}
}

// A key that ends the program is shown in every state, also while a filter is being written and where a filter or an error is long.
func TestAKeyThatEndsIsAlwaysShown(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("很长的", 30)
	states := maps.Clone(pictures)
	states["a long filter, kept"] = append(append(two(), key("/")), append(typing(long), key("enter"))...)
	states["a long filter"] = append(append(two(), key("/")), typing(long)...)
	states["a filter that is not clear"] = append(append(two(), key("/")), typing("attendeeCnt>"+long)...)
	states["a long error"] = append(two(), live.Failure{Text: "https://conf.example.com/" + long})
	for name, messages := range states {
		for _, tag := range []language.Tag{language.English, language.Chinese} {
			for _, width := range []int{14, 20, 40, 60} {
				for _, height := range []int{1, 10, 24} {
					picture := lines(viewing(options(tag), width, height, messages...))
					if foot := picture[len(picture)-1]; !strings.HasPrefix(foot, "q ") && !strings.Contains(foot, "  q ") && !strings.Contains(foot, "Ctrl-C ") {
						t.Errorf("%s in %s, %dx%d: no key that ends the program in %q", name, tag, width, height, foot)
					}
				}
			}
		}
	}
}

// The help is wrapped, and nothing of it is cut, on the usual heights.
func TestHelpIsNotCut(t *testing.T) {
	t.Parallel()
	for _, tag := range []language.Tag{language.English, language.Chinese} {
		for _, width := range []int{30, 40, 60, 80, 120} {
			picture := lines(viewing(options(tag), width, 24, pictures["help"]...))
			help := strings.Join(picture[3:len(picture)-1], "\n")
			if strings.Contains(help, "...") || !strings.Contains(help, "Ctrl-Z") {
				t.Errorf("%s at %d columns: got a help that is cut, want all keys:\n%s", tag, width, help)
			}
		}
	}
}

// from is what stands from a column of a terminal's line on.
func from(line string, column int) string {
	for i, r := range line {
		if column <= 0 {
			return line[i:]
		}
		column -= terminal.RuneWidth(r)
	}
	return ""
}

func TestColumnsAreBelowTheirNamesWhateverTheTitles(t *testing.T) {
	t.Parallel()
	titles := []string{
		"周例会", "Sprint 回顾", "weekly", "", "技术分享：大规模直播架构", "“引号”与省略…", "庆功会 🎉", "ﾃｽﾄ meeting", "全角ＡＢＣ！",
		strings.Repeat("长", 40), strings.Repeat("long ", 20), "a" + strings.Repeat("奇", 40), "\x1b[31m红色\x1b[0m", "two\nlines\tand a tab",
		"\u202egnitirw tfel-ot-thgir",
	}
	events := existing(len(titles))
	for i := range events {
		events[i].Conference.Title = titles[i]
		events[i].Conference.StartTime = confopenapi.UnixTime(nine.Unix())
	}
	for _, width := range []int{60, 80, 100, 140} {
		got := lines(viewing(options(language.English), width, 40, poll(time.Minute, events...)))
		isRectangle(t, "strange titles", got, width, 40)
		names := got[3]
		before, _, _ := strings.Cut(names, "START")
		for i := range titles {
			if rest := from(got[4+i], terminal.StringWidth(before)); !strings.HasPrefix(rest, "09:00 ") {
				t.Errorf("at %d columns %q is below START:\n%s\n%s", width, rest, names, got[4+i])
			}
		}
	}
}
