package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestWatchReportsFailedPollAndContinues(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...))
	sent := 0
	srv.Intercept(func(x *confopenapitest.Exchange) {
		if sent++; sent == 3 { // a listing of a short list takes two requests
			x.Fail(confopenapitest.Status(403))
		}
	})
	got := confctl(t.Context(), srv, "watch", "--polls", "3", "--interval", "1ms", "--lang", "zh")
	got.must(t, program.OK, "HTTP 403", "提示：令牌有效", "事件：3，轮询：3")
	if strings.Count(got.Stdout, "进行中") != 3 {
		t.Error(got.Stdout)
	}
}

// A watch outlives its token: when the service refuses it, the source of the token is asked again.
func TestWatchRenewsToken(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("it has no sh")
	}
	for _, source := range []string{"token-command", "token-file", "--token-file"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...), confopenapitest.WithOrder(confopenapitest.OrderStartDown))
			home := t.TempDir()
			file, asked, profile := filepath.Join(home, "token"), filepath.Join(home, "asked"), filepath.Join(home, "confctl", "config.toml")
			lines := map[string]string{
				"token-command": fmt.Sprintf("token-command = [\"sh\", \"-c\", \"echo >>%s; echo noise >&2; cat %s\"]\n", asked, file),
				"token-file":    fmt.Sprintf("token-file = %q\n", file),
			}
			write := func(path, text string) {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Error(err)
				}
			}
			if err := os.Mkdir(filepath.Dir(profile), 0o700); err != nil {
				t.Fatal(err)
			}
			write(profile, fmt.Sprintf("[profiles.default]\nbase-url = %q\n", srv.URL)+lines[source])
			write(file, srv.Token())
			args := []string{"watch", "--polls", "4", "--interval", "1ms"}
			if source == "--token-file" {
				args = append(args, "--token-file", file)
			}
			rotated := false
			srv.Intercept(func(*confopenapitest.Exchange) {
				if srv.RequestCount() == 4 && !rotated {
					rotated = true
					write(file, srv.RotateToken())
				}
			})
			var stdout, stderr bytes.Buffer
			env := func(name string) string { return map[string]string{"XDG_CONFIG_HOME": home}[name] }
			code := run(t.Context(), args, env, strings.NewReader(""), &stdout, &stderr)
			if code != program.OK || !rotated || strings.Contains(stderr.String(), "401") || !strings.Contains(stderr.String(), "events: 3, polls: 4") {
				t.Errorf("got exit code %d and %q, want four polls although the token was refused: %v", code, stderr.String(), rotated)
			}
			if text, _ := os.ReadFile(asked); source == "token-command" && (len(text) != 2 || strings.Count(stderr.String(), "noise") != 1) {
				t.Errorf("the command was asked %d times, want 2; stderr %q, want its words of the first time", len(text), stderr.String())
			}
		})
	}
}

func TestWatchFirstPollRefused(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	srv.FailNext(1, confopenapitest.Status(403))
	got := confctl(t.Context(), srv, "watch", "--interval", "1ms")
	got.must(t, program.Failed, "HTTP 403", "hint: the token is valid")
	if got.Stdout != "" || srv.RequestCount() != 1 {
		t.Errorf("got stdout %q after %d requests, want nothing after 1", got.Stdout, srv.RequestCount())
	}
}

func TestTheWatchOfTheEmbeddedFakeIsEventful(t *testing.T) {
	t.Parallel()
	got := confctl(t.Context(), nil, "watch", "--polls", "6", "--interval", "1ms", "--json")
	got.must(t, program.OK)
	for kind := confopenapi.EventExisting; kind <= confopenapi.EventEnded; kind++ {
		if !strings.Contains(got.Stdout, `"kind":"`+kind.String()+`"`) {
			t.Errorf("nothing %s", kind)
		}
	}
}

// The next run prints the events that could not be printed.
func TestAnUnwrittenEventEndsTheWatch(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...))
	file := filepath.Join(t.TempDir(), "seen.json")
	for _, form := range []string{"--json", "--json=false"} {
		var stderr bytes.Buffer
		code := run(t.Context(), []string{"watch", "--checkpoint", file, form}, envOf(srv), strings.NewReader(""), &brokenPipe{Writes: 2}, &stderr)
		outcome{Code: code, Stderr: stderr.String()}.must(t, program.Failed, "confctl: writing the result: broken pipe\nhint: is the disk full")
	}
	got := confctl(t.Context(), srv, "watch", "--polls", "1", "--checkpoint", file)
	if got.must(t, program.OK); strings.Count(got.Stdout, "existing") != 3 {
		t.Error(got.Stdout)
	}
}
