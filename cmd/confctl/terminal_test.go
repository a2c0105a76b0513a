//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// process is confctl as a process, against srv.
func process(t *testing.T, srv *confopenapitest.Server, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "confctl", args...) // which testscript.Main has put into PATH
	cmd.Env = append(os.Environ(), program.EnvBaseURL+"="+srv.URL, program.EnvToken+"="+srv.Token(), "TERM=xterm-256color", "LANG=C.UTF-8",
		"LC_ALL=", "NO_COLOR=", "GORACE=atexit_sleep_ms=0")
	return cmd
}

// exitCode is that of a process that has ended.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

// terminal is confctl on a terminal of 80 columns and 24 lines.
type terminal struct {
	*os.File
	t       *testing.T
	cmd     *exec.Cmd
	written strings.Builder
	seen    int // of what was written, without escape sequences
}

func onTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	return onTerminalOf(t, cmd, 80)
}

func onTerminalOf(t *testing.T, cmd *exec.Cmd, columns uint16) *terminal {
	t.Helper()
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return &terminal{File: file, t: t, cmd: cmd}
}

// waitFor reads until a text has come after that of the last call.
func (c *terminal) waitFor(text string) {
	c.t.Helper()
	for buf := make([]byte, 4096); ; {
		if _, rest, found := strings.Cut(ansi.Strip(c.written.String())[c.seen:], text); found {
			c.seen = len(ansi.Strip(c.written.String())) - len(rest)
			return
		}
		n, err := c.Read(buf)
		c.written.Write(buf[:n])
		if err != nil && n == 0 {
			c.t.Fatalf("no %q before %v in %q", text, err, c.written.String())
		}
	}
}

func (c *terminal) press(keys string) {
	c.t.Helper()
	if _, err := io.WriteString(c, keys); err != nil {
		c.t.Fatal(err)
	}
}

// mustEnd waits for the end, and for a text that confctl leaves on the screen.
func (c *terminal) mustEnd(code int, text string) {
	c.t.Helper()
	c.waitFor(text)
	if got := exitCode(c.t, c.cmd.Wait()); got != code {
		c.t.Errorf("exit code %d, want %d, after %q", got, code, ansi.Strip(c.written.String()))
	}
}

func TestWatchOnATerminal(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(45, 7)...))
	view := onTerminal(t, process(t, srv, "watch", "--interval", "1h", "--lang", "zh"))
	view.waitFor("第 1 至 11 行，共 45 行")
	view.press("?")
	view.waitFor("关闭帮助")
	view.press("s?") // closed with the order changed, so that all of the heading is drawn again
	view.waitFor("主题 ^")
	if err := pty.Setsize(view.File, &pty.Winsize{Rows: 10, Cols: 40}); err != nil {
		t.Fatal(err)
	}
	view.waitFor("第 1 至 4 行，共 45 行")
	view.press("/nobody\r")
	view.waitFor("没有符合筛选条件的会议")
	view.press("q")
	view.mustEnd(program.OK, "事件：45，轮询：1\r\n")

	view = onTerminal(t, process(t, srv, "watch", "--interval", "1h"))
	view.waitFor("rows 1 to 11 of 45")
	view.press("\x03")
	view.mustEnd(exitInterrupted, "events: 45, polls: 1\r\nconfctl: interrupted\r\nhint: with --checkpoint, the next run continues where this one ended\r\n")

	srv.FailNext(1, confopenapitest.Status(403))
	view = onTerminal(t, process(t, srv, "watch"))
	view.mustEnd(program.Failed, "hint: the token is valid")

	sent := 0
	srv.Intercept(func(x *confopenapitest.Exchange) {
		if sent++; sent == 4 { // the first listing takes three requests
			x.Fail(confopenapitest.Status(403))
		}
	})
	view = onTerminal(t, process(t, srv, "watch", "--polls", "2", "--interval", "1ms"))
	view.waitFor("hint: the token is valid") // which the view has no room for
	view.mustEnd(program.Failed, "the last poll failed")
}

// Ctrl-Z suspends the view and gives the terminal back. fg draws it again, as wide as the terminal now is. No resize follows: Bubble Tea
// 2.1.1 reads the size after fg in a goroutine of its own, which the race detector reports.
func TestWatchSuspends(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(45, 7)...))
	shell := process(t, srv)
	shell.Path, shell.Args = bash, []string{"bash", "--norc", "-i"}
	view := onTerminal(t, shell)
	view.press("confctl watch --interval 1h\r")
	view.waitFor("rows 1 to 11 of 45")
	view.press("\x1a")
	view.waitFor("Stopped")
	if err := pty.Setsize(view.File, &pty.Winsize{Rows: 10, Cols: 60}); err != nil {
		t.Fatal(err)
	}
	view.press("fg\r")
	view.waitFor("rows 1 to 4 of 45")
	view.press("q")
	view.waitFor("events: 45, polls: 1")
	view.press("exit\r")
	view.mustEnd(program.OK, "exit")
}

func TestWatchNamesTheFakeInItsLanguage(t *testing.T) {
	t.Parallel()
	cmd := process(t, confopenapitest.NewServer(t), "watch", "--polls", "1", "--lang", "zh")
	cmd.Env = append(cmd.Env, program.EnvBaseURL+"=", program.EnvToken+"=")
	view := onTerminal(t, cmd)
	view.waitFor("confctl watch  内置的模拟服务器")
	view.mustEnd(program.OK, "轮询：1\r\n")
}

func TestWatchViewContinuesFromCheckpoint(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...))
	file := filepath.Join(t.TempDir(), "seen.json")
	confctl(t.Context(), srv, "watch", "--polls", "1", "--checkpoint", file).must(t, program.OK, "events: 3, polls: 1")
	list := srv.Live()
	srv.End(list[0].Identity())
	view := onTerminal(t, process(t, srv, "watch", "--interval", "1h", "--checkpoint", file))
	view.waitFor("all 2, ")
	view.press("q")
	view.mustEnd(program.OK, "events: 1, polls: 1\r\n") // one ended; that two are there still is no news
}

func TestWatchWithoutTerminalKeys(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	screen, stdout, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	cmd := process(t, srv, "watch")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // away from the terminal of whoever runs the tests
	code := exitCode(t, cmd.Run())
	_ = stdout.Close()
	if code != program.Failed || !strings.Contains(stderr.String(), "hint: --json and pipes need no terminal\n") {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

// TestHistoryNarrow has a terminal with room for a title and the times alone.
func TestHistoryNarrow(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	store := filepath.Join(t.TempDir(), "meetings.db")
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "1").must(t, 0)
	for lang, want := range map[string]string{"en": "START        END", "zh": "开始         结束"} {
		onTerminalOf(t, process(t, srv, "history", "--store", store, "--lang", lang), 40).waitFor(want)
	}
}

// On SIGINT, a watch in a pipe has printed every event that its checkpoint has as printed.
func TestWatchEndsWithSIGINT(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...))
	file := filepath.Join(t.TempDir(), "seen.json")
	cmd := process(t, srv, "watch", "--json", "--interval", "1h", "--checkpoint", file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for range 3 {
		lines.Scan()
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if lines.Scan() {
		t.Errorf("a fourth line: %s", lines.Text())
	}
	if code := exitCode(t, cmd.Wait()); code != exitInterrupted || !strings.Contains(stderr.String(), "events: 3, polls: ") ||
		!strings.Contains(stderr.String(), "hint: the same command continues from here") {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
	again := confctl(t.Context(), srv, "watch", "--polls", "1", "--checkpoint", file)
	if again.must(t, program.OK); again.Stdout != "" {
		t.Errorf("printed again: %s", again.Stdout)
	}
}

// fits checks that confctl writes no line on a terminal that is wider than it, but for a word that is wider itself, such as a path or an
// address, which stays whole.
func fits(t *testing.T, cmd *exec.Cmd, columns int, words ...string) {
	t.Helper()
	screen := onTerminalOf(t, cmd, uint16(columns))
	text, _ := io.ReadAll(screen) // which ends with an error on Linux
	_ = cmd.Wait()
	shown := ansi.Strip(string(text))
	for line := range strings.SplitSeq(strings.ReplaceAll(shown, "\r\n", "\n"), "\n") {
		line = strings.TrimRight(line[strings.LastIndex(line, "\r")+1:], " ") // a progress line is written over
		if got := ansi.StringWidth(line); got > columns && strings.ContainsRune(line, ' ') {
			t.Errorf("%d columns, %q: got a line of %d columns: %q", columns, cmd.Args[1:], got, line)
		}
	}
	for _, word := range words {
		if !strings.Contains(shown, word) {
			t.Errorf("%d columns, %q: no %q in %q", columns, cmd.Args[1:], word, shown)
		}
	}
}

// Each of these was wider than a narrow terminal, or is likely to be.
func TestEveryLineFitsTheTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := filepath.Join(dir, strings.Repeat("long-name-", 8)+".csv")
	store := filepath.Join(dir, "meetings.db")
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(45, 7)...))
	confctl(t.Context(), srv, "watch", "--store", store, "--polls", "1").must(t, 0)
	address := "https://user@a-very-long-name-of-a-host.example.com/with/a/long/prefix"
	for name, c := range map[string]struct {
		args  []string
		words []string
	}{
		"an error with an address":      {[]string{"list", "--base-url", "https://conf.example.com:0/a/very/long/prefix/of/a/path"}, nil},
		"the names of all fields":       {[]string{"list", "--filter", "nobody=1"}, nil},
		"a usage":                       {[]string{"export", "-o", "conferences.xlxs"}, nil},
		"a file's name":                 {[]string{"export", "-o", long, "--force"}, []string{long}},
		"a file that is there":          {[]string{"export", "-o", store}, []string{store}},
		"a file that is not there":      {[]string{"history", "--store", filepath.Join(dir, "none.db")}, []string{"none.db"}},
		"a history":                     {[]string{"history", "--store", store}, nil},
		"a doctor":                      {[]string{"doctor", "--evidence", "--max-requests", "40"}, nil},
		"a snapshot":                    {[]string{"snapshot"}, nil},
		"a list":                        {[]string{"list", "--with-personal-data"}, nil},
		"a wide list":                   {[]string{"list", "--wide", "--limit", "2"}, nil},
		"events":                        {[]string{"watch", "--polls", "1"}, nil},
		"an address that is no address": {[]string{"list", "--profile", "none", "--base-url", address}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, columns := range []int{40, 60} {
				for _, lang := range []string{"zh", "en"} {
					cmd := process(t, srv, append(c.args, "--lang", lang)...)
					cmd.Env = append(cmd.Env, "HOME="+dir, "XDG_CONFIG_HOME=", "TERM=dumb")
					fits(t, cmd, columns, c.words...)
				}
			}
		})
	}
}
