package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
	"github.com/confopenapi/confopenapi-go/examples/internal/programtest"
	"github.com/confopenapi/confopenapi-go/examples/internal/show"
)

// listing runs the program against baseURL, or against its embedded fake if that is empty.
func listing(ctx context.Context, baseURL, token string, args ...string) programtest.Outcome {
	env := map[string]string{program.EnvBaseURL: baseURL, program.EnvToken: token}
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, func(name string) string { return env[name] }, &stdout, &stderr)
	return programtest.Outcome{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
}

// of serves the conferences to one run of the program.
func of(t *testing.T, list []confopenapi.Conference, args ...string) programtest.Outcome {
	t.Helper()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...))
	got := listing(t.Context(), srv.URL, srv.Token(), args...)
	if got.Code != program.OK || got.Stderr != "" {
		t.Fatalf("exit code %d, stderr %q", got.Code, got.Stderr)
	}
	return got
}

func TestRunsWithNothingSetUp(t *testing.T) {
	got := listing(t.Context(), "", "")
	if got.Code != program.OK || !strings.Contains(got.Stderr, "embedded fake") {
		t.Fatalf("exit code %d, stderr %q", got.Code, got.Stderr)
	}
	lines := strings.Split(strings.TrimSpace(got.Stdout), "\n")
	if want := "20 of 25 live conferences, page 1, request id confopenapitest-000001"; lines[len(lines)-1] != want {
		t.Errorf("footer %q, want %q", lines[len(lines)-1], want)
	}
	if len(lines) != 20+4 {
		t.Errorf("%d lines, want the names, a rule, 20 conferences, an empty line and the footer", len(lines))
	}
}

func TestFlagsReachTheService(t *testing.T) {
	list := confopenapitest.Conferences(30, 7)
	single := 0
	for _, c := range list {
		if c.AttendeeCount == 1 {
			single++
		}
	}
	for _, c := range []struct {
		args   []string
		footer string
	}{
		{[]string{"-page", "3", "-count", "12"}, "6 of 30 live conferences, page 3"},
		{[]string{"-page", "9"}, "0 of 30 live conferences, page 9"},
		{[]string{"-hide-single=false"}, "20 of 30 live conferences, page 1"},
	} {
		if got := of(t, list, c.args...); !strings.Contains(got.Stdout, c.footer) {
			t.Errorf("%v: no %q in\n%s", c.args, c.footer, got.Stdout)
		}
	}
	var page confopenapi.ConfList
	got := of(t, list, "-hide-single", "-count", "100", "-json")
	if err := json.Unmarshal([]byte(got.Stdout), &page); err != nil {
		t.Fatal(err)
	}
	if single == 0 || len(page.Conferences) != len(list)-single {
		t.Errorf("-hide-single leaves %d of %d, %d with one attendee", len(page.Conferences), len(list), single)
	}
}

func TestTheRequestIsWhatTheFlagsSay(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"-admin", "123456789", "-page", "1", "-count", "10", "-hide-single=false"}, "adminUserId=123456789&count=10&filterOneAttendee=false&page=1"},
		{[]string{"-hide-single"}, "filterOneAttendee=true"},
	} {
		cfg, err := parse(c.args, &bytes.Buffer{})
		if err != nil || cfg.request.String() != c.want {
			t.Errorf("%v: %q, %v, want %q", c.args, cfg.request, err, c.want)
		}
	}
}

// columns is how much of a terminal's line s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// from is what stands from a column of a terminal's line on.
func from(line string, column int) string {
	for i, r := range line {
		if column <= 0 {
			return line[i:]
		}
		column -= columns(string(r))
	}
	return ""
}

func TestTheTableIsAlignedWhateverTheTitles(t *testing.T) {
	titles := []string{
		"周例会", "Sprint 回顾", "weekly", "", "技术分享：大规模直播架构", "“引号”与省略…", "庆功会 🎉", "ﾃｽﾄ meeting", "全角ＡＢＣ！",
		strings.Repeat("长", 40), strings.Repeat("long ", 20), "a" + strings.Repeat("奇", 40),
		"\x1b[31m红色\x1b[0m", "two\nlines\tand a tab", "\u202egnitirw tfel-ot-thgir",
	}
	list := confopenapitest.Conferences(len(titles), 1)
	for i := range list {
		list[i].Title = titles[i]
	}
	got := of(t, list)
	lines := strings.Split(got.Stdout, "\n")
	names := lines[0]
	for i, c := range list {
		line := lines[i+2]
		for name, cell := range map[string]string{
			"CONFERENCE": c.ConferenceID, "ORGANISATION": c.HostOrgName, "START (UTC)": clock(c.StartTime),
			"RECORDED": yesNo(c.IsRecorded), "STATUS": c.Status.String(),
		} {
			before, _, _ := strings.Cut(names, name)
			if rest := from(line, columns(before)); !strings.HasPrefix(rest, cell) {
				t.Errorf("%s of %q is not below its name, where %q stands:\n%s\n%s", name, c.Title, rest, names, line)
			}
		}
	}
	if i := strings.IndexFunc(got.Stdout, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("%q reaches the terminal", got.Stdout[i:i+1])
	}
	if !strings.Contains(got.Stdout, strings.Repeat("长", 16)+"...") {
		t.Errorf("a long title is not cut:\n%s", got.Stdout)
	}
}

func TestWhatTheServiceDoesNotSayIsNoValue(t *testing.T) {
	c := confopenapi.Conference{ConferenceID: "22188557", Title: "周例会"}
	got := of(t, []confopenapi.Conference{c})
	if line := strings.Split(got.Stdout, "\n")[2]; !strings.Contains(line, " - ") || !strings.Contains(line, " ? ") {
		t.Errorf("an absent time is not -, or an absent flag not ?: %q", line)
	}
}

func TestPersonalDataOnlyOnRequest(t *testing.T) {
	c := confopenapitest.Conferences(1, 3)[0]
	c.HostName, c.HostEmail, c.HostMobile, c.HostIP, c.HostLocation = "张三", "zhangsan@example.com", "10000000001", "192.0.2.1", "北京"
	c.Passcode = confopenapi.NewSecret("5d41c4ac")
	personal := []string{c.HostName, c.HostEmail, c.HostMobile, c.HostIP, c.HostLocation, c.Passcode.Reveal()}

	for _, args := range [][]string{nil, {"-json"}} {
		got := of(t, []confopenapi.Conference{c}, args...)
		for _, value := range personal {
			if strings.Contains(got.Stdout, value) {
				t.Errorf("%v shows %q", args, value)
			}
		}
	}
	got := of(t, []confopenapi.Conference{c}, "-json", "-with-personal-data")
	for _, value := range personal {
		if !strings.Contains(got.Stdout, value) {
			t.Errorf("-with-personal-data does not show %q", value)
		}
	}
	got = of(t, []confopenapi.Conference{c}, "-with-personal-data")
	if !strings.Contains(got.Stdout, c.HostName) || strings.Contains(got.Stdout, c.Passcode.Reveal()) {
		t.Errorf("the table lacks the host, or shows the passcode:\n%s", got.Stdout)
	}
}

func TestUnknownMembersAreMasked(t *testing.T) {
	srv := httptest.NewServer(answer(http.StatusOK,
		`{"status":0,"result":{"totalCount":1,"owner":"李四","confList":[{"eventId":7,"hostNick":"张三","hostMobile":""}]}}`))
	defer srv.Close()
	got := listing(t.Context(), srv.URL, "token", "-json")
	var page struct {
		Owner    string `json:"owner"`
		ConfList []struct {
			EventID    int64  `json:"eventId"`
			HostNick   string `json:"hostNick"`
			HostMobile string `json:"hostMobile"`
		} `json:"confList"`
	}
	if err := json.Unmarshal([]byte(got.Stdout), &page); err != nil {
		t.Fatalf("%v in %q", err, got.Stdout)
	}
	if c := page.ConfList[0]; page.Owner != show.Masked || c.HostNick != show.Masked || c.HostMobile != "" || c.EventID != 7 {
		t.Errorf("not masked as it should be: %s", got.Stdout)
	}
}

func TestJSONIsOneDocument(t *testing.T) {
	got := listing(t.Context(), "", "", "-json", "-count", "3")
	if strings.Count(got.Stdout, "\n") != 1 || !strings.HasSuffix(got.Stdout, "}\n") {
		t.Errorf("not one line: %q", got.Stdout)
	}
	var page confopenapi.ConfList
	if err := json.Unmarshal([]byte(got.Stdout), &page); err != nil {
		t.Fatal(err)
	}
	if len(page.Conferences) != 3 || page.TotalCount != 25 || page.Conferences[0].Title == "" {
		t.Errorf("the document says %v", page)
	}
}

// answer is a service that always says the same.
func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestEveryErrorHasAHint(t *testing.T) {
	// A service that asks to wait for an hour is not waited for.
	later := []string{"Retry-After", "3600"}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		args    []string
		want    []string
	}{
		"unauthorized": {answer(401, `{"status":401,"msg":"token invalid"}`), nil, []string{"HTTP 401", program.EnvToken}},
		"forbidden":    {answer(403, ``), nil, []string{"HTTP 403", "-admin"}},
		"rate limited": {answer(429, ``, later...), nil, []string{"HTTP 429", "try again in 1h0m0s"}},
		"server":       {answer(503, `{"request_id":"r-17"}`, later...), nil, []string{"HTTP 503", "r-17", "operators"}},
		"redirect":     {answer(307, ``, "Location", "https://example.com/"), nil, []string{"HTTP 307", program.EnvBaseURL}},
		"not found":    {answer(404, `<html>page not found</html>`), nil, []string{"HTTP 404", program.EnvBaseURL, "looks like <html>page not found"}},
		"refused":      {answer(400, ``), nil, []string{"HTTP 400", "does not accept"}},
		"not JSON":     {answer(200, `<html>please log in</html>`), nil, []string{"promised JSON", program.EnvBaseURL, "please log in"}},
		"too large":    {answer(200, strings.Repeat(" ", 17<<20)), nil, []string{"too large", "-count"}},
		"business":     {answer(200, `{"status":7,"msg":"张三 has no rights"}`), nil, []string{"business status 7", "-with-personal-data"}},
		"business, shown": {
			answer(200, `{"status":7,"msg":"张三 has\nno rights"}`),
			[]string{"-with-personal-data"},
			[]string{"business status 7", `"张三 has no rights"`},
		},
		"business, mute": {answer(200, `{"status":7}`), []string{"-with-personal-data"}, []string{"business status 7", "says nothing"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(c.handler)
			defer srv.Close()
			got := listing(t.Context(), srv.URL, "a-token", c.args...)
			failsWith(t, got, program.Failed, c.want...)
		})
	}
}

// failsWith checks that nothing but an error and a hint came, each on one line.
func failsWith(t *testing.T, o programtest.Outcome, code int, want ...string) {
	t.Helper()
	if o.Code != code || o.Stdout != "" {
		t.Errorf("exit code %d, want %d, stdout %q", o.Code, code, o.Stdout)
	}
	lines := strings.Split(strings.TrimSuffix(o.Stderr, "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "list: ") || !strings.HasPrefix(lines[1], "hint: ") {
		t.Errorf("not an error and a hint: %q", o.Stderr)
	}
	for _, part := range append(want, "") {
		if !strings.Contains(o.Stderr, part) {
			t.Errorf("no %q in %q", part, o.Stderr)
		}
	}
	if strings.Contains(o.Stderr, "a-token") {
		t.Errorf("the token is shown: %q", o.Stderr)
	}
}

func TestNetworkErrorsHaveAHint(t *testing.T) {
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		srv := httptest.NewServer(nil)
		srv.Close()
		failsWith(t, listing(t.Context(), srv.URL, "a-token"), program.Failed, "no answer", "HTTPS_PROXY")
	})
	t.Run("unknown certificate", func(t *testing.T) {
		t.Parallel()
		srv := httptest.NewUnstartedServer(answer(200, "{}"))
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.StartTLS()
		defer srv.Close()
		failsWith(t, listing(t.Context(), srv.URL, "a-token"), program.Failed, "certificate is not trusted")
	})
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		failsWith(t, listing(ctx, silent(t).URL, "a-token"), program.Failed, "slow or unreachable")
	})
	t.Run("interrupt", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		srv := silent(t)
		time.AfterFunc(20*time.Millisecond, cancel)
		failsWith(t, listing(ctx, srv.URL, "a-token"), program.Failed, "interrupted")
	})
}

// silent is a server that never answers.
func silent(t *testing.T) *httptest.Server {
	t.Helper()
	ended := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-ended }))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(ended) })
	return srv
}

func TestMistakesExitWithTwo(t *testing.T) {
	for name, c := range map[string]struct {
		baseURL, token string
		args           []string
		want           []string
	}{
		"only a URL":      {"https://conf.example.com", "", nil, []string{program.EnvToken + " is not", "unset " + program.EnvBaseURL}},
		"only a token":    {"", "a-token", nil, []string{program.EnvBaseURL + " is not", "unset " + program.EnvToken}},
		"no URL":          {"conf.example.com", "a-token", nil, []string{"baseURL", "https://conf.example.com"}},
		"plain http":      {"http://conf.example.com", "a-token", nil, []string{"plain http"}},
		"a damaged token": {"https://conf.example.com", "a-token\n", nil, []string{"WithToken", "line breaks"}},
		"both wrong":      {"conf.example.com", "a-token\n", nil, []string{"baseURL", "WithToken"}},
		"negative page":   {"https://conf.example.com", "a-token", []string{"-page", "-1"}, []string{"Page: -1", "positive"}},
		"negative admin":  {"https://conf.example.com", "a-token", []string{"-admin", "-1"}, []string{"AdminUserID: -1", "positive"}},
	} {
		t.Run(name, func(t *testing.T) {
			failsWith(t, listing(t.Context(), c.baseURL, c.token, c.args...), program.Unsent, c.want...)
		})
	}
}

func TestBadFlagsPrintTheUsage(t *testing.T) {
	for _, args := range [][]string{{"-nope"}, {"-page", "two"}, {"-hide-single=perhaps"}, {"extra"}} {
		got := listing(t.Context(), "", "", args...)
		if got.Code != program.Unsent || got.Stdout != "" || !strings.Contains(got.Stderr, "Usage: list") {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, got.Code, got.Stdout, got.Stderr)
		}
	}
	if got := listing(t.Context(), "", "", "-h"); got.Code != program.OK || !strings.Contains(got.Stderr, "-with-personal-data") {
		t.Errorf("-h: exit code %d, stderr %q", got.Code, got.Stderr)
	}
}

func TestVerboseLogsAttempts(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	got := listing(t.Context(), srv.URL, srv.Token(), "-v")
	if got.Code != program.OK || !strings.Contains(got.Stderr, "attempt=1") || strings.Contains(got.Stderr, srv.Token()) {
		t.Errorf("exit code %d, stderr %q", got.Code, got.Stderr)
	}
}

func TestAnUnwrittenResultIsAnError(t *testing.T) {
	for _, args := range [][]string{nil, {"-json"}} {
		var stderr bytes.Buffer
		code := run(t.Context(), args, func(string) string { return "" }, new(programtest.BrokenPipe), &stderr)
		if code != program.Failed || !strings.Contains(stderr.String(), "broken pipe") {
			t.Errorf("%v: exit code %d, stderr %q", args, code, stderr.String())
		}
	}
}
