package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// listing runs "confctl list" against baseURL.
func listing(ctx context.Context, baseURL string, args ...string) outcome {
	env := map[string]string{program.EnvBaseURL: baseURL, program.EnvToken: "a-token"}
	var stdout, stderr strings.Builder
	code := run(ctx, append([]string{"list"}, args...), func(name string) string { return env[name] }, strings.NewReader(""), &stdout, &stderr)
	return outcome{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
}

func TestListSendsWhatTheFlagsSay(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "count=20&page=1"},
		{[]string{"--admin", "123456789", "--hide-single=false"}, "adminUserId=123456789&count=20&filterOneAttendee=false&page=1"},
		{[]string{"--hide-single"}, "count=20&filterOneAttendee=true&page=1"},
	} {
		first := srv.RequestCount()
		confctl(t.Context(), srv, append([]string{"list"}, c.args...)...).must(t, program.OK)
		if got := srv.Requests()[first].List.String(); got != c.want {
			t.Errorf("%v: got request %s, want %s", c.args, got, c.want)
		}
	}
}

func TestListMasksUnknownFields(t *testing.T) {
	srv := httptest.NewServer(response(http.StatusOK,
		`{"status":0,"result":{"totalCount":1,"confList":[{"eventId":7,"hostNick":"张三","hostMobile":""}]}}`))
	defer srv.Close()
	got := listing(t.Context(), srv.URL, "--json")
	var page struct {
		ConfList []struct {
			EventID    int64  `json:"eventId"`
			HostNick   string `json:"hostNick"`
			HostMobile string `json:"hostMobile"`
		} `json:"confList"`
	}
	if err := json.Unmarshal([]byte(got.Stdout), &page); err != nil {
		t.Fatalf("%v in %q", err, got.Stdout)
	}
	if c := page.ConfList[0]; c.HostNick != show.Masked || c.HostMobile != "" || c.EventID != 7 {
		t.Errorf("not masked as it should be: %s", got.Stdout)
	}
}

// response is a service that always says the same.
func response(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestErrorsHaveAHint(t *testing.T) {
	// A service that asks to wait for an hour is not waited for.
	later := []string{"Retry-After", "3600"}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		args    []string
		want    []string
	}{
		"unauthorized": {response(401, `{"status":401,"msg":"token invalid"}`), nil, []string{"HTTP 401", program.EnvToken}},
		"forbidden":    {response(403, ``), nil, []string{"HTTP 403", "--admin"}},
		"rate limited": {response(429, ``, later...), nil, []string{"HTTP 429", "try again in 1h0m0s"}},
		"server":       {response(503, `{"request_id":"r-17"}`, later...), nil, []string{"HTTP 503", "r-17", "operators"}},
		"redirect":     {response(307, ``, "Location", "https://example.com/"), nil, []string{"HTTP 307", program.EnvBaseURL}},
		"not found":    {response(404, `<html>page not found</html>`), nil, []string{"HTTP 404", program.EnvBaseURL}},
		"refused":      {response(400, ``), nil, []string{"HTTP 400", "does not accept"}},
		"not JSON":     {response(200, `<html>please log in</html>`), nil, []string{"promised JSON", program.EnvBaseURL}},
		"too large":    {response(200, strings.Repeat(" ", 17<<20)), nil, []string{"too large", "smaller pages"}},
		"business":     {response(200, `{"status":7,"msg":"张三 has no rights"}`), nil, []string{"business status 7", "--with-personal-data"}},
		"business, shown": {
			response(200, `{"status":7,"msg":"张三 has\nno rights"}`),
			[]string{"--with-personal-data"},
			[]string{"business status 7", `"张三 has no rights"`},
		},
		"business, mute": {response(200, `{"status":7}`), []string{"--with-personal-data"}, []string{"business status 7", "sent no message"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(c.handler)
			defer srv.Close()
			got := listing(t.Context(), srv.URL, c.args...)
			failsWith(t, got, program.Failed, c.want...)
		})
	}
}

// TestErrorsInChinese checks that the kind of an error comes first, then what else is known of it, and no English.
func TestErrorsInChinese(t *testing.T) {
	later, english := []string{"Retry-After", "3600"}, regexp.MustCompile(`[a-z]+ [a-z]+`)
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"unauthorized":  {response(401, ``), "服务端拒绝了该令牌（HTTP 401）"},
		"forbidden":     {response(403, ``), "该令牌无权查看这个列表（HTTP 403）"},
		"rate limited":  {response(429, ``, later...), "请求过多（HTTP 429）"},
		"server":        {response(503, `{"status":9,"request_id":"r-17"}`, later...), "服务端出现故障（业务状态码 9，HTTP 503，请求 ID r-17）"},
		"redirect":      {response(307, ``, "Location", "https://example.com/"), "服务端重定向到另一个地址（HTTP 307）"},
		"refused":       {response(400, ``), "服务端拒绝了该请求（HTTP 400）"},
		"not JSON":      {response(200, `<html>please log in</html>`), "响应与文档不符（HTTP 200）"},
		"another type":  {response(200, `{"status":0,"result":{"totalCount":"many"}}`), "响应与文档不符（位置 /result/totalCount，HTTP 200）"},
		"too large":     {response(200, strings.Repeat(" ", 17<<20)), "响应过大（HTTP 200）"},
		"business":      {response(200, `{"status":7}`), "服务端返回业务状态码 7（HTTP 200）"},
		"not completed": {response(200, `{"status":0,"result":{"totalCount":9,"confList":[]}}`), "无法证明列表完整（"},
	} {
		if testing.Short() && name == "too large" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(c.handler)
			defer srv.Close()
			for _, args := range [][]string{{"--lang", "zh"}, {"--lang", "zh", "--all"}} {
				got := listing(t.Context(), srv.URL, args...)
				lines := strings.Split(got.Stderr, "\n")
				if got.Code != program.Failed && got.Code != exitUnproven || len(lines) != 3 || !strings.HasPrefix(lines[0], "confctl: "+c.want) || !strings.HasPrefix(lines[1], "提示：") || english.MatchString(lines[0]) {
					t.Errorf("%v: exit code %d, stderr %q, want %q and a hint", args, got.Code, got.Stderr, c.want)
				}
			}
		})
	}
}

// TestBadAddresses checks that an address is refused in the words of confctl's settings, and in Chinese without English.
func TestBadAddresses(t *testing.T) {
	t.Parallel()
	english := regexp.MustCompile(`[a-z]+ [a-z]+`)
	for address, want := range map[string]string{
		"ftp://conf.example.com":               "地址须以 https:// 或 http:// 开头",
		"conf.example.com":                     "地址须以 https:// 或 http:// 开头",
		"https://":                             "地址中没有主机名",
		"https://a b.example.com":              "地址中间有空白或不可见字符",
		"https://user:secret@conf.example.com": "地址中有用户名或密码，会被写入日志",
		"https://conf.example.com?a=1":         "地址中有查询参数或片段（? 或 # 之后的部分）",
		"https://conf.example.com:0":           "端口不在 1 到 65535 之间",
		"https://[conf":                        "不是 URL",
		"http://conf.example.com":              "http 会把令牌和个人信息以明文发送到网络，请使用 https",
		"https://conf.example.com/confopenapi/conference/listbystatus": "地址已包含接口自身的路径：只需给出 /confopenapi 之前的部分",
	} {
		got := listing(t.Context(), address, "--lang", "zh")
		first, _, _ := strings.Cut(got.Stderr, "\n")
		if first != "confctl: CONFOPENAPI_BASE_URL 无效："+want || got.Code != program.Unsent {
			t.Errorf("%s: got exit code %d and %q, want %q", address, got.Code, first, want)
		}
		if found := english.FindString(got.Stderr); found != "" {
			t.Errorf("%s: English in %q: %s", address, got.Stderr, found)
		}
		got = listing(t.Context(), address, "--lang", "en")
		for _, word := range []string{"baseURL", "With", "secret"} {
			if strings.Contains(got.Stderr, word) {
				t.Errorf("%s: got %q, which has %s", address, got.Stderr, word)
			}
		}
	}
}

// failsWith checks that nothing but an error and a hint came, each on one line.
func failsWith(t *testing.T, o outcome, code int, want ...string) {
	t.Helper()
	if o.Code != code || o.Stdout != "" {
		t.Errorf("exit code %d, want %d, stdout %q", o.Code, code, o.Stdout)
	}
	lines := strings.Split(strings.TrimSuffix(o.Stderr, "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "confctl: ") || !strings.HasPrefix(lines[1], "hint: ") {
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

func TestTransportErrorsHaveAHint(t *testing.T) {
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		srv := httptest.NewServer(nil)
		srv.Close()
		failsWith(t, listing(t.Context(), srv.URL), program.Failed, "no response", "HTTPS_PROXY")
	})
	t.Run("unknown certificate", func(t *testing.T) {
		t.Parallel()
		srv := httptest.NewUnstartedServer(response(200, "{}"))
		srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
		srv.StartTLS()
		defer srv.Close()
		failsWith(t, listing(t.Context(), srv.URL), program.Failed, "certificate is not trusted")
	})
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		failsWith(t, listing(ctx, silent(t).URL), program.Failed, "slow or unreachable")
	})
}

// silent is a server that never responds.
func silent(t *testing.T) *httptest.Server {
	t.Helper()
	ended := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-ended }))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(ended) })
	return srv
}
